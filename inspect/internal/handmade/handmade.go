// Package handmade writes TLS messages by hand, for tests.
package handmade

import (
	"encoding/hex"
	"slices"
	"strings"
)

// Hex reads hexadecimal, in which spaces separate the fields for the reader.
func Hex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// Vector is a vector (RFC 8446, section 3.4) with a length prefix of size bytes.
func Vector(size int, parts ...[]byte) []byte {
	content := slices.Concat(parts...)
	n := len(content)
	return append([]byte{byte(n >> 16), byte(n >> 8), byte(n)}[3-size:], content...)
}

// Extension is an extension (RFC 8446, section 4.2).
func Extension[T ~uint16](t T, data ...[]byte) []byte {
	return append([]byte{byte(t >> 8), byte(t)}, Vector(2, data...)...)
}
