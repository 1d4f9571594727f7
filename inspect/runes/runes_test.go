package runes

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// TestWhole holds every cut of characters of one to four bytes to what is whole of
// them, and what is no UTF-8 to be left alone.
func TestWhole(t *testing.T) {
	const all = "aé€😀z"
	for n := range len(all) + 1 {
		got := Whole(all[:n])
		if !strings.HasPrefix(all[:n], got) || !utf8.ValidString(got) || n-len(got) >= utf8.UTFMax {
			t.Errorf("of %q: %q", all[:n], got)
		}
		if utf8.ValidString(all[:n]) && got != all[:n] {
			t.Errorf("%q is whole, and became %q", all[:n], got)
		}
		if b := Whole([]byte(all[:n])); string(b) != got {
			t.Errorf("of the bytes of %q: %q", all[:n], b)
		}
	}
	for _, s := range []string{"", "a\xff", "\x80\x80\x80\x80\x80", "é\x80"} {
		if got := Whole(s); got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
}
