package body

import (
	"bytes"
	"strings"
)

// set makes a set of names.
func set(names string) map[string]bool {
	m := map[string]bool{}
	for _, name := range strings.Fields(names) {
		m[name] = true
	}
	return m
}

// Elements of HTML that are not laid out as the others are.
var (
	// inlineElements stay within their line.
	inlineElements = set("a abbr b bdi bdo br cite code data dfn em font i img kbd label mark q s samp small span strong sub sup time tt u var wbr")
	// voidElements have no end tag, HTML section 13.1.2.
	voidElements = set("area base br col embed hr img input link meta param source track wbr")
	// verbatimElements keep their lines as they are.
	verbatimElements = set("script style pre textarea")
	// impliedElements end where the next one of them begins, section 13.1.2.4.
	impliedElements = set("li p td th tr dt dd option")
)

const (
	// shortLine is how long an element may be to stand on one line.
	shortLine = 100
	// maxOpen bounds the elements that are remembered as open.
	maxOpen = 512
)

// markupPrinter indents XML or HTML. It changes whitespace alone, so that whatever
// the document is, everything of it is shown.
type markupPrinter struct {
	*printer
	html  bool
	base  int
	stack []string       // the elements that are open
	open  map[string]int // how often each is on the stack
	head  []byte         // a start tag that waits: its element may fit on its line
	run   []byte         // text after it, and what is inline
	fresh int            // where the last line of run begins
}

func prettyMarkup(p *printer, base int, b []byte, html bool) {
	m := &markupPrinter{printer: p, html: html, base: base, open: map[string]int{}}
	b = bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))
	inside := ""
	for len(b) > 0 && !p.full {
		piece := nextMarkup(b, inside)
		b = b[len(piece.raw):]
		name := piece.name
		if html {
			name = strings.ToLower(name)
		}
		switch {
		case piece.kind == markupText && inside != "" && (len(piece.raw) > shortLine || bytes.IndexByte(piece.raw, '\n') >= 0):
			m.verbatim(piece.raw)
		case piece.kind == markupText:
			m.text(piece.raw)
		case piece.kind == markupOther:
			m.flush()
			m.block(piece.raw)
		case html && inlineElements[name]:
			m.inline(piece)
		case piece.kind == markupEmpty || html && voidElements[name] || !piece.whole:
			m.flush()
			m.block(piece.raw)
		case piece.kind == markupClose:
			m.end(name, piece.raw)
		default:
			m.begin(name, piece.raw)
		}
		if inside = ""; html && piece.kind == markupOpen && piece.whole && verbatimElements[name] {
			inside = name
		}
	}
	m.flush()
}

func (m *markupPrinter) depth() int { return m.base + len(m.stack) }

// begin keeps a start tag back.
func (m *markupPrinter) begin(name string, raw []byte) {
	m.flush()
	if m.html && impliedElements[name] && len(m.stack) > 0 && m.stack[len(m.stack)-1] == name {
		m.pop()
	}
	if bytes.IndexByte(raw, '\n') >= 0 || len(m.stack) == maxOpen {
		m.block(raw)
	} else {
		m.head = raw
	}
	if len(m.stack) < maxOpen {
		m.stack = append(m.stack, name)
		m.open[name]++
	}
}

func (m *markupPrinter) pop() {
	top := m.stack[len(m.stack)-1]
	m.stack = m.stack[:len(m.stack)-1]
	m.open[top]--
}

// end prints an end tag: beside its start tag where all fits on a line, or else
// below it. Elements that were left open within it end too.
func (m *markupPrinter) end(name string, raw []byte) {
	text := trimSpace(m.run)
	if m.head != nil && m.stack[len(m.stack)-1] == name && len(m.head)+len(text) <= shortLine && bytes.IndexByte(text, '\n') < 0 {
		m.pop()
		m.indent(m.depth())
		m.bytes(m.head)
		m.bytes(text)
		m.head, m.run = nil, m.run[:0]
		m.verbatim(raw)
		return
	}
	m.flush()
	for m.open[name] > 0 {
		done := m.stack[len(m.stack)-1] == name
		if m.pop(); done {
			break
		}
	}
	m.block(raw)
}

// text adds to the run, whose whitespace is reduced.
func (m *markupPrinter) text(raw []byte) {
	if len(trimSpace(raw)) == 0 {
		if len(m.run) > 0 {
			m.run = append(m.run, ' ')
		}
		return
	}
	m.run = append(m.run, raw...)
	if i := bytes.LastIndexByte(raw, '\n'); i >= 0 {
		m.fresh = len(m.run) - len(raw) + i + 1
	}
}

// inline adds a tag to the run, on a new line if it is long.
func (m *markupPrinter) inline(piece markup) {
	if piece.kind != markupClose && len(m.run)-m.fresh > shortLine {
		m.run = append(m.run, '\n')
		m.fresh = len(m.run)
	}
	m.run = append(m.run, piece.raw...)
}

// flush prints what was kept back.
func (m *markupPrinter) flush() {
	depth := m.depth()
	if m.head != nil {
		m.indent(depth - 1)
		m.bytes(m.head)
		m.write("\n")
		m.head = nil
	}
	for line := range bytes.Lines(m.run) {
		if line = trimSpace(line); len(line) > 0 {
			m.indent(depth)
			m.bytes(line)
			m.write("\n")
		}
	}
	m.run, m.fresh = m.run[:0], 0
}

// block prints a tag or the like, whose further lines stay as they are.
func (m *markupPrinter) block(raw []byte) {
	m.indent(m.depth())
	m.verbatim(raw)
}

// verbatim prints lines as they are, without empty ones at both ends.
func (m *markupPrinter) verbatim(raw []byte) {
	if m.head != nil {
		m.flush()
	}
	raw = bytes.TrimRight(bytes.TrimLeft(raw, "\r\n"), " \t\r\n\f")
	if len(raw) == 0 {
		return
	}
	m.bytes(raw)
	m.write("\n")
}
