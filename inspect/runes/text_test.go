package runes

import (
	"slices"
	"testing"
	"unicode"
	"unicode/utf8"
)

// TestIsText holds each character, alone and cut, to what Unicode says of it.
func TestIsText(t *testing.T) {
	sets := map[Controls][]rune{Lines: {'\t', '\n', '\r'}, Files: {'\t', '\n', '\r', '\f', 0x1b, 0x1e}, Files &^ Escape: {'\t', '\n', '\r', '\f', 0x1e}}
	for set, has := range sets {
		for r := range rune(0x20000) {
			s := []byte(string(r))
			if !utf8.ValidRune(r) {
				continue
			}
			want := slices.Contains(has, r) || !unicode.IsControl(r) || r > unicode.MaxASCII
			if got := set.IsText(s, false); got != want {
				t.Errorf("%032b: %U is text: %v", set, r, got)
			}
			if odd := set.Odd(s); (odd == 0) != want {
				t.Errorf("%032b: %U has %d odd bytes", set, r, odd)
			}
			for n := 1; n < len(s); n++ {
				if set.IsText(s[:n], false) || !set.IsText(s[:n], true) || set.IsText(append(s[:n:n], 'x'), true) {
					t.Errorf("%032b: %U cut to %d bytes", set, r, n)
				}
			}
		}
	}
	for _, s := range []string{"\xff", "a\x80", "\xed\xa0\x80", "\xc0\xaf", "\xf5\x80", "é\x80"} {
		if Files.IsText([]byte(s), true) {
			t.Errorf("%q is text", s)
		}
	}
}
