package config

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

const (
	exampleFile = "../../../../config.example.yaml"
	manualFile  = "../../../../docs/config.md"
)

func TestExampleHoldsEveryFieldWithItsDefault(t *testing.T) {
	s, err := Load(Input{Options: Options(), Flags: map[string][]string{"config": {exampleFile}}})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(s.Config, Default()) {
		t.Errorf("the example is not the default:\ngot  %+v\nwant %+v", s.Config, Default())
	}
	Fields(&s.Config, func(path string, _ reflect.Value) {
		if !s.Source(path).Given() {
			t.Errorf("the example leaves %s out", path)
		}
	})
}

func TestExampleSaysSomethingOfEveryField(t *testing.T) {
	text, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	var walk func(m *yaml.Node, path string)
	walk = func(m *yaml.Node, path string) {
		for i := 0; i+1 < len(m.Content); i += 2 {
			key, val := m.Content[i], m.Content[i+1]
			if val.Kind == yaml.MappingNode {
				walk(val, path+key.Value+".")
			} else if c := key.HeadComment; !strings.HasSuffix(c, ".") {
				t.Errorf("no sentence stands before %s%s: %q", path, key.Value, c)
			}
		}
	}
	walk(doc.Content[0], "")
}

func TestManualNamesEveryFieldFlagAndVariable(t *testing.T) {
	raw, err := os.ReadFile(manualFile)
	if err != nil {
		t.Fatal(err)
	}
	manual := string(raw)
	want := func(what string) {
		if !strings.Contains(manual, "`"+what+"`") {
			t.Errorf("docs/config.md does not name `%s`", what)
		}
	}
	c := Default()
	known := map[string]bool{}
	Fields(&c, func(path string, _ reflect.Value) { want(path); known[path] = true })
	for _, o := range Options() {
		want("--" + o.Flag)
		want(o.Env())
	}
	// And it names no field that there is not.
	for _, m := range regexp.MustCompile("(?m)^#+ `([^`]+)`").FindAllStringSubmatch(manual, -1) {
		if !known[m[1]] && m[1] != "--config" {
			t.Errorf("docs/config.md describes `%s`, which is no field", m[1])
		}
	}
}
