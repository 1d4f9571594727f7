package tlscrypt

import (
	"encoding/binary"

	"golang.org/x/crypto/chacha20"

	"tlsmitm/inspect/tlswire"
)

// peekBlocks is how many blocks of key stream Peek computes at most; with more
// padding than they cover, it gives up.
const peekBlocks = 2

// Peek tells the inner content type and the length of a record's plaintext
// without opening it: from the last bytes alone in TLS 1.3, by arithmetic for
// the AEAD suites of TLS 1.2. It changes and authenticates nothing, so it is for
// records that nobody will read and that an end has authenticated. The caller
// goes on with Skip. ok is false where only Open can tell: a long padding, CCM
// in TLS 1.3, suites that are not AEAD.
func (o *Opener) Peek(rec tlswire.Record) (ct tlswire.ContentType, length int, ok bool) {
	if !o.tls13 {
		length = len(rec.Fragment) - o.overhead12()
		if !o.suite.aead() || length < 0 || o.inflater != nil {
			return 0, 0, false
		}
		return rec.Type, length, true
	}
	size := o.streamBlock()
	end := len(rec.Fragment) - o.suite.tag
	if size == 0 || end < 1 {
		return 0, 0, false
	}
	o.xorNonce()
	for range peekBlocks {
		start := (end - 1) &^ (size - 1)
		stream := o.keyStream(uint32(start / size))
		for i := end - 1; i >= start; i-- {
			// The content type ends the plaintext; zeros pad it (RFC 8446 5.4).
			if b := rec.Fragment[i] ^ stream[i-start]; b != 0 {
				return tlswire.ContentType(b), i, true
			}
		}
		if end = start; end == 0 {
			break
		}
	}
	return 0, 0, false
}

// Skip counts a record that was not opened.
func (o *Opener) Skip() { o.seq++ }

// streamBlock is the block size of the suite's key stream, a power of two; 0 for
// those that Peek can't read.
func (o *Opener) streamBlock() int {
	switch o.suite.bulk {
	case bulkGCM:
		return 16
	case bulkChaCha:
		return 64
	}
	return 0
}

// keyStream computes block n of the key stream under the current nonce.
func (o *Opener) keyStream(n uint32) []byte {
	if o.suite.bulk == bulkGCM {
		// Block n of the plaintext is under counter n+2 (NIST SP 800-38D 7.1).
		copy(o.counter[:], o.nonce[:])
		binary.BigEndian.PutUint32(o.counter[12:], n+2)
		o.block.Encrypt(o.stream[:16], o.counter[:])
		return o.stream[:16]
	}
	clear(o.stream[:])
	c, err := chacha20.NewUnauthenticatedCipher(o.key, o.nonce[:])
	if err != nil {
		panic("tlscrypt: " + err.Error()) // the lengths of key and nonce are fixed
	}
	c.SetCounter(n + 1) // RFC 8439 2.8
	c.XORKeyStream(o.stream[:], o.stream[:])
	return o.stream[:]
}
