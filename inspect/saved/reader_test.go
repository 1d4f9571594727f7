package saved

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// read reads all that there is. It returns the kinds of the events and what was
// wrong.
func read(in io.Reader) (kinds, wrong []string, err error) {
	r := NewReader("f", in)
	for {
		e, err := r.Next()
		var bad *LineError
		switch {
		case errors.As(err, &bad):
			s := bad.Error()
			if bad.Cut {
				s += " (cut)"
			}
			wrong = append(wrong, s)
		case errors.Is(err, io.EOF):
			return kinds, wrong, nil
		case err != nil:
			return kinds, wrong, err
		default:
			kinds = append(kinds, string(e.Kind))
		}
	}
}

const (
	lossLine  = `{` + when + `,"event":"loss","conn":1,"bytes":3,"reason":"queue_full"}`
	laterLine = `{"event":"later"}`
)

func zipped(t *testing.T, s string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(s)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestReader(t *testing.T) {
	both := lossLine + "\n" + laterLine + "\n"
	long := strings.Repeat(" ", 3*readBuffer)
	for name, c := range map[string]struct {
		in    string
		kinds string
		wrong []string
	}{
		"nothing":         {"", "", nil},
		"two lines":       {both, "loss later", nil},
		"no end":          {strings.TrimSpace(both), "loss later", nil},
		"other ends":      {"\ufeff\r\n" + strings.ReplaceAll(both, "\n", "\r\n") + "\n\n  \n", "loss later", nil},
		"long lines":      {long + lossLine + "\n" + laterLine + long + "\n", "loss later", nil},
		"gzip":            {zipped(t, both), "loss later", nil},
		"two gzips":       {zipped(t, both) + zipped(t, both), "loss later loss later", nil},
		"a bad line":      {"?\n" + both + "[]\n" + both, "loss later loss later", []string{"f:1: not JSON, from byte 1 on: invalid character '?' looking for beginning of value", "f:4: not an object"}},
		"cut":             {both + lossLine[:40], "loss later", []string{"f:3: not JSON, from byte 40 on: unexpected end of JSON input (cut)"}},
		"cut gzip":        {zipped(t, both)[:60], "", []string{"f:1: the compressed file ends too early (cut)"}},
		"zeroes, a crash": {lossLine + "\n" + strings.Repeat("\x00", 500), "loss", []string{`f:2: not JSON, from byte 1 on: invalid character '\x00' looking for beginning of value (cut)`}},
	} {
		for how, in := range map[string]io.Reader{"at once": strings.NewReader(c.in), "byte by byte": iotest.OneByteReader(strings.NewReader(c.in))} {
			kinds, wrong, err := read(in)
			got := strings.Join(kinds, " ")
			if err != nil || got != c.kinds || strings.Join(wrong, "|") != strings.Join(c.wrong, "|") {
				t.Errorf("%s, %s: %q, %q, %v; want %q, %q", name, how, got, wrong, err, c.kinds, c.wrong)
			}
		}
	}
}

// TestLinesAreBounded: a line that is too long costs itself alone, and no memory.
func TestLinesAreBounded(t *testing.T) {
	filler := strings.NewReader(strings.Repeat("x", 1<<20))
	var parts []io.Reader
	for range MaxLine>>20 + 3 {
		parts = append(parts, io.NewSectionReader(filler, 0, 1<<20))
	}
	in := io.MultiReader(append(parts, strings.NewReader("\n"+lossLine+"\n"))...)
	kinds, wrong, err := read(in)
	if err != nil || len(kinds) != 1 || len(wrong) != 1 || wrong[0] != "f:1: longer than 64 MiB" {
		t.Errorf("%q, %q, %v", kinds, wrong, err)
	}
}

func TestWhatIsNoTextAtAll(t *testing.T) {
	for in, want := range map[string]string{
		"\xff\xfe{\x00": "saved: this is UTF-16, and JSON lines are UTF-8",
		"\x1f\x8b\x00\x00\x00\x00\x00\x00\x00\x00\x00": "saved: gzip: invalid header",
	} {
		if _, _, err := read(strings.NewReader(in)); err == nil || err.Error() != want {
			t.Errorf("%q: %v", in, err)
		}
	}
	broken := errors.New("the disk is broken")
	if _, _, err := read(io.MultiReader(strings.NewReader(lossLine+"\n"), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}

// TestBuffered: a reader of a pipe knows when it would have to wait.
func TestBuffered(t *testing.T) {
	pr, pw := io.Pipe()
	go pw.Write([]byte(lossLine + "\n" + laterLine + "\n{\"ev"))
	r := NewReader("-", pr)
	for i, want := range []bool{true, false} {
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
		if r.Buffered() != want {
			t.Errorf("after %d: %v", i+1, !want)
		}
	}
}
