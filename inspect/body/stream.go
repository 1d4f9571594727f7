package body

import (
	"errors"
	"io"
	"iter"
)

// Stream takes content codings off content that comes in pieces, and tells what each
// piece adds to the result: where its sender flushes, nothing is held back. It is used
// from one goroutine, and must be closed.
type Stream struct {
	resume func() (struct{}, bool)
	stop   func()
	piece  []byte // of what came: what the codings have not asked for yet
	ended  bool
	err    error
}

// streamFactor bounds what comes out of a Stream, beyond leastBudget, as a multiple of
// what went in. Events that are alike can become a fiftieth.
const streamFactor = 256

// maxStreamCodings bounds the windows that a Stream holds.
const maxStreamCodings = 2

// NewStream returns a Stream for the codings that values of Content-Encoding name; nil
// if there is none, or one that is not supported. tell is called with what came out,
// which is valid during the call. It is called by Feed and End alone.
func NewStream(contentEncoding []string, tell func([]byte)) *Stream {
	codings := codingList(contentEncoding)
	if len(codings) == 0 || len(codings) > maxStreamCodings || StreamMemory(contentEncoding) == 0 {
		return nil
	}
	s := new(Stream)
	// The decoders ask for their input, and cannot be left in the middle of that. As a
	// coroutine they can.
	s.resume, s.stop = iter.Pull(func(yield func(struct{}) bool) {
		in := &pieces{s: s, yield: yield}
		s.err = in.decode(codings, tell)
	})
	return s
}

// windows are the largest that the codings may ask for, and what a decoder takes
// besides.
var windows = map[string]int{"gzip": 64 << 10, "x-gzip": 64 << 10, "deflate": 64 << 10, "br": 16 << 20, "zstd": maxWindow}

// StreamMemory is how much a Stream for the codings holds at most; 0 if there can be
// none.
func StreamMemory(contentEncoding []string) (n int) {
	for _, c := range codingList(contentEncoding) {
		if windows[c] == 0 {
			return 0
		}
		n += windows[c]
	}
	return n
}

// Feed takes the next piece, which is the caller's again afterwards.
func (s *Stream) Feed(b []byte) {
	if s.ended || len(b) == 0 {
		return
	}
	s.piece = b
	if _, more := s.resume(); !more {
		s.ended = true
	}
	s.piece = nil
}

// Close says that nothing more comes, or is wanted. It may be called again.
func (s *Stream) Close() {
	s.ended = true
	s.stop()
}

// Err says why nothing comes out any more, although something goes in: a *CodingError;
// nil before that, and at the end of what was coded.
func (s *Stream) Err() error { return s.err }

// pieces is what the first decoder reads from.
type pieces struct {
	s      *Stream
	yield  func(struct{}) bool
	in     int64 // bytes
	layers []*layer
}

// Read implements io.Reader. It gives the turn back until there is a piece.
func (p *pieces) Read(b []byte) (int, error) {
	for len(p.s.piece) == 0 {
		if !p.yield(struct{}{}) {
			return 0, io.ErrUnexpectedEOF
		}
	}
	n := copy(b, p.s.piece)
	p.s.piece = p.s.piece[n:]
	p.in += int64(n)
	for _, l := range p.layers {
		l.budget = leastBudget + streamFactor*p.in
	}
	return n, nil
}

// decode is the coroutine.
func (p *pieces) decode(codings []string, tell func([]byte)) error {
	var src io.Reader = p
	for i := range codings {
		l := &layer{coding: codings[len(codings)-1-i], src: src, budget: leastBudget}
		defer l.close()
		p.layers, src = append(p.layers, l), l
	}
	b := make([]byte, 4<<10)
	for {
		n, err := src.Read(b)
		if n > 0 {
			tell(b[:n])
		}
		switch {
		case err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case err != nil:
			return err
		}
	}
}
