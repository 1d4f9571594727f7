package proxy

import (
	"fmt"

	"golang.org/x/crypto/cryptobyte"

	"tlsmitm/inspect/tlswire"
)

const (
	// maxHello is the longest Client Hello that is accepted. Real ones stay
	// below 4 KiB, even with post-quantum key shares.
	maxHello = 64 << 10
	// maxSniff bounds what a Client Hello may take with its record headers.
	maxSniff = 256 << 10
)

// firstBytes says what the first bytes of a connection turned out to be.
type firstBytes int

const (
	firstUndecided firstBytes = iota // more are needed
	firstOther                       // not TLS, whatever it is
	firstHello                       // a whole Client Hello
	firstMalformed                   // TLS records, but no Client Hello that can be read
	firstTooLarge                    // a Client Hello beyond maxHello, or in beyond maxSniff bytes
)

// helloScan finds out what a client's first bytes are. It consumes nothing: the
// bytes stay whole in buf. Each byte is looked at once, however they come in.
type helloScan struct {
	buf   []byte
	off   int    // where the next record begins in buf
	msg   []byte // the handshake message so far, joined over records
	hello *tlswire.ClientHello
	err   error // why it is malformed or too large
}

// next judges what has been appended to buf since it was last called.
func (s *helloScan) next() firstBytes {
	if s.off == 0 {
		// RFC 8446, section 5.1: a handshake record, and a version of the form 3.x.
		if len(s.buf) > 0 && s.buf[0] != byte(tlswire.ContentTypeHandshake) || len(s.buf) > 1 && s.buf[1] != 3 {
			return firstOther
		}
	}
	for {
		rec, n, err := tlswire.ParseRecord(s.buf[s.off:])
		switch {
		case err != nil:
			s.err = err
			return firstMalformed
		case n == 0:
			if len(s.buf) >= maxSniff {
				s.err = fmt.Errorf("no whole Client Hello in the first %d bytes", len(s.buf))
				return firstTooLarge
			}
			return firstUndecided
		case rec.Type != tlswire.ContentTypeHandshake:
			s.err = fmt.Errorf("a record of type %s inside the Client Hello", rec.Type)
			return firstMalformed
		}
		s.off += n
		if s.msg == nil {
			s.msg = rec.Fragment[:len(rec.Fragment):len(rec.Fragment)] // one record is enough, as a rule
		} else {
			s.msg = append(s.msg, rec.Fragment...)
		}
		if v := s.judge(); v != firstUndecided {
			return v
		}
	}
}

// judge looks at the handshake message once a record has been added to it.
func (s *helloScan) judge() firstBytes {
	head := cryptobyte.String(s.msg)
	var typ uint8
	var length uint32
	if head.ReadUint8(&typ) && tlswire.HandshakeType(typ) != tlswire.HandshakeTypeClientHello {
		s.err = fmt.Errorf("the handshake begins with a %s", tlswire.HandshakeType(typ))
		return firstMalformed
	}
	if head.ReadUint24(&length) && length > maxHello {
		s.err = fmt.Errorf("a Client Hello of %d bytes", length)
		return firstTooLarge
	}
	h, n, err := tlswire.ParseHandshake(s.msg)
	switch {
	case err != nil:
		s.err = err
		return firstMalformed
	case n == 0:
		return firstUndecided
	}
	if s.hello, s.err = tlswire.ParseClientHello(h.Body); s.err != nil {
		return firstMalformed
	}
	return firstHello
}
