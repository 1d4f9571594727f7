// Package echkey makes keys for Encrypted Client Hellos (RFC 9849), and says what a client
// that encrypted its hello for one would log. It is for tests.
package echkey

import (
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"testing"

	"golang.org/x/crypto/cryptobyte"
)

// Key is a server's key, of DHKEM(X25519, HKDF-SHA256).
type Key struct {
	Private *ecdh.PrivateKey
	Config  []byte // its ECHConfig
}

// New makes a key, with a configuration that names one KDF and one AEAD of HPKE.
func New(t testing.TB, kdf, aead uint16) Key {
	t.Helper()
	private, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	var b cryptobyte.Builder
	b.AddUint16(0xfe0d)
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		b.AddUint8(7)
		b.AddUint16(0x0020)
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(private.PublicKey().Bytes()) })
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
			b.AddUint16(kdf)
			b.AddUint16(aead)
		})
		b.AddUint8(32)
		b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes([]byte("public.example")) })
		b.AddUint16(0)
	})
	return Key{private, b.BytesOrPanic()}
}

// List is the ECHConfigList that a client is given.
func (k Key) List() []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(k.Config))), k.Config...)
}

// Shared is the secret that the KEM agreed on in enc: Decap of RFC 9180 section 4.1.
func (k Key) Shared(t testing.TB, enc []byte) []byte {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	public, err := ecdh.X25519().NewPublicKey(enc)
	check(err)
	dh, err := k.Private.ECDH(public)
	check(err)
	const suite = "HPKE-v1KEM\x00\x20"
	prk, err := hkdf.Extract(sha256.New, []byte(suite+"eae_prk"+string(dh)), nil)
	check(err)
	shared, err := hkdf.Expand(sha256.New, prk, "\x00\x20"+suite+"shared_secret"+string(enc)+string(k.Private.PublicKey().Bytes()), 32)
	check(err)
	return shared
}
