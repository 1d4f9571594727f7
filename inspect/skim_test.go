package inspect

import (
	"bytes"
	"crypto/tls"
	"slices"
	"testing"
	"time"
)

// TestSkim: counting most of a transfer without opening it changes nothing but
// what is shown. It compares with a Dissector that opens all, over every cut.
func TestSkim(t *testing.T) {
	keys := testKeys()
	for _, suite := range []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, 0} {
		s := &setup{name: "skim", server: tls.Config{Certificates: []tls.Certificate{keys["ecdsa"]}}}
		if suite != 0 {
			s.client = tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{suite}}
		}
		rec := s.run(t)
		for _, n := range []int{1, 100, 1400, 17000, 1 << 20} {
			opened, skimmed := rec.collect(-1, n, false), rec.collect(10, n, false)
			recycled := rec.collect(10, n, true)
			for _, from := range []Party{PartyProxy, PartyServer} {
				want, got, again := totals(opened, from), totals(skimmed, from), totals(recycled, from)
				if got != want || again != want {
					t.Errorf("suite %x, cut to %d bytes, from %s: %+v and %+v, not %+v", suite, n, from, got, again, want)
				}
				if a, b := messages(skimmed, from), messages(opened, from); !slices.Equal(a, b) {
					t.Errorf("suite %x, cut to %d bytes, from %s: %q, not %q", suite, n, from, a, b)
				}
			}
			if !slices.ContainsFunc(skimmed, isTruncated) {
				t.Error("nothing was left out: the comparison is empty")
			}
		}
	}
}

func isTruncated(e *Event) bool {
	d, ok := e.Body.(*Data)
	return ok && d.Truncated
}

// collect dissects with a data limit; with recycle set, each buffer is overwritten
// once the Dissector has settled.
func (r *recording) collect(limit, n int, recycle bool) []*Event {
	var events []*Event
	at := time.Unix(0, 0)
	d := newDissector(1, Meta{}, at, limit, newMasterStore(1), func(e *Event) { events = append(events, e) })
	for _, p := range r.parts {
		if p.secret {
			d.handle(&item{kind: itemSecret, leg: LegServer, at: at, b: p.b}, nil)
			continue
		}
		for _, b := range pieces(n)(bytes.Clone(p.b)) {
			d.chunk(LegServer, p.up, at, b)
			if recycle {
				d.settle()
				clear(b)
			}
		}
	}
	d.close(at, Outcome{Cause: CauseOK}, nil)
	return events
}

// total is what events say of one direction's data.
type total struct{ length, records, wire int }

func totals(events []*Event, from Party) (sum total) {
	for _, e := range events {
		if d, ok := e.Body.(*Data); ok && e.From == from {
			sum.length += d.Length
			sum.records += d.Records
			sum.wire += d.Wire
		}
	}
	return sum
}
