package sink

import (
	"bytes"
	"strings"

	"github.com/mattn/go-runewidth"
)

// cells measures text on a terminal. Characters of ambiguous width count as one
// cell whatever the locale, as terminals draw them by default.
var cells = runewidth.Condition{StrictEmojiNeutral: true}

// span is text in one style: the parameters of an SGR sequence (ECMA-48,
// 8.3.117), or "".
type span struct{ text, style string }

// line is a line of output while it is put together.
type line struct {
	spans []span
	width int // in cells
}

// text appends text that has passed explain.Clean.
func (l *line) text(s, style string) {
	if s == "" {
		return
	}
	l.spans = append(l.spans, span{s, style})
	l.width += cells.StringWidth(s)
}

// at moves to a column; if that is already taken, to two cells after the text.
func (l *line) at(column int) {
	gap := column - l.width
	if gap < 0 || gap == 0 && l.width > 0 {
		gap = 2
	}
	l.text(strings.Repeat(" ", gap), "")
}

// right writes text that ends before a column.
func (l *line) right(s, style string, column int) {
	l.at(column - cells.StringWidth(s))
	l.text(s, style)
}

// writeTo writes the line without blanks at its end.
func (l *line) writeTo(b *bytes.Buffer, colour bool) {
	spans := l.spans
	for len(spans) > 0 && strings.TrimRight(spans[len(spans)-1].text, " ") == "" {
		spans = spans[:len(spans)-1]
	}
	for i, s := range spans {
		text := s.text
		if i == len(spans)-1 {
			text = strings.TrimRight(text, " ")
		}
		if colour && s.style != "" {
			b.WriteString("\x1b[" + s.style + "m" + text + "\x1b[0m")
		} else {
			b.WriteString(text)
		}
	}
	b.WriteByte('\n')
}
