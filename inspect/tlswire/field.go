package tlswire

import (
	"fmt"
	"iter"
)

// FieldKind says what a Field holds and so how it is shown.
type FieldKind uint8

// The kinds of field. Those marked "not in JSON" cover bytes that carry no
// information beyond what their neighbours say.
const (
	KindStruct     FieldKind = iota // Fields, each once
	KindList                        // Fields, all alike
	KindExtensions                  // Fields, all of KindExtension
	KindExtension                   // Uint: type, Text: its name, Bytes: its data; Fields: type, length, content
	KindUint                        // Uint
	KindCode                        // Uint: a code point, Text: its name
	KindText                        // Text
	KindBytes                       // Bytes, opaque
	KindBool                        // Uint: 1 if true
	KindTime                        // Uint: milliseconds since 1970, Text: RFC 3339
	KindLength                      // Uint: the length of the field of the same name that follows; not in JSON
	KindTag                         // Uint: a code point that selects what follows, Text: its name; not in JSON
	KindPadding                     // Bytes without meaning; not in JSON
	KindEncoded                     // Bytes in DER, told in full by the fields after it; not in JSON
	KindMalformed                   // Bytes that could not be read, Text: why
)

// String returns the kind's name.
func (k FieldKind) String() string {
	names := [...]string{"struct", "list", "extensions", "extension", "uint", "code", "text", "bytes",
		"bool", "time", "length", "tag", "padding", "encoded", "malformed"}
	if int(k) < len(names) {
		return names[k]
	}
	return fmt.Sprintf("unknown (%d)", uint8(k))
}

// Context is what decoding a message needs to know of the connection that it
// passed on: what has been negotiated so far, the zero value before the Server
// Hello. A version of zero reads as TLS 1.2.
type Context struct {
	Version     Version
	CipherSuite CipherSuite
	FromServer  bool
	// CertificateType is what the message's sender shows in a Certificate.
	CertificateType CertificateType
	// SSL2 says that the message is one of SSL 2.0, whose record's header of two
	// bytes is before it.
	SSL2 bool
}

// Field is a node of a decoded message. The fields of a node cover its bytes in
// order, without gap or overlap, whether or not the message is well formed; a
// node without fields is a leaf. Leaves of Length 0 tell what other bytes mean:
// the subject of a certificate, or that an extension without content is there.
type Field struct {
	Name   string // as in the RFC's presentation language
	Offset int    // in the message, whose header begins at 0
	Length int
	Kind   FieldKind
	Uint   uint64
	Text   string
	Bytes  []byte // aliases the message, or what was compressed in it; read-only
	Fields []Field
}

// Leaves iterates over the leaves below f, or f itself, in wire order.
func (f *Field) Leaves() iter.Seq[*Field] {
	return func(yield func(*Field) bool) { f.leaves(yield) }
}

func (f *Field) leaves(yield func(*Field) bool) bool {
	if len(f.Fields) == 0 {
		return yield(f)
	}
	for i := range f.Fields {
		if !f.Fields[i].leaves(yield) {
			return false
		}
	}
	return true
}

// Malformed returns the first leaf at or below f that could not be read, or nil.
func (f *Field) Malformed() *Field {
	if f.Kind == KindMalformed {
		return f
	}
	for i := range f.Fields {
		if bad := f.Fields[i].Malformed(); bad != nil {
			return bad
		}
	}
	return nil
}

// CheckCoverage returns an error that names the first node below f whose fields
// leave a gap, overlap, or reach beyond it. It is nil for every tree that
// Decode makes.
func (f *Field) CheckCoverage() error {
	if len(f.Fields) == 0 {
		return nil
	}
	at := f.Offset
	for i := range f.Fields {
		child := &f.Fields[i]
		if child.Offset != at || child.Length < 0 {
			return fmt.Errorf("tlswire: %s at %d+%d within %s, where %d bytes were covered",
				child.Name, child.Offset, child.Length, f.Name, at)
		}
		if err := child.CheckCoverage(); err != nil {
			return err
		}
		at += child.Length
	}
	if at != f.Offset+f.Length {
		return fmt.Errorf("tlswire: fields of %s end at %d, not at %d", f.Name, at, f.Offset+f.Length)
	}
	return nil
}
