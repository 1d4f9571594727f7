package tlswire

import (
	"fmt"
	"strings"
	"testing"
)

func TestRegistriesAreInOrder(t *testing.T) {
	for name, registry := range map[string][]registered{
		"cipher suites":            cipherSuites,
		"groups":                   namedGroups,
		"signature schemes":        signatureSchemes,
		"extension types":          extensionTypes,
		"client certificate types": clientCertificateTypes,
		"SRTP profiles":            srtpProfiles,
		"HPKE KDFs":                hpkeKDFs,
		"HPKE AEADs":               hpkeAEADs,
	} {
		for i, row := range registry {
			if i > 0 && registry[i-1].value >= row.value {
				t.Errorf("%s: %#04x stands behind %#04x", name, row.value, registry[i-1].value)
			}
			if row.name == "" || isGREASE(row.value) {
				t.Errorf("%s: %#04x is %q", name, row.value, row.name)
			}
		}
	}
}

// TestNamesAreDistinct holds for every value of every type: a reader can tell
// each from each other, and no string is empty.
func TestNamesAreDistinct(t *testing.T) {
	for name, str := range map[string]func(uint16) string{
		"CipherSuite":                     func(v uint16) string { return CipherSuite(v).String() },
		"NamedGroup":                      func(v uint16) string { return NamedGroup(v).String() },
		"SignatureScheme":                 func(v uint16) string { return SignatureScheme(v).String() },
		"ExtensionType":                   func(v uint16) string { return ExtensionType(v).String() },
		"Version":                         func(v uint16) string { return Version(v).String() },
		"CertificateCompressionAlgorithm": func(v uint16) string { return CertificateCompressionAlgorithm(v).String() },
		"SRTPProtectionProfile":           func(v uint16) string { return SRTPProtectionProfile(v).String() },
		"HPKEKDF":                         func(v uint16) string { return HPKEKDF(v).String() },
		"HPKEAEAD":                        func(v uint16) string { return HPKEAEAD(v).String() },
	} {
		checkDistinct(t, name, 1<<16, "0x%04x", func(v int) string { return str(uint16(v)) })
	}
	for name, str := range map[string]func(uint8) string{
		"ContentType":           func(v uint8) string { return ContentType(v).String() },
		"HandshakeType":         func(v uint8) string { return HandshakeType(v).String() },
		"AlertLevel":            func(v uint8) string { return AlertLevel(v).String() },
		"AlertDescription":      func(v uint8) string { return AlertDescription(v).String() },
		"CompressionMethod":     func(v uint8) string { return CompressionMethod(v).String() },
		"ServerNameType":        func(v uint8) string { return ServerNameType(v).String() },
		"PSKKeyExchangeMode":    func(v uint8) string { return PSKKeyExchangeMode(v).String() },
		"ECPointFormat":         func(v uint8) string { return ECPointFormat(v).String() },
		"ECCurveType":           func(v uint8) string { return ECCurveType(v).String() },
		"MaxFragmentLength":     func(v uint8) string { return MaxFragmentLength(v).String() },
		"HeartbeatMode":         func(v uint8) string { return HeartbeatMode(v).String() },
		"ECHClientHelloType":    func(v uint8) string { return ECHClientHelloType(v).String() },
		"CertificateType":       func(v uint8) string { return CertificateType(v).String() },
		"CertificateStatusType": func(v uint8) string { return CertificateStatusType(v).String() },
		"ClientCertificateType": func(v uint8) string { return ClientCertificateType(v).String() },
		"KeyUpdateRequest":      func(v uint8) string { return KeyUpdateRequest(v).String() },
		"KeyExchange":           func(v uint8) string { return KeyExchange(v).String() },
	} {
		checkDistinct(t, name, 1<<8, "0x%02x", func(v int) string { return str(uint8(v)) })
	}
}

// checkDistinct also checks that what is unknown or GREASE shows its number.
func checkDistinct(t *testing.T, name string, values int, number string, str func(int) string) {
	t.Helper()
	seen := make(map[string]int, values)
	for v := range values {
		s := str(v)
		if before, ok := seen[s]; ok && !sameSuiteTwice(s) {
			t.Errorf("%s: %#x and %#x are both %q", name, before, v, s)
		}
		seen[s] = v
		if s == "" {
			t.Errorf("%s: %#x has no string", name, v)
		}
		if strings.HasPrefix(s, "unknown (") && s != fmt.Sprintf("unknown ("+number+")", v) {
			t.Errorf("%s: %#x is %q", name, v, s)
		}
	}
}

// sameSuiteTwice names the suites that Netscape gave two values each.
func sameSuiteTwice(s string) bool { return strings.HasPrefix(s, "SSL_RSA_FIPS_WITH_") }

func TestGREASE(t *testing.T) {
	// RFC 8701 section 2.
	n := 0
	for v := range 1 << 16 {
		if !isGREASE(uint16(v)) {
			continue
		}
		if want := n<<12 | 0xa<<8 | n<<4 | 0xa; v != want {
			t.Errorf("%#04x is GREASE, not %#04x", v, want)
		}
		n++
	}
	if n != 16 {
		t.Errorf("%d values of GREASE", n)
	}
	for _, got := range []string{
		CipherSuite(0x0a0a).String(), NamedGroup(0x0a0a).String(), ExtensionType(0x0a0a).String(),
		SignatureScheme(0x0a0a).String(), Version(0x0a0a).String(),
	} {
		if got != "GREASE (0x0a0a)" {
			t.Error(got)
		}
	}
	if !CipherSuite(0xfafa).IsGREASE() || !NamedGroup(0xfafa).IsGREASE() || !ExtensionType(0xfafa).IsGREASE() ||
		!SignatureScheme(0xfafa).IsGREASE() || !Version(0xfafa).IsGREASE() || Version(0x0a1a).IsGREASE() {
		t.Error("IsGREASE")
	}
	modes := 0
	for v := range 1 << 8 {
		if m := PSKKeyExchangeMode(v); m.IsGREASE() {
			if modes++; m.String() != fmt.Sprintf("GREASE (0x%02x)", v) || v%31 != 11 {
				t.Errorf("%#02x: %s", v, m)
			}
		}
	}
	if modes != 8 {
		t.Errorf("%d modes of GREASE", modes)
	}
}

func TestNames(t *testing.T) {
	for want, got := range map[string]fmt.Stringer{
		"TLS_NULL_WITH_NULL_NULL":                         CipherSuite(0x0000),
		"TLS_RSA_WITH_AES_128_CBC_SHA":                    CipherSuite(0x002f),
		"TLS_EMPTY_RENEGOTIATION_INFO_SCSV":               CipherSuite(0x00ff),
		"TLS_AES_128_GCM_SHA256":                          CipherSuite(0x1301),
		"TLS_FALLBACK_SCSV":                               CipherSuite(0x5600),
		"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256":           CipherSuite(0xc02f),
		"TLS_ECDHE_ECDSA_WITH_CAMELLIA_256_GCM_SHA384":    CipherSuite(0xc087),
		"TLS_PSK_DHE_WITH_AES_128_CCM_8":                  CipherSuite(0xc0aa),
		"TLS_GOSTR341112_256_WITH_KUZNYECHIK_MGM_L":       CipherSuite(0xc103),
		"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256_OLD": CipherSuite(0xcc13),
		"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256":     CipherSuite(0xcca8),
		"unknown (0x1399)":                                CipherSuite(0x1399),
		"x25519":                                          GroupX25519,
		"secp256r1":                                       GroupSecp256r1,
		"X25519MLKEM768":                                  NamedGroup(4588),
		"SecP256r1MLKEM768":                               NamedGroup(4587),
		"SecP384r1MLKEM1024":                              NamedGroup(4589),
		"X25519Kyber768Draft00":                           NamedGroup(25497),
		"MLKEM768":                                        NamedGroup(0x0201),
		"ffdhe8192":                                       NamedGroup(260),
		"brainpoolP512r1tls13":                            NamedGroup(33),
		"ecdsa_secp256r1_sha256":                          SchemeECDSASecp256r1SHA256,
		"rsa_pss_pss_sha512":                              SchemeRSAPSSPSSSHA512,
		"rsa_pkcs1_sha1":                                  SignatureScheme(0x0201),
		"dsa_sha1":                                        SignatureScheme(0x0202),
		"ecdsa_brainpoolP384r1tls13_sha384":               SignatureScheme(0x081b),
		"mldsa65":                                         SignatureScheme(0x0905),
		"slhdsa_shake_256f":                               SignatureScheme(0x091c),
		"server_name":                                     ExtensionType(0),
		"application_layer_protocol_negotiation":          ExtensionTypeALPN,
		"supported_versions":                              ExtensionTypeSupportedVersions,
		"key_share":                                       ExtensionTypeKeyShare,
		"quic_transport_parameters":                       ExtensionType(57),
		"next_protocol_negotiation":                       ExtensionType(13172),
		"application_settings_old":                        ExtensionType(17513),
		"application_settings":                            ExtensionType(17613),
		"channel_id":                                      ExtensionType(30032),
		"ech_outer_extensions":                            ExtensionType(64768),
		"encrypted_client_hello":                          ExtensionType(65037),
		"renegotiation_info":                              ExtensionType(65281),
		"quic_transport_parameters_draft":                 ExtensionType(0xffa5),
		"TLS 1.3":                                         VersionTLS13,
		"SSL 3.0":                                         VersionSSL30,
		"TLS 1.3 (draft 28)":                              Version(0x7f1c),
		"unknown_ca":                                      AlertUnknownCA,
		"no_application_protocol":                         AlertDescription(120),
		"ech_required":                                    AlertDescription(121),
		"fatal":                                           AlertLevelFatal,
		"fatal unknown_ca":                                Alert{AlertLevelFatal, AlertUnknownCA},
		"New Session Ticket":                              HandshakeTypeNewSessionTicket,
		"End of Early Data":                               HandshakeTypeEndOfEarlyData,
		"Compressed Certificate":                          HandshakeType(25),
		"Message Hash":                                    HandshakeType(254),
		"unknown (0x63)":                                  HandshakeType(99),
		"Change Cipher Spec":                              ContentTypeChangeCipherSpec,
		"Heartbeat":                                       ContentType(24),
		"brotli":                                          CertificateCompressionBrotli,
		"ecdsa_sign":                                      ClientCertificateType(64),
		"named_curve":                                     ECCurveTypeNamedCurve,
		"ocsp":                                            CertificateStatusTypeOCSP,
		"psk_dhe_ke":                                      PSKModeDHEKE,
		"RawPublicKey":                                    CertificateTypeRawPublicKey,
		"2^12":                                            MaxFragmentLength(4),
		"SRTP_AEAD_AES_256_GCM":                           SRTPProtectionProfile(8),
	} {
		if got.String() != want {
			t.Errorf("%v (%#v), not %s", got, got, want)
		}
	}
}

// TestRegistriesAreComplete counts what the registries of the Internet Assigned
// Numbers Authority assign, so that no row gets lost.
func TestRegistriesAreComplete(t *testing.T) {
	count := func(registry []registered, from, to uint16) (n int) {
		for _, row := range registry {
			if row.value >= from && row.value <= to {
				n++
			}
		}
		return n
	}
	for _, c := range []struct {
		what     string
		registry []registered
		from, to uint16
		want     int
	}{
		{"suites with 0x00", cipherSuites, 0x0000, 0x00ff, 28 + 2 + 14 + 27 + 7 + 7 + 4 + 4 + 66 + 2 + 1},
		{"suites of TLS 1.3", cipherSuites, 0x1301, 0x13ff, 7},
		{"suites with 0xc0", cipherSuites, 0xc001, 0xc0b5, 0xb5},
		{"suites with 0xc1", cipherSuites, 0xc100, 0xc1ff, 7},
		{"suites with 0xcc", cipherSuites, 0xcca8, 0xccff, 7},
		{"suites with 0xd0", cipherSuites, 0xd000, 0xd0ff, 4},
		{"curves", namedGroups, 1, 41, 41},
		{"finite fields", namedGroups, 256, 260, 5},
		{"extensions", extensionTypes, 0, 62, 63}, // 40 and 46 as in the drafts that used them
	} {
		if got := count(c.registry, c.from, c.to); got != c.want {
			t.Errorf("%d %s, not %d", got, c.what, c.want)
		}
	}
}
