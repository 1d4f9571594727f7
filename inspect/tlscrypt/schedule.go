package tlscrypt

import (
	"crypto"
	"crypto/hmac"
	"encoding/binary"
	"hash"
	"slices"

	"tlsmitm/inspect/tlswire"
)

// expander derives from one secret of TLS 1.3. Everything that is wanted is at most
// a hash long, so each is the first block of HKDF-Expand alone (RFC 5869 2.3), and
// one keyed HMAC serves them all.
type expander struct {
	mac    hash.Hash
	prefix string
	info   [96]byte
	sum    [64]byte
}

func newExpander(h crypto.Hash, secret []byte, v tlswire.Version) *expander {
	e := &expander{mac: hmac.New(h.New, secret), prefix: "tls13 "}
	if oldLabels(v) {
		e.prefix = "TLS 1.3, "
	}
	return e
}

// The drafts of TLS 1.3 in which something changed that opening depends on.
const (
	oldestDraft        = 18 // the first that was deployed
	draftMessageHash   = 19 // a retry rewrites the transcript
	draftShortLabels   = 20 // labels begin with "tls13 "
	draftHeaderCovered = 25 // a record's header is authenticated
)

func oldLabels(v tlswire.Version) bool { return v.Draft() != 0 && v.Draft() < draftShortLabels }

// label is HKDF-Expand-Label with an empty context (RFC 8446 7.1). What it
// returns is good until the next call.
func (e *expander) label(label string, length int) []byte { return e.derive(label, nil, length) }

// derive is HKDF-Expand-Label with a context of at most a hash.
func (e *expander) derive(label string, context []byte, length int) []byte {
	info := binary.BigEndian.AppendUint16(e.info[:0], uint16(length))
	info = append(info, byte(len(e.prefix)+len(label)))
	info = append(info, e.prefix...)
	info = append(info, label...)
	info = append(info, byte(len(context)))
	info = append(info, context...)
	info = append(info, 1) // the first block
	e.mac.Reset()
	e.mac.Write(info)
	return e.mac.Sum(e.sum[:0])[:length]
}

// pHash is P_hash (RFC 5246 section 5), xored into out.
func pHash(out []byte, h crypto.Hash, secret, seed []byte) {
	mac := hmac.New(h.New, secret)
	mac.Write(seed)
	a := mac.Sum(make([]byte, 0, h.Size()))
	block := make([]byte, 0, h.Size())
	for {
		mac.Reset()
		mac.Write(a)
		mac.Write(seed)
		block = mac.Sum(block[:0])
		n := min(len(out), len(block))
		for i := range n {
			out[i] ^= block[i]
		}
		if out = out[n:]; len(out) == 0 {
			return
		}
		mac.Reset()
		mac.Write(a)
		a = mac.Sum(a[:0])
	}
}

// prf10 is the PRF of TLS 1.0 and 1.1: MD5 over the first half of the secret, SHA-1
// over the second, which share a byte if its length is odd (RFC 4346 section 5).
func prf10(out, secret, seed []byte) {
	half := (len(secret) + 1) / 2
	pHash(out, crypto.MD5, secret[:half], seed)
	pHash(out, crypto.SHA1, secret[len(secret)-half:], seed)
}

// keyBlock derives n bytes of keys from a master secret (RFC 5246 6.3, RFC 6101 6.2.2).
func keyBlock(p TLS12Params, s suite, n int) []byte {
	if n == 0 {
		return nil
	}
	if p.Version == tlswire.VersionSSL30 {
		return sslDerive(n, p.MasterSecret, p.ServerRandom, p.ClientRandom)
	}
	out := make([]byte, n)
	h := crypto.MD5SHA1
	if p.Version >= tlswire.VersionTLS12 {
		h = s.prf
	}
	prf(out, h, p.MasterSecret, "key expansion", slices.Concat(p.ServerRandom, p.ClientRandom))
	return out
}
