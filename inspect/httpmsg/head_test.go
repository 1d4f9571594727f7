package httpmsg

import (
	"slices"
	"testing"
)

func TestFields(t *testing.T) {
	f := Fields{{"Host", "a"}, {"x-y", "1"}, {"X-Y", "2"}, {"Ho\u017ft", "b"}, {"", "no colon"}}
	if got := f.Get("host"); got != "a" {
		t.Errorf("host %q", got)
	}
	if got := f.Get("none"); got != "" {
		t.Errorf("none %q", got)
	}
	if got := f.Values("X-y"); !slices.Equal(got, []string{"1", "2"}) {
		t.Errorf("X-y %q", got)
	}
}

// TestLetterCase holds that letter case is that of ASCII: Unicode's Kelvin sign
// and long s are no letters of a name.
func TestLetterCase(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"", "", true}, {"Content-Length", "cONTENT-lENGTH", true}, {"a", "ab", false}, {"[", "{", false}, {"@", "`", false},
		{"Host", "Ho\u017ft", false}, {"\u212a", "k", false}, {"\xc3\xa9", "\xc3\x89", false},
	} {
		if got := SameName(c.a, c.b); got != c.same || SameName(c.b, c.a) != got {
			t.Errorf("%q, %q: %t", c.a, c.b, got)
		}
	}
	for in, want := range map[string]string{"": "", "abc-1": "abc-1", "AbC\u212a[\xff": "abc\u212a[\xff"} {
		if got := Lower(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}
