package inspect

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"tlsmitm/inspect/tlscrypt"
)

// told is what an event says, without what differs between two ways to be told.
func told(events []*Event) (list []string) {
	for _, e := range events {
		switch b := e.Body.(type) {
		case *Message:
			list = append(list, fmt.Sprintf("%d %s %s enc=%v %q %x", e.No, e.From, b.Name, b.Encrypted, b.Reason, b.Raw))
		case *Data:
			list = append(list, fmt.Sprintf("%d %s data %d %q %08x", e.No, e.From, b.Length, b.Reason, b.Sum))
		case *Established, *Malformed, *Diagnosis:
			list = append(list, fmt.Sprintf("%d %s %s %+v", e.No, e.From, e.Kind, reflect.ValueOf(b).Elem()))
		}
	}
	return list
}

// dissectWith feeds the recording's bytes to the leg direct of a Dissector that
// has keys, and calls at before each of them and once more in the end.
func (r *recording) dissectWith(keys *KeyStore, at func(d *Dissector, n int)) []*Event {
	var events []*Event
	when := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	d := newDissector(1, Meta{Mode: ModeObserve, Keys: keys}, when, -1, newMasterStore(8), func(e *Event) { events = append(events, e) })
	d.deliver = func(it item) { it.at = when; d.handle(&it, nil) }
	n := 0
	for _, p := range r.parts {
		if p.secret {
			continue
		}
		at(d, n)
		d.handle(&item{kind: itemChunk, leg: LegDirect, up: p.up, at: when, b: bytes.Clone(p.b)}, nil)
		d.settle()
		n++
	}
	at(d, n)
	d.close(when, Outcome{Cause: CauseOK}, nil)
	d.forget()
	return events
}

// secrets returns the recording's key log.
func (r *recording) secrets() (text []byte) {
	for _, p := range r.parts {
		if p.secret {
			text = append(text, p.b...)
		}
	}
	return text
}

// TestSecretsMayComeLate: whenever the secrets of a connection come, its events are
// the same, in the same order and rows; and nothing stays behind.
func TestSecretsMayComeLate(t *testing.T) {
	for _, s := range setups() {
		if s.sessions > 0 && strings.HasPrefix(s.name, "TLS 1.2") {
			continue // crypto/tls logs no secret for it
		}
		if strings.Contains(s.name, "_WITH_") && !strings.HasPrefix(s.name, "TLS 1.0") {
			continue // one version's suites are enough
		}
		t.Run(s.name, func(t *testing.T) {
			rec := s.run(t)
			text := rec.secrets()
			early := NewKeyStore()
			if n := early.AddText(text); n == 0 {
				t.Fatal("no secrets were read")
			}
			want := told(rec.dissectWith(early, func(*Dissector, int) {}))
			if n := len(want); n < 9 || slices.ContainsFunc(want, func(s string) bool { return strings.Contains(s, "Encrypted Handshake") }) {
				t.Fatalf("with all secrets: %q", want)
			}
			chunks := 0
			for _, p := range rec.parts {
				if !p.secret {
					chunks++
				}
			}
			for when := 1; when <= min(chunks, 8); when++ {
				late := NewKeyStore()
				got := told(rec.dissectWith(late, func(d *Dissector, n int) {
					if n == when || n == chunks && when == 8 {
						late.AddText(text)
					}
				}))
				if !slices.Equal(got, want) {
					t.Fatalf("secrets before chunk %d:\n%s\nnot\n%s", when, strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
				if len(late.watches) != 0 || late.Waiting() != 0 || late.parked.Load() != 0 {
					t.Errorf("left: %d watches, %d waiting, %d bytes", len(late.watches), late.Waiting(), late.parked.Load())
				}
			}
			// Line by line, each as late as possible: only when something waits for it.
			lines := bytes.SplitAfter(text, []byte("\n"))
			late := NewKeyStore()
			next := func() {
				for late.Waiting() > 0 && len(lines) > 0 {
					late.AddText(lines[0])
					lines = lines[1:]
				}
			}
			if got := told(rec.dissectWith(late, func(*Dissector, int) { next() })); !slices.Equal(got, want) {
				t.Errorf("line by line:\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// TestSecretsThatNeverCome: what passed is told of unopened, after a while, at the
// end of the store, or at once where there is none; every byte is accounted for.
func TestSecretsThatNeverCome(t *testing.T) {
	rec := recordingOf(t, "TLS 1.3 plain")
	up, down := len(rec.bytes(true)), len(rec.bytes(false))
	count := func(events []*Event, text string) (n int) {
		for _, s := range told(events) {
			if strings.Contains(s, text) {
				n++
			}
		}
		return n
	}
	check := func(name string, events []*Event, reason string) {
		t.Helper()
		if n := count(events, fmt.Sprintf("Encrypted Handshake Message enc=true %q", reason)); n == 0 {
			t.Errorf("%s: no message is closed because %s:\n%s", name, reason, strings.Join(told(events), "\n"))
		}
		if w := wires(events); w[PartyClient] != up || w[PartyServer] != down {
			t.Errorf("%s: %v bytes of %d and %d", name, w, up, down)
		}
	}
	check("the end", rec.dissectWith(NewKeyStore(), func(*Dissector, int) {}), reasonGaveUp)

	now := time.Now()
	waited := NewKeyStore()
	check("time", rec.dissectWith(waited, func(d *Dissector, n int) {
		if n != 4 {
			return
		}
		if !d.waiting() || waited.Waiting() != 1 {
			t.Fatal("nothing waits")
		}
		d.tick(now)
		d.tick(now.Add(keyWait - 1))
		if waited.Waiting() != 1 {
			t.Fatal("it gave up early")
		}
		d.tick(now.Add(keyWait))
		if waited.Waiting() != 0 || waited.parked.Load() != 0 {
			t.Fatal("it has not given up")
		}
	}), reasonGaveUp)

	const unknown = "its secret is not known"
	ended := NewKeyStore()
	check("complete", rec.dissectWith(ended, func(d *Dissector, n int) {
		if n == 4 {
			if ended.Waiting() != 1 {
				t.Fatal("nothing waits")
			}
			ended.Complete()
		}
		if n >= 4 && ended.Waiting() != 0 {
			t.Fatal("something waits for what will not come")
		}
	}), unknown)
	check("complete before", rec.dissectWith(ended, func(*Dissector, int) {
		if ended.Waiting() != 0 {
			t.Fatal("something waits for what will not come")
		}
	}), unknown)

	crowded := NewKeyStore()
	crowded.parked.Store(maxParkedAll)
	check("memory", rec.dissectWith(crowded, func(*Dissector, int) {}), reasonGaveUp)
	if crowded.parked.Load() != maxParkedAll {
		t.Errorf("%d bytes are counted that nobody holds", crowded.parked.Load()-maxParkedAll)
	}
}

func recordingOf(t *testing.T, name string) *recording {
	t.Helper()
	for _, s := range setups() {
		if s.name == name {
			return s.run(t)
		}
	}
	t.Fatalf("no setup %q", name)
	return nil
}

// TestSecretsAfterTheEnd: a connection may be over before its secrets are read.
func TestSecretsAfterTheEnd(t *testing.T) {
	rec := recordingOf(t, "TLS 1.3 plain")
	for _, how := range []string{"secrets", "none", "complete"} {
		sink, keys := &gatherSink{}, NewKeyStore()
		in := New(Options{Sinks: []Sink{sink}, DataBytes: -1})
		if how == "none" {
			keys.patience = time.Millisecond
		}
		s := in.Open(Meta{Via: ViaConnect, Mode: ModeObserve})
		s.Leg(LegDirect).UseKeys(keys)
		for _, p := range rec.parts {
			if !p.secret {
				s.chunk(LegDirect, p.up, time.Now(), p.b)
			}
		}
		s.Close(Outcome{Cause: CauseOK})
		<-keys.Wanted()
		if how != "none" && slices.Contains(sink.kinds(), KindConnClose) {
			t.Fatal("it was closed without a look at what waits")
		}
		switch how {
		case "secrets":
			keys.AddText(rec.secrets())
		case "complete":
			keys.Complete()
		}
		if err := closeInspector(t, in); err != nil {
			t.Fatal(err)
		}
		list := strings.Join(told(sink.events), "\n")
		if opened := strings.Contains(list, "Encrypted Extensions"); opened != (how == "secrets") {
			t.Errorf("%s: %s", how, list)
		}
		if kinds := sink.kinds(); kinds[len(kinds)-1] != KindConnClose {
			t.Errorf("%s: the last event is %s", how, kinds[len(kinds)-1])
		}
		if len(keys.watches) != 0 || keys.Waiting() != 0 || keys.parked.Load() != 0 {
			t.Errorf("%s: left: %d watches, %d waiting, %d bytes", how, len(keys.watches), keys.Waiting(), keys.parked.Load())
		}
		keys.AddText(rec.secrets()) // to nobody
	}
}

// TestKeyStoreIsBounded: the secrets that were named first go first.
func TestKeyStoreIsBounded(t *testing.T) {
	keys := NewKeyStore()
	keys.limit = 100_000
	random := func(n int) []byte { return fmt.Appendf(nil, "%032d", n) }
	const all = 5000
	for n := range all {
		keys.Add(tlscrypt.KeyLogLine{Label: tlscrypt.LabelClientRandom, ClientRandom: random(n), Secret: make([]byte, 48)})
	}
	if n := len(keys.secrets); n < 100 || n > 1000 || len(keys.order)-keys.oldest != n || len(keys.order) > 2*n+1 {
		t.Errorf("%d randoms are kept, in an order of %d from %d", n, len(keys.order), keys.oldest)
	}
	known := func(n int) int {
		w := &keyWatch{random: [32]byte(random(n))}
		defer keys.unwatch(w)
		lines, _ := keys.watch(w)
		return len(lines)
	}
	if known(all-1) != 1 || known(0) != 0 {
		t.Error("it is not the oldest that went")
	}
	size := keys.size
	for n := range 100 {
		keys.Add(tlscrypt.KeyLogLine{Label: tlscrypt.Label(fmt.Sprint(n)), ClientRandom: random(all - 1), Secret: make([]byte, 48)})
		keys.Add(tlscrypt.KeyLogLine{Label: tlscrypt.LabelClientRandom, ClientRandom: random(all - 1), Secret: bytes.Repeat([]byte{byte(n)}, 48)})
	}
	if known(all-1) != maxKeysPerRandom || keys.size > size+maxKeysPerRandom*100 {
		t.Errorf("%d secrets for one random, %d bytes more", known(all-1), keys.size-size)
	}
}

// TestKeyLogText: what a key log file may hold besides secrets is passed over.
func TestKeyLogText(t *testing.T) {
	r := func(n int) string { return fmt.Sprintf("%064d", n) }
	secret := strings.Repeat("Aa", 48)
	text := strings.Join([]string{
		"# SSL/TLS secrets log file, generated by NSS",
		"",
		"CLIENT_RANDOM " + r(1) + " " + secret,
		"CLIENT_HANDSHAKE_TRAFFIC_SECRET " + strings.Repeat("aB", 32) + " " + secret + "\r",
		"EXPORTER_SECRET " + r(3) + " " + secret,
		"EARLY_EXPORTER_SECRET " + r(4) + " " + secret,
		"CLIENT_EARLY_TRAFFIC_SECRET " + r(5) + " " + secret,
		"ECH_SECRET " + r(6) + " " + secret,
		"ECH_CONFIG " + r(7) + " " + strings.Repeat("00", 300),
		"RSA 0123456789abcdef " + secret,
		"RSA 0123456789abcdef " + secret + "00",
		"RSA Session-ID:" + r(11) + " Master-Key:" + secret,
		"QUIC_CLIENT_TRAFFIC_SECRET_0 " + r(8) + " " + secret,
		"CLIENT_RANDOM " + r(9) + " zz",
		"SERVER_TRAFFIC_SECRET_0 " + r(10) + " " + secret,
	}, "\n")
	keys := NewKeyStore()
	if n := keys.AddText([]byte(text)); n != 9 {
		t.Errorf("%d secrets were read", n)
	}
	if _, ok := keys.secrets[[32]byte(bytes.Repeat([]byte{0xab}, 32))]; !ok || len(keys.secrets) != 9 {
		t.Errorf("%d randoms are kept", len(keys.secrets))
	}
}

// TestLossBehindASecret: what was lost while a leg waits for its secrets is lost
// there, and every byte before it is told of.
func TestLossBehindASecret(t *testing.T) {
	rec := recordingOf(t, "TLS 1.3 plain")
	keys := NewKeyStore()
	seen, n := [2]int{}, 0
	var d *Dissector
	events := rec.dissectWith(keys, func(of *Dissector, i int) {
		d = of
		switch n = i; i {
		case 6:
			for k, f := range d.legs[0].flows {
				seen[k] = int(f.total.Bytes)
			}
			d.handle(&item{kind: itemLoss, leg: LegDirect, up: false, at: time.Now()}, nil)
			d.handle(&item{kind: itemLoss, leg: LegDirect, up: true, at: time.Now()}, nil)
			if keys.Waiting() != 1 {
				t.Fatal("nothing waits")
			}
		case 8:
			keys.AddText(rec.secrets())
		}
	})
	if w := wires(events); w[PartyClient] != seen[0] || w[PartyServer] != seen[1] {
		t.Errorf("%v bytes are told of, not %v:\n%s", w, seen, strings.Join(told(events), "\n"))
	}
	if list := strings.Join(told(events), "\n"); n < 8 || !strings.Contains(list, "client Finished") && !strings.Contains(list, "server Finished") {
		t.Errorf("what came before the loss is not opened:\n%s", list)
	}
}
