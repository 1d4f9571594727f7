package body

import (
	"bytes"
	"strings"
)

// markupKind is what a piece of XML or HTML is.
type markupKind uint8

const (
	markupText  markupKind = iota
	markupOpen             // <a>
	markupClose            // </a>
	markupEmpty            // <a/>
	markupOther            // comment, CDATA section, processing instruction, document type
)

// markup is one piece. All pieces together are the whole document, whatever is
// wrong with it.
type markup struct {
	kind  markupKind
	name  string // of the element, as it is written
	raw   []byte
	whole bool // the end of the tag is there
}

// nextMarkup cuts the first piece off b, which is not empty. inside is the
// element, in lower case, whose content is text up to its end tag, or "".
func nextMarkup(b []byte, inside string) markup {
	if inside != "" {
		if n := endTag(b, inside); n != 0 {
			return markup{kind: markupText, raw: b[:n]}
		}
	}
	if !beginsMarkup(b) {
		n := 1
		for {
			i := bytes.IndexByte(b[n:], '<')
			if i < 0 {
				return markup{kind: markupText, raw: b}
			}
			if n += i; beginsMarkup(b[n:]) {
				return markup{kind: markupText, raw: b[:n]}
			}
			n++
		}
	}
	switch {
	case bytes.HasPrefix(b, []byte("<!--")):
		return markupUpTo(b, 4, "-->")
	case bytes.HasPrefix(b, []byte("<![CDATA[")):
		return markupUpTo(b, 9, "]]>")
	case b[1] == '?':
		return markupUpTo(b, 2, ">")
	case b[1] == '!':
		return documentType(b)
	}
	return nextTag(b)
}

// beginsMarkup says whether b is more than a stray angle bracket.
func beginsMarkup(b []byte) bool {
	if len(b) < 2 || b[0] != '<' {
		return false
	}
	c := b[1]
	if c == '/' && len(b) > 2 {
		c = b[2]
	}
	return c == '!' || c == '?' || c == '_' || c == ':' || c >= 0x80 || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// endTag returns where the end tag of an element begins, or the length of b.
func endTag(b []byte, name string) int {
	for n := 0; ; n += 2 {
		i := bytes.Index(b[n:], []byte("</"))
		if i < 0 {
			return len(b)
		}
		n += i
		if rest := b[n+2:]; len(rest) >= len(name) && strings.EqualFold(string(rest[:len(name)]), name) {
			return n
		}
	}
}

// markupUpTo ends with the terminator, which may begin after skip bytes, or with
// b.
func markupUpTo(b []byte, skip int, end string) markup {
	if i := bytes.Index(b[skip:], []byte(end)); i >= 0 {
		return markup{kind: markupOther, raw: b[:skip+i+len(end)], whole: true}
	}
	return markup{kind: markupOther, raw: b}
}

// documentType ends with the angle bracket outside of quotes and of the internal
// subset, XML 1.0 section 2.8.
func documentType(b []byte) markup {
	var quote byte
	depth := 0
	for i := 2; i < len(b); i++ {
		switch c := b[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'' && depth == 0: // in the subset, comments have apostrophes
			quote = c
		case c == '[':
			depth++
		case c == ']':
			depth--
		case c == '>' && depth <= 0:
			return markup{kind: markupOther, raw: b[:i+1], whole: true}
		}
	}
	return markup{kind: markupOther, raw: b}
}

// nextTag reads a tag up to the angle bracket outside of the quotes around
// attributes' values.
func nextTag(b []byte) markup {
	m := markup{kind: markupOpen}
	at := 1
	if b[1] == '/' {
		m.kind, at = markupClose, 2
	}
	end := at
	for end < len(b) && !isSpace(b[end]) && b[end] != '>' && b[end] != '/' {
		end++
	}
	m.name = string(b[at:end])
	var quote, last byte
	for i := end; i < len(b); i++ {
		c := b[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case (c == '"' || c == '\'') && last == '=': // elsewhere it opens no value
			quote = c
		case c == '>':
			if b[i-1] == '/' && m.kind == markupOpen {
				m.kind = markupEmpty
			}
			m.raw, m.whole = b[:i+1], true
			return m
		}
		if !isSpace(c) {
			last = c
		}
	}
	m.raw = b
	return m
}
