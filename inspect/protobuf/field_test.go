package protobuf

import (
	"bytes"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// message appends fields; the arguments are numbers and values.
func message(args ...any) []byte {
	var b []byte
	for i := 0; i < len(args); i += 2 {
		num := protowire.Number(args[i].(int))
		switch v := args[i+1].(type) {
		case int:
			b = protowire.AppendVarint(protowire.AppendTag(b, num, protowire.VarintType), uint64(v))
		case uint32:
			b = protowire.AppendFixed32(protowire.AppendTag(b, num, protowire.Fixed32Type), v)
		case uint64:
			b = protowire.AppendFixed64(protowire.AppendTag(b, num, protowire.Fixed64Type), v)
		case string:
			b = protowire.AppendString(protowire.AppendTag(b, num, protowire.BytesType), v)
		case []byte:
			b = protowire.AppendBytes(protowire.AppendTag(b, num, protowire.BytesType), v)
		}
	}
	return b
}

func TestTree(t *testing.T) {
	uuid := "123e4567-e89b-12d3-a456-426614174000"
	for _, c := range []struct {
		name string
		b    []byte
		want string
	}{
		{"varints", message(1, 150, 2, 0, 3, 1, 4, -1, 5, -2), "1: 150  # sint 75\n2: 0  # false\n3: 1  # true, sint -1\n4: -1  # uint 18446744073709551615, sint -9223372036854775808\n5: -2  # uint 18446744073709551614, sint 9223372036854775807"},
		{"fixed", message(1, uint32(0x3fc00000), 2, uint32(7), 3, uint64(0xc004000000000000), 4, uint64(1)<<63, 5, uint32(0), 6, uint32(0x7f800000)),
			"1: 1.5i32  # fixed32 1069547520\n2: 7i32  # float 1e-44\n3: -2.5  # fixed64 -4610560118520545280\n4: -9223372036854775808i64  # double -0.0\n5: 0i32  # float 0.0\n6: 2139095040i32  # float +Inf"},
		{"text", message(2, "testing", 3, "你好 \"x\"\n", 4, "", 5, "0123"), "2: {\"testing\"}\n3: {\"你好 \\\"x\\\"\\n\"}\n4: {}\n5: {\"0123\"}"},
		{"nested", message(3, message(1, 150, 2, message(1, "a"))), "3: {\n  1: 150  # sint 75\n  2: {\n    1: {\"a\"}\n  }\n}"},
		{"nested that looks like text", message(3, message(1, "ninechars"), 4, message(1, uuid), 5, message(6, uuid)), "3: {\n  1: {\"ninechars\"}\n}\n4: {\n  1: {\"" + uuid + "\"}\n}\n5: {\"2$" + uuid + "\"}"},
		{"text that begins with a line break", message(3, "\nand then"), `3: {"\nand then"}`},
		{"packed", message(4, []byte{3, 0x8e, 2, 0x9e, 0xa7, 5}, 5, []byte{0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc0}), "4: {`038e029ea705`}  # packed 3, 270, 86942\n5: {`0000803f000020c0`}  # packed 1.0, -2.5"},
		{"bytes", message(4, []byte{0xff, 0xfe, 0, 0xff}), "4: {`fffe00ff`}"},
		{"group", append(append([]byte{0x0b}, message(2, 3, 1, "x")...), 0x0c), "1: !{\n  2: 3  # sint -2\n  1: {\"x\"}\n}"},
		{"cut text", message(1, "hello, 你")[:10], "1: {\"hello, \"}  # cut"},
		{"cut in a tag", append(message(1, 7), 0x80), "1: 7  # sint -4\n`80`  # not a field"},
		{"cut in a nested message", message(1, message(2, "hello", 3, message(1, 1, 2, 300)))[:13], "1: {\n  2: {\"hello\"}\n  3: {\n    1: 1  # true, sint -1\n  }  # cut\n}  # cut"},
		{"cut in a nested tag", message(1, message(2, 300, 3, 300))[:7], "1: {\n  2: 300  # sint 150\n  `18ac`  # not a field, cut\n}  # cut"},
		{"cut group", []byte{0x0b, 0x10, 3}, "1: !{\n  2: 3  # sint -2\n}  # cut"},
		{"junk", []byte("\x07hello"), "`0768656c6c6f`  # not a field"},
		{"junk later", append(message(1, 7), "\x07hello"...), "1: 7  # sint -4\n`0768656c6c6f`  # not a field"},
		{"end of no group", []byte{0x0c}, "`0c`  # not a field"},
		{"number 0", []byte{0x00, 0x01}, "`0001`  # not a field"},
		{"empty", nil, ""},
		{"mixed types", message(1, append(message(1, 1), message(1, "x")...)), "1: {`08010a0178`}  # packed 8, 1, 10, 1, 120"},
		{"reserved number", message(1, message(19500, 1)), "1: {`e0c20901`}  # packed 156000, 1"},
	} {
		if got := Tree(Parse(c.b), 1<<20); got != c.want {
			t.Errorf("%s: %x\n%s\nnot\n%s", c.name, c.b, got, c.want)
		}
	}
}

func TestTreeLimit(t *testing.T) {
	b := message(1, strings.Repeat("你", 1000), 2, message(3, 4))
	whole := Tree(Parse(b), 1<<20)
	for limit := range len(whole) + 2 {
		got := Tree(Parse(b), limit)
		if limit >= len(whole) {
			if got != whole {
				t.Fatalf("%d: %q", limit, got)
			}
			continue
		}
		beginning, ok := strings.CutSuffix(got, "\n…")
		if !ok || len(beginning) > limit || !strings.HasPrefix(whole, beginning) {
			t.Fatalf("%d: %q", limit, got)
		}
	}
}

// TestReadings parses messages whose schema is known, and counts how often the
// schema's idea of a field is not found out: descriptors, which have everything
// nested in everything, and JSON-like values.
func TestReadings(t *testing.T) {
	value, err := structpb.NewStruct(map[string]any{
		"name": "a longer name with blanks", "id": "123e4567-e89b-12d3-a456-426614174000", "list": []any{1.0, "two", nil, true, map[string]any{"x": "\ttab", "y": "line\n"}},
		"number": 3.25, "empty": map[string]any{}, "text": strings.Repeat("word ", 50), "0": "", "url": "https://example.com/path?q=1&r=2#f",
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []proto.Message{
		protodesc.ToFileDescriptorProto(descriptorpb.File_google_protobuf_descriptor_proto),
		protodesc.ToFileDescriptorProto(structpb.File_google_protobuf_struct_proto), value,
	} {
		b, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		right, wrong := readings(t, m.ProtoReflect().Descriptor(), Parse(b))
		t.Logf("%s: %d bytes, %d right, %d wrong", m.ProtoReflect().Descriptor().FullName(), len(b), right, wrong)
		if right < 20 || wrong*100 > right {
			t.Errorf("%s: %d readings are right, %d wrong", m.ProtoReflect().Descriptor().FullName(), right, wrong)
		}
	}
}

func readings(t *testing.T, md protoreflect.MessageDescriptor, fields []Field) (right, wrong int) {
	for _, f := range fields {
		fd := md.Fields().ByNumber(f.Number)
		if fd == nil {
			t.Errorf("%s has no field %d", md.FullName(), f.Number)
			return right, wrong + 1
		}
		if f.Type != protowire.BytesType || len(f.Bytes) == 0 {
			continue
		}
		switch fd.Kind() {
		case protoreflect.MessageKind:
			if f.Reading != Message {
				t.Logf("%s: %q is a %s", fd.FullName(), f.Bytes, fd.Message().FullName())
				wrong++
				continue
			}
			r, w := readings(t, fd.Message(), f.Fields)
			right, wrong = right+r+1, wrong+w
		case protoreflect.StringKind:
			if f.Reading != Text {
				t.Logf("%s: %q is text", fd.FullName(), f.Bytes)
				wrong++
				continue
			}
			right++
		}
	}
	return right, wrong
}

// encode writes fields again.
func encode(fields []Field) []byte {
	var b []byte
	for _, f := range fields {
		if f.Number == 0 {
			b = append(b, f.Bytes...)
			continue
		}
		b = protowire.AppendTag(b, f.Number, f.Type)
		switch f.Type {
		case protowire.VarintType:
			b = protowire.AppendVarint(b, f.Value)
		case protowire.Fixed32Type:
			b = protowire.AppendFixed32(b, uint32(f.Value))
		case protowire.Fixed64Type:
			b = protowire.AppendFixed64(b, f.Value)
		case protowire.BytesType:
			content := f.Bytes
			if f.Reading == Message {
				content = encode(f.Fields)
			}
			b = protowire.AppendBytes(b, content)
		case protowire.StartGroupType:
			b = protowire.AppendTag(append(b, encode(f.Fields)...), f.Number, protowire.EndGroupType)
		}
	}
	return b
}

// FuzzParse holds that all of a message is in its fields, at any depth: written
// again, they are the message as another library reads and writes it.
func FuzzParse(f *testing.F) {
	f.Add(message(1, 150, 2, "testing", 3, message(1, 2, 4, []byte{3, 0x8e, 2}), 5, uint32(1), 6, uint64(2)))
	f.Add(append(append([]byte{0x0b}, message(2, 3, 1, "x")...), 0x0c))
	f.Add(message(1, message(1, message(1, message(1, "\n\ttabbed")))))
	f.Add(append(message(1, "cut"), 0x12, 0x50, 0x08))
	f.Fuzz(func(t *testing.T, b []byte) {
		input := bytes.Clone(b)
		fields := Parse(b)
		whole := Tree(fields, 1<<30)
		if !bytes.Equal(b, input) {
			t.Fatal("the input was written to")
		}
		if half := Tree(fields, len(whole)/2); len(half) > len(whole)/2+len("\n…") {
			t.Fatalf("%d bytes of %d", len(half), len(whole))
		}
		for _, f := range fields {
			if f.Cut {
				return
			}
		}
		var m emptypb.Empty
		if len(b) > maxFields || proto.Unmarshal(b, &m) != nil {
			return
		}
		if n := len(fields); n > 0 && fields[n-1].Number == 0 && bytes.Count(b, []byte{0x0b}) < maxDepth/2 && deepest(b) < maxDepth {
			t.Fatalf("%x\n%s", b, whole)
		}
		canonical, _ := proto.Marshal(&m)
		if again := encode(fields); len(canonical) == len(b) && minimal(fields, b) && !bytes.Equal(again, b) {
			t.Fatalf("%x is\n%x after\n%s", b, again, whole)
		}
	})
}

// minimal says whether no tag, length or number takes more bytes than it must: then
// fields that are written again take as many as before.
func minimal(fields []Field, b []byte) bool { return len(encode(fields)) == len(b) }

// deepest counts how deep groups nest, at most.
func deepest(b []byte) int {
	n := 0
	for _, c := range b {
		if c&7 == byte(protowire.StartGroupType) {
			n++
		}
	}
	return n
}

// TestHostile holds that no input makes a tree out of proportion.
func TestHostile(t *testing.T) {
	const size = 1 << 20
	nested := message(1, make([]byte, size), 2, strings.Repeat("x", size))
	for range 1000 {
		nested = message(1, nested)
	}
	for name, b := range map[string][]byte{
		"fields": bytes.Repeat([]byte{8, 1}, size/2), "groups": bytes.Repeat([]byte{0x0b}, size), "open and close": bytes.Repeat([]byte{0x0b, 0x0c}, size/2),
		"messages": bytes.Repeat([]byte{0x0a, 0x7f}, size/2), "empty": bytes.Repeat([]byte{0x0a, 0}, size/2), "nested": nested, "zeros": make([]byte, size), "long tag": bytes.Repeat([]byte{0xff}, size),
		"length": append([]byte{0x0a, 0xff, 0xff, 0xff, 0xff, 0x07}, make([]byte, size)...), "packed": message(1, bytes.Repeat([]byte{1}, size)), "groups in messages": message(1, bytes.Repeat([]byte{0x0b}, size)),
	} {
		fields := Parse(b)
		if n := count(fields); n > maxFields+1 {
			t.Errorf("%s: %d fields", name, n)
		}
		if text := Tree(fields, 1000); len(text) > 1000+len("\n…") {
			t.Errorf("%s: %d bytes", name, len(text))
		}
	}
}

func count(fields []Field) int {
	n := len(fields)
	for _, f := range fields {
		n += count(f.Fields)
	}
	return n
}
