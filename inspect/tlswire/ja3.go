package tlswire

import (
	"crypto/md5"
	"encoding/hex"
	"strconv"
)

// JA3 returns the client's JA3 fingerprint, the MD5 of raw in hexadecimal, as
// github.com/salesforce/ja3 describes it: the version, suites, extensions,
// groups and point formats in decimal and wire order, without GREASE.
func (h *ClientHello) JA3() (hash, raw string) {
	b := make([]byte, 0, 512)
	b = strconv.AppendUint(b, uint64(h.LegacyVersion), 10)
	b = appendJA3(b, withoutGREASE(h.CipherSuites))
	b = appendJA3(b, withoutGREASE(typesOf(h.Extensions)))
	b = appendJA3(b, withoutGREASE(h.SupportedGroups))
	b = appendJA3(b, h.ECPointFormats)
	return ja3Hash(b), string(b)
}

// JA3S returns the server's JA3S fingerprint of the same description: version,
// suite and extensions.
func (h *ServerHello) JA3S() (hash, raw string) {
	b := make([]byte, 0, 64)
	b = strconv.AppendUint(b, uint64(h.LegacyVersion), 10)
	b = append(b, ',')
	b = strconv.AppendUint(b, uint64(h.CipherSuite), 10)
	b = appendJA3(b, typesOf(h.Extensions))
	return ja3Hash(b), string(b)
}

// appendJA3 appends a field: a comma, and the codes with dashes between them.
func appendJA3[T ~uint8 | ~uint16](b []byte, codes []T) []byte {
	b = append(b, ',')
	for i, v := range codes {
		if i > 0 {
			b = append(b, '-')
		}
		b = strconv.AppendUint(b, uint64(v), 10)
	}
	return b
}

func ja3Hash(raw []byte) string {
	sum := md5.Sum(raw)
	return hex.EncodeToString(sum[:])
}
