package tlswire

import (
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
)

// The hellos of the captures behind the Illustrated TLS Connection pages, by
// Michael Driscoll, MIT licence.
const (
	illustrated12Client = "010000a10303000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f000020cca8cca9c02fc030c02bc02cc013c009c014" +
		"c00a009c009d002f0035c012000a010000580000001800160000136578616d706c652e756c666865696d2e6e6574000500050100000000000a000a" +
		"0008001d001700180019000b00020100000d0012001004010403050105030601060302010203ff0100010000120000"
	illustrated12Server = "0200002d0303707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f00c013000005ff01000100"
	illustrated13Client = "010000f40303000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3" +
		"f4f5f6f7f8f9fafbfcfdfeff000813021303130100ff010000a30000001800160000136578616d706c652e756c666865696d2e6e6574000b000403" +
		"000102000a00160014001d0017001e0019001801000101010201030104002300000016000000170000000d001e001c040305030603080708080809" +
		"080a080b080408050806040105010601002b0003020304002d00020101003300260024001d0020358072d6365880d1aeea329adf9121383851ed21" +
		"a28e3b75e965d0d2cd166254"
	illustrated13Server = "020000760303707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f20e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3" +
		"f4f5f6f7f8f9fafbfcfdfeff130200002e002b0002030400330024001d00209fd7ad6dcff4298dd3f96d5b1b2af910a0535b1488d7f8fabb349a98" +
		"2880b615"
)

func TestClientHelloTLS12(t *testing.T) {
	h := mustHello(t, body(t, sampleHex(t, illustrated12Client)))
	check := checker(t)
	check("legacy_version", h.LegacyVersion == VersionTLS12)
	check("random", len(h.Random) == 32 && h.Random[0] == 0 && h.Random[31] == 31)
	check("session id", len(h.SessionID) == 0)
	check("suites", len(h.CipherSuites) == 16 && h.CipherSuites[0] == 0xcca8 && h.CipherSuites[15] == 0x000a)
	check("compression", slices.Equal(h.CompressionMethods, []CompressionMethod{CompressionNull}))
	check("extensions", slices.Equal(typesOf(h.Extensions), []ExtensionType{0, 5, 10, 11, 13, 0xff01, 18}))
	check("server name", h.ServerName == "example.ulfheim.net")
	check("status request", h.StatusRequest)
	check("groups", slices.Equal(h.SupportedGroups, []NamedGroup{GroupX25519, GroupSecp256r1, GroupSecp384r1, GroupSecp521r1}))
	check("point formats", slices.Equal(h.ECPointFormats, []ECPointFormat{ECPointUncompressed}))
	check("schemes", len(h.SignatureSchemes) == 8 && h.SignatureSchemes[7] == SchemeECDSASHA1)
	check("nothing of TLS 1.3", h.SupportedVersions == nil && h.KeyShares == nil && h.ALPN == nil && !h.HasSessionTicket &&
		!h.EarlyData && h.OuterECH() == nil && h.PSKIdentities == nil && !h.ExtendedMasterSecret && !h.EncryptThenMAC)
}

func TestClientHelloTLS13(t *testing.T) {
	h := mustHello(t, body(t, sampleHex(t, illustrated13Client)))
	check := checker(t)
	check("session id", len(h.SessionID) == 32 && h.SessionID[0] == 0xe0)
	check("versions", slices.Equal(h.SupportedVersions, []Version{VersionTLS13}))
	check("key shares", len(h.KeyShares) == 1 && h.KeyShares[0].Group == GroupX25519 && len(h.KeyShares[0].KeyExchange) == 32)
	check("psk modes", slices.Equal(h.PSKModes, []PSKKeyExchangeMode{PSKModeDHEKE}))
	check("ticket", h.HasSessionTicket && len(h.SessionTicket) == 0)
	check("flags", h.ExtendedMasterSecret && h.EncryptThenMAC && !h.StatusRequest)
	check("HasExtension", h.HasExtension(ExtensionTypeKeyShare) && !h.HasExtension(ExtensionTypeALPN))
}

func checker(t *testing.T) func(what string, ok bool) {
	return func(what string, ok bool) {
		t.Helper()
		if !ok {
			t.Error(what)
		}
	}
}

func TestClientHelloOfChromium(t *testing.T) {
	h := mustHello(t, body(t, sampleHellos(t)["chromium"]))
	check := checker(t)
	check("GREASE stays", h.CipherSuites[0].IsGREASE() && h.SupportedVersions[0].IsGREASE() && h.SupportedGroups[0].IsGREASE() &&
		h.KeyShares[0].Group.IsGREASE() && h.Extensions[0].Type.IsGREASE())
	check("server name", h.ServerName == "example.test")
	check("ALPN", slices.Equal(h.ALPN, []string{"h2", "http/1.1"}))
	check("shares", len(h.KeyShares) == 3 && h.KeyShares[1].Group == GroupX25519MLKEM768 && len(h.KeyShares[1].KeyExchange) == 1216)
	check("ECH", h.HasExtension(ExtensionTypeEncryptedClientHello))
	check("compression", slices.Equal(h.CertCompression, []CertificateCompressionAlgorithm{CertificateCompressionBrotli}))
	check("settings", h.HasExtension(ExtensionTypeApplicationSettings))
}

// TestClientHelloAgreesWithGo holds what real clients sent to what crypto/tls
// reads in it.
func TestClientHelloAgreesWithGo(t *testing.T) {
	for name, hello := range sampleHellos(t) {
		h := mustHello(t, body(t, hello))
		info := goReads(t, hello)
		if info == nil {
			t.Errorf("%s: crypto/tls can't read it", name)
			continue
		}
		check := func(what string, ok bool) {
			t.Helper()
			if !ok {
				t.Errorf("%s: %s differs: %+v, %+v", name, what, h, info)
			}
		}
		check("suites", equal16(h.CipherSuites, info.CipherSuites))
		check("server name", h.ServerName == info.ServerName)
		check("groups", equal16(h.SupportedGroups, info.SupportedCurves))
		check("schemes", equal16(h.SignatureSchemes, info.SignatureSchemes))
		check("ALPN", slices.Equal(h.ALPN, info.SupportedProtos))
		check("extensions", equal16(typesOf(h.Extensions), info.Extensions))
		check("point formats", slices.EqualFunc(h.ECPointFormats, info.SupportedPoints,
			func(a ECPointFormat, b uint8) bool { return uint8(a) == b }))
		if h.SupportedVersions != nil { // else crypto/tls makes a list up
			check("versions", equal16(h.SupportedVersions, info.SupportedVersions))
		}
	}
}

func equal16[A, B ~uint16](a []A, b []B) bool {
	return slices.EqualFunc(a, b, func(a A, b B) bool { return uint16(a) == uint16(b) })
}

// goReads gives the message to a server of crypto/tls.
func goReads(t *testing.T, hello []byte) (info *tls.ClientHelloInfo) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		go func() {
			defer client.Close()
			client.Write(append([]byte{22, 3, 1, byte(len(hello) >> 8), byte(len(hello))}, hello...))
		}()
		defer server.Close()
		tls.Server(server, &tls.Config{GetConfigForClient: func(i *tls.ClientHelloInfo) (*tls.Config, error) {
			info = i
			return nil, errors.New("read")
		}}).Handshake()
	})
	return info
}

// TestClientHelloRetry reads a second hello, with what a Hello Retry Request
// asked for.
func TestClientHelloRetry(t *testing.T) {
	flow := findFlow(t, "tls13-hello-retry")
	first := mustHello(t, flow.message(t, false, HandshakeTypeClientHello, 0).Body)
	second := mustHello(t, flow.message(t, false, HandshakeTypeClientHello, 1).Body)
	if len(first.KeyShares) != 1 || first.KeyShares[0].Group != GroupX25519 ||
		len(second.KeyShares) != 1 || second.KeyShares[0].Group != GroupSecp384r1 {
		t.Errorf("%v, %v", first.KeyShares, second.KeyShares)
	}
}

// clientHelloBytes builds a hello with the given extensions, in hexadecimal.
func clientHelloBytes(t *testing.T, extensions string) []byte {
	t.Helper()
	ext := sampleHex(t, extensions)
	b := append(sampleHex(t, "0303"+strings.Repeat("11", 32)+"00 0002 1301 01 00"), byte(len(ext)>>8), byte(len(ext)))
	return append(b, ext...)
}

// clientExtensionsAt is where the extensions of clientHelloBytes begin.
const clientExtensionsAt = 2 + 32 + 1 + 4 + 2 + 2

func TestClientHelloPSK(t *testing.T) {
	h := mustHello(t, clientHelloBytes(t, "002a 0000"+"002c 0005 0003 aabbcc"+"002d 0003 02 00 01"+
		"0029 001b 000e 0002 0102 00000007 0000 00000000 0009 04 01020304 03 010203"))
	check := checker(t)
	check("identities", len(h.PSKIdentities) == 2 && string(h.PSKIdentities[0]) == "\x01\x02")
	check("early data", h.EarlyData)
	check("cookie", string(h.Cookie) == "\xaa\xbb\xcc")
	check("modes", slices.Equal(h.PSKModes, []PSKKeyExchangeMode{PSKModeKE, PSKModeDHEKE}))
}

// TestClientHelloMalformed holds that a fault within an extension is told, with
// its place, and costs no more than what it spoils.
func TestClientHelloMalformed(t *testing.T) {
	const alpn = "0010 0005 0003 02 6832"
	for _, c := range []struct {
		name       string
		extensions string
		field      string
		offset     int // within the extensions
		reason     string
		check      func(h *ClientHello) bool
	}{
		{"short name", "0000 0006 0004 00 0009 61", "host_name", 7, reasonTruncated, nil},
		{"empty name", "0000 0005 0003 00 0000", "host_name", 6, reasonEmpty, nil},
		{"empty name list", "0000 0002 0000", "server_name_list", 6, reasonEmpty, nil},
		{"two names", "0000 000a 0008 00 0001 61 00 0001 62", "host_name", 10, "is there twice",
			func(h *ClientHello) bool { return h.ServerName == "a" }},
		{"bytes behind names", "0000 0007 0004 00 0001 61 ff", "server_name_list", 10, reasonTrailing,
			func(h *ClientHello) bool { return h.ServerName == "a" }},
		{"empty protocol", "0010 0006 0004 02 6832 00", "protocol_name", 9, reasonEmpty,
			func(h *ClientHello) bool { return slices.Equal(h.ALPN, []string{"h2"}) }},
		{"no protocols", "0010 0002 0000", "protocol_name_list", 6, reasonEmpty, nil},
		{"odd groups", "000a 0005 0003 001d 00", "named_group_list", 6, reasonOddLength,
			func(h *ClientHello) bool { return slices.Equal(h.SupportedGroups, []NamedGroup{GroupX25519}) }},
		{"no groups", "000a 0002 0000", "named_group_list", 4, reasonEmpty, nil},
		{"no content", "000d 0000", "supported_signature_algorithms", 4, reasonTruncated, nil},
		{"odd versions", "002b 0004 03 0304 03", "versions", 5, reasonOddLength,
			func(h *ClientHello) bool { return slices.Equal(h.SupportedVersions, []Version{VersionTLS13}) }},
		{"short share", "0033 000b 0009 001d 0001 aa 0017 0009", "key_exchange", 13, reasonTruncated,
			func(h *ClientHello) bool { return len(h.KeyShares) == 1 && h.KeyShares[0].Group == GroupX25519 }},
		{"content where none is due", "0017 0001 00", "extended_master_secret", 4, reasonTrailing,
			func(h *ClientHello) bool { return h.ExtendedMasterSecret }},
		{"too few binders", "0029 000c 0008 0002 0102 00000007 0000", "binders", 14, "are not as many as the identities", nil},
		{"twice", "002a 0000 002a 0000", "early_data", 4, "is there twice", func(h *ClientHello) bool { return h.EarlyData }},
		{"PSK before the end", "0029 000e 0008 0002 0102 00000007 0002 01 01 002a 0000", "pre_shared_key", 22,
			"is not the last extension", func(h *ClientHello) bool { return h.EarlyData }},
	} {
		h, err := ParseClientHello(clientHelloBytes(t, c.extensions+alpnUnless(c.extensions, alpn)))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		want := ParseError{"Client Hello", c.field, clientExtensionsAt + c.offset, c.reason}
		if !slices.Contains(h.Malformed, want) {
			t.Errorf("%s: %v, not %v", c.name, h.Malformed, want)
		}
		if c.check != nil && !c.check(h) {
			t.Errorf("%s: %+v", c.name, h)
		}
		if !slices.Contains(h.ALPN, "h2") && c.name != "no protocols" {
			t.Errorf("%s: what follows is lost: %+v", c.name, h)
		}
	}
}

// alpnUnless returns alpn, unless the extensions have it or must come last.
func alpnUnless(extensions, alpn string) string {
	if strings.HasPrefix(extensions, "0010") {
		return ""
	}
	return alpn
}

// TestClientHelloBroken holds that a broken structure is an error that says where.
func TestClientHelloBroken(t *testing.T) {
	whole := body(t, sampleHex(t, illustrated13Client))
	edit := func(at int, b byte) []byte {
		c := slices.Clone(whole)
		c[at] = b
		return c
	}
	for _, c := range []struct {
		name string
		b    []byte
		want ParseError
	}{
		{"nothing", nil, ParseError{"Client Hello", "legacy_version", 0, reasonTruncated}},
		{"no random", whole[:20], ParseError{"Client Hello", "random", 2, reasonTruncated}},
		{"session id", whole[:40], ParseError{"Client Hello", "legacy_session_id", 34, reasonTruncated}},
		{"odd suites", edit(68, 7), ParseError{"Client Hello", "cipher_suites", 69, reasonOddLength}},
		{"long suites", edit(67, 0xff), ParseError{"Client Hello", "cipher_suites", 67, reasonTruncated}},
		{"short extensions", whole[:len(whole)-1], ParseError{"Client Hello", "extensions", 79, reasonTruncated}},
		{"a byte more", append(slices.Clone(whole), 0), ParseError{"Client Hello", "extensions", 244, reasonTrailing}},
		{"long extension", edit(84, 0xff), ParseError{"Client Hello", "extension_data", 83, reasonTruncated}},
	} {
		h, err := ParseClientHello(c.b)
		var got *ParseError
		if h != nil || !errors.As(err, &got) || *got != c.want {
			t.Errorf("%s: %v, not %v", c.name, err, &c.want)
		}
	}
	_, err := ParseClientHello(nil)
	if err.Error() != "tlswire: Client Hello: legacy_version at offset 0: truncated" {
		t.Error(err)
	}
}

// TestClientHelloLenient holds that rules of the outer structure that leave it
// readable are told and not enforced.
func TestClientHelloLenient(t *testing.T) {
	random := strings.Repeat("11", 32)
	for text, field := range map[string]string{
		"0303" + random + "21" + strings.Repeat("22", 33) + "0002 1301 01 00": "legacy_session_id",
		"0303" + random + "00 0000 01 00":                                     "cipher_suites",
		"0303" + random + "00 0002 1301 00":                                   "legacy_compression_methods",
	} {
		h, err := ParseClientHello(sampleHex(t, text))
		if err != nil || len(h.Malformed) != 1 || h.Malformed[0].Field != field {
			t.Errorf("%s: %+v, %v", field, h, err)
		}
	}
}

// TestClientHelloManyExtensions holds that a hello of nothing but extensions
// costs time and memory in proportion to its size alone.
func TestClientHelloManyExtensions(t *testing.T) {
	var ext strings.Builder
	for range 16000 {
		ext.WriteString("fafa0000")
	}
	h, err := ParseClientHello(clientHelloBytes(t, ext.String()))
	if err != nil || len(h.Extensions) != 16000 || len(h.Malformed) != maxNoted || cap(h.Extensions) != 16000 {
		t.Errorf("%d extensions, %d faults, %v", len(h.Extensions), len(h.Malformed), err)
	}
}

func TestVersionRange(t *testing.T) {
	versions := func(v ...Version) *ClientHello {
		return &ClientHello{LegacyVersion: VersionTLS12, SupportedVersions: v,
			Extensions: []Extension{{Type: ExtensionTypeSupportedVersions}}}
	}
	for _, c := range []struct {
		h               *ClientHello
		lowest, highest Version
	}{
		{versions(0x0a0a, VersionTLS13, VersionTLS12), VersionTLS12, VersionTLS13},
		{versions(VersionTLS12, VersionTLS13, VersionTLS11), VersionTLS11, VersionTLS13},
		{versions(VersionTLS13), VersionTLS13, VersionTLS13},
		{versions(VersionTLS12, 0x7f1c, 0x0305, VersionDTLS12, VersionSSL20), VersionTLS12, VersionTLS12},
		{versions(0x0a0a, 0x7f1c), 0, 0},
		{versions(), 0, 0},
		{&ClientHello{LegacyVersion: VersionTLS12}, VersionTLS10, VersionTLS12},
		{&ClientHello{LegacyVersion: VersionTLS10}, VersionTLS10, VersionTLS10},
		{&ClientHello{LegacyVersion: VersionSSL30}, VersionSSL30, VersionSSL30},
		{&ClientHello{LegacyVersion: VersionTLS13}, VersionTLS10, VersionTLS12},
		{&ClientHello{LegacyVersion: 0x03ff}, VersionTLS10, VersionTLS12},
		{&ClientHello{LegacyVersion: VersionSSL20}, 0, 0},
	} {
		if lowest, highest := c.h.VersionRange(); lowest != c.lowest || highest != c.highest {
			t.Errorf("%s, %v: %s to %s", c.h.LegacyVersion, c.h.SupportedVersions, lowest, highest)
		}
	}
	hellos := sampleHellos(t)
	for name, want := range map[string][2]Version{
		"chromium": {VersionTLS12, VersionTLS13}, "openssl": {VersionTLS10, VersionTLS13},
		"openssl-tls12-all": {VersionTLS10, VersionTLS12}, "curl-tls10": {VersionTLS10, VersionTLS10},
	} {
		lowest, highest := mustHello(t, body(t, hellos[name])).VersionRange()
		if lowest != want[0] || highest != want[1] {
			t.Errorf("%s: %s to %s", name, lowest, highest)
		}
	}
}
