package sink

import (
	"bytes"
	"fmt"
	"io"
)

// page is what a view for people prints on: lines gather on it, and are written
// at once.
type page struct {
	out    io.Writer
	style  Style
	layout layout
	place  func(width int) layout
	buf    bytes.Buffer
}

func newPage(out io.Writer, style Style) page {
	return page{out: out, style: style.withDefaults(), place: newLayout}
}

// fit takes in how wide the page is now.
func (p *page) fit() { p.layout = p.place(p.style.Width()) }

// print appends a line to what will be written.
func (p *page) print(l *line) { l.writeTo(&p.buf, p.style.Color) }

// drain writes what is printed; name is the view's, for the error.
func (p *page) drain(name string) error {
	if p.buf.Len() == 0 {
		return nil
	}
	_, err := p.out.Write(p.buf.Bytes())
	p.buf.Reset()
	if err != nil {
		return fmt.Errorf("sink: %s: %w", name, err)
	}
	return nil
}

// paragraph prints a text with a mark in front of its first line.
func (p *page) paragraph(mark, text, markStyle, style string) {
	indent := p.layout.from
	if style == "" && markStyle == styleFatal {
		style = styleFatal
	}
	for i, w := range wrapText(text, style, p.layout.width-indent) {
		l := new(line)
		if i == 0 && mark != "" {
			l.right(mark, markStyle, indent-1)
		}
		l.at(indent)
		l.spans = append(l.spans, w.spans...)
		p.print(l)
	}
}
