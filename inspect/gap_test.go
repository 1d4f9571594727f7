package inspect

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tlsmitm/inspect/tlscrypt"
	"tlsmitm/inspect/tlswire"
)

// hole is a run of bytes of one direction that a recording lacks.
type hole struct {
	up       bool
	from, to int
}

// withHoles dissects a recording that lacks some bytes, with its secrets known, in
// segments of n bytes.
func (r *recording) withHoles(n int, holes ...hole) []*Event {
	var events []*Event
	keys := NewKeyStore()
	for _, p := range r.parts {
		if p.secret {
			keys.AddText(p.b)
		}
	}
	keys.Complete()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	d := newDissector(1, Meta{Mode: ModeCapture, Keys: keys}, at, -1, newMasterStore(16), func(e *Event) { events = append(events, e) })
	var passed [2]int
	frame := 0
	for _, p := range r.parts {
		if p.secret {
			continue
		}
		start := passed[index(!p.up)]
		passed[index(!p.up)] += len(p.b)
		for _, b := range pieces(n)(bytes.Clone(p.b)) {
			frame++
			for len(b) > 0 {
				take, missing := len(b), false
				for _, h := range holes {
					switch {
					case h.up != p.up:
					case start < h.from:
						take = min(take, h.from-start)
					case start < h.to:
						take, missing = min(take, h.to-start), true
					}
				}
				it := &item{kind: itemChunk, leg: LegDirect, up: p.up, at: at, frame: frame, b: b[:take]}
				if missing {
					it = &item{kind: itemGap, leg: LegDirect, up: p.up, at: at, frame: frame, body: int64(take)}
				}
				d.handle(it, nil)
				b, start = b[take:], start+take
			}
		}
	}
	d.close(at, Outcome{Cause: CauseOK}, nil)
	return events
}

// recordAt returns where the nth record of a direction begins and ends.
func (r *recording) recordAt(t *testing.T, up bool, n int) (from, to int) {
	t.Helper()
	b := r.bytes(up)
	for at := 0; at < len(b); {
		_, size, err := tlswire.ParseRecord(b[at:])
		if err != nil || size == 0 {
			t.Fatal(err)
		}
		if n--; n < 0 {
			return at, at + size
		}
		at += size
	}
	t.Fatal("there are fewer records")
	return 0, 0
}

func setupNamed(t testing.TB, name string) *setup {
	for _, s := range setups() {
		if s.name == name {
			return s
		}
	}
	t.Fatalf("no setup %s", name)
	return nil
}

// opened joins what was opened of the data of one end.
func opened(events []*Event, from Party) (all []byte) {
	for _, e := range events {
		if d, ok := e.Body.(*Data); ok && e.From == from && d.Reason == "" {
			all = append(all, d.Bytes...)
		}
	}
	return all
}

func lostBytes(events []*Event) (n int64) {
	for _, e := range events {
		if l, ok := e.Body.(*Loss); ok {
			n += l.Bytes
		}
	}
	return n
}

// TestHolesInData: after bytes that are missing, reading goes on at the next record.
func TestHolesInData(t *testing.T) {
	for _, name := range []string{
		"TLS 1.3 plain", "TLS 1.2 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS 1.2 TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
		"TLS 1.2 TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "TLS 1.1 TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
	} {
		rec := setupNamed(t, name).run(t)
		all := len(rec.bytes(false))
		from, to := recordAround(t, rec, false, all/2)
		for what, h := range map[string]hole{
			"within a record":            {false, from + 100, to - 100},
			"a record's header":          {false, from, from + 5},
			"a whole record":             {false, from, to},
			"a record's end":             {false, to - 50, to},
			"from one record to another": {false, from + 100, to + 300},
			"several records":            {false, from + 7, all - 8000},
		} {
			if h.to > all-1000 || h.to <= h.from {
				t.Fatalf("%s: the recording is too short", what)
			}
			for _, n := range []int{1 << 20, 1000} {
				events := rec.withHoles(n, h)
				got := opened(events, PartyServer)
				split := commonPrefix(got, rec.sent[1])
				rest := got[split:]
				if len(rest) == 0 || !bytes.HasSuffix(rec.sent[1], rest) {
					t.Errorf("%s, %s, in segments of %d: %d bytes are opened before the hole, and %d that are not the end of what was sent", name, what, n, split, len(rest))
				}
				if got := opened(events, PartyClient); !bytes.Equal(got, rec.sent[0]) {
					t.Errorf("%s, %s: the other direction suffers: %d bytes", name, what, len(got))
				}
				checkHoles(t, name+", "+what, rec, events, h)
			}
		}
	}
}

// recordAround returns the record that an offset lies in.
func recordAround(t *testing.T, r *recording, up bool, offset int) (from, to int) {
	for n := 0; ; n++ {
		if from, to = r.recordAt(t, up, n); to > offset {
			return from, to
		}
	}
}

func commonPrefix(a, b []byte) (n int) {
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// checkHoles holds what must hold whatever is missing.
func checkHoles(t *testing.T, what string, rec *recording, events []*Event, holes ...hole) {
	t.Helper()
	missing := map[Party]int{}
	for _, h := range holes {
		missing[map[bool]Party{true: PartyClient, false: PartyServer}[h.up]] += h.to - h.from
	}
	sum := wires(events)
	for from, all := range map[Party]int{PartyClient: len(rec.bytes(true)), PartyServer: len(rec.bytes(false))} {
		if want := all - missing[from]; sum[from] != want {
			t.Errorf("%s: from the %s: events account for %d bytes of %d", what, from, sum[from], want)
		}
	}
	if got, want := lostBytes(events), int64(missing[PartyClient]+missing[PartyServer]); got != want {
		t.Errorf("%s: %d bytes are told as lost, want %d", what, got, want)
	}
}

// TestHolesInHandshakes: what is there of a message is told by its name, and what follows
// is read, and opened where it can be.
func TestHolesInHandshakes(t *testing.T) {
	rec := setupNamed(t, "TLS 1.2 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256").run(t)
	from, to := rec.recordAt(t, false, 1) // the Certificate
	for _, n := range []int{1 << 20, 50} {
		h := hole{false, from + 60, to - 60}
		events := rec.withHoles(n, h)
		got := messages(events, PartyServer)
		want := []string{"Server Hello", "Certificate (" + reasonPart + ")", "Server Key Exchange", "Server Hello Done"}
		if len(got) < 4 || !slices.Equal(got[:4], want) {
			t.Errorf("in segments of %d: %q", n, got)
		}
		if !bytes.Equal(opened(events, PartyServer), rec.sent[1]) || !bytes.Equal(opened(events, PartyClient), rec.sent[0]) {
			t.Errorf("in segments of %d: the data are not opened", n)
		}
		checkHoles(t, "Certificate", rec, events, h)
	}

	// Under TLS 1.3, the whole of the server's flight after its hello.
	rec = setupNamed(t, "TLS 1.3 plain").run(t)
	_, hello := rec.recordAt(t, false, 0)
	_, finished := rec.recordAt(t, false, 5)
	h := hole{false, hello + 3, finished}
	events := rec.withHoles(1000, h)
	if got := opened(events, PartyServer); len(got) == 0 || !bytes.HasSuffix(rec.sent[1], got) {
		t.Errorf("after the flight, %d bytes of the server's data are opened\n%q", len(got), messages(events, PartyServer))
	}
	checkHoles(t, "flight", rec, events, h)

	// The client's Finished alone: its data are under other keys.
	from, to = rec.recordAt(t, true, 2)
	h = hole{true, from + 10, to}
	events = rec.withHoles(1000, h)
	if got := opened(events, PartyClient); !bytes.Equal(got, rec.sent[0]) {
		t.Errorf("after the client's Finished, %d bytes of its data are opened\n%q", len(got), messages(events, PartyClient))
	}
	checkHoles(t, "Finished", rec, events, h)
}

// TestSnapped: every segment is cut short, as by a program that captures only the
// beginnings of frames. The losses are summed up.
func TestSnapped(t *testing.T) {
	rec := setupNamed(t, "TLS 1.2 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256").run(t)
	var holes []hole
	for _, up := range []bool{true, false} {
		for at := 300; at < len(rec.bytes(up)); at += 1000 {
			holes = append(holes, hole{up, at, min(at+700, len(rec.bytes(up)))})
		}
	}
	events := rec.withHoles(1000, holes...)
	checkHoles(t, "snapped", rec, events, holes...)
	n := 0
	for _, e := range events {
		if e.Kind == KindLoss {
			n++
		}
	}
	if n > 4 {
		t.Errorf("%d losses are told of", n)
	}
}

// TestMidway reads connections whose beginning is missing.
func TestMidway(t *testing.T) {
	for _, name := range []string{"TLS 1.3 plain", "TLS 1.2 plain"} {
		rec := setupNamed(t, name).run(t)
		for _, skip := range [][2]int{{2000, 3000}, {2001, 3500}, {len(rec.bytes(true)) - 500, len(rec.bytes(false)) - 500}} {
			var events []*Event
			at := time.Unix(1, 0)
			d := newDissector(1, Meta{Mode: ModeCapture, Midway: true}, at, -1, newMasterStore(4), func(e *Event) { events = append(events, e) })
			for i := range 2 {
				b := rec.bytes(i == 0)[skip[i]:]
				for j, p := range pieces(1000)(bytes.Clone(b)) {
					d.handle(&item{kind: itemChunk, leg: LegDirect, up: i == 0, at: at, frame: j + 1, b: p}, nil)
				}
			}
			d.close(at, Outcome{}, nil)
			sum := wires(events)
			if sum[PartyClient] != len(rec.bytes(true))-skip[0] || sum[PartyServer] != len(rec.bytes(false))-skip[1] {
				t.Errorf("%s from %v: events account for %v", name, skip, sum)
			}
			for _, e := range events {
				switch b := e.Body.(type) {
				case *Data:
					if e.Kind != KindTLSData || b.Reason != reasonUncaught && b.Reason != reasonPlace {
						t.Errorf("%s from %v: %s, %s", name, skip, e.Kind, b.Reason)
					}
				case *Message:
					if b.Opened() {
						t.Errorf("%s from %v: %s", name, skip, b.Name)
					}
				case *Malformed:
					t.Errorf("%s from %v: malformed, %s", name, skip, b.Reason)
				}
			}
		}
	}
	// What is not TLS is not taken for it.
	var events []*Event
	d := newDissector(1, Meta{Mode: ModeCapture, Midway: true}, time.Unix(1, 0), -1, newMasterStore(4), func(e *Event) { events = append(events, e) })
	for j, text := range []string{"\x05\x01\x00", "\x05\x00", "\x05\x01\x00\x01\x7f\x00\x00\x01\x12\x34", "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00", "question", "answer"} {
		d.handle(&item{kind: itemChunk, leg: LegDirect, up: j%2 == 0, at: time.Unix(1, 0), frame: j + 1, b: []byte(text)}, nil)
	}
	d.close(time.Unix(1, 0), Outcome{}, nil)
	for _, e := range events {
		if e.Kind != KindTCPData && e.Kind != KindConnClose {
			t.Errorf("bytes of both ends, and no record: %s", e.Kind)
		}
	}
	for name, text := range map[string]string{"text": "250 OK and so on\r\n", "binary": strings.Repeat("\x80\x01\xff", 30000), "few bytes": "\x16\x03"} {
		var events []*Event
		d := newDissector(1, Meta{Mode: ModeCapture, Midway: true}, time.Unix(1, 0), -1, newMasterStore(4), func(e *Event) { events = append(events, e) })
		for j, p := range pieces(1000)([]byte(text)) {
			d.handle(&item{kind: itemChunk, leg: LegDirect, at: time.Unix(1, 0), frame: j + 1, b: p}, nil)
		}
		d.close(time.Unix(1, 0), Outcome{}, nil)
		if got := plaintext(events, PartyServer); string(got) != text {
			t.Errorf("%s: %d bytes, want %d", name, len(got), len(text))
		}
		for _, e := range events {
			if e.Kind != KindTCPData && e.Kind != KindConnClose {
				t.Errorf("%s: %s", name, e.Kind)
			}
		}
	}
}

// TestWithoutClientHello: where the Client Hello was not captured, or not the whole of it,
// that is why nothing can be opened, even if all secrets are known.
func TestWithoutClientHello(t *testing.T) {
	for _, name := range []string{"TLS 1.3 plain", "TLS 1.2 plain"} {
		rec := setupNamed(t, name).run(t)
		_, end := rec.recordAt(t, true, 0)
		for _, missing := range []hole{{true, 0, end}, {true, 40, end}} {
			closed := 0
			for _, e := range rec.withHoles(1000, missing) {
				reason := ""
				switch b := e.Body.(type) {
				case *Data:
					reason = b.Reason
				case *Message:
					if reason = b.Reason; b.Type == tlswire.HandshakeTypeServerKeyExchange && (len(b.Proof) != 1 || b.Proof[0].Reason != reasonNoBefore) {
						t.Errorf("%s without %v: the signature is %v", name, missing, b.Proof)
					}
				}
				switch {
				case reason == reasonNoHello:
					closed++
				case reason != "" && reason != reasonPart:
					t.Errorf("%s without %v: %s", name, missing, reason)
				}
			}
			if closed < 4 {
				t.Errorf("%s without %v: only %d for want of the Client Hello", name, missing, closed)
			}
		}
	}
}

// TestForkGoesItsOwnWay: what a fork opens does not move the opener on.
func TestForkGoesItsOwnWay(t *testing.T) {
	o, err := tlscrypt.NewTLS13(tlswire.CipherSuite(0x1301), bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	f := o.Fork()
	f.Skip()
	rec := tlswire.Record{Type: 23, Version: 0x303, Fragment: make([]byte, 40)}
	_, _, first := o.Open(rec)
	_, _, second := f.Open(rec)
	if fmt.Sprint(first) == fmt.Sprint(second) {
		t.Errorf("%v, %v", first, second)
	}
}

// FuzzHoles removes arbitrary runs of bytes from a conversation, and holds that every
// byte is accounted for, and that nothing is shown as opened that was not sent.
func FuzzHoles(f *testing.F) {
	names := []string{"TLS 1.3 plain", "TLS 1.2 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS 1.0 TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "TLS 1.3 client certificate", "TLS 1.2 TLS_ECDHE_RSA_WITH_RC4_128_SHA"}
	var recs []*recording
	for _, name := range names {
		recs = append(recs, setupNamed(f, name).run(f))
	}
	f.Add(uint8(0), uint32(5000), uint32(100), uint32(9000), uint32(20000), uint16(1000))
	f.Add(uint8(1), uint32(0), uint32(3), uint32(1200), uint32(400), uint16(77))
	f.Add(uint8(1), uint32(0), uint32(96), uint32(1246), uint32(474), uint16(108))
	f.Add(uint8(3), uint32(100), uint32(1), uint32(40000), uint32(60000), uint16(9999))
	f.Add(uint8(0xcd), uint32(1), uint32(97), uint32(1125), uint32(191), uint16(234))
	f.Fuzz(func(t *testing.T, which uint8, a, an, b, bn uint32, size uint16) {
		rec := recs[int(which>>2)%len(recs)]
		ups := []bool{which&1 != 0, which&2 != 0}
		var holes []hole
		for i, h := range [][2]uint32{{a, an}, {b, bn}} {
			all := len(rec.bytes(ups[i]))
			from := int(h[0]) % all
			to := min(all, from+1+int(h[1])%all)
			if i == 1 && ups[0] == ups[1] && from < holes[0].to && to > holes[0].from {
				continue // the two meet
			}
			holes = append(holes, hole{ups[i], from, to})
		}
		events := rec.withHoles(int(size)+1, holes...)
		checkHoles(t, "holes", rec, events, holes...)
		for way, from := range []Party{PartyClient, PartyServer} {
			if !isPartOf(opened(events, from), rec.sent[way]) {
				t.Errorf("from the %s something was opened that was not sent", from)
			}
		}
	})
}

// isPartOf tells whether got is all, or all without some runs of bytes.
func isPartOf(got, all []byte) bool {
	for len(got) > 0 {
		n := 0
		for anchor := 16; n == 0 && anchor > 0; anchor /= 2 { // a record may hold one byte
			if i := bytes.Index(all, got[:min(len(got), anchor)]); i >= 0 {
				all = all[i:]
				n = commonPrefix(got, all)
				all = all[n:]
			}
		}
		if n == 0 {
			return false
		}
		got = got[n:]
	}
	return true
}

// TestOneWay reads what one end said, alone: hellos are in the clear, even that after a
// Change Cipher Spec, and what is protected is told as such.
func TestOneWay(t *testing.T) {
	const ccs, sealed = "Change Cipher Spec", "Encrypted Handshake Message"
	for name, want := range map[string][]string{
		"TLS 1.3 retry": {"Client Hello", ccs, "Client Hello"},
		"TLS 1.3 plain": {"Client Hello", ccs},
		"TLS 1.2 plain": {"Client Hello", "Client Key Exchange", ccs, sealed},
		"TLS 1.2 TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA": {"Client Hello", "Client Key Exchange", ccs, sealed},
	} {
		rec := setupNamed(t, name).run(t)
		for _, missing := range []int64{0, 3000} {
			var events []*Event
			at := time.Unix(1, 0)
			d := newDissector(1, Meta{Mode: ModeCapture, Midway: missing == 0}, at, -1, newMasterStore(4), func(e *Event) { events = append(events, e) })
			for i, p := range pieces(500)(rec.bytes(true)) {
				if i == 2 && missing > 0 {
					d.gap(LegDirect, false, at, missing)
				}
				d.handle(&item{kind: itemChunk, leg: LegDirect, up: true, at: at, frame: i + 1, b: p}, nil)
			}
			d.close(at, Outcome{}, nil)
			got := messages(events, PartyClient)
			for i := range got {
				got[i] = strings.TrimSuffix(strings.TrimSuffix(got[i], " ("+reasonNoAnswer+")"), " ("+reasonEarly+")")
			}
			got = got[:min(len(got), len(want))] // then follow records that are data as far as can be seen, or alerts
			if !slices.Equal(got, want) {
				t.Errorf("%s, %d bytes of the other end missing: %q, not %q", name, missing, got, want)
			}
			if sum := wires(events)[PartyClient]; sum != len(rec.bytes(true)) {
				t.Errorf("%s: events account for %d of %d bytes", name, sum, len(rec.bytes(true)))
			}
		}
	}
}
