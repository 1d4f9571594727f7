package tlswire

import (
	"fmt"

	"golang.org/x/crypto/cryptobyte"
)

// treeScope is a structure while it is being read: the bytes that are left of
// it and the fields found so far. Once something cannot be read, a malformed
// leaf takes all that is left, and every later read is a no-op: decoders need
// to check only what they branch on.
type treeScope struct {
	decoder *treeDecoder
	rest    cryptobyte.String
	start   int // offset of the structure in the message
	limit   int // offset of its end
	fields  []Field
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
	s.fields = append(s.fields, Field{
		Name: name, Offset: s.offset(), Length: len(s.rest), Kind: KindMalformed,
		Text: name + ": " + fmt.Sprintf(format, args...), Bytes: s.rest,
	})
	s.rest, s.broken = nil, true
}

// take reads n bytes; add must follow at once with the field that covers them.
func (s *treeScope) take(name string, n int) ([]byte, bool) {
	if s.broken {
		return nil, false
	}
	var b []byte
	if !s.rest.ReadBytes(&b, n) {
		s.fail(name, "needs %d bytes, %d are left", n, len(s.rest))
		return nil, false
	}
	return b, true
}

// add appends the leaf that covers the length bytes just taken.
func (s *treeScope) add(f Field, length int) {
	f.Offset, f.Length = s.offset()-length, length
	s.fields = append(s.fields, f)
}

// number reads an unsigned integer of the given size into a leaf of the given kind.
func (s *treeScope) number(name string, kind FieldKind, size int) (uint64, bool) {
	b, ok := s.take(name, size)
	if !ok {
		return 0, false
	}
	v := treeNumber(b)
	s.add(Field{Name: name, Kind: kind, Uint: v}, size)
	return v, true
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
func (s *treeScope) uint(name string, size int) uint64 {
	v, _ := s.number(name, KindUint, size)
	return v
}

// bytes reads n opaque bytes.
func (s *treeScope) bytes(name string, n int) []byte { return s.leaf(name, KindBytes, n) }

// remaining reads the rest of the structure as opaque bytes.
func (s *treeScope) remaining(name string) []byte { return s.leaf(name, KindBytes, len(s.rest)) }

func (s *treeScope) leaf(name string, kind FieldKind, n int) []byte {
	b, ok := s.take(name, n)
	if ok {
		s.add(Field{Name: name, Kind: kind, Bytes: b}, n)
	}
	return b
}

// flag notes that a structure without content is there.
func (s *treeScope) flag(name string) {
	s.note(Field{Name: name, Kind: KindBool, Uint: 1})
}

// note adds a leaf that covers no bytes.
func (s *treeScope) note(f Field) {
	if !s.broken {
		s.add(f, 0)
	}
}

// length reads the length prefix of a vector, size bytes long, and checks that
// the vector fits into what is left.
func (s *treeScope) length(name string, size int) (int, bool) {
	n, ok := s.number(name, KindLength, size)
	if !ok {
		return 0, false
	}
	if n > uint64(len(s.rest)) {
		s.fail(name, "its length says %d bytes, %d are left", n, len(s.rest))
		return 0, false
	}
	return int(n), true
}

// opaque reads a vector of opaque bytes with a length prefix of size bytes.
func (s *treeScope) opaque(name string, size int) []byte { return s.vector(name, KindBytes, size) }

// text reads such a vector as text.
func (s *treeScope) text(name string, size int) {
	if b := s.vector(name, KindText, size); !s.broken {
		s.fields[len(s.fields)-1].Text = string(b)
	}
}

func (s *treeScope) vector(name string, kind FieldKind, size int) []byte {
	n, ok := s.length(name, size)
	if !ok {
		return nil
	}
	return s.leaf(name, kind, n)
}

// open begins a vector of structures with a length prefix of size bytes; close
// ends it. After a failure it is an empty, broken structure.
func (s *treeScope) open(name string, size int) treeScope {
	n, ok := s.length(name, size)
	if !ok {
		return treeScope{decoder: s.decoder, broken: true}
	}
	sub := treeScope{decoder: s.decoder, start: s.offset(), limit: s.offset() + n}
	s.rest.ReadBytes((*[]byte)(&sub.rest), n)
	return sub
}

// close ends a vector that open began. What its reader left over is malformed.
func (s *treeScope) close(name string, kind FieldKind, sub *treeScope) {
	if s.broken {
		return
	}
	sub.finish()
	s.add(Field{Name: name, Kind: kind, Fields: sub.fields}, sub.limit-sub.start)
}

// finish takes what is left of a structure whose fields are all read.
func (s *treeScope) finish() {
	if len(s.rest) > 0 {
		s.fail("excess", "%d bytes after the end of the structure", len(s.rest))
	}
}

// enter begins a part of s that is n bytes long and whose fields are fields of s;
// leave ends it.
func (s *treeScope) enter(n int) treeScope {
	sub := treeScope{decoder: s.decoder, start: s.offset(), limit: s.offset() + n, fields: s.fields, broken: s.broken}
	s.rest.ReadBytes((*[]byte)(&sub.rest), n)
	return sub
}

// leave ends a part that enter began. What its reader left over is malformed.
func (s *treeScope) leave(sub *treeScope) {
	sub.finish()
	s.fields = sub.fields
}

// begin starts a structure without a length of its own; end ends it. It ends
// where its last field ends or, if it is malformed, where s ends.
func (s *treeScope) begin(fields int) treeScope {
	return treeScope{decoder: s.decoder, rest: s.rest, start: s.offset(), limit: s.limit, broken: s.broken,
		fields: make([]Field, 0, fields)}
}

// end ends a structure that begin started.
func (s *treeScope) end(name string, kind FieldKind, sub *treeScope) {
	if s.broken {
		return
	}
	s.rest, s.broken = sub.rest, sub.broken
	s.add(Field{Name: name, Kind: kind, Fields: sub.fields}, sub.offset()-sub.start)
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
	v, ok := s.number(name, kind, size)
	if ok {
		s.fields[len(s.fields)-1].Text = T(v).String()
	}
	return T(v)
}

// treeCodes reads a vector of code points of the given size, whose length
// prefix is prefix bytes long.
func treeCodes[T treeCodePoint](s *treeScope, name, element string, prefix, size int) {
	list := s.open(name, prefix)
	list.fields = make([]Field, 0, (len(list.rest)+size-1)/size)
	for list.more() {
		treeCode[T](&list, element, size)
	}
	s.close(name, KindList, &list)
}
