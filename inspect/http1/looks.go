package http1

import (
	"bytes"
	"strings"
)

// Looks says whether the first bytes of a direction look like HTTP/1: a request
// line whose method is a token, or a status line. maybe is true while more bytes
// are needed to tell. HTTP/2's connection preface does not look so: Conn
// recognises it all the same, and tells of a Switch to "h2c" and of the bytes.
func Looks(up bool, b []byte) (is, maybe bool) {
	for len(b) > 0 && (b[0] == '\r' || b[0] == '\n') {
		b = b[1:]
	}
	line, whole := b, false
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		line, whole = bytes.TrimSuffix(b[:i], []byte{'\r'}), true
	}
	if !up {
		return looksLikeStatus(line, whole)
	}
	// Whatever cannot be in a request line shows that this is none.
	inMethod := true
	for _, c := range line {
		space := strings.IndexByte(lineSpace, c) >= 0
		if c < 0x20 && !space || c == 0x7f || c >= 0x80 && inMethod {
			return false, false
		}
		inMethod = inMethod && !space
	}
	method, _, more := bytes.Cut(line, []byte{' '})
	switch {
	case len(method) > 0 && !isToken(string(method)) || more && len(method) == 0:
		return false, false
	case whole:
		h := requestLine(string(line), new(findings))
		return h != nil && string(line) != preface, false
	}
	return false, len(line) <= MaxHead && len(method) <= 64
}

// looksLikeStatus needs no more of the line than its code.
func looksLikeStatus(line []byte, whole bool) (is, maybe bool) {
	if !beginsStatus(line) {
		return false, false
	}
	if statusLine(string(line), new(findings)) != nil {
		return true, false
	}
	return false, !whole && len(line) < 32
}
