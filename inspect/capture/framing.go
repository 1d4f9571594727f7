package capture

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// record is what stands in a capture: a frame, or secrets, or neither.
type record struct {
	kind    recordKind
	frame   int      // its number, from 1, as analysers count
	time    int64    // nanoseconds since 1970
	link    LinkType // what data begins with
	length  int      // bytes of the frame on the wire
	data    []byte   // what was captured of them, or the secrets; aliases the input
	comment string   // on the frame, if it is one of tlsmitm's
	noTime  bool     // the capture does not say when it was
	pending int      // how many bytes the record needs, where it is not whole yet
}

type recordKind uint8

const (
	recordOther recordKind = iota // headers, statistics, what is not known
	recordFrame
	recordSecrets // lines of a key log
)

const (
	// maxFrame bounds a frame's bytes: what claims more is no frame. Programs that
	// capture stop at 256 KiB.
	maxFrame = 1 << 20
	// maxBlock bounds what is buffered of a block: a frame with its options, or
	// a whole key log.
	maxBlock = 16 << 20
)

// framing cuts a capture into records. It does no I/O: it is given the bytes that
// have come so far.
type framing struct {
	format  format
	order   order
	frames  int
	skip    int64 // bytes of a block that are of no interest, still to come
	pcap    pcapHeader
	section section
}

// format is the kind of a capture file.
type format uint8

const (
	formatUnknown format = iota
	formatPcap
	formatPcapNG
)

// CorruptError says that what follows in a capture cannot be read.
type CorruptError struct {
	Reason string
	// Frames is how many came before.
	Frames int
}

// Error implements error.
func (e *CorruptError) Error() string { return "capture: " + e.Reason }

func corrupt(format string, args ...any) error {
	return &CorruptError{Reason: fmt.Sprintf(format, args...)}
}

// next reads the record at the beginning of b into r and says how many bytes it
// took. It returns 0 without an error if b is the beginning of a record and not
// the whole.
func (f *framing) next(b []byte, r *record) (n int, err error) {
	*r = record{}
	if f.skip > 0 {
		n := min(int64(len(b)), f.skip)
		f.skip -= n
		return int(n), nil
	}
	switch f.format {
	case formatPcap:
		if !f.pcap.begun {
			return f.pcapBegin(b, r)
		}
		return f.pcapRecord(b, r)
	case formatPcapNG:
		return f.block(b, r)
	}
	return f.begin(b, r)
}

// within reports whether the input may not end here.
func (f *framing) within() bool { return f.skip > 0 || f.format == formatUnknown }

// begin tells the formats apart by their first bytes.
func (f *framing) begin(b []byte, r *record) (int, error) {
	if len(b) < 4 {
		r.pending = 4
		return 0, nil
	}
	magic := binary.BigEndian.Uint32(b)
	if magic == blockSection {
		f.format = formatPcapNG
		return f.block(b, r)
	}
	for _, o := range []order{bigEndian, littleEndian} {
		if h, ok := pcapMagic(o.uint32(b)); ok {
			f.format, f.order, f.pcap = formatPcap, o, h
			return f.pcapBegin(b, r)
		}
	}
	return 0, foreign(b)
}

// order is the byte order of a file or a section.
type order bool

const (
	littleEndian order = false
	bigEndian    order = true
)

func (o order) uint16(b []byte) uint16 {
	v := binary.LittleEndian.Uint16(b)
	if o == bigEndian {
		return bits.ReverseBytes16(v)
	}
	return v
}

func (o order) uint32(b []byte) uint32 {
	v := binary.LittleEndian.Uint32(b)
	if o == bigEndian {
		return bits.ReverseBytes32(v)
	}
	return v
}

func (o order) uint64(b []byte) uint64 {
	v := binary.LittleEndian.Uint64(b)
	if o == bigEndian {
		return bits.ReverseBytes64(v)
	}
	return v
}
