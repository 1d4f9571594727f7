package sink

import (
	"strings"

	"tlsmitm/inspect/explain"
)

// unit is text that a line break does not part.
type unit struct {
	text  string
	glue  string // what joins it to the unit before, dropped where a line breaks
	style string
}

// wrap lays a note out in lines of at most width cells. It breaks between
// clauses where that does not leave a line nearly empty, else between words, and
// between the characters of scripts that have no spaces.
func wrap(n explain.Note, width int) []line {
	w := wrapper{width: max(width, 8)}
	for i, c := range n {
		glue := ""
		if i > 0 {
			glue = explain.Separator
		}
		w.clause(unit{text: c.Text, glue: glue, style: toneStyle(c.Tone)}, i == len(n)-1)
	}
	return w.finish()
}

// wrapText lays a text out in one style.
func wrapText(text string, style string, width int) []line {
	w := wrapper{width: max(width, 8)}
	for _, u := range units(text) {
		u.style = style
		w.unit(u)
	}
	return w.finish()
}

type wrapper struct {
	width int
	lines []line
	line  line
}

func (w *wrapper) finish() []line {
	if len(w.line.spans) > 0 {
		w.lines = append(w.lines, w.line)
	}
	return w.lines
}

// newLine breaks the line. A separator of clauses stays at its end, to show that
// the note goes on.
func (w *wrapper) newLine(glue string) {
	if glue = strings.TrimRight(glue, " "); glue != "" && w.line.width+cells.StringWidth(glue) <= w.width {
		w.line.text(glue, styleFaint)
	}
	w.lines = append(w.lines, w.line)
	w.line = line{}
}

func (w *wrapper) clause(c unit, last bool) {
	size := cells.StringWidth(c.text)
	if !last {
		size += 2 // for the separator, should the line end here
	}
	if w.line.width*4 > w.width && w.line.width+cells.StringWidth(c.glue)+size > w.width && size <= w.width {
		w.newLine(c.glue)
	}
	for i, u := range units(c.text) {
		if i == 0 {
			u.glue = c.glue
		}
		u.style = c.style
		w.unit(u)
	}
}

func (w *wrapper) unit(u unit) {
	if len(w.line.spans) > 0 {
		if w.line.width+cells.StringWidth(u.glue)+cells.StringWidth(u.text) > w.width {
			w.newLine(u.glue)
		} else if u.glue == explain.Separator {
			w.line.text(u.glue, styleFaint)
		} else {
			w.line.text(u.glue, u.style)
		}
	}
	for {
		head := cut(u.text, w.width)
		if head == u.text {
			break
		}
		w.line.text(head, u.style)
		w.newLine("")
		u.text = u.text[len(head):]
	}
	w.line.text(u.text, u.style)
}

// Characters that a line must not end with, or begin with.
const (
	opening = "（《「“"
	closing = "）》」”，。：；、！？"
)

// units cuts text at spaces and around wide characters.
func units(text string) []unit {
	var out []unit
	glue := ""
	start := 0 // of the unit at hand
	flush := func(end int) {
		if end > start {
			out = append(out, unit{text: text[start:end], glue: glue})
			glue = ""
		}
		start = end
	}
	held := false // the unit at hand ends with an opening character
	for i, r := range text {
		switch {
		case r == ' ':
			flush(i)
			glue, start, held = " ", i+1, false
		case strings.ContainsRune(closing, r): // stays with what is before it
			held = false
		case strings.ContainsRune(opening, r):
			flush(i)
			held = true
		case held:
			held = false
		case cells.RuneWidth(r) == 2 || i > start && cells.RuneWidth(lastRune(text[start:i])) == 2:
			flush(i)
		}
	}
	flush(len(text))
	return out
}

func lastRune(s string) (last rune) {
	for _, r := range s[max(0, len(s)-4):] {
		last = r
	}
	return last
}

// cut returns the longest beginning of s, of at least one character, that fits
// into width cells.
func cut(s string, width int) string {
	n := 0
	for i, r := range s {
		if n += cells.RuneWidth(r); n > width && i > 0 {
			return s[:i]
		}
	}
	return s
}
