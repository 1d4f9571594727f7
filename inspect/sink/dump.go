package sink

import (
	"bytes"
	"fmt"
	"strings"

	"tlsmitm/inspect"
	"tlsmitm/inspect/explain"
	"tlsmitm/inspect/runes"
)

// dump is the data shown below a row.
type dump struct {
	parts []part
	more  int // bytes that are not shown
}

// part is data under a caption, which may be empty.
type part struct {
	caption string
	offset  int // of the bytes in what a caption is about
	bytes   []byte
}

// begins says whether the first line shown is the given one.
func (d *dump) begins(text string) bool {
	first, _, _ := strings.Cut(string(d.parts[0].bytes), "\n")
	return d.parts[0].caption == "" && strings.TrimRight(first, "\r") == text
}

// limit returns as much of b as a row may show.
func (p *page) limit(b []byte) []byte {
	if n := p.style.DataBytes; n >= 0 && len(b) > n {
		return b[:n]
	}
	return b
}

// dump shows b, the beginning of length bytes.
func (p *page) dump(b []byte, length int) *dump {
	b = p.limit(b)
	if len(b) == 0 {
		return nil
	}
	return &dump{parts: split(part{bytes: b}), more: length - len(b)}
}

// dataDump shows application data; HTTP/2 frame by frame.
func (p *page) dataDump(d *inspect.Data, note explain.DataNote) *dump {
	if len(note.Frames) == 0 {
		b := p.limit(d.Bytes)
		if len(b) == d.Length && strings.TrimRight(string(b), "\r\n") == note.Note.String() {
			return nil // the note says it all
		}
		return p.dump(d.Bytes, d.Length)
	}
	left := len(p.limit(d.Bytes))
	out, shown := dump{more: d.Length - left}, 0
	for _, f := range note.Frames {
		b := f.Payload[:min(len(f.Payload), left-shown)]
		shown += len(b)
		if len(b) == 0 || f.Control || f.Compressed() {
			continue // the note names it, and there is nothing to read in it
		}
		out.parts = append(out.parts, split(part{caption: p.style.Words.Frame(f), bytes: b})...)
	}
	if len(out.parts) == 0 {
		return nil
	}
	return &out
}

// split parts text from the binary data that follow it.
func split(p part) []part {
	n := explain.TextPrefix(p.bytes)
	if n == 0 || n == len(p.bytes) {
		return []part{p}
	}
	return []part{{p.caption, p.offset, p.bytes[:n]}, {"", p.offset + n, p.bytes[n:]}}
}

// dumpLine is a line of a dump, and how many bytes it stands for.
type dumpLine struct {
	text string
	n    int
}

// printDump prints data behind a bar: text as text, all else in hexadecimal.
func (p *page) printDump(d *dump) {
	left := p.maxLines()
	more := d.more
	for _, part := range d.parts {
		var lines []dumpLine
		if explain.TextPrefix(part.bytes) == len(part.bytes) {
			lines = p.textLines(part.bytes)
		} else {
			lines = p.hexLines(part.bytes, part.offset)
		}
		if part.caption != "" {
			p.bar(part.caption, styleFaint)
		}
		for _, l := range lines {
			if left == 0 {
				more += l.n
				continue
			}
			left--
			p.bar(l.text, "")
		}
	}
	if more > 0 {
		p.bar(p.style.Words.More(more), styleFaint)
	}
}

// maxLines bounds what a row takes of the screen, as the limit on bytes does not
// where every byte is a line. It is negative if there is no bound.
func (p *page) maxLines() int {
	if p.style.DataBytes < 0 {
		return -1
	}
	return 16 + p.style.DataBytes/16
}

func (p *page) bar(text, style string) {
	l := new(line)
	l.at(p.layout.in)
	l.text("│ ", styleFaint)
	l.text(text, style)
	p.print(l)
}

// textLines breaks text into lines that fit, and makes them harmless. Empty
// lines at its end are left out.
func (p *page) textLines(b []byte) []dumpLine {
	width := p.layout.width - p.layout.in - 2
	var out []dumpLine
	for s := range strings.Lines(string(runes.Whole(bytes.TrimRight(b, "\r\n")))) {
		n := len(s)
		s = explain.Clean(strings.ReplaceAll(strings.TrimRight(s, "\r\n"), "\t", "    "))
		for {
			head := cut(s, width)
			s = s[len(head):]
			if s == "" {
				out = append(out, dumpLine{head, n})
				break
			}
			out = append(out, dumpLine{head, min(len(head), n)})
			n -= min(len(head), n)
		}
	}
	return out
}

// hexLines writes offset, hexadecimal and ASCII, 16 bytes a line where they fit.
func (p *page) hexLines(b []byte, offset int) []dumpLine {
	const wide, perByte = 16, 3
	row := wide
	if p.layout.width-p.layout.in-2 < 6+wide*perByte+1+1+wide {
		row = wide / 2
	}
	var out []dumpLine
	for at := 0; at < len(b); at += row {
		chunk := b[at:min(at+row, len(b))]
		var hex, ascii strings.Builder
		for i, c := range chunk {
			if i == wide/2 {
				hex.WriteByte(' ')
			}
			fmt.Fprintf(&hex, "%02x ", c)
			if c < ' ' || c > '~' {
				c = '.'
			}
			ascii.WriteByte(c)
		}
		pad := row * perByte
		if row == wide {
			pad++
		}
		text := fmt.Sprintf("%04x  %-*s %s", offset+at, pad, hex.String(), ascii.String())
		out = append(out, dumpLine{text, len(chunk)})
	}
	return out
}
