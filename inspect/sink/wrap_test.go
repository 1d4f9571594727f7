package sink

import (
	"bytes"
	"strings"
	"testing"
	"unicode"

	"tlsmitm/inspect/explain"
)

func lines(ls []line) []string {
	var out []string
	for i := range ls {
		var b bytes.Buffer
		ls[i].writeTo(&b, false)
		out = append(out, strings.TrimSuffix(b.String(), "\n"))
	}
	return out
}

func note(clauses ...string) (n explain.Note) {
	for _, c := range clauses {
		n = append(n, explain.Clause{Text: c})
	}
	return n
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		name  string
		in    explain.Note
		width int
		want  []string
	}{
		{"nothing", nil, 20, nil},
		{"one line", note("a b", "c"), 20, []string{"a b · c"}},
		{"between clauses", note("chose TLS 1.3", "a suite"), 20, []string{"chose TLS 1.3 ·", "a suite"}},
		{"between words where a line would be nearly empty", note("a", "several words in one clause"), 28, []string{"a · several words in one", "clause"}},
		{"a word that is too long", note(strings.Repeat("x", 25)), 10, []string{"xxxxxxxxxx", "xxxxxxxxxx", "xxxxx"}},
		{"Chinese breaks between characters", note("证明服务器持有证书私钥"), 10, []string{"证明服务器", "持有证书私", "钥"}},
		{"and not before punctuation", note("证明服务器，持有"), 10, []string{"证明服务", "器，持有"}},
		{"nor after what opens", note("证明服务（持有"), 10, []string{"证明服务", "（持有"}},
		{"Latin within Chinese", note("由 tlsmitm 签发的证书"), 12, []string{"由 tlsmitm", "签发的证书"}},
	} {
		if got := lines(wrap(c.in, c.width)); strings.Join(got, "\n") != strings.Join(c.want, "\n") {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// FuzzWrap: no line is too wide, and nothing but blanks and separators at the
// ends of lines gets lost.
func FuzzWrap(f *testing.F) {
	f.Add("chose TLS 1.3", "TLS_AES_128_GCM_SHA256", 20)
	f.Add("证明服务器持有（证书）私钥，完", "mixed 文字 and words", 9)
	f.Fuzz(func(t *testing.T, a, b string, width int) {
		width = 8 + (width&0x7fffffff)%150
		a, b = explain.Clean(a), explain.Clean(b)
		got := lines(wrap(note(a, b), width))
		for _, s := range got {
			if cells.StringWidth(s) > width+1 && !strings.ContainsFunc(s, unicode.IsMark) {
				t.Fatalf("%d cells in %d: %q", cells.StringWidth(s), width, s)
			}
		}
		squeeze := func(s string) string { return strings.NewReplacer(" ", "", "·", "", "　", "").Replace(s) }
		if squeeze(strings.Join(got, "")) != squeeze(a+b) {
			t.Fatalf("%q and %q became %q", a, b, got)
		}
	})
}
