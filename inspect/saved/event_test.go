package saved

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"tlsmitm/inspect"
)

// savedRun returns the lines of a run of `tlsmitm demo`, and some about exchanges, as
// some version wrote them. They are made anew by:
//
//	go test ./inspect -run SavedEvents -update
//	go run ./cmd/tlsmitm demo --json inspect/saved/testdata/run.jsonl
func savedRun(t testing.TB) [][]byte {
	t.Helper()
	var lines [][]byte
	for _, name := range []string{"run", "exchanges"} {
		b, err := os.ReadFile("testdata/" + name + ".jsonl")
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, bytes.Split(bytes.TrimSuffix(b, []byte("\n")), []byte("\n"))...)
	}
	if len(lines) < 100 {
		t.Fatalf("only %d lines", len(lines))
	}
	return lines
}

// TestAnOldRunIsRead: what an earlier version wrote is known, and stays what it is
// once it has been written as this one writes it. TestSavedEventsAreAsTheyWere of
// package inspect is about what this one writes.
func TestAnOldRunIsRead(t *testing.T) {
	for i, line := range savedRun(t) {
		e, err := Parse(line)
		if err != nil {
			t.Fatalf("line %d: %v", i+1, err)
		}
		if _, unknown := e.Body.(*inspect.Unknown); unknown {
			t.Errorf("line %d: %s is unknown", i+1, e.Kind)
		}
		once := e.AppendJSON(nil)
		again, err := Parse(once)
		if err != nil {
			t.Fatalf("line %d: %v", i+1, err)
		}
		if twice := again.AppendJSON(nil); !bytes.Equal(once, twice) || len(once) < len(line)*3/4 {
			t.Errorf("line %d:\n%s\nbecame\n%s\nand then\n%s", i+1, line, once, twice)
		}
	}
}

const (
	when     = `"time":"2026-01-02T03:04:05.000000006Z"`
	envelope = when + `,"conn":1,"leg":"client","from":"client","to":"proxy","no":1`
)

func TestUnknownKindsStayAsTheyAre(t *testing.T) {
	for _, line := range []string{
		`{` + when + `,"event":"quic.message","conn":3,"x":[1,{"y":"}"}]}`,
		`{"event":"later",  "time":12, "conn":"one"}`,
		`{"event":"secret","line":"CLIENT_RANDOM 00 11"}`,
	} {
		e, err := Parse([]byte(line + "\r"))
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		if _, ok := e.Body.(*inspect.Unknown); !ok {
			t.Errorf("%s: %T", line, e.Body)
		}
		want := line
		if e.Kind == inspect.KindSecret {
			want = "" // nothing that calls itself a secret is written
		}
		if got := string(e.AppendJSON(nil)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestUnknownKeysDoNoHarm(t *testing.T) {
	line := `{"new":{"a":[1,2,"]"]},` + when + `,"event":"loss","conn":2,"later":null,"bytes":3,"\u0065xtra":"\"","reason":"queue_full"}`
	want := `{` + when + `,"event":"loss","conn":2,"bytes":3,"reason":"queue_full"}`
	e, err := Parse([]byte(line))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(e.AppendJSON(nil)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestFormDoesNotMatter: order, white space and escapes are other writers' to
// choose.
func TestFormDoesNotMatter(t *testing.T) {
	line := " {\t\"bytes\" : 3 , \"reason\" : \"queue\\u005ffull\", \"conn\":2,\r \"event\":\"loss\", \"time\":\"2026-01-02T05:04:05.000000006+02:00\" }  "
	e, err := Parse([]byte(line))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(e.AppendJSON(nil)), `{`+when+`,"event":"loss","conn":2,"bytes":3,"reason":"queue_full"}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestAMessageWithoutItsBytes keeps what is there, and says what is not.
func TestAMessageWithoutItsBytes(t *testing.T) {
	line := `{` + when + `,"event":"tls.message","conn":1,"leg":"client","from":"client","to":"proxy","no":1,` +
		`"content_type":22,"type":20,"name":"Finished","encrypted":true,"length":36,"wire":58,"fields":{"verify_data":"00"}}`
	e, err := Parse([]byte(line))
	if err != nil {
		t.Fatal(err)
	}
	if m := e.Body.(*inspect.Message); m.Opened() || m.Reason != reasonNotSaved || m.Type != 20 {
		t.Errorf("%+v", m)
	}
	if got := string(e.AppendJSON(nil)); got != strings.Replace(line, when+`,"event":"tls.message"`, when+`,"event":"tls.message"`, 1) {
		t.Errorf("got  %s\nwant %s", got, line)
	}
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	message := `{` + envelope + `,"event":"tls.message","content_type":22,"name":"Finished",`
	data := `{` + envelope + `,"event":"tls.data",`
	for line, want := range map[string]string{
		``:                              `not JSON`,
		`{`:                             `not JSON, from byte 1 on: unexpected end of JSON input`,
		`nonsense`:                      `not JSON, from byte 2 on: invalid character 'o' in literal null`,
		`{"event":"loss"} {}`:           `not JSON, from byte 18 on`,
		`[1]`:                           `not an object`,
		`"event"`:                       `not an object`,
		`null`:                          `not an object`,
		`{}`:                            "no event: it has no `event`",
		`{"event":7}`:                   "`event` wants a string, not a number",
		`{"event":null}`:                "no event: it has no `event`",
		`{"event":"loss","conn":1}`:     "`time` is missing",
		`{` + when + `,"event":"loss"}`: "`conn` is missing",
		`{"time":"yesterday","event":"loss","conn":1}`:                        "`time` is no time as in 2006-01-02T15:04:05.000000000Z",
		`{"time":[],"event":"loss","conn":1}`:                                 "`time` wants a string, not a list",
		`{` + when + `,"event":"loss","conn":-1}`:                             "`conn` wants a whole number that is not negative",
		`{` + when + `,"event":"loss","conn":1.5}`:                            "`conn` wants a whole number that is not negative",
		`{` + when + `,"event":"loss","conn":18446744073709551616}`:           "`conn` is more than 18446744073709551615",
		`{` + when + `,"event":"loss","conn":"1"}`:                            "`conn` wants a whole number, not a string",
		`{` + when + `,"event":"loss","conn":1,"leg":"left"}`:                 "`leg` is none of [client server direct]",
		`{` + when + `,"event":"loss","conn":1,"from":"\u001b[2J"}`:           "`from` is none of [client proxy server]",
		`{` + when + `,"event":"loss","conn":1,"bytes":9007199254740993}`:     "`bytes` is more than 9007199254740992",
		`{` + when + `,"event":"run.end","duration_ms":1e999}`:                "`duration_ms` is too large",
		`{` + when + `,"event":"run.end","duration_ms":"1"}`:                  "`duration_ms` wants a number of milliseconds, not a string",
		message + `"raw":"?"}`:                                                "`raw` is not base64",
		message + `"raw":"` + strings.Repeat("AAAA", 100_000) + `"}`:          "`raw` is longer than a message can be: 300000 bytes",
		message + `"raw":["?"]}`:                                              "`raw` wants a string, not a list",
		message + `"type":256,"raw":""}`:                                      "`type` is more than 255",
		message + `"encrypted":"yes","raw":""}`:                               "`encrypted` wants true or false, not a string",
		message + `"context":[],"raw":""}`:                                    "`context` wants an object, not a list",
		message + `"context":{"version":{"value":65536}},"raw":""}`:           "`context`: `version`: `value` is more than 65535",
		message + `"context":{"version":772},"raw":""}`:                       "`context`: `version` wants an object, not a number",
		data + `"length":1,"text":"ab"}`:                                      "`length` is less than the 2 bytes that are there",
		data + `"length":1,"text":1}`:                                         "`text` wants a string, not a number",
		`{` + envelope + `,"event":"tls.verify","chain":{}}`:                  "`chain` wants a list, not an object",
		`{` + envelope + `,"event":"tls.verify","chain":[1]}`:                 "`chain` wants strings, not a number",
		`{` + envelope + `,"event":"conn.close","flows":[1]}`:                 "`flows` wants objects, not a number",
		`{` + envelope + `,"event":"conn.close","flows":[{"from":"nobody"}]}`: "`flows`: `from` is none of [client proxy server]",
	} {
		e, err := Parse([]byte(line))
		if err == nil || !strings.HasPrefix(err.Error(), "saved: "+want) {
			t.Errorf("%s: %+v, %v; want %s", line, e, err, want)
		}
	}
}

// FuzzParse holds what must hold of every line: no panic, and what was read can
// be written and read again without a change.
func FuzzParse(f *testing.F) {
	for _, line := range savedRun(f) {
		f.Add(line)
	}
	f.Add([]byte(`{"event":"later","conn":18446744073709551615,"a":[[{"b":"\\\""}]]}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		before := bytes.Clone(line)
		e, err := Parse(line)
		if !bytes.Equal(line, before) {
			t.Fatal("the line was written to")
		}
		if err != nil {
			if e != nil {
				t.Errorf("an event and an error: %v", err)
			}
			return
		}
		clear(line) // the event stands on its own
		once := e.AppendJSON(nil)
		if e.Kind == inspect.KindSecret {
			return
		}
		again, err := Parse(once)
		if err != nil {
			t.Fatalf("%s\nbecame\n%s\nwhich cannot be read: %v", before, once, err)
		}
		if twice := again.AppendJSON(nil); !bytes.Equal(once, twice) {
			t.Errorf("%s\nbecame\n%s\nand then\n%s", before, once, twice)
		}
	})
}
