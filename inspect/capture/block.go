package capture

import (
	"errors"
	"io"
)

const (
	// blockSize is how much of a capture is read at once. A connection that spreads
	// over blocks has the ends of its records copied, so larger is cheaper, up to what
	// fits into the processor's caches.
	blockSize = 1 << 20
	// blocksAhead bounds how many are in use: being read, dissected, or waiting.
	blocksAhead = 4
)

// TruncatedError says that a capture ends in the middle of a record.
type TruncatedError struct {
	// Frames is how many came before.
	Frames int
}

// Error implements error.
func (e *TruncatedError) Error() string { return "capture: it ends within a record" }

// blocks cuts a source into records that lie in blocks of bytes. A block goes to
// whoever dissects it, and comes back.
type blocks struct {
	in     *source
	live   bool // gives what is there, and does not wait for a block to be full
	cut    framing
	free   chan []byte
	block  []byte // the one at hand
	have   int    // bytes of it that are read
	at     int    // bytes of it that are cut
	err    error  // of the source
	frames int    // the number of the latest
	need   int    // how large the next record is, as far as that is known
}

func newBlocks(in *source, live bool) *blocks {
	b := &blocks{in: in, live: live, free: make(chan []byte, blocksAhead)}
	for range blocksAhead {
		b.free <- nil // made when it is needed
	}
	return b
}

// fill reads more: into the block at hand if nothing was cut from it yet, else into
// another, to which it takes what is left. It returns io.EOF at the end, or what
// failed.
func (b *blocks) fill() error {
	rest := b.block[b.at:b.have]
	if b.err != nil {
		return b.ended(len(rest))
	}
	// What a record claims to need is believed as it comes.
	need := max(len(rest)+minRead, min(b.need, 2*len(rest)))
	if b.at > 0 || need > len(b.block) {
		b.have = copy(b.another(need), rest)
	}
	b.read()
	return nil
}

// another takes a block of at least so many bytes.
func (b *blocks) another(size int) []byte {
	if b.at == 0 {
		b.release(b.block)
	}
	b.at = 0
	if size > blockSize {
		b.block = make([]byte, size)
		return b.block
	}
	if b.block = <-b.free; b.block == nil {
		b.block = make([]byte, blockSize)
	}
	return b.block
}

// hand returns the block at hand, to be released when nobody needs it any more; nil
// if nothing was cut from it, so that more will be read into it.
func (b *blocks) hand() []byte {
	if b.at == 0 {
		return nil
	}
	return b.block
}

// minRead is the least room to read into.
const minRead = 64 << 10

// read reads more into the block at hand.
func (b *blocks) read() {
	for b.err == nil && b.have < len(b.block) {
		var n int
		n, b.err = b.in.Read(b.block[b.have:])
		b.have += n
		if b.live && n > 0 {
			return
		}
	}
}

// ended says how the source ended, given that so many bytes are not cut.
func (b *blocks) ended(rest int) error {
	switch {
	case b.cut.format == formatUnknown && errors.Is(b.err, io.EOF) && rest == 0:
		return ErrEmpty
	case b.cut.format == formatUnknown && errors.Is(b.err, io.EOF):
		return &ForeignError{}
	case errors.Is(b.err, io.ErrUnexpectedEOF), errors.Is(b.err, io.EOF) && (rest > 0 || b.cut.within()):
		return &TruncatedError{Frames: b.frames}
	}
	return b.err
}

// next cuts the next record. It returns false if the block at hand holds no other.
func (b *blocks) next(r *record) (bool, error) {
	for b.at < b.have {
		n, err := b.cut.next(b.block[b.at:b.have], r)
		if err != nil {
			var c *CorruptError
			if errors.As(err, &c) {
				c.Frames = b.frames
			}
			return false, err
		}
		if n == 0 {
			b.need = r.pending
			return false, nil
		}
		b.at += n
		if r.kind == recordFrame {
			b.frames = r.frame
		}
		if r.kind != recordOther {
			return true, nil
		}
	}
	return false, nil
}

// release gives a block back. One that was made for a large record is not kept.
func (b *blocks) release(block []byte) {
	if len(block) == blockSize {
		b.free <- block
	}
}
