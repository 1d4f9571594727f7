package inspect

import (
	"tlsmitm/inspect/tlswire"
)

// begin decides by a conversation's first bytes whether it is TLS: the client speaks
// first there, and in handshake records of major version 3, or with a hello in the form
// of SSL 2.0. Whoever says such a hello is the client, even if it was the other end that
// opened the connection, as in FTP's active mode. It returns false while more bytes are
// needed, unless this is the end.
func (f *flow) begin(final bool) bool {
	other := f.conv.flow(!f.up)
	isSSL2, maySSL2 := tlswire.IsSSL2ClientHello(f.rest)
	switch {
	case f.conv.midway && other.began && other.raw && likeGreeting(f.rest) != no:
		if likeGreeting(f.rest) == maybe && !final {
			return false
		}
		if f.conv.start.found { // it answers the hello that waits
			f.conv.turnToTLS()
			return true
		}
		// What the other one began with was the middle of something.
		f.conv.d.flushData()
		other.raw, other.seek = false, true
	case other.began:
		f.raw = other.raw
		if !f.up {
			f.conv.ssl2Answered(f.rest[0])
		}
		f.seek = f.conv.midway && !f.raw && !likeRecord(f.rest)
		f.doubtful = f.seek && other.doubtful
	case f.up && isSSL2:
		f.ssl2 = ssl2Hello
	case f.up && maySSL2 && !final:
		return false
	case f.conv.midway:
		return f.beginMidway(final)
	case tlswire.ContentType(f.rest[0]) == tlswire.ContentTypeAlert: // somebody gives up before a hello
		v := fits(f.rest, alertForm[:])
		if v == maybe && !final {
			return false
		}
		f.raw = v != yes
	case tlswire.ContentType(f.rest[0]) != tlswire.ContentTypeHandshake:
		f.raw = true
	case f.up && len(f.rest) > 1:
		f.raw = f.rest[1] != 3
	case !f.up:
		switch v := likeHello(f.rest); {
		case v == maybe && !final:
			return false
		case v == yes:
			f.conv.swap()
		default:
			f.raw = true
		}
	case !final:
		return false
	default:
		f.raw = true
	}
	f.began = true
	return true
}

// swap exchanges the roles of the flows: the end that accepted the connection is the
// client of its TLS.
func (c *conversation) swap() {
	c.swapped = !c.swapped
	c.flows[0], c.flows[1] = c.flows[1], c.flows[0]
	for i, f := range c.flows {
		f.up = i == 0
	}
}

// beginMidway decides by the first bytes that a recording has of a connection. They may
// be the middle of a record, which looks like nothing; then it is sought where one
// begins.
func (f *flow) beginMidway(final bool) bool {
	switch {
	case len(f.rest) < tlswire.RecordHeaderLen && !final:
		return false
	case likeRecord(f.rest):
	case likeText(f.rest):
		f.raw = true
	default:
		f.seek, f.doubtful = true, true
	}
	f.began = true
	return true
}

// likeText tells lines that people can read.
func likeText(b []byte) bool {
	for i, c := range b {
		switch {
		case c == '\n' && i > 0, i == 256:
			return true
		case c < ' ' && c != '\t' && c != '\r' && c != '\n' || c >= 0x7f:
			return false
		}
	}
	return false
}

// verdict is what bytes look like, as far as they have come.
type verdict uint8

const (
	no verdict = iota
	maybe
	yes
)

// likeRecord tells whether b begins as a record does (RFC 8446 section 5.1): enough
// where something is known to be TLS.
func likeRecord(b []byte) bool {
	if len(b) < tlswire.RecordHeaderLen {
		return false
	}
	_, _, err := tlswire.ParseRecord(b[:tlswire.RecordHeaderLen])
	return err == nil && b[2] <= 4 && recordLen(b) > tlswire.RecordHeaderLen
}

// recordLen is how long the record is that b begins with, by its header.
func recordLen(b []byte) int { return tlswire.RecordHeaderLen + (int(b[3])<<8 | int(b[4])) }

// minHello is the least that is looked at of a hello: up to the length of its session
// id, which is the first thing in it that can be wrong.
const minHello = tlswire.RecordHeaderLen + tlswire.HandshakeHeaderLen + 2 + 32 + 1

// likeHello tells whether b begins with a record that a Client Hello begins, of which
// every length fits (RFC 8446 section 4.1.2). It is yes only once the record is whole:
// data of other protocols must not be taken for one.
func likeHello(b []byte) verdict { return likeHandshake(b, tlswire.HandshakeTypeClientHello) }

// likeAnswer does so for what a server answers: a Server Hello, or an alert.
func likeAnswer(b []byte) verdict {
	if len(b) > 0 && tlswire.ContentType(b[0]) == tlswire.ContentTypeAlert {
		return fits(b, alertForm[:])
	}
	return likeHandshake(b, tlswire.HandshakeTypeServerHello)
}

// likeGreeting tells whether b begins as TLS does in one direction or the other.
func likeGreeting(b []byte) verdict { return max(likeHello(b), likeAnswer(b)) }

// within are the values that a byte may have.
type within struct{ from, to byte }

// fits tells whether b begins with bytes of a form.
func fits(b []byte, form []within) verdict {
	for i, w := range form {
		switch {
		case i >= len(b):
			return maybe
		case b[i] < w.from || b[i] > w.to:
			return no
		}
	}
	return yes
}

// alertForm is a record that holds an alert in the clear: its header, then a level and a
// description.
var alertForm = [...]within{{byte(tlswire.ContentTypeAlert), byte(tlswire.ContentTypeAlert)}, {3, 3}, {0, 4}, {0, 0}, {2, 2}, {1, 2}}

// helloForm is how a record with a hello begins: its header, the message's, and the
// version in the message. Lengths are looked at separately.
func helloForm(t tlswire.HandshakeType) [11]within {
	return [...]within{
		{byte(tlswire.ContentTypeHandshake), byte(tlswire.ContentTypeHandshake)}, {3, 3}, {0, 4}, {0, 0xff}, {0, 0xff},
		{byte(t), byte(t)}, {0, 0}, {0, 0xff}, {0, 0xff}, {3, 3}, {0, 4},
	}
}

var (
	clientHelloForm = helloForm(tlswire.HandshakeTypeClientHello)
	serverHelloForm = helloForm(tlswire.HandshakeTypeServerHello)
)

func likeHandshake(b []byte, t tlswire.HandshakeType) verdict {
	form := &clientHelloForm
	if t == tlswire.HandshakeTypeServerHello {
		form = &serverHelloForm
	}
	if v := fits(b, form[:]); v != yes {
		return v
	}
	record, message := recordLen(b)-tlswire.RecordHeaderLen, int(b[7])<<8|int(b[8])
	switch {
	case record < minHello-tlswire.RecordHeaderLen || record > tlswire.MaxCiphertext,
		len(b) >= minHello && b[minHello-1] > 32:
		return no
	case t == tlswire.HandshakeTypeClientHello && message+tlswire.HandshakeHeaderLen < record:
		return no // nothing may follow it (RFC 8446 section 5.1)
	case len(b) < tlswire.RecordHeaderLen+record:
		return maybe
	}
	body := b[tlswire.RecordHeaderLen+tlswire.HandshakeHeaderLen : tlswire.RecordHeaderLen+record]
	if len(body) < message {
		return yes // it goes on in another record
	}
	var err error
	if t == tlswire.HandshakeTypeClientHello {
		_, err = tlswire.ParseClientHello(body[:message])
	} else {
		_, err = tlswire.ParseServerHello(body[:message])
	}
	if err != nil {
		return no
	}
	return yes
}
