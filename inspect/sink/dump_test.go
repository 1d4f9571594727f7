package sink

import (
	"strings"
	"testing"

	"tlsmitm/inspect"
)

// shown returns the lines behind the bar.
func shown(out string) (lines []string) {
	for s := range strings.Lines(out) {
		if _, text, ok := strings.Cut(s, "│ "); ok {
			lines = append(lines, strings.TrimSuffix(text, "\n"))
		}
	}
	return lines
}

func TestDumps(t *testing.T) {
	for _, c := range []struct {
		name  string
		in    string
		limit int
		width int
		want  []string
	}{
		{"one line is in the note", "hello\n", 0, 80, nil},
		{"two lines", "a\r\nb\r\n", 0, 80, []string{"a", "b"}},
		{"a line that is too long", strings.Repeat("x", 100), 50, 60, []string{strings.Repeat("x", 50), "… 50 B more"}},
		{"wide characters", "汉字汉字\n" + strings.Repeat("漢", 30), -1, 50, []string{"汉字汉字", strings.Repeat("漢", 21), strings.Repeat("漢", 9)}},
		{"a character that the limit cuts", "a\n漢字", 4, 80, []string{"a", "… 4 B more"}},
		{"binary", "\x00\x01ab", 0, 80, []string{"0000  00 01 61 62                                       ..ab"}},
		{"binary on a small terminal", strings.Repeat("\x00", 9), 0, 60, []string{
			"0000  00 00 00 00 00 00 00 00  ........", "0008  00                       ."}},
		{"text and then binary", "head: a\r\n\r\n\x00\x01", 0, 80, []string{
			"head: a", "000b  00 01                                             .."}},
		{"no data", "a\nb\n", -2, 80, nil},
		{"all of them", strings.Repeat("y\n", 1000), -1, 80, nil},
		{"nothing but lines", strings.Repeat("y\n", 500), 1000, 80, nil},
	} {
		f := newFlow(t, 1, "example.com:443")
		f.row(inspect.LegClient, client).add(inspect.KindTLSData, &inspect.Data{Length: len(c.in), Bytes: []byte(c.in), Records: 1})
		got := shown(show(t, Style{Width: width(c.width), DataBytes: c.limit}, f.events...))
		switch c.name {
		case "all of them":
			if len(got) != 1000 {
				t.Errorf("%s: %d lines", c.name, len(got))
			}
			continue
		case "nothing but lines":
			if n := len(got); n > 100 || !strings.HasSuffix(got[n-1], " B more") {
				t.Errorf("%s: %d lines", c.name, n)
			}
			continue
		}
		if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
