package redact

import (
	"bytes"
	"unicode/utf8"
)

// unescapePercent undoes percent-encoding, and leaves what is none.
func unescapePercent(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] == '%' && i+2 < len(b) {
			if hi, lo := hexDigit(b[i+1]), hexDigit(b[i+2]); hi >= 0 && lo >= 0 {
				out = append(out, byte(hi<<4|lo))
				i += 2
				continue
			}
		}
		out = append(out, b[i])
	}
	return out
}

// unescapeJSON undoes the escapes of a JSON string (RFC 8259, section 7), at
// whatever depth they are nested, and leaves what is none.
func unescapeJSON(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] != '\\' || i+1 == len(b) {
			out = append(out, b[i])
			continue
		}
		for i+1 < len(b) && b[i+1] == '\\' {
			i++
		}
		if i+1 == len(b) {
			return append(out, '\\')
		}
		i++
		switch b[i] {
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			if i+4 >= len(b) {
				return append(out, b[i:]...)
			}
			r := rune(0)
			for _, c := range b[i+1 : i+5] {
				r = r<<4 | rune(max(hexDigit(c), 0))
			}
			out = utf8.AppendRune(out, r)
			i += 4
		default:
			out = append(out, b[i])
		}
	}
	return out
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// plain is a value as it was before it was written down, so that equal values
// have equal masks wherever they stand.
func plain(value []byte, how encoding) []byte {
	switch {
	case how == encodedJSON && bytes.IndexByte(value, '\\') >= 0:
		return unescapeJSON(value)
	case how == encodedPercent && bytes.ContainsAny(value, "%+"):
		return unescapePercent(bytes.ReplaceAll(value, []byte("+"), []byte(" ")))
	}
	return value
}

// encoding is how a value is written down.
type encoding uint8

const (
	encodedNot encoding = iota
	encodedJSON
	encodedPercent
)
