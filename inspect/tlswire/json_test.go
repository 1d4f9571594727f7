package tlswire

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestAppendJSONString(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", `""`},
		{"server.example", `"server.example"`},
		{`say "\" twice`, `"say \"\\\" twice"`},
		{"\x00\x1b\n\r\t\x7f", `"\u0000\u001b\n\r\t\u007f"`},
		{"bücher.example", `"bücher.example"`},
		{"a\xffb\xc3", "\"a\ufffdb\ufffd\""},
		{"\xed\xa0\x80", "\"\ufffd\ufffd\ufffd\""}, // half a surrogate pair
	} {
		if got := string(AppendJSONString(nil, c.in)); got != c.want {
			t.Errorf("%q: got %s, want %s", c.in, got, c.want)
		}
	}
}

func FuzzAppendJSONString(f *testing.F) {
	f.Add("server.example")
	f.Add("a\xff\"\\\x00")
	f.Fuzz(func(t *testing.T, s string) {
		var got string
		b := AppendJSONString(nil, s)
		if err := json.Unmarshal(b, &got); err != nil || !utf8.Valid(b) {
			t.Fatalf("%q: %v in %s", s, err, b)
		}
		if want := strings.ToValidUTF8(s, ""); strings.ReplaceAll(got, "�", "") != strings.ReplaceAll(want, "�", "") {
			t.Fatalf("%q came back as %q", s, got)
		}
	})
}

// TestAppendJSONFields shows that members of a caller's own can follow.
func TestAppendJSONFields(t *testing.T) {
	tree := Decode(Context{}, ContentTypeAlert, []byte{2, 48})
	got := append(tree.AppendJSONFields([]byte("{")), `,"ja3":"x"}`...)
	const want = `{"level":{"value":2,"name":"fatal"},"description":{"value":48,"name":"unknown_ca"},"ja3":"x"}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	empty := Decode(Context{}, ContentTypeHandshake, msg(HandshakeTypeServerHelloDone))
	if got := empty.AppendJSONFields(nil); len(got) != 0 {
		t.Errorf("a message without a body has the members %s", got)
	}
}

// TestAppendJSONKinds writes each kind of field as a value.
func TestAppendJSONKinds(t *testing.T) {
	for _, c := range []struct {
		field Field
		want  string
	}{
		{Field{Kind: KindUint, Uint: 1 << 63}, `9223372036854775808`},
		{Field{Kind: KindLength, Uint: 7}, `7`},
		{Field{Kind: KindCode, Uint: 0x1301, Text: "TLS_AES_128_GCM_SHA256"}, `{"value":4865,"name":"TLS_AES_128_GCM_SHA256"}`},
		{Field{Kind: KindTag, Uint: 1, Text: "Client Hello"}, `{"value":1,"name":"Client Hello"}`},
		{Field{Kind: KindText, Text: "a"}, `"a"`},
		{Field{Kind: KindTime, Uint: 0, Text: "1970-01-01T00:00:00.000Z"}, `"1970-01-01T00:00:00.000Z"`},
		{Field{Kind: KindBool, Uint: 1}, `true`},
		{Field{Kind: KindBool}, `false`},
		{Field{Kind: KindBytes, Bytes: []byte{1, 0xab}}, `"01ab"`},
		{Field{Kind: KindPadding, Bytes: []byte{0}}, `"00"`},
		{Field{Kind: KindMalformed, Text: "why", Bytes: []byte{1}}, `{"malformed":"why","data":"01"}`},
		{Field{Kind: KindList, Fields: []Field{{Kind: KindLength}, {Kind: KindUint, Uint: 1}, {Kind: KindUint, Uint: 2}}}, `[1,2]`},
	} {
		if got := string(c.field.AppendJSON(nil)); got != c.want {
			t.Errorf("%v: got %s, want %s", c.field.Kind, got, c.want)
		}
	}
}
