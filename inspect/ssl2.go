package inspect

import (
	"tlsmitm/inspect/tlswire"
)

// reasonSSL2 is why what SSL 2.0 protects stays closed.
const reasonSSL2 = "SSL 2.0 is not opened"

// ssl2Form says which records of a flow have the form of SSL 2.0.
type ssl2Form uint8

const (
	ssl2None  ssl2Form = iota
	ssl2Hello          // the next one: it is a Client Hello
	ssl2All            // all that come
)

// ssl2Answered notes that the server answers a hello in the form of SSL 2.0 in kind,
// by the first byte of its answer.
func (c *conversation) ssl2Answered(first byte) {
	if c.hello != nil && c.hello.SSL2 && first&0x80 != 0 {
		c.flows[0].ssl2, c.flows[1].ssl2 = ssl2All, ssl2All
	}
}

// ssl2Record takes a record of SSL 2.0, and returns how many bytes it took: 0 if it is
// not whole yet.
func (f *flow) ssl2Record(b []byte) int {
	content, n := tlswire.ParseSSL2Record(b)
	if n == 0 {
		return 0
	}
	f.total.Records++
	seg := f.consume(n)
	if len(content) == 0 || !f.ssl2Clear(tlswire.SSL2MessageType(content[0])) {
		f.sealed++
		f.data(seg, content, n, 1, reasonSSL2)
		return n
	}
	f.clear++
	t := tlswire.SSL2MessageType(content[0])
	raw := append([]byte{0x80 | byte(len(content)>>8), byte(len(content))}, content...)
	m := &Message{
		ContentType: tlswire.ContentTypeHandshake, Type: tlswire.HandshakeType(t), HasType: true, Name: t.String(),
		Length: len(raw), Wire: n, Raw: raw, SSL2: true,
	}
	if t == tlswire.SSL2ClientHello && f.up {
		f.ssl2 = ssl2None
		if h, err := tlswire.ParseSSL2ClientHello(raw[tlswire.SSL2HeaderLen:]); err == nil {
			f.conv.clientHello(m, h, seg.at)
			f.conv.proveClientHello(m, seg.at)
			if h.LegacyVersion < tlswire.VersionSSL30 {
				f.ssl2 = ssl2All
			}
		}
	}
	f.message(seg, m)
	return n
}

// ssl2Clear says whether a message of a type can stand here in the clear: the hellos,
// the client's key after its hello, and errors in their place.
func (f *flow) ssl2Clear(t tlswire.SSL2MessageType) bool {
	switch {
	case f.sealed > 0:
		return false
	case f.clear == 0 && f.up:
		return t == tlswire.SSL2ClientHello
	case f.clear == 0:
		return t == tlswire.SSL2ServerHello || t == tlswire.SSL2Error
	case f.clear == 1 && f.up:
		return t == tlswire.SSL2ClientMasterKey || t == tlswire.SSL2Error
	}
	return false
}
