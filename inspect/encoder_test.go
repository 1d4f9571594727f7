package inspect

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// An encoder writes the same, the first time and every other.
func TestEncoderWritesTheSame(t *testing.T) {
	var n Encoder
	certificates := 0
	for _, s := range setups() {
		if s.sessions != 0 {
			continue
		}
		events := s.run(t).dissect(legOf(s), newMasterStore(4), whole)
		for range 2 {
			for _, e := range events {
				if got, want := n.Append([]byte("x"), e), append([]byte("x"), e.AppendJSON(nil)...); !bytes.Equal(got, want) {
					t.Fatalf("%s: %s\nwant %s", s.name, got, want)
				}
			}
		}
		certificates = max(certificates, len(n.certificates))
	}
	if certificates == 0 {
		t.Error("no certificate was remembered")
	}
	for i := range 3000 {
		raw := append([]byte{11, 0, 8, 0}, bytes.Repeat([]byte{byte(i), byte(i >> 8)}, 1<<10)...)
		n.Append(nil, &Event{Kind: KindTLSMessage, Conn: 1, Body: &Message{ContentType: 22, HasType: true, Type: 11, Raw: raw}})
		if n.size > maxEncoded {
			t.Fatalf("%d bytes are held", n.size)
		}
	}
	if len(n.certificates) < 100 {
		t.Errorf("only %d are remembered", len(n.certificates))
	}
}

// What an encoder remembers is not written in the place of something else: another
// second, or data of which more is missing.
func TestEncoderTellsApart(t *testing.T) {
	var n Encoder
	at := time.Date(2026, 2, 28, 23, 59, 59, 7, time.FixedZone("", 3600))
	for _, e := range []*Event{
		{Time: time.Unix(0, 0), Body: &Data{Bytes: []byte("caf\xc3")}},
		{Time: at, Body: &Data{Bytes: []byte("caf\xc3"), Truncated: true}},
		{Time: at.Add(time.Nanosecond), Body: &Data{}},
		{Time: at.Add(time.Second), Body: &Data{Bytes: []byte{0}}},
		{Time: at.Add(time.Second), Body: &Data{Bytes: []byte{0}}},
	} {
		e.Kind = KindTLSData
		got := n.Append(nil, e)
		if want := e.AppendJSON(nil); !bytes.Equal(got, want) {
			t.Errorf("%s\nwant %s", got, want)
		}
		if want := e.Time.UTC().Format(`{"time":"2006-01-02T15:04:05.000000000Z"`); !strings.HasPrefix(string(got), want) {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
	for _, us := range []int64{0, 1, -1, 999, 1000, -1001, 123456789, math.MaxInt64 / 1000} {
		got := string(appendMilliseconds(nil, time.Duration(us)*time.Microsecond))
		if want := fmt.Sprintf("%.3f", float64(us)/1000); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// An encoder writes on request the texts that fingerprints are digests of, and the
// schema knows them.
func TestRawFingerprints(t *testing.T) {
	schema, n := eventSchema(t), Encoder{RawFingerprints: true}
	found := 0
	for _, e := range setupNamed(t, "TLS 1.3 plain").run(t).dissect(LegServer, newMasterStore(4), whole) {
		line := n.Append(nil, e)
		if len(line) == 0 {
			continue
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(line))
		if err == nil {
			err = schema.Validate(v)
		}
		if err != nil {
			t.Errorf("%v\n%s", err, line)
		}
		var event struct{ Fields map[string]any }
		if err := json.Unmarshal(line, &event); err != nil {
			t.Fatal(err)
		}
		for name, text := range map[string]string{"ja3": "ja3_raw", "ja3s": "ja3s_raw"} {
			digest, ok := event.Fields[name]
			raw, given := event.Fields[text].(string)
			if ok != given || ok && fmt.Sprintf("%x", md5.Sum([]byte(raw))) != digest {
				t.Errorf("%s is %v of %q", name, digest, raw)
			}
			if ok {
				found++
			}
		}
		if ja4, ok := event.Fields["ja4"].(string); ok {
			raw, _ := event.Fields["ja4_raw"].(string)
			lists := strings.SplitN(raw, "_", 3)
			if len(lists) != 3 || !strings.HasPrefix(ja4, lists[0]) || !strings.Contains(ja4, fmt.Sprintf("_%.6x_", sha256.Sum256([]byte(lists[1])))) ||
				!strings.HasSuffix(ja4, fmt.Sprintf("_%.6x", sha256.Sum256([]byte(lists[2])))) {
				t.Errorf("ja4 is %s of %q", ja4, raw)
			}
			found++
		}
		if strings.Contains(string(e.AppendJSON(nil)), "_raw") {
			t.Errorf("not asked for: %s", e.AppendJSON(nil))
		}
	}
	if found != 3 {
		t.Errorf("%d fingerprints", found)
	}
}
