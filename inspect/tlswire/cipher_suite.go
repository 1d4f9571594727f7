package tlswire

import "strings"

// CipherSuite names the algorithms that protect a connection, RFC 8446 section
// 4.1.2 and appendix B.4.
type CipherSuite uint16

// The suites of TLS 1.3, RFC 8446 appendix B.4, and the values that stand in a
// Client Hello's list of suites without being one.
const (
	TLS_AES_128_GCM_SHA256       CipherSuite = 0x1301
	TLS_AES_256_GCM_SHA384       CipherSuite = 0x1302
	TLS_CHACHA20_POLY1305_SHA256 CipherSuite = 0x1303
	TLS_AES_128_CCM_SHA256       CipherSuite = 0x1304
	TLS_AES_128_CCM_8_SHA256     CipherSuite = 0x1305

	TLS_EMPTY_RENEGOTIATION_INFO_SCSV CipherSuite = 0x00ff // RFC 5746 section 3.3
	TLS_FALLBACK_SCSV                 CipherSuite = 0x5600 // RFC 7507 section 3
)

// String returns the suite's name in the registry: "TLS_AES_128_GCM_SHA256".
func (s CipherSuite) String() string { return name16(cipherSuites, uint16(s)) }

// IsGREASE says whether s is reserved by RFC 8701 to keep peers tolerant.
func (s CipherSuite) IsGREASE() bool { return isGREASE(uint16(s)) }

// IsSCSV says whether s is a signal in the place of a suite: it can be offered
// but never chosen.
func (s CipherSuite) IsSCSV() bool {
	return s == TLS_EMPTY_RENEGOTIATION_INFO_SCSV || s == TLS_FALLBACK_SCSV
}

// IsTLS13 says whether s is for TLS 1.3 alone: it names no key exchange.
func (s CipherSuite) IsTLS13() bool { return s.KeyExchange() == KexTLS13 }

// KeyExchange is the way in which a suite's connections agree on a secret.
type KeyExchange uint8

// The key exchanges that suites name. Which of them sends a Server Key Exchange,
// and what the messages hold, is in RFC 5246 section 7.4.3 unless noted.
const (
	KexUnknown  KeyExchange = iota
	KexNull                 // TLS_NULL_WITH_NULL_NULL, where every connection begins
	KexTLS13                // negotiated apart from the suite, RFC 8446 section 4.2.8
	KexRSA                  // the client encrypts the secret to the certificate's key
	KexDH                   // the certificate holds a Diffie-Hellman key
	KexDHE                  //
	KexDHAnon               //
	KexECDH                 // RFC 8422 section 2, and the next two
	KexECDHE                //
	KexECDHAnon             //
	KexPSK                  // RFC 4279 section 2
	KexDHEPSK               // RFC 4279 section 3
	KexRSAPSK               // RFC 4279 section 4
	KexECDHEPSK             // RFC 5489 section 2
	KexSRP                  // RFC 5054
	KexKerberos             // RFC 2712
	KexECCPWD               // RFC 8492
	KexECJPAKE              // draft-cragie-tls-ecjpake
	KexGOST                 // RFC 9189
)

// String returns the key exchange's common name: "ECDHE".
func (k KeyExchange) String() string {
	names := [...]string{"unknown", "NULL", "TLS 1.3", "RSA", "DH", "DHE", "DH_anon", "ECDH", "ECDHE", "ECDH_anon",
		"PSK", "DHE_PSK", "RSA_PSK", "ECDHE_PSK", "SRP", "KRB5", "ECCPWD", "ECJPAKE", "GOST"}
	if int(k) < len(names) {
		return names[k]
	}
	return unknown8(uint8(k))
}

// KeyExchange returns the key exchange that s names. It is KexUnknown for
// signals, for GREASE and for what has no name.
func (s CipherSuite) KeyExchange() KeyExchange {
	name, ok := lookup(cipherSuites, uint16(s))
	if !ok || s.IsSCSV() {
		return KexUnknown
	}
	if s >= 0xc103 && s <= 0xc106 { // RFC 9367: of TLS 1.3, but named like those of RFC 9189
		return KexTLS13
	}
	algorithm, _, ok := strings.Cut(name, "_WITH_")
	if !ok {
		if strings.HasPrefix(name, "TLS_") { // RFC 8446 appendix B.4: TLS_AEAD_HASH
			return KexTLS13
		}
		return KexUnknown // those of TLCP
	}
	return keyExchangeNamed(algorithm)
}

// keyExchangeNamed reads the part of a suite's name before "_WITH_".
func keyExchangeNamed(algorithm string) KeyExchange {
	algorithm, _, _ = strings.Cut(algorithm, "_EXPORT") // or _EXPORT1024
	switch algorithm {
	case "TLS_NULL":
		return KexNull
	case "TLS_RSA", "SSL_RSA_FIPS":
		return KexRSA
	case "TLS_DH_DSS", "TLS_DH_RSA":
		return KexDH
	case "TLS_DHE_DSS", "TLS_DHE_RSA":
		return KexDHE
	case "TLS_DH_anon":
		return KexDHAnon
	case "TLS_ECDH_ECDSA", "TLS_ECDH_RSA":
		return KexECDH
	case "TLS_ECDHE_ECDSA", "TLS_ECDHE_RSA":
		return KexECDHE
	case "TLS_ECDH_anon":
		return KexECDHAnon
	case "TLS_PSK":
		return KexPSK
	case "TLS_DHE_PSK", "TLS_PSK_DHE": // the latter by a slip in RFC 6655
		return KexDHEPSK
	case "TLS_RSA_PSK":
		return KexRSAPSK
	case "TLS_ECDHE_PSK":
		return KexECDHEPSK
	case "TLS_SRP_SHA", "TLS_SRP_SHA_RSA", "TLS_SRP_SHA_DSS":
		return KexSRP
	case "TLS_KRB5":
		return KexKerberos
	case "TLS_ECCPWD":
		return KexECCPWD
	case "TLS_ECJPAKE":
		return KexECJPAKE
	case "TLS_GOSTR341112_256", "TLS_GOSTR341001", "TLS_GOSTR341094":
		return KexGOST
	}
	return KexUnknown // FORTEZZA
}

// signsKeyExchange says whether the Server Key Exchange ends with a signature
// by the certificate's key, RFC 5246 section 7.4.3.
func (s CipherSuite) signsKeyExchange() bool {
	switch s.KeyExchange() {
	case KexDHE, KexECDHE, KexRSA: // the last for export alone, RFC 2246 section 7.4.3
		return true
	case KexSRP: // RFC 5054 section 2.8.3
		name, _ := lookup(cipherSuites, uint16(s))
		return !strings.HasPrefix(name, "TLS_SRP_SHA_WITH_")
	}
	return false
}
