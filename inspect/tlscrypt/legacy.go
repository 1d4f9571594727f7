package tlscrypt

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/hmac"
	"crypto/rc4"
	"fmt"
	"hash"

	"tlsmitm/inspect/tlswire"
)

// legacy opens records of stream and block ciphers (RFC 5246 6.2.3.1, 6.2.3.2).
type legacy struct {
	mac hash.Hash
	rc4 *rc4.Cipher // nil for other ciphers
	cbc cbcMode     // nil for RC4 and NULL
	// iv is TLS 1.0's, the last block of the record before; later versions carry
	// it in the record (RFC 4346 6.2.3.2).
	iv       [16]byte
	explicit bool
	etm      bool // encrypt-then-MAC (RFC 7366)

	header [13]byte
	sum    [64]byte
}

// cbcMode is what crypto/cipher's CBC decrypters are: made once, and given the
// IV of each record.
type cbcMode interface {
	cipher.BlockMode
	SetIV([]byte)
}

func newLegacy(p TLS12Params, s suite, macKey, key, iv []byte) (*legacy, error) {
	l := &legacy{mac: hmac.New(s.mac.New, macKey), explicit: p.Version >= tlswire.VersionTLS11, etm: p.EncryptThenMAC}
	copy(l.iv[:], iv)
	var block cipher.Block
	var err error
	switch s.bulk {
	case bulkRC4:
		l.rc4, err = rc4.NewCipher(key)
	case bulk3DES:
		block, err = des.NewTripleDESCipher(key)
	case bulkAESCBC:
		block, err = aes.NewCipher(key)
	}
	if err != nil {
		return nil, fmt.Errorf("tlscrypt: %s: %w", p.CipherSuite, err)
	}
	if block != nil {
		cbc, ok := cipher.NewCBCDecrypter(block, l.iv[:block.BlockSize()]).(cbcMode)
		if !ok {
			return nil, fmt.Errorf("tlscrypt: %s: the CBC mode takes no IV", p.CipherSuite)
		}
		l.cbc = cbc
	}
	return l, nil
}

// open returns what the record holds. On failure the state is as before.
func (l *legacy) open(seq uint64, rec tlswire.Record) ([]byte, Reason) {
	switch {
	case l.rc4 != nil:
		before := *l.rc4
		l.rc4.XORKeyStream(rec.Fragment, rec.Fragment)
		b, reason := l.authenticate(seq, rec, rec.Fragment)
		if reason != "" {
			*l.rc4 = before
		}
		return b, reason
	case l.cbc == nil:
		return l.authenticate(seq, rec, rec.Fragment)
	}
	b := rec.Fragment
	var reason Reason
	if l.etm {
		if b, reason = l.authenticate(seq, rec, b); reason != "" {
			return nil, reason
		}
	}
	b, next, reason := l.decrypt(b)
	if reason == "" && !l.etm {
		b, reason = l.authenticate(seq, rec, b)
	}
	if reason != "" {
		return nil, reason
	}
	l.iv = next
	return b, ""
}

// authenticate checks the MAC at the end of b and takes it off.
func (l *legacy) authenticate(seq uint64, rec tlswire.Record, b []byte) ([]byte, Reason) {
	size := l.mac.Size()
	if len(b) < size {
		return nil, ReasonTooShort
	}
	content, sum := b[:len(b)-size], b[len(b)-size:]
	putHeader(l.header[:], seq, rec, len(content))
	l.mac.Reset()
	l.mac.Write(l.header[:])
	l.mac.Write(content)
	if !hmac.Equal(l.mac.Sum(l.sum[:0]), sum) {
		return nil, ReasonAuthentication
	}
	return content, ""
}

// decrypt undoes CBC and takes the padding off: its length is the last byte, and
// every byte of it says the same. next is the IV of the next record in TLS 1.0.
func (l *legacy) decrypt(b []byte) (content []byte, next [16]byte, reason Reason) {
	size := l.cbc.BlockSize()
	if len(b)%size != 0 {
		return nil, next, ReasonBlocks
	}
	iv := l.iv[:size]
	if l.explicit && len(b) > 0 {
		iv, b = b[:size], b[size:]
	}
	if len(b) == 0 {
		return nil, next, ReasonTooShort
	}
	copy(next[:], b[len(b)-size:])
	l.cbc.SetIV(iv)
	l.cbc.CryptBlocks(b, b)
	padding := int(b[len(b)-1])
	if padding+1 > len(b) {
		return nil, next, ReasonPadding
	}
	content = b[:len(b)-1-padding]
	for _, c := range b[len(content):] {
		if int(c) != padding {
			return nil, next, ReasonPadding
		}
	}
	return content, next, ""
}
