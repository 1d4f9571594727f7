package tlscrypt

import (
	"encoding/binary"

	"golang.org/x/crypto/chacha20"

	"tlsmitm/inspect/tlswire"
)

// peekBytes is how much of a record's end is decrypted to find its content type;
// with more padding than that, Peek gives up.
const peekBytes = 32

// Peek tells the inner content type and the length of a record's plaintext from
// the last bytes of it alone, without changing or authenticating anything. It
// is for records that somebody else has authenticated and nobody will read. ok is
// false where only Open can tell. The caller goes on with Skip.
func (o *Opener) Peek(rec tlswire.Record) (ct tlswire.ContentType, length int, ok bool) {
	n := len(rec.Fragment) - o.suite.tag
	if !o.tls13 {
		n = len(rec.Fragment) - o.overhead12()
		return rec.Type, n, o.suite.aead() && n >= 0
	}
	if n < 1 {
		return 0, 0, false
	}
	var buf [peekBytes + 64]byte
	tail := o.tail(buf[:], rec.Fragment[:n])
	for i := len(tail) - 1; i >= 0; i-- {
		if tail[i] != 0 {
			return tlswire.ContentType(tail[i]), n - (len(tail) - i), true
		}
	}
	return 0, 0, false
}

// Skip counts a record that was not opened.
func (o *Opener) Skip() { o.seq++ }

// tail decrypts the end of a ciphertext into buf: whole blocks, at least
// peekBytes of it if there are so many. It is empty for CCM.
func (o *Opener) tail(buf, b []byte) []byte {
	o.xorNonce()
	switch o.suite.bulk {
	case bulkGCM:
		// Block i of the plaintext is under counter i+2 (NIST SP 800-38D 7.1).
		start := max(0, len(b)-peekBytes) &^ 15
		out := buf[:len(b)-start]
		var counter, stream [16]byte
		copy(counter[:], o.nonce[:])
		for i := 0; i < len(out); i += 16 {
			binary.BigEndian.PutUint32(counter[12:], uint32((start+i)/16+2))
			o.block.Encrypt(stream[:], counter[:])
			for j := i; j < min(i+16, len(out)); j++ {
				out[j] = b[start+j] ^ stream[j-i]
			}
		}
		return out
	case bulkChaCha:
		// Block i of 64 bytes is under counter i+1 (RFC 8439 2.8).
		start := max(0, len(b)-peekBytes) &^ 63
		c, err := chacha20.NewUnauthenticatedCipher(o.key, o.nonce[:])
		if err != nil {
			return nil
		}
		c.SetCounter(uint32(start/64 + 1))
		out := buf[:len(b)-start]
		c.XORKeyStream(out, b[start:])
		return out
	}
	return nil
}
