package sink

import (
	"bytes"
	"errors"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tlsmitm/inspect"
	"tlsmitm/inspect/explain"
	"tlsmitm/inspect/saved"
)

// replayed saves events and reads them back.
func replayed(t *testing.T, events []*inspect.Event) (again []*inspect.Event) {
	t.Helper()
	out := new(file)
	sink := NewJSONL(out, JSONLOptions{})
	if err := sink.Write(events); err != nil {
		t.Fatal(err)
	}
	if err := sink.Close(); err != nil {
		t.Fatal(err)
	}
	r := saved.NewReader("events.jsonl", bytes.NewReader(out.Bytes()))
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return again
		}
		if err != nil {
			t.Fatal(err)
		}
		again = append(again, e)
	}
}

// TestSavedEventsLookTheSame: every view shows of saved events what it showed live.
func TestSavedEventsLookTheSame(t *testing.T) {
	for name, events := range map[string][]*inspect.Event{
		"tls13": flow13(t), "tls12": flow12(t), "odd": flowOdd(t), "http2": flowHTTP2(t), "interleaved": flowsInterleaved(t), "refused": flowRefused(t),
	} {
		again := replayed(t, events)
		if got, want := show(t, Style{}, again...), show(t, Style{}, events...); got != want {
			t.Errorf("%s: table: got\n%s\nwant\n%s", name, got, want)
		}
		if got, want := detail(t, Style{}, true, again...), detail(t, Style{}, true, events...); got != want {
			t.Errorf("%s: detail: got\n%s\nwant\n%s", name, got, want)
		}
		var lines [2]bytes.Buffer
		for i, some := range [][]*inspect.Event{again, events} {
			if err := NewLines(&lines[i], Style{}).Write(some); err != nil {
				t.Fatal(err)
			}
		}
		if got, want := lines[0].String(), lines[1].String(); got != want {
			t.Errorf("%s: lines: got\n%s\nwant\n%s", name, got, want)
		}
	}
}

// FuzzSavedRun shows files that nobody needs to have written: no view panics,
// however wrong the order and the values, and nothing of them controls the terminal.
func FuzzSavedRun(f *testing.F) {
	var run []byte
	for _, name := range []string{"run", "exchanges"} {
		b, err := os.ReadFile("../saved/testdata/" + name + ".jsonl")
		if err != nil || len(b) == 0 {
			f.Fatal(err)
		}
		run = append(run, b...)
	}
	lines := bytes.SplitAfter(run, []byte("\n"))
	for i := 0; i < len(lines); i += 3 {
		f.Add(bytes.Join(lines[i:min(i+6, len(lines))], nil), uint8(80))
	}
	slices.Reverse(lines)
	f.Add(bytes.Join(lines[:min(len(lines), 40)], nil), uint8(120))
	for _, e := range flowOdd(f) {
		f.Add(e.AppendJSON(nil), uint8(20))
	}
	for _, code := range []string{``, `\u001b]0;owned\u0007`, `{subject}`} {
		f.Add([]byte(`{"time":"2026-01-02T03:04:05Z","event":"diagnosis","conn":1,"code":"`+code+`"}`), uint8(80))
	}
	evil := regexp.MustCompile(`:"[^"]*"`)
	for _, line := range lines {
		if bytes.Contains(line, []byte(`"tls.message"`)) {
			continue
		}
		f.Add(evil.ReplaceAllFunc(line, func(v []byte) []byte {
			switch string(v[2 : len(v)-1]) {
			case "client", "proxy", "server", "direct":
				return v
			}
			if bytes.Contains(v, []byte("20")) || bytes.Contains(v, []byte(".")) && !bytes.Contains(v, []byte(":")) {
				return v // a time, or a kind
			}
			return []byte(`:"\u001b[2J\u202e\r\n` + string(v[2:]))
		}), uint8(100))
	}
	f.Fuzz(func(t *testing.T, run []byte, w uint8) {
		out := new(strings.Builder)
		style := Style{Width: width(int(w))}
		sinks := []inspect.Sink{NewTable(out, style), NewLines(out, style), NewDetail(out, style, false), NewDetail(out, style, true),
			NewHTTP(out, style, ShowAll), NewCurl(out), NewHAR(new(file), "tlsmitm"), NewJSONL(new(file), JSONLOptions{})}
		r := saved.NewReader("f", bytes.NewReader(run))
		for n := 0; ; n++ {
			e, err := r.Next()
			var bad *saved.LineError
			if errors.As(err, &bad) {
				continue
			}
			if err != nil {
				break
			}
			for _, s := range sinks {
				if err := s.Write([]*inspect.Event{e}); err != nil {
					t.Fatal(err)
				}
				if n%3 == 0 {
					if _, err := s.Flush(e.Time.Add(time.Second)); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		for _, s := range sinks {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
		for s := range strings.Lines(out.String()) {
			if s = strings.TrimSuffix(s, "\n"); explain.Clean(s) != s {
				t.Errorf("not clean: %q", s)
			}
		}
	})
}

// TestViewsAreBounded: of connections that do not end, only so many are remembered.
func TestViewsAreBounded(t *testing.T) {
	out := new(strings.Builder)
	table, lines := NewTable(out, Style{}), NewLines(out, Style{})
	e := newFlow(t, 1, "example.com:443").events[0]
	for id := range uint64(maxConns + 10) {
		open := *e
		open.Conn = id + 1
		for _, s := range []inspect.Sink{table, lines} {
			if err := s.Write([]*inspect.Event{&open}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(table.conns) > maxConns || len(lines.talks) > maxConns {
		t.Errorf("%d and %d connections are remembered", len(table.conns), len(lines.talks))
	}
	if _, newest := table.conns[maxConns+10]; !newest {
		t.Error("the newest connection is forgotten")
	}
}
