package tlswire

import (
	"crypto/x509"
	"errors"
	"testing"
)

// TestFlows parses every message of real handshakes, and then cuts each one
// short at every byte and makes it longer: both must be an error.
func TestFlows(t *testing.T) {
	for _, flow := range sampleFlows(t) {
		for _, m := range flow.messages {
			parsed, err := parseAny(m.Type, flow.version, flow.suite, m.Body)
			if err != nil {
				t.Errorf("%s: %s: %v", flow.name, m.Type, err)
				continue
			}
			if parsed == nil {
				continue
			}
			if faults := malformedOf(parsed); len(faults) > 0 {
				t.Errorf("%s: %s: %v", flow.name, m.Type, faults)
			}
			checkCuts(t, &flow, m.Handshake)
		}
	}
}

func malformedOf(parsed any) []ParseError {
	switch m := parsed.(type) {
	case *ClientHello:
		return m.Malformed
	case *ServerHello:
		return m.Malformed
	case *EncryptedExtensions:
		return m.Malformed
	case *CertificateRequest:
		return m.Malformed
	case *NewSessionTicket:
		return m.Malformed
	}
	return nil
}

// checkCuts holds that no other length of a message's body can be parsed than
// its own and those at which a list of extensions or an implicit value is absent.
func checkCuts(t *testing.T, flow *sampleFlow, h Handshake) {
	t.Helper()
	whole := 0
	for n := range len(h.Body) {
		_, err := parseAny(h.Type, flow.version, flow.suite, h.Body[:n])
		var fault *ParseError
		switch {
		case err == nil:
			whole++
		case !errors.As(err, &fault) || fault.Offset > n || fault.Reason != reasonTruncated:
			t.Errorf("%s: %s cut to %d bytes: %v", flow.name, h.Type, n, err)
		}
	}
	allowed := 0
	switch h.Type {
	case HandshakeTypeClientHello, HandshakeTypeServerHello, HandshakeTypeClientKeyExchange:
		allowed = 1
	}
	if whole > allowed {
		t.Errorf("%s: %s can be cut at %d places", flow.name, h.Type, whole)
	}
	longer := append(append([]byte(nil), h.Body...), 0)
	_, err := parseAny(h.Type, flow.version, flow.suite, longer)
	var fault *ParseError
	if !errors.As(err, &fault) || fault.Offset != len(h.Body) || fault.Reason != reasonTrailing {
		t.Errorf("%s: %s with a byte more: %v", flow.name, h.Type, err)
	}
}

func TestCertificates(t *testing.T) {
	for _, c := range []struct {
		flow       string
		fromServer bool
		extensions bool // the first entry has some
	}{
		{"tls13-client-certificate", true, true}, // the OCSP response
		{"tls13-client-certificate", false, false},
		{"tls12-ecdhe-ecdsa-client-certificate", true, false},
		{"tls12-ecdhe-ecdsa-client-certificate", false, false},
		{"tls10-dhe-rsa", true, false},
	} {
		flow := findFlow(t, c.flow)
		m, err := ParseCertificate(flow.version, flow.message(t, c.fromServer, HandshakeTypeCertificate, 0).Body)
		if err != nil || len(m.Entries) != 1 {
			t.Errorf("%s: %v, %v", c.flow, m, err)
			continue
		}
		cert, err := x509.ParseCertificate(m.Entries[0].Data)
		if err != nil || cert.Subject.CommonName != "example.test" {
			t.Errorf("%s: %v", c.flow, err)
		}
		if len(m.Entries[0].Extensions) > 0 != c.extensions {
			t.Errorf("%s: extensions %v", c.flow, m.Entries[0].Extensions)
		}
	}
}

// TestCertificateStatus reads the same OCSP response from a TLS 1.2 message and
// from the extension of a TLS 1.3 certificate.
func TestCertificateStatus(t *testing.T) {
	flow := findFlow(t, "tls12-ecdhe-ecdsa-client-certificate")
	message, err := ParseCertificateStatus(flow.message(t, true, HandshakeTypeCertificateStatus, 0).Body)
	if err != nil || message.Type != CertificateStatusTypeOCSP || len(message.Responses) != 1 || len(message.Responses[0]) != 749 {
		t.Fatalf("%v, %v", message, err)
	}
	flow = findFlow(t, "tls13-client-certificate")
	cert, err := ParseCertificate(flow.version, flow.message(t, true, HandshakeTypeCertificate, 0).Body)
	if err != nil {
		t.Fatal(err)
	}
	ext := findExtension(cert.Entries[0].Extensions, ExtensionTypeStatusRequest)
	if ext == nil {
		t.Fatal("no status_request")
	}
	stapled, err := ParseCertificateStatus(ext.Data)
	if err != nil || string(stapled.Responses[0]) != string(message.Responses[0]) {
		t.Errorf("%v, %v", stapled, err)
	}

	multi, err := ParseCertificateStatus([]byte{2, 0, 0, 8, 0, 0, 2, 0x30, 0, 0, 0, 0})
	if err != nil || multi.Type != CertificateStatusTypeOCSPMulti || len(multi.Responses) != 2 ||
		len(multi.Responses[0]) != 2 || len(multi.Responses[1]) != 0 {
		t.Errorf("%v, %v", multi, err)
	}
}

func TestCertificateRequest(t *testing.T) {
	for _, c := range []struct {
		flow        string
		types       int
		schemes     int
		authorities int
	}{
		{"tls13-client-certificate", 0, 16, 1},
		{"tls12-ecdhe-ecdsa-client-certificate", 3, 20, 1},
		{"tls11-ecdhe-rsa", 3, 0, 1},
		{"tls10-dhe-rsa", 3, 0, 1},
	} {
		flow := findFlow(t, c.flow)
		m, err := ParseCertificateRequest(flow.version, flow.message(t, true, HandshakeTypeCertificateRequest, 0).Body)
		if err != nil {
			t.Error(err)
			continue
		}
		if len(m.CertificateTypes) != c.types || len(m.SignatureSchemes) != c.schemes || len(m.Authorities) != c.authorities {
			t.Errorf("%s: types %v, schemes %v, %d authorities", c.flow, m.CertificateTypes, m.SignatureSchemes, len(m.Authorities))
		}
	}
}

func TestCertificateVerify(t *testing.T) {
	for _, c := range []struct {
		flow       string
		fromServer bool
		want       string
	}{
		{"tls13-client-certificate", true, "ecdsa_secp256r1_sha256"},
		{"tls13-client-certificate", false, "ecdsa_secp256r1_sha256"},
		{"tls12-ecdhe-ecdsa-client-certificate", false, "ecdsa_secp256r1_sha256"},
		{"tls10-dhe-rsa", false, ""},
	} {
		flow := findFlow(t, c.flow)
		m, err := ParseCertificateVerify(flow.version, flow.message(t, c.fromServer, HandshakeTypeCertificateVerify, 0).Body)
		if err != nil || m.HasScheme != (c.want != "") || m.HasScheme && m.Scheme.String() != c.want || len(m.Signature) < 64 {
			t.Errorf("%s: %+v, %v", c.flow, m, err)
		}
	}
}

func TestNewSessionTicket(t *testing.T) {
	flow := findFlow(t, "tls13-client-certificate")
	first, err := ParseNewSessionTicket(flow.version, flow.message(t, true, HandshakeTypeNewSessionTicket, 0).Body)
	if err != nil || first.Lifetime != 7200 || len(first.Nonce) != 8 || len(first.Ticket) == 0 || first.AgeAdd == 0 ||
		first.MaxEarlyData != 16384 || len(first.Extensions) != 1 {
		t.Errorf("%+v, %v", first, err)
	}
	flow = findFlow(t, "tls12-ecdhe-rsa")
	old, err := ParseNewSessionTicket(flow.version, flow.message(t, true, HandshakeTypeNewSessionTicket, 0).Body)
	if err != nil || old.Lifetime != 7200 || old.Nonce != nil || len(old.Ticket) == 0 || old.AgeAdd != 0 {
		t.Errorf("%+v, %v", old, err)
	}
}

func TestEncryptedExtensions(t *testing.T) {
	flow := findFlow(t, "tls13-client-certificate")
	m, err := ParseEncryptedExtensions(flow.message(t, true, HandshakeTypeEncryptedExtensions, 0).Body)
	if err != nil || m.ALPN != "h2" || m.ServerName || m.EarlyData || len(m.Malformed) > 0 {
		t.Errorf("%+v, %v", m, err)
	}
	m, err = ParseEncryptedExtensions(sampleHex(t, "0010 0000 0000 000a00040002001d 002a0000"))
	if err != nil || !m.EarlyData || !m.ServerName || len(m.SupportedGroups) != 1 || m.SupportedGroups[0] != GroupX25519 {
		t.Errorf("%+v, %v", m, err)
	}
	// One protocol is to be chosen. The first is told all the same.
	m, err = ParseEncryptedExtensions(sampleHex(t, "000a 00100006 0004 01 61 01 62"))
	if err != nil || m.ALPN != "a" || len(m.Malformed) != 1 || m.Malformed[0].Offset != 12 {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestKeyUpdate(t *testing.T) {
	for b, want := range map[byte]string{0: "update_not_requested", 1: "update_requested", 2: "unknown (0x02)"} {
		if got, err := ParseKeyUpdate([]byte{b}); err != nil || got.String() != want {
			t.Errorf("%d: %s, %v", b, got, err)
		}
	}
}

func TestCompressedCertificate(t *testing.T) {
	m, err := ParseCompressedCertificate(sampleHex(t, "0002 000400 000003 010203"))
	if err != nil || m.Algorithm != CertificateCompressionBrotli || m.UncompressedLength != 1024 || len(m.Data) != 3 {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestAlert(t *testing.T) {
	a, err := ParseAlert([]byte{2, 48})
	if err != nil || a != (Alert{AlertLevelFatal, AlertUnknownCA}) {
		t.Errorf("%v, %v", a, err)
	}
	for n, offset := range map[int]int{0: 0, 1: 1, 3: 2} {
		_, err := ParseAlert(make([]byte, n))
		var fault *ParseError
		if !errors.As(err, &fault) || fault.Offset != offset || fault.Message != "Alert" {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}
