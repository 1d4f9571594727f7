package protobuf

import (
	"bytes"
	"encoding/json"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

// specialTypes are those with a JSON form of their own.
var specialTypes = map[protoreflect.FullName]bool{
	"google.protobuf.Timestamp": true, "google.protobuf.Duration": true, "google.protobuf.FieldMask": true, "google.protobuf.Struct": true,
	"google.protobuf.Value": true, "google.protobuf.ListValue": true, "google.protobuf.BoolValue": true, "google.protobuf.StringValue": true,
	"google.protobuf.BytesValue": true, "google.protobuf.Int32Value": true, "google.protobuf.Int64Value": true, "google.protobuf.UInt32Value": true,
	"google.protobuf.UInt64Value": true, "google.protobuf.FloatValue": true, "google.protobuf.DoubleValue": true,
}

// wellKnown writes a message of a well-known type in its own form, if its value
// allows that and nothing in it is unknown.
func (w *jsonWriter) wellKnown(m protoreflect.Message, depth int) bool {
	name := m.Descriptor().FullName()
	if name == "google.protobuf.Any" {
		return w.any(m, depth)
	}
	special := w.special(m)
	if special == nil {
		return false
	}
	var laidOut bytes.Buffer
	if json.Indent(&laidOut, special, strings.Repeat("  ", depth), "  ") != nil {
		return false
	}
	w.out = append(w.out, laidOut.Bytes()...)
	return true
}

// special returns the form that protojson gives a well-known type, or nil.
func (w *jsonWriter) special(m protoreflect.Message) []byte {
	if !specialTypes[m.Descriptor().FullName()] || hasUnknown(m) {
		return nil
	}
	b, err := protojson.MarshalOptions{AllowPartial: true}.Marshal(m.Interface())
	if err != nil {
		return nil
	}
	return b
}

// hasUnknown says whether a message or one within it has fields that are not known.
func hasUnknown(m protoreflect.Message) bool {
	found := len(m.GetUnknown()) > 0
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case found:
		case fd.IsMap() && fd.MapValue().Message() != nil:
			v.Map().Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool {
				found = hasUnknown(v.Message())
				return !found
			})
		case fd.IsList() && fd.Message() != nil:
			for i := 0; i < v.List().Len() && !found; i++ {
				found = hasUnknown(v.List().Get(i).Message())
			}
		case !fd.IsMap() && !fd.IsList() && fd.Message() != nil:
			found = hasUnknown(v.Message())
		}
		return !found
	})
	return found
}

// any writes a google.protobuf.Any with the message that it holds: by the schema,
// or by numbers if its type is not there.
func (w *jsonWriter) any(m protoreflect.Message, depth int) bool {
	fields := m.Descriptor().Fields()
	url, value := fields.ByNumber(1), fields.ByNumber(2)
	if url == nil || value == nil || !m.Has(url) || url.Kind() != protoreflect.StringKind || value.Kind() != protoreflect.BytesKind || depth >= maxTyped {
		return false
	}
	b := m.Get(value).Bytes()
	l := w.open('{', depth)
	if l.member("@type") {
		w.out = appendString(w.out, m.Get(url).String())
	}
	if inner := w.held(m.Get(url).String(), b, depth); inner == nil {
		w.unknown(l, Parse(b))
	} else if special := w.special(inner); special != nil || inner.Descriptor().FullName() == "google.protobuf.Any" {
		if l.member("value") {
			w.message(inner, depth+1)
		}
	} else {
		w.members(l, inner)
	}
	if unknown := m.GetUnknown(); len(unknown) > 0 {
		w.unknown(l, uncarried(Parse(unknown)))
	}
	l.close()
	return true
}

// held decodes what an Any holds, or returns nil.
func (w *jsonWriter) held(url string, b []byte, depth int) protoreflect.Message {
	typ, err := w.fit.schema.types.FindMessageByURL(url)
	if err != nil {
		return nil
	}
	inner := dynamicpb.NewMessage(typ.Descriptor())
	b = w.fit.message(b, typ.Descriptor(), depth+1, w.fit.cut) // where it is cut, this may be the place
	if (proto.UnmarshalOptions{AllowPartial: true, Resolver: w.fit.schema.types}).Unmarshal(b, inner) != nil {
		return nil
	}
	return inner
}
