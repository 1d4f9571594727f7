package redact

import "bytes"

// span is a secret, or the part of one, in the piece at hand.
type span struct {
	from, to int
	kind     string
	how      encoding
	form     shape
	whole    bool // it is all of the secret
}

// mode is what kind of text it is, as far as the ends of values depend on it.
type mode uint8

const (
	modeText   mode = iota // anything: JSON, logs, scripts, HTML
	modeMarkup             // what is known to be XML or HTML
	modeHead               // the head of an HTTP message, or the value of a field
	modeForm               // application/x-www-form-urlencoded
	modeQuery              // the query or the fragment of a URL
	modePath               // the path of a URL
)

// state is where in the text the scanner is.
type state uint8

const (
	idle          state = iota // no secret is under way
	encoded                    // in what may be a separator in its encoded form
	separated                  // after a secret's name and separator
	inQuotes                   // in a value in quotes
	inLiteral                  // in a value of JSON without quotes
	inTree                     // in an object or array of JSON
	inToken                    // in a value that ends where stops says
	inLine                     // in a value that ends with the line
	afterLine                  // the next byte says whether the value goes on (RFC 9112, section 5.2)
	inScheme                   // in the first word of credentials
	inCookieName               // before the =
	inCookieValue              // after it
	inTag                      // in the name of an element
	inTagRest                  // in the tag of an element that holds a secret
	inElement                  // in its content
	inPartName                 // in the name of a part of a multipart body
	inPartHead                 // in the rest of its head
	inPart                     // in its content
	afterColon                 // in what may be the // of a URL
	inAuthority                // in what may be the userinfo of a URL
	inBlind                    // where it is not known what came before
)

const (
	lookback = 192 // bytes before a separator that are looked at
	tailSize = 256
)

// scanner finds secrets in text that comes in pieces, cut anywhere. What the end
// of a piece leaves undecided counts as secret.
type scanner struct {
	r *Redactor
	progress

	// Room that goes from text to text. What counts in it, progress says.
	word    [maxName]byte
	code    [16]byte       // the encoded separator so far
	tail    [tailSize]byte // the latest bytes, runs of white space as one
	mark    []byte         // that ends the value
	scratch []byte
	input   []byte // a text that is no slice of bytes

	under underWay
	spans []span
	found []span // by form
}

// progress is how far a scanner has come in a text.
type progress struct {
	mode  mode
	state state
	rule  *secretName // that the value falls under
	kind  string      // of the value, if no rule says
	how   encoding
	form  shape

	final   bool // nothing follows the piece
	known   bool // the mode was looked for
	sighted bool // blindness ends with the line
	field   bool // the value is that of a header field

	open int  // where in the piece the value begins, -1 if none has
	cut  bool // it began in an earlier piece

	// Of the separator.
	sep       byte
	inQuote   bool // the name was in quotes
	lineStart bool // the name began a line
	param     bool // the name was that of a parameter in a URL
	wasCoded  bool
	spaced    bool
	arrow     bool
	coded     int // bytes of code

	quote   byte
	level   int // how many strings of JSON the value is nested in
	slashes int // the backslashes just before
	stops   *[256]bool
	soft    bool // the line's value may end before the line does
	inner   bool // in quotes within it
	last    byte // the byte before, backslashes aside
	then    state

	depth   int
	objects uint64 // of each level, whether it is an object
	key     bool   // the next string is a key
	string  bool

	words int // bytes of word
	match int // bytes of the end mark so far
	// delimiter ends a part of a multipart body, if it is known.
	delimiter []byte

	ntail int   // bytes of tail
	long  bool  // there was more before it
	total int64 // bytes before this piece
}

func newScanner(r *Redactor, m mode) *scanner {
	return &scanner{r: r, progress: progress{mode: m, open: -1}}
}

// reset makes it a new scanner.
func (s *scanner) reset(m mode) {
	s.progress = progress{mode: m, open: -1}
	s.mark, s.spans, s.found = s.mark[:0], s.spans[:0], s.found[:0]
	s.under = underWay{carry: s.under.carry[:0]}
}

// scan follows the next piece of the text, and returns the secrets in it, in
// order, valid until the next call. final says that nothing follows.
func (s *scanner) scan(src []byte, final bool) []span {
	s.spans, s.found = s.spans[:0], s.found[:0]
	s.open, s.final = min(s.open, 0), final
	if s.mode == modeText && !s.known {
		s.sniff(src)
	}
	for i := 0; i < len(src); {
		i = s.step(src, i)
	}
	if s.open >= 0 {
		s.undecided(src, final)
		s.cut = s.cut || s.open < len(src)
	}
	s.detect(src, final)
	if !final {
		s.remember(src)
	}
	return s.merge()
}

func (s *scanner) step(src []byte, i int) int {
	switch s.state {
	case idle:
		return s.idle(src, i)
	case encoded:
		return s.encoded(src, i)
	case separated:
		return s.separated(src, i)
	case inQuotes:
		return s.quoted(src, i)
	case inLiteral:
		return s.literal(src, i)
	case inTree:
		return s.tree(src, i)
	case inToken:
		return s.token(src, i)
	case inLine:
		return s.line(src, i)
	case afterLine:
		return s.fold(src, i)
	case inScheme:
		return s.scheme(src, i)
	case inCookieName:
		return s.cookieName(src, i)
	case inCookieValue:
		return s.cookieValue(src, i)
	case inTag:
		return s.tagName(src, i)
	case inTagRest:
		return s.tagRest(src, i)
	case inElement, inPart:
		return s.marked(src, i)
	case inPartName:
		return s.partName(src, i)
	case inPartHead:
		return s.partHead(src, i)
	case afterColon:
		return s.colon(src, i)
	case inAuthority:
		return s.authority(src, i)
	default:
		return s.blind(src, i)
	}
}

// triggers are the bytes at which something may begin.
var triggers = [256]bool{':': true, '=': true, '<': true, '%': true, '\\': true}

func (s *scanner) idle(src []byte, i int) int {
	for ; i < len(src); i++ {
		c := src[i]
		if !triggers[c] {
			continue
		}
		switch c {
		case '<':
			if s.mode <= modeMarkup && s.opensTag(src, i) {
				s.state, s.words = inTag, 0
			}
		case '%', '\\':
			s.state, s.code[0], s.coded = encoded, c, 1
		default:
			s.separator(src, i, c, false)
		}
		if s.state != idle {
			return i + 1
		}
	}
	return i
}

// begin opens a value at i.
func (s *scanner) begin(to state, i int, how encoding, form shape) {
	s.state, s.open, s.cut, s.how, s.form = to, i, false, how, form
}

// end closes the value before i.
func (s *scanner) end(src []byte, i int) {
	s.hide(src, s.open, i, !s.cut)
	s.open, s.cut = -1, false
	s.state = idle
}

// hide tells of a secret, unless it is hidden already.
func (s *scanner) hide(src []byte, from, to int, whole bool) {
	if from >= to || (whole && isMask(src[from:to])) {
		return
	}
	kind := s.kind
	if s.rule != nil {
		kind = s.rule.kind
	}
	s.spans = append(s.spans, span{from: from, to: to, kind: kind, how: s.how, form: s.form, whole: whole})
}

// remember keeps the end of the piece, for names that a cut goes through.
func (s *scanner) remember(src []byte) {
	s.total += int64(len(src))
	var end [tailSize]byte
	n, run := tailSize, byte(0)
	put := func(b []byte) {
		for i := len(b) - 1; i >= 0 && n > 0; i-- {
			c := b[i]
			if isSpace(c) {
				// A run becomes a line feed, a blank, or a blank after a line feed.
				if c != '\n' {
					c = ' '
				}
				if run == c || run == '\n' {
					continue
				}
				run = c
			} else {
				run = 0
			}
			n--
			end[n] = c
		}
	}
	put(src)
	if n > 0 {
		put(s.tail[:s.ntail])
	}
	s.ntail = copy(s.tail[:], end[n:])
	s.long = s.long || n == 0
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func trimRight(b []byte, from, to int) int {
	for to > from && isSpace(b[to-1]) {
		to--
	}
	return to
}

// undecided hides what was begun and not ended. If nothing follows, some of it
// is decided.
func (s *scanner) undecided(src []byte, final bool) {
	to := len(src)
	switch {
	case !final:
	case s.state == inAuthority:
		s.endAuthority(src, to)
		return
	case s.state == inScheme && !s.cut && isScheme(bytes.ToLower(src[s.open:])):
		return
	case s.state == inLiteral && !s.cut && notSecret(src[s.open:]):
		return
	case s.state == inLine, s.state == inScheme, s.state == inCookieName, s.state == inCookieValue:
		to = trimRight(src, s.open, to)
	}
	s.hide(src, s.open, to, final && !s.cut)
}

// sniff sees by the first byte whether a text is markup.
func (s *scanner) sniff(src []byte) {
	for _, c := range src {
		if isSpace(c) || c == 0xef || c == 0xbb || c == 0xbf { // a byte order mark
			continue
		}
		if s.known = true; c == '<' {
			s.mode = modeMarkup
		}
		return
	}
}

// blind hides what follows a gap, until what may have begun in the gap is over.
func (s *scanner) blind(src []byte, i int) int {
	if s.open < 0 {
		s.begin(inBlind, i, encodedNot, shapeLong)
		s.rule, s.kind, s.cut = nil, "unknown", true
	}
	if !s.sighted {
		return len(src)
	}
	j := bytes.IndexByte(src[i:], '\n')
	if j < 0 {
		return len(src)
	}
	s.end(src, i+j)
	return i + j
}
