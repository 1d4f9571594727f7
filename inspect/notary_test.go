package inspect

import (
	"crypto/tls"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestNotaryRate: signatures are checked up to the rate, five times that at once, and
// no more.
func TestNotaryRate(t *testing.T) {
	n, at := newNotary(3), time.Unix(100, 0)
	count := func() (k int) {
		for n.may(at) {
			k++
		}
		return k
	}
	for _, c := range []struct {
		later time.Duration
		want  int
	}{{0, 15}, {0, 0}, {time.Second, 3}, {2 * time.Second, 6}, {-5 * time.Second, 0}, {time.Hour, 15}} {
		at = at.Add(c.later)
		if got := count(); got != c.want {
			t.Errorf("%v later: %d, not %d", c.later, got, c.want)
		}
	}
	if none := newNotary(0); none.may(at) {
		t.Error("a rate of 0 lets one pass")
	}
	all := newNotary(-1)
	for range 10000 {
		if !all.may(at) {
			t.Fatal("no bound, and still one")
		}
	}
}

// TestWithoutSignatures: what is not checked for its cost is said to be so, and the
// rest still is checked.
func TestWithoutSignatures(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		s := &setup{name: "unchecked"}
		s.client = tls.Config{MinVersion: version, MaxVersion: version}
		s.server = tls.Config{MinVersion: version, MaxVersion: version, Certificates: []tls.Certificate{testKeys()["rsa"]}}
		rec := s.run(t)
		var events []*Event
		at := time.Unix(0, 0)
		d := newDissector(1, Meta{}, at, -1, newMasterStore(1), func(e *Event) { events = append(events, e) })
		d.notary = newNotary(0)
		for _, p := range rec.parts {
			if p.secret {
				d.handle(&item{kind: itemSecret, leg: LegServer, at: at, b: p.b}, nil)
			} else {
				d.handle(&item{kind: itemChunk, leg: LegServer, up: p.up, at: at, b: p.b}, nil)
			}
		}
		got := proofsOf(events)
		busy, verified := 0, 0
		for _, p := range got {
			switch {
			case strings.HasSuffix(p, "not checked: "+reasonBusy):
				busy++
			case strings.HasSuffix(p, "finished verified"):
				verified++
			}
		}
		if busy != 2 || verified != 2 || slices.ContainsFunc(got, func(p string) bool { return strings.Contains(p, "failed") }) {
			t.Errorf("%s: %q", tls.VersionName(version), got)
		}
	}
}

// TestRecent: the oldest go first, and one that is put again is not a second one.
func TestRecent(t *testing.T) {
	r := newRecent[int](2)
	for i := range 4 {
		r.put([32]byte{byte(i)}, i)
		r.put([32]byte{byte(i)}, 10*i)
	}
	for i, want := range []bool{false, false, true, true} {
		if v, ok := r.get([32]byte{byte(i)}); ok != want || ok && v != 10*i {
			t.Errorf("%d: %d, %v", i, v, ok)
		}
	}
}

// TestNotaryBoundsMending: the search for flipped bits is paid for as the signatures are
// that take as long, and bounded where those are not.
func TestNotaryBoundsMending(t *testing.T) {
	at := time.Unix(100, 0)
	n := newNotary(1000 / notaryBurst) // 1000 at once
	if !n.mayMend(at, 256, tryMAC) || n.mayMend(at, 512, trySignature) || !n.mayMend(at, 64, trySignature) {
		t.Error("128, 4096 and 512 signatures' worth")
	}
	if n.mayMend(at, 1024, tryMAC) || !n.may(at) {
		t.Error("512 more than what is left, 360")
	}
	all, tries := newNotary(-1), 0
	for all.mayMend(at, 256, tryMAC) {
		tries++
	}
	if tries != maxTries/2048 {
		t.Errorf("%d searches", tries)
	}
}
