package http2

import "strings"

// preface is what a client sends first (RFC 9113, section 3.4).
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// Looks says whether a client's first bytes are the beginning of HTTP/2, and, if
// there are too few of them to tell, whether they may be.
func Looks(b []byte) (is, maybe bool) {
	if len(b) >= len(preface) {
		return string(b[:len(preface)]) == preface, false
	}
	return false, strings.HasPrefix(preface, string(b))
}
