// Package talks keeps for tests what the two ends of a connection have said: runs, each
// a byte that is 1 for what the client sent, the length in two bytes, and so many bytes.
package talks

import (
	"iter"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

const longest = 1<<16 - 1

// Append writes what one end said, in as many runs as it takes.
func Append(b []byte, up bool, said []byte) []byte {
	for part := range slices.Chunk(said, longest) {
		from := byte(0)
		if up {
			from = 1
		}
		b = append(append(b, from, byte(len(part)>>8), byte(len(part))), part...)
	}
	return b
}

// Runs reads what Append wrote, or a fuzzer: the last may be cut.
func Runs(b []byte) iter.Seq2[bool, []byte] {
	return func(yield func(up bool, said []byte) bool) {
		for len(b) >= 3 {
			n := min(int(b[1])<<8|int(b[2]), len(b)-3)
			if !yield(b[0]&1 != 0, b[3:3+n]) {
				return
			}
			b = b[3+n:]
		}
	}
}

// Recorded returns what is in the package's testdata/talks, by name; there must be some.
func Recorded(t testing.TB) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob("testdata/talks/*")
	if err != nil || len(names) == 0 {
		t.Fatalf("nothing in testdata/talks (%v)", err)
	}
	all := make(map[string][]byte)
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = b
	}
	return all
}
