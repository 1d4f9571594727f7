package tlswire

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
)

// JA4 returns the client's JA4 fingerprint over TCP, and raw, which is the same
// with the lists in place of their hashes (JA4_r). Both are as FoxIO's
// technical details of JA4 have them, at github.com/FoxIO-LLC/ja4; GREASE is
// left out everywhere.
func (h *ClientHello) JA4() (fingerprint, raw string) {
	extensions := withoutGREASE(typesOf(h.Extensions))
	suites := withoutGREASE(h.CipherSuites)
	schemes := withoutGREASE(h.SignatureSchemes)

	a := make([]byte, 0, 12)
	a = append(a, 't')
	a = append(a, h.ja4Version()...)
	if h.HasExtension(ExtensionTypeServerName) {
		a = append(a, 'd') // for a domain
	} else {
		a = append(a, 'i') // for an IP address
	}
	a = appendJA4Count(a, len(suites))
	a = appendJA4Count(a, len(extensions))
	a = appendJA4ALPN(a, h.ALPN)

	slices.Sort(suites)
	b := appendJA4List(nil, suites)

	// These two are in a already. Left out here, c is the same for every host.
	listed := slices.DeleteFunc(extensions, func(v uint16) bool {
		return ExtensionType(v) == ExtensionTypeServerName || ExtensionType(v) == ExtensionTypeALPN
	})
	slices.Sort(listed)
	c := appendJA4List(nil, listed)
	if len(schemes) > 0 && len(c) > 0 {
		c = appendJA4List(append(c, '_'), schemes)
	}

	fingerprint = string(a) + "_" + ja4Hash(b) + "_" + ja4Hash(c)
	raw = string(a) + "_" + string(b) + "_" + string(c)
	return fingerprint, raw
}

// ja4Version is the highest version that is offered, in two characters.
func (h *ClientHello) ja4Version() string {
	version := h.LegacyVersion
	if h.HasExtension(ExtensionTypeSupportedVersions) {
		version = 0
		for _, v := range h.SupportedVersions {
			if !v.IsGREASE() {
				version = max(version, v)
			}
		}
	}
	switch version {
	case VersionTLS13:
		return "13"
	case VersionTLS12:
		return "12"
	case VersionTLS11:
		return "11"
	case VersionTLS10:
		return "10"
	case VersionSSL30:
		return "s3"
	case VersionSSL20:
		return "s2"
	case VersionDTLS10:
		return "d1"
	case VersionDTLS12:
		return "d2"
	case VersionDTLS13:
		return "d3"
	}
	return "00"
}

// appendJA4Count appends n in two digits, at most 99.
func appendJA4Count(b []byte, n int) []byte {
	n = min(n, 99)
	return append(b, byte('0'+n/10), byte('0'+n%10))
}

// appendJA4ALPN appends the first and the last character of the first protocol,
// or of its hexadecimal form if either isn't alphanumeric.
func appendJA4ALPN(b []byte, protocols []string) []byte {
	if len(protocols) == 0 || protocols[0] == "" {
		return append(b, "00"...)
	}
	name := protocols[0]
	first, last := name[0], name[len(name)-1]
	if !alphanumeric(first) || !alphanumeric(last) {
		const digits = "0123456789abcdef"
		first, last = digits[first>>4], digits[last&0xf]
	}
	return append(b, first, last)
}

func alphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// withoutGREASE returns a copy of codes without GREASE.
func withoutGREASE[T ~uint16](codes []T) []uint16 {
	list := make([]uint16, 0, len(codes))
	for _, v := range codes {
		if !isGREASE(uint16(v)) {
			list = append(list, uint16(v))
		}
	}
	return list
}

// appendJA4List appends the codes in four hexadecimal digits each, with commas.
func appendJA4List(b []byte, codes []uint16) []byte {
	b = slices.Grow(b, 5*len(codes))
	for i, v := range codes {
		if i > 0 {
			b = append(b, ',')
		}
		b = hex.AppendEncode(b, []byte{byte(v >> 8), byte(v)})
	}
	return b
}

// ja4Hash is the beginning of list's SHA-256. That of nothing is all zeros.
func ja4Hash(list []byte) string {
	if len(list) == 0 {
		return "000000000000"
	}
	sum := sha256.Sum256(list)
	return hex.EncodeToString(sum[:6])
}
