package explain

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"plain text, ünïcode 中文　漢字 👍", "plain text, ünïcode 中文　漢字 👍"},
		{"\x1b[2J\x1b]0;title\x07", `\x1b[2J\x1b]0;title\x07`},
		{"c1 \u009b31m", `c1 \x9b31m`},
		{"del\x7f nul\x00", `del\x7f nul\x00`},
		{"a\r\nb\tc", `a\x0d\x0ab\x09c`},
		{"evil\u202egnp.exe", `evil\u202egnp.exe`},
		{"isolate\u2066\u2069", `isolate\u2066\u2069`},
		{"zero\u200bwidth\ufeff", `zero\u200bwidth\ufeff`},
		{"line\u2028para\u2029", `line\u2028para\u2029`},
		{"tag\U000e0041", `tag\U000e0041`},
		{"not utf-8 \xff\xc3", `not utf-8 \xff\xc3`},
	} {
		if got := Clean(c.in); got != c.want {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
	}
}

// FuzzClean holds the promise that no control character comes through, and that
// clean text stays as it is.
func FuzzClean(f *testing.F) {
	f.Add("text")
	f.Add("\x1b[31m\u202e\xff")
	f.Fuzz(func(t *testing.T, s string) {
		got := Clean(s)
		if !utf8.ValidString(got) {
			t.Fatalf("%q: not UTF-8: %q", s, got)
		}
		for _, r := range got {
			if r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
				t.Fatalf("%q: %q is in %q", s, r, got)
			}
		}
		if again := Clean(got); again != got {
			t.Fatalf("%q: %q becomes %q", s, got, again)
		}
	})
}

func TestValueIsBounded(t *testing.T) {
	long := strings.Repeat("漢", 5000)
	if got := Value(long); utf8.RuneCountInString(got) != maxValue+1 || !strings.HasSuffix(got, "…") {
		t.Errorf("%d runes", utf8.RuneCountInString(got))
	}
	if got := Value("short"); got != "short" {
		t.Errorf("%q", got)
	}
}

func TestNumber(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -4096: "-4,096"} {
		if got := Number(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}
