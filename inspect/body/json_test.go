package body

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

const wide = 1 << 20

// TestJSON holds the layout to encoding/json's.
func TestJSON(t *testing.T) {
	for _, doc := range jsonDocs {
		var want bytes.Buffer
		if err := json.Indent(&want, []byte(doc), "", "  "); err != nil {
			t.Fatal(err)
		}
		got, ok := Pretty(JSON, "application/json", []byte(doc), wide)
		if !ok || got != strings.TrimRight(want.String(), " \t\r\n") {
			t.Errorf("%s\n%v\n%s\nnot\n%s", doc, ok, got, want.String())
		}
	}
}

var jsonDocs = []string{
	`{"a":1,"b":[1,2,{"c":null}],"e":{},"f":[],"a":1.0E+5}`,
	`[true,false,null,-0,-0.1e-7,12345678901234567890.1234567890123456789,"\u00e9é\"\\\/\b"]`,
	` [ { } , [ ] , [ [ [ 1 ] ] ] ] `,
	`"just a string"`, `17`, `{}`, "\n[\n\n1\n]\r\n",
	`{"":{"":{"":[[],{},""]}}}`,
	"[" + strings.Repeat("31415926535", 1000) + "]", // RFC 8259, section 6, knows no longest number
}

func TestJSONOddities(t *testing.T) {
	for _, c := range []struct{ kind, doc, want string }{
		{"json", `{"a":1`, "{\n  \"a\": 1"},
		{"json", `{"a":"cut here`, "{\n  \"a\": \"cut here"},
		{"json", `{"a":"cut\`, "{\n  \"a\": \"cut\\"},
		{"json", `{"a":[1,tr`, "{\n  \"a\": [\n    1,\n    tr"},
		{"json", `{"a":-`, "{\n  \"a\": -"},
		{"json", `{"a":1.`, "{\n  \"a\": 1."},
		{"json", `{"a"`, "{\n  \"a\""},
		{"json", `[1,`, "[\n  1,"},
		{"json", `[1,2,]`, "[\n  1,\n  2,\n]"},
		{"json", `[NaN,-Infinity]`, "[\n  NaN,\n  -Infinity\n]"},
		{"json", ")]}',\n{\"a\":1}", ")]}',\n{\n  \"a\": 1\n}"},
		{"json", "for(;;);[1]", "for(;;);\n[\n  1\n]"},
		{"json", "\ufeff[1]", "[\n  1\n]"},
		{"json", `{"a":1}{"b":2}`, "{\n  \"a\": 1\n}\n{\n  \"b\": 2\n}"},
		{"ndjson", "{\"a\":1}\n\n{\"b\":2}\n", "{\n  \"a\": 1\n}\n{\n  \"b\": 2\n}"},
		{"ndjson", "{\"a\":1}\nnot json\n[2", "{\n  \"a\": 1\n}\nnot json\n[\n  2"},
		{"ndjson", "\x1e{\"a\":\n1}\n\x1e[2]\n", "{\n  \"a\": 1\n}\n[\n  2\n]"},
		{"json", `{"a":1}x`, ""}, {"json", `{'a':1}`, ""}, {"json", "<html>", ""}, {"json", "Not Found", ""}, {"json", "[1}", ""},
		{"json", "{\"a\":\"line\nbreak\"}", ""}, {"json", `{"a" 1}`, ""}, {"json", `{1:1}`, ""}, {"json", `[1 2]`, ""}, {"json", `[01.]`, ""},
		{"json", "\xff\xfe\x00\x00", ""}, {"json", "   ", ""}, {"ndjson", "a\nb", ""},
	} {
		kind := JSON
		if c.kind == "ndjson" {
			kind = NDJSON
		}
		if got, ok := Pretty(kind, "", []byte(c.doc), wide); got != c.want || ok != (c.want != "") {
			t.Errorf("%q: %v\n%s\nnot\n%s", c.doc, ok, got, c.want)
		}
	}
	utf16 := []byte{0xff, 0xfe, '[', 0, 0x60, 0x4f, 0, 0} // 你 is no JSON, so the text is told from bytes
	if _, ok := Pretty(JSON, "", utf16, wide); ok {
		t.Error("UTF-16 that is no JSON was taken for some")
	}
	if got, ok := Pretty(JSON, "", []byte{0xfe, 0xff, 0, '[', 0, '"', 0x4f, 0x60, 0, '"', 0, ']'}, wide); !ok || got != "[\n  \"你\"\n]" {
		t.Errorf("UTF-16: %v %s", ok, got)
	}
}

// TestJSONDeep holds that depth costs neither stack nor indentation.
func TestJSONDeep(t *testing.T) {
	doc := strings.Repeat("[", 5000) + strings.Repeat("]", 5000)
	got, ok := Pretty(JSON, "", []byte(doc), 10*wide)
	if squeezed := strings.NewReplacer(" ", "", "\n", "").Replace(got); !ok || squeezed != doc || len(got) > 10_000*(2*maxIndent+2) {
		t.Errorf("%v, %d bytes", ok, len(got))
	}
}

// FuzzJSON holds that of JSON nothing but whitespace changes, and that of its
// beginning the beginning is shown.
func FuzzJSON(f *testing.F) {
	f.Add([]byte(`[100000000000000000000,"é"]`), uint16(26))
	for _, doc := range jsonDocs {
		f.Add([]byte(doc), uint16(9))
		f.Add([]byte(doc), uint16(len(doc)/2))
	}
	f.Add([]byte("true"), uint16(2))
	f.Fuzz(func(t *testing.T, b []byte, n uint16) {
		if len(b) > sniffed { // beyond, isText says nothing, and indentation may come to the limit
			return
		}
		got, ok := Pretty(JSON, "", b, 8*wide)
		if !json.Valid(b) || bomCharset(b) != "" || !isText(b) {
			return
		}
		var want, squeezed bytes.Buffer
		if json.Compact(&want, b) != nil {
			return
		}
		if !ok || json.Compact(&squeezed, []byte(got)) != nil || !bytes.Equal(squeezed.Bytes(), want.Bytes()) {
			t.Fatalf("%q: %v\n%s", b, ok, got)
		}
		if strings.Contains("tfn", string(want.Bytes()[:1])) {
			return // the beginning of a word alone may be that of any text
		}
		part := b[:min(int(n), len(b))]
		some, ok := Pretty(JSON, "", part, 8*wide)
		if ok == (len(bytes.TrimSpace(part)) == 0) || !strings.HasPrefix(got, strings.ToValidUTF8(strings.TrimRight(some, " \n"), "")) {
			t.Fatalf("%q: %v\n%s\nis not the beginning of\n%s", part, ok, some, got)
		}
	})
}
