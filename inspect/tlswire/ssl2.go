package tlswire

import (
	"fmt"

	"golang.org/x/crypto/cryptobyte"
)

// SSL 2.0 (draft-hickman-netscape-ssl-00) has records and messages of its own. Clients
// kept sending their first hello in its form long after, for servers that knew nothing
// else: RFC 5246 appendix E.2. The answer to such a hello is one of SSL 3.0 or TLS.

// SSL2MessageType is the first byte of a message of SSL 2.0.
type SSL2MessageType uint8

// The messages of SSL 2.0, draft-hickman-netscape-ssl-00 appendix C. The first ones of
// either end are in the clear.
const (
	SSL2Error              SSL2MessageType = 0
	SSL2ClientHello        SSL2MessageType = 1
	SSL2ClientMasterKey    SSL2MessageType = 2
	SSL2ClientFinished     SSL2MessageType = 3
	SSL2ServerHello        SSL2MessageType = 4
	SSL2ServerVerify       SSL2MessageType = 5
	SSL2ServerFinished     SSL2MessageType = 6
	SSL2RequestCertificate SSL2MessageType = 7
	SSL2ClientCertificate  SSL2MessageType = 8
)

// String returns the message's name as protocol analysers print it.
func (t SSL2MessageType) String() string {
	names := [...]string{"Error", "Client Hello", "Client Master Key", "Client Finished", "Server Hello", "Server Verify",
		"Server Finished", "Request Certificate", "Client Certificate"}
	if int(t) < len(names) {
		return names[t]
	}
	return unknown8(uint8(t))
}

// SSL2CipherKind is a cipher of SSL 2.0 in three bytes; those that begin with 0 are
// suites of SSL 3.0 and TLS.
type SSL2CipherKind uint32

// String returns the kind's name.
func (k SSL2CipherKind) String() string {
	if k>>16 == 0 {
		return CipherSuite(k).String()
	}
	switch k { // draft-hickman-netscape-ssl-00 appendix C.4
	case 0x010080:
		return "SSL2_RC4_128_WITH_MD5"
	case 0x020080:
		return "SSL2_RC4_128_EXPORT40_WITH_MD5"
	case 0x030080:
		return "SSL2_RC2_128_CBC_WITH_MD5"
	case 0x040080:
		return "SSL2_RC2_128_CBC_EXPORT40_WITH_MD5"
	case 0x050080:
		return "SSL2_IDEA_128_CBC_WITH_MD5"
	case 0x060040:
		return "SSL2_DES_64_CBC_WITH_MD5"
	case 0x0700c0:
		return "SSL2_DES_192_EDE3_CBC_WITH_MD5"
	}
	return fmt.Sprintf("unknown (0x%06x)", uint32(k))
}

// SSL2HeaderLen is the size of a record's header where there is no padding.
const SSL2HeaderLen = 2

// ParseSSL2Record reads the record of SSL 2.0 at the beginning of b and says how many
// bytes it took: two or three of header, the content, and padding. It returns n == 0 if
// b is the beginning of a record but not yet the whole. Every byte can begin one.
func ParseSSL2Record(b []byte) (content []byte, n int) {
	s := cryptobyte.String(b)
	var head uint16
	var padding uint8
	if !s.ReadUint16(&head) {
		return nil, 0
	}
	length := int(head & 0x7fff)
	if head&0x8000 == 0 {
		length = int(head & 0x3fff) // the other bit is for escapes, which nobody defined
		if !s.ReadUint8(&padding) {
			return nil, 0
		}
	}
	if !s.ReadBytes(&content, length) {
		return nil, 0
	}
	return content[:max(0, length-int(padding))], len(b) - len(s)
}

// ssl2HelloLen is the least size of a Client Hello of SSL 2.0 in its record: the fields
// of fixed size, one cipher, and a challenge.
const ssl2HelloLen = SSL2HeaderLen + 9 + 3 + 16

// IsSSL2ClientHello says whether b begins with a Client Hello in the form of SSL 2.0.
// more is set where it may, but another byte is needed to say.
func IsSSL2ClientHello(b []byte) (yes, more bool) {
	for i, ok := range []func(byte) bool{
		func(c byte) bool { return c&0x80 != 0 },
		func(c byte) bool { return int(b[0]&0x7f)<<8|int(c) >= ssl2HelloLen-SSL2HeaderLen },
		func(c byte) bool { return SSL2MessageType(c) == SSL2ClientHello },
		func(c byte) bool { return c == 0 || c == 3 },
		func(c byte) bool { return b[3] == 0 && c == 2 || b[3] == 3 && c <= 4 },
	} {
		if i >= len(b) {
			return false, true
		}
		if !ok(b[i]) {
			return false, false
		}
	}
	return true, false
}

// ParseSSL2ClientHello reads a Client Hello in the form of SSL 2.0, RFC 5246 appendix
// E.2, which is a record's content: its suites are those of SSL 3.0 and TLS among the
// ciphers, and its random is the challenge, filled up with zeros from the left.
func ParseSSL2ClientHello(content []byte) (*ClientHello, error) {
	h := &ClientHello{SSL2: true}
	r := newReader("Client Hello", content)
	r.uint8("msg_type")
	h.LegacyVersion = Version(r.uint16("version"))
	ciphers, session, challenge := r.uint16("cipher_spec_length"), r.uint16("session_id_length"), r.uint16("challenge_length")
	offset := r.offset()
	if ciphers%3 != 0 {
		r.fail("cipher_specs", offset, reasonOddLength)
	}
	for range ciphers / 3 {
		if kind := r.uint24("cipher_spec"); kind>>16 == 0 && !r.failed {
			h.CipherSuites = append(h.CipherSuites, CipherSuite(kind))
		}
	}
	h.SessionID = r.bytes("session_id", int(session))
	offset = r.offset()
	random := r.bytes("challenge", int(challenge))
	r.end("challenge")
	if err := r.failure(); err != nil {
		return nil, err
	}
	if len(random) > 32 {
		h.rule(false, "challenge", offset, "longer than 32 bytes")
		random = random[:32]
	}
	h.Random = make([]byte, 32)
	copy(h.Random[32-len(random):], random)
	return h, nil
}
