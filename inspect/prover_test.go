package inspect

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"tlsmitm/inspect/tlscrypt"
	"tlsmitm/inspect/tlswire"
)

// proofsOf lists what was checked: "Finished finished verified".
func proofsOf(events []*Event) (list []string) {
	for _, e := range events {
		if m, ok := e.Body.(*Message); ok {
			for _, p := range m.Proof {
				s := fmt.Sprintf("%s %s %s", m.Name, p.What, p.Status)
				if p.Reason != "" {
					s += ": " + p.Reason
				}
				list = append(list, s)
			}
		}
	}
	return list
}

// TestProofs: whatever crypto/tls agrees on is proved, in every version and turn of
// its handshake, and summed up for the leg.
func TestProofs(t *testing.T) {
	for _, s := range setups() {
		t.Run(s.name, func(t *testing.T) {
			masters := newMasterStore(16)
			for range s.sessions {
				s.run(t).dissect(legOf(s), masters, whole)
			}
			events := s.run(t).dissect(legOf(s), masters, whole)
			got := proofsOf(events)
			want := wantProofs(s)
			if !slices.Equal(got, want) {
				t.Errorf("proved\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			checkSummary(t, events)
		})
	}
}

// wantProofs is what a setup must prove.
func wantProofs(s *setup) (list []string) {
	tls13 := s.server.MaxVersion == tls.VersionTLS13
	resumed, rsaExchange := s.sessions > 0, false
	for _, id := range s.server.CipherSuites {
		rsaExchange = tlswire.CipherSuite(id).KeyExchange() == tlswire.KexRSA
	}
	client := s.client.Certificates != nil
	add := func(yes bool, proofs ...string) {
		if yes {
			list = append(list, proofs...)
		}
	}
	add(resumed && tls13, "Client Hello binder not checked: the pre-shared key is not known")
	add(!resumed, "Certificate chain verified")
	add(!resumed && !tls13 && !rsaExchange, "Server Key Exchange signature verified")
	add(!resumed && tls13, "Certificate Verify signature verified")
	if tls13 {
		list = append(list, "Finished finished verified")
		add(strings.Contains(s.name, "retry"), "Finished hello_retry_transcript verified")
	}
	add(client, "Certificate chain verified", "Certificate Verify signature verified")
	list = append(list, "Finished finished verified")
	if !tls13 {
		add(!resumed, "Finished extended_master_secret not checked: the premaster secret is not known")
		list = append(list, "Finished finished verified")
	}
	return list
}

// checkSummary: tls.established lists the proofs of the leg's messages.
func checkSummary(t *testing.T, events []*Event) {
	t.Helper()
	var sum []string
	for _, e := range events {
		if b, ok := e.Body.(*Established); ok {
			for _, p := range b.Proof {
				s := fmt.Sprintf("%s %s %s", p.Message, p.What, p.Status)
				if p.Reason != "" {
					s += ": " + p.Reason
				}
				sum = append(sum, s)
			}
		}
	}
	if want := proofsOf(events); !slices.Equal(sum, want) {
		t.Errorf("tls.established sums up\n%q, not\n%q", sum, want)
	}
}

// wrongSigner signs, and flips a bit of the signature.
type wrongSigner struct{ crypto.Signer }

func (w wrongSigner) Sign(rand io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	b, err := w.Signer.Sign(rand, digest, opts)
	if err == nil {
		b[len(b)-1] ^= 4
	}
	return b, err
}

// TestWrongSigner: an end that signs wrongly, and goes on with what it sent, fails in
// that alone.
func TestWrongSigner(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12, tls.VersionTLS13} {
		for name, key := range testKeys() {
			t.Run(tls.VersionName(version)+" "+name, func(t *testing.T) {
				s := &setup{name: "wrong", mayFail: true}
				wrong := key
				wrong.PrivateKey = wrongSigner{key.PrivateKey.(crypto.Signer)}
				s.client = tls.Config{MinVersion: version, MaxVersion: version}
				s.server = tls.Config{MinVersion: version, MaxVersion: version, Certificates: []tls.Certificate{wrong}, CipherSuites: ecdheSuites}
				s.client.CipherSuites = ecdheSuites
				s.atServer = true
				got := proofsOf(s.run(t).dissect(LegClient, newMasterStore(1), whole))
				want := []string{"Certificate chain verified", "Server Key Exchange signature failed"}
				if version == tls.VersionTLS13 {
					want = []string{"Certificate chain verified", "Certificate Verify signature failed", "Finished finished verified"}
				}
				if !slices.Equal(got, want) {
					t.Errorf("proved %q, not %q", got, want)
				}
			})
		}
	}
}

var ecdheSuites = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
}

// spoken is a handshake message as it was said.
type spoken struct {
	up  bool
	raw []byte
}

// said returns a recording's handshake messages.
func (r *recording) said(leg LegName, masters *masterStore) (list []spoken) {
	client, _ := parties(leg)
	for _, e := range r.dissect(leg, masters, whole) {
		if m, ok := e.Body.(*Message); ok && m.HasType {
			list = append(list, spoken{e.From == client, m.Raw})
		}
	}
	return list
}

// retell has messages said again to a new Dissector, which knows the recording's
// secrets.
func (r *recording) retell(leg LegName, masters *masterStore, list []spoken) []*Event {
	var events []*Event
	at := time.Unix(0, 0)
	d := newDissector(1, Meta{}, at, -1, masters, func(e *Event) { events = append(events, e) })
	c := d.leg(leg)
	for _, p := range r.parts {
		if p.secret {
			line, err := tlscrypt.ParseKeyLogLine(p.b)
			if err != nil {
				panic(err)
			}
			c.learn(line)
		}
	}
	for i, m := range list {
		c.flow(m.up).handshakeMessage(segment{at: at, row: i + 1}, bytes.Clone(m.raw), true)
	}
	return events
}

// TestFlippedBits flips, in what was said, bits of every signature, Finished and
// binder: it turns one check from verified to failed, and nothing else.
func TestFlippedBits(t *testing.T) {
	for _, s := range setups() {
		if s.atServer || strings.Contains(s.name, "_WITH_") && !strings.HasSuffix(s.name, "ECDHE_RSA_WITH_AES_128_CBC_SHA") {
			continue // of the suites one will do
		}
		t.Run(s.name, func(t *testing.T) {
			masters := newMasterStore(16)
			for range s.sessions {
				s.run(t).dissect(legOf(s), masters, whole)
			}
			rec := s.run(t)
			list := rec.said(legOf(s), masters)
			before := proofsOf(rec.retell(legOf(s), masters, list))
			flips := 0
			for i, m := range list {
				for _, spot := range spots(list, i) {
					flips++
					changed := slices.Clone(list)
					changed[i].raw = bytes.Clone(m.raw)
					changed[i].raw[spot.offset] ^= 1 << (spot.offset % 8)
					after := proofsOf(rec.retell(legOf(s), masters, changed))
					checkFlip(t, spot, before, after)
				}
			}
			if flips == 0 {
				t.Error("nothing to flip")
			}
		})
	}
}

// spot is a byte to flip a bit of, and the proof that it breaks.
type spot struct {
	offset int
	proof  string
	nth    int // of the proofs of that name
}

// spots are a few bytes of what a message proves something by.
func spots(list []spoken, i int) (all []spot) {
	raw := list[i].raw
	name := map[tlswire.HandshakeType]string{
		tlswire.HandshakeTypeFinished: "Finished finished", tlswire.HandshakeTypeServerKeyExchange: "Server Key Exchange signature",
		tlswire.HandshakeTypeCertificateVerify: "Certificate Verify signature", tlswire.HandshakeTypeCertificate: "Certificate chain",
	}[tlswire.HandshakeType(raw[0])]
	if name == "" || len(raw) < 16 { // an empty Certificate
		return nil
	}
	nth := 0
	for _, m := range list[:i] {
		if m.raw[0] == raw[0] && len(m.raw) >= 16 {
			nth++
		}
	}
	end := len(raw)
	if raw[0] == byte(tlswire.HandshakeTypeCertificate) && bytes.HasSuffix(raw, []byte{0, 0}) {
		end -= 2 // the extensions of an entry in TLS 1.3
	}
	for _, back := range []int{1, 9} {
		all = append(all, spot{end - back, name, nth})
	}
	return all
}

func checkFlip(t *testing.T, s spot, before, after []string) {
	t.Helper()
	if len(before) != len(after) {
		t.Errorf("a bit of byte %d of %s: %d checks, not %d", s.offset, s.proof, len(after), len(before))
		return
	}
	nth := 0
	for i := range before {
		if !strings.HasPrefix(before[i], s.proof) {
			if unmended(after[i]) != before[i] {
				t.Errorf("a bit of byte %d of %s: %q, not %q", s.offset, s.proof, after[i], before[i])
			}
			continue
		}
		want := before[i]
		if nth == s.nth {
			want = s.proof + " failed"
		}
		nth++
		if unmended(after[i]) != want {
			t.Errorf("a bit of byte %d of %s: %q, not %q", s.offset, s.proof, after[i], want)
		}
	}
}

// unmended drops what is said of a check that does not cover a flipped bit.
func unmended(s string) string { return strings.TrimSuffix(s, ": "+reasonMended) }
