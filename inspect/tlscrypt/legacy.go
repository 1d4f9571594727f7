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
	mac    hash.Hash
	stream cipher.Stream // RC4; nil for NULL
	block  cipher.Block  // of CBC
	// iv is TLS 1.0's, the last block of the record before; later versions carry
	// it in the record.
	iv       []byte
	explicit bool
	etm      bool // encrypt-then-MAC (RFC 7366)
	header   [13]byte
}

func newLegacy(p TLS12Params, s suite, macKey, key, iv []byte) (*legacy, error) {
	l := &legacy{mac: hmac.New(s.mac.New, macKey), iv: iv, explicit: p.Version >= tlswire.VersionTLS11, etm: p.EncryptThenMAC}
	var err error
	switch s.bulk {
	case bulkRC4:
		l.stream, err = rc4.NewCipher(key)
	case bulk3DES:
		l.block, err = des.NewTripleDESCipher(key)
	case bulkAESCBC:
		l.block, err = aes.NewCipher(key)
	}
	if err != nil {
		return nil, fmt.Errorf("tlscrypt: %s: %w", p.CipherSuite, err)
	}
	return l, nil
}

func (l *legacy) open(seq uint64, rec tlswire.Record) ([]byte, string) {
	b := rec.Fragment
	if l.block == nil {
		if l.stream != nil {
			l.stream.XORKeyStream(b, b)
		}
		return l.authenticate(seq, rec, b)
	}
	if l.etm {
		var reason string
		if b, reason = l.authenticate(seq, rec, b); reason != "" {
			return nil, reason
		}
	}
	b, reason := l.decrypt(b)
	if reason != "" || l.etm {
		return b, reason
	}
	return l.authenticate(seq, rec, b)
}

// authenticate checks the MAC at the end of b and takes it off.
func (l *legacy) authenticate(seq uint64, rec tlswire.Record, b []byte) ([]byte, string) {
	size := l.mac.Size()
	if len(b) < size {
		return nil, reasonShort
	}
	content, sum := b[:len(b)-size], b[len(b)-size:]
	putHeader(l.header[:], seq, rec, len(content))
	l.mac.Reset()
	l.mac.Write(l.header[:])
	l.mac.Write(content)
	if !hmac.Equal(l.mac.Sum(nil), sum) {
		return nil, reasonAuth
	}
	return content, ""
}

// decrypt undoes CBC and takes the padding off: its length is the last byte, and
// every byte of it says the same.
func (l *legacy) decrypt(b []byte) ([]byte, string) {
	size := l.block.BlockSize()
	if len(b)%size != 0 {
		return nil, reasonBlocks
	}
	iv := l.iv
	if l.explicit {
		if len(b) < size {
			return nil, reasonShort
		}
		iv, b = b[:size], b[size:]
	}
	if len(b) == 0 {
		return nil, reasonShort
	}
	next := append([]byte(nil), b[len(b)-size:]...)
	cipher.NewCBCDecrypter(l.block, iv).CryptBlocks(b, b)
	if !l.explicit {
		l.iv = next
	}
	padding := int(b[len(b)-1])
	if padding+1 > len(b) {
		return nil, reasonPadding
	}
	for _, c := range b[len(b)-1-padding:] {
		if int(c) != padding {
			return nil, reasonPadding
		}
	}
	return b[:len(b)-1-padding], ""
}
