package explain

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes text that came from the network fit to be shown on a terminal:
// whatever could move the cursor, recolour, hide or reorder what is shown
// (controls C0 and C1, DEL, escape sequences, bidirectional overrides, other
// format characters, line separators, bytes that are not UTF-8) is written as
// the escape of its code point. Clean text is returned as it is.
func Clean(s string) string {
	i := strings.IndexFunc(s, needsEscape)
	if i < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	b.WriteString(s[:i])
	for s = s[i:]; len(s) > 0; {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case !needsEscape(r):
			b.WriteString(s[:size])
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
		s = s[size:]
	}
	return b.String()
}

// needsEscape is true for all that is not a letter, mark, digit, punctuation,
// symbol or space, and for U+FFFD, which may stand for a byte that is not UTF-8.
func needsEscape(r rune) bool {
	const ideographicSpace = 0x3000
	return r == utf8.RuneError || !unicode.IsPrint(r) && r != ideographicSpace
}

// maxValue is how much of one untrusted value a sentence shows, in runes: no
// name that is in use is longer, and none may flood the screen.
const maxValue = 100

// Value prepares an untrusted value: it is clean, and of bounded length.
func Value(s string) string { return clip(Clean(s), maxValue) }

// clip cuts s after n runes.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for i := range s {
		if n == 0 {
			return s[:i] + "…"
		}
		n--
	}
	return s
}
