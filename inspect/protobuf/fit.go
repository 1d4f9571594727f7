package protobuf

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"tlsmitm/inspect/runes"
)

// misfit is the number of a field that carries what does not fit the schema: the
// end of a message that no field can be read from, or a field whose content is not
// what its type says. It is the largest that there is; a field that really has it is
// carried too.
const misfit = protowire.MaxValidNumber

const (
	// maxWeight bounds what a message may become in memory: a field weighs
	// fieldWeight, an element of a packed field 1.
	maxWeight   = 1 << 18
	fieldWeight = 4
	// maxTyped bounds messages within each other.
	maxTyped = 64
)

// fitter makes a message such that a decoder takes all of it: what does not fit is
// carried in fields that it does not know, and what is cut, or too much, is closed.
type fitter struct {
	schema *Schema
	weight int  // that may still be used
	cut    bool // something is left out
	fault  bool // something does not fit
}

// message returns b, or what stands for it; b is not written to. With cut, the end
// of b is not that of the message.
func (f *fitter) message(b []byte, md protoreflect.MessageDescriptor, depth int, cut bool) []byte {
	out, _ := f.fields(b, md, 0, depth, cut)
	return out
}

// fields goes through fields up to the end of b or of the group, and returns what
// stands for them and how long they are. Of a group without an end it is -1.
func (f *fitter) fields(b []byte, md protoreflect.MessageDescriptor, group protowire.Number, depth int, cut bool) (out []byte, size int) {
	kept := 0 // so much of b is still to be copied into out, if anything is
	changed := false
	replace := func(from, to int, with []byte) {
		out = append(append(out, b[kept:from]...), with...)
		kept, changed = to, true
	}
	at := 0
	for at < len(b) {
		num, typ, n := protowire.ConsumeTag(b[at:])
		if n > 0 && typ == protowire.EndGroupType && num == group {
			size = at + n
			break
		}
		if f.weight -= fieldWeight; f.weight < 0 {
			f.cut = true
			replace(at, len(b), nil)
			at = len(b)
			break
		}
		field, with, same := f.field(b[at:], num, typ, n, md, depth, cut)
		if !same {
			replace(at, at+field, with)
		}
		at += field
	}
	switch {
	case size > 0:
	case group == 0:
		size = len(b)
	case cut || f.weight < 0:
		f.cut, size = true, len(b)
	default:
		size = -1
	}
	if !changed {
		return b[:at], size
	}
	return append(out, b[min(kept, at):at]...), size
}

// field returns how long the field at the beginning of b is, and what stands for it
// unless it is the same. n is the length of its tag.
func (f *fitter) field(b []byte, num protowire.Number, typ protowire.Type, n int, md protoreflect.MessageDescriptor, depth int, cut bool) (size int, with []byte, same bool) {
	if n < 0 || typ == protowire.EndGroupType {
		return f.rest(b, cut && n < 0 && endsEarly(n))
	}
	fd := f.descriptor(md, num)
	switch {
	case typ == protowire.BytesType:
		return f.delimited(b, num, n, fd, depth, cut)
	case typ == protowire.StartGroupType && fd != nil && fd.Kind() == protoreflect.GroupKind && depth < maxTyped:
		content, size := f.fields(b[n:], fd.Message(), num, depth+1, cut)
		if size < 0 {
			return f.rest(b, false)
		}
		if alias(content, b[n:]) && len(content)+protowire.SizeTag(num) == size {
			return n + size, nil, true
		}
		with = append(protowire.AppendTag(nil, num, typ), content...)
		return n + size, protowire.AppendTag(with, num, protowire.EndGroupType), false
	}
	size = protowire.ConsumeFieldValue(num, typ, b[n:])
	if size < 0 {
		return f.rest(b, cut && endsEarly(size))
	}
	return n + size, nil, num != misfit || f.carried(b[:n+size], &with)
}

// endsEarly says whether protowire could not read a field only because there is no
// more.
func endsEarly(n int) bool { return errors.Is(protowire.ParseError(n), io.ErrUnexpectedEOF) }

// descriptor returns the field of that number, an extension's too, or nil.
func (f *fitter) descriptor(md protoreflect.MessageDescriptor, num protowire.Number) protoreflect.FieldDescriptor {
	if fd := md.Fields().ByNumber(num); fd != nil {
		return fd
	}
	if !md.ExtensionRanges().Has(num) {
		return nil
	}
	x, err := f.schema.types.FindExtensionByNumber(md.FullName(), num)
	if err != nil {
		return nil
	}
	return x.TypeDescriptor()
}

// carry puts bytes into a field that the schema does not know.
func carry(b []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, misfit, protowire.BytesType), b)
}

// carried sets with to a field that carries b. It returns false: it is not the same.
func (f *fitter) carried(b []byte, with *[]byte) bool {
	*with = carry(b)
	return false
}

// rest carries all of b. Where the message is cut, it may have been a field.
func (f *fitter) rest(b []byte, cut bool) (int, []byte, bool) {
	if cut {
		f.cut = true
	} else {
		f.fault = true
	}
	return len(b), carry(b), false
}

// delimited is about a length-delimited field.
func (f *fitter) delimited(b []byte, num protowire.Number, n int, fd protoreflect.FieldDescriptor, depth int, cut bool) (size int, with []byte, same bool) {
	length, m := protowire.ConsumeVarint(b[n:])
	if m < 0 {
		return f.rest(b, cut && endsEarly(m))
	}
	content, inner := b[n+m:], false
	if length > uint64(len(content)) {
		if !cut || length > 1<<31 {
			return f.rest(b, false)
		}
		f.cut, inner = true, true
	} else {
		content = content[:length]
	}
	size = n + m + len(content)
	fitted, ok := content, true
	if fd != nil {
		fitted, ok = f.content(content, fd, depth, inner)
	}
	switch {
	case !ok || num == misfit:
		f.fault = f.fault || !ok && !inner
		return size, carry(protowire.AppendBytes(protowire.AppendTag(nil, num, protowire.BytesType), content)), false
	case inner || len(fitted) != len(content) || !alias(fitted, content):
		return size, protowire.AppendBytes(protowire.AppendTag(nil, num, protowire.BytesType), fitted), false
	}
	return size, nil, true
}

// alias says whether a begins where b does.
func alias(a, b []byte) bool { return len(a) == 0 || len(b) > 0 && &a[0] == &b[0] }

// content makes the content of a field fit its type. Where that cannot be, ok is
// false; a type that has no content is left to the decoder, which takes the field for
// an unknown one.
func (f *fitter) content(b []byte, fd protoreflect.FieldDescriptor, depth int, cut bool) (fitted []byte, ok bool) {
	switch fd.Kind() {
	case protoreflect.MessageKind:
		if depth >= maxTyped {
			f.cut = true
			return nil, true
		}
		fitted = f.message(b, fd.Message(), depth+1, cut)
		return fitted, !fd.IsMap() || isEntry(fitted, fd)
	case protoreflect.StringKind:
		if cut {
			b = b[:len(runes.Whole(string(b)))]
		}
		if !utf8.Valid(b) { // a decoder may refuse it
			f.fault = true
			return bytes.ToValidUTF8(b, []byte("\ufffd")), true
		}
		return b, true
	case protoreflect.BytesKind, protoreflect.GroupKind:
		return b, true
	}
	if !fd.IsList() {
		return b, true
	}
	return f.packed(b, fd.Kind(), cut)
}

// isEntry says whether a map's entry has nothing but its key and value. A decoder
// drops anything else; and the one that is used here panics on a second key of
// another wire type.
func isEntry(b []byte, fd protoreflect.FieldDescriptor) bool {
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeField(b)
		if n < 0 || num > 2 || num == 1 && typ != wireType(fd.MapKey().Kind()) || num == 2 && typ != wireType(fd.MapValue().Kind()) {
			return false
		}
		b = b[n:]
	}
	return true
}

// wireType returns how a value that is not packed is encoded.
func wireType(kind protoreflect.Kind) protowire.Type {
	switch kind {
	case protoreflect.StringKind, protoreflect.BytesKind, protoreflect.MessageKind:
		return protowire.BytesType
	case protoreflect.GroupKind:
		return protowire.StartGroupType
	case protoreflect.Fixed32Kind, protoreflect.Sfixed32Kind, protoreflect.FloatKind:
		return protowire.Fixed32Type
	case protoreflect.Fixed64Kind, protoreflect.Sfixed64Kind, protoreflect.DoubleKind:
		return protowire.Fixed64Type
	}
	return protowire.VarintType
}

// packed checks the elements of a packed field, and leaves out those that are too
// many, or cut.
func (f *fitter) packed(b []byte, kind protoreflect.Kind, cut bool) ([]byte, bool) {
	typ := wireType(kind)
	for at := 0; at < len(b); {
		n := protowire.ConsumeFieldValue(1, typ, b[at:])
		if n < 0 {
			return b[:at], cut
		}
		if f.weight--; f.weight < 0 {
			f.cut = true
			return b[:at], true
		}
		at += n
	}
	return b, true
}
