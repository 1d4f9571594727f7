package filter

import (
	"errors"
	"fmt"
	"sync"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"
)

// maxNodes bounds an expression.
const maxNodes = 1000

// Filter is a compiled expression. It is safe for concurrent use.
type Filter struct {
	text    string
	program *vm.Program
	uses    []*field
	machine sync.Pool
}

// Compile reads an expression. Its error is an *Error.
func Compile(text string) (*Filter, error) {
	env := make(map[string]any, len(fields))
	for _, f := range fields {
		env[f.name] = f.get(&Facts{})
	}
	names := &collector{}
	program, err := expr.Compile(text,
		expr.Env(env), expr.AsBool(), expr.MaxNodes(maxNodes), expr.Patch(methods{}), expr.Patch(names),
		expr.DisableBuiltin("now"), // a filter that knows the time would not give the same twice
	)
	if err != nil {
		var at *file.Error
		if !errors.As(err, &at) {
			at = &file.Error{Line: 1, Message: err.Error()}
		}
		return nil, newError(text, at)
	}
	if names.whole != nil {
		return nil, newError(text, names.whole.Bind(file.NewSource(text)))
	}
	return &Filter{
		text: text, program: program, uses: names.fields,
		machine: sync.Pool{New: func() any { return new(vm.VM) }},
	}, nil
}

// String returns the expression.
func (f *Filter) String() string { return f.text }

// Uses says whether the expression looks at a field, or at one that has it in it:
// body is made of request_body and response_body, and so on.
func (f *Filter) Uses(name string) bool {
	for _, u := range f.uses {
		if u.name == name {
			return true
		}
		for _, part := range parts[u.name] {
			if part == name {
				return true
			}
		}
	}
	return false
}

var parts = map[string][]string{
	"body":   {"request_body", "response_body"},
	"size":   {"request_size", "response_size"},
	"header": {"request_header", "response_header"},
}

// stage is when everything is known that the expression looks at.
func (f *Filter) stage() (last stage) {
	for _, u := range f.uses {
		last = max(last, u.stage)
	}
	return last
}

// Match says whether the facts are as the expression wants them. It fails where an
// operation is impossible, such as taking the tenth entry of a shorter list.
func (f *Filter) Match(facts *Facts) (bool, error) {
	env := make(map[string]any, len(f.uses))
	for _, u := range f.uses {
		env[u.name] = u.get(facts)
	}
	m := f.machine.Get().(*vm.VM)
	defer f.machine.Put(m)
	v, err := m.Run(f.program, env)
	if err != nil {
		return false, fmt.Errorf("filter: %w", err)
	}
	ok, _ := v.(bool)
	return ok, nil
}

// collector notes which fields an expression looks at.
type collector struct {
	fields []*field
	whole  *file.Error // it looks at all of them at once, under expr's own name
}

// Visit implements ast.Visitor.
func (c *collector) Visit(node *ast.Node) {
	id, ok := (*node).(*ast.IdentifierNode)
	if !ok {
		return
	}
	if id.Value == "$env" {
		c.whole = &file.Error{Location: id.Location(), Message: "unknown name $env"}
	}
	if f := find(id.Value); f != nil {
		for _, known := range c.fields {
			if known == f {
				return
			}
		}
		c.fields = append(c.fields, f)
	}
}

// operators are operations on text that may be written as methods.
var operators = map[string]bool{"startsWith": true, "endsWith": true, "contains": true, "matches": true}

// functions are those that may be written as methods, by their names there.
var functions = map[string]string{
	"lower": "lower", "toLower": "lower", "lowerAscii": "lower", "toLowerCase": "lower",
	"upper": "upper", "toUpper": "upper", "upperAscii": "upper", "toUpperCase": "upper",
	"trim": "trim", "size": "len", "length": "len", "split": "split", "indexOf": "indexOf", "replace": "replace",
}

// methods turns host.endsWith("x") into host endsWith "x", and header["x"] into
// what finds a field in any letter case.
type methods struct{}

// Visit implements ast.Visitor.
func (methods) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.CallNode:
		callee, ok := n.Callee.(*ast.MemberNode)
		if !ok {
			return
		}
		name, ok := callee.Property.(*ast.StringNode)
		switch {
		case !ok:
		case operators[name.Value] && len(n.Arguments) == 1:
			patch(node, callee.Property, &ast.BinaryNode{Operator: name.Value, Left: callee.Node, Right: n.Arguments[0]})
		case functions[name.Value] != "":
			patch(node, callee.Property, &ast.BuiltinNode{Name: functions[name.Value], Arguments: append([]ast.Node{callee.Node}, n.Arguments...)})
		}
	case *ast.MemberNode:
		if name, ok := n.Property.(*ast.StringNode); isHeader(n.Node) && !(ok && (name.Value == "Get" || name.Value == "Has") && n.Method) {
			call(node, n.Node, "Get", n.Property)
		}
	case *ast.BinaryNode:
		if n.Operator == "in" && isHeader(n.Right) {
			call(node, n.Right, "Has", n.Left)
		}
	}
}

func isHeader(n ast.Node) bool {
	id, ok := n.(*ast.IdentifierNode)
	return ok && (id.Value == "header" || id.Value == "request_header" || id.Value == "response_header")
}

// call puts a call of a header's method in the place of a node.
func call(node *ast.Node, header ast.Node, method string, name ast.Node) {
	property := &ast.StringNode{Value: method}
	property.SetLocation(name.Location())
	callee := &ast.MemberNode{Node: header, Property: property, Method: true}
	callee.SetLocation(name.Location())
	patch(node, name, &ast.CallNode{Callee: callee, Arguments: []ast.Node{name}})
}

// patch replaces a node by one whose mistakes are shown at another.
func patch(node *ast.Node, at ast.Node, by ast.Node) {
	ast.Patch(node, by)
	by.SetLocation(at.Location())
}
