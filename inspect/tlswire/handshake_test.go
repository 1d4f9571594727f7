package tlswire

import (
	"bytes"
	"errors"
	"testing"
)

func TestParseHandshake(t *testing.T) {
	b := []byte{24, 0, 0, 1, 0, 20, 0, 0}
	for n := range 5 {
		if h, got, err := ParseHandshake(b[:n]); got != 0 || err != nil || h.Body != nil || h.Raw != nil {
			t.Errorf("%d bytes: %v, %d, %v", n, h, got, err)
		}
	}
	h, n, err := ParseHandshake(b)
	if err != nil || n != 5 || h.Type != HandshakeTypeKeyUpdate || !bytes.Equal(h.Raw, b[:5]) || !bytes.Equal(h.Body, b[4:5]) {
		t.Errorf("%v, %d, %v", h, n, err)
	}
	if &h.Raw[0] != &b[0] || cap(h.Raw) != 5 {
		t.Error("Raw does not alias the message alone")
	}
	if h, n, err := ParseHandshake([]byte{14, 0, 0, 0}); err != nil || n != HandshakeHeaderLen || len(h.Body) != 0 {
		t.Errorf("an empty message: %v, %d, %v", h, n, err)
	}
}

func TestParseHandshakeRefusesLength(t *testing.T) {
	if _, n, err := ParseHandshake([]byte{11, 4, 0, 0}); n != 0 || err != nil {
		t.Errorf("of the greatest length: %d, %v", n, err)
	}
	_, n, err := ParseHandshake([]byte{11, 4, 0, 1})
	var got *HandshakeError
	if !errors.As(err, &got) || got.Type != HandshakeTypeCertificate || got.Length != MaxHandshake+1 || n != 0 ||
		err.Error() != "tlswire: Certificate message of 262145 bytes exceeds 262144" {
		t.Errorf("%d, %v", n, err)
	}
}

func FuzzParseHandshake(f *testing.F) {
	seeds := 0
	for _, flow := range sampleFlows(f) {
		var joined []byte
		for _, m := range flow.messages {
			joined = append(joined, m.Raw...)
			f.Add(m.Raw)
			seeds++
		}
		f.Add(joined)
	}
	if seeds == 0 {
		f.Fatal("no seeds")
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, n, err := ParseHandshake(b)
		if err != nil && n != 0 || n > len(b) || n > 0 && (n != len(h.Raw) || n != HandshakeHeaderLen+len(h.Body)) {
			t.Fatalf("%d of %d bytes, %v", n, len(b), err)
		}
		for cut := range min(len(b), n+HandshakeHeaderLen) {
			g, m, e := ParseHandshake(b[:cut])
			switch {
			case m == 0 && e == nil:
			case e != nil && (err == nil || e.Error() != err.Error()):
				t.Fatalf("the first %d bytes: %v; all: %v", cut, e, err)
			case m != 0 && (m != n || cut < n || !bytes.Equal(g.Raw, h.Raw)):
				t.Fatalf("the first %d bytes: %v; all: %v", cut, g, h)
			}
		}
		if n == 0 {
			return
		}
		for _, version := range []Version{0, VersionTLS10, VersionTLS12, VersionTLS13} {
			for _, suite := range []CipherSuite{0xc02f, 0x009e, 0x002f, 0x00a8, 0xc037, 0xc01e, TLS_AES_128_GCM_SHA256} {
				checkParsed(t, h, version, suite)
			}
		}
	})
}

// checkParsed parses a message of any type and holds that an error of it is a
// *ParseError that points into the body.
func checkParsed(t *testing.T, h Handshake, version Version, suite CipherSuite) {
	t.Helper()
	_, err := parseAny(h.Type, version, suite, h.Body)
	var fault *ParseError
	if err != nil && (!errors.As(err, &fault) || fault.Offset < 0 || fault.Offset > len(h.Body) ||
		fault.Message == "" || fault.Field == "" || fault.Reason == "") {
		t.Fatalf("%s: %#v", h.Type, err)
	}
}

// parseAny parses the body of a message of type t. The result is nil for types
// without a typed form.
func parseAny(t HandshakeType, version Version, suite CipherSuite, body []byte) (any, error) {
	switch t {
	case HandshakeTypeClientHello:
		return ParseClientHello(body)
	case HandshakeTypeServerHello:
		return ParseServerHello(body)
	case HandshakeTypeNewSessionTicket:
		return ParseNewSessionTicket(version, body)
	case HandshakeTypeEncryptedExtensions:
		return ParseEncryptedExtensions(body)
	case HandshakeTypeCertificate:
		return ParseCertificate(version, body)
	case HandshakeTypeServerKeyExchange:
		return ParseServerKeyExchange(version, suite, body)
	case HandshakeTypeCertificateRequest:
		return ParseCertificateRequest(version, body)
	case HandshakeTypeCertificateVerify:
		return ParseCertificateVerify(version, body)
	case HandshakeTypeClientKeyExchange:
		return ParseClientKeyExchange(version, suite, body)
	case HandshakeTypeCertificateStatus:
		return ParseCertificateStatus(body)
	case HandshakeTypeKeyUpdate:
		return ParseKeyUpdate(body)
	case HandshakeTypeCompressedCertificate:
		return ParseCompressedCertificate(body)
	}
	return nil, nil
}
