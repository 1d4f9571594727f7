package filter

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/file"

	"tlsmitm/inspect/nearest"
)

// Error is a mistake in an expression.
type Error struct {
	Expr    string
	Line    int // from 1
	Column  int // in characters, from 1
	Message string
	Hint    string // what to do about it; "" if that is plain
}

// Error is several lines: what is wrong, the expression with a mark below the
// place, and the fields that there are.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s at column %d", e.Message, e.Column)
	if e.Line > 1 {
		fmt.Fprintf(&b, " of line %d", e.Line)
	}
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	line := e.Expr
	if lines := strings.Split(e.Expr, "\n"); e.Line <= len(lines) {
		line = lines[e.Line-1]
	}
	fmt.Fprintf(&b, "\n  %s\n  %s^\nfields: %s", clean(line), indent(line, e.Column-1), strings.Join(names(), ", "))
	return b.String()
}

// clean makes a line one that a terminal shows as it is.
func clean(line string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return ' '
		}
		return r
	}, line)
}

// indent is as wide as the first n characters of a line.
func indent(line string, n int) string {
	var b strings.Builder
	for _, r := range line {
		if n--; n < 0 {
			break
		}
		b.WriteByte(' ')
		if wide(r) {
			b.WriteByte(' ')
		}
	}
	return b.String() + strings.Repeat(" ", max(n, 0))
}

// wide says whether a character takes two cells: those of East Asian scripts.
func wide(r rune) bool {
	return r >= 0x1100 && r <= 0x115f || r >= 0x2e80 && r <= 0xa4cf || r >= 0xac00 && r <= 0xd7a3 ||
		r >= 0xf900 && r <= 0xfaff || r >= 0xfe30 && r <= 0xfe6f || r >= 0xff00 && r <= 0xff60 || r >= 0x1f300 && r <= 0x1faff
}

func names() (all []string) {
	for _, f := range fields {
		all = append(all, f.name)
	}
	return all
}

var (
	unknownName   = regexp.MustCompile(`^unknown name (\S+)`)
	noMember      = regexp.MustCompile(`^type (\S+) has no (?:field|method) (\S+)`)
	notTruth      = regexp.MustCompile(`^expected bool, but got (\S+)`)
	mismatch      = regexp.MustCompile(`^invalid operation: (\S+) \(mismatched types (\S+) and (\S+)\)`)
	mismatchOne   = regexp.MustCompile(`^invalid operation: (\S+) \(mismatched type (\S+)\)`)
	token         = regexp.MustCompile(`^unexpected token ([A-Za-z]+)(?:\("((?s:.*))"\))?`)
	badPattern    = regexp.MustCompile(`^error parsing regexp: (.*)`)
	headerName    = regexp.MustCompile(`^cannot use (\S+) as argument \(type string\) to call (?:Get|Has)`)
	notCallable   = regexp.MustCompile(`^(\S+) is not callable`)
	quoteAtEnd    = regexp.MustCompile(`^literal not terminated`)
	notCharacters = regexp.MustCompile(`filter\.header`)
)

// newError says in other words what is wrong.
func newError(text string, at *file.Error) *Error {
	e := &Error{Expr: text, Line: max(at.Line, 1), Column: at.Column + 1, Message: at.Message}
	switch m := at.Message; {
	case strings.TrimSpace(text) == "":
		e.Column, e.Message, e.Hint = 1, "the expression is empty", "write one such as `status >= 500`"
	case unknownName.MatchString(m):
		name := unknownName.FindStringSubmatch(m)[1]
		e.Message = "unknown field `" + name + "`"
		if e.Hint = suggest(name, names()); e.Hint == "" {
			e.Hint = "text goes in quotes, as in `\"" + name + "\"`"
		}
	case noMember.MatchString(m):
		sub := noMember.FindStringSubmatch(m)
		e.Message = fmt.Sprintf("%s has no `%s`", said(sub[1]), sub[2])
		if operators[sub[2]] {
			e.Message, e.Hint = "`"+sub[2]+"` takes one text", "as in `host."+sub[2]+"(\"x\")`"
		} else if e.Hint = suggest(sub[2], operations()); e.Hint == "" {
			e.Hint = "text has " + strings.Join(operations(), ", ")
		}
	case notTruth.MatchString(m):
		e.Message = "the expression is " + said(notTruth.FindStringSubmatch(m)[1]) + ", which is neither true nor false"
		e.Hint = "compare it with something, as in `host == \"example.com\"`"
		e.Column = 1
	case mismatch.MatchString(m):
		sub := mismatch.FindStringSubmatch(m)
		e.Message = fmt.Sprintf("`%s` does not go between %s and %s", sub[1], said(sub[2]), said(sub[3]))
		e.Hint = fit(sub[2], sub[3])
	case mismatchOne.MatchString(m):
		sub := mismatchOne.FindStringSubmatch(m)
		e.Message = fmt.Sprintf("`%s` does not go before %s", sub[1], said(sub[2]))
	case token.MatchString(m):
		sub := token.FindStringSubmatch(m)
		e.unexpected(sub[1], sub[2])
	case badPattern.MatchString(m):
		e.Message = "the pattern is no regular expression: " + badPattern.FindStringSubmatch(m)[1]
	case headerName.MatchString(m):
		e.Message = "the name of a header field is text, not " + said(headerName.FindStringSubmatch(m)[1])
	case notCallable.MatchString(m):
		e.Message = said(notCallable.FindStringSubmatch(m)[1]) + " cannot be called"
	case quoteAtEnd.MatchString(m):
		e.Message, e.Hint = "a text that begins with a quote does not end with one", "put the same quote at its end"
	default:
		e.Message = notCharacters.ReplaceAllString(m, "header")
	}
	return e
}

func (e *Error) unexpected(kind, value string) {
	switch {
	case kind == "EOF":
		lines := strings.Split(e.Expr, "\n")
		e.Line, e.Column = len(lines), utf8.RuneCountInString(lines[len(lines)-1])+1
		e.Message = "something is missing at the end"
	case value == "=":
		e.Message, e.Hint = "`=` compares nothing", "write `==`"
	case value == "&" || value == "|":
		e.Message, e.Hint = "unexpected `"+value+"`", "write `"+value+value+"`"
	default:
		e.Message = "unexpected `" + value + "`"
		if kind == "Identifier" || kind == "String" || kind == "Number" {
			e.Hint = "an operator such as `==`, `contains` or `&&` goes before it"
		}
	}
}

func operations() (all []string) {
	for name := range operators {
		all = append(all, name)
	}
	for _, name := range functions {
		if name != "len" && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

// said is a type in words.
func said(t string) string {
	switch t {
	case "string":
		return "text"
	case "int", "float64", "float", "integer":
		return "a number"
	case "bool":
		return "true or false"
	case "[]string", "[]interface", "[]any", "array":
		return "a list"
	case "nil":
		return "nothing"
	case "filter.header":
		return "the header"
	}
	return "`" + t + "`"
}

func fit(a, b string) string {
	switch {
	case a == "int" && b == "string" || a == "float64" && b == "string":
		return "write the number without quotes"
	case a == "string" && (b == "int" || b == "float64"):
		return "write the text in quotes"
	case a == "filter.header" || b == "filter.header":
		return "name the field, as in `header[\"server\"]`"
	}
	return ""
}

func suggest(name string, among []string) string {
	if near := nearest.Name(name, among); near != "" {
		return "did you mean `" + near + "`?"
	}
	return ""
}
