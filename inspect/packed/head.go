package packed

import (
	"errors"
	"math/big"
	"strconv"

	"golang.org/x/crypto/cryptobyte"
)

// Format is a binary format of values that say themselves what they are.
type Format uint8

// The formats.
const (
	CBOR        Format = iota + 1 // RFC 8949
	MessagePack                   // spec.md of msgpack/msgpack
)

// Kind is what a value is.
type Kind uint8

// The kinds. A number from zero on is Unsigned however it is written.
const (
	Unsigned Kind = iota
	Negative
	Float
	Simple // false, true, null and their like, which both formats number as CBOR does
	Bytes
	Text
	Array
	Map
	Tag       // CBOR: the next value with a meaning
	Extension // MessagePack: bytes of a type
	Break     // CBOR: the end of what has no length
)

// The simple values that have a name (RFC 8949, section 3.3).
const (
	False     = 20
	True      = 21
	Null      = 22
	Undefined = 23
)

// EmbeddedCBOR is the tag of bytes that are CBOR themselves (RFC 8949, section 3.4.5.1).
const EmbeddedCBOR = 24

// Head is what stands before a value's content, or is all of the value.
type Head struct {
	Kind Kind

	// Arg is, by the kind: the number; of a negative one, -1 minus the number; the
	// bits of a float, as many as the head's length says; a simple value; the bytes of
	// a string or an extension; the values of an array, the pairs of a map; the tag.
	Arg uint64

	// Indefinite says that a string, an array or a map has no length and goes on to a
	// Break (RFC 8949, section 3.2). Such a string is chunks, which are strings.
	Indefinite bool

	Type int8 // of an extension
}

// ErrEnd is about bytes that end within a head.
var ErrEnd = errors.New("packed: ends early")

// ErrMalformed is about bytes that no value begins with.
var ErrMalformed = errors.New("packed: malformed")

// Head reads the head of the value that b begins with, and says how long it is.
func (f Format) Head(b []byte) (h Head, n int, err error) {
	rest := cryptobyte.String(b)
	if f == CBOR {
		err = h.readCBOR(&rest)
	} else {
		err = h.readMessagePack(&rest)
	}
	if err != nil {
		return Head{}, 0, err
	}
	return h, len(b) - len(rest), nil
}

// argument reads an unsigned integer of 1, 2, 4 or 8 bytes.
func (h *Head) argument(s *cryptobyte.String, size int) error {
	var b []byte
	if !s.ReadBytes(&b, size) {
		return ErrEnd
	}
	for _, c := range b {
		h.Arg = h.Arg<<8 | uint64(c)
	}
	return nil
}

// Integer writes an Unsigned or Negative number.
func (h Head) Integer() string {
	switch {
	case h.Kind == Unsigned:
		return strconv.FormatUint(h.Arg, 10)
	case int64(h.Arg) < 0: // CBOR has negative numbers of 65 bits
		return new(big.Int).Not(new(big.Int).SetUint64(h.Arg)).String()
	}
	return strconv.FormatInt(^int64(h.Arg), 10)
}

// AppendString writes a string of the kind Text or Bytes, in the shortest form.
func (f Format) AppendString(b []byte, kind Kind, s []byte) []byte {
	if f == CBOR {
		b = appendCBORHead(b, kind, len(s))
	} else {
		b = appendMessagePackHead(b, kind, len(s))
	}
	return append(b, s...)
}
