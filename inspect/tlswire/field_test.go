package tlswire

import (
	"fmt"
	"strings"
	"testing"
)

// TestTree shows a whole tree: names, places, kinds and values.
func TestTree(t *testing.T) {
	const want = `
Client Hello 0+57 struct
  msg_type 0+1 tag 1 Client Hello
  length 1+3 length 53
  legacy_version 4+2 code 771 TLS 1.2
  random 6+32 bytes
  session_id 38+1 length 0
  session_id 39+0 bytes
  cipher_suites 39+2 length 2
  cipher_suites 41+2 list
    cipher_suite 41+2 code 4865 TLS_AES_128_GCM_SHA256
  compression_methods 43+1 length 1
  compression_methods 44+1 list
    compression_method 44+1 code 0 null
  extensions 45+2 length 10
  extensions 47+10 extensions
    server_name 47+10 extension 0 server_name
      extension_type 47+2 tag 0 server_name
      extension_data 49+2 length 6
      server_name_list 51+2 length 4
      name_type 53+1 tag 0 host_name
      server_name 54+2 length 2
      server_name 56+1 malformed 0 server_name: length 2, but 1 left
`
	raw := helloWith(ext(0, vec(2, hx("00 0002 61"))))
	tree := Decode(Context{}, ContentTypeHandshake, raw)
	var got strings.Builder
	got.WriteByte('\n')
	printTree(&got, &tree, "")
	if got.String() != want {
		t.Errorf("got %s\nwant %s", got.String(), want)
	}
}

func printTree(w *strings.Builder, f *Field, indent string) {
	fmt.Fprintf(w, "%s%s %d+%d %v", indent, f.Name, f.Offset, f.Length, f.Kind)
	if f.Text != "" || f.Uint != 0 || f.Kind == KindLength {
		fmt.Fprintf(w, " %d", f.Uint)
	}
	if f.Text != "" {
		fmt.Fprintf(w, " %s", f.Text)
	}
	w.WriteByte('\n')
	for i := range f.Fields {
		printTree(w, &f.Fields[i], indent+"  ")
	}
}

// TestCheckCoverage makes sure that the check that the other tests rely on
// sees what it is there for.
func TestCheckCoverage(t *testing.T) {
	leaf := func(offset, length int) Field { return Field{Name: "leaf", Offset: offset, Length: length} }
	for _, c := range []struct {
		name   string
		fields []Field
		ok     bool
	}{
		{"whole", []Field{leaf(4, 2), leaf(6, 0), leaf(6, 4)}, true},
		{"leaf", nil, true},
		{"gap before", []Field{leaf(5, 5)}, false},
		{"gap between", []Field{leaf(4, 2), leaf(7, 3)}, false},
		{"gap behind", []Field{leaf(4, 5)}, false},
		{"overlap", []Field{leaf(4, 3), leaf(6, 4)}, false},
		{"beyond", []Field{leaf(4, 7)}, false},
		{"negative", []Field{leaf(4, 7), leaf(11, -1)}, false},
		{"below", []Field{{Name: "node", Offset: 4, Length: 6, Fields: []Field{leaf(4, 5)}}}, false},
	} {
		f := Field{Name: "node", Offset: 4, Length: 6, Fields: c.fields}
		if err := f.CheckCoverage(); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestFieldKindString(t *testing.T) {
	if got := KindMalformed.String(); got != "malformed" {
		t.Errorf("the last kind is called %q", got)
	}
	if got := FieldKind(200).String(); got != "unknown (200)" {
		t.Errorf("an unknown kind is called %q", got)
	}
}

// TestLeavesStop shows that the iteration can be left.
func TestLeavesStop(t *testing.T) {
	tree := Decode(Context{}, ContentTypeHandshake, helloWith())
	n := 0
	for range tree.Leaves() {
		if n++; n == 3 {
			break
		}
	}
	if n != 3 {
		t.Errorf("%d leaves came after a break at the third", n)
	}
}
