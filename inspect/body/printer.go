package body

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// printer collects lines, of which there may be at most limit bytes.
type printer struct {
	out   []byte
	limit int
	full  bool // limit was reached: what follows is left out
}

// cutMark is the last line of what the limit cut.
const cutMark = "…"

// maxIndent bounds indentation: deeper than this, it says nothing any more, and
// would make more of the output than the content.
const maxIndent = 32

// indent begins a line.
func (p *printer) indent(depth int) {
	for range min(depth, maxIndent) {
		p.write("  ")
	}
}

// write appends to the line. The limit is kept, and characters are not cut.
func (p *printer) write(s string) {
	if p.full {
		return
	}
	if room := p.limit - len(p.out); len(s) > room {
		for room > 0 && !utf8.RuneStart(s[room]) {
			room--
		}
		s, p.full = s[:max(room, 0)], true
	}
	p.out = append(p.out, s...)
}

func (p *printer) bytes(b []byte) {
	if room := p.limit - len(p.out); len(b) > room+utf8.UTFMax {
		b = b[:max(room+utf8.UTFMax, 0)] // a copy of what is cut anyway is spared
	}
	p.write(string(b))
}

// line writes a whole line.
func (p *printer) line(depth int, s string) {
	p.indent(depth)
	p.write(s)
	p.write("\n")
}

// text writes lines as they are.
func (p *printer) text(depth int, b []byte) {
	for line := range bytes.Lines(b) {
		if p.full {
			return
		}
		p.indent(depth)
		p.bytes(bytes.TrimRight(line, "\r\n"))
		p.write("\n")
	}
}

// endLine ends a line that is begun.
func (p *printer) endLine() {
	if n := len(p.out); n > 0 && p.out[n-1] != '\n' {
		p.write("\n")
	}
}

// try takes back what print printed if it returns false.
func (p *printer) try(print func() bool) bool {
	mark, full := len(p.out), p.full
	ok := print()
	if !ok {
		p.out, p.full = p.out[:mark], full
	}
	return ok
}

// String returns the lines without a line break at the end.
func (p *printer) String() string {
	s := strings.TrimRight(string(p.out), " \n")
	if p.full {
		s += "\n" + cutMark
	}
	return s
}

// trimSpace removes ASCII whitespace alone: any other is content.
func trimSpace(b []byte) []byte { return bytes.Trim(b, " \t\r\n\f") }
