package tlscrypt

import (
	"crypto"
	"crypto/hkdf"
	"crypto/hmac"
	"fmt"
	"hash"

	"golang.org/x/crypto/cryptobyte"

	"tlsmitm/inspect/tlswire"
)

// expandLabel is HKDF-Expand-Label with an empty context (RFC 8446 7.1).
func expandLabel(h crypto.Hash, secret []byte, label string, length int) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddUint16(uint16(length))
	b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes([]byte("tls13 " + label)) })
	b.AddUint8(0)
	info, err := b.Bytes()
	if err != nil {
		return nil, fmt.Errorf("tlscrypt: %w", err)
	}
	out, err := hkdf.Expand(h.New, secret, string(info), length)
	if err != nil {
		return nil, fmt.Errorf("tlscrypt: %w", err)
	}
	return out, nil
}

// pHash is P_hash (RFC 5246 section 5), xored into out.
func pHash(out []byte, h func() hash.Hash, secret, seed []byte) {
	mac := hmac.New(h, secret)
	mac.Write(seed)
	a := mac.Sum(nil)
	for len(out) > 0 {
		mac.Reset()
		mac.Write(a)
		mac.Write(seed)
		block := mac.Sum(nil)
		n := min(len(out), len(block))
		for i := range n {
			out[i] ^= block[i]
		}
		out = out[n:]
		mac.Reset()
		mac.Write(a)
		a = mac.Sum(a[:0])
	}
}

// prf10 is the PRF of TLS 1.0 and 1.1: MD5 over the first half of the secret, SHA-1
// over the second, which share a byte if its length is odd (RFC 4346 section 5).
func prf10(out, secret, seed []byte) {
	half := (len(secret) + 1) / 2
	pHash(out, crypto.MD5.New, secret[:half], seed)
	pHash(out, crypto.SHA1.New, secret[len(secret)-half:], seed)
}

// keyBlock derives n bytes of keys from a master secret (RFC 5246 6.3).
func keyBlock(p TLS12Params, s suite, n int) []byte {
	seed := make([]byte, 0, 13+64)
	seed = append(seed, "key expansion"...)
	seed = append(seed, p.ServerRandom...)
	seed = append(seed, p.ClientRandom...)
	out := make([]byte, n)
	if p.Version >= tlswire.VersionTLS12 {
		pHash(out, s.prf.New, p.MasterSecret, seed)
	} else {
		prf10(out, p.MasterSecret, seed)
	}
	return out
}
