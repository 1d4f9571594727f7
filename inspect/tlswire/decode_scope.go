package tlswire

import (
	"fmt"

	"golang.org/x/crypto/cryptobyte"
)

// treeScope is a structure while it is being read: the bytes that are left of
// it. Its fields so far are on top of the decoder's stack. Once something cannot
// be read, a malformed leaf takes all that is left, and every later read is a
// no-op: decoders need to check only what they branch on.
type treeScope struct {
	decoder *treeDecoder
	rest    cryptobyte.String
	start   int // offset of the structure in the message
	limit   int // offset of its end
	mark    int // where its fields begin in the decoder's stack
	broken  bool
}

// offset is where the next field begins.
func (s *treeScope) offset() int { return s.limit - len(s.rest) }

// more says whether there is anything left to read.
func (s *treeScope) more() bool { return !s.broken && len(s.rest) > 0 }

// fail ends the structure with a malformed leaf that takes the rest of it.
func (s *treeScope) fail(name, format string, args ...any) {
	if s.broken {
		return
	}
	rest := s.rest
	s.rest, s.broken = nil, true
	f := s.push(name, KindMalformed, len(rest))
	f.Text, f.Bytes = name+": "+fmt.Sprintf(format, args...), rest
}

// take reads n bytes; push must follow at once with the field that covers them.
func (s *treeScope) take(name string, n int) ([]byte, bool) {
	if s.broken {
		return nil, false
	}
	var b []byte
	if !s.rest.ReadBytes(&b, n) {
		s.fail(name, "cut short: %d of %d bytes", len(s.rest), n)
		return nil, false
	}
	return b, true
}

// push adds the field that covers the length bytes just taken. What it returns
// is valid until the next one is added.
func (s *treeScope) push(name string, kind FieldKind, length int) *Field {
	d := s.decoder
	d.stack = append(d.stack, Field{Name: name, Offset: s.offset() - length, Length: length, Kind: kind})
	return &d.stack[len(d.stack)-1]
}

// number reads an unsigned integer of the given size into a leaf of the given
// kind, which it returns unless that fails.
func (s *treeScope) number(name string, kind FieldKind, size int) *Field {
	b, ok := s.take(name, size)
	if !ok {
		return nil
	}
	f := s.push(name, kind, size)
	f.Uint = treeNumber(b)
	return f
}

// treeNumber returns the integer that b is, of at most 8 bytes (RFC 8446 section 3.3).
func treeNumber(b []byte) uint64 {
	var v uint64
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	return v
}

// uint reads an integer of the given size.
func (s *treeScope) uint(name string, size int) { s.number(name, KindUint, size) }

// leaf reads n bytes into a leaf of the given kind, which it returns unless
// that fails.
func (s *treeScope) leaf(name string, kind FieldKind, n int) *Field {
	b, ok := s.take(name, n)
	if !ok {
		return nil
	}
	f := s.push(name, kind, n)
	f.Bytes = b
	return f
}

// bytes reads n opaque bytes.
func (s *treeScope) bytes(name string, n int) *Field { return s.leaf(name, KindBytes, n) }

// remaining reads the rest of the structure as opaque bytes.
func (s *treeScope) remaining(name string) *Field { return s.leaf(name, KindBytes, len(s.rest)) }

// length reads the length prefix of a vector, size bytes long, and checks that
// the vector fits into what is left.
func (s *treeScope) length(name string, size int) (int, bool) {
	f := s.number(name, KindLength, size)
	if f == nil {
		return 0, false
	}
	n := f.Uint
	if n > uint64(len(s.rest)) {
		s.fail(name, "length %d, but %d left", n, len(s.rest))
		return 0, false
	}
	return int(n), true
}

// vector reads a vector of bytes with a length prefix of size bytes into a leaf
// of the given kind, which it returns unless that fails.
func (s *treeScope) vector(name string, kind FieldKind, size int) *Field {
	n, ok := s.length(name, size)
	if !ok {
		return nil
	}
	return s.leaf(name, kind, n)
}

// opaque reads a vector of opaque bytes.
func (s *treeScope) opaque(name string, size int) *Field { return s.vector(name, KindBytes, size) }

// text reads a vector of bytes as text.
func (s *treeScope) text(name string, size int) {
	if f := s.vector(name, KindText, size); f != nil {
		f.Text = string(f.Bytes)
	}
}

// open begins a vector of structures with a length prefix of size bytes; close
// ends it. After a failure it is an empty, broken structure.
func (s *treeScope) open(name string, size int) treeScope {
	n, _ := s.length(name, size)
	return s.enter(n)
}

// close ends a vector that open began. What its reader left over is malformed.
func (s *treeScope) close(name string, kind FieldKind, sub *treeScope) {
	if s.broken {
		return
	}
	sub.finish()
	fields := s.decoder.pop(sub.mark)
	s.push(name, kind, sub.limit-sub.start).Fields = fields
}

// finish takes what is left of a structure whose fields are all read.
func (s *treeScope) finish() {
	if len(s.rest) > 0 {
		s.fail("excess", "bytes after the end of the structure")
	}
}

// enter begins a part of s that is n bytes long and whose fields are fields of
// s; finish ends it.
func (s *treeScope) enter(n int) treeScope {
	sub := s.begin()
	sub.limit = sub.start + n
	sub.rest = nil
	s.rest.ReadBytes((*[]byte)(&sub.rest), n)
	return sub
}

// begin starts a structure without a length of its own; end ends it. It ends
// where its last field ends or, if it is malformed, where s ends.
func (s *treeScope) begin() treeScope {
	sub := *s
	sub.start, sub.mark = s.offset(), len(s.decoder.stack)
	return sub
}

// end ends a structure that begin started, and returns its field unless s has
// failed before.
func (s *treeScope) end(name string, kind FieldKind, sub *treeScope) *Field {
	if s.broken {
		return nil
	}
	s.rest, s.broken = sub.rest, sub.broken
	fields := s.decoder.pop(sub.mark)
	f := s.push(name, kind, sub.offset()-sub.start)
	f.Fields = fields
	return f
}

// treeCodePoint is any of the named code point types.
type treeCodePoint interface {
	~uint8 | ~uint16
	String() string
}

// treeCode reads a code point of the given size.
func treeCode[T treeCodePoint](s *treeScope, name string, size int) T {
	return treeNamed[T](s, name, KindCode, size)
}

// treeTag reads a code point that selects what follows.
func treeTag[T treeCodePoint](s *treeScope, name string, size int) T {
	return treeNamed[T](s, name, KindTag, size)
}

func treeNamed[T treeCodePoint](s *treeScope, name string, kind FieldKind, size int) T {
	f := s.number(name, kind, size)
	if f == nil {
		return 0
	}
	v := T(f.Uint)
	f.Text = v.String()
	return v
}

// treeCodes reads a vector of code points of the given size, whose length
// prefix is prefix bytes long.
func treeCodes[T treeCodePoint](s *treeScope, name, element string, prefix, size int) {
	list := s.open(name, prefix)
	for list.more() {
		treeCode[T](&list, element, size)
	}
	s.close(name, KindList, &list)
}
