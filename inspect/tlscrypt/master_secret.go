package tlscrypt

import (
	"crypto"
	"crypto/hmac"
	"fmt"
	"slices"

	"tlsmitm/inspect/tlswire"
)

// masterLen is the length of every master secret (RFC 5246 8.1).
const masterLen = 48

// MasterSecret derives the master secret of TLS 1.2 and before from a premaster
// secret and the randoms (RFC 5246 8.1, RFC 6101 6.1).
func MasterSecret(v tlswire.Version, id tlswire.CipherSuite, premaster, clientRandom, serverRandom []byte) ([]byte, error) {
	if v == tlswire.VersionSSL30 {
		return sslDerive(masterLen, premaster, clientRandom, serverRandom), nil
	}
	h := Hash(v, id)
	if h == 0 {
		return nil, fmt.Errorf("tlscrypt: the PRF of %s is not known", id)
	}
	out := make([]byte, masterLen)
	prf(out, h, premaster, "master secret", slices.Concat(clientRandom, serverRandom))
	return out, nil
}

// ExtendedMasterSecret derives a master secret that is bound to the handshake: to
// the transcript up to the Client Key Exchange (RFC 7627 section 4).
func ExtendedMasterSecret(v tlswire.Version, id tlswire.CipherSuite, premaster []byte, t *Transcript) ([]byte, error) {
	h := Hash(v, id)
	if h == 0 {
		return nil, fmt.Errorf("tlscrypt: the PRF of %s is not known", id)
	}
	session, err := t.Sum(h)
	if err != nil {
		return nil, err
	}
	out := make([]byte, masterLen)
	prf(out, h, premaster, "extended master secret", session)
	return out, nil
}

// prf is the PRF of a version up to TLS 1.2, which its hash tells apart, into out
// (RFC 5246 section 5).
func prf(out []byte, h crypto.Hash, secret []byte, label string, seed []byte) {
	seed = append([]byte(label), seed...)
	if h == crypto.MD5SHA1 {
		prf10(out, secret, seed)
	} else {
		pHash(out, h, secret, seed)
	}
}

// sslDerive is what SSL 3.0 has in place of a PRF: MD5 over the secret and the
// SHA-1 of a letter, repeated, the secret and the randoms (RFC 6101 6.1, 6.2.2).
func sslDerive(n int, secret, first, second []byte) []byte {
	var out []byte
	for i := 0; len(out) < n; i++ {
		inner := crypto.SHA1.New()
		for range i + 1 {
			inner.Write([]byte{'A' + byte(i)})
		}
		inner.Write(secret)
		inner.Write(first)
		inner.Write(second)
		outer := crypto.MD5.New()
		outer.Write(secret)
		outer.Write(inner.Sum(nil))
		out = outer.Sum(out)
	}
	return out[:n]
}

// CheckMasterSecret tells whether a master secret is the one that was derived.
func CheckMasterSecret(master, derived []byte) error {
	if !hmac.Equal(master, derived) {
		return errMismatch
	}
	return nil
}
