package tlscrypt

import (
	"crypto"
	"crypto/hkdf"
	"crypto/hmac"
	"fmt"

	"tlsmitm/inspect/tlswire"
)

// binderLabels are of a ticket, external, and imported (RFC 9258 section 5.2).
var binderLabels = [...]string{"res binder", "ext binder", "imp binder"}

// binderHash is the hash of a pre-shared key, which its binder's length tells.
func binderHash(binder []byte) (crypto.Hash, error) {
	switch len(binder) {
	case crypto.SHA256.Size():
		return crypto.SHA256, nil
	case crypto.SHA384.Size():
		return crypto.SHA384, nil
	}
	return 0, &MismatchError{Reason: fmt.Sprintf("a binder of %d bytes is of no hash in TLS 1.3", len(binder))}
}

// CheckBinder tells whether a binder proves that whoever sent it has the pre-shared
// key (RFC 8446 4.2.11.2). The transcript is what came before the Client Hello:
// nothing, or the message_hash and a Hello Retry Request; partial is that message
// up to and without its list of binders. The key may be a ticket's or an external
// one.
func CheckBinder(psk, binder []byte, t *Transcript, partial []byte) error {
	_, err := findBinder(psk, binder, t, partial)
	return err
}

// Binders computes what a pre-shared key's binder of a length may be: a ticket's, an
// external key's, an imported one's.
func Binders(psk, like []byte, t *Transcript, partial []byte) ([][]byte, error) {
	h, err := binderHash(like)
	if err != nil {
		return nil, err
	}
	var all [][]byte
	for _, label := range binderLabels {
		want, err := binderFor(h, psk, label, t, partial)
		if err != nil {
			return nil, err
		}
		all = append(all, want)
	}
	return all, nil
}

func findBinder(psk, binder []byte, t *Transcript, partial []byte) (label string, err error) {
	h, err := binderHash(binder)
	if err != nil {
		return "", err
	}
	for _, label := range binderLabels {
		want, err := binderFor(h, psk, label, t, partial)
		if err != nil {
			return "", err
		}
		if hmac.Equal(want, binder) {
			return label, nil
		}
	}
	return "", errMismatch
}

func binderFor(h crypto.Hash, psk []byte, label string, t *Transcript, partial []byte) ([]byte, error) {
	sum, err := t.Sum(h, partial)
	if err != nil {
		return nil, err
	}
	early, err := hkdf.Extract(h.New, psk, nil)
	if err != nil {
		return nil, fmt.Errorf("tlscrypt: %w", err)
	}
	key := newExpander(h, early, tlswire.VersionTLS13).derive(label, h.New().Sum(nil), h.Size())
	return finishedMAC(tlswire.VersionTLS13, h, append([]byte(nil), key...), sum), nil
}
