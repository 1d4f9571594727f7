package tlswire

import (
	"fmt"

	"golang.org/x/crypto/cryptobyte"
)

// HandshakeType is the first byte of a handshake message, RFC 8446 section 4.
type HandshakeType uint8

// The TLS HandshakeType registry.
const (
	HandshakeTypeHelloRequest             HandshakeType = 0   // RFC 5246 section 7.4.1.1
	HandshakeTypeClientHello              HandshakeType = 1   // RFC 8446 section 4.1.2
	HandshakeTypeServerHello              HandshakeType = 2   // RFC 8446 section 4.1.3
	HandshakeTypeHelloVerifyRequest       HandshakeType = 3   // RFC 6347 section 4.2.1
	HandshakeTypeNewSessionTicket         HandshakeType = 4   // RFC 8446 section 4.6.1
	HandshakeTypeEndOfEarlyData           HandshakeType = 5   // RFC 8446 section 4.5
	HandshakeTypeHelloRetryRequest        HandshakeType = 6   // drafts of RFC 8446; its final form is a Server Hello
	HandshakeTypeEncryptedExtensions      HandshakeType = 8   // RFC 8446 section 4.3.1
	HandshakeTypeRequestConnectionID      HandshakeType = 9   // RFC 9147 section 9
	HandshakeTypeNewConnectionID          HandshakeType = 10  // RFC 9147 section 9
	HandshakeTypeCertificate              HandshakeType = 11  // RFC 8446 section 4.4.2
	HandshakeTypeServerKeyExchange        HandshakeType = 12  // RFC 5246 section 7.4.3
	HandshakeTypeCertificateRequest       HandshakeType = 13  // RFC 8446 section 4.3.2
	HandshakeTypeServerHelloDone          HandshakeType = 14  // RFC 5246 section 7.4.5
	HandshakeTypeCertificateVerify        HandshakeType = 15  // RFC 8446 section 4.4.3
	HandshakeTypeClientKeyExchange        HandshakeType = 16  // RFC 5246 section 7.4.7
	HandshakeTypeClientCertificateRequest HandshakeType = 17  // RFC 9261 section 4
	HandshakeTypeFinished                 HandshakeType = 20  // RFC 8446 section 4.4.4
	HandshakeTypeCertificateURL           HandshakeType = 21  // RFC 6066 section 5
	HandshakeTypeCertificateStatus        HandshakeType = 22  // RFC 6066 section 8
	HandshakeTypeSupplementalData         HandshakeType = 23  // RFC 4680 section 2
	HandshakeTypeKeyUpdate                HandshakeType = 24  // RFC 8446 section 4.6.3
	HandshakeTypeCompressedCertificate    HandshakeType = 25  // RFC 8879 section 4
	HandshakeTypeEKTKey                   HandshakeType = 26  // RFC 8870 section 5.2
	HandshakeTypeNextProtocol             HandshakeType = 67  // draft-agl-tls-nextprotoneg
	HandshakeTypeMessageHash              HandshakeType = 254 // RFC 8446 section 4.4.1, never on the wire
)

// Known reports whether the registry has a name for the type.
func (t HandshakeType) Known() bool { return t.String() != unknown8(uint8(t)) }

// String returns the message's name as protocol analysers print it.
func (t HandshakeType) String() string {
	switch t {
	case HandshakeTypeHelloRequest:
		return "Hello Request"
	case HandshakeTypeClientHello:
		return "Client Hello"
	case HandshakeTypeServerHello:
		return "Server Hello"
	case HandshakeTypeHelloVerifyRequest:
		return "Hello Verify Request"
	case HandshakeTypeNewSessionTicket:
		return "New Session Ticket"
	case HandshakeTypeEndOfEarlyData:
		return "End of Early Data"
	case HandshakeTypeHelloRetryRequest:
		return "Hello Retry Request"
	case HandshakeTypeEncryptedExtensions:
		return "Encrypted Extensions"
	case HandshakeTypeRequestConnectionID:
		return "Request Connection ID"
	case HandshakeTypeNewConnectionID:
		return "New Connection ID"
	case HandshakeTypeCertificate:
		return "Certificate"
	case HandshakeTypeServerKeyExchange:
		return "Server Key Exchange"
	case HandshakeTypeCertificateRequest:
		return "Certificate Request"
	case HandshakeTypeServerHelloDone:
		return "Server Hello Done"
	case HandshakeTypeCertificateVerify:
		return "Certificate Verify"
	case HandshakeTypeClientKeyExchange:
		return "Client Key Exchange"
	case HandshakeTypeClientCertificateRequest:
		return "Client Certificate Request"
	case HandshakeTypeFinished:
		return "Finished"
	case HandshakeTypeCertificateURL:
		return "Certificate URL"
	case HandshakeTypeCertificateStatus:
		return "Certificate Status"
	case HandshakeTypeSupplementalData:
		return "Supplemental Data"
	case HandshakeTypeKeyUpdate:
		return "Key Update"
	case HandshakeTypeCompressedCertificate:
		return "Compressed Certificate"
	case HandshakeTypeEKTKey:
		return "EKT Key"
	case HandshakeTypeNextProtocol:
		return "Next Protocol"
	case HandshakeTypeMessageHash:
		return "Message Hash"
	}
	return unknown8(uint8(t))
}

const (
	// HandshakeHeaderLen is the size of a handshake message's type and length.
	HandshakeHeaderLen = 4
	// MaxHandshake is the longest body that ParseHandshake accepts. The
	// protocol allows 2^24-1 bytes, but nothing real comes near this limit,
	// and a reader has to hold a message until it is whole.
	MaxHandshake = 1 << 18
)

// Handshake is a handshake message, RFC 8446 section 4. It may have come in
// several records, and a record may hold several messages.
type Handshake struct {
	Type HandshakeType
	Raw  []byte // with the header; aliases the input
	Body []byte // without it; aliases the input
}

// HandshakeError says that a handshake message is longer than MaxHandshake.
type HandshakeError struct {
	Type   HandshakeType
	Length int // as its header has it
}

// Error implements error.
func (e *HandshakeError) Error() string {
	return fmt.Sprintf("tlswire: %s message of %d bytes exceeds %d", e.Type, e.Length, MaxHandshake)
}

// ParseHandshake reads the handshake message at the beginning of b, the joined
// fragments of records, and says how many bytes it took. It returns n == 0
// without an error if b doesn't hold the whole message yet, and a
// *HandshakeError if it is too long ever to be held.
func ParseHandshake(b []byte) (h Handshake, n int, err error) {
	s := cryptobyte.String(b)
	var typ uint8
	var length uint32
	if !s.ReadUint8(&typ) || !s.ReadUint24(&length) {
		return Handshake{}, 0, nil
	}
	if length > MaxHandshake {
		return Handshake{}, 0, &HandshakeError{Type: HandshakeType(typ), Length: int(length)}
	}
	if !s.ReadBytes(&h.Body, int(length)) {
		return Handshake{}, 0, nil
	}
	h.Type = HandshakeType(typ)
	n = len(b) - len(s)
	h.Raw = b[:n:n]
	return h, n, nil
}
