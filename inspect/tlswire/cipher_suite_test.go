package tlswire

import (
	"strings"
	"testing"
)

func TestKeyExchange(t *testing.T) {
	for _, c := range []struct {
		suite CipherSuite
		want  KeyExchange
		text  string
	}{
		{0x0000, KexNull, "NULL"},
		{0x0003, KexRSA, "RSA"},
		{0x0011, KexDHE, "DHE"},
		{0x0013, KexDHE, "DHE"},
		{0x000d, KexDH, "DH"},
		{0x0019, KexDHAnon, "DH_anon"},
		{0x002b, KexKerberos, "KRB5"},
		{0x002f, KexRSA, "RSA"},
		{0x0062, KexRSA, "RSA"},
		{0x0063, KexDHE, "DHE"},
		{0x0081, KexGOST, "GOST"},
		{0x009e, KexDHE, "DHE"},
		{0x00a8, KexPSK, "PSK"},
		{0x00aa, KexDHEPSK, "DHE_PSK"},
		{0x00ac, KexRSAPSK, "RSA_PSK"},
		{0x00c6, KexTLS13, "TLS 1.3"},
		{TLS_EMPTY_RENEGOTIATION_INFO_SCSV, KexUnknown, "unknown"},
		{0x0a0a, KexUnknown, "unknown"},
		{TLS_AES_128_GCM_SHA256, KexTLS13, "TLS 1.3"},
		{0x1306, KexTLS13, "TLS 1.3"},
		{TLS_FALLBACK_SCSV, KexUnknown, "unknown"},
		{0xc002, KexECDH, "ECDH"},
		{0xc018, KexECDHAnon, "ECDH_anon"},
		{0xc01d, KexSRP, "SRP"},
		{0xc02b, KexECDHE, "ECDHE"},
		{0xc02f, KexECDHE, "ECDHE"},
		{0xc037, KexECDHEPSK, "ECDHE_PSK"},
		{0xc0aa, KexDHEPSK, "DHE_PSK"},
		{0xc0b0, KexECCPWD, "ECCPWD"},
		{0xc0b4, KexTLS13, "TLS 1.3"},
		{0xc0ff, KexECJPAKE, "ECJPAKE"},
		{0xc100, KexGOST, "GOST"},
		{0xc104, KexTLS13, "TLS 1.3"},
		{0xcca8, KexECDHE, "ECDHE"},
		{0xe013, KexUnknown, "unknown"},
		{0xfeff, KexRSA, "RSA"},
		{0x9999, KexUnknown, "unknown"},
	} {
		got := c.suite.KeyExchange()
		if got != c.want || got.String() != c.text {
			t.Errorf("%s: %s (%d), not %s", c.suite, got, got, c.text)
		}
		if c.suite.IsTLS13() != (c.want == KexTLS13) {
			t.Errorf("%s: IsTLS13 is %v", c.suite, c.suite.IsTLS13())
		}
	}
}

// TestKeyExchangeOfAll holds that each registered suite has a known exchange but
// those of which it is right to say that it is unknown.
func TestKeyExchangeOfAll(t *testing.T) {
	for _, row := range cipherSuites {
		s := CipherSuite(row.value)
		unknown := s.IsSCSV() || !strings.HasPrefix(row.name, "TLS_") && !strings.HasPrefix(row.name, "SSL_RSA_")
		if got := s.KeyExchange(); (got == KexUnknown) != unknown {
			t.Errorf("%s (%#04x): %s", s, row.value, got)
		}
	}
}
