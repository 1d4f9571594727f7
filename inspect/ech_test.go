package inspect

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tlsmitm/inspect/internal/echkey"
	"tlsmitm/inspect/tlswire"
)

// echLines is what a client would log of the hello that it encrypted for a key.
func echLines(t testing.TB, key echkey.Key, rec *recording) string {
	t.Helper()
	h, _, err := tlswire.ParseHandshake(rec.bytes(true)[tlswire.RecordHeaderLen:])
	if err != nil {
		t.Fatal(err)
	}
	hello, err := tlswire.ParseClientHello(h.Body)
	if err != nil {
		t.Fatal(err)
	}
	outer := hello.OuterECH()
	if outer == nil {
		t.Fatal("the client did not encrypt its hello")
	}
	return fmt.Sprintf("ECH_SECRET %x %x\nECH_CONFIG %x %x\n", hello.Random, key.Shared(t, outer.Enc), hello.Random, key.Config)
}

// echSetup is a conversation whose hello is encrypted for the key.
type echSetup struct {
	setup
	key echkey.Key
}

// echSetups has one for each algorithm of HPKE.
func echSetups(t testing.TB) []*echSetup {
	all := []*echSetup{
		{setup{name: "plain"}, echkey.New(t, 1, 1)},                // HKDF-SHA256, AES-128-GCM
		{setup{name: "retry"}, echkey.New(t, 2, 2)},                // HKDF-SHA384, AES-256-GCM
		{setup{name: "resumed", sessions: 1}, echkey.New(t, 3, 3)}, // HKDF-SHA512, ChaCha20Poly1305
		{setup{name: "refused", mayFail: true}, echkey.New(t, 1, 3)},
	}
	for _, s := range all {
		key := s.key
		s.client.EncryptedClientHelloConfigList = key.List()
		s.server.EncryptedClientHelloKeys = []tls.EncryptedClientHelloKey{{Config: key.Config, PrivateKey: key.Private.Bytes()}}
		s.server.Certificates = append(s.server.Certificates, testKeys()["ecdsa"])
		s.client.NextProtos, s.server.NextProtos = []string{"x"}, []string{"x"}
		s.client.CurvePreferences = []tls.CurveID{tls.X25519, tls.CurveP256}
	}
	all[1].server.CurvePreferences = []tls.CurveID{tls.CurveP256}
	all[2].client.ClientSessionCache = tls.NewLRUClientSessionCache(4)
	all[3].server.EncryptedClientHelloKeys = nil
	all[3].client.EncryptedClientHelloRejectionVerify = func(tls.ConnectionState) error { return nil }
	return all
}

// TestEncryptedClientHello: what a server accepted is opened whether the key log tells
// how the hello was encrypted or not, whenever its lines come, and what can be proved is.
func TestEncryptedClientHello(t *testing.T) {
	for _, s := range echSetups(t) {
		for range s.sessions {
			s.run(t)
		}
		rec := s.run(t)
		opened := echLines(t, s.key, rec)
		strange := strayLines()
		for name, text := range map[string]string{
			"with ECH_SECRET": opened + string(rec.secrets()), "without": strange + string(rec.secrets()) + strange,
		} {
			t.Run(s.name+" "+name, func(t *testing.T) {
				early := NewKeyStore()
				early.AddText([]byte(text))
				events := rec.dissectWith(early, func(*Dissector, int) {})
				checkECH(t, rec, events, s.name != "refused", name == "with ECH_SECRET")
				if s.name == "resumed" && name == "with ECH_SECRET" && !slices.ContainsFunc(events, func(e *Event) bool {
					m, ok := e.Body.(*Message)
					return ok && m.Inner && len(m.ClientHello.PSKIdentities) == 1
				}) {
					t.Error("the session in the inner hello is not told")
				}
				want := told(events)
				lines := bytes.SplitAfter([]byte(text), []byte("\n"))
				late := NewKeyStore()
				got := told(rec.dissectWith(late, func(*Dissector, int) {
					for late.Waiting() > 0 && len(lines) > 0 {
						late.AddText(lines[0])
						lines = lines[1:]
					}
				}))
				if !slices.Equal(got, want) {
					t.Errorf("line by line:\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
				if len(late.watches) != 0 || len(late.strays.waiting) != 0 {
					t.Errorf("left: %d watches, %d that wait for strays", len(late.watches), len(late.strays.waiting))
				}
				again, written := NewKeyStore(), writtenLines(events)
				for line := range bytes.Lines(rec.secrets()) { // as the client named them
					if !bytes.Contains(written, line) {
						t.Errorf("the key log that was written lacks %s", line)
					}
				}
				again.AddText(written)
				if got := told(rec.dissectWith(again, func(*Dissector, int) {})); !slices.Equal(got, want) {
					t.Errorf("with the key log that was written:\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
			})
		}
	}
}

// strayLines are secrets of connections that nobody saw.
func strayLines() string {
	var b strings.Builder
	for range 3 {
		random := noise(32)
		for _, label := range []string{"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0"} {
			fmt.Fprintf(&b, "%s %x %x\n", label, random, noise(32))
		}
	}
	return b.String()
}

// writtenLines is what events write of secrets.
func writtenLines(events []*Event) (text []byte) {
	for _, e := range events {
		if s, ok := e.Body.(*Secret); ok {
			text = append(text, s.Text()...)
		}
	}
	return text
}

// checkECH holds events against what crypto/tls said and did.
func checkECH(t *testing.T, rec *recording, events []*Event, accepted, inner bool) {
	t.Helper()
	var plain [2][]byte
	var status []ProofStatus
	established, hellos := (*Established)(nil), 0
	for _, e := range events {
		switch b := e.Body.(type) {
		case *Data:
			plain[index(e.From != PartyClient)] = append(plain[index(e.From != PartyClient)], b.Bytes...)
		case *Established:
			established = b
		case *Message:
			for _, p := range b.Proof {
				if p.What == ProofFinished || p.What == ProofSignature || p.What == ProofHelloRetry {
					status = append(status, p.Status)
				}
			}
			if b.Inner {
				hellos++
				if b.ClientHello.ServerName != "leaf.example" || b.Tree().Length != len(b.Raw) {
					t.Errorf("the inner hello names %q, and is read as %d of %d bytes", b.ClientHello.ServerName, b.Tree().Length, len(b.Raw))
				}
			}
			if !b.Opened() {
				t.Errorf("%s from the %s: %s", b.Name, e.From, b.Reason)
			}
		}
	}
	if w := wires(events); w[PartyClient] != len(rec.bytes(true)) || w[PartyServer] != len(rec.bytes(false)) {
		t.Errorf("events account for %v of %d and %d bytes", w, len(rec.bytes(true)), len(rec.bytes(false)))
	}
	if (hellos > 0) != (accepted && inner) {
		t.Errorf("%d inner hellos are told", hellos)
	}
	want := ProofVerified
	if accepted && !inner {
		want = ProofUnchecked
	}
	if len(status) < 2 || slices.ContainsFunc(status, func(s ProofStatus) bool { return s != want }) {
		t.Errorf("the handshake's proofs are %q, want each %q", status, want)
	}
	if !accepted {
		return
	}
	for way, sent := range rec.sent {
		if !bytes.Equal(plain[way], sent) {
			t.Errorf("%d bytes of data, not the %d that were sent", len(plain[way]), len(sent))
		}
	}
	name := map[bool]string{true: "leaf.example", false: "public.example"}[inner]
	if established == nil || !established.EncryptedHello || established.ServerName != name {
		t.Errorf("established: %+v", established)
	}
}
