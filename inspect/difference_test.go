package inspect

import (
	"crypto/tls"
	"os"
	"slices"
	"testing"
	"time"

	"tlsmitm/inspect/tlswire"
)

// flight is a first flight that was recorded in testdata.
func flight(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestDifference: after the proxy's hello, and once, it is told how that differs from
// the client's.
func TestDifference(t *testing.T) {
	s := &setup{name: "retry"}
	s.client = tls.Config{MinVersion: tls.VersionTLS13, CurvePreferences: []tls.CurveID{tls.X25519, tls.CurveP384}}
	s.server = tls.Config{CurvePreferences: []tls.CurveID{tls.CurveP384}, Certificates: []tls.Certificate{testKeys()["rsa"]}}
	rec := s.run(t)
	var events []*Event
	at0 := time.Unix(0, 0)
	d := newDissector(1, Meta{}, at0, -1, newMasterStore(1), func(e *Event) { events = append(events, e) })
	d.chunk(LegClient, true, at0, flight(t, "testdata/flows/tls12.up"))
	for _, p := range rec.parts {
		if !p.secret {
			d.chunk(LegServer, p.up, at0, p.b)
		}
	}
	i := slices.IndexFunc(events, func(e *Event) bool { return e.Kind == KindTLSDiff })
	if i < 1 {
		t.Fatal("no tls.diff")
	}
	if m, ok := events[i-1].Body.(*Message); !ok || m.ClientHello == nil || events[i-1].No != events[i].No || events[i].From != PartyProxy {
		t.Errorf("it comes after %+v", events[i-1])
	}
	diffs := 0
	for _, e := range events {
		if e.Kind == KindTLSDiff {
			diffs++
		}
	}
	if diffs != 1 {
		t.Errorf("%d tls.diff, not 1", diffs)
	}
	b := events[i].Body.(*Difference)
	if !slices.Equal(b.Versions.Client, []tlswire.Version{tlswire.VersionTLS12}) || !slices.Equal(b.Versions.Proxy, []tlswire.Version{tlswire.VersionTLS13}) {
		t.Errorf("versions %+v", b.Versions)
	}
	if !slices.Contains(b.Extensions.Proxy, tlswire.ExtensionTypeKeyShare) || slices.Contains(b.Extensions.Client, tlswire.ExtensionTypeServerName) {
		t.Errorf("extensions %+v", b.Extensions)
	}
	for _, e := range []Effect{EffectFingerprint, EffectVersion, EffectCipherSuite, EffectGroup} {
		if !slices.Contains(b.Effects, e) {
			t.Errorf("no effect %s in %q", e, b.Effects)
		}
	}
}

// TestSameHello: what is the same differs in nothing, whatever GREASE there is.
func TestSameHello(t *testing.T) {
	h := &tlswire.ClientHello{
		LegacyVersion: tlswire.VersionTLS12, CipherSuites: []tlswire.CipherSuite{0x1a1a, 1, 2}, SupportedGroups: []tlswire.NamedGroup{0x2a2a, 0x11ec},
		Extensions: []tlswire.Extension{{Type: 0x3a3a}, {Type: tlswire.ExtensionTypeStatusRequest}}, ALPN: []string{"h2"},
	}
	other := *h
	other.CipherSuites = []tlswire.CipherSuite{1, 2, 0x4a4a}
	other.Extensions = []tlswire.Extension{{Type: tlswire.ExtensionTypeStatusRequest}}
	if d := differ(h, &other); len(d.Effects) != 0 || !d.CipherSuites.Same() || !d.Extensions.Same() || !d.Versions.Same() {
		t.Errorf("%+v", d)
	}
	other.CipherSuites = []tlswire.CipherSuite{2, 1, 3}
	other.SupportedGroups, other.Extensions, other.SessionID = []tlswire.NamedGroup{29}, nil, nil
	h.SessionID = []byte{1}
	d := differ(h, &other)
	if !d.CipherSuites.Reordered || !slices.Equal(d.CipherSuites.Proxy, []tlswire.CipherSuite{3}) || len(d.CipherSuites.Client) > 0 {
		t.Errorf("%+v", d.CipherSuites)
	}
	want := []Effect{EffectFingerprint, EffectCipherSuite, EffectGroup, EffectPostQuantum, EffectResumption, EffectStaple}
	if !slices.Equal(d.Effects, want) {
		t.Errorf("%q, not %q", d.Effects, want)
	}
}
