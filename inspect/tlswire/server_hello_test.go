package tlswire

import (
	"crypto/sha256"
	"errors"
	"slices"
	"testing"
)

func mustServerHello(t *testing.T, body []byte) *ServerHello {
	t.Helper()
	h, err := ParseServerHello(body)
	if err != nil {
		t.Fatal(err)
	}
	if len(h.Malformed) > 0 {
		t.Fatalf("malformed: %v", h.Malformed)
	}
	return h
}

func TestServerHelloTLS12(t *testing.T) {
	h := mustServerHello(t, body(t, sampleHex(t, illustrated12Server)))
	check := checker(t)
	check("version", h.LegacyVersion == VersionTLS12 && h.SelectedVersion == 0 && h.Version() == VersionTLS12)
	check("random", len(h.Random) == 32 && h.Random[0] == 0x70)
	check("suite", h.CipherSuite == 0xc013)
	check("compression", h.CompressionMethod == CompressionNull)
	check("extensions", slices.Equal(typesOf(h.Extensions), []ExtensionType{ExtensionTypeRenegotiationInfo}))
	check("HasExtension", h.HasExtension(ExtensionTypeRenegotiationInfo) && !h.HasExtension(ExtensionTypeALPN))
	check("no retry", !h.IsHelloRetryRequest())

	flow := findFlow(t, "tls12-ecdhe-ecdsa-client-certificate")
	h = mustServerHello(t, flow.message(t, true, HandshakeTypeServerHello, 0).Body)
	check("ALPN", h.ALPN == "h2")
	check("flags", h.SessionTicket && h.ExtendedMasterSecret && h.StatusRequest && !h.EncryptThenMAC)
	flow = findFlow(t, "tls10-rsa")
	h = mustServerHello(t, flow.message(t, true, HandshakeTypeServerHello, 0).Body)
	check("encrypt then MAC", h.EncryptThenMAC && h.Version() == VersionTLS10)
}

func TestServerHelloTLS13(t *testing.T) {
	h := mustServerHello(t, body(t, sampleHex(t, illustrated13Server)))
	check := checker(t)
	check("version", h.LegacyVersion == VersionTLS12 && h.SelectedVersion == VersionTLS13 && h.Version() == VersionTLS13)
	check("suite", h.CipherSuite == TLS_AES_256_GCM_SHA384)
	check("session id", len(h.SessionID) == 32)
	check("share", h.KeyShare.Group == GroupX25519 && len(h.KeyShare.KeyExchange) == 32)
	check("no psk", !h.HasPSK)
}

func TestHelloRetryRequest(t *testing.T) {
	// RFC 8446 section 4.1.3.
	if sum := sha256.Sum256([]byte("HelloRetryRequest")); string(sum[:]) != helloRetryRandom {
		t.Errorf("%x", sum)
	}
	flow := findFlow(t, "tls13-hello-retry")
	retry := mustServerHello(t, flow.message(t, true, HandshakeTypeServerHello, 0).Body)
	final := mustServerHello(t, flow.message(t, true, HandshakeTypeServerHello, 1).Body)
	if !retry.IsHelloRetryRequest() || retry.KeyShare.Group != GroupSecp384r1 || retry.KeyShare.KeyExchange != nil {
		t.Errorf("%+v", retry)
	}
	if final.IsHelloRetryRequest() || final.KeyShare.Group != GroupSecp384r1 || len(final.KeyShare.KeyExchange) != 97 {
		t.Errorf("%+v", final)
	}
}

// serverHelloBytes builds a Server Hello, or a Hello Retry Request, with the
// given extensions in hexadecimal.
func serverHelloBytes(t *testing.T, retry bool, extensions string) []byte {
	t.Helper()
	random := make([]byte, 32)
	if retry {
		random = []byte(helloRetryRandom)
	}
	ext := sampleHex(t, extensions)
	b := append(sampleHex(t, "0303"), random...)
	b = append(b, sampleHex(t, "00 1301 00")...)
	return append(append(b, byte(len(ext)>>8), byte(len(ext))), ext...)
}

func TestServerHelloExtensions(t *testing.T) {
	h := mustServerHello(t, serverHelloBytes(t, false, "0029 0002 0001"))
	if !h.HasPSK || h.SelectedIdentity != 1 {
		t.Errorf("%+v", h)
	}
	h = mustServerHello(t, serverHelloBytes(t, true, "002c 0004 0002 aabb"))
	if string(h.Cookie) != "\xaa\xbb" {
		t.Errorf("%+v", h)
	}
}

func TestServerHelloMalformed(t *testing.T) {
	const at = 2 + 32 + 1 + 2 + 1 + 2
	for _, c := range []struct {
		name, extensions string
		retry            bool
		want             ParseError
	}{
		{"long version", "002b 0003 0304 00", false, ParseError{"Server Hello", "selected_version", at + 6, reasonTrailing}},
		{"retry with a share", "0033 0005 001d 0001 aa", true, ParseError{"Hello Retry Request", "key_share", at + 6, reasonTrailing}},
		{"share without key", "0033 0002 001d", false, ParseError{"Server Hello", "key_exchange", at + 6, reasonTruncated}},
		{"ticket", "0023 0001 00", false, ParseError{"Server Hello", "session_ticket", at + 4, reasonTrailing}},
		{"twice", "0017 0000 0017 0000", false, ParseError{"Server Hello", "extended_master_secret", at + 4, "is there twice"}},
		{"short identity", "0029 0001 00", false, ParseError{"Server Hello", "selected_identity", at + 4, reasonTruncated}},
	} {
		h, err := ParseServerHello(serverHelloBytes(t, c.retry, c.extensions))
		if err != nil || !slices.Equal(h.Malformed, []ParseError{c.want}) || h.HasPSK {
			t.Errorf("%s: %+v, %v", c.name, h, err)
		}
	}
	_, err := ParseServerHello(make([]byte, 36))
	var got *ParseError
	if !errors.As(err, &got) || *got != (ParseError{"Server Hello", "cipher_suite", 35, reasonTruncated}) {
		t.Error(err)
	}
}
