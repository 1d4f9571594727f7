package tlscrypt

import (
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
	"errors"
)

// ccm is AES-CCM as TLS uses it, which the standard library lacks: a nonce of 12
// bytes, so lengths of 3 (RFC 3610, RFC 6655). It opens and does not seal.
type ccm struct {
	block cipher.Block
	tag   int
}

var errCCM = errors.New("tlscrypt: message authentication failed")

func newCCM(block cipher.Block, tag int) cipher.AEAD { return &ccm{block, tag} }

func (c *ccm) NonceSize() int { return 12 }
func (c *ccm) Overhead() int  { return c.tag }

// Seal is not needed to read.
func (c *ccm) Seal(_, _, _, _ []byte) []byte { panic("tlscrypt: CCM only opens") }

func (c *ccm) Open(dst, nonce, b, aad []byte) ([]byte, error) {
	if len(b) < c.tag || len(b)-c.tag >= 1<<24 {
		return nil, errCCM
	}
	text, tag := b[:len(b)-c.tag], b[len(b)-c.tag:]
	var counter, first [16]byte
	counter[0] = 2 // three bytes of counter
	copy(counter[1:13], nonce)
	c.block.Encrypt(first[:], counter[:])
	counter[15] = 1
	cipher.NewCTR(c.block, counter[:]).XORKeyStream(text, text)
	sum := c.authenticate(nonce, text, aad)
	for i := range sum {
		sum[i] ^= first[i]
	}
	if subtle.ConstantTimeCompare(sum[:c.tag], tag) != 1 {
		return nil, errCCM
	}
	return append(dst, text...), nil
}

// authenticate is the CBC-MAC over nonce, length, additional data and text
// (RFC 3610 2.2).
func (c *ccm) authenticate(nonce, text, aad []byte) [16]byte {
	var x [16]byte
	x[0] = 64 | byte((c.tag-2)/2)<<3 | 2
	copy(x[1:13], nonce)
	x[13], x[14], x[15] = byte(len(text)>>16), byte(len(text)>>8), byte(len(text))
	c.block.Encrypt(x[:], x[:])
	head := make([]byte, 2, 2+len(aad))
	binary.BigEndian.PutUint16(head, uint16(len(aad)))
	c.chain(&x, append(head, aad...))
	c.chain(&x, text)
	return x
}

// chain adds b, padded with zeros to whole blocks.
func (c *ccm) chain(x *[16]byte, b []byte) {
	for len(b) > 0 {
		n := min(16, len(b))
		for i := range n {
			x[i] ^= b[i]
		}
		c.block.Encrypt(x[:], x[:])
		b = b[n:]
	}
}
