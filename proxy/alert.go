package proxy

import (
	"errors"
	"net"
	"reflect"

	"tlsmitm/inspect/tlswire"
)

// fatalAlert returns a plaintext record that carries one fatal alert (RFC 8446,
// sections 5.1 and 6.2), for a client that has not been greeted yet.
func fatalAlert(hello *tlswire.ClientHello, d tlswire.AlertDescription) []byte {
	v := tlswire.VersionTLS12 // also what TLS 1.3 writes into its records
	if hello != nil && hello.LegacyVersion < v {
		v = max(hello.LegacyVersion, tlswire.VersionSSL30)
	}
	return []byte{byte(tlswire.ContentTypeAlert), byte(v >> 8), byte(v), 0, 2, byte(tlswire.AlertLevelFatal), byte(d)}
}

// remoteAlert returns the alert with which the peer ended a conversation, if err
// says that it did. The type that crypto/tls puts into its net.OpError is not
// exported, but it is the description's number.
func remoteAlert(err error) (tlswire.AlertDescription, bool) {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "remote error" && op.Err != nil {
		if v := reflect.ValueOf(op.Err); v.Kind() == reflect.Uint8 {
			return tlswire.AlertDescription(v.Uint()), true
		}
	}
	return 0, false
}

// rejectsCertificate reports whether a client that sends d means the certificate
// that it was shown, or will not have it.
func rejectsCertificate(d tlswire.AlertDescription) bool {
	switch d {
	case tlswire.AlertBadCertificate, tlswire.AlertUnsupportedCertificate, tlswire.AlertCertificateRevoked,
		tlswire.AlertCertificateExpired, tlswire.AlertCertificateUnknown, tlswire.AlertUnknownCA,
		tlswire.AlertAccessDenied, tlswire.AlertBadCertificateStatusResponse, tlswire.AlertBadCertificateHashValue:
		return true
	}
	return false
}
