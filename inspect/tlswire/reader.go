package tlswire

import (
	"fmt"

	"golang.org/x/crypto/cryptobyte"
)

// ParseError says where and why a message could not be read, or what in it
// breaks a rule.
type ParseError struct {
	Message string // the message's name: "Client Hello"
	Field   string // the field's name in the RFC's presentation language: "cipher_suites"
	Offset  int    // of the field, in the bytes that were given to the parser
	Reason  string // what is wrong: "truncated"
}

// Error implements error.
func (e *ParseError) Error() string {
	return fmt.Sprintf("tlswire: %s: %s at offset %d: %s", e.Message, e.Field, e.Offset, e.Reason)
}

// The reasons that a reader gives.
const (
	reasonTruncated = "truncated"
	reasonTrailing  = "bytes after its end"
	reasonEmpty     = "empty"
	reasonOddLength = "length is not a multiple of its elements'"
)

// reader reads a structure of a message from its beginning to its end. After
// the first failure it stays where it is, and its methods return zero values.
type reader struct {
	message string
	rest    cryptobyte.String
	end0    int // offset in the message at which rest ends
	bad     ParseError
	failed  bool
}

func newReader(message string, b []byte) reader {
	return reader{message: message, rest: b, end0: len(b)}
}

// offset is where in the message the reader stands.
func (r *reader) offset() int { return r.end0 - len(r.rest) }

// more says whether there is something left to read.
func (r *reader) more() bool { return !r.failed && !r.rest.Empty() }

func (r *reader) fail(field string, offset int, reason string) {
	if !r.failed {
		r.failed = true
		r.bad = ParseError{Message: r.message, Field: field, Offset: offset, Reason: reason}
	}
}

// failure is the first failure, or nil.
func (r *reader) failure() error {
	if !r.failed {
		return nil
	}
	bad := r.bad
	return &bad
}

// uint8, uint16, uint24 and uint32 read a number of that many bits. Like all
// reads they fail the reader, at the offset of the field's first byte, if there
// is not enough left.

func (r *reader) uint8(field string) (v uint8) {
	if offset := r.offset(); !r.failed && !r.rest.ReadUint8(&v) {
		r.fail(field, offset, reasonTruncated)
	}
	return v
}

func (r *reader) uint16(field string) (v uint16) {
	if offset := r.offset(); !r.failed && !r.rest.ReadUint16(&v) {
		r.fail(field, offset, reasonTruncated)
	}
	return v
}

func (r *reader) uint24(field string) (v uint32) {
	if offset := r.offset(); !r.failed && !r.rest.ReadUint24(&v) {
		r.fail(field, offset, reasonTruncated)
	}
	return v
}

func (r *reader) uint32(field string) (v uint32) {
	if offset := r.offset(); !r.failed && !r.rest.ReadUint32(&v) {
		r.fail(field, offset, reasonTruncated)
	}
	return v
}

// bytes reads an array of n bytes.
func (r *reader) bytes(field string, n int) (b []byte) {
	if offset := r.offset(); !r.failed && !r.rest.ReadBytes(&b, n) {
		r.fail(field, offset, reasonTruncated)
	}
	return b
}

// all reads what is left.
func (r *reader) all() []byte { return r.bytes("", len(r.rest)) }

// vector8, vector16 and vector24 read a vector whose length takes one, two or
// three bytes.

func (r *reader) vector8(field string) []byte { return r.sub8(field).rest }

func (r *reader) vector16(field string) []byte { return r.sub16(field).rest }

func (r *reader) vector24(field string) []byte { return r.sub24(field).rest }

// sub8, sub16 and sub24 return a reader of such a vector. It has failed if the
// vector could not be read.

func (r *reader) sub8(field string) reader {
	var v cryptobyte.String
	if offset := r.offset(); !r.failed && !r.rest.ReadUint8LengthPrefixed(&v) {
		r.fail(field, offset, reasonTruncated)
	}
	return r.sub(v)
}

func (r *reader) sub16(field string) reader {
	var v cryptobyte.String
	if offset := r.offset(); !r.failed && !r.rest.ReadUint16LengthPrefixed(&v) {
		r.fail(field, offset, reasonTruncated)
	}
	return r.sub(v)
}

func (r *reader) sub24(field string) reader {
	var v cryptobyte.String
	if offset := r.offset(); !r.failed && !r.rest.ReadUint24LengthPrefixed(&v) {
		r.fail(field, offset, reasonTruncated)
	}
	return r.sub(v)
}

func (r *reader) sub(v cryptobyte.String) reader {
	return reader{message: r.message, rest: v, end0: r.offset(), bad: r.bad, failed: r.failed}
}

// end fails the reader if anything is left behind the last field of what.
func (r *reader) end(what string) {
	if r.more() {
		r.fail(what, r.offset(), reasonTrailing)
	}
}

// join makes a failure of sub one of r.
func (r *reader) join(sub *reader) {
	if sub.failed && !r.failed {
		r.failed, r.bad = true, sub.bad
	}
}

// list8 and list16 read all that is left as code points of one or two bytes.

func list8[T ~uint8](r *reader) []T {
	if r.failed {
		return nil
	}
	list := make([]T, 0, len(r.rest))
	for r.more() {
		list = append(list, T(r.uint8("")))
	}
	return list
}

func list16[T ~uint16](r *reader, field string) []T {
	if r.failed {
		return nil
	}
	list := make([]T, 0, len(r.rest)/2)
	offset := r.offset()
	for r.more() {
		var v uint16
		if !r.rest.ReadUint16(&v) {
			r.fail(field, offset, reasonOddLength)
			break
		}
		list = append(list, T(v))
	}
	return list
}
