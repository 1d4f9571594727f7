package tlswire

import (
	"bytes"
	"encoding/hex"
	"testing"
)

// ssl2HelloRecord is a hello of SSL 2.0's form that asks for TLS 1.0.
var ssl2HelloRecord = hx("802e 01 0301 0015 0000 0010 010080 00002f 000005 00000a 000009 0700c0 000004 000102030405060708090a0b0c0d0e0f")

func TestSSL2ClientHello(t *testing.T) {
	for n := range len(ssl2HelloRecord) + 1 {
		yes, more := IsSSL2ClientHello(ssl2HelloRecord[:n])
		if yes != (n >= 5) || more != (n < 5) {
			t.Errorf("of %d bytes: %v, %v", n, yes, more)
		}
		content, took := ParseSSL2Record(ssl2HelloRecord[:n])
		if whole := n == len(ssl2HelloRecord); whole != (took > 0) || whole && len(content) != n-2 {
			t.Errorf("of %d bytes: a record of %d", n, took)
		}
	}
	h, err := ParseSSL2ClientHello(ssl2HelloRecord[2:])
	if err != nil {
		t.Fatal(err)
	}
	if !h.SSL2 || h.LegacyVersion != VersionTLS10 || len(h.CipherSuites) != 5 || h.CipherSuites[0] != 0x002f ||
		hex.EncodeToString(h.Random) != "00000000000000000000000000000000000102030405060708090a0b0c0d0e0f" {
		t.Errorf("%+v", h)
	}
	for n := range len(ssl2HelloRecord) - 2 {
		if _, err := ParseSSL2ClientHello(ssl2HelloRecord[2 : 2+n]); err == nil {
			t.Errorf("cut to %d bytes it is one, too", n)
		}
	}
	for _, other := range []string{"16030100", "474554202f", "8003010301", "802e040301", "802e010401", "802e010305"} {
		if yes, more := IsSSL2ClientHello(hx(other)); yes || more {
			t.Errorf("%s: %v, %v", other, yes, more)
		}
	}
}

// TestSSL2Record: with three bytes of header there is padding, which is no content.
func TestSSL2Record(t *testing.T) {
	content, n := ParseSSL2Record(hx("0005 02 aabbcc 0000 ff"))
	if !bytes.Equal(content, hx("aabbcc")) || n != 8 {
		t.Errorf("%x, %d bytes", content, n)
	}
	if content, n = ParseSSL2Record(hx("0001 09 aa")); len(content) != 0 || n != 4 {
		t.Errorf("more padding than there is: %x, %d", content, n)
	}
}
