package body

import (
	"bytes"
	"errors"
)

// errJSON is about text that is not JSON (RFC 8259), nor the beginning of it.
var errJSON = errors.New("not JSON")

// errEnd is about text that ends within a value.
var errEnd = errors.New("ends early")

// jsonGuards are what servers put before JSON so that it is no script.
var jsonGuards = []string{")]}',", ")]}'", "while(1);", "for(;;);", "while (1);", "for (;;);"}

// prettyJSON indents JSON values, one after another. Strings and numbers stay as
// they are written, members in their order and as often as they come. Text that
// ends early is shown as far as it goes; of what is not JSON, it says so.
func prettyJSON(p *printer, base int, b []byte) bool {
	b = trimSpace(b)
	for _, guard := range jsonGuards {
		if rest, ok := bytes.CutPrefix(b, []byte(guard)); ok {
			p.line(base, guard)
			b = rest
			break
		}
	}
	some := false
	for b = trimJSON(b); len(b) > 0 && !p.full; b = trimJSON(b) {
		s := jsonScanner{p: p, base: base, b: b}
		if err := s.value(); err == errJSON {
			return false
		}
		p.write("\n")
		b, some = s.b, true
	}
	return some
}

// prettyNDJSON does so with each line by itself, and leaves those that are not
// JSON as they are.
func prettyNDJSON(p *printer, base int, b []byte) bool {
	b = trimSpace(b)
	if len(b) == 0 {
		return false
	}
	if b[0] == 0x1e { // RFC 7464: values may have line breaks
		return prettyJSON(p, base, b)
	}
	good := false
	for line := range bytes.Lines(b) {
		if line = trimJSON(line); len(line) == 0 || p.full {
			continue
		}
		if p.try(func() bool { return prettyJSON(p, base, line) }) {
			good = true
		} else {
			p.text(base, line)
		}
	}
	return good
}

// trimJSON skips whitespace and the record separators of RFC 7464.
func trimJSON(b []byte) []byte { return bytes.TrimLeft(b, " \t\r\n\x1e") }

// sniffJSON says whether text that begins with a bracket is JSON.
func sniffJSON(b []byte) (Kind, bool) {
	s := jsonScanner{b: b}
	if err := s.value(); err != nil {
		return JSON, err == errEnd
	}
	if rest := trimJSON(s.b); len(rest) > 0 {
		if rest[0] != '{' && rest[0] != '[' || bytes.IndexByte(s.b[:len(s.b)-len(rest)], '\n') < 0 {
			return Text, false
		}
		return NDJSON, true
	}
	return JSON, true
}

// jsonScanner walks through one value, and prints it if it has a printer.
type jsonScanner struct {
	p     *printer
	base  int
	b     []byte
	stack []byte // the closing brackets that are due
}

func (s *jsonScanner) put(b []byte) {
	if s.p != nil {
		s.p.bytes(b)
	}
}

func (s *jsonScanner) newline() {
	if s.p != nil {
		s.p.write("\n")
		s.p.indent(s.base + len(s.stack))
	}
}

// take prints the first n bytes.
func (s *jsonScanner) take(n int) {
	s.put(s.b[:n])
	s.b = s.b[n:]
}

// next skips whitespace and returns the byte after it.
func (s *jsonScanner) next() (byte, error) {
	if s.b = bytes.TrimLeft(s.b, " \t\r\n"); len(s.b) == 0 {
		return 0, errEnd
	}
	return s.b[0], nil
}

// value reads a value, which may nest as deep as it likes.
func (s *jsonScanner) value() error {
	if s.p != nil {
		s.p.indent(s.base)
	}
	for {
		opened, err := s.item()
		if err != nil {
			return err
		}
		if !opened {
			if err := s.after(); err != nil {
				return err
			}
		}
		if len(s.stack) == 0 || s.p != nil && s.p.full {
			return nil
		}
	}
}

// item reads a member or element: a scalar, an empty array or object, or the
// opening bracket of one.
func (s *jsonScanner) item() (opened bool, err error) {
	if len(s.stack) > 0 && s.stack[len(s.stack)-1] == '}' {
		if err := s.name(); err != nil {
			return false, err
		}
	}
	c, err := s.next()
	if err != nil {
		return false, err
	}
	switch {
	case c == '"':
		return false, s.text()
	case c == '{' || c == '[':
		s.take(1)
		closing, err := s.next()
		if err != nil {
			return false, err
		}
		if closing == c+2 { // '{' and '}', '[' and ']' are two apart
			s.take(1)
			return false, nil
		}
		s.stack = append(s.stack, c+2)
		s.newline()
		return true, nil
	}
	return false, s.literal()
}

// name reads a member's name and the colon.
func (s *jsonScanner) name() error {
	c, err := s.next()
	if err != nil {
		return err
	}
	if c != '"' {
		return errJSON
	}
	if err := s.text(); err != nil {
		return err
	}
	if c, err = s.next(); err != nil {
		return err
	}
	if c != ':' {
		return errJSON
	}
	s.b = s.b[1:]
	s.put([]byte(": "))
	return nil
}

// after reads what follows a value: a comma, or closing brackets.
func (s *jsonScanner) after() error {
	for len(s.stack) > 0 {
		c, err := s.next()
		if err != nil {
			return err
		}
		switch {
		case c == ',':
			s.take(1)
			if c, err = s.next(); err != nil {
				return err
			}
			if c == s.stack[len(s.stack)-1] { // a comma too many, which some writers leave
				continue
			}
			s.newline()
			return nil
		case c == s.stack[len(s.stack)-1]:
			s.stack = s.stack[:len(s.stack)-1]
			s.newline()
			s.take(1)
		default:
			return errJSON
		}
	}
	return nil
}

// text reads a string.
func (s *jsonScanner) text() error {
	for i := 1; i < len(s.b); i++ {
		switch c := s.b[i]; {
		case c == '\\':
			i++
		case c == '"':
			s.take(i + 1)
			return nil
		case c < ' ' && c != '\t':
			return errJSON
		}
	}
	s.take(len(s.b))
	return errEnd
}

// jsonWords are the literals; the last three are what languages other than
// JavaScript write.
var jsonWords = []string{"true", "false", "null", "NaN", "Infinity", "-Infinity"}

// literal reads a number or a word.
func (s *jsonScanner) literal() error {
	n := bytes.IndexAny(s.b, " \t\r\n\x1e,]}:")
	if n < 0 {
		n = len(s.b)
	}
	lit, cut := string(s.b[:n]), n == len(s.b)
	if !isNumber(lit, cut) && !isWord(lit, cut && len(s.stack) > 0) {
		return errJSON
	}
	s.take(n)
	return nil
}

// isWord says whether s is a literal, or, if it is cut, the beginning of one.
func isWord(s string, cut bool) bool {
	for _, w := range jsonWords {
		if s == w || cut && s != "" && len(s) < len(w) && w[:len(s)] == s {
			return true
		}
	}
	return false
}

// isNumber follows RFC 8259 section 6, but allows leading zeros.
func isNumber(s string, cut bool) bool {
	i := 0
	digits := func() bool {
		from := i
		for i < len(s) && '0' <= s[i] && s[i] <= '9' {
			i++
		}
		return i > from || cut && i == len(s)
	}
	if i < len(s) && s[i] == '-' {
		i++
	}
	if len(s) == 0 || !digits() {
		return false
	}
	if i < len(s) && s[i] == '.' {
		if i++; !digits() {
			return false
		}
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		if i++; i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		if !digits() {
			return false
		}
	}
	return i == len(s)
}
