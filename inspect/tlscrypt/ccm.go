package tlscrypt

import (
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
	"errors"
)

// ccm is AES-CCM as TLS uses it, which the standard library lacks: a nonce of 12
// bytes, and so lengths of 3 (RFC 3610, RFC 6655 section 3). It opens and does not
// seal, and is not safe for concurrent use: its blocks live here so that opening
// allocates nothing.
type ccm struct {
	block cipher.Block
	tag   int

	counter [16]byte // A_i of RFC 3610 2.3
	stream  [16]byte // S_i
	mac     [16]byte // X_i of RFC 3610 2.2
}

var errCCM = errors.New("tlscrypt: CCM: authentication failed")

func newCCM(block cipher.Block, tag int) *ccm { return &ccm{block: block, tag: tag} }

// open decrypts b in place and returns the plaintext in it.
func (c *ccm) open(nonce *[12]byte, b, aad []byte) ([]byte, error) {
	if len(b) < c.tag || len(b)-c.tag >= 1<<24 {
		return nil, errCCM
	}
	text, tag := b[:len(b)-c.tag], b[len(b)-c.tag:]
	c.begin(nonce, len(text), aad)
	c.counter = [16]byte{0: 2} // L-1: the counter has 3 bytes
	copy(c.counter[1:], nonce[:])
	for i := 0; i < len(text); i += 16 {
		c.count(uint32(i/16 + 1))
		block := text[i:min(i+16, len(text))]
		subtle.XORBytes(block, block, c.stream[:])
		c.absorb(block)
	}
	c.count(0)
	subtle.XORBytes(c.mac[:], c.mac[:], c.stream[:])
	if subtle.ConstantTimeCompare(c.mac[:c.tag], tag) != 1 {
		return nil, errCCM
	}
	return text, nil
}

// begin authenticates the first block, which holds nonce and length, and the
// additional data (RFC 3610 2.2).
func (c *ccm) begin(nonce *[12]byte, length int, aad []byte) {
	c.mac[0] = 1<<6 | byte(c.tag-2)/2<<3 | 2
	copy(c.mac[1:], nonce[:])
	c.mac[13], c.mac[14], c.mac[15] = byte(length>>16), byte(length>>8), byte(length)
	c.block.Encrypt(c.mac[:], c.mac[:])
	if len(aad) == 0 {
		return
	}
	c.stream = [16]byte{}
	binary.BigEndian.PutUint16(c.stream[:], uint16(len(aad)))
	n := copy(c.stream[2:], aad)
	c.absorb(c.stream[:])
	for aad = aad[n:]; len(aad) > 0; aad = aad[n:] {
		n = min(16, len(aad))
		c.absorb(aad[:n])
	}
}

// absorb adds at most a block to the CBC-MAC, padded with zeros.
func (c *ccm) absorb(b []byte) {
	subtle.XORBytes(c.mac[:], c.mac[:], b)
	c.block.Encrypt(c.mac[:], c.mac[:])
}

// count computes block i of the key stream.
func (c *ccm) count(i uint32) {
	c.counter[13], c.counter[14], c.counter[15] = byte(i>>16), byte(i>>8), byte(i)
	c.block.Encrypt(c.stream[:], c.counter[:])
}
