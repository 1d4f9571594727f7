package keyfile

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// line is a secret's line, of one of many connections.
func line(n int) string {
	return fmt.Sprintf("CLIENT_RANDOM %064x %096x\n", n, n*7919)
}

func lines(from, to int) (s string) {
	for n := from; n < to; n++ {
		s += line(n)
	}
	return s
}

// reading is a tail with all that it gave.
type reading struct {
	t *testing.T
	tail
	got string
}

func newReading(t *testing.T) *reading {
	r := &reading{t: t, tail: tail{path: filepath.Join(t.TempDir(), "keys.log")}}
	t.Cleanup(r.close)
	return r
}

// want reads what is new and compares it.
func (r *reading) want(what, want string) {
	r.t.Helper()
	r.got = ""
	if err := r.read(func(b []byte) { r.got += string(b) }); err != nil {
		r.t.Fatalf("%s: %v", what, err)
	}
	if r.got != want {
		r.t.Fatalf("%s: %d bytes, not the %d that were wanted:\n%.300q", what, len(r.got), len(want), r.got)
	}
}

func (r *reading) write(text string, flags int) {
	r.t.Helper()
	f, err := os.OpenFile(r.path, os.O_WRONLY|os.O_CREATE|flags, 0o600)
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		r.t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		r.t.Fatal(err)
	}
}

func TestTail(t *testing.T) {
	r := newReading(t)
	r.want("no file", "")
	r.write("", os.O_APPEND)
	r.want("an empty file", "")
	r.write("# comment\n"+line(1), os.O_APPEND)
	r.want("the first lines", "# comment\n"+line(1))
	r.want("nothing new", "")
	r.write(line(2)[:50], os.O_APPEND)
	r.want("half a line", "")
	r.write(line(2)[50:100], os.O_APPEND)
	r.want("more of it", "")
	r.write(line(2)[100:]+line(3)+line(4)[:1], os.O_APPEND)
	r.want("its end", line(2)+line(3))
	r.write("", os.O_TRUNC)
	r.want("emptied", "")
	r.write(line(5), os.O_APPEND)
	r.want("and filled again", line(5))
	r.write(line(6), os.O_TRUNC)
	r.want("written anew, as long as it was", line(6))
	r.write(lines(7, 20), os.O_TRUNC)
	r.want("written anew, and longer", lines(7, 20))
	if err := os.Remove(r.path); err != nil {
		t.Fatal(err)
	}
	r.want("removed", "")
	r.write(lines(20, 22), os.O_APPEND)
	r.want("another in its place", lines(20, 22))
}

// TestTailRotated: what an old file got before another took its place counts.
func TestTailRotated(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows lets nobody rename a file that is open")
	}
	r := newReading(t)
	r.write(lines(0, 3), os.O_APPEND)
	r.want("the first file", lines(0, 3))
	r.write(lines(3, 5)+line(5)[:9], os.O_APPEND)
	if err := os.Rename(r.path, r.path+".1"); err != nil {
		t.Fatal(err)
	}
	r.write(lines(6, 8), os.O_APPEND)
	r.want("both files", lines(3, 5)+lines(6, 8))
	if err := os.Rename(r.path, r.path+".2"); err != nil {
		t.Fatal(err)
	}
	r.want("no file", "")
	old, err := os.OpenFile(r.path+".2", os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	old.WriteString(line(8))
	r.want("whoever has the old one open still writes to it", line(8))
	r.write(line(9), os.O_APPEND)
	r.want("a new one", line(9))
}

func TestTailOfWhatIsNoFile(t *testing.T) {
	r := newReading(t)
	if err := os.Mkdir(r.path, 0o700); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := r.read(func([]byte) { t.Error("a directory has lines") }); !errors.Is(err, ErrNotRegular) {
			t.Errorf("a directory: %v", err)
		}
	}
	if err := os.Remove(r.path); err != nil {
		t.Fatal(err)
	}
	r.write(line(1), 0)
	r.want("a file in its place", line(1))
}

// TestTailIsBounded: a line without an end is not kept, and the next one counts; of
// a huge file only the end is read.
func TestTailIsBounded(t *testing.T) {
	r := newReading(t)
	r.write(strings.Repeat("x", 3*readSize), os.O_APPEND)
	r.want("a long line", "")
	if len(r.part) > maxLine || cap(r.part) > 2*readSize {
		t.Errorf("%d bytes are kept of it", cap(r.part))
	}
	r.write("x\n"+line(1), os.O_APPEND)
	r.want("its end", line(1))

	huge := newReading(t)
	huge.write("", 0)
	if err := os.Truncate(huge.path, 3*maxLook); err != nil { // sparse
		t.Fatal(err)
	}
	huge.write("\n"+line(2), os.O_APPEND)
	huge.want("the end of a huge file", line(2))
}

// TestTailMissesNothing: however a file is written, every line comes, whole.
func TestTailMissesNothing(t *testing.T) {
	r := newReading(t)
	random := rand.New(rand.NewPCG(1, 2))
	var got bytes.Buffer
	read := func() {
		if err := r.read(func(b []byte) { got.Write(b) }); err != nil {
			t.Fatal(err)
		}
	}
	text, files, moved := lines(0, 3000), 0, false
	for rest := text; len(rest) > 0; {
		// A file is replaced between lines: what else would the halves be? And of
		// two that are moved away between two looks, one is never seen.
		if strings.HasSuffix(text[:len(text)-len(rest)], "\n") && random.IntN(10) == 0 && !moved {
			if files++; files%2 == 0 && runtime.GOOS != "windows" {
				moved = os.Rename(r.path, r.path+".old") == nil
			} else {
				read()
				os.Truncate(r.path, 0)
			}
		}
		n := min(1+random.IntN(3000), len(rest))
		if random.IntN(2) == 0 {
			n = min(strings.IndexByte(rest, '\n')+1, n)
		}
		r.write(rest[:n], os.O_APPEND)
		rest = rest[n:]
		if random.IntN(2) == 0 {
			read()
			moved = false
		}
	}
	read()
	a, b := strings.SplitAfter(got.String(), "\n"), strings.SplitAfter(text, "\n")
	if files < 5 || !slices.Equal(a, b) {
		t.Errorf("%d files: %d lines, not %d", files, len(a), len(b))
	}
}
