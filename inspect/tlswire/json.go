package tlswire

import (
	"encoding/hex"
	"strconv"
	"unicode/utf8"
)

// AppendJSON appends the field's value: an object for a structure, an array for
// a list, {"value": 4865, "name": "TLS_AES_128_GCM_SHA256"} for a code point,
// hexadecimal text for opaque bytes. Keys come in wire order. Lengths, tags,
// padding and DER whose meaning is told are left out. What could not be read is
// {"malformed": why, "data": hexadecimal}.
func (f *Field) AppendJSON(dst []byte) []byte {
	switch f.Kind {
	case KindStruct, KindExtension:
		dst = append(dst, '{')
		dst = f.AppendJSONFields(dst)
		return append(dst, '}')
	case KindList, KindExtensions:
		return f.appendJSONList(dst)
	case KindUint, KindLength:
		return strconv.AppendUint(dst, f.Uint, 10)
	case KindCode, KindTag:
		dst = append(dst, '{')
		dst = f.appendJSONCode(dst)
		return append(dst, '}')
	case KindText, KindTime:
		return AppendJSONString(dst, f.Text)
	case KindBool:
		return strconv.AppendBool(dst, f.Uint != 0)
	case KindMalformed:
		dst = append(dst, '{')
		dst = f.appendJSONMalformed(dst)
		return append(dst, '}')
	default:
		return treeAppendHex(dst, f.Bytes)
	}
}

// AppendJSONFields appends the members of a structure's JSON object without its
// braces, so that a caller can add members of its own.
//
// Extensions are written twice: as "extensions", an array of their types and
// lengths, and then each one's content under its own name. The content of one
// that is unknown or malformed goes into its element of the array as "data".
// A name that the object already has is prefixed with "extension_".
func (f *Field) AppendJSONFields(dst []byte) []byte {
	o := treeObject{dst: dst, empty: true}
	o.members(f.Fields)
	return o.dst
}

func (f *Field) appendJSONList(dst []byte) []byte {
	dst = append(dst, '[')
	first := true
	for i := range f.Fields {
		if !f.Fields[i].visible() {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = f.Fields[i].AppendJSON(dst)
	}
	return append(dst, ']')
}

func (f *Field) appendJSONCode(dst []byte) []byte {
	dst = append(dst, `"value":`...)
	dst = strconv.AppendUint(dst, f.Uint, 10)
	dst = append(dst, `,"name":`...)
	return AppendJSONString(dst, f.Text)
}

func (f *Field) appendJSONMalformed(dst []byte) []byte {
	dst = append(dst, `"malformed":`...)
	dst = AppendJSONString(dst, f.Text)
	if len(f.Bytes) > 0 {
		dst = append(dst, `,"data":`...)
		dst = treeAppendHex(dst, f.Bytes)
	}
	return dst
}

// visible says whether the field is part of the JSON form.
func (f *Field) visible() bool {
	switch f.Kind {
	case KindLength, KindTag, KindPadding, KindEncoded:
		return false
	}
	return true
}

// treeObject is a JSON object while its members are written.
type treeObject struct {
	dst       []byte
	empty     bool
	malformed bool // the object has its "malformed" member
}

func (o *treeObject) comma() {
	if !o.empty {
		o.dst = append(o.dst, ',')
	}
	o.empty = false
}

func (o *treeObject) key(name string) {
	o.comma()
	o.dst = AppendJSONString(o.dst, name)
	o.dst = append(o.dst, ':')
}

func (o *treeObject) members(fields []Field) {
	for i := range fields {
		f := &fields[i]
		switch {
		case !f.visible():
		case f.Kind == KindMalformed:
			if !o.malformed {
				o.malformed = true
				o.comma()
				o.dst = f.appendJSONMalformed(o.dst)
			}
		case f.Kind == KindExtensions:
			o.extensions(fields, f)
		default:
			o.key(f.Name)
			o.dst = f.AppendJSON(o.dst)
		}
	}
}

// extensions writes the list of the extensions and then their contents as
// members beside siblings.
func (o *treeObject) extensions(siblings []Field, list *Field) {
	o.key(list.Name)
	o.dst = append(o.dst, '[')
	for i := range list.Fields {
		if i > 0 {
			o.dst = append(o.dst, ',')
		}
		o.dst = list.Fields[i].appendJSONExtension(o.dst)
	}
	o.dst = append(o.dst, ']')

	for i := range list.Fields {
		ext := &list.Fields[i]
		if !ext.told() {
			continue
		}
		name := ext.Name
		if treeTaken(siblings, name) || treeTaken(list.Fields[:i], name) {
			name = "extension_" + name
		}
		o.key(name)
		o.dst = ext.appendJSONContent(o.dst)
	}
}

// treeTaken says whether one of the fields is a member of that name.
func treeTaken(fields []Field, name string) bool {
	for i := range fields {
		f := &fields[i]
		if f.Name == name && f.visible() && (f.Kind != KindExtension || f.told()) {
			return true
		}
	}
	return false
}

// treeData names the leaf that is all the content of an extension whose
// structure is unknown.
const treeData = "data"

// treeBody names the leaf that is all of another structure that is unknown. In
// JSON its name differs from that of bytes that are malformed, which may follow.
const treeBody = "body"

// told says whether the extension's content is known and well formed, so that
// it has a member of its own.
func (f *Field) told() bool {
	visible := false
	content := f.content()
	for i := range content {
		visible = visible || content[i].visible()
	}
	return visible && !f.untold()
}

// untold says whether the extension's content can only be shown as its bytes.
func (f *Field) untold() bool {
	content := f.content()
	return len(content) == 1 && content[0].Name == treeData || f.Malformed() != nil
}

// content is what follows an extension's type and length.
func (f *Field) content() []Field {
	if f.Kind != KindExtension {
		return nil
	}
	return f.Fields[2:]
}

// appendJSONExtension writes the element of the extensions array.
func (f *Field) appendJSONExtension(dst []byte) []byte {
	dst = append(dst, '{')
	if f.Kind != KindExtension { // not even its type and length could be read
		if tag := &f.Fields[0]; tag.Kind == KindTag {
			dst = append(tag.appendJSONCode(dst), ',')
		}
		dst = f.Malformed().appendJSONMalformed(dst)
		return append(dst, '}')
	}
	dst = f.appendJSONCode(dst)
	dst = append(dst, `,"length":`...)
	dst = strconv.AppendInt(dst, int64(len(f.Bytes)), 10)
	if f.untold() {
		if bad := f.Malformed(); bad != nil {
			dst = append(dst, `,"malformed":`...)
			dst = AppendJSONString(dst, bad.Text)
		}
		if len(f.Bytes) > 0 {
			dst = append(dst, `,"data":`...)
			dst = treeAppendHex(dst, f.Bytes)
		}
	}
	return append(dst, '}')
}

// appendJSONContent writes the value of the member that is named as the
// extension: its one field if that has the same name, else an object.
func (f *Field) appendJSONContent(dst []byte) []byte {
	content := f.content()
	for i := range content {
		if content[i].visible() && content[i].Name == f.Name {
			return content[i].AppendJSON(dst)
		}
	}
	o := treeObject{dst: append(dst, '{'), empty: true}
	o.members(content)
	return append(o.dst, '}')
}

func treeAppendHex(dst, b []byte) []byte {
	dst = append(dst, '"')
	dst = hex.AppendEncode(dst, b)
	return append(dst, '"')
}

// AppendJSONString appends s as a JSON string. Bytes that are not UTF-8 become
// U+FFFD.
func AppendJSONString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0 // of the run that needs no escape
	for i := 0; ; {
		for i < len(s) && treePlain[s[i]] {
			i++
		}
		if i == len(s) {
			break
		}
		if c := s[i]; c < utf8.RuneSelf {
			dst = treeAppendEscape(append(dst, s[start:i]...), c)
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			dst = append(dst, s[start:i]...)
			dst = append(dst, "\ufffd"...)
			start = i + 1
		}
		i += size
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// treePlain marks the bytes that stand for themselves, whatever is around them.
var treePlain = func() (plain [256]bool) {
	for c := range plain {
		plain[c] = c >= ' ' && c != '"' && c != '\\' && c < 0x7f
	}
	return plain
}()

func treeAppendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	dst = append(dst, `\u00`...)
	return hex.AppendEncode(dst, []byte{c})
}
