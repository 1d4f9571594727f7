package tlscrypt

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/hmac"
	"crypto/rc4"
	"encoding/binary"
	"fmt"
	"hash"

	"tlsmitm/inspect/tlswire"
)

// legacy opens records of stream and block ciphers (RFC 5246 6.2.3.1, 6.2.3.2).
type legacy struct {
	mac recordMAC
	// unkeyed is the MAC's size where its key is not known.
	unkeyed int
	rc4     *rc4.Cipher // nil for other ciphers
	cbc     cbcMode     // nil for RC4 and NULL
	// iv is that of TLS 1.0 and SSL 3.0, the last block of the record before; later
	// versions carry it in the record (RFC 4346 6.2.3.2).
	iv       [16]byte
	explicit bool
	etm      bool // encrypt-then-MAC (RFC 7366)
	ssl      bool // SSL 3.0, whose padding may hold anything (RFC 6101 5.2.3.2)

	sum [64]byte
}

// recordMAC authenticates records.
type recordMAC interface {
	Size() int
	// appendSum appends the MAC of a record whose content is given.
	appendSum(dst []byte, seq uint64, rec tlswire.Record, content []byte) []byte
}

// tlsMAC is the HMAC of RFC 5246 6.2.3.1.
type tlsMAC struct {
	hash.Hash
	header [13]byte
}

func (m *tlsMAC) appendSum(dst []byte, seq uint64, rec tlswire.Record, content []byte) []byte {
	putHeader(m.header[:], seq, rec, len(content))
	m.Reset()
	m.Write(m.header[:])
	m.Write(content)
	return m.Sum(dst)
}

// sslMAC is what HMAC was made from: it covers no version (RFC 6101 5.2.3.1).
type sslMAC struct {
	hash.Hash
	key        []byte
	pad1, pad2 []byte
	header     [11]byte
	inner      [20]byte
}

func newSSLMAC(h crypto.Hash, key []byte) *sslMAC {
	return &sslMAC{Hash: h.New(), key: bytes.Clone(key), pad1: sslPad(h, 0x36), pad2: sslPad(h, 0x5c)}
}

func (m *sslMAC) appendSum(dst []byte, seq uint64, rec tlswire.Record, content []byte) []byte {
	binary.BigEndian.PutUint64(m.header[:], seq)
	m.header[8] = byte(rec.Type)
	binary.BigEndian.PutUint16(m.header[9:], uint16(len(content)))
	m.Reset()
	m.Write(m.key)
	m.Write(m.pad1)
	m.Write(m.header[:])
	m.Write(content)
	inner := m.Sum(m.inner[:0])
	m.Reset()
	m.Write(m.key)
	m.Write(m.pad2)
	m.Write(inner)
	return m.Sum(dst)
}

// cbcMode is what crypto/cipher's CBC decrypters are: made once, and given the
// IV of each record.
type cbcMode interface {
	cipher.BlockMode
	SetIV([]byte)
}

func newLegacy(p TLS12Params, s suite, macKey, key, iv []byte) (*legacy, error) {
	l := &legacy{explicit: p.Version >= tlswire.VersionTLS11, etm: p.EncryptThenMAC, ssl: p.Version == tlswire.VersionSSL30}
	if l.ssl {
		l.mac = newSSLMAC(s.mac, macKey)
	} else {
		l.mac = &tlsMAC{Hash: hmac.New(s.mac.New, macKey)}
	}
	copy(l.iv[:], iv)
	var block cipher.Block
	var err error
	switch s.bulk {
	case bulkRC4:
		l.rc4, err = rc4.NewCipher(key)
	case bulk3DES:
		block, err = des.NewTripleDESCipher(key)
	case bulkDES:
		block, err = des.NewCipher(key)
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

// NewUnkeyed returns an opener of records that are not encrypted, whose MAC is taken off
// and not checked: for a suite of NULL whose secret is not known. There is none for any
// other suite.
func NewUnkeyed(v tlswire.Version, id tlswire.CipherSuite) (*Opener, bool) {
	s, ok := lookup(id)
	if !ok || s.bulk != bulkNull || !Supported(v, id) {
		return nil, false
	}
	return &Opener{id: id, suite: s, legacy: &legacy{unkeyed: s.macLen}}, true
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
	size := l.unkeyed
	if l.mac != nil {
		size = l.mac.Size()
	}
	if len(b) < size {
		return nil, ReasonTooShort
	}
	if l.mac == nil {
		return b[:len(b)-size], ""
	}
	content, sum := b[:len(b)-size], b[len(b)-size:]
	if !hmac.Equal(l.mac.appendSum(l.sum[:0], seq, rec, content), sum) {
		return nil, ReasonAuthentication
	}
	return content, ""
}

// decrypt undoes CBC and takes the padding off: its length is the last byte, and
// from TLS 1.0 on every byte of it says the same. next is the IV of the next record
// in TLS 1.0 and SSL 3.0.
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
	if l.ssl {
		if padding >= size {
			return nil, next, ReasonPadding
		}
		return content, next, ""
	}
	for _, c := range b[len(content):] {
		if int(c) != padding {
			return nil, next, ReasonPadding
		}
	}
	return content, next, ""
}
