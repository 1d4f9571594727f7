package sink

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"tlsmitm/inspect"
	"tlsmitm/inspect/saved"
)

// replayed saves events and reads them back.
func replayed(t *testing.T, events []*inspect.Event) (again []*inspect.Event) {
	t.Helper()
	out := new(file)
	sink := NewJSONL(out)
	if err := sink.Write(events); err != nil {
		t.Fatal(err)
	}
	if err := sink.Close(); err != nil {
		t.Fatal(err)
	}
	r := saved.NewReader("events.jsonl", bytes.NewReader(out.Bytes()), new(saved.Memory))
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
