package redact

import "bytes"

// quoted follows a value in quotes, to the quote that ends it.
func (s *scanner) quoted(src []byte, i int) int {
	for ; i < len(src); i++ {
		switch c := src[i]; {
		case c == '\\':
			s.slashes++
		case c == s.quote && endsString(s.slashes, s.level):
			own := min(s.slashes, 1<<s.level-1) // backslashes of the quote itself
			s.slashes = 0
			s.end(src, max(i-own, s.open))
			return i + 1
		default:
			s.slashes = 0
		}
	}
	return i
}

// endsString says whether a quote after some backslashes ends a string that is
// nested in level other strings, or one of those.
func endsString(slashes, level int) bool {
	for ; level > 0; level-- {
		if slashes%2 == 0 {
			return true
		}
		slashes = (slashes - 1) / 2
	}
	return slashes%2 == 0
}

// literal follows a number, or what else stands without quotes in JSON.
func (s *scanner) literal(src []byte, i int) int {
	for ; i < len(src); i++ {
		switch src[i] {
		case ',', '}', ']', ' ', '\t', '\r', '\n', '"', '\\':
			if !s.cut && notSecret(src[s.open:i]) {
				s.open, s.state = -1, idle
				return i
			}
			s.end(src, i)
			return i
		}
	}
	return i
}

// notSecret says that a literal of JSON tells nothing.
func notSecret(b []byte) bool {
	switch string(b) {
	case "null", "true", "false", "undefined":
		return true
	}
	return false
}

// tree follows an object or array of JSON, all of whose values are secret.
func (s *scanner) tree(src []byte, i int) int {
	for ; i < len(src); i++ {
		c := src[i]
		if s.string {
			if c == '\\' {
				s.slashes++
				continue
			}
			if c == '"' && endsString(s.slashes, s.level) {
				s.string = false
				if s.open >= 0 {
					s.end(src, max(i-min(s.slashes, 1<<s.level-1), s.open))
					s.state = inTree
				}
			}
			s.slashes = 0
			continue
		}
		if s.open >= 0 { // a number
			switch c {
			case ',', '}', ']', ' ', '\t', '\r', '\n', '"', '\\', '[', '{':
				s.endNumber(src, i)
			default:
				continue
			}
		}
		switch c {
		case '{', '[':
			s.depth++
			s.objects = s.objects<<1 | b2u(c == '{')
			s.key = c == '{' && s.depth <= 64
		case '}', ']':
			s.depth--
			s.objects >>= 1
			s.key = false
			if s.depth <= 0 {
				s.state = idle
				return i + 1
			}
		case ',':
			s.key = s.objects&1 == 1 && s.depth <= 64
		case ':':
			s.key = false
		case '\\':
			s.slashes++
			continue
		case '"':
			s.string, s.level = true, 0
			for n := s.slashes; n > 0; n /= 2 {
				s.level++
			}
			if !s.key {
				s.begin(inTree, i+1, encodedJSON, shapeLong)
			}
		case ' ', '\t', '\r', '\n':
		default:
			s.begin(inTree, i, encodedNot, shapeBare)
		}
		s.slashes = 0
	}
	return i
}

func (s *scanner) endNumber(src []byte, i int) {
	if !s.cut && notSecret(src[s.open:i]) {
		s.open = -1
		return
	}
	s.end(src, i)
	s.state = inTree
}

func b2u(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// token follows a value that ends with one of the stops.
func (s *scanner) token(src []byte, i int) int {
	for ; i < len(src); i++ {
		c := src[i]
		if !s.stops[c] {
			continue
		}
		end := i
		if c == '"' { // backslashes before it are the quote's
			for end > s.open && src[end-1] == '\\' {
				end--
			}
		}
		if c == '\n' && end > s.open && src[end-1] == '\r' {
			end--
		}
		s.end(src, end)
		return i
	}
	return i
}

// line follows a value that ends with its line.
func (s *scanner) line(src []byte, i int) int {
	if s.open < 0 { // after a fold
		s.begin(inLine, i, encodedNot, shapeLong)
	}
	if !s.soft {
		j := bytes.IndexByte(src[i:], '\n')
		if j < 0 {
			return len(src)
		}
		s.endLine(src, i+j)
		return i + j + 1
	}
	for ; i < len(src); i++ {
		c := src[i]
		switch {
		case c == '\n':
			s.endLine(src, i)
			return i + 1
		case c == '<' && !s.inner:
			s.end(src, i)
			return i
		case c == '"' && s.inner:
			s.inner = false
		case c == '"' && s.last == '=':
			s.inner = true
		case c == '"':
			end := i
			for end > s.open && src[end-1] == '\\' {
				end--
			}
			s.end(src, end)
			return i
		}
		if c != '\\' {
			s.last = c
		}
	}
	return i
}

// endLine ends a value at its line's end, unless the next line continues it.
func (s *scanner) endLine(src []byte, i int) {
	then := s.state
	s.end(src, trimRight(src, s.open, i))
	if s.field {
		s.state, s.then = afterLine, then
	}
}

// fold sees whether a line begins with white space, and so continues the value
// (RFC 9112, section 5.2: obs-fold).
func (s *scanner) fold(src []byte, i int) int {
	if c := src[i]; c != ' ' && c != '\t' {
		s.state = idle
		return i
	}
	if s.then == inCookieName {
		s.state = inCookieName
		return i + 1
	}
	for i < len(src) && (src[i] == ' ' || src[i] == '\t') {
		i++
	}
	if s.state = s.then; i < len(src) {
		s.begin(s.then, i, encodedNot, shapeLong)
	}
	return i
}
