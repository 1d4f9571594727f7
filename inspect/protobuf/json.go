package protobuf

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// jsonWriter writes messages as the JSON mapping has them. protojson alone would
// not do: it leaves out what the schema does not know, and gives nothing at all
// where a value is out of its type's range or an Any of an unknown type.
type jsonWriter struct {
	fit   *fitter
	out   []byte
	limit int
}

// list writes members or elements, one a line.
type list struct {
	w     *jsonWriter
	depth int
	end   byte
	n     int
}

func (w *jsonWriter) open(begin byte, depth int) *list {
	w.out = append(w.out, begin)
	return &list{w: w, depth: depth, end: begin + 2} // the brackets of both kinds are two apart
}

func (w *jsonWriter) line(depth int) {
	w.out = append(w.out, '\n')
	for range depth {
		w.out = append(w.out, "  "...)
	}
}

// next begins an element. It returns false if no more is wanted.
func (l *list) next() bool {
	if len(l.w.out) > l.w.limit {
		return false
	}
	if l.n++; l.n > 1 {
		l.w.out = append(l.w.out, ',')
	}
	l.w.line(l.depth + 1)
	return true
}

// member begins a member.
func (l *list) member(name string) bool {
	if !l.next() {
		return false
	}
	l.w.out = appendString(l.w.out, name)
	l.w.out = append(l.w.out, ": "...)
	return true
}

func (l *list) close() {
	if l.n > 0 {
		l.w.line(l.depth)
	}
	l.w.out = append(l.w.out, l.end)
}

// message writes a message.
func (w *jsonWriter) message(m protoreflect.Message, depth int) {
	if w.wellKnown(m, depth) {
		return
	}
	l := w.open('{', depth)
	w.members(l, m)
	l.close()
}

// members writes the fields that are set, in the order of the schema, then
// extensions and what is not known.
func (w *jsonWriter) members(l *list, m protoreflect.Message) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		if fd := fields.Get(i); m.Has(fd) && l.member(fd.JSONName()) {
			w.field(fd, m.Get(fd), l.depth+1)
		}
	}
	var extensions []protoreflect.FieldDescriptor
	m.Range(func(fd protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		if fd.IsExtension() {
			extensions = append(extensions, fd)
		}
		return true
	})
	slices.SortFunc(extensions, func(a, b protoreflect.FieldDescriptor) int { return cmp.Compare(a.FullName(), b.FullName()) })
	for _, fd := range extensions {
		if l.member("[" + string(fd.FullName()) + "]") {
			w.field(fd, m.Get(fd), l.depth+1)
		}
	}
	if unknown := m.GetUnknown(); len(unknown) > 0 {
		w.unknown(l, uncarried(Parse(unknown)))
	}
}

func (w *jsonWriter) field(fd protoreflect.FieldDescriptor, v protoreflect.Value, depth int) {
	switch {
	case fd.IsList():
		l := w.open('[', depth)
		for i := range v.List().Len() {
			if !l.next() {
				break
			}
			w.value(fd, v.List().Get(i), depth+1)
		}
		l.close()
	case fd.IsMap():
		l := w.open('{', depth)
		for _, key := range sortedKeys(v.Map()) {
			if !l.member(key.String()) {
				break
			}
			w.value(fd.MapValue(), v.Map().Get(key), depth+1)
		}
		l.close()
	default:
		w.value(fd, v, depth)
	}
}

// sortedKeys returns a map's keys by their values, since the wire's order is not
// kept.
func sortedKeys(m protoreflect.Map) []protoreflect.MapKey {
	keys := make([]protoreflect.MapKey, 0, m.Len())
	m.Range(func(k protoreflect.MapKey, _ protoreflect.Value) bool {
		keys = append(keys, k)
		return true
	})
	slices.SortFunc(keys, func(a, b protoreflect.MapKey) int {
		switch a.Interface().(type) {
		case int32, int64:
			return cmp.Compare(a.Int(), b.Int())
		case uint32, uint64:
			return cmp.Compare(a.Uint(), b.Uint())
		}
		return strings.Compare(a.String(), b.String())
	})
	return keys
}

func (w *jsonWriter) value(fd protoreflect.FieldDescriptor, v protoreflect.Value, depth int) {
	switch fd.Kind() {
	case protoreflect.MessageKind, protoreflect.GroupKind:
		w.message(v.Message(), depth)
	case protoreflect.BoolKind:
		w.out = strconv.AppendBool(w.out, v.Bool())
	case protoreflect.EnumKind:
		w.enum(fd.Enum(), v.Enum())
	case protoreflect.StringKind:
		w.out = appendString(w.out, v.String())
	case protoreflect.BytesKind:
		w.base64(v.Bytes())
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		w.out = strconv.AppendInt(w.out, v.Int(), 10)
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		w.out = strconv.AppendUint(w.out, v.Uint(), 10)
	case protoreflect.FloatKind:
		w.float(v.Float(), 32)
	case protoreflect.DoubleKind:
		w.float(v.Float(), 64)
	default: // of 64 bits, which JSON's readers round: they are strings
		w.out = append(append(append(w.out, '"'), v.String()...), '"')
	}
}

func (w *jsonWriter) enum(ed protoreflect.EnumDescriptor, n protoreflect.EnumNumber) {
	if ed.FullName() == "google.protobuf.NullValue" {
		w.out = append(w.out, "null"...)
	} else if v := ed.Values().ByNumber(n); v != nil {
		w.out = appendString(w.out, string(v.Name()))
	} else {
		w.out = strconv.AppendInt(w.out, int64(n), 10)
	}
}

func (w *jsonWriter) float(v float64, bits int) {
	var b []byte
	var err error
	if bits == 32 {
		b, err = json.Marshal(float32(v))
	} else {
		b, err = json.Marshal(v)
	}
	if err != nil { // not finite
		b = []byte(`"` + strings.NewReplacer("+Inf", "Infinity", "-Inf", "-Infinity").Replace(strconv.FormatFloat(v, 'g', -1, bits)) + `"`)
	}
	w.out = append(w.out, b...)
}

func (w *jsonWriter) base64(b []byte) {
	if room := max(w.limit-len(w.out), 0); len(b) > room+3 {
		b = b[:room+3] // is cut anyway
	}
	w.out = append(w.out, '"')
	w.out = base64.StdEncoding.AppendEncode(w.out, b)
	w.out = append(w.out, '"')
}

// uncarried takes the fields out that the fitter carried.
func uncarried(fields []Field) []Field {
	var all []Field
	for _, f := range fields {
		if f.Number == misfit && f.Type == protowire.BytesType {
			all = append(all, Parse(f.Bytes)...)
		} else {
			all = append(all, f)
		}
	}
	return all
}

// unknown writes fields under their numbers; those with the same number together.
func (w *jsonWriter) unknown(l *list, fields []Field) {
	byNumber := map[protowire.Number][]Field{}
	var order []protowire.Number
	for _, f := range fields {
		if byNumber[f.Number] == nil {
			order = append(order, f.Number)
		}
		byNumber[f.Number] = append(byNumber[f.Number], f)
	}
	for _, number := range order {
		if !l.member(strconv.Itoa(int(number))) {
			return
		}
		same := byNumber[number]
		if len(same) == 1 {
			w.guessed(same[0], l.depth+1)
			continue
		}
		inner := w.open('[', l.depth+1)
		for _, f := range same {
			if !inner.next() {
				break
			}
			w.guessed(f, l.depth+2)
		}
		inner.close()
	}
}

// guessed writes a field by its likeliest reading.
func (w *jsonWriter) guessed(f Field, depth int) {
	switch {
	case f.Number == 0:
		w.base64(f.Bytes)
	case f.Type == protowire.VarintType:
		w.out = strconv.AppendInt(w.out, int64(f.Value), 10)
	case f.Type == protowire.Fixed32Type || f.Type == protowire.Fixed64Type:
		value, _ := fixed64(f.Value)
		if f.Type == protowire.Fixed32Type {
			value, _ = fixed32(uint32(f.Value))
		}
		w.out = append(w.out, strings.TrimSuffix(strings.TrimSuffix(value, "i32"), "i64")...)
	case f.Reading == Message || f.Reading == Group:
		l := w.open('{', depth)
		w.unknown(l, f.Fields)
		l.close()
	case f.Reading == Text:
		w.out = appendString(w.out, string(f.Bytes))
	default:
		w.base64(f.Bytes)
	}
}

// appendString writes a string of JSON, RFC 8259 section 7.
func appendString(out []byte, s string) []byte {
	const digits = "0123456789abcdef"
	out = append(out, '"')
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch c := s[0]; {
		case r == utf8.RuneError && n == 1:
			out = append(out, "\ufffd"...)
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case c == '\n':
			out = append(out, '\\', 'n')
		case c == '\r':
			out = append(out, '\\', 'r')
		case c == '\t':
			out = append(out, '\\', 't')
		case c < ' ' || c == 0x7f:
			out = append(out, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		default:
			out = append(out, s[:n]...)
		}
		s = s[n:]
	}
	return append(out, '"')
}
