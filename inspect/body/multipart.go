package body

import (
	"bytes"
	"iter"
	"strings"
)

// maxNesting bounds multipart bodies within each other.
const maxNesting = 4

// part is one part of a multipart body, or what stands before the first (delimiter
// is nil then) or after the last (last is set).
type part struct {
	delimiter []byte // its line
	head      []byte // the field lines, without the empty line after them
	content   []byte
	last      bool
}

// field returns the value of the first field of that name in any letter case.
func (p *part) field(name string) string {
	lines := strings.Split(string(p.head), "\n")
	for i, line := range lines {
		key, value, ok := strings.Cut(line, ":")
		if !ok || !strings.EqualFold(strings.TrimSpace(key), name) {
			continue
		}
		for _, more := range lines[i+1:] { // folded, RFC 5322 section 2.2.3
			if more == "" || more[0] != ' ' && more[0] != '\t' {
				break
			}
			value += " " + strings.TrimSpace(more)
		}
		return strings.TrimSpace(value)
	}
	return ""
}

// multipartBoundary returns the boundary that the Content-Type names, or else that
// the first line does.
func multipartBoundary(contentType string, b []byte) string {
	if s := parameter(contentType, "boundary"); s != "" {
		return s
	}
	line, _, ok := bytes.Cut(bytes.TrimLeft(b, "\r\n"), []byte("\n"))
	line = trimSpace(line)
	if !ok || !bytes.HasPrefix(line, []byte("--")) || len(line) > 2+70 { // RFC 2046 section 5.1.1
		return ""
	}
	return string(line[2:])
}

// delimiterLine is where a delimiter stands.
type delimiterLine struct {
	end      int // of the content before it
	from, to int // of the line
	closing  bool
}

// nextDelimiter finds a line that is the delimiter (RFC 2046, section 5.1.1), with
// nothing but whitespace after it.
func nextDelimiter(b, delimiter []byte) (d delimiterLine, ok bool) {
	for at := 0; ; {
		i := bytes.Index(b[at:], delimiter)
		if i < 0 {
			return d, false
		}
		d.from = at + i
		at = d.from + len(delimiter)
		if d.from > 0 && b[d.from-1] != '\n' {
			continue
		}
		rest := b[at:]
		if d.closing = bytes.HasPrefix(rest, []byte("--")); d.closing {
			rest = rest[2:]
		}
		line, _, _ := bytes.Cut(rest, []byte("\n"))
		if len(trimSpace(line)) > 0 {
			continue
		}
		d.to = min(len(b)-len(rest)+len(line)+1, len(b))
		d.end = len(trimBreak(b[:d.from]))
		return d, true
	}
}

// trimBreak leaves out the line break that belongs to the delimiter after it.
func trimBreak(b []byte) []byte {
	b, _ = bytes.CutSuffix(b, []byte("\n"))
	b, _ = bytes.CutSuffix(b, []byte("\r"))
	return b
}

// parts goes through the parts in order. A body without a delimiter has none.
func parts(boundary string, b []byte) iter.Seq[part] {
	return func(yield func(part) bool) {
		delimiter := []byte("--" + boundary)
		d, ok := nextDelimiter(b, delimiter)
		if !ok || boundary == "" || d.end > 0 && !yield(part{content: b[:d.end]}) {
			return
		}
		for ok {
			p := part{delimiter: trimBreak(b[d.from:d.to]), last: d.closing}
			b = b[d.to:]
			if p.last {
				p.content = b
				yield(p)
				return
			}
			content := b
			if d, ok = nextDelimiter(b, delimiter); ok {
				content = b[:d.end]
			}
			p.head, p.content = splitHead(content)
			if !yield(p) {
				return
			}
		}
	}
}

// splitHead parts the field lines from the content at the first empty line.
func splitHead(b []byte) (head, content []byte) {
	for at := 0; at < len(b); {
		line, _, _ := bytes.Cut(b[at:], []byte("\n"))
		next := min(at+len(line)+1, len(b))
		if len(trimBreak(line)) == 0 {
			return bytes.TrimRight(b[:at], "\r\n"), b[next:]
		}
		at = next
	}
	return bytes.TrimRight(b, "\r\n"), nil
}

// prettyMultipart prints the parts with their heads as they are, and each content
// as what it is.
func prettyMultipart(p *printer, base, nesting int, contentType string, b []byte) bool {
	if nesting >= maxNesting {
		return false
	}
	some := false
	for part := range parts(multipartBoundary(contentType, b), b) {
		if p.full {
			break
		}
		if part.delimiter == nil {
			p.nested(base, nesting, "text/plain", part.content)
			continue
		}
		some = true
		p.text(base, part.delimiter)
		p.text(base, part.head)
		if part.last {
			p.nested(base, nesting, "text/plain", trimSpace(part.content))
		} else if len(part.content) > 0 {
			p.write("\n")
			p.nested(base+1, nesting, part.field("Content-Type"), part.content)
		}
	}
	return some
}
