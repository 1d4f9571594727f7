package protobuf

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"
)

// load reads a schema of the test data.
func load(t testing.TB, files ...string) *Schema {
	t.Helper()
	s, err := Load(files)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func messageType(t testing.TB, s *Schema, name string) *MessageType {
	t.Helper()
	typ, ok := s.Message(name)
	if !ok {
		t.Fatalf("no %s", name)
	}
	return typ
}

// parseJSON makes JSON comparable. Numbers stay as they are, if they are integers.
func parseJSON(t testing.TB, s string) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v in\n%s", err, s)
	}
	return numbers(v)
}

func numbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if f, err := v.Float64(); err == nil {
			return f
		}
	case []any:
		for i := range v {
			v[i] = numbers(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = numbers(v[k])
		}
	}
	return v
}

// recorded returns the messages that Python wrote, and their JSON.
func recorded(t testing.TB) (messages [][]byte, texts []string) {
	t.Helper()
	b, err := os.ReadFile("testdata/messages.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(b))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c struct {
			Message string
			JSON    json.RawMessage
		}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		m, err := hex.DecodeString(c.Message)
		if err != nil {
			t.Fatal(err)
		}
		messages, texts = append(messages, m), append(texts, string(c.JSON))
	}
	if len(messages) < 20 {
		t.Fatalf("only %d messages", len(messages))
	}
	return messages, texts
}

// TestDecode holds the JSON to that of Protocol Buffers for Python, with the schema
// from source and as protoc compiled it.
func TestDecode(t *testing.T) {
	messages, texts := recorded(t)
	for _, file := range []string{"testdata/everything.proto", "testdata/everything.binpb"} {
		typ := messageType(t, load(t, file), "everything.Everything")
		for i, m := range messages {
			d := typ.Decode(m, 1<<20)
			if !d.JSON || d.Cut || d.Misfit {
				t.Errorf("message %d: %+v", i, d)
			} else if got, want := parseJSON(t, d.Text), parseJSON(t, texts[i]); !reflect.DeepEqual(got, want) {
				t.Errorf("message %d:\n%s\nnot\n%s", i, d.Text, texts[i])
			}
			var again bytes.Buffer
			if err := json.Indent(&again, []byte(d.Text), "", "  "); err != nil || again.String() != d.Text {
				t.Errorf("message %d is laid out otherwise: %v\n%s", i, err, d.Text)
			}
		}
	}
}

// TestDecodeCut holds that of a message that ends anywhere, what is there is shown.
func TestDecodeCut(t *testing.T) {
	messages, _ := recorded(t)
	typ := messageType(t, load(t, "testdata/everything.binpb"), "everything.Everything")
	for _, m := range messages[:12] {
		whole := typ.Decode(m, 1<<20)
		for n := range len(m) {
			d := typ.Decode(m[:n], 1<<20)
			if !d.JSON || !json.Valid([]byte(d.Text)) || d.Misfit {
				t.Fatalf("%x: %+v", m[:n], d)
			}
			if len(d.Text) > len(whole.Text)+200 {
				t.Fatalf("%x:\n%s", m[:n], d.Text)
			}
		}
	}
	m := message(14, "hello 你")
	if d := typ.Decode(m[:len(m)-1], 100); d.Text != "{\n  \"stringField\": \"hello \"\n}" || !d.Cut {
		t.Errorf("%+v", d)
	}
	m = message(17, message(17, message(14, "hello", 1, 7)))
	if d := typ.Decode(m[:len(m)-4], 1000); d.Text != "{\n  \"child\": {\n    \"child\": {\n      \"stringField\": \"hel\"\n    }\n  }\n}" || !d.Cut {
		t.Errorf("%+v", d)
	}
	m = message(18, []byte{1, 2, 0x80, 1})
	if d := typ.Decode(m[:len(m)-1], 1000); d.Text != "{\n  \"packed\": [\n    \"1\",\n    \"2\"\n  ]\n}" || !d.Cut {
		t.Errorf("%+v", d)
	}
}

func TestDecodeOddities(t *testing.T) {
	s := load(t, "testdata/everything.proto", "testdata/old.proto")
	everything, old := messageType(t, s, "everything.Everything"), messageType(t, s, ".old.Old")
	group := func(num int, content []byte) []byte {
		b := append(protowire.AppendTag(nil, protowire.Number(num), protowire.StartGroupType), content...)
		return protowire.AppendTag(b, protowire.Number(num), protowire.EndGroupType)
	}
	for _, c := range []struct {
		name   string
		typ    *MessageType
		b      []byte
		want   string
		misfit bool
	}{
		{"empty", everything, nil, "{}", false},
		{"unknown", everything, message(1, 7, 90, 150, 91, "text", 91, "more", 92, message(1, 2, 3, "x"), 93, []byte{0xff, 0xfe, 0}, 94, uint32(0x3fc00000), 95, uint64(7), 96, ""),
			`{"int32Field":7,"90":150,"91":["text","more"],"92":{"1":2,"3":"x"},"93":"//4A","94":1.5,"95":7,"96":""}`, false},
		{"unknown in a child", everything, message(17, message(14, "x", 300, 1)), `{"child":{"stringField":"x","300":1}}`, false},
		{"unknown in a timestamp", everything, message(30, message(1, 0, 9, "?")), `{"at":{"9":"?"}}`, false},
		{"unknown group", everything, group(90, message(1, 2)), `{"90":{"1":2}}`, false},
		{"wrong wire type", everything, message(1, "text", 14, 5, 17, 1), `{"1":"text","14":5,"17":1}`, false},
		{"not a message", everything, message(17, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 1, 5), `{"int32Field":5,"child":{"0":"////////////////"}}`, true},
		{"half a message", everything, message(17, append(message(1, 5), 0x07, 1)), `{"child":{"int32Field":5,"0":"BwE="}}`, true},
		{"not packed", everything, message(18, []byte{1, 0x80}, 1, 5), `{"int32Field":5,"18":"AYA="}`, true},
		{"junk", everything, []byte("\x07hello"), `{"0":"B2hlbGxv"}`, true},
		{"junk after", everything, append(message(1, 5), "\x07hello"...), `{"int32Field":5,"0":"B2hlbGxv"}`, true},
		{"no UTF-8", everything, message(14, "caf\xe9", 23, message(1, "\xff", 2, 3)), `{"stringField":"caf` + "\ufffd" + `","counts":{"` + "\ufffd" + `":3}}`, true},
		{"map with another key", everything, message(23, message(1, "a", 2, 3), 23, message(1, "b", 1, 7, 2, 3), 23, message(2, 4, 3, "x")), `{"counts":{"a":3},"23":["CgFiCAcQAw==",{"2":4,"3":"x"}]}`, true},
		{"time out of range", everything, message(30, message(1, 1<<60)), `{"at":{"seconds":"1152921504606846976"}}`, false},
		{"unknown type in an Any", everything, message(36, message(1, "type.googleapis.com/no.Such", 2, message(1, "x", 2, 3))), `{"any":{"@type":"type.googleapis.com/no.Such","1":"x","2":3}}`, false},
		{"Any without a type", everything, message(36, message(2, "x")), `{"any":{"value":"eA=="}}`, false},
		{"Any of a special type", everything, message(36, message(1, "a/google.protobuf.Duration", 2, message(1, 5))), `{"any":{"@type":"a/google.protobuf.Duration","value":"5s"}}`, false},
		{"Any that misfits", everything, message(36, message(1, "a/everything.Everything", 2, message(1, 5, 17, "\xff"))), `{"any":{"@type":"a/everything.Everything","int32Field":5,"child":{"0":"/w=="}}}`, true},
		{"the carrier's number", everything, message(int(misfit), 3, int(misfit), message(5, "x")), "", false},
		{"groups", old, slices.Concat(message(1, "n"), group(2, message(1, 3, 2, "p", 9, 1)), group(3, message(1, message(1, "inner"))), group(3, nil), message(100, "extended", 101, message(1, "m"), 102, 8)),
			`{"name":"n","point":{"x":3,"label":"p","9":1},"step":[{"at":{"name":"inner"}},{}],"[old.more]":[{"name":"m"}],"[old.note]":"extended","102":8}`, false},
		{"a group that ends as another", old, append(message(1, "n"), 0x13, 0x08, 3, 0x1c), `{"name":"n","point":{"x":3,"0":"HA=="}}`, true},
		{"a group without end", old, append(message(1, "n"), 0x13, 0x08, 3), `{"name":"n","point":{"x":3}}`, false},
		{"required is missing", old, message(100, "e"), `{"[old.note]":"e"}`, false},
	} {
		d := c.typ.Decode(c.b, 1<<20)
		var squeezed bytes.Buffer
		if err := json.Compact(&squeezed, []byte(d.Text)); err != nil {
			t.Errorf("%s: %v\n%s", c.name, err, d.Text)
		} else if c.want != "" && squeezed.String() != c.want || d.Misfit != c.misfit || !d.JSON {
			t.Errorf("%s: %x\n%s\nnot\n%s, %+v", c.name, c.b, squeezed.String(), c.want, d)
		}
	}
}

func TestDecodeLimit(t *testing.T) {
	messages, _ := recorded(t)
	typ := messageType(t, load(t, "testdata/everything.binpb"), "everything.Everything")
	whole := typ.Decode(messages[0], 1<<20)
	for limit := range len(whole.Text) + 2 {
		d := typ.Decode(messages[0], limit)
		if limit >= len(whole.Text) {
			if d != whole {
				t.Fatalf("%d: %+v", limit, d)
			}
			continue
		}
		beginning, ok := strings.CutSuffix(d.Text, "\n…")
		if !ok || d.JSON || len(beginning) > limit || !strings.HasPrefix(whole.Text, beginning) {
			t.Fatalf("%d: %+v", limit, d)
		}
	}
}

// TestDecodeHostile holds that a megabyte of anything takes memory in proportion.
func TestDecodeHostile(t *testing.T) {
	typ := messageType(t, load(t, "testdata/everything.binpb"), "everything.Everything")
	const size = 1 << 20
	deep := []byte(nil)
	for range 5000 {
		deep = message(17, deep)
	}
	anys := []byte(nil)
	for range 200 {
		anys = message(36, message(1, "a/everything.Everything", 2, anys))
	}
	lists := []byte(nil)
	for range 2000 {
		lists = message(6, message(1, lists))
	}
	for name, b := range map[string][]byte{
		"children": bytes.Repeat([]byte{0xaa, 1, 0}, size/3), "packed": message(18, bytes.Repeat([]byte{1}, size)), "loose": bytes.Repeat([]byte{0x98, 1, 1}, size/3),
		"deep": deep, "anys": anys, "values": message(34, lists), "map": bytes.Repeat(message(24, message(1, 7)), size/6), "unknown": bytes.Repeat([]byte{0xd0, 5, 1}, size/3), "groups": bytes.Repeat([]byte{0xd3, 5}, size/2),
		"text": message(14, bytes.Repeat([]byte{0xff}, size)), "bytes": message(15, make([]byte, size)), "names": bytes.Repeat([]byte{0xa2, 1, 0}, size/3), "paths": message(32, bytes.Repeat([]byte{0x0a, 0}, size/2)),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		d := typ.Decode(b, 64<<10)
		runtime.ReadMemStats(&after)
		if n := (after.TotalAlloc - before.TotalAlloc) >> 20; n > 64 {
			t.Errorf("%s: %d MiB allocated", name, n)
		}
		if len(d.Text) > 64<<10+len("\n…") {
			t.Errorf("%s: %d bytes", name, len(d.Text))
		}
	}
}

// FuzzDecode holds that what the libraries read and write without loss looks the
// same here, and that everything else is JSON too.
func FuzzDecode(f *testing.F) {
	messages, _ := recorded(f)
	for _, m := range messages {
		if len(m) < 300 {
			f.Add(m)
		}
	}
	f.Add(message(17, "\xff", 36, message(1, "a/everything.Everything", 2, message(1, 5, 17, "\xff"))))
	f.Add([]byte{0xd3, 5, 8, 1, 0xd4, 5, 0xaa, 1, 5})
	s := load(f, "testdata/everything.binpb")
	typ, old := messageType(f, s, "everything.Everything"), messageType(f, s, "old.Old")
	f.Fuzz(func(t *testing.T, b []byte) {
		input := bytes.Clone(b)
		d := typ.Decode(b, 1<<24)
		if !bytes.Equal(b, input) {
			t.Fatal("the input was written to")
		}
		for _, d := range []Decoded{d, old.Decode(b, 1<<24)} {
			if d.JSON && !json.Valid([]byte(d.Text)) {
				t.Fatalf("%x:\n%s", b, d.Text)
			}
		}
		m := dynamicpb.NewMessage(typ.desc)
		if !unmarshals(typ.schema, b, m) {
			return
		}
		if !d.JSON {
			t.Fatalf("%x: %+v", b, d)
		}
		want, err := protojson.MarshalOptions{Resolver: typ.schema.types}.Marshal(m)
		if err != nil || hasUnknown(m) || d.Cut || d.Misfit || bytes.Contains(want, []byte(`"@type"`)) {
			return
		}
		if !reflect.DeepEqual(parseJSON(t, d.Text), parseJSON(t, string(want))) {
			t.Fatalf("%x:\n%s\nnot\n%s", b, d.Text, want)
		}
	})
}

// unmarshals says whether the library reads b, which makes it panic where a map has
// a key of another wire type after its key.
func unmarshals(s *Schema, b []byte, m proto.Message) (ok bool) {
	defer func() { ok = recover() == nil && ok }()
	return proto.UnmarshalOptions{Resolver: s.types}.Unmarshal(b, m) == nil
}

// TestDecodeOrder holds that members come in the order that protojson has.
func TestDecodeOrder(t *testing.T) {
	messages, _ := recorded(t)
	typ := messageType(t, load(t, "testdata/everything.binpb"), "everything.Everything")
	for _, b := range messages {
		m := dynamicpb.NewMessage(typ.desc)
		if err := (proto.UnmarshalOptions{Resolver: typ.schema.types}).Unmarshal(b, m); err != nil {
			t.Fatal(err)
		}
		want, err := protojson.MarshalOptions{Resolver: typ.schema.types}.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		var a, c bytes.Buffer
		if json.Compact(&a, []byte(typ.Decode(b, 1<<20).Text)) != nil || json.Compact(&c, want) != nil {
			t.Fatal("no JSON")
		}
		if !bytes.Equal(a.Bytes(), c.Bytes()) {
			t.Errorf("%s\nnot\n%s", a.Bytes(), c.Bytes())
		}
	}
}
