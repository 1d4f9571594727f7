package redact

import "bytes"

// label is what stands before a separator.
type label struct {
	name      []byte
	quoted    bool
	first     bool // it begins the whole text
	lineStart bool
	prev      byte // the byte before it, 0 if it is not known
}

// separator takes a : or = at src[at:], or what encodes one, whose beginning may
// be in an earlier piece; then at is negative.
func (s *scanner) separator(src []byte, at int, c byte, coded bool) {
	if c == ':' && !coded && !s.r.names.mayPrecede(src[:at]) { // as before most
		s.unnamed(c, coded)
		return
	}
	l := s.labelBefore(src, at)
	where := placeField
	if c == '=' {
		where = placeQuery
	}
	if len(l.name) > 0 {
		if c == '=' && l.first && !l.quoted && s.mode == modeText {
			s.mode = modeForm
		}
		if rule := s.r.names.find(l.name, where); rule != nil {
			s.named(rule, l, c, coded)
			return
		}
		if c == '=' && !coded && s.special(src, at, l) {
			return
		}
	}
	s.unnamed(c, coded)
}

// unnamed takes a separator that no secret's name stands before. It may belong to a
// URL.
func (s *scanner) unnamed(c byte, coded bool) {
	if c == ':' && !coded && s.mode < modeForm {
		s.state, s.match = afterColon, 0
	}
}

// named takes a secret's name with its separator.
func (s *scanner) named(rule *secretName, l label, c byte, coded bool) {
	s.rule, s.sep, s.wasCoded, s.inQuote = rule, c, coded, l.quoted
	s.lineStart = l.lineStart && !l.quoted && !coded
	s.param = l.prev == '?' || l.prev == '&' || coded
	s.spaced, s.arrow, s.slashes, s.soft, s.inner, s.last = false, false, 0, false, false, 0
	s.state, s.field = separated, false
	if c == ':' && s.lineStart && (s.mode == modeHead || rule.header) {
		s.fieldValue()
	}
}

// labelBefore finds the name before at.
func (s *scanner) labelBefore(src []byte, at int) label {
	j, broken, apart := at, false, false
	for j > 0 && isSpace(src[j-1]) {
		j--
		broken, apart = broken || src[j] == '\n', true
	}
	var l label
	from := 0
	if j > 0 {
		from = max(0, j-lookback)
		var start int
		l, start = readLabel(src[from:j])
		if from > 0 && start > 0 || from == 0 && s.total == 0 || trimRight(src, 0, start) > 0 {
			s.place(&l, src[from:j], start, from == 0 && s.total == 0)
			return l.closed(broken, apart)
		}
	}
	if from > 0 || (j <= 0 && s.ntail == 0) {
		return l.closed(broken, apart)
	}
	tail := s.tail[:max(0, s.ntail+min(at, 0))]
	if j <= 0 {
		for len(tail) > 0 && isSpace(tail[len(tail)-1]) {
			broken, apart = broken || tail[len(tail)-1] == '\n', true
			tail = tail[:len(tail)-1]
		}
	}
	buf := s.room()
	n := copy(buf, tail)
	n += copy(buf[n:], src[:max(j, 0)])
	var start int
	l, start = readLabel(buf[:n])
	s.place(&l, buf[:n], start, !s.long)
	return l.closed(broken, apart)
}

// room is where the end of the tail and the beginning of a piece are put together.
func (s *scanner) room() []byte {
	if s.scratch == nil {
		s.scratch = make([]byte, tailSize+lookback)
	}
	return s.scratch
}

// closed takes the white space after the name into account: it may be apart from
// the separator, and even on another line, which only a name in quotes may be.
func (l label) closed(broken, apart bool) label {
	if broken && !l.quoted {
		l.name = nil
	}
	l.first = l.first && !apart
	return l
}

// readLabel reads the name at the end of b, and says where in b it begins, 0
// also where its beginning is not in b.
func readLabel(b []byte) (l label, start int) {
	if len(b) == 0 {
		return l, 0
	}
	if q := b[len(b)-1]; q == '"' || q == '\'' || q == '`' {
		l.quoted = true
		end := len(b) - 1
		for end > 0 && b[end-1] == '\\' {
			end--
		}
		open := bytes.LastIndexByte(b[:end], q)
		l.name = b[open+1 : end]
		return l, max(open, 0)
	}
	start = len(b)
	for start > 0 && nameBytes[b[start-1]] {
		start--
	}
	l.name = b[start:]
	// An ampersand in JSON may be written as \u0026.
	if start > 0 && b[start-1] == '\\' && len(l.name) > 5 && (string(l.name[:5]) == "u0026" || string(l.name[:5]) == "u003f") {
		l.name = l.name[5:]
		l.prev = '&'
	}
	return l, start
}

// place says what stands before the label in b, which is all of the text before
// it if whole is set.
func (s *scanner) place(l *label, b []byte, start int, whole bool) {
	l.first = whole && start == 0 && len(l.name) > 0
	if l.prev == 0 && start > 0 {
		l.prev = b[start-1]
	}
	i := start
	if s.mode != modeHead {
		for i > 0 && isSpace(b[i-1]) && b[i-1] != '\n' {
			i--
		}
	}
	l.lineStart = i > 0 && b[i-1] == '\n' || i == 0 && whole
}

var nameBytes = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= 0x80 ||
			bytes.IndexByte([]byte("_-.[]%$@+~"), byte(c)) >= 0
	}
	return t
}()

// encoded follows what may be %3D, %3A (or %253D …) or \u003d: a separator of a
// URL within a URL, or within JSON.
func (s *scanner) encoded(src []byte, i int) int {
	for ; i < len(src); i++ {
		c := src[i]
		if s.coded == len(s.code) {
			s.state = idle
			return i
		}
		s.code[s.coded] = lower(c)
		sep, more := separatorCode(s.code[:s.coded+1])
		if !more && sep == 0 {
			s.state = idle
			return i
		}
		s.coded++
		if sep != 0 {
			s.state = idle
			s.separator(src, i+1-s.coded, sep, true)
			return i + 1
		}
	}
	return i
}

// separatorCode says which separator b encodes, or whether it may be the
// beginning of one that does.
func separatorCode(b []byte) (sep byte, more bool) {
	if b[0] == '\\' {
		rest := bytes.TrimLeft(b, `\`)
		if string(rest) == "u003d" {
			return '=', false
		}
		return 0, bytes.HasPrefix([]byte("u003d"), rest)
	}
	rest := b[1:]
	for bytes.HasPrefix(rest, []byte("25")) {
		rest = rest[2:]
	}
	switch string(rest) {
	case "", "2", "3":
		return 0, true
	case "3d":
		return '=', false
	case "3a":
		return ':', false
	}
	return 0, false
}

// separated looks for the beginning of the value.
func (s *scanner) separated(src []byte, i int) int {
	raw := s.mode >= modeForm || s.param && s.sep == '=' || s.wasCoded
	for ; i < len(src); i++ {
		c := src[i]
		switch {
		case raw && isSpace(c) && s.mode < modeForm:
			s.state = idle // there is no value
			return i
		case raw:
			return s.startToken(src, i)
		case c == '\\' && !s.field: // of a quote, in a string within a string
			if s.open < 0 {
				s.begin(separated, i, encodedNot, shapeLong)
			}
			s.slashes++
		case s.slashes > 0 && c != '"' && c != '\'' && c != '`':
			return s.startToken(src, i)
		case c == ' ' || c == '\t':
			s.spaced = true
		case s.field && c == '\r':
		case s.field && c == '\n':
			s.state, s.then = afterLine, inLine
			return i + 1
		case c == '\n' || c == '\r':
			if !s.inQuote {
				s.state = idle
				return i
			}
		case c == '"' || c == '\'' || c == '`':
			if s.field {
				return s.startToken(src, i)
			}
			s.open, s.quote, s.level = -1, c, 0
			for n := s.slashes; n > 0; n /= 2 {
				s.level++
			}
			s.slashes = 0
			s.begin(inQuotes, i+1, encodedJSON, shapeLong)
			return i + 1
		case s.sep == '=' && c == '>' && !s.spaced && !s.arrow:
			s.arrow = true
		case s.arrow || s.sep == '=' && c == '=' && s.mode == modeText:
			s.state = idle // a comparison, or a function
			return i + 1
		case s.sep == ':' && s.inQuote && (c == '{' || c == '['):
			s.depth, s.objects, s.key, s.string, s.slashes = 0, 0, false, false, 0
			s.state = inTree
			return i
		case s.sep == ':' && s.inQuote:
			s.begin(inLiteral, i, encodedNot, shapeBare)
			return i
		default:
			return s.startToken(src, i)
		}
	}
	return i
}

// startToken begins a value without quotes.
func (s *scanner) startToken(src []byte, i int) int {
	from, cut := i, false
	if s.open >= 0 { // backslashes before it
		from, cut = s.open, s.cut
	}
	s.slashes = 0
	defer func() { s.cut = cut }()
	switch {
	case s.mode == modeForm:
		s.stops = &stopsForm
	case s.mode == modeQuery:
		s.stops = &stopsQuery
	case s.mode == modePath:
		s.stops = &stopsPath
	case s.mode == modeHead && (s.sep == '=' || s.wasCoded):
		s.stops = &stopsHead
	case s.sep == '=' || s.wasCoded:
		s.stops = &stopsText
	case s.lineStart || s.spaced:
		s.soft = !s.lineStart && s.mode != modeHead
		s.begin(inLine, from, encodedNot, shapeLong)
		return i
	default:
		s.stops = &stopsCode
	}
	how := encodedNot
	if s.sep == '=' || s.wasCoded {
		how = encodedPercent
	}
	s.begin(inToken, from, how, shapeShort)
	return i
}

func stops(chars string) (t [256]bool) {
	for _, c := range []byte(chars) {
		t[c] = true
	}
	return t
}

var (
	stopsForm  = stops("&\n")
	stopsQuery = stops("&#")
	stopsPath  = stops("/?#;")
	stopsHead  = stops("& \t\r\n")
	stopsText  = stops("& \t\r\n\"<>")
	stopsCode  = stops("& \t\r\n\"<>,;)}'")
)
