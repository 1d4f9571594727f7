package runes

import "unicode/utf8"

// Controls is a set of control characters below the space, a bit for each.
type Controls uint32

// The control characters that text has. What else there is of them, and DEL, is in no
// text that was meant to be read.
const (
	Lines Controls = 1<<'\t' | 1<<'\n' | 1<<'\r'

	// Escape colours a log, or changes the charset (ISO 2022).
	Escape Controls = 1 << 0x1b

	// Files have more than lines: form feeds between pages, record separators before the
	// texts of a JSON text sequence (RFC 7464, section 2.2), and escapes.
	Files = Lines | 1<<'\f' | 1<<0x1e | Escape
)

// Has says whether text that may have those control characters may have the byte c,
// as far as a byte of UTF-8 tells.
func (s Controls) Has(c byte) bool {
	return c >= ' ' && c != 0x7f || s>>(c&31)&1 == 1 && c < ' '
}

// Odd counts the control characters in b that are none of those.
func (s Controls) Odd(b []byte) int {
	n := 0
	for _, c := range b {
		if !s.Has(c) {
			n++
		}
	}
	return n
}

// IsText says whether b is UTF-8 without control characters other than those. cut
// says that b may end within a character, which is text then.
func (s Controls) IsText(b []byte, cut bool) bool {
	if cut {
		b = Whole(b)
	}
	if !utf8.Valid(b) {
		return false
	}
	for _, c := range b {
		if !s.Has(c) {
			return false
		}
	}
	return true
}
