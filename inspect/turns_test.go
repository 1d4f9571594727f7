package inspect

import (
	"bytes"
	"crypto/tls"
	"slices"
	"strings"
	"testing"

	"tlsmitm/inspect/tlswire"
)

// TestFalseStart: a client that sends data before the server has finished (RFC 7918) is
// read like any other.
func TestFalseStart(t *testing.T) {
	rec := setupNamed(t, "TLS 1.2 plain").run(t).inRecords()
	want := rec.dissect(LegServer, newMasterStore(1), whole)
	first := slices.IndexFunc(rec.parts, func(p part) bool { return !p.secret && p.up && p.b[0] == byte(tlswire.ContentTypeApplicationData) })
	ccs := slices.IndexFunc(rec.parts, func(p part) bool {
		return !p.secret && !p.up && p.b[0] == byte(tlswire.ContentTypeChangeCipherSpec)
	})
	for ccs > 1 && !rec.parts[ccs-1].up { // a ticket is before it
		if rec.parts[ccs-1].b[tlswire.RecordHeaderLen] != byte(tlswire.HandshakeTypeNewSessionTicket) {
			break
		}
		ccs--
	}
	if first < ccs || ccs < 0 {
		t.Fatalf("data at %d, and the server finishes at %d", first, ccs)
	}
	data := rec.parts[first]
	early := &recording{sent: rec.sent}
	early.parts = slices.Concat(rec.parts[:ccs], []part{data}, rec.parts[ccs:first], rec.parts[first+1:])
	for _, cut := range []func([]byte) [][]byte{whole, pieces(7)} {
		events := early.dissect(LegServer, newMasterStore(1), cut)
		for _, from := range []Party{PartyProxy, PartyServer} {
			if got, want := messages(events, from), messages(want, from); !slices.Equal(got, want) {
				t.Errorf("%s sent %q, not %q", from, got, want)
			}
			if !bytes.Equal(plaintext(events, from), plaintext(want, from)) {
				t.Errorf("%s sent other data", from)
			}
		}
		if got, want := proofsOf(events), proofsOf(want); !slices.Equal(got, want) {
			t.Errorf("proved %q, not %q", got, want)
		}
		established := slices.IndexFunc(events, func(e *Event) bool { return e.Kind == KindTLSEstablished })
		sent := slices.IndexFunc(events, func(e *Event) bool { return e.Kind == KindTLSData })
		if sent < 0 || sent > established {
			t.Errorf("data is event %d, and the handshake is over with event %d", sent, established)
		}
	}
}

// TestHeartbeats: heartbeat messages are shown in the clear and decrypted, also those
// that ask for more than they bring; where they stay closed they are told as what they
// are.
func TestHeartbeats(t *testing.T) {
	bleed := []byte{1, 0x40, 0}
	plain := append([]byte{1, 0, 3, 'a', 'b', 'c'}, make([]byte, 16)...)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		name := tls.VersionName(version) + " plain"
		rec := setupNamed(t, name).run(t).inRecords()
		// After the hellos in the clear, and at the end under the client's keys.
		w := new(rewriter)
		out := &recording{}
		heartbeat := func(keys protection, b []byte) {
			ct, fragment := byte(tlswire.ContentTypeHeartbeat), b
			if keys.sealer != nil {
				was := tlswire.Record{Type: tlswire.ContentTypeHeartbeat, Version: tlswire.VersionTLS12, Fragment: make([]byte, 8+len(b)+16)}
				if keys.sealer.tls13 {
					was.Type, was.Fragment = tlswire.ContentTypeApplicationData, make([]byte, len(b)+1+16)
				}
				ct, fragment = byte(was.Type), keys.sealer.seal(was, tlswire.ContentTypeHeartbeat, b)
			}
			out.add(part{up: true, b: append([]byte{ct, 3, 3, byte(len(fragment) >> 8), byte(len(fragment))}, fragment...)})
		}
		again, _, err := rec.rewriteWith(w, place{}, -1)
		if err != nil {
			t.Fatal(err)
		}
		greeted := false
		for _, p := range again.parts {
			out.parts = append(out.parts, p)
			if !p.secret && !p.up && !greeted {
				greeted = true
				if version == tls.VersionTLS12 {
					heartbeat(protection{}, bleed)
				}
			}
		}
		heartbeat(w.keys[0], plain)
		heartbeat(w.keys[0], bleed)
		check := func(events []*Event, want ...string) {
			var got []string
			for _, e := range events {
				if m, ok := e.Body.(*Message); ok && m.Name == "Heartbeat" {
					s := "closed"
					if m.Opened() {
						s = "read"
						tree := m.Tree()
						if err := tree.CheckCoverage(); err != nil {
							t.Errorf("%s: %v", name, err)
						}
						if bad := tree.Malformed(); bad != nil {
							s = bad.Text
						}
					}
					got = append(got, s)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: %q, not %q", name, got, want)
			}
		}
		const lie = "payload: length 16384, but 0 left"
		events := out.dissect(LegServer, newMasterStore(1), whole)
		out.parts = slices.DeleteFunc(out.parts, func(p part) bool { return p.secret })
		closed := out.dissect(LegDirect, newMasterStore(1), whole)
		if version == tls.VersionTLS12 {
			check(events, lie, "read", lie)
			check(closed, lie, "closed", "closed")
			continue
		}
		check(events, "read", lie)
		for _, m := range messages(closed, PartyClient) {
			if strings.Contains(m, "Heartbeat") { // all records of TLS 1.3 look alike
				t.Error(m)
			}
		}
	}
}
