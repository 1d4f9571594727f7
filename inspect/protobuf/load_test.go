package protobuf

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestLoad(t *testing.T) {
	shop := []string{"/shop.v1.Shop/Put", "/shop.v1.Shop/List"}
	for _, c := range []struct{ files, methods []string }{
		{[]string{"testdata/everything.proto"}, []string{"/everything.Shop/Look"}},
		{[]string{"testdata/everything.binpb"}, []string{"/everything.Shop/Look"}},
		{[]string{"testdata/everything.binpb", "testdata/everything.proto"}, []string{"/everything.Shop/Look"}}, // the source counts
		{[]string{"testdata/import/shop/v1/shop.proto"}, shop},                                                  // its import is found above it
		{[]string{"testdata/import/shop/v1/shop.proto", "testdata/import/shop/v1/item.proto"}, shop},
		{[]string{"testdata/import/shop/v1/item.proto", "./testdata/import/shop/v1/shop.proto", "testdata/import/shop/v1/shop.proto"}, shop},
		{[]string{"testdata/import"}, shop}, {[]string{"testdata/import/shop"}, shop}, {[]string{"testdata/import/shop/v1"}, shop},
		{[]string{"testdata"}, append([]string{"/everything.Shop/Look"}, shop...)},
		{[]string{"testdata/old.proto"}, nil},
	} {
		s, err := Load(c.files)
		if err != nil {
			t.Errorf("%q: %v", c.files, err)
		} else if got := s.Methods(); !slices.Equal(got, c.methods) {
			t.Errorf("%q: %q", c.files, got)
		}
	}
}

// write makes files in a directory of the test's, and returns it.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestLoadNames(t *testing.T) {
	const head = "syntax = \"proto3\";\npackage %;\nmessage M { string s = 1; }\n"
	dir := write(t, map[string]string{
		"a/service.proto": strings.ReplaceAll(head, "%", "a"), "b/service.proto": strings.ReplaceAll(head, "%", "b"),
		"google/protobuf/timestamp.proto": strings.ReplaceAll(head, "%", "google.protobuf"), "c/uses.proto": "syntax = \"proto3\";\nimport \"google/protobuf/timestamp.proto\";\nmessage U { google.protobuf.M m = 1; }\n",
	})
	s := load(t, filepath.Join(dir, "a/service.proto"), filepath.Join(dir, "b/service.proto"), filepath.Join(dir, "c/uses.proto"))
	for _, name := range []string{"a.M", "b.M", "U", "google.protobuf.M"} {
		messageType(t, s, name)
	}
}

func TestLoadMistakes(t *testing.T) {
	dir := write(t, map[string]string{
		"syntax.proto": "syntax = \"proto3\";\nmessage M {\n  int32 a 1;\n}\n", "type.proto": "syntax = \"proto3\";\nmessage M {\n  Foo a = 1;\n}\n",
		"twice.proto": "syntax = \"proto3\";\nmessage M { int32 a = 1;\n  int32 b = 1; }\n", "import.proto": "syntax = \"proto3\";\n\nimport \"no/such.proto\";\n",
		"inner.proto": "syntax = \"proto3\";\nimport \"sub/bad.proto\";\n", "sub/bad.proto": "syntax = \"proto3\";\nmessage { }\n", "text.txt": "hello", "empty/x.txt": "", "empty.binpb": "", "cycle.proto": "syntax = \"proto3\";\nimport \"cycle.proto\";\n",
	})
	for file, want := range map[string]string{
		"syntax.proto": "syntax.proto:3:11: syntax error", "type.proto": "type.proto:3:3: ", "twice.proto": "twice.proto:3:13: ", "import.proto": `import.proto:3:8: could not resolve path "no/such.proto": it is neither beside`,
		"inner.proto": "sub/bad.proto:2:9: syntax error", "text.txt": "text.txt: neither a .proto file nor a descriptor set", "empty": "no .proto file in ", "empty.binpb": "neither a .proto", "gone.proto": "gone.proto: no such file", "cycle.proto": "cycle.proto:2:8: cycle",
	} {
		s, err := Load([]string{filepath.Join(dir, file)})
		if s != nil || err == nil || !strings.HasPrefix(err.Error(), "protobuf: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", file, err)
		}
	}
	if _, err := Load(nil); err == nil {
		t.Error("no files are a schema")
	}
}

func TestSchema(t *testing.T) {
	s := load(t, "testdata/import")
	in, out, ok := s.Method("/shop.v1.Shop/Put")
	if !ok || in.Name() != "shop.v1.Item" || out.Name() != "google.protobuf.Empty" {
		t.Errorf("%v, %v, %v", in, out, ok)
	}
	for _, path := range []string{"", "/", "shop.v1.Shop", "/shop.v1.Shop/", "/shop.v1.Shop/Get", "/shop.v1.Item/Put", "/no.Such/Put", "/shop.v1.Shop/Put/More", "//"} {
		if in, out, ok := s.Method(path); ok || in != nil || out != nil {
			t.Errorf("%s: %v, %v", path, in, out)
		}
	}
	for _, name := range []string{"", "shop.v1.Shop", "Item", "shop.v1"} {
		if typ, ok := s.Message(name); ok || typ != nil {
			t.Errorf("%s: %v", name, typ)
		}
	}
}
