package tlscrypt

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	"fmt"

	"tlsmitm/inspect/tlswire"
)

// Finished13 is the verify_data of a Finished in TLS 1.3 over a transcript, which
// goes up to the message before it, under the sender's traffic secret: that of the
// handshake, or, after it, the current one (RFC 8446 4.4.4).
func Finished13(v tlswire.Version, id tlswire.CipherSuite, trafficSecret []byte, t *Transcript) ([]byte, error) {
	h, ok := prfOf(id)
	if !ok || len(trafficSecret) != h.Size() {
		return nil, fmt.Errorf("tlscrypt: no Finished under %s with a secret of %d bytes", id, len(trafficSecret))
	}
	sum, err := t.Sum(h)
	if err != nil {
		return nil, err
	}
	return finishedMAC(v, h, trafficSecret, sum), nil
}

func finishedMAC(v tlswire.Version, h crypto.Hash, secret, sum []byte) []byte {
	key := newExpander(h, secret, v).label("finished", h.Size())
	mac := hmac.New(h.New, key)
	mac.Write(sum)
	return mac.Sum(nil)
}

// Finished12 is the verify_data of a Finished up to TLS 1.2, over a transcript that
// goes up to the message before it (RFC 5246 7.4.9, RFC 4346 7.4.9), in SSL 3.0 its
// two hashes (RFC 6101 5.6.9).
func Finished12(v tlswire.Version, id tlswire.CipherSuite, master []byte, fromServer bool, t *Transcript) ([]byte, error) {
	if v == tlswire.VersionSSL30 {
		sender := "CLNT"
		if fromServer {
			sender = "SRVR"
		}
		return sslHash(t, master, sender)
	}
	h := Hash(v, id)
	if h == 0 {
		return nil, fmt.Errorf("tlscrypt: the PRF of %s is not known", id)
	}
	sum, err := t.Sum(h)
	if err != nil {
		return nil, err
	}
	label := "client finished"
	if fromServer {
		label = "server finished"
	}
	out := make([]byte, 12)
	prf(out, h, master, label, sum)
	return out, nil
}

// sslHash is the keyed MD5 and SHA-1 over a handshake in SSL 3.0: with a sender for
// Finished (RFC 6101 5.6.9), with none for Certificate Verify (5.6.8).
func sslHash(t *Transcript, master []byte, sender string) ([]byte, error) {
	var both []byte
	for _, h := range []crypto.Hash{crypto.MD5, crypto.SHA1} {
		inner, err := t.Sum(h, []byte(sender), master, sslPad(h, 0x36))
		if err != nil {
			return nil, err
		}
		outer := h.New()
		outer.Write(master)
		outer.Write(sslPad(h, 0x5c))
		outer.Write(inner)
		both = outer.Sum(both)
	}
	return both, nil
}

// sslPad is pad_1 or pad_2 of SSL 3.0's MACs: as many bytes as make a block with
// the secret of a MAC (RFC 6101 5.2.3.1).
func sslPad(h crypto.Hash, b byte) []byte {
	n := 48
	if h == crypto.SHA1 {
		n = 40
	}
	return bytes.Repeat([]byte{b}, n)
}

// CheckFinished tells whether the body of a Finished is the verify_data that it
// would have to be.
func CheckFinished(body, want []byte) error {
	if !hmac.Equal(body, want) {
		return errMismatch
	}
	return nil
}
