package inspect

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "record testdata/flows anew")

// TestRecordedFlows dissects what crypto/tls said once, without its secrets: the
// clear part is read, and the rest is told of.
func TestRecordedFlows(t *testing.T) {
	if *update {
		recordFlows(t)
	}
	for name, want := range map[string][]string{
		"tls12":       {"Client Hello", "Client Key Exchange", "Change Cipher Spec"},
		"tls13":       {"Client Hello", "Change Cipher Spec"},
		"tls13-retry": {"Client Hello", "Change Cipher Spec", "Client Hello"},
	} {
		var flows [2][]byte
		for i, end := range []string{".up", ".down"} {
			var err error
			if flows[i], err = os.ReadFile("testdata/flows/" + name + end); err != nil {
				t.Fatal(err)
			}
		}
		got := messages(dissectRaw(flows[0], flows[1], 1<<20), PartyClient)
		if len(got) < len(want) || !slices.Equal(got[:len(want)], want) {
			t.Errorf("%s: from the client %q, not %q …", name, got, want)
		}
	}
}

func recordFlows(t *testing.T) {
	names := map[string]string{"TLS 1.2 plain": "tls12", "TLS 1.3 plain": "tls13", "TLS 1.3 retry": "tls13-retry"}
	if err := os.MkdirAll("testdata/flows", 0o755); err != nil {
		t.Fatal(err)
	}
	for _, s := range setups() {
		name, ok := names[s.name]
		if !ok {
			continue
		}
		rec := s.run(t)
		for end, b := range map[string][]byte{".up": rec.bytes(true), ".down": rec.bytes(false)} {
			if err := os.WriteFile("testdata/flows/"+name+end, b[:min(len(b), 4000)], 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// FuzzDissector feeds two flows of arbitrary bytes, and holds what must hold for
// all input: no panic, every byte accounted for, and the same messages however
// the bytes are cut.
func FuzzDissector(f *testing.F) {
	seeds, err := filepath.Glob("testdata/flows/*.up")
	if err != nil || len(seeds) == 0 {
		f.Fatalf("no seed in testdata/flows (%v)", err)
	}
	for _, name := range seeds {
		up, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		down, err := os.ReadFile(strings.TrimSuffix(name, "up") + "down")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(up, down, uint8(7))
	}
	for _, path := range capturedPaths(f, "testdata/captures/*.txt") {
		rec := readCaptured(f, path)
		f.Add(rec.bytes(true), rec.bytes(false), uint8(3))
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
