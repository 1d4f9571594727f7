package main

import (
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// importRules is the house's plan: imports point down. For each package (and
// those below it) it names what must not be reached, directly or not.
var importRules = []struct {
	pkg    string
	never  []string
	reason string
}{
	{"tlsmitm/inspect/tlswire", []string{"tlsmitm/inspect/tlscrypt", "net", "os"}, "tlswire knows bytes alone: no keys, no I/O"},
	{"tlsmitm/inspect/tlscrypt", []string{"net", "os/exec"}, "tlscrypt opens records that it is given"},
	{"tlsmitm/inspect/saved", []string{"net", "os", "tlsmitm/inspect/sink", "tlsmitm/inspect/explain"}, "saved reads what it is handed"},
	{"tlsmitm/inspect/http1", []string{"net", "net/http", "os", "tlsmitm/inspect", "tlsmitm/inspect/tlswire", "tlsmitm/inspect/tlscrypt"}, "http1 is given bytes, and knows nothing else"},
	{"tlsmitm/inspect/http2", []string{"net", "net/http", "os", "tlsmitm/inspect", "tlsmitm/inspect/tlswire", "tlsmitm/inspect/tlscrypt", "golang.org/x/net/http2"}, "http2 is given bytes, and knows nothing else"},
	{"tlsmitm/inspect/websocket", []string{"net", "net/http", "os", "tlsmitm/inspect"}, "websocket is given bytes, and knows nothing else"},
	{"tlsmitm/inspect/sse", []string{"net", "net/http", "os", "tlsmitm/inspect"}, "sse is given bytes, and knows nothing else"},
	{"tlsmitm/inspect/redact", []string{"net", "os", "tlsmitm/inspect"}, "redact is given bytes, and knows nothing else"},
	{"tlsmitm/inspect/nearest", []string{"net", "os", "tlsmitm/inspect"}, "nearest compares names"},
	{"tlsmitm/inspect/runes", []string{"net", "os", "tlsmitm/inspect"}, "runes knows text alone"},
	{"tlsmitm/inspect/packed", []string{"net", "os", "tlsmitm/inspect"}, "packed is given bytes, and knows nothing else"},
	{"tlsmitm/inspect/filter", []string{"os", "tlsmitm/inspect/sink", "tlsmitm/inspect/explain"}, "filter passes events on or not"},
	{"tlsmitm/inspect/capture", []string{"net", "os", "tlsmitm/inspect/sink", "tlsmitm/inspect/explain"}, "capture reads what it is handed, down to TCP"},
	{"tlsmitm/inspect", []string{"tlsmitm/proxy", "tlsmitm/ca", "tlsmitm/cmd/tlsmitm", "github.com/elazarl/goproxy", "gopkg.in/yaml.v3"}, "inspect knows no proxy"},
	{"tlsmitm/inspect/keyfile", []string{"net", "tlsmitm/inspect/sink", "tlsmitm/inspect/explain"}, "keyfile reads a file and tells a store"},
	{"tlsmitm/inspect/body", []string{"net", "os", "tlsmitm/inspect/tlswire", "tlsmitm/inspect/tlscrypt"}, "body knows bytes alone"},
	{"tlsmitm/inspect/grpc", []string{"net", "os", "tlsmitm/inspect", "tlsmitm/inspect/application", "tlsmitm/inspect/http2"}, "grpc is given bytes, and knows no HTTP but field lines"},
	{"tlsmitm/inspect/application", []string{"tlsmitm/inspect", "tlsmitm/inspect/tlswire", "tlsmitm/inspect/tlscrypt"}, "application follows what it is fed, and knows no leg"},
	{"tlsmitm/ca", []string{"tlsmitm/proxy", "tlsmitm/inspect", "tlsmitm/cmd/tlsmitm", "github.com/rs/zerolog", "gopkg.in/yaml.v3"}, "ca knows neither proxy nor inspect"},
	{"tlsmitm/proxy", []string{"tlsmitm/inspect/sink", "tlsmitm/inspect/explain", "tlsmitm/cmd/tlsmitm", "gopkg.in/yaml.v3"}, "proxy knows no sink"},
}

// importers names the only packages or files that may import a dependency.
var importers = []struct{ dep, allowed string }{
	{"github.com/elazarl/goproxy", "tlsmitm/proxy/door.go"},
	{"github.com/rs/zerolog", "tlsmitm/cmd/tlsmitm/ tlsmitm/proxy/ tlsmitm/inspect/sink/"},
	{"gopkg.in/yaml.v3", "tlsmitm/cmd/tlsmitm/"},
	{"github.com/andybalholm/brotli", "tlsmitm/inspect/body/ tlsmitm/inspect/tlswire/"},
	{"github.com/klauspost/compress", "tlsmitm/inspect/body/ tlsmitm/inspect/tlswire/"},
	{"golang.org/x/text", "tlsmitm/inspect/body/"},
	{"github.com/expr-lang/expr", "tlsmitm/inspect/filter/"},
	{"github.com/bufbuild/protocompile", "tlsmitm/inspect/protobuf/load.go"},
}

type listedPackage struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string
	Deps       []string
}

func listPackages(t *testing.T) []listedPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-deps", "-json=ImportPath,Deps,Imports,GoFiles,Dir", "tlsmitm/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listedPackage
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listedPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		if strings.HasPrefix(p.ImportPath, "tlsmitm/") {
			all = append(all, p)
		}
	}
	if len(all) < 6 {
		t.Fatalf("go list found only %d packages of this module", len(all))
	}
	return all
}

func within(pkg, tree string) bool { return pkg == tree || strings.HasPrefix(pkg, tree+"/") }

// directOnly are those that the standard library or a dependency may reach by
// itself: for them only the package's own imports count.
var directOnly = []string{"net", "os", "os/exec"}

func TestImportsPointDown(t *testing.T) {
	packages := listPackages(t)
	for _, rule := range importRules {
		seen := false
		for _, p := range packages {
			if !within(p.ImportPath, rule.pkg) {
				continue
			}
			seen = true
			for _, never := range rule.never {
				list := p.Deps
				if slices.Contains(directOnly, never) {
					list = p.Imports
				}
				if slices.Contains(list, never) {
					t.Errorf("%s reaches %s: %s", p.ImportPath, never, rule.reason)
				}
			}
		}
		if !seen {
			t.Errorf("no package %s: the rule about it checks nothing", rule.pkg)
		}
	}
}

func TestDependenciesHaveOneDoor(t *testing.T) {
	packages := listPackages(t)
	for _, rule := range importers {
		found := 0
		for _, p := range packages {
			if !slices.ContainsFunc(p.Imports, func(i string) bool { return within(i, rule.dep) }) {
				continue
			}
			for _, file := range filesImporting(t, p, rule.dep) {
				found++
				name := p.ImportPath + "/" + file
				if !slices.ContainsFunc(strings.Fields(rule.allowed), func(ok string) bool { return strings.HasPrefix(name, ok) }) {
					t.Errorf("%s imports %s, which only %s may", name, rule.dep, rule.allowed)
				}
			}
		}
		if found == 0 {
			t.Errorf("nothing imports %s: the rule about it checks nothing", rule.dep)
		}
	}
}

// filesImporting parses the imports of a package's files.
func filesImporting(t *testing.T, p listedPackage, dep string) []string {
	t.Helper()
	var files []string
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range f.Imports {
			if path, _ := strconv.Unquote(spec.Path.Value); within(path, dep) {
				files = append(files, name)
			}
		}
	}
	return files
}
