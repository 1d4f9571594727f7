package redact

import "bytes"

// maxBoundary is RFC 2046's limit (section 5.1.1).
const maxBoundary = 70

// boundaryIn takes the boundary from what precedes a part's name: the latest
// line that begins with --. What stands before the first line break is a line only
// if that is the beginning of all.
func (s *scanner) boundaryIn(before []byte, beginning bool) {
	if len(s.delimiter) > 0 {
		return
	}
	for {
		i := bytes.LastIndexByte(before, '\n')
		if i < 0 && !beginning {
			return
		}
		if line := bytes.TrimRight(before[i+1:], "\r "); bytes.HasPrefix(line, []byte("--")) && len(line) > 2 && len(line) <= maxBoundary+2 {
			s.boundary(line[2:])
			return
		}
		if i < 0 {
			return
		}
		before = before[:i]
	}
}

func (s *scanner) boundary(b []byte) { s.delimiter = append([]byte("\n--"), b...) }

// partName follows the name of a part (RFC 7578, section 4.2).
func (s *scanner) partName(src []byte, i int) int {
	for ; i < len(src); i++ {
		c := src[i]
		switch {
		case s.words == 0 && s.quote == 0 && c == '"':
			s.quote = c
			continue
		case c != '\r' && c != '\n' && (s.quote != 0 && c != s.quote || s.quote == 0 && c != ';' && c != ' '):
			if s.words < maxName {
				s.word[s.words] = c
				s.words++
			}
			continue
		}
		s.state = idle
		if rule := s.r.names.find(s.word[:s.words], placeQuery); rule != nil {
			s.rule, s.state, s.match = rule, inPartHead, 0
		}
		return i
	}
	return i
}

// partHead follows the rest of a part's head, to the empty line.
func (s *scanner) partHead(src []byte, i int) int {
	for ; i < len(src); i++ {
		switch c := src[i]; {
		case c == '\n' && s.match == 1:
			s.mark = append(s.mark[:0], s.delimiter...)
			if len(s.mark) == 0 {
				s.mark = append(s.mark, "\n--"...)
			}
			s.begin(inPart, i+1, encodedNot, shapeLong)
			return i + 1 // an empty part ends with the line that this is
		case c == '\n':
			s.match = 1
		case c != '\r':
			s.match = 0
		}
	}
	return i
}
