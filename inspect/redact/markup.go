package redact

import "bytes"

// opensTag says whether the < at i may begin a tag: in text that is not known to
// be markup it does not after a letter, where it is more likely a generic type.
func (s *scanner) opensTag(src []byte, i int) bool {
	if s.mode == modeMarkup {
		return true
	}
	var before byte
	switch {
	case i > 0:
		before = src[i-1]
	case s.ntail > 0:
		before = s.tail[s.ntail-1]
	default:
		return true
	}
	return !(nameBytes[before] && before < 0x80)
}

// tagName follows an element's name (XML 1.0, section 3.1).
func (s *scanner) tagName(src []byte, i int) int {
	for ; i < len(src); i++ {
		c := src[i]
		if (nameBytes[c] || c == ':') && s.words < maxName && (s.words > 0 || c != '%') {
			s.word[s.words] = c
			s.words++
			continue
		}
		s.state = idle
		if rule := s.r.names.find(s.word[:s.words], placeField); rule != nil && s.words < maxName {
			s.rule, s.state, s.quote, s.last = rule, inTagRest, 0, 0
		}
		return i
	}
	return i
}

// tagRest follows the rest of the tag of an element that holds a secret, and
// hides its attributes.
func (s *scanner) tagRest(src []byte, i int) int {
	for ; i < len(src); i++ {
		c := src[i]
		switch {
		case s.quote != 0 && c == s.quote:
			s.quote = 0
			s.end(src, i)
			s.state = inTagRest
		case s.quote != 0:
		case c == '"' || c == '\'':
			s.quote = c
			s.begin(inTagRest, i+1, encodedNot, shapeLong)
		case c == '>' && s.last == '/':
			s.state = idle
			return i + 1
		case c == '>':
			s.mark, s.match = append(append(s.mark[:0], "</"...), s.word[:s.words]...), 0
			if s.mode != modeMarkup { // it may as well be a placeholder
				s.stops = &stopsTag
				s.begin(inToken, i+1, encodedNot, shapeLong)
				return i + 1
			}
			s.begin(inElement, i+1, encodedNot, shapeLong)
			return i + 1
		}
		s.last = c
	}
	return i
}

var stopsTag = stops("<\"\n")

// marked follows a value that ends with a mark of several bytes, whose first
// comes nowhere else in it.
func (s *scanner) marked(src []byte, i int) int {
	for ; i < len(src); i++ {
		c := src[i]
		if s.match == 0 {
			j := bytes.IndexByte(src[i:], s.mark[0])
			if j < 0 {
				return len(src)
			}
			i += j
			s.match = 1
			continue
		}
		switch {
		case lower(c) == lower(s.mark[s.match]):
			s.match++
		case c == s.mark[0]:
			s.match = 1
		default:
			s.match = 0
		}
		if s.match < len(s.mark) {
			continue
		}
		end := max(s.open, i+1-len(s.mark))
		if s.state == inPart && end > s.open && src[end-1] == '\r' {
			end--
		}
		if s.state == inElement && len(bytes.TrimSpace(src[s.open:end])) == 0 && !s.cut {
			s.open = end
		}
		s.end(src, end)
		return i + 1
	}
	return i
}

// special takes names that say of another value that it is a secret: the name of
// a part in a multipart body, and the value of an input whose name is one.
func (s *scanner) special(src []byte, at int, l label) bool {
	switch {
	case len(l.name) == 4 && bytes.EqualFold(l.name, []byte("name")) && s.mode <= modeMarkup:
		before := s.before(src, at)
		line := before[bytes.LastIndexByte(before, '\n')+1:]
		if !bytes.Contains(bytes.ToLower(line), []byte("form-data")) {
			return false
		}
		s.boundaryIn(before[:len(before)-len(line)], at < lookback && !s.long)
		s.state, s.words, s.quote = inPartName, 0, 0
		return true
	case s.mode == modeMarkup && (bytes.EqualFold(l.name, []byte("value")) || bytes.EqualFold(l.name, []byte("content"))):
		rule := s.attribute(src, at)
		if rule == nil {
			return false
		}
		l.prev, l.lineStart = 0, false
		s.named(rule, l, '=', false)
		return true
	}
	return false
}

// before is what precedes at, as far as it is looked at.
func (s *scanner) before(src []byte, at int) []byte {
	if at >= lookback {
		return src[at-lookback : at]
	}
	buf := s.room()
	n := copy(buf, s.tail[:s.ntail])
	n += copy(buf[n:], src[:max(at, 0)])
	return buf[:n]
}

// maxTag is how much of a tag is looked at for the name of its value.
const maxTag = 1024

// attribute returns the rule for the value of a tag, before whose = it stands:
// <input name="token" value="…">, <meta name="csrf-token" content="…">.
func (s *scanner) attribute(src []byte, at int) *secretName {
	before := s.before(src, at)
	if at >= maxTag || at > lookback && s.total == 0 {
		before = src[max(0, at-maxTag):at]
	}
	open := bytes.LastIndexByte(before, '<')
	switch {
	case bytes.IndexByte(before[max(open, 0):], '>') >= 0:
		return nil
	case open >= 0:
		if rule := s.namedBy(before[open:]); rule != nil {
			return rule
		}
	case len(before) < maxTag && s.total+int64(at) > int64(len(before)):
		return undecided // the beginning of the tag is not remembered
	default:
		return nil
	}
	after := src[max(at, 0):min(len(src), max(at, 0)+maxTag)]
	if end := bytes.IndexByte(after, '>'); end >= 0 {
		return s.namedBy(after[:end])
	}
	if len(after) < maxTag && !s.final {
		return undecided
	}
	return nil
}

// undecided is the rule about what a cut leaves open.
var undecided = &secretName{kind: "unknown"}

// namedBy finds a secret's name among the attributes in the text of a tag.
func (s *scanner) namedBy(tag []byte) *secretName {
	for _, attr := range []string{"name", "id", "property", "key", "http-equiv"} {
		for rest := tag; ; {
			i := bytes.Index(rest, []byte(attr))
			if i < 0 {
				break
			}
			own := i > 0 && (isSpace(rest[i-1]) || rest[i-1] == '"' || rest[i-1] == '\'')
			rest = bytes.TrimLeft(rest[i+len(attr):], " \t\r\n")
			value, ok := bytes.CutPrefix(rest, []byte("="))
			if !ok || !own {
				continue
			}
			value = bytes.TrimLeft(value, " \t\r\n\\")
			end := bytes.IndexAny(value, " \t\r\n>/")
			if len(value) > 0 && (value[0] == '"' || value[0] == '\'') {
				end = bytes.IndexByte(value[1:], value[0])
				value = value[1:]
			}
			if end < 0 {
				end = len(value)
			}
			if rule := s.r.names.find(bytes.TrimRight(value[:end], `\`), placeQuery); rule != nil {
				return rule
			}
		}
	}
	return nil
}
