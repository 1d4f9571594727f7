package redact

import "math"

// Kind is what the bytes of a stream are.
type Kind uint8

// The kinds.
const (
	Text  Kind = iota // anything that is not one of the others
	HTTP1             // HTTP/1, and what follows an upgrade to WebSocket or HTTP/2
	HTTP2             // HTTP/2
)

// KindOf says of an application protocol, as ALPN names it, what its bytes are. What
// is not HTTP/2 is followed as HTTP/1, which finds out by itself, however the data are
// cut, when they are HTTP/2 or nothing of the kind.
func KindOf(alpn string) Kind {
	if alpn == "h2" {
		return HTTP2
	}
	return HTTP1
}

// Stream hides the secrets in one direction of a connection, as its bytes pass.
// It is used by one goroutine; nil hides nothing.
type Stream struct {
	r     *Redactor
	kind  Kind
	form  follower // nil while there are twins
	twins *twins
	begun bool // where there are: it has come by some of the bytes
	piece canvas
}

// follower knows the framing of a stream's bytes.
type follower interface {
	// follow takes at least one byte of c. It returns what follows the rest.
	follow(c *canvas) follower
	// skip takes n bytes that nobody sees. It returns what follows the rest.
	skip(n int) follower
	// passes says whether nothing is hidden of the next n bytes, whatever they are.
	passes(n int) bool
}

// Stream returns what hides secrets in one direction of a connection, from its
// first byte on.
func (r *Redactor) Stream(k Kind) *Stream {
	if r == nil {
		return nil
	}
	s := &Stream{r: r, kind: k}
	switch k {
	case HTTP1:
		s.form = newHTTP1(r)
	case HTTP2:
		s.form = newHTTP2(r)
	default:
		s.form = newPlain(r, false)
	}
	return s
}

// Rest returns what hides secrets in one direction of a connection of which the first
// bytes, any number of them, were not seen: it hides all until it knows what it sees.
func (r *Redactor) Rest(k Kind) *Stream {
	if r == nil {
		return nil
	}
	s := r.Stream(k)
	if s.Lose(); k == HTTP2 {
		s.form = hidden{kind: "unknown", until: r}
	}
	return s
}

// Mask copies the stream's next bytes from src to dst, and hides the secrets in
// them by masks of the same length. dst may be shorter than src: then as much is
// copied as fits, and all of src is followed. dst may be the beginning of src.
func (s *Stream) Mask(dst, src []byte) {
	n := copy(dst, src)
	if s == nil {
		return
	}
	if s.twins != nil {
		s.twins.mask(s, dst, src)
		return
	}
	c := &s.piece
	*c = canvas{r: s.r, dst: dst[:n], src: src}
	if p, ok := s.form.(*plainText); ok {
		s.form = p.resume(src)
	}
	for c.at < len(src) {
		s.form = s.form.follow(c)
	}
	*c = canvas{}
}

// Skip tells of n bytes of the stream that are shown nowhere. What they may have
// begun is hidden after them: the rest of a body, or of a line.
func (s *Stream) Skip(n int) {
	switch {
	case s == nil || n <= 0:
	case s.twins != nil:
		s.twins.skip(s, n)
	default:
		s.form = s.form.skip(n)
	}
}

// Lose tells that nobody knows how much of the stream was not seen.
func (s *Stream) Lose() {
	switch {
	case s == nil:
	case s.twins != nil:
		s.begun = true
		s.twins.part(s)
	default:
		s.form = s.form.skip(math.MaxInt)
	}
}

// canvas is a piece of a stream, and where it goes.
type canvas struct {
	r        *Redactor
	dst, src []byte
	at       int // bytes done
}

func (c *canvas) rest() []byte { return c.src[c.at:] }

// pass leaves n bytes as they are.
func (c *canvas) pass(n int) { c.at += n }

// scan hides the secrets in n bytes.
func (c *canvas) scan(s *scanner, n int, final bool) {
	piece := c.src[c.at : c.at+n]
	for _, sp := range s.scan(piece, final) {
		c.paint(piece[sp.from:sp.to], c.at+sp.from, sp)
	}
	c.at += n
}

// blank hides n bytes, which are all of something if whole is set.
func (c *canvas) blank(n int, kind string, whole bool) {
	c.paint(c.src[c.at:c.at+n], c.at, span{kind: kind, whole: whole})
	c.at += n
}

func (c *canvas) paint(secret []byte, at int, sp span) {
	if at < len(c.dst) {
		c.r.overwrite(c.dst[at:min(len(c.dst), at+len(secret))], secret, sp)
	}
}

// plainText follows bytes of no known framing.
type plainText struct {
	r    *Redactor
	text *scanner
	lost bool // from HTTP/1, whose framing may be found again
}

func newPlain(r *Redactor, lost bool) *plainText {
	return &plainText{r: r, text: newScanner(r, modeText), lost: lost}
}

func (p *plainText) follow(c *canvas) follower {
	c.scan(p.text, len(c.rest()), false)
	return p
}

func (p *plainText) skip(int) follower {
	p.text.reset(modeText)
	p.text.state, p.text.sighted, p.text.known, p.text.total, p.text.long = inBlind, true, true, 1, true
	return p
}

func (p *plainText) passes(int) bool { return false }

// resume finds HTTP/1 again after a gap: a piece that begins with a message.
func (p *plainText) resume(src []byte) follower {
	if p.lost && p.text.state == inBlind && beginsMessage(src) {
		return newHTTP1(p.r)
	}
	return p
}

// hidden follows what cannot be looked into any more, and hides all of it.
type hidden struct {
	kind  string
	until *Redactor // not nil: until a piece begins as HTTP/2 does
}

func (h hidden) follow(c *canvas) follower {
	if h.until != nil && c.at == 0 && beginsHTTP2(c.src) {
		return newHTTP2(h.until)
	}
	c.blank(len(c.rest()), h.kind, false)
	return h
}

func (h hidden) skip(int) follower { return h }

func (h hidden) passes(int) bool { return false }
