package tlswire

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestFingerprints holds the hellos of real clients to the values that other
// programs compute from the same bytes: the JA3 are Wireshark's.
func TestFingerprints(t *testing.T) {
	hellos := sampleHellos(t)
	for _, c := range []struct{ hello, ja3, ja4 string }{
		{"chromium", "ce91c19c8940c0da3efa593a0b357229", "t13d1517h2_8daaf6152771_cb7bf5808d99"},
		{"firefox", "6447ab086255d194909d4013b1a89e87", "t13d1617h2_86a278354501_3cbfd9057e0d"},
		{"curl", "0149f47eabf9a20d0893e2a44e5a6323", "t13d3112h2_e8f1e7e78f70_b26ce05bbdd6"},
		{"curl-ip", "78f0dc5ac5b19daf131a133cfdee9691", "t13i3111h2_e8f1e7e78f70_b26ce05bbdd6"},
		{"curl-tls10", "147ef8a5dffeb8314533855613969f75", "t10d0906h2_c491f621fb4c_d4d584b446d3"},
		{"java", "0a0d72200639a7a39887b9d81a247310", "t13d371200_db35923f8641_7c76daad20ec"},
		{"node", "1a28e69016765d92e3b381168d68922c", "t13d5911h2_a33745022dd6_1f22a2ca17c4"},
		{"openssl", "a3afc2c46ba4a7d7fbe1cfb7a3031c2f", "t13d311000_e8f1e7e78f70_1f22a2ca17c4"},
		{"python", "93c7d42c0df602fb91589311534831f5", "t13d181100_85036bcba153_d41ae481755e"},
		{"wget", "bb4f9fef542ff6b4b29aa653bf0c1d31", "t13d291300_723694b0fccc_899037bd0b8c"},
	} {
		h := mustHello(t, body(t, hellos[c.hello]))
		if ja3, raw := h.JA3(); ja3 != c.ja3 {
			t.Errorf("%s: JA3 is %s of %s", c.hello, ja3, raw)
		}
		if ja4, raw := h.JA4(); ja4 != c.ja4 {
			t.Errorf("%s: JA4 is %s of %s", c.hello, ja4, raw)
		}
	}
}

// TestJA3Published holds the examples of JA3's own description.
func TestJA3Published(t *testing.T) {
	for _, c := range []struct {
		hello     ClientHello
		raw, hash string
	}{
		{ClientHello{
			LegacyVersion: VersionTLS10,
			CipherSuites:  []CipherSuite{0x0a0a, 47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4},
			Extensions: []Extension{{Type: ExtensionTypeServerName}, {Type: 0x1a1a}, {Type: ExtensionTypeSupportedGroups},
				{Type: ExtensionTypeECPointFormats}},
			SupportedGroups: []NamedGroup{0x2a2a, 23, 24, 25},
			ECPointFormats:  []ECPointFormat{0},
		}, "769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0", "ada70206e40642a3e4461f35503241d5"},
		{ClientHello{
			LegacyVersion: VersionTLS10,
			CipherSuites:  []CipherSuite{4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99},
		}, "769,4-5-10-9-100-98-3-6-19-18-99,,,", "de350869b8c85de67a350c8d186f11e6"},
	} {
		if hash, raw := c.hello.JA3(); hash != c.hash || raw != c.raw {
			t.Errorf("%s of %s, not %s", hash, raw, c.raw)
		}
	}
}

func TestJA3S(t *testing.T) {
	h, err := ParseServerHello(body(t, sampleHex(t, illustrated12Server)))
	if err != nil {
		t.Fatal(err)
	}
	// As Wireshark has it.
	if hash, raw := h.JA3S(); raw != "771,49171,65281" || hash != "5a450169db1f168548fb87aa841fe743" {
		t.Errorf("%s of %s", hash, raw)
	}
	if _, raw := (&ServerHello{LegacyVersion: VersionTLS10, CipherSuite: 53}).JA3S(); raw != "769,53," {
		t.Error(raw)
	}
}

// ja4Example is the hello of the example in JA4's description, in wire order
// and with GREASE in every list.
func ja4Example() *ClientHello {
	h := &ClientHello{
		LegacyVersion:     VersionTLS12,
		SupportedVersions: []Version{0xfafa, VersionTLS13, VersionTLS12},
		ALPN:              []string{"h2", "http/1.1"},
		SignatureSchemes:  []SignatureScheme{0x3a3a, 0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601},
		CipherSuites: []CipherSuite{0x6a6a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8,
			0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035},
	}
	for _, t := range []ExtensionType{0x4a4a, 0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005,
		0x0023, 0x0012, 0x002b, 0xff01, 0x000b, 0x000a, 0x0015, 0x8a8a} {
		h.Extensions = append(h.Extensions, Extension{Type: t})
	}
	return h
}

func TestJA4Published(t *testing.T) {
	got, raw := ja4Example().JA4()
	if want := "t13d1516h2_8daaf6152771_e5627efa2ab1"; got != want {
		t.Errorf("%s, not %s", got, want)
	}
	want := "t13d1516h2_002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9_" +
		"0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01_" +
		"0403,0804,0401,0503,0805,0501,0806,0601"
	if raw != want {
		t.Errorf("%s, not %s", raw, want)
	}
	h := ja4Example()
	h.SignatureSchemes = nil
	if got, _ := h.JA4(); got != "t13d1516h2_8daaf6152771_6d807ffa2a79" {
		t.Errorf("without signature schemes: %s", got)
	}
}

// TestJA4Order holds that the order of suites and extensions is no part of the
// fingerprint, and that computing it does not change the hello.
func TestJA4Order(t *testing.T) {
	h := ja4Example()
	h.CipherSuites[1], h.CipherSuites[9] = h.CipherSuites[9], h.CipherSuites[1]
	h.Extensions[1], h.Extensions[9] = h.Extensions[9], h.Extensions[1]
	if got, _ := h.JA4(); got != "t13d1516h2_8daaf6152771_e5627efa2ab1" {
		t.Error(got)
	}
	if h.CipherSuites[9] != 0x1301 || h.Extensions[9].Type != 0x001b || h.CipherSuites[0] != 0x6a6a {
		t.Error("the hello has changed")
	}
}

func TestJA4First(t *testing.T) {
	many := make([]CipherSuite, 120)
	withVersions := func(v ...Version) *ClientHello {
		return &ClientHello{LegacyVersion: VersionTLS12, SupportedVersions: v,
			Extensions: []Extension{{Type: ExtensionTypeSupportedVersions}}}
	}
	for _, c := range []struct {
		h    *ClientHello
		want string
	}{
		{&ClientHello{LegacyVersion: VersionTLS11}, "t11i000000_000000000000_000000000000"},
		{&ClientHello{LegacyVersion: VersionSSL30}, "ts3i000000_000000000000_000000000000"},
		{&ClientHello{LegacyVersion: VersionSSL20}, "ts2i000000_000000000000_000000000000"},
		{&ClientHello{LegacyVersion: VersionDTLS12}, "td2i000000_000000000000_000000000000"},
		{&ClientHello{LegacyVersion: 0x0305}, "t00i000000_000000000000_000000000000"},
		{&ClientHello{LegacyVersion: VersionTLS10, Extensions: []Extension{{Type: ExtensionTypeServerName}}},
			"t10d000100_000000000000_000000000000"},
		{withVersions(0x0a0a, VersionTLS10, VersionTLS12), "t12i000100_000000000000_" + ja4Hash([]byte("002b"))},
		{withVersions(0x0a0a), "t00i000100_000000000000_" + ja4Hash([]byte("002b"))},
		{&ClientHello{LegacyVersion: VersionTLS12, CipherSuites: many[:9]}, "t12i090000_" +
			ja4Hash([]byte("0000,0000,0000,0000,0000,0000,0000,0000,0000")) + "_000000000000"},
	} {
		if got, _ := c.h.JA4(); got != c.want {
			t.Errorf("%s, not %s", got, c.want)
		}
	}
	if got, _ := (&ClientHello{CipherSuites: many}).JA4(); got[:10] != "t00i990000" {
		t.Errorf("120 suites: %s", got)
	}
}

// TestJA4ALPN holds the examples of JA4's description.
func TestJA4ALPN(t *testing.T) {
	for protocol, want := range map[string]string{
		"": "00", "h2": "h2", "http/1.1": "h1", "h": "hh",
		"\xab": "ab", " ": "20", "\xab\xcd": "ad", " a": "21", "0\xab": "3b", "a ": "60",
		"h ": "60", " h": "28", "  ": "20", "--": "2d", "H": "HH", "\xba\xad": "bd", "http/1.1\x00": "60",
		"01\xab\xcd": "3d", "0\xab\xcd1": "01", "\x0a\x0a": "0a",
	} {
		if got := string(appendJA4ALPN(nil, []string{protocol})); got != want {
			t.Errorf("%q: %s, not %s", protocol, got, want)
		}
	}
	if got := string(appendJA4ALPN(nil, nil)); got != "00" {
		t.Errorf("none: %s", got)
	}
}

// TestJA4Vectors holds the values of JA4's authors, with GREASE in every list.
func TestJA4Vectors(t *testing.T) {
	text, err := os.ReadFile("testdata/ja4.txt")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		want, original, _ := strings.Cut(strings.TrimSpace(line), " ")
		h := helloOfJA4(t, original)
		got, raw := h.JA4()
		if got != want {
			t.Errorf("%s of %s, not %s", got, raw, want)
		}
		if digest := ja4OfRaw(raw); digest != want {
			t.Errorf("%s is %s, not %s", raw, digest, want)
		}
		n++
	}
	if n < 15 {
		t.Errorf("%d vectors", n)
	}
}

// helloOfJA4 makes a hello of the lists that a JA4_ro has.
func helloOfJA4(t *testing.T, original string) *ClientHello {
	parts := strings.Split(original, "_")
	h := &ClientHello{LegacyVersion: VersionTLS12}
	for i, list := range parts[1:] {
		for code := range strings.SplitSeq("8a8a,"+list+",baba", ",") {
			v, err := strconv.ParseUint(code, 16, 16)
			switch {
			case list == "":
			case err != nil:
				t.Fatal(err)
			case i == 0:
				h.CipherSuites = append(h.CipherSuites, CipherSuite(v))
			case i == 1:
				h.Extensions = append(h.Extensions, Extension{Type: ExtensionType(v)})
			case i == 2:
				h.SignatureSchemes = append(h.SignatureSchemes, SignatureScheme(v))
			}
		}
	}
	a := parts[0]
	switch a[1:3] {
	case "13":
		h.SupportedVersions = []Version{0x1a1a, VersionTLS12, VersionTLS13, VersionTLS11, 0x5a5a}
	case "10":
		h.LegacyVersion = VersionTLS10
	}
	if a[3] == 'd' && !h.HasExtension(ExtensionTypeServerName) {
		h.Extensions = append(h.Extensions, Extension{Type: ExtensionTypeServerName}) // a JA4_r lacks them
	}
	if alpn := a[8:]; alpn != "00" {
		h.ALPN = []string{alpn, "http/0.9"}
		if !h.HasExtension(ExtensionTypeALPN) {
			h.Extensions = append(h.Extensions, Extension{Type: ExtensionTypeALPN})
		}
	}
	return h
}

// ja4OfRaw makes a fingerprint of its raw form, as anybody may.
func ja4OfRaw(raw string) string {
	parts := strings.SplitN(raw, "_", 3)
	return parts[0] + "_" + ja4Hash([]byte(parts[1])) + "_" + ja4Hash([]byte(parts[2]))
}
