package body

import (
	"encoding/binary"
	"errors"
	"io"
)

var errSnappy = errors.New("corrupt block")

// snappyBlock reads a bare block of Snappy (format_description.txt of
// google/snappy), which the library takes only whole: here the beginning of a
// long or a cut block comes out as well.
type snappyBlock struct {
	src  io.ByteReader
	out  []byte // the end of what came out
	off  int    // of out, what was read
	need uint64 // bytes that are still to come out
	open bool   // need is known
	err  error
}

// snappyWindow is how far back a copy may reach. The format sets no bound; its
// encoders stay within 64 KiB.
const snappyWindow = 1 << 20

func (s *snappyBlock) Read(p []byte) (int, error) {
	for s.off == len(s.out) && s.err == nil {
		s.err = s.step()
	}
	n := copy(p, s.out[s.off:])
	if s.off += n; n > 0 {
		return n, nil
	}
	return 0, s.err
}

// step reads the length of the result, and then one element at a time.
func (s *snappyBlock) step() error {
	if !s.open {
		n, err := binary.ReadUvarint(s.src)
		if err != nil {
			return early(err)
		}
		if n > 1<<32-1 {
			return errSnappy
		}
		s.need, s.open = n, true
	}
	if len(s.out) >= 2*snappyWindow { // all of it was read
		s.out = s.out[:copy(s.out, s.out[len(s.out)-snappyWindow:])]
		s.off = len(s.out)
	}
	if s.need == 0 {
		if _, err := s.src.ReadByte(); err == nil {
			return ErrTrailing
		}
		return io.EOF
	}
	tag, err := s.src.ReadByte()
	if err != nil {
		return early(err)
	}
	switch length := int(tag >> 2); tag & 3 {
	case 0:
		return s.literal(length)
	case 1:
		low, err := s.number(1)
		return s.copied(length&7+4, length>>3<<8|low, err)
	case 2:
		offset, err := s.number(2)
		return s.copied(length+1, offset, err)
	default:
		offset, err := s.number(4)
		return s.copied(length+1, offset, err)
	}
}

// number reads a little-endian number of n bytes.
func (s *snappyBlock) number(n int) (int, error) {
	v := 0
	for i := range n {
		b, err := s.src.ReadByte()
		if err != nil {
			return 0, early(err)
		}
		v |= int(b) << (8 * i)
	}
	return v, nil
}

// literal copies from the input. Lengths from 60 on say how many bytes the
// length has.
func (s *snappyBlock) literal(length int) error {
	if length >= 60 {
		n, err := s.number(length - 59)
		if err != nil {
			return err
		}
		length = n
	}
	if length++; uint64(length) > s.need {
		return errSnappy
	}
	for range length {
		b, err := s.src.ReadByte()
		if err != nil {
			return early(err)
		}
		s.out = append(s.out, b)
		s.need--
	}
	return nil
}

// copied repeats what came out before; the copy may overlap itself.
func (s *snappyBlock) copied(length, offset int, err error) error {
	if err != nil {
		return err
	}
	if offset == 0 || offset > len(s.out) || uint64(length) > s.need {
		return errSnappy
	}
	s.need -= uint64(length)
	for range length {
		s.out = append(s.out, s.out[len(s.out)-offset])
	}
	return nil
}
