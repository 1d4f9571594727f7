package tlscrypt

import (
	"bytes"
	"crypto/hpke"
	"testing"

	"golang.org/x/crypto/cryptobyte"

	"tlsmitm/inspect/internal/echkey"
	"tlsmitm/inspect/tlswire"
)

// helloWith is the body of a hello with an encrypted_client_hello, and nothing else.
func helloWith(random byte, ech func(*cryptobyte.Builder)) []byte {
	var b cryptobyte.Builder
	b.AddUint16(0x0303)
	b.AddBytes(bytes.Repeat([]byte{random}, 32))
	b.AddUint8(0)
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddUint16(0x1301) })
	b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddUint8(0) })
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		b.AddUint16(0xfe0d)
		b.AddUint16LengthPrefixed(ech)
	})
	return b.BytesOrPanic()
}

func innerHello() []byte {
	return helloWith(7, func(b *cryptobyte.Builder) { b.AddUint8(1) })
}

func outerHello(kdf, aead uint16, enc, payload []byte) []byte {
	return helloWith(9, func(b *cryptobyte.Builder) {
		b.AddUint8(0)
		b.AddUint16(kdf)
		b.AddUint16(aead)
		b.AddUint8(1)
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(enc) })
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(payload) })
	})
}

// sealedHello is an inner hello that crypto/hpke has encrypted twice, as for a Hello
// Retry Request, and what a client would log of it.
type sealedHello struct {
	outer          [2][]byte
	config, shared []byte
}

func sealHello(t testing.TB, kdf, aead uint16) (s sealedHello) {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	key := echkey.New(t, kdf, aead)
	s.config = key.Config
	public, err := hpke.NewDHKEMPublicKey(key.Private.PublicKey())
	check(err)
	k, err := hpke.NewKDF(kdf)
	check(err)
	a, err := hpke.NewAEAD(aead)
	check(err)
	enc, sender, err := hpke.NewSender(public, k, a, append([]byte("tls ech\x00"), s.config...))
	check(err)
	inner := innerHello()
	for n := range s.outer {
		if n > 0 {
			enc = nil
		}
		payload := make([]byte, len(inner)+16)
		sealed, err := sender.Seal(outerHello(kdf, aead, enc, payload), inner)
		check(err)
		s.outer[n] = outerHello(kdf, aead, enc, sealed)
		if n == 0 {
			s.shared = key.Shared(t, enc)
		}
	}
	return s
}

// TestECH opens what crypto/hpke sealed, with each of its algorithms, and nothing that was
// altered.
func TestECH(t *testing.T) {
	body := innerHello()
	want := append([]byte{1, 0, 0, byte(len(body))}, body...)
	for kdf := uint16(1); kdf <= 3; kdf++ {
		for aead := uint16(1); aead <= 3; aead++ {
			s := sealHello(t, kdf, aead)
			e := NewECH(s.outer[0], s.config, s.shared)
			for n, outer := range s.outer {
				if got := e.Open(outer, uint64(n)); !bytes.Equal(got, want) {
					t.Errorf("%s, %s, hello %d: %x", tlswire.HPKEKDF(kdf), tlswire.HPKEAEAD(aead), n, got)
				}
				if e.Open(outer, uint64(1-n)) != nil {
					t.Errorf("hello %d opens in the other's place", n)
				}
				for _, at := range []int{5, len(outer) - 1} {
					altered := bytes.Clone(outer)
					altered[at] ^= 1
					if e.Open(altered, uint64(n)) != nil {
						t.Errorf("hello %d opens with byte %d altered", n, at)
					}
				}
			}
			if NewECH(s.outer[0], s.config[:6], s.shared) != nil || NewECH(s.outer[0][:40], s.config, s.shared) != nil {
				t.Error("a config or a hello that is cut is taken")
			}
		}
	}
	var nobody *ECH
	if s := sealHello(t, 1, 1); nobody.Open(s.outer[0], 0) != nil || NewECH(outerHello(1, 0xffff, []byte{1}, []byte{2}), s.config, s.shared) != nil {
		t.Error("something is opened with no keys")
	}
}

// FuzzECH: whatever comes as a hello, a config and a secret, what is opened is a message.
func FuzzECH(f *testing.F) {
	for kdf := uint16(1); kdf <= 3; kdf++ {
		s := sealHello(f, kdf, kdf)
		f.Add(s.outer[0], s.outer[1], s.config, s.shared)
	}
	f.Fuzz(func(t *testing.T, first, second, config, shared []byte) {
		e := NewECH(first, config, shared)
		for n, outer := range [][]byte{first, second} {
			raw := e.Open(outer, uint64(n))
			if raw == nil {
				continue
			}
			if h, size, err := tlswire.ParseHandshake(raw); err != nil || size != len(raw) || h.Type != tlswire.HandshakeTypeClientHello {
				t.Fatalf("%x is opened of %x", raw, outer)
			}
		}
	})
}
