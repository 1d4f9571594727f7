package body

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
	"go.uber.org/goleak"
)

// flusher is a compressor that can be made to hold nothing back.
type flusher interface {
	io.WriteCloser
	Flush() error
}

var flushers = map[string]func(w io.Writer) (flusher, error){
	"gzip":    func(w io.Writer) (flusher, error) { return gzip.NewWriter(w), nil },
	"deflate": func(w io.Writer) (flusher, error) { return zlib.NewWriter(w), nil },
	"Deflate": func(w io.Writer) (flusher, error) { return flate.NewWriter(w, 6) }, // without zlib's head
	"br":      func(w io.Writer) (flusher, error) { return brotli.NewWriter(w), nil },
	"zstd":    func(w io.Writer) (flusher, error) { return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1)) },
}

// TestStreamTellsWhatWasFlushed: each line is there as soon as its sender has flushed,
// however the bytes are cut.
func TestStreamTellsWhatWasFlushed(t *testing.T) {
	defer goleak.VerifyNone(t)
	for coding, open := range flushers {
		for _, cut := range []int{1, 3, 1 << 20} {
			var coded, told, want bytes.Buffer
			w, err := open(&coded)
			if err != nil {
				t.Fatal(err)
			}
			s := NewStream([]string{coding}, func(b []byte) { told.Write(b) })
			feed := func() {
				for coded.Len() > 0 {
					s.Feed(coded.Next(cut))
				}
			}
			for i := range 50 {
				line := fmt.Sprintf("data: %d %s\n\n", i, strings.Repeat("as before ", i))
				want.WriteString(line)
				if _, err := io.WriteString(w, line); err != nil {
					t.Fatal(err)
				}
				if err := w.Flush(); err != nil {
					t.Fatal(err)
				}
				if feed(); told.String() != want.String() {
					t.Fatalf("%s in pieces of %d: after line %d it was %q", coding, cut, i, told.String())
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			feed()
			s.Feed([]byte("more than all"))
			s.Close()
			s.Close()
			if told.String() != want.String() {
				t.Errorf("%s in pieces of %d: at the end it was %q", coding, cut, told.String())
			}
		}
	}
}

func TestStreamsThatEndBadly(t *testing.T) {
	defer goleak.VerifyNone(t)
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	for range 1000 {
		z.Write(make([]byte, 64<<10))
	}
	z.Close()
	for name, c := range map[string]struct {
		coding, content string
		most            int
		says            string
	}{
		"no gzip":     {"gzip", "what it is not", 0, "gzip"},
		"a bomb":      {"gzip", bomb.String(), leastBudget + streamFactor*bomb.Len() + 8<<10, "too large"},
		"a beginning": {"gzip", bomb.String()[:20], 1 << 20, ""},
		"nothing":     {"br", "", 0, ""},
	} {
		n := 0
		s := NewStream([]string{c.coding}, func(b []byte) { n += len(b) })
		for i := range len(c.content) {
			s.Feed([]byte(c.content[i : i+1]))
		}
		s.Close()
		if err := s.Err(); n > c.most || (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %d bytes, %v", name, n, err)
		}
	}
	for _, codings := range [][]string{nil, {"identity"}, {"compress"}, {"gzip, br, zstd"}, {"gzip", "unknown"}} {
		if s := NewStream(codings, nil); s != nil {
			t.Errorf("%v gives a stream", codings)
		}
	}
	s := NewStream([]string{"gzip, br"}, nil)
	s.Close() // never begun
}
