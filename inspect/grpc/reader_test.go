package grpc

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"compress/gzip"

	"tlsmitm/inspect/httpmsg"
)

// call is what passed between grpc-go's client and server, recorded below their
// HTTP/2, or between net/http and the gRPC-Web server of improbable-eng.
type call struct {
	Name, Path, ContentType, Encoding string
	Up, Down                          string
	UpMessages, DownMessages          []string
}

func calls(t testing.TB) []call {
	t.Helper()
	b, err := os.ReadFile("testdata/calls.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var all []call
	for lines := bufio.NewScanner(bytes.NewReader(b)); lines.Scan(); {
		var c call
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	if len(all) < 8 {
		t.Fatalf("only %d calls", len(all))
	}
	return all
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// read feeds b in pieces of n bytes.
func read(o Options, b []byte, n int) []Message {
	var all []Message
	r := New(o, func(m Message) { all = append(all, m) })
	for piece := range slices.Chunk(bytes.Clone(b), n) {
		r.Feed(piece)
		clear(piece) // it is the caller's again
	}
	r.End()
	return all
}

func TestRecordedCalls(t *testing.T) {
	for _, c := range calls(t) {
		_, web, text := Is(c.ContentType)
		for way, want := range map[string][]string{c.Up: c.UpMessages, c.Down: c.DownMessages} {
			b := unhex(t, way)
			all := read(Options{Encoding: c.Encoding, Web: web, Text: text}, b, len(b)+1)
			trailers := 0
			for i, m := range all {
				if m.Err != "" || m.Truncated || m.Compressed != (c.Encoding != "") || m.Decoded != int64(len(m.Data)) {
					t.Errorf("%s: %+v", c.Name, m)
				}
				if m.Trailers != nil {
					trailers++
					if code, name, _, ok := Status(m.Trailers); !ok || code != 0 || name != "OK" || m.Index != 0 {
						t.Errorf("%s: %+v", c.Name, m)
					}
				} else if m.Index != i+1 || i >= len(want) || hex.EncodeToString(m.Data) != want[i] {
					t.Errorf("%s: message %d: %x", c.Name, i, m.Data)
				}
			}
			if len(all)-trailers != len(want) {
				t.Errorf("%s: %d messages, not %d", c.Name, len(all)-trailers, len(want))
			}
			if web && way == c.Down && len(want) > 0 && trailers != 1 {
				t.Errorf("%s: no trailers", c.Name)
			}
		}
	}
}

// frame is a message with its prefix.
func frame(flags byte, content []byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{flags}, uint32(len(content))), content...)
}

func gzipped(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestReader(t *testing.T) {
	long := bytes.Repeat([]byte("0123456789"), 100)
	trailer := []byte("grpc-status: 5\r\nGrpc-Message:%E6%B2%A1%E6%9C%89\r\nx\r\n")
	for _, c := range []struct {
		name string
		o    Options
		b    []byte
		want []Message
	}{
		{"nothing", Options{}, nil, nil},
		{"empty messages", Options{}, []byte("\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), []Message{{Index: 1}, {Index: 2}}},
		{"limit", Options{Limit: 7}, slices.Concat(frame(0, long), frame(0, []byte("short"))), []Message{
			{Index: 1, Length: 1000, Data: long[:7], Decoded: 1000, Truncated: true}, {Index: 2, Length: 5, Data: []byte("short"), Decoded: 5}}},
		{"nothing kept", Options{Limit: -1}, frame(0, long), []Message{{Index: 1, Length: 1000, Decoded: 1000, Truncated: true}}},
		{"compressed", Options{Encoding: " GZIP"}, slices.Concat(frame(1, gzipped(t, long)), frame(0, []byte("plain"))), []Message{
			{Index: 1, Compressed: true, Length: int64(len(gzipped(t, long))), Data: long, Decoded: 1000}, {Index: 2, Length: 5, Data: []byte("plain"), Decoded: 5}}},
		{"compressed, limit of the result", Options{Encoding: "gzip", Limit: 100}, frame(1, gzipped(t, long)), []Message{
			{Index: 1, Compressed: true, Length: int64(len(gzipped(t, long))), Data: long[:100], Decoded: 1000, Truncated: true}}},
		{"compressed without an encoding", Options{}, frame(1, []byte("?")), []Message{
			{Index: 1, Compressed: true, Length: 1, Data: []byte("?"), Decoded: 1, Err: "compressed, but grpc-encoding does not say how"}}},
		{"unknown encoding", Options{Encoding: "rot13"}, frame(1, []byte("?")), []Message{
			{Index: 1, Compressed: true, Length: 1, Data: []byte("?"), Decoded: 1, Err: "body: rot13: coding not supported"}}},
		{"lies about compression", Options{Encoding: "gzip"}, frame(1, long), []Message{
			{Index: 1, Compressed: true, Length: 1000, Data: long, Decoded: 1000, Err: "body: gzip: gzip: invalid header"}}},
		{"cut", Options{}, frame(0, long)[:105], []Message{{Index: 1, Length: 1000, Data: long[:100], Decoded: 100, Truncated: true, Err: "the body ends early: 100 bytes of 1000"}}},
		{"cut after the prefix", Options{}, frame(0, long)[:5], []Message{{Index: 1, Length: 1000, Truncated: true, Err: "the body ends early: 0 bytes of 1000"}}},
		{"cut in the prefix", Options{}, []byte{0, 0}, []Message{{Index: 1, Data: []byte{0, 0}, Decoded: 2, Truncated: true, Err: "the body ends early"}}},
		{"flags", Options{}, frame(0x82, []byte("x")), []Message{{Index: 1, Length: 1, Data: []byte("x"), Decoded: 1, Err: "flags 0x82 are not those of gRPC"}}},
		{"trailers", Options{Web: true, Limit: 1}, slices.Concat(frame(0, []byte("x")), frame(0x80, trailer)), []Message{{Index: 1, Length: 1, Data: []byte("x"), Decoded: 1},
			{Length: int64(len(trailer)), Data: trailer, Decoded: int64(len(trailer)), Trailers: httpmsg.Fields{{Name: "grpc-status", Value: "5"}, {Name: "Grpc-Message", Value: "%E6%B2%A1%E6%9C%89"}, {Name: "x"}}}}},
		{"compressed trailers", Options{Web: true, Encoding: "gzip"}, frame(0x81, gzipped(t, trailer[:16])), []Message{
			{Compressed: true, Length: int64(len(gzipped(t, trailer[:16]))), Data: trailer[:16], Decoded: 16, Trailers: httpmsg.Fields{{Name: "grpc-status", Value: "5"}}}}},
		{"empty trailers", Options{Web: true}, frame(0x80, nil), []Message{{Trailers: httpmsg.Fields{}}}},
		{"base64 in parts", Options{Web: true, Text: true}, []byte(base64.StdEncoding.EncodeToString(frame(0, []byte("x"))[:4]) + base64.StdEncoding.EncodeToString(frame(0, []byte("x"))[4:]) + "\r\n" + base64.RawStdEncoding.EncodeToString(frame(0x80, nil))),
			[]Message{{Index: 1, Length: 1, Data: []byte("x"), Decoded: 1}, {Trailers: httpmsg.Fields{}}}},
		{"no base64", Options{Web: true, Text: true}, []byte(base64.StdEncoding.EncodeToString(frame(0, []byte("xyz"))) + "\x00\x00\x00\x00"), []Message{{Index: 1, Length: 3, Data: []byte("xyz"), Decoded: 3},
			{Index: 2, Data: []byte{}, Truncated: true, Err: "not base64 at byte 15"}}},
		{"base64 ends early", Options{Web: true, Text: true}, []byte("AAAAAAEx")[:6], []Message{{Index: 1, Data: []byte{0, 0, 0, 0}, Decoded: 4, Truncated: true, Err: "the body ends early"}}},
		{"base64 of one character", Options{Web: true, Text: true}, []byte("A"), []Message{{Index: 1, Data: []byte{}, Truncated: true, Err: "not base64 at byte 1"}}},
	} {
		for _, n := range []int{1, 2, 3, 7, len(c.b) + 1} {
			got := read(c.o, c.b, n)
			if fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", c.want) && !reflect.DeepEqual(normal(got), normal(c.want)) {
				t.Errorf("%s, in pieces of %d:\n%+v\nnot\n%+v", c.name, n, got, c.want)
			}
		}
	}
}

// normal makes no difference between nil and empty data.
func normal(all []Message) []Message {
	all = slices.Clone(all)
	for i := range all {
		if len(all[i].Data) == 0 {
			all[i].Data = nil
		}
	}
	return all
}

// TestHugeLength holds that what a message says of its length costs nothing, and
// that all beyond the limit may be skipped.
func TestHugeLength(t *testing.T) {
	var all []Message
	r := New(Options{Limit: 10}, func(m Message) { all = append(all, m) })
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r.Feed([]byte{0, 0xff, 0xff, 0xff, 0xff})
	if n := r.Skippable(); n != 0 {
		t.Errorf("%d bytes may be skipped before the limit", n)
	}
	r.Feed([]byte("0123456789"))
	if n := r.Skippable(); n != math.MaxUint32-10 {
		t.Errorf("%d bytes may be skipped", n)
	}
	r.Feed(make([]byte, 1000))
	r.Skip(r.Skippable() - 1)
	r.Feed([]byte{0})
	r.Feed(frame(0, []byte("next")))
	r.End()
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 64<<10 {
		t.Errorf("%d bytes allocated", n)
	}
	want := []Message{{Index: 1, Length: math.MaxUint32, Data: []byte("0123456789"), Decoded: math.MaxUint32, Truncated: true}, {Index: 2, Length: 4, Data: []byte("next"), Decoded: 4}}
	if !reflect.DeepEqual(all, want) {
		t.Errorf("%+v", all)
	}
	if r.Skippable() != math.MaxInt64 {
		t.Error("something is needed after the end")
	}
}

// TestSkip is about bytes that are lost, needed or not.
func TestSkip(t *testing.T) {
	for _, c := range []struct {
		name string
		fed  int
		skip int64
		then string
		want []Message
	}{
		{"within a message", 7, 3, "\x00\x00\x00\x00\x00", []Message{{Index: 1, Length: 5, Data: []byte("he"), Decoded: 5, Truncated: true}, {Index: 2}}},
		{"within, and then more of it", 6, 3, "o\x00\x00\x00\x00\x00", []Message{{Index: 1, Length: 5, Data: []byte("h"), Decoded: 5, Truncated: true}, {Index: 2}}},
		{"beyond a message", 7, 4, "\x00\x00\x00\x00\x00", []Message{{Index: 1, Length: 5, Data: []byte("he"), Decoded: 2, Truncated: true, Err: "bytes are missing: 2 bytes of 5"}}},
		{"in a prefix", 3, 1, "\x00\x00\x00\x00\x00", []Message{{Index: 1, Data: []byte{0, 0, 0}, Decoded: 3, Truncated: true, Err: "bytes are missing"}}},
		{"between messages", 10, 1, "\x00", []Message{{Index: 1, Length: 5, Data: []byte("hello"), Decoded: 5}, {Index: 2, Truncated: true, Err: "bytes are missing"}}},
		{"nothing", 10, 0, "\x00\x00\x00\x00\x00", []Message{{Index: 1, Length: 5, Data: []byte("hello"), Decoded: 5}, {Index: 2}}},
	} {
		var all []Message
		r := New(Options{}, func(m Message) { all = append(all, m) })
		r.Feed(frame(0, []byte("hello"))[:c.fed])
		r.Skip(c.skip)
		r.Feed([]byte(c.then))
		r.End()
		r.End()
		r.Skip(1)
		r.Feed([]byte("more"))
		if !reflect.DeepEqual(normal(all), normal(c.want)) {
			t.Errorf("%s:\n%+v\nnot\n%+v", c.name, all, c.want)
		}
	}
	var all []Message
	r := New(Options{Web: true, Text: true}, func(m Message) { all = append(all, m) })
	r.Feed([]byte("AAAAAAEx"))
	r.Skip(4)
	if len(all) != 2 || all[1].Err != "bytes are missing" {
		t.Errorf("%+v", all)
	}
}

func TestStatus(t *testing.T) {
	for _, c := range []struct {
		status, message string
		code            int
		name, want      string
		ok              bool
	}{
		{"0", "", 0, "OK", "", true}, {"1", "", 1, "CANCELLED", "", true}, {"5", "%E6%B2%A1%E6%9C%89 100%25", 5, "NOT_FOUND", "没有 100%", true}, {"16", "plain", 16, "UNAUTHENTICATED", "plain", true},
		{"17", "%", 17, "17", "%", true}, {" 2 ", "%zz%4", 2, "UNKNOWN", "%zz%4", true}, {"2", "caf\xe9 %e9", 2, "UNKNOWN", "caf\ufffd \ufffd", true},
		{"", "x", 0, "", "", false}, {"-1", "x", 0, "", "", false}, {"OK", "x", 0, "", "", false}, {"99999999999", "x", 0, "", "", false},
	} {
		code, name, message, ok := Status(httpmsg.Fields{{Name: "Grpc-Status", Value: c.status}, {Name: "grpc-message", Value: c.message}})
		if code != c.code || name != c.name || message != c.want || ok != c.ok {
			t.Errorf("%q, %q: %d, %s, %q, %v", c.status, c.message, code, name, message, ok)
		}
	}
	if _, _, _, ok := Status(nil); ok {
		t.Error("no trailers have a status")
	}
}

func TestIs(t *testing.T) {
	for contentType, want := range map[string][3]bool{
		"application/grpc": {true}, "application/grpc+proto": {true}, "Application/gRPC+JSON; charset=utf-8": {true}, "application/grpc-web": {true, true}, "application/grpc-web+proto": {true, true},
		"application/grpc-web-text": {true, true, true}, " application/grpc-web-text+proto ;x": {true, true, true},
		"": {}, "application/grpcx": {}, "application/grpc-status": {}, "text/grpc": {}, "application/json": {},
	} {
		if grpc, web, text := Is(contentType); [3]bool{grpc, web, text} != want {
			t.Errorf("%s: %v, %v, %v", contentType, grpc, web, text)
		}
	}
}

// FuzzReader holds that the messages are the same however the body is cut, and
// whether or not what nobody needs is skipped; and that all bytes are accounted for.
func FuzzReader(f *testing.F) {
	for _, c := range calls(f) {
		_, web, text := Is(c.ContentType)
		for _, way := range []string{c.Up, c.Down} {
			f.Add(unhex(f, way), web, text, int16(100), []byte{1, 2, 3})
		}
	}
	f.Add(slices.Concat(frame(0, make([]byte, 300)), frame(1, gzipped(f, make([]byte, 300))), frame(0x80, []byte("grpc-status:0"))), true, false, int16(10), []byte{9, 200})
	f.Fuzz(func(t *testing.T, b []byte, web, text bool, limit int16, cuts []byte) {
		o := Options{Encoding: "gzip", Web: web, Text: text, Limit: int(limit)}
		once := read(o, b, len(b)+1)
		cuts = bytes.Clone(cuts)
		var again []Message
		r := New(o, func(m Message) { again = append(again, m) })
		for rest := b; len(rest) > 0; {
			n := len(rest)
			if len(cuts) > 0 {
				n = min(n, int(cuts[0])+1)
				cuts = append(cuts[1:], cuts[0])
			}
			if skip := r.Skippable(); skip > 0 {
				n = int(min(int64(n), skip))
				r.Skip(int64(n))
			} else {
				r.Feed(rest[:n])
			}
			rest = rest[n:]
		}
		r.End()
		if !reflect.DeepEqual(normal(once), normal(again)) {
			t.Fatalf("%+v\nnot\n%+v", again, once)
		}
		total := int64(0)
		for i, m := range once {
			if m.Trailers == nil && len(m.Data) > max(r.o.Limit, prefixLen) || m.Length > math.MaxUint32 {
				t.Fatalf("%+v", m)
			}
			if last := i == len(once)-1; !last || m.Err == "" || !strings.Contains(m.Err, " bytes of ") {
				total += prefixLen + m.Length
			}
			if m.Err == "the body ends early" {
				total += int64(len(m.Data)) - prefixLen
			} else if _, after, ok := strings.Cut(m.Err, "the body ends early: "); ok {
				var n int64
				fmt.Sscanf(after, "%d", &n)
				total += n + prefixLen
			}
		}
		if !text && total != int64(len(b)) {
			t.Fatalf("%d bytes of %d in %+v", total, len(b), once)
		}
	})
}
