package inspect

import (
	"bytes"
	"testing"
	"time"
)

// FuzzDissector feeds two flows of arbitrary bytes, and holds what must hold for
// all input: no panic, every byte accounted for, and the same messages however
// the bytes are cut.
func FuzzDissector(f *testing.F) {
	seeds := 0
	for _, s := range setups() {
		if s.sessions == 0 {
			rec := s.run(f)
			up, down := rec.bytes(true), rec.bytes(false)
			f.Add(up[:min(len(up), 4000)], down[:min(len(down), 4000)], uint8(7))
			seeds++
		}
	}
	if seeds == 0 {
		f.Fatal("no seed")
	}
	f.Fuzz(func(t *testing.T, up, down []byte, size uint8) {
		once := dissectRaw(up, down, max(len(up), len(down), 1))
		for from, want := range map[Party]int{PartyClient: len(up), PartyProxy: len(down)} {
			if got := wires(once)[from]; got != want {
				t.Errorf("from %s: events account for %d bytes of %d", from, got, want)
			}
		}
		again := dissectRaw(up, down, int(size)+1)
		for _, from := range []Party{PartyClient, PartyProxy} {
			if got, want := wires(again)[from], wires(once)[from]; got != want {
				t.Errorf("cut to %d bytes: from %s: %d bytes, not %d", size+1, from, got, want)
			}
			a, b := messages(again, from), messages(once, from)
			if len(a) != len(b) {
				t.Errorf("cut to %d bytes: from %s: %q, not %q", size+1, from, a, b)
			}
		}
		for _, e := range once {
			e.AppendJSON(nil)
		}
	})
}

// dissectRaw feeds the client's bytes and then the server's, in runs of n.
func dissectRaw(up, down []byte, n int) []*Event {
	var events []*Event
	at := time.Unix(0, 0)
	d := newDissector(1, Meta{}, at, 64, newMasterStore(4), func(e *Event) { events = append(events, e) })
	for i, flow := range [][]byte{up, down} {
		if len(flow) == 0 {
			continue
		}
		for _, b := range pieces(n)(bytes.Clone(flow)) {
			d.chunk(LegClient, i == 0, at, b)
		}
	}
	d.close(at, Outcome{Cause: CauseOK}, nil)
	return events
}
