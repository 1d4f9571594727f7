package tlscrypt

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"tlsmitm/inspect/tlswire"
)

// recordedEpochs are all that the captures in testdata sealed.
func recordedEpochs(t testing.TB) []epoch {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no captures in testdata (%v)", err)
	}
	var all []epoch
	for _, path := range paths {
		r := readCapture(t, path).replay(t)
		for _, f := range r.flows {
			for _, e := range f.epochs {
				if len(e.records) > 0 {
					all = append(all, e)
				}
			}
		}
	}
	if len(all) < 40 {
		t.Fatalf("the captures have %d epochs, fewer than this was written for", len(all))
	}
	return all
}

func (e epoch) String() string { return fmt.Sprintf("%s under %s", e.version, e.suite) }

// record returns a copy that Open may overwrite.
func (e epoch) record(i int) tlswire.Record {
	rec := e.records[i]
	rec.Fragment = bytes.Clone(rec.Fragment)
	return rec
}

// upTo opens the records before the n-th.
func (e epoch) upTo(t testing.TB, n int) *Opener {
	t.Helper()
	o := e.opener()
	for i := range n {
		if _, _, err := o.Open(e.record(i)); err != nil {
			t.Fatalf("%s, record %d: %v", e, i, err)
		}
	}
	return o
}

// mustFail opens a record that was tampered with.
func (e epoch) mustFail(t *testing.T, o *Opener, bad tlswire.Record, i int, what string) {
	t.Helper()
	var failed *OpenError
	if _, plain, err := o.Open(bad); !errors.As(err, &failed) || plain != nil {
		t.Errorf("%s, record %d with %s: opened %x (%v)", e, i, what, plain, err)
		return
	}
	if failed.Number != uint64(i) || failed.Suite != e.suite || failed.Reason == "" {
		t.Errorf("%s, record %d: the error says %+v", e, i, failed)
	}
}

// Every bit that is flipped is noticed, and a record that fails leaves the
// opener able to open the next.
func TestAlteredRecords(t *testing.T) {
	for _, e := range recordedEpochs(t) {
		for i := range e.records {
			o := e.upTo(t, i)
			for at := range e.records[i].Fragment {
				bad := e.record(i)
				bad.Fragment[at] ^= 1 << (at % 8)
				e.mustFail(t, o, bad, i, fmt.Sprintf("byte %d altered", at))
			}
			for n := range len(e.records[i].Fragment) {
				bad := e.record(i)
				bad.Fragment = bad.Fragment[:n]
				e.mustFail(t, o, bad, i, fmt.Sprintf("only %d bytes", n))
			}
			bad := e.record(i)
			bad.Type ^= 1
			e.mustFail(t, o, bad, i, "another type")
			bad = e.record(i)
			bad.Version ^= 1
			e.mustFail(t, o, bad, i, "another version")
			if _, _, err := o.Open(e.record(i)); err != nil {
				t.Errorf("%s: after failures, the real record: %v", e, err)
			}
		}
	}
}

// The same for ciphers that OpenSSL is built without: RC4 goes on with a state
// that a failure must not move.
func TestAlteredRecordsOfOldCiphers(t *testing.T) {
	for _, id := range []uint16{tls.TLS_ECDHE_RSA_WITH_RC4_128_SHA, tls.TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA} {
		for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS12} {
			r := talk(t, version, id).replay(t)
			for _, f := range r.flows {
				e, o := f.epochs[0], f.epochs[0].opener()
				for i := range e.records {
					for at := 0; at < len(e.records[i].Fragment); at += 1 + len(e.records[i].Fragment)/7 {
						bad := e.record(i)
						bad.Fragment[at] ^= 0x40
						e.mustFail(t, o, bad, i, fmt.Sprintf("byte %d altered", at))
					}
					if _, _, err := o.Open(e.record(i)); err != nil {
						t.Fatalf("%s: after failures, the real record: %v", e, err)
					}
				}
			}
		}
	}
}

// Record numbers are implicit: a record that is repeated, left out or moved
// does not open.
func TestRecordsOutOfOrder(t *testing.T) {
	tried := 0
	for _, e := range recordedEpochs(t) {
		if len(e.records) < 3 {
			continue
		}
		tried++
		o := e.upTo(t, 1)
		if _, _, err := o.Open(e.record(0)); err == nil {
			t.Errorf("%s: record 0 opens twice", e)
		}
		if _, _, err := o.Open(e.record(2)); err == nil {
			t.Errorf("%s: record 2 opens in the place of 1", e)
		}
		if _, _, err := o.Open(e.record(1)); err != nil {
			t.Errorf("%s: %v", e, err)
		}
	}
	if tried < 20 {
		t.Errorf("only %d epochs are long enough", tried)
	}
}

// What Skip leaves out does not matter to the AEAD suites.
func TestSkip(t *testing.T) {
	tried := 0
	for _, e := range recordedEpochs(t) {
		if s, _ := lookup(e.suite); !s.aead() || len(e.records) < 3 {
			continue
		}
		tried++
		o := e.opener()
		o.Skip()
		o.Skip()
		if _, _, err := o.Open(e.record(2)); err != nil {
			t.Errorf("%s: %v", e, err)
		}
	}
	if tried < 10 {
		t.Errorf("only %d epochs of AEAD suites", tried)
	}
}

func TestOpenIsInPlace(t *testing.T) {
	for _, e := range recordedEpochs(t) {
		rec := e.record(0)
		_, plain, err := e.opener().Open(rec)
		if err != nil {
			t.Fatal(err)
		}
		if len(plain) == 0 {
			continue
		}
		before := plain[0]
		for i := range rec.Fragment {
			rec.Fragment[i] ^= 0xff
		}
		if plain[0] == before {
			t.Errorf("%s: the plaintext is a copy", e)
		}
	}
}

func TestOpenAllocatesNothing(t *testing.T) {
	const runs = 20
	for _, e := range recordedEpochs(t) {
		if len(e.records) < 2 {
			continue
		}
		var openers [runs + 1]*Opener // one a run: some have a state that goes on
		for i := range openers {
			openers[i] = e.upTo(t, 1) // past what is made once: HMAC's states
		}
		i, rec := 0, e.record(1)
		perRun := testing.AllocsPerRun(runs, func() {
			copy(rec.Fragment, e.records[1].Fragment)
			openers[i].Peek(rec)
			if _, _, err := openers[i].Open(rec); err != nil {
				t.Fatal(err)
			}
			i++
		})
		if perRun != 0 {
			t.Errorf("%s: %v allocations", e, perRun)
		}
	}
}

// seal makes a record of TLS 1.3 for o to open, with zeros after the type.
func seal(o *Opener, ct tlswire.ContentType, plain []byte, padding int) tlswire.Record {
	inner := append(append(bytes.Clone(plain), byte(ct)), make([]byte, padding)...)
	length := len(inner) + o.suite.tag
	o.xorNonce()
	aad := []byte{23, 3, 3, byte(length >> 8), byte(length)}
	return tlswire.Record{Type: tlswire.ContentTypeApplicationData, Version: tlswire.VersionTLS12, Fragment: o.aead.Seal(nil, o.nonce[:], inner, aad)}
}

// Whatever the length and the padding, Peek says what Open says or nothing, and
// it says something where the padding is short.
func TestPeekAgreesWithOpen(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, id := range []tlswire.CipherSuite{tlswire.TLS_AES_128_GCM_SHA256, tlswire.TLS_AES_256_GCM_SHA384, tlswire.TLS_CHACHA20_POLY1305_SHA256} {
		o := makeOpener(t, tlswire.VersionTLS13, id)
		silent := 0
		for i := range 3000 {
			padding := []int{0, random.IntN(200)}[i%2]
			plain := make([]byte, random.IntN(300))
			if i%50 == 0 {
				plain = make([]byte, random.IntN(1<<14))
			}
			for j := range plain {
				plain[j] = byte(random.IntN(3)) // many zeros
			}
			rec := seal(o, tlswire.ContentType(20+random.IntN(5)), plain, padding)
			whole := bytes.Clone(rec.Fragment)
			peekedType, length, ok := o.Peek(rec)
			if !bytes.Equal(whole, rec.Fragment) {
				t.Fatalf("%s: Peek altered the record", id)
			}
			ct, got, err := o.Open(rec)
			if err != nil || !bytes.Equal(got, plain) {
				t.Fatalf("%s: %v", id, err)
			}
			if ok && (peekedType != ct || length != len(plain)) {
				t.Fatalf("%s, %d bytes and %d of padding: Peek says %v of %d bytes", id, len(plain), padding, peekedType, length)
			}
			if !ok {
				silent++
			}
			if !ok && padding < 16 {
				t.Fatalf("%s: Peek says nothing of a record with %d bytes of padding", id, padding)
			}
		}
		if silent == 0 {
			t.Errorf("%s: Peek gave up nowhere, long padding was not met", id)
		}
	}
}

func TestPeekWhereOnlyOpenCanTell(t *testing.T) {
	for _, id := range []tlswire.CipherSuite{tlswire.TLS_AES_128_GCM_SHA256, tlswire.TLS_CHACHA20_POLY1305_SHA256} {
		o := makeOpener(t, tlswire.VersionTLS13, id)
		for name, rec := range map[string]tlswire.Record{
			"padding alone":        seal(o, 0, nil, 5),
			"padding alone, long":  seal(o, 0, nil, 500),
			"nothing but the tag":  {Type: 23, Version: 0x303, Fragment: make([]byte, 16)},
			"shorter than the tag": {Type: 23, Version: 0x303, Fragment: make([]byte, 3)},
			"empty":                {Type: 23, Version: 0x303},
		} {
			if ct, n, ok := o.Peek(rec); ok {
				t.Errorf("%s, %s: %v of %d bytes", id, name, ct, n)
			}
			_, _, err := o.Open(rec)
			var failed *OpenError
			if !errors.As(err, &failed) || failed.Number != 0 {
				t.Errorf("%s, %s: %v", id, name, err)
			}
		}
		if _, _, err := o.Open(seal(o, 0, nil, 5)); !errors.As(err, new(*OpenError)) || err.(*OpenError).Reason != ReasonNoType {
			t.Errorf("%s: padding alone: %v", id, err)
		}
	}
	for _, e := range recordedEpochs(t) {
		s, _ := lookup(e.suite)
		_, _, ok := e.opener().Peek(e.records[0])
		if want := s.aead() && (s.bulk != bulkCCM || e.version < tlswire.VersionTLS13); ok && !want {
			t.Errorf("%s: Peek is sure of itself", e)
		} else if e.version == tlswire.VersionTLS12 && want && !ok {
			t.Errorf("%s: Peek says nothing", e)
		}
	}
}

// FuzzOpen alters records of every kind. What is not the record itself must not
// open, and the record must open after it.
func FuzzOpen(f *testing.F) {
	epochs := recordedEpochs(f)
	f.Add(uint16(0), uint16(0), []byte{}, []byte{})
	f.Add(uint16(3), uint16(1), []byte{1}, []byte{})
	f.Add(uint16(9), uint16(2), []byte{0, 0, 0, 0x80}, []byte{0, 0})
	f.Add(uint16(17), uint16(0), []byte{}, bytes.Repeat([]byte{7}, 16))
	f.Fuzz(func(t *testing.T, which, number uint16, flip, more []byte) {
		e := epochs[int(which)%len(epochs)]
		i := int(number) % len(e.records)
		bad := e.record(i)
		for at, b := range flip {
			if len(bad.Fragment) > 0 {
				bad.Fragment[at%len(bad.Fragment)] ^= b
			}
		}
		bad.Fragment = append(bad.Fragment, more...)
		if bytes.Equal(bad.Fragment, e.records[i].Fragment) || len(bad.Fragment) > tlswire.MaxCiphertext {
			return
		}
		o := e.upTo(t, i)
		o.Peek(bad)
		e.mustFail(t, o, bad, i, "altered bytes")
		if _, _, err := o.Open(e.record(i)); err != nil {
			t.Errorf("%s: after a failure, the real record: %v", e, err)
		}
	})
}
