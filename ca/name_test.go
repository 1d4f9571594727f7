package ca

import (
	"strings"
	"testing"
)

func TestParseHost(t *testing.T) {
	label := strings.Repeat("a", 63)
	for raw, want := range map[string]string{
		"":                      "",
		"Example.COM":           "example.com",
		"example.com.":          "example.com",
		"under_score.example":   "under_score.example",
		"-odd-.example":         "-odd-.example",
		"localhost":             "localhost",
		"bücher.example":        "xn--bcher-kva.example",
		"BÜCHER.example":        "xn--bcher-kva.example",
		"a_b.bücher.example":    "a_b.xn--bcher-kva.example",
		"faß.example":           "xn--fa-hia.example",
		"日本語。jp":                "xn--wgv71a119e.jp",
		"xn--bcher-kva.example": "xn--bcher-kva.example",
		"127.0.0.1":             "127.0.0.1",
		"127.0.0.1.":            "127.0.0.1",
		"１２７.0.0.1":             "127.0.0.1",
		"::1":                   "::1",
		"[2001:DB8::1]":         "2001:db8::1",
		"fe80::1%eth0":          "fe80::1",
		"::ffff:192.0.2.1":      "192.0.2.1",
		label + "." + label + "." + label + "." + label[:61]: label + "." + label + "." + label + "." + label[:61],
	} {
		got, err := parseHost(raw)
		if err != nil || got.String() != want {
			t.Errorf("%q: got %q (%v), want %q", raw, got, err, want)
		}
	}
}

func TestParseHostRefuses(t *testing.T) {
	label := strings.Repeat("a", 63)
	for _, raw := range []string{
		".", "..", "a..b", ".a", "a b", " a", "a\x00.example", "a\nb", "*", "*.example.com", "a.*.example", "a/b", "a:443", "[::1", "[]",
		"\xff\xfe.example", "a\u202eb.example", strings.Repeat("a", 64) + ".example",
		label + "." + label + "." + label + "." + label[:62], strings.Repeat("ü", 5000), "<script>", `a"b`, "user@example.com",
	} {
		got, err := parseHost(raw)
		if err == nil {
			t.Errorf("%.40q gave %q", raw, got)
			continue
		}
		if r := reasonOf(t, err); r != ReasonName || len(err.Error()) > 600 {
			t.Errorf("%.40q: %v", raw, err)
		}
	}
}

func FuzzParseHost(f *testing.F) {
	for _, s := range []string{"example.com", "bücher.example.", "[::1]", "１.2.3.4", "*.a", "a\x00b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		h, err := parseHost(raw)
		if err != nil {
			return
		}
		again, err := parseHost(h.String())
		if err != nil || again != h {
			t.Errorf("%q gave %q, and that gives %q (%v)", raw, h, again, err)
		}
	})
}
