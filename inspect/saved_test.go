package inspect_test

import (
	"bytes"
	"io"
	"os"
	"reflect"
	"testing"

	"tlsmitm/inspect"
	"tlsmitm/inspect/saved"
)

// TestSavedEventsAreAsTheyWere saves the events of everything that crypto/tls can
// do, reads them back, and holds them against what they were.
func TestSavedEventsAreAsTheyWere(t *testing.T) {
	if *inspect.Update { // what other packages begin to fuzz with
		var lines []byte
		for _, e := range inspect.ExchangeEvents() {
			lines = append(e.AppendJSON(lines), '\n')
		}
		if err := os.WriteFile("saved/testdata/exchanges.jsonl", lines, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	flows := inspect.EverySetup(t, 100)
	flows["one of each"] = append(inspect.OneOfEach(), inspect.ExchangeEvents()...)
	for name, events := range flows {
		var file bytes.Buffer
		var written []*inspect.Event
		for _, e := range events {
			if e.Kind != inspect.KindSecret {
				file.Write(append(e.AppendJSON(nil), '\n'))
				written = append(written, e)
			}
		}
		want := bytes.SplitAfter(file.Bytes(), []byte("\n"))
		r := saved.NewReader(name, bytes.NewReader(file.Bytes()))
		for i, e := range written {
			got, err := r.Next()
			if err != nil {
				t.Fatal(err)
			}
			if line := append(got.AppendJSON(nil), '\n'); !bytes.Equal(line, want[i]) {
				t.Errorf("%s: got  %s\nwant %s", name, line, want[i])
			}
			alike(t, name, got, e)
		}
		if e, err := r.Next(); err != io.EOF {
			t.Errorf("%s: after the end: %v, %v", name, e, err)
		}
	}
}

// alike compares what the lines of two events do not show.
func alike(t *testing.T, name string, got, want *inspect.Event) {
	t.Helper()
	if !got.Time.Equal(want.Time) || got.Kind != want.Kind || reflect.TypeOf(got.Body) != reflect.TypeOf(want.Body) {
		t.Errorf("%s: a %s of %v became a %s of %v", name, want.Kind, want.Time, got.Kind, got.Time)
	}
	switch w := want.Body.(type) {
	case *inspect.Message:
		g := got.Body.(*inspect.Message)
		for what, pair := range map[string][2]any{
			"client hello": {g.ClientHello, w.ClientHello}, "server hello": {g.ServerHello, w.ServerHello},
			"group": {g.Group, w.Group}, "resumed": {g.Resumed, w.Resumed}, "context": {g.Context, w.Context}, "proof": {g.Proof, w.Proof},
		} {
			if !reflect.DeepEqual(pair[0], pair[1]) {
				t.Errorf("%s: %s: %s is %v, not %v", name, w.Name, what, pair[0], pair[1])
			}
		}
	case *inspect.Data:
		g := got.Body.(*inspect.Data)
		if g.Sum != w.Sum && w.Sum != 0 || g.ALPN != w.ALPN || g.Truncated != w.Truncated {
			t.Errorf("%s: data: %+v became %+v", name, w, g)
		}
	}
}
