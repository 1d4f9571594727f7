package capture

import (
	"bufio"
	"compress/gzip"
	"errors"
	"io"
)

// source is where a capture's bytes come from, unpacked if they are packed.
type source struct {
	raw    io.Reader
	counts counter
	in     io.Reader // unpacked; nil until the first bytes have come
	packed bool
}

// counter counts what passes, for whoever wants to know how far it is.
type counter struct {
	io.Reader
	n int64
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.n += int64(n)
	return n, err
}

func newSource(r io.Reader) *source {
	s := &source{raw: r}
	s.counts.Reader = r
	return s
}

// Read gives what is there; it does not wait for b to be full.
func (s *source) Read(b []byte) (int, error) {
	if s.in == nil {
		if err := s.unpack(); err != nil {
			return 0, err
		}
	}
	n, err := s.in.Read(b)
	if s.packed && errors.Is(err, gzip.ErrHeader) {
		err = io.EOF // what follows the last member is padding, as gzip itself takes it
	}
	return n, err
}

// unpack looks at the first bytes.
func (s *source) unpack() error {
	peek := bufio.NewReaderSize(&s.counts, 64<<10)
	head, err := peek.Peek(2)
	if len(head) == 0 && err != nil {
		return err
	}
	if len(head) == 2 && head[0] == 0x1f && head[1] == 0x8b { // RFC 1952 section 2.3.1
		z, err := gzip.NewReader(peek)
		if err != nil {
			return err
		}
		s.in, s.packed = z, true
		return nil
	}
	s.in = peek
	return nil
}
