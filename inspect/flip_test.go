package inspect

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"tlsmitm/inspect/tlscrypt"
	"tlsmitm/inspect/tlswire"
)

// A flipped bit in a signature, a Finished or a binder turns one check from verified to
// failed, and changes nothing else: no other check, no other event. The bit is flipped
// in what was said, under whatever encryption, so that nothing but the check can notice.

// signed is a part of a message that proves something.
type signed struct {
	message int // of those that were said
	from    int // bytes of it
	to      int
	what    ProofKind
	nth     int  // of that kind on the message
	alone   bool // no check of its own message covers it
}

// signedParts finds them in what was said.
func signedParts(said []saidMessage, rec *recording) (all []signed) {
	var hello *tlswire.ServerHello
	for i, m := range said {
		h, _, err := tlswire.ParseHandshake(m.raw)
		if err != nil {
			continue
		}
		end := len(m.raw)
		switch h.Type {
		case tlswire.HandshakeTypeServerHello:
			hello, _ = tlswire.ParseServerHello(h.Body)
		case tlswire.HandshakeTypeFinished:
			all = append(all, signed{message: i, from: tlswire.HandshakeHeaderLen, to: end, what: ProofFinished})
		case tlswire.HandshakeTypeServerKeyExchange:
			if ske, err := tlswire.ParseServerKeyExchange(hello.Version(), hello.CipherSuite, h.Body); err == nil && len(ske.Signature) > 0 {
				all = append(all, signed{message: i, from: end - len(ske.Signature), to: end, what: ProofSignature})
			}
		case tlswire.HandshakeTypeCertificateVerify:
			if cv, err := tlswire.ParseCertificateVerify(hello.Version(), h.Body); err == nil {
				all = append(all, signed{message: i, from: end - len(cv.Signature), to: end, what: ProofSignature})
			}
		case tlswire.HandshakeTypeClientHello:
			if ch, err := tlswire.ParseClientHello(h.Body); err == nil {
				from := end - ch.BindersLen + 2
				for nth, b := range ch.Binders {
					all = append(all, signed{message: i, from: from + 1, to: from + 1 + len(b), what: ProofBinder, nth: nth})
					from += 1 + len(b)
				}
			}
		case tlswire.HandshakeTypeCertificate:
			all = append(all, signedCertificates(i, m.raw, hello.Version(), h.Body)...)
		}
	}
	return all
}

func signedCertificates(i int, raw []byte, version tlswire.Version, body []byte) (all []signed) {
	msg, err := tlswire.ParseCertificate(version, body)
	if err != nil {
		return nil
	}
	var certs []*x509.Certificate
	for _, entry := range msg.Entries {
		cert, _ := x509.ParseCertificate(entry.Data)
		certs = append(certs, cert)
	}
	path := map[int]bool{}
	for at := 0; at >= 0 && at < len(certs) && certs[at] != nil && !path[at]; at = tlscrypt.PathIndex(certs, at) {
		path[at] = true
	}
	for k, cert := range certs {
		if cert == nil {
			continue
		}
		end := bytes.Index(raw, cert.Raw) + len(cert.Raw)
		all = append(all, signed{message: i, from: end - len(cert.Signature), to: end, what: ProofChain, alone: !path[k] || tlscrypt.PathIndex(certs, k) < 0})
	}
	return all
}

// check is one that was made: of the event at its place.
type check struct {
	event int
	name  string
	Proof
}

func checksOf(events []*Event) (all []check) {
	for i, e := range events {
		if m, ok := e.Body.(*Message); ok {
			for _, p := range m.Proof {
				all = append(all, check{i, m.Name, p})
			}
		}
	}
	return all
}

// flipper is a conversation with what it proves.
type flipper struct {
	leg      LegName
	rec      *recording
	said     []saidMessage
	parts    []signed
	before   []*Event
	eventOf  []int // of each message
	checks   []check
	previous []any // the events as JSON
}

func newFlipper(t testing.TB, rec *recording, leg LegName) *flipper {
	t.Helper()
	f := &flipper{leg: leg, rec: rec.inRecords()}
	_, said, err := f.rec.rewrite(place{}, -1)
	if err != nil {
		t.Fatal(err)
	}
	f.said, f.parts = said, signedParts(said, f.rec)
	f.before = f.rec.dissect(leg, newMasterStore(4), whole)
	f.checks, f.previous = checksOf(f.before), asJSON(t, f.before)
	used := map[int]bool{}
	for _, m := range said {
		at := slices.IndexFunc(f.before, func(e *Event) bool {
			b, ok := e.Body.(*Message)
			return ok && bytes.Equal(b.Raw, m.raw) && !used[slices.Index(f.before, e)]
		})
		if at < 0 {
			t.Fatalf("a message of type %d was not told of", m.raw[0])
		}
		used[at] = true
		f.eventOf = append(f.eventOf, at)
	}
	return f
}

// asJSON writes events as JSON and reads them back.
func asJSON(t testing.TB, events []*Event) (all []any) {
	t.Helper()
	for _, e := range events {
		var v map[string]any
		line := e.AppendJSON(nil)
		if len(line) == 0 {
			all = append(all, nil)
			continue
		}
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatal(err)
		}
		delete(v, "proof") // compared on their own
		all = append(all, v)
	}
	return all
}

// want is the check that a flipped bit must turn over: of the part itself, or the next
// one that covers it. It is -1 if there is none.
func (f *flipper) want(p signed) int {
	event := f.eventOf[p.message]
	nth := 0
	for i, c := range f.checks {
		if c.event == event && c.What == p.what {
			switch {
			case nth != p.nth || p.alone:
			case c.Status == ProofVerified:
				return i
			case c.Status == ProofFailed: // there is nothing to tell any more
				return -1
			}
			nth++
		}
	}
	for i, c := range f.checks {
		covers := c.What == ProofFinished || c.What == ProofBinder || c.What == ProofSignature && c.name == "Certificate Verify"
		if c.event > event && c.Status == ProofVerified && covers {
			return i
		}
	}
	return -1
}

// check flips a bit of a part, and says what came of it that should not have.
func (f *flipper) check(t testing.TB, p signed, offset, bit int) {
	t.Helper()
	flipped, _, err := f.rec.rewrite(f.said[p.message].places[p.from+offset], bit)
	if err != nil {
		t.Fatal(err)
	}
	events := flipped.dissect(f.leg, newMasterStore(4), whole)
	about := fmt.Sprintf("bit %d of byte %d of %s in message %d (%s)", bit, offset, p.what, p.message, f.before[f.eventOf[p.message]].Body.(*Message).Name)
	after := checksOf(events)
	if len(after) != len(f.checks) {
		t.Errorf("%s: %d checks, not %d", about, len(after), len(f.checks))
		return
	}
	want := f.want(p)
	for i, c := range after {
		was := f.checks[i]
		if c.Reason == reasonMended && c.Status == ProofVerified {
			c.Reason = was.Reason
		}
		if i == want && c.Status == ProofFailed && (c.Reason == "" || c.Reason == reasonFlipped) {
			continue
		}
		if i == want || c != was {
			t.Errorf("%s: %s %s is %s %q, was %s %q", about, c.name, c.What, c.Status, c.Reason, was.Status, was.Reason)
		}
	}
	f.compare(t, about, events, f.eventOf[p.message])
	checkSummaries(t, about, events, after)
}

// compare holds that nothing but the checks and the message itself has changed.
func (f *flipper) compare(t testing.TB, about string, events []*Event, changed int) {
	t.Helper()
	now := asJSON(t, events)
	if len(now) != len(f.previous) {
		t.Errorf("%s: %d events, not %d", about, len(now), len(f.previous))
		return
	}
	for i := range now {
		a, b := f.previous[i], now[i]
		if i == changed {
			a, b = unsaid(a), unsaid(b)
		}
		if !reflect.DeepEqual(a, b) {
			t.Errorf("%s: event %d was\n%v\nis\n%v", about, i, a, b)
		}
	}
}

func unsaid(event any) any {
	m := map[string]any{}
	for k, v := range event.(map[string]any) {
		if k != "raw" && k != "fields" {
			m[k] = v
		}
	}
	return m
}

// checkSummaries: what sums a handshake up lists the checks before it.
func checkSummaries(t testing.TB, about string, events []*Event, all []check) {
	t.Helper()
	done := 0
	for i, e := range events {
		b, ok := e.Body.(*Established)
		if !ok {
			continue
		}
		var want []Proof
		for _, c := range all[done:] {
			if c.event < i {
				want = append(want, c.Proof)
				done++
			}
		}
		var got []Proof
		for _, p := range b.Proof {
			got = append(got, p.Proof)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: summed up as %v, not %v", about, got, want)
		}
	}
}

// checkFlips flips so many bits of everything that proves something, the first and the
// last among them if there are more than one.
func checkFlips(t *testing.T, rec *recording, leg LegName, bits int) {
	t.Helper()
	f := newFlipper(t, rec, leg)
	kinds := map[ProofKind]bool{}
	for _, p := range f.parts {
		kinds[p.what] = true
		for i := range bits {
			offset := (p.to - p.from - 1) / 2
			if bits > 1 {
				offset = (p.to - p.from - 1) * i / (bits - 1)
			}
			f.check(t, p, offset, (offset+p.message)%8)
			if t.Failed() {
				return
			}
		}
	}
	if !kinds[ProofFinished] {
		t.Error("nothing to flip")
	}
}

// flippable are conversations of crypto/tls of every kind.
func flippable() (some []*setup) {
	for _, s := range setups() {
		suite := strings.Contains(s.name, "_WITH_")
		if s.sessions > 0 && strings.HasPrefix(s.name, "TLS 1.2") { // whose secret no line names
			continue
		}
		if !suite && (s.atServer || !strings.Contains(s.name, "seen by")) || suite && !s.atServer &&
			(strings.HasPrefix(s.name, "TLS 1.0") || strings.Contains(s.name, "RSA_WITH_AES_128") || strings.Contains(s.name, "CHACHA20") || strings.Contains(s.name, "ECDSA_WITH_AES_256_GCM")) {
			some = append(some, s)
		}
	}
	return some
}

func TestFlippedBitsOnTheWire(t *testing.T) {
	n := 0
	for _, s := range flippable() {
		n++
		t.Run(s.name, func(t *testing.T) {
			for range s.sessions {
				s.run(t)
			}
			checkFlips(t, s.run(t), legOf(s), 2)
		})
	}
	if n < 20 {
		t.Errorf("%d conversations", n)
	}
}

// FuzzFlip flips any bit of anything that proves something.
func FuzzFlip(f *testing.F) {
	var all []*flipper
	for _, s := range flippable() {
		if strings.HasPrefix(s.name, "TLS 1.0") {
			continue
		}
		for range s.sessions {
			s.run(f)
		}
		all = append(all, newFlipper(f, s.run(f), legOf(s)))
	}
	if len(all) < 10 {
		f.Fatalf("%d conversations", len(all))
	}
	for i := range all {
		f.Add(uint8(i), uint8(i), uint16(31*i))
	}
	f.Fuzz(func(t *testing.T, which, part uint8, bit uint16) {
		c := all[int(which)%len(all)]
		p := c.parts[int(part)%len(c.parts)]
		n := int(bit) % (8 * (p.to - p.from))
		c.check(t, p, n/8, n%8)
	})
}
