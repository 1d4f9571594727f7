package config

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"tlsmitm/inspect/nearest"
)

// file reads one YAML document into a Config, strictly, and goes on after a
// problem so that one reading finds them all.
type file struct {
	name     string
	sources  map[string]Source
	problems Problems
}

func (f *file) read(text []byte, into *Config) {
	if !utf8.Valid(text) {
		f.problems = append(f.problems, Problem{Source{File: f.name}, notUTF8()})
		return
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var doc, second yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return // nothing but comments, or nothing at all
	case err != nil:
		f.syntax(text)
		return
	}
	if err := dec.Decode(&second); err == nil {
		f.complain(&second, secondDocument)
	} else if !errors.Is(err, io.EOF) {
		f.syntax(text)
	}
	root := value(doc.Content[0])
	if root.Kind != yaml.MappingNode && !empty(root) {
		f.complain(root, notFields(kindOf(root)))
		return
	}
	f.fields(root, reflect.ValueOf(into).Elem(), "")
}

// fields reads a mapping into a struct. section is the mapping's path with a
// dot after it, or "".
func (f *file) fields(m *yaml.Node, dst reflect.Value, section string) {
	seen := map[string]int{}
	for i := 0; i+1 < len(m.Content); i += 2 {
		key, val := m.Content[i], value(m.Content[i+1])
		if key.Kind != yaml.ScalarNode {
			f.complain(key, strangeName(kindOf(key)))
			continue
		}
		name := key.Value
		if line, ok := seen[name]; ok {
			f.complain(key, doubledField(section+name, line))
			continue
		}
		seen[name] = key.Line
		v := named(dst, name)
		switch {
		case !v.IsValid():
			f.complain(key, unknownField(name, strings.TrimSuffix(section, "."), nearestField(dst, name, section)))
		case empty(val): // "name:" and no value: as if it were not there
		case v.Kind() == reflect.Struct:
			if val.Kind != yaml.MappingNode {
				f.complain(val, fieldProblem(section+name, wrongKind(fieldsOf, kindOf(val))))
				continue
			}
			f.fields(val, v, section+name+".")
		case v.Kind() == reflect.Slice:
			f.list(val, v, section+name)
		default:
			f.one(val, v, section+name)
		}
	}
}

func (f *file) list(n *yaml.Node, dst reflect.Value, path string) {
	if n.Kind != yaml.SequenceNode {
		f.complain(n, fieldProblem(path, wrongKind(aList, kindOf(n))))
		return
	}
	list := reflect.MakeSlice(dst.Type(), len(n.Content), len(n.Content))
	for i, item := range n.Content {
		f.one(value(item), list.Index(i), path+"["+strconv.Itoa(i)+"]")
	}
	if len(n.Content) > 0 { // an empty list is no list, as in the defaults
		dst.Set(list)
	}
	f.sources[path] = f.at(n)
}

func (f *file) one(n *yaml.Node, dst reflect.Value, path string) {
	if n.Kind != yaml.ScalarNode {
		f.complain(n, fieldProblem(path, wrongKind(aValue, kindOf(n))))
		return
	}
	if err := setText(dst, n.Value); err != nil {
		f.complain(n, fieldProblem(path, err))
		return
	}
	f.sources[path] = f.at(n)
}

func (f *file) at(n *yaml.Node) Source { return Source{File: f.name, Line: n.Line, Column: n.Column} }

func (f *file) complain(n *yaml.Node, text string) {
	f.problems = append(f.problems, Problem{f.at(n), text})
}

var (
	yamlError   = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)`)
	parserError = regexp.MustCompile(`^(did not find expected (node content|'-'|key|',' or|<)|found (duplicate|incompatible|undefined))`)
	noAnchor    = regexp.MustCompile(`^unknown anchor '(.*)' referenced`)
)

// syntax turns the YAML library's error into a problem with its place. The
// library leaves the first line's number out, and counts from 0 what its parser
// finds but from 1 what its scanner finds: with a line put before the text,
// every number is there.
func (f *file) syntax(text []byte) {
	dec := yaml.NewDecoder(io.MultiReader(strings.NewReader("\n"), bytes.NewReader(text)))
	err := error(nil)
	for err == nil {
		err = dec.Decode(new(yaml.Node))
	}
	m := yamlError.FindStringSubmatch(err.Error())
	if m == nil {
		m = []string{"", "", err.Error()}
	}
	line, _ := strconv.Atoi(m[1])
	if !parserError.MatchString(m[2]) {
		line--
	}
	if a := noAnchor.FindStringSubmatch(m[2]); a != nil {
		before, _, _ := bytes.Cut(text, []byte("*"+a[1]))
		line = 1 + bytes.Count(before, []byte("\n"))
	}
	lines := strings.Split(string(text), "\n")
	if strings.Contains(m[2], "tab character") { // it says where the value began that the tab broke off
		for line > 0 && line < len(lines) && !strings.Contains(lines[line-1], "\t") {
			line++
		}
	}
	p := Problem{Source{File: f.name}, notYAML(m[2], "")}
	if line > 0 && line <= len(lines) {
		p = Problem{Source{File: f.name, Line: line, Column: 1}, notYAML(m[2], lines[line-1])}
	}
	f.problems = append(f.problems, p)
}

// value follows an alias to what it stands for.
func value(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// empty says that nothing was written: a null, however spelt.
func empty(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return fieldsOf
	case yaml.SequenceNode:
		return aList
	default:
		return "`" + n.Value + "`"
	}
}

func named(dst reflect.Value, name string) reflect.Value {
	for i := range dst.NumField() {
		if dst.Type().Field(i).Tag.Get("yaml") == name {
			return dst.Field(i)
		}
	}
	return reflect.Value{}
}

// nearestField guesses what an unknown field means: a flag's name, a field of
// the same name in another section, or a misspelt neighbour.
func nearestField(dst reflect.Value, name, section string) string {
	for _, o := range Options() {
		if o.Flag == strings.ReplaceAll(name, "_", "-") && o.Field != "" {
			return o.Field
		}
	}
	var elsewhere string
	Fields(new(Config), func(path string, _ reflect.Value) {
		if strings.HasSuffix(path, "."+name) || path == name {
			elsewhere = path
		}
	})
	if elsewhere != "" {
		return elsewhere
	}
	var here []string
	for i := range dst.NumField() {
		here = append(here, dst.Type().Field(i).Tag.Get("yaml"))
	}
	if near := nearest.Name(name, here); near != "" {
		return near
	}
	var all []string
	Fields(new(Config), func(path string, _ reflect.Value) { all = append(all, path) })
	return nearest.Name(section+name, all)
}
