package sink

import (
	"strconv"
	"strings"

	"tlsmitm/inspect"
	"tlsmitm/inspect/explain"
)

// header says which connection the next lines are about, unless the last ones
// were: in full the first time, then shortly.
func (t *Table) header(c *tableConn) {
	if t.last == c.id {
		return
	}
	t.print(new(line))
	t.last = c.id
	if c.announced {
		t.print(t.title(c))
		return
	}
	c.announced = true
	t.fullHeader(c)
}

// title begins a line that names a connection.
func (t *Table) title(c *tableConn) *line {
	l := new(line)
	l.text("── ", styleFaint)
	l.text("#"+strconv.FormatUint(c.id, 10), styleStrong)
	if c.open != nil && c.open.Target != "" {
		l.text("  "+explain.Value(c.open.Target), styleStrong)
	}
	return l
}

func (t *Table) fullHeader(c *tableConn) {
	l := t.title(c)
	if c.open == nil {
		t.print(l)
		return
	}
	via := explain.Value(string(c.open.Via))
	if c.open.Via != inspect.ViaCapture {
		via = strings.ToUpper(via)
	}
	for _, part := range []string{t.style.Words.From(c.open), via, explain.Value(string(c.open.Mode))} {
		if part == "" {
			continue
		}
		if l.width+2+cells.StringWidth(part) > t.layout.width {
			t.print(l)
			l = new(line)
			l.text(" ", "")
		}
		l.text("  "+part, "")
	}
	t.print(l)
}

func (t *Table) gap() {
	if t.spaced {
		t.print(new(line))
	}
}

// headings names the columns, above a connection's first row.
func (t *Table) headings(c *tableConn) {
	if c.headed {
		return
	}
	c.headed = true
	l, lay, h := new(line), t.layout, t.style.Words.Columns()
	l.right(h.No, styleFaint, lay.no)
	for _, column := range []struct {
		at   int
		name string
	}{{lay.from, h.From}, {lay.to, h.To}, {lay.message, h.Message}, {lay.typ, h.Type}} {
		l.at(column.at)
		l.text(column.name, styleFaint)
	}
	if !lay.narrow {
		l.at(lay.note)
		l.text(h.Note, styleFaint)
	}
	t.print(l)
}

// remark prints a note that is about a leg rather than a message.
func (t *Table) remark(c *tableConn, mark, markStyle string, n explain.Note) {
	t.header(c)
	t.gap()
	indent := t.layout.from
	for i, text := range wrap(n, t.layout.width-indent) {
		l := new(line)
		if i == 0 && mark != "" {
			l.right(mark, markStyle, indent-1)
		}
		l.at(indent)
		l.spans = append(l.spans, text.spans...)
		t.print(l)
	}
}

func (t *Table) established(c *tableConn, e *inspect.Event) {
	leg := explain.Clause{Text: t.style.Words.Leg(e.Leg), Tone: explain.Good}
	t.remark(c, "✓", styleGood, append(explain.Note{leg}, c.talk.Note(e)...))
}

func (t *Table) loss(c *tableConn, e *inspect.Event) {
	t.remark(c, "!", styleWarning, c.talk.Note(e))
}

// diagnosis prints what failed, what shows it, and what to do next.
func (t *Table) diagnosis(c *tableConn, e *inspect.Event) {
	d := c.talk.Diagnosis(e)
	t.header(c)
	t.gap()
	t.paragraph("✗", d.Title, styleFatal, "")
	t.paragraph("", d.Evidence, "", "")
	t.paragraph("→", d.Advice, styleStrong, "")
}

// closed ends a connection with one line.
func (t *Table) closed(c *tableConn, e *inspect.Event) {
	note := c.talk.Note(e)
	if !c.announced {
		t.header(c)
	}
	t.gap()
	l := t.title(c)
	indent := l.width + 2
	for i, text := range wrap(note, t.layout.width-indent) {
		if i > 0 {
			l = new(line)
		}
		l.at(indent)
		l.spans = append(l.spans, text.spans...)
		t.print(l)
	}
	t.last = 0
}
