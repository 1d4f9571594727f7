package inspect

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tlsmitm/inspect/tlswire"
)

// setups is every version and suite of crypto/tls, and every turn that its
// handshake can take.
func setups() []*setup {
	keys := testKeys()
	both := []tls.Certificate{keys["ecdsa"], keys["rsa"]}
	var all []*setup
	for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12} {
		for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
			if !slices.Contains(suite.SupportedVersions, version) {
				continue
			}
			s := &setup{name: fmt.Sprintf("%s %s", tls.VersionName(version), suite.Name)}
			s.client = tls.Config{MinVersion: version, MaxVersion: version, CipherSuites: []uint16{suite.ID}}
			s.server = tls.Config{MinVersion: version, MaxVersion: version, CipherSuites: []uint16{suite.ID}, Certificates: both}
			all = append(all, s)
		}
	}
	add := func(name string, change func(*setup)) {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			s := &setup{name: tls.VersionName(version) + " " + name}
			s.client = tls.Config{MinVersion: version, MaxVersion: version, NextProtos: []string{"h2", "http/1.1"}}
			s.server = tls.Config{MinVersion: version, MaxVersion: version, Certificates: both, NextProtos: []string{"http/1.1"}}
			change(s)
			all = append(all, s)
		}
	}
	add("plain", func(*setup) {})
	add("retry", func(s *setup) {
		s.client.CurvePreferences = []tls.CurveID{tls.X25519, tls.CurveP384}
		s.server.CurvePreferences = []tls.CurveID{tls.CurveP384}
	})
	add("client certificate", func(s *setup) {
		s.server.ClientAuth = tls.RequireAnyClientCert
		s.client.Certificates = []tls.Certificate{keys["ecdsa"]}
	})
	add("no client certificate", func(s *setup) { s.server.ClientAuth = tls.RequestClientCert })
	add("resumption", func(s *setup) {
		s.client.ClientSessionCache = tls.NewLRUClientSessionCache(4)
		s.server.SetSessionTicketKeys([][32]byte{{1}})
		s.sessions = 1
	})
	for _, s := range slices.Clone(all) {
		mirror := &setup{name: s.name + ", seen by the server", client: *s.client.Clone(), server: *s.server.Clone(), atServer: true, sessions: s.sessions}
		if s.sessions > 0 {
			mirror.client.ClientSessionCache = tls.NewLRUClientSessionCache(4)
		}
		all = append(all, mirror)
	}
	return all
}

// legOf is the leg on which a recording of that end would be made.
func legOf(s *setup) LegName {
	if s.atServer {
		return LegClient
	}
	return LegServer
}

func parties(leg LegName) (client, server Party) {
	if leg == LegServer {
		return PartyProxy, PartyServer
	}
	return PartyClient, PartyProxy
}

// TestLaws holds the design's laws over everything that crypto/tls can do:
// decrypted is what was sent, every byte is accounted for, chunking is invisible.
func TestLaws(t *testing.T) {
	for _, s := range setups() {
		t.Run(s.name, func(t *testing.T) {
			leg := legOf(s)
			client, server := parties(leg)
			masters := newMasterStore(16)
			for range s.sessions {
				s.run(t).dissect(leg, masters, whole)
			}
			rec := s.run(t)
			events := rec.dissect(leg, masters, whole)
			for i, from := range []Party{client, server} {
				if got := plaintext(events, from); !bytes.Equal(got, rec.sent[i]) {
					t.Errorf("from %s: %d bytes decrypted, not the %d that were sent", from, len(got), len(rec.sent[i]))
				}
				if got, want := wires(events)[from], len(rec.bytes(i == 0)); got != want {
					t.Errorf("from %s: events account for %d bytes of %d", from, got, want)
				}
				for _, m := range messages(events, from) {
					if strings.Contains(m, "(") {
						t.Errorf("from %s: not opened: %s", from, m)
					}
				}
			}
			sizes := []int{1, 5, 700, 17000}
			if testing.Short() {
				sizes = sizes[2:]
			}
			for _, n := range sizes {
				again := rec.dissect(leg, masters, pieces(n))
				for _, from := range []Party{client, server} {
					if got, want := messages(again, from), messages(events, from); !slices.Equal(got, want) {
						t.Errorf("cut to %d bytes: from %s:\n%q, not\n%q", n, from, got, want)
					}
					if !bytes.Equal(plaintext(again, from), plaintext(events, from)) {
						t.Errorf("cut to %d bytes: from %s: other data", n, from)
					}
				}
			}
			checkRows(t, events)
		})
	}
}

// checkRows: row numbers start at 1 and never go back.
func checkRows(t *testing.T, events []*Event) {
	t.Helper()
	last := 0
	for _, e := range events {
		if e.No == 0 {
			continue
		}
		if e.No < last {
			t.Errorf("%s has row %d after row %d", e.Kind, e.No, last)
		}
		last = e.No
	}
	if last == 0 {
		t.Error("no row at all")
	}
}

// TestFlights compares with the message sequences of the RFCs.
func TestFlights(t *testing.T) {
	closing := "Alert close_notify"
	tests := map[string][2][]string{
		"TLS 1.2 plain": {
			{"Client Hello", "Client Key Exchange", "Change Cipher Spec", "Finished", closing},
			{"Server Hello", "Certificate", "Server Key Exchange", "Server Hello Done", "Change Cipher Spec", "Finished", closing},
		},
		"TLS 1.2 client certificate": {
			{"Client Hello", "Certificate", "Client Key Exchange", "Certificate Verify", "Change Cipher Spec", "Finished", closing},
			{"Server Hello", "Certificate", "Server Key Exchange", "Certificate Request", "Server Hello Done", "Change Cipher Spec", "Finished", closing},
		},
		"TLS 1.2 resumption": {
			{"Client Hello", "Change Cipher Spec", "Finished", closing},
			{"Server Hello", "New Session Ticket", "Change Cipher Spec", "Finished", closing},
		},
		"TLS 1.3 plain": {
			{"Client Hello", "Change Cipher Spec", "Finished", closing},
			{"Server Hello", "Change Cipher Spec", "Encrypted Extensions", "Certificate", "Certificate Verify", "Finished", closing},
		},
		"TLS 1.3 retry": {
			{"Client Hello", "Change Cipher Spec", "Client Hello", "Finished", closing},
			{"Hello Retry Request", "Change Cipher Spec", "Server Hello", "Encrypted Extensions", "Certificate", "Certificate Verify", "Finished", closing},
		},
		"TLS 1.3 no client certificate": {
			{"Client Hello", "Change Cipher Spec", "Certificate", "Finished", closing},
			{"Server Hello", "Change Cipher Spec", "Encrypted Extensions", "Certificate Request", "Certificate", "Certificate Verify", "Finished", closing},
		},
		"TLS 1.3 resumption": {
			{"Client Hello", "Change Cipher Spec", "Finished", closing},
			{"Server Hello", "Change Cipher Spec", "Encrypted Extensions", "Finished", "New Session Ticket", closing},
		},
	}
	for _, s := range setups() {
		name, _, _ := strings.Cut(s.name, ", seen")
		want, ok := tests[name]
		if !ok {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			leg := legOf(s)
			masters := newMasterStore(16)
			for range s.sessions {
				s.run(t).dissect(leg, masters, whole)
			}
			events := s.run(t).dissect(leg, masters, whole)
			client, server := parties(leg)
			for i, from := range []Party{client, server} {
				if got := messages(events, from); !slices.Equal(got, want[i]) {
					t.Errorf("from %s:\n%q, not\n%q", from, got, want[i])
				}
			}
			checkEstablished(t, name, events)
		})
	}
}

func checkEstablished(t *testing.T, name string, events []*Event) {
	t.Helper()
	i := slices.IndexFunc(events, func(e *Event) bool { return e.Kind == KindTLSEstablished })
	if i < 0 {
		t.Fatal("no tls.established")
	}
	e := events[i].Body.(*Established)
	if got, want := e.Resumed, strings.Contains(name, "resumption"); got != want {
		t.Errorf("resumed is %v", got)
	}
	if got, want := e.HelloRetry, name == "TLS 1.3 retry"; got != want {
		t.Errorf("hello_retry is %v", got)
	}
	if got, want := e.ClientCertAsk, strings.Contains(name, "client certificate"); got != want {
		t.Errorf("client_certificate_requested is %v", got)
	}
	if got, want := e.ClientCertSent, strings.HasSuffix(name, "2 client certificate"); got != want {
		t.Errorf("client_certificate_sent is %v", got)
	}
	if e.ALPN != "http/1.1" || e.ServerName != "leaf.example" {
		t.Errorf("alpn %q, server_name %q", e.ALPN, e.ServerName)
	}
	if e.Version.String() != name[:7] {
		t.Errorf("version %s", e.Version)
	}
}

// TestWithoutSecrets: what cannot be opened is told of, with the reason, and
// still accounted for.
func TestWithoutSecrets(t *testing.T) {
	for _, s := range setups() {
		if !strings.HasSuffix(s.name, "plain") {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			rec := s.run(t)
			rec.parts = slices.DeleteFunc(rec.parts, func(p part) bool { return p.secret })
			for _, leg := range []LegName{LegDirect, LegServer} {
				events := rec.dissect(leg, newMasterStore(1), whole)
				client, server := PartyClient, PartyServer
				if leg == LegServer {
					client = PartyProxy
				}
				for i, from := range []Party{client, server} {
					names := strings.Join(messages(events, from), "\n")
					if !strings.Contains(names, "Encrypted Handshake Message (") {
						t.Errorf("leg %s from %s: no Encrypted Handshake Message in\n%s", leg, from, names)
					}
					if got, want := wires(events)[from], len(rec.bytes(i == 0)); got != want {
						t.Errorf("leg %s from %s: events account for %d bytes of %d", leg, from, got, want)
					}
					if len(plaintext(events, from)) > 0 {
						t.Errorf("leg %s from %s: shows data that was not opened", leg, from)
					}
				}
			}
		})
	}
}

// TestGarbage: a flow that turns into noise is told of as malformed and counted.
func TestGarbage(t *testing.T) {
	for _, s := range setups() {
		if s.name != "TLS 1.3 plain" {
			continue
		}
		rec := s.run(t)
		rec.parts = append(rec.parts, part{b: []byte("HTTP/1.1 400 Bad Request\r\n\r\n")}, part{b: []byte("more")})
		events := rec.dissect(LegServer, newMasterStore(1), whole)
		if got, want := wires(events)[PartyServer], len(rec.bytes(false)); got != want {
			t.Errorf("events account for %d bytes of %d", got, want)
		}
		n := 0
		for _, e := range events {
			if m, ok := e.Body.(*Malformed); ok {
				n += m.Length
			}
		}
		if n != 32 {
			t.Errorf("%d bytes malformed, not 32", n)
		}
	}
}

// TestCertificates: a message's certificates are what the server sent.
func TestCertificates(t *testing.T) {
	for _, s := range setups() {
		if !strings.HasSuffix(s.name, "plain") {
			continue
		}
		for _, e := range s.run(t).dissect(legOf(s), newMasterStore(1), whole) {
			m, ok := e.Body.(*Message)
			if !ok || !m.HasType || m.Type != tlswire.HandshakeTypeCertificate {
				continue
			}
			var want *x509.Certificate
			for _, key := range testKeys() {
				c, err := x509.ParseCertificate(key.Certificate[0])
				if err != nil {
					t.Fatal(err)
				}
				if got := m.Certificates(); len(got) == 1 && got[0].Equal(c) {
					want = c
				}
			}
			if want == nil {
				t.Errorf("%s: certificates %v", s.name, m.Certificates())
			}
		}
	}
}
