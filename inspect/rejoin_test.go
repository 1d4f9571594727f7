package inspect

import (
	"bytes"
	"crypto/rsa"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tlsmitm/inspect/tlswire"
)

// linesOf are the lines of a recording's key log with the given beginnings.
func (r *recording) linesOf(labels ...string) (text []byte) {
	for line := range bytes.Lines(r.secrets()) {
		if slices.ContainsFunc(labels, func(l string) bool { return bytes.HasPrefix(line, []byte(l)) }) {
			text = append(text, line...)
		}
	}
	return text
}

// TestTrafficSecretsAlone: data opens without the handshake's secrets, however much
// of the handshake there was.
func TestTrafficSecretsAlone(t *testing.T) {
	for _, s := range setups() {
		if !strings.HasPrefix(s.name, "TLS 1.3") || strings.HasSuffix(s.name, "server") {
			continue
		}
		rec := s.run(t)
		keys := NewKeyStore()
		if n := keys.AddText(rec.linesOf("CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0")); n != 2 {
			t.Fatalf("%d secrets", n)
		}
		keys.Complete()
		events := rec.dissectWith(keys, func(*Dissector, int) {})
		if up, down := plaintext(events, PartyClient), plaintext(events, PartyServer); !bytes.Equal(up, rec.sent[0]) || !bytes.Equal(down, rec.sent[1]) {
			t.Errorf("%s: %d and %d bytes of data, of %d and %d:\n%.2000s", s.name, len(up), len(down), len(rec.sent[0]), len(rec.sent[1]), strings.Join(told(events), "\n"))
		}
		if w := wires(events); w[PartyClient] != len(rec.bytes(true)) || w[PartyServer] != len(rec.bytes(false)) {
			t.Errorf("%s: %v bytes of %d and %d", s.name, w, len(rec.bytes(true)), len(rec.bytes(false)))
		}
	}
}

// TestSecretsTooLate: what comes after its secrets were given up opens once they are
// there.
func TestSecretsTooLate(t *testing.T) {
	for _, name := range []string{"TLS 1.3 plain", "TLS 1.2 plain", "TLS 1.2 TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "TLS 1.1 TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"} {
		rec := recordingOf(t, name)
		chunks := 0
		for _, p := range rec.parts {
			if !p.secret {
				chunks++
			}
		}
		now := time.Now()
		for late := 6; late < chunks-1; late += 1 + chunks/7 {
			keys := NewKeyStore()
			events := rec.dissectWith(keys, func(d *Dissector, n int) {
				if n == late {
					d.tick(now)
					d.tick(now.Add(time.Hour))
					keys.AddText(rec.secrets())
				}
			})
			up, down := plaintext(events, PartyClient), plaintext(events, PartyServer)
			if len(up)+len(down) == 0 || !bytes.HasSuffix(rec.sent[0], up) || !bytes.HasSuffix(rec.sent[1], down) {
				t.Errorf("%s, secrets before chunk %d of %d: %d and %d bytes of data\n%.3000s", name, late, chunks, len(up), len(down), strings.Join(told(events), "\n"))
			}
			if w := wires(events); w[PartyClient] != len(rec.bytes(true)) || w[PartyServer] != len(rec.bytes(false)) {
				t.Errorf("%s: %v bytes of %d and %d", name, w, len(rec.bytes(true)), len(rec.bytes(false)))
			}
		}
	}
}

// TestPremasterSecrets: a premaster secret opens a connection as a master secret does,
// whether it is filed under the client's random or under how it was encrypted, and
// whenever it comes.
func TestPremasterSecrets(t *testing.T) {
	for _, name := range []string{"TLS 1.0 TLS_RSA_WITH_AES_128_CBC_SHA", "TLS 1.2 TLS_RSA_WITH_AES_128_GCM_SHA256"} {
		rec := recordingOf(t, name)
		want := NewKeyStore()
		want.AddText(rec.secrets())
		// A premaster secret proves more than its master secret.
		unproved := func(events []*Event) []string {
			return slices.DeleteFunc(told(events), func(s string) bool { return strings.Contains(s, " tls.established ") })
		}
		opened := unproved(rec.dissectWith(want, func(*Dissector, int) {}))
		var random, encrypted []byte
		for _, e := range rec.dissect(LegServer, newMasterStore(1), whole) {
			m, ok := e.Body.(*Message)
			switch {
			case !ok:
			case m.Type == tlswire.HandshakeTypeClientHello && m.HasType:
				random = m.ClientHello.Random
			case m.Type == tlswire.HandshakeTypeClientKeyExchange && m.HasType:
				cke, err := tlswire.ParseClientKeyExchange(m.Context.Version, m.Context.CipherSuite, m.Raw[4:])
				if err != nil {
					t.Fatal(err)
				}
				encrypted = cke.EncryptedPreMasterSecret
			}
		}
		//lint:ignore SA1019 it is what TLS 1.2 does (RFC 5246, section 7.4.7.1)
		premaster, err := rsa.DecryptPKCS1v15(nil, testKeys()["rsa"].PrivateKey.(*rsa.PrivateKey), encrypted)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range []string{
			fmt.Sprintf("PMS_CLIENT_RANDOM %x %x", random, premaster),
			fmt.Sprintf("RSA %x %s\r\n", encrypted[:8], strings.ToUpper(hex.EncodeToString(premaster))),
		} {
			for when := range 6 {
				keys := NewKeyStore()
				got := unproved(rec.dissectWith(keys, func(_ *Dissector, n int) {
					if n == when {
						keys.AddText([]byte(line))
					}
				}))
				if !slices.Equal(got, opened) {
					t.Fatalf("%s, %.20s before chunk %d:\n%.2000s", name, line, when, strings.Join(got, "\n"))
				}
				if len(keys.watches) != 0 {
					t.Errorf("%d watches are left", len(keys.watches))
				}
			}
		}
	}
}
