package tlswire

import (
	"errors"
	"testing"
)

// TestParsersRefuse holds what the flows have no message for.
func TestParsersRefuse(t *testing.T) {
	for _, c := range []struct {
		parse func() error
		want  ParseError
	}{
		{func() error { _, err := ParseKeyUpdate(nil); return err },
			ParseError{"Key Update", "request_update", 0, reasonTruncated}},
		{func() error { _, err := ParseKeyUpdate([]byte{0, 0}); return err },
			ParseError{"Key Update", "request_update", 1, reasonTrailing}},
		{func() error { _, err := ParseCompressedCertificate([]byte{0, 1, 0}); return err },
			ParseError{"Compressed Certificate", "uncompressed_length", 2, reasonTruncated}},
		{func() error { _, err := ParseCompressedCertificate([]byte{0, 1, 0, 0, 1, 0, 0, 2, 9}); return err },
			ParseError{"Compressed Certificate", "compressed_certificate_message", 5, reasonTruncated}},
		{func() error { _, err := ParseCertificate(VersionTLS12, []byte{0, 0, 3, 0, 0, 0}); return err },
			ParseError{"Certificate", "cert_data", 3, reasonEmpty}},
		{func() error {
			_, err := ParseCertificate(VersionTLS13, []byte{0, 0, 0, 5, 0, 0, 1, 0x30, 0})
			return err
		},
			ParseError{"Certificate", "extensions", 8, reasonTruncated}},
		{func() error {
			_, err := ParseCertificateRequest(VersionTLS12, []byte{1, 64, 0, 1, 4, 0, 0})
			return err
		}, ParseError{"Certificate Request", "supported_signature_algorithms", 4, reasonOddLength}},
		{func() error { _, err := ParseCertificateStatus([]byte{2, 0, 0, 4, 0, 0, 9, 9}); return err },
			ParseError{"Certificate Status", "response", 4, reasonTruncated}},
	} {
		var got *ParseError
		if err := c.parse(); !errors.As(err, &got) || *got != c.want {
			t.Errorf("%v, not %v", err, &c.want)
		}
	}
}

// TestDrafts holds that the drafts of TLS 1.3 have its messages.
func TestDrafts(t *testing.T) {
	flow := findFlow(t, "tls13-client-certificate")
	for _, m := range flow.messages {
		if _, err := parseAny(m.Type, 0x7f1c, flow.suite, m.Body); err != nil {
			t.Errorf("%s: %v", m.Type, err)
		}
	}
}
