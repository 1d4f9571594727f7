// Package codes holds the anomalies that a package tells of to its constants, to the
// manual, and to the tests that meet them.
package codes

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Main runs a package's tests, and holds, where all of them run, that they meet every
// code.
func Main[C ~string](m *testing.M, all []C, met map[C]bool) {
	code := m.Run()
	whole := !testing.Short()
	for _, name := range []string{"test.run", "test.skip", "test.fuzz", "test.fuzzworker", "test.list"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() != "" && f.Value.String() != "false" {
			whole = false
		}
	}
	for _, c := range all {
		if whole && code == 0 && !met[c] {
			fmt.Println("no test meets", c)
			code = 1
		}
	}
	os.Exit(code)
}

// Constants holds that the codes are the constants of anomaly.go, each once.
func Constants[C ~string](t *testing.T, all []C) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "anomaly.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var constants []C
	for _, decl := range file.Decls {
		d, ok := decl.(*ast.GenDecl)
		if !ok || d.Tok != token.CONST {
			continue
		}
		for _, spec := range d.Specs {
			for _, v := range spec.(*ast.ValueSpec).Values {
				if lit, ok := v.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					s, err := strconv.Unquote(lit.Value)
					if err != nil {
						t.Fatal(err)
					}
					constants = append(constants, C(s))
				}
			}
		}
	}
	if len(constants) < 20 || !slices.Equal(slices.Sorted(slices.Values(constants)), slices.Sorted(slices.Values(all))) {
		t.Errorf("the constants are %q\nthe codes %q", constants, all)
	}
}

// Documented holds that docs/anomalies.md has every code in a section, in that order,
// and no other, each with a sentence.
func Documented[C ~string](t *testing.T, section string, all []C) {
	t.Helper()
	page, err := os.ReadFile("../../docs/anomalies.md")
	if err != nil {
		t.Fatal(err)
	}
	_, part, ok := strings.Cut(string(page), "\n## "+section+"\n")
	if !ok {
		t.Fatalf("docs/anomalies.md has no section %s", section)
	}
	part, _, _ = strings.Cut(part, "\n## ")
	var documented []C
	for line := range strings.Lines(part) {
		row, ok := strings.CutPrefix(line, "| `")
		if !ok {
			continue
		}
		code, text, _ := strings.Cut(row, "` | ")
		if documented = append(documented, C(code)); len(text) < 20 {
			t.Errorf("docs/anomalies.md says of %s: %q", code, text)
		}
	}
	if !slices.Equal(documented, all) {
		t.Errorf("docs/anomalies.md has %q\nthe codes are %q", documented, all)
	}
}
