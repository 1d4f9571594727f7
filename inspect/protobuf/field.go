package protobuf

import (
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"tlsmitm/inspect/runes"
)

// Field is one field as it is on the wire. Its slices alias the input.
type Field struct {
	// Number is the field's number; 0 for bytes that are no field.
	Number protowire.Number
	Type   protowire.Type
	Value  uint64 // of a varint, or of a fixed number
	Bytes  []byte // the content of a length-delimited field
	// Reading is how Bytes reads best, and Fields are those of a Message or Group.
	Reading Reading
	Fields  []Field
	// Cut says that the input ends within the field.
	Cut bool
}

// Reading is what the content of a length-delimited field seems to be. The wire
// does not say.
type Reading uint8

// The readings.
const (
	Bytes Reading = iota
	Text
	Message
	Group // the one that the wire does tell
)

const (
	// maxFields bounds the fields of a tree. Two bytes can be a field.
	maxFields = 1 << 14
	// maxDepth bounds messages within each other.
	maxDepth = 32
)

// Parse reads a message without knowing its type. Where no field can be read, or
// the bounds are reached, the rest is the last field, with the number 0.
//
// A length-delimited field is taken for a message if all of it can be read as one
// whose numbers and types are not far-fetched, unless it is printable text; a
// message of which the first field is field 1 reads like text after a line break,
// and is taken for the message.
func Parse(b []byte) []Field {
	p := &parser{left: maxFields}
	fields, rest, _ := p.message(b, 0, 0, true)
	if len(rest) > 0 {
		fields = append(fields, Field{Bytes: rest})
	}
	return fields
}

type parser struct {
	left int // fields that may still be read
}

// message reads fields as far as it can, or up to the end of a group, which is
// what ended tells. With cut, the end of b is not that of the message, and a field
// that goes on beyond it is read as far as it is there.
func (p *parser) message(b []byte, depth int, group protowire.Number, cut bool) (fields []Field, rest []byte, ended bool) {
	for len(b) > 0 && p.left > 0 {
		if num, typ, n := protowire.ConsumeTag(b); n > 0 && typ == protowire.EndGroupType && num == group {
			return fields, b[n:], true
		}
		f, n := p.field(b, depth, cut)
		if n <= 0 {
			break
		}
		p.left--
		fields = append(fields, f)
		b = b[n:]
	}
	return fields, b, false
}

// field reads one field, or returns 0.
func (p *parser) field(b []byte, depth int, cut bool) (f Field, n int) {
	num, typ, n := protowire.ConsumeTag(b)
	if n < 0 {
		return f, 0
	}
	f = Field{Number: num, Type: typ}
	b = b[n:]
	size := -1
	switch typ {
	case protowire.VarintType:
		f.Value, size = protowire.ConsumeVarint(b)
	case protowire.Fixed32Type:
		var v uint32
		v, size = protowire.ConsumeFixed32(b)
		f.Value = uint64(v)
	case protowire.Fixed64Type:
		f.Value, size = protowire.ConsumeFixed64(b)
	case protowire.BytesType:
		size = p.delimited(&f, b, depth, cut)
	case protowire.StartGroupType:
		size = p.group(&f, b, depth, cut)
	}
	if size < 0 {
		return f, 0
	}
	return f, n + size
}

// delimited reads a length and as many bytes, and returns their number or -1.
func (p *parser) delimited(f *Field, b []byte, depth int, cut bool) int {
	length, n := protowire.ConsumeVarint(b)
	if n < 0 {
		return -1
	}
	have := b[n:]
	if length > uint64(len(have)) {
		if !cut || length > 1<<31 { // more than any message may have
			return -1
		}
		f.Cut = true
	} else {
		have = have[:length]
	}
	f.Bytes = have
	f.Reading, f.Fields = p.read(have, depth+1, f.Cut)
	return n + len(have)
}

// group reads up to the end of the group, and returns its size or -1.
func (p *parser) group(f *Field, b []byte, depth int, cut bool) int {
	if depth >= maxDepth {
		return -1
	}
	fields, rest, ended := p.message(b, depth+1, f.Number, cut)
	f.Reading, f.Fields = Group, fields
	switch {
	case ended:
		return len(b) - len(rest)
	case cut:
		f.Cut = true
		if len(rest) > 0 {
			f.Fields = append(f.Fields, Field{Bytes: rest, Cut: true})
		}
		return len(b)
	}
	return -1
}

// read decides what the content of a length-delimited field is.
func (p *parser) read(b []byte, depth int, cut bool) (Reading, []Field) {
	text := isText(b, cut)
	if text && (len(b) == 0 || b[0] != '\n') {
		return Text, nil
	}
	if depth < maxDepth {
		if fields, ok := p.plausible(b, depth, cut); ok {
			return Message, fields
		}
	}
	if text || mostlyText(b) {
		return Text, nil
	}
	return Bytes, nil
}

// plausible reads b as a message, and says whether somebody might have meant it.
func (p *parser) plausible(b []byte, depth int, cut bool) ([]Field, bool) {
	fields, rest, _ := p.message(b, depth, 0, cut)
	if len(fields) == 0 || len(rest) > 0 && !cut {
		return nil, false
	}
	types := make(map[protowire.Number]protowire.Type, min(len(fields), 16))
	for _, f := range fields {
		if f.Number >= 19000 && f.Number <= 19999 { // reserved for the implementation
			return nil, false
		}
		if f.Number > 1<<20 || f.Number > 1000 && len(b) < 16 {
			return nil, false
		}
		if typ, seen := types[f.Number]; seen && typ != f.Type {
			return nil, false
		}
		types[f.Number] = f.Type
	}
	if len(rest) > 0 {
		fields = append(fields, Field{Bytes: rest, Cut: true})
	}
	return fields, true
}

// isText says whether b was meant as text. The control characters above ASCII (C1) are
// UTF-8, and in nobody's text; two bytes like theirs are often a number.
func isText(b []byte, cut bool) bool {
	if !runes.Lines.IsText(b, cut) {
		return false
	}
	for i, c := range b {
		if c == 0xc2 && i+1 < len(b) && b[i+1] < 0xa0 {
			return false
		}
	}
	return true
}

// mostlyText is for what is no message, either: text with an odd byte or two in it.
func mostlyText(b []byte) bool { return utf8.Valid(b) && runes.Lines.Odd(b)*10 < len(b) }
