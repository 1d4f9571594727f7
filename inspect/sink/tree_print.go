package sink

import (
	"encoding/hex"
	"strconv"
	"strings"
)

// columns says where the parts of a tree's rows begin.
type columns struct {
	digits int // of an offset or a length
	hex    int
	perRow int // bytes beside a row; 0 for none
	tree   int
	value  int
}

const (
	// Bytes beside a field, and how wide a page is where that leaves room for it.
	fewBytes, someBytes, manyBytes = 4, 8, 16
	someFrom, manyFrom             = 76, 120
	// wantedName is the room for names where there is little, and
	wantedName = 25
	// wantedValue is the room for values that names may not take: 32 bytes in
	// hexadecimal fit, and most names of code points.
	wantedValue = 70
	// leastValue is the room that is worth breaking a value into.
	leastValue = 32
)

func (p *page) columns(t *tree) columns {
	c := columns{digits: len(strconv.Itoa(t.size))}
	c.tree = p.layout.note + 2*c.digits + 3
	if t.bytes {
		c.hex, c.perRow = c.tree, someBytes
		switch {
		case p.layout.width >= manyFrom:
			c.perRow = manyBytes
		case p.layout.width < someFrom:
			c.perRow = fewBytes
		}
		c.tree += 3*c.perRow + 1
	}
	widest := 0
	for i := range t.rows {
		if r := &t.rows[i]; len(r.value) > 0 && !r.counts {
			widest = max(widest, 2*r.depth+wrapUnits(r.name, 1<<20)[0].width)
		}
	}
	room := p.layout.width - c.tree
	c.value = c.tree + min(widest, max(min(wantedName, room/2), room-wantedValue)) + 2
	return c
}

// printTree prints the rows of a tree.
func (p *page) printTree(t *tree) {
	c := p.columns(t)
	for rows := t.rows; len(rows) > 0; {
		n := 1
		for n < len(rows) && len(rows[0].bytes) > 0 && !rows[n].placed && !rows[n].apart {
			n++ // what bytes mean goes beside them
		}
		p.printTreeRows(rows[:n], c)
		rows = rows[n:]
	}
}

// printTreeRows prints a field, and those without bytes that tell what its bytes
// mean: its place, its bytes, and what they say, each in its column and in as many
// lines as the longest of them takes.
func (p *page) printTreeRows(rows []treeRow, c columns) {
	r := &rows[0]
	var body []line
	for i := range rows {
		body = append(body, rows[i].body(c.value-c.tree, p.layout.width-c.tree)...)
	}
	chunks := hexChunks(r.bytes, c.perRow)
	for i := range max(len(body), len(chunks)) {
		l := new(line)
		if i == 0 && r.placed {
			l.right(strconv.Itoa(r.offset), styleFaint, p.layout.note+c.digits)
			l.text("+"+strconv.Itoa(r.length), styleFaint)
		} else if i < len(chunks) {
			l.right(strconv.Itoa(r.offset+i*c.perRow), styleFaint, p.layout.note+c.digits)
		}
		if i < len(chunks) {
			l.at(c.hex)
			l.text(chunks[i], "")
		}
		if i < len(body) {
			l.at(c.tree)
			l.spans = append(l.spans, body[i].spans...)
		}
		p.print(l)
	}
}

// body lays a field's name and value out in lines of at most width cells. Values
// begin at a column, and are broken there if that leaves room; else they are put
// behind the name, if they fit there, or below it.
func (r *treeRow) body(column, width int) []line {
	out := r.title(width)
	first := &out[len(out)-1]
	indent, behind := 2*r.depth+2, first.width+2
	column = max(column, behind)
	if r.grid != nil {
		if all, widest := gridWidth(r.grid); all > width-column && all > width-behind {
			first.at(behind)
			first.text(strconv.Itoa(len(r.grid)), styleFaint)
			return append(out, gridLines(r.grid, widest, indent, width)...)
		}
	}
	var below []line
	switch whole := wrapUnits(r.units(), 1<<20); {
	case len(whole) == 0:
	case whole[0].width <= width-column:
		first.at(column)
		first.join(whole[0])
	case width-column >= leastValue:
		for i, l := range wrapUnits(r.units(), width-column) {
			if i == 0 {
				first.at(column)
				first.join(l)
			} else {
				below = append(below, l.indented(column))
			}
		}
	case whole[0].width <= width-behind:
		first.at(behind)
		first.join(whole[0])
	default:
		for _, l := range wrapUnits(r.units(), width-indent) {
			below = append(below, l.indented(indent))
		}
	}
	return append(out, below...)
}

// title is a field's name, broken where it is too long.
func (r *treeRow) title(width int) (out []line) {
	indent := 2 * r.depth
	for i, l := range wrapUnits(r.name, width-indent) {
		if i == 1 {
			indent += 2
		}
		out = append(out, l.indented(indent))
	}
	return out
}

// units are a row's value, or its list in one line.
func (r *treeRow) units() []unit {
	if r.grid == nil {
		return r.value
	}
	var us []unit
	for i, cell := range r.grid {
		if i > 0 {
			us = append(us, unit{text: " "})
		}
		for _, s := range cell {
			us = append(us, unit{text: s.text, glue: " ", style: s.style})
		}
	}
	return us
}

// join appends what another line says.
func (l *line) join(other line) {
	l.spans = append(l.spans, other.spans...)
	l.width += other.width
}

// indented is the line from a column on.
func (l line) indented(column int) (out line) {
	out.at(column)
	out.join(l)
	return out
}

// wrapUnits lays units out in lines of at most width cells.
func wrapUnits(us []unit, width int) []line {
	w := wrapper{width: max(width, 8)}
	for _, u := range us {
		w.unit(u)
	}
	return w.finish()
}

func (l *line) cell(spans []span) {
	for i, s := range spans {
		if i > 0 {
			l.text(" ", "")
		}
		l.text(s.text, s.style)
	}
}

// gridWidth returns how wide cells are side by side, and how wide the widest is.
func gridWidth(grid [][]span) (all, widest int) {
	for i, cell := range grid {
		n := len(cell) - 1
		for _, s := range cell {
			n += cells.StringWidth(s.text)
		}
		if i > 0 {
			all += 2
		}
		all += n
		widest = max(widest, n)
	}
	return all, widest
}

// gridLines lays cells out in columns, row by row.
func gridLines(grid [][]span, widest, indent, width int) (out []line) {
	across := max(1, (width-indent+2)/(widest+2))
	down := (len(grid) + across - 1) / across
	across = (len(grid) + down - 1) / down
	for i, cell := range grid {
		if i%across == 0 {
			out = append(out, line{})
		}
		l := &out[len(out)-1]
		if column := indent + i%across*(widest+2); column > l.width {
			l.at(column)
		}
		l.cell(cell)
	}
	return out
}

// hexChunks writes bytes in hexadecimal, so many a line.
func hexChunks(b []byte, perRow int) (out []string) {
	for len(b) > 0 {
		n := min(len(b), perRow)
		var s strings.Builder
		for i, c := range b[:n] {
			if i > 0 {
				s.WriteByte(' ')
			}
			s.WriteString(hex.EncodeToString([]byte{c}))
		}
		out, b = append(out, s.String()), b[n:]
	}
	return out
}
