package redact

import (
	"errors"
)

// packedKind is what an item is, as far as secrets go.
type packedKind uint8

const (
	packedOther     packedKind = iota // a value that tells nothing, or has no name for one
	packedNumber                      // a number
	packedExtension                   // MessagePack: of a type that is not known here
	packedText
	packedBytes
	packedArray
	packedMap
	packedTag // CBOR: the next item with a meaning
	packedBreak
)

// packedItem is what a head says.
type packedItem struct {
	kind  packedKind
	arg   uint64 // bytes of a string, values of an array, pairs of a map, the tag's number
	open  bool   // CBOR: until a break
	extra int    // bytes of the value that follow the head
	start []byte // from the head on
	head  int    // bytes of it
}

var (
	errPackedEnd  = errors.New("redact: the content ends within a value")
	errPackedForm = errors.New("redact: malformed content")
)

// item takes a head, and what follows it unless that is a string or values.
func (w *packedWalk) item() (packedItem, error) {
	it := packedItem{start: w.rest}
	if len(w.rest) == 0 {
		return it, errPackedEnd
	}
	read := it.cbor
	if w.format == formatMessagePack {
		read = it.messagePack
	}
	if err := read(); err != nil {
		return it, err
	}
	if it.head+it.extra > len(it.start) {
		return it, errPackedEnd
	}
	w.rest = it.start[it.head+it.extra:]
	return it, nil
}

// argument reads a number of some bytes after the first.
func (it *packedItem) argument(size int) error {
	if len(it.start) < 1+size {
		return errPackedEnd
	}
	for _, c := range it.start[1 : 1+size] {
		it.arg = it.arg<<8 | uint64(c)
	}
	it.head = 1 + size
	return nil
}

// The major types (RFC 8949, section 3.1), and others of its code points.
const (
	cborNegative = 1
	cborBytes    = 2
	cborText     = 3
	cborTag      = 6
	cborSimple   = 7
	cborBreak    = 0xff
	taggedCBOR   = 24
)

var cborKinds = [...]packedKind{packedNumber, packedNumber, packedBytes, packedText, packedArray, packedMap, packedTag, packedOther}

// cbor reads a head (RFC 8949, section 3).
func (it *packedItem) cbor() error {
	const size1, indefinite = 24, 31
	major, info := it.start[0]>>5, it.start[0]&31
	it.kind, it.head = cborKinds[major], 1
	switch {
	case info < size1:
		it.arg = uint64(info)
	case info < size1+4:
		if err := it.argument(1 << (info - size1)); err != nil {
			return err
		}
	case info < indefinite, major < cborBytes, major == cborTag:
		return errPackedForm
	default:
		it.open = true
	}
	switch {
	case major == cborNegative:
		it.arg, it.extra, it.head = 0, it.head, 0 // its bytes stand for it
	case major == cborSimple && it.open:
		it.kind, it.open = packedBreak, false
	case major == cborSimple && info > size1:
		it.kind, it.arg, it.extra, it.head = packedNumber, 0, it.head, 0 // a float
	}
	return nil
}

// messagePack reads a first byte, and the lengths after it.
func (it *packedItem) messagePack() error {
	c := it.start[0]
	it.head = 1
	switch {
	case c < 0x80: // positive fixint
		it.kind, it.arg = packedNumber, uint64(c)
	case c < 0x90: // fixmap
		it.kind, it.arg = packedMap, uint64(c&15)
	case c < 0xa0: // fixarray
		it.kind, it.arg = packedArray, uint64(c&15)
	case c < 0xc0: // fixstr
		it.kind, it.arg = packedText, uint64(c&31)
	case c >= 0xe0: // negative fixint
		it.kind, it.extra, it.head = packedNumber, 1, 0
	case c == 0xc1:
		return errPackedForm
	default:
		return it.longMessagePack(c)
	}
	return nil
}

// longMessagePack reads what begins with a byte from 0xc0 to 0xdf.
func (it *packedItem) longMessagePack(c byte) error {
	sized := func(kind packedKind, first byte) error {
		it.kind = kind
		return it.argument(1 << (c - first))
	}
	switch {
	case c <= 0xc3: // nil, false, true
	case c <= 0xc6:
		return sized(packedBytes, 0xc4)
	case c <= 0xc9: // ext: a type follows the length
		if err := sized(packedExtension, 0xc7); err != nil {
			return err
		}
		it.head++
		it.extra = int(min(it.arg, uint64(len(it.start))))
	case c <= 0xcb: // float
		it.kind, it.extra, it.head = packedNumber, 1+4<<(c-0xca), 0
	case c <= 0xcf: // uint
		return sized(packedNumber, 0xcc)
	case c <= 0xd3: // int
		it.kind, it.extra, it.head = packedNumber, 1+1<<(c-0xd0), 0
	case c <= 0xd8: // fixext
		it.kind, it.extra = packedExtension, 1+1<<(c-0xd4)
	case c <= 0xdb:
		return sized(packedText, 0xd9)
	case c <= 0xdd:
		it.kind = packedArray
		return it.argument(2 << (c - 0xdc))
	default:
		it.kind = packedMap
		return it.argument(2 << (c - 0xde))
	}
	return nil
}
