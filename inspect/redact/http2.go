package redact

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"

	"tlsmitm/inspect/runes"
)

// The frames whose payloads are looked at (RFC 9113, section 6), and the flags.
const (
	frameData         = 0
	frameHeaders      = 1
	frameReset        = 3
	frameSettings     = 4
	framePush         = 5
	frameContinuation = 9
	frameGoAway       = 7
	lastKnownFrame    = 0x10 // PRIORITY_UPDATE (RFC 9218, section 7.1)

	flagEndStream = 0x1
	flagPadded    = 0x8
	frameHeader   = 9
)

const http2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// maxStreams bounds the streams that are followed at once.
const maxStreams = 256

// http2 follows one direction of HTTP/2. Headers are compressed with what came
// before them, so all of them are hidden; data is followed stream by stream.
type http2 struct {
	r       *Redactor
	begun   bool
	preface int // bytes of it to come

	header  [frameHeader]byte
	have    int   // bytes of the header
	left    int64 // bytes of the payload to come
	whole   bool  // none of the payload has been taken
	padding int   // bytes at its end; -1 while the length of the padding is to come

	streams map[uint32]*http2Stream
	forgot  uint32 // the latest stream that was given up while it may go on
	rest    *scanner
}

// http2Stream is the data of one stream in this direction.
type http2Stream struct {
	text *scanner
	seen int  // bytes, as far as they are counted
	dark bool // not to be looked into
	pass bool // of a format without names
	grpc *grpc
}

// beginsHTTP2 says that b begins as one end of a connection does: with the preface, or
// with SETTINGS (RFC 9113, section 3.4).
func beginsHTTP2(b []byte) bool {
	if len(b) < frameHeader {
		return false
	}
	settings := b[0] == 0 && b[2]%6 == 0 && b[3] == frameSettings && b[4] == 0 && binary.BigEndian.Uint32(b[5:]) == 0
	return settings || bytes.HasPrefix(b, []byte(http2Preface[:min(len(b), len(http2Preface))]))
}

func newHTTP2(r *Redactor) *http2 { return &http2{r: r, begun: false} }

func (h *http2) follow(c *canvas) follower {
	switch {
	case !h.begun:
		if h.begun = true; h.preface == 0 && c.rest()[0] == http2Preface[0] {
			h.preface = len(http2Preface)
		}
	case h.preface > 0:
		n := min(h.preface, len(c.rest()))
		h.preface -= n
		c.pass(n)
	case h.have < frameHeader:
		n := copy(h.header[h.have:], c.rest())
		c.pass(n)
		if h.have += n; h.have == frameHeader {
			h.frame()
		}
	default:
		h.payload(c)
	}
	return h
}

func (h *http2) kind() byte     { return h.header[3] }
func (h *http2) flags() byte    { return h.header[4] }
func (h *http2) stream() uint32 { return binary.BigEndian.Uint32(h.header[5:]) &^ (1 << 31) }

// frame begins a frame.
func (h *http2) frame() {
	h.left = int64(h.header[0])<<16 | int64(h.header[1])<<8 | int64(h.header[2])
	h.padding, h.whole, h.rest = 0, true, nil
	switch h.kind() {
	case frameData:
		if h.flags()&flagPadded != 0 {
			h.padding = -1
		}
	case frameReset:
		delete(h.streams, h.stream())
	}
	if h.left == 0 {
		h.end()
	}
}

func (h *http2) end() {
	h.have = 0
	if h.kind() == frameData && h.flags()&flagEndStream != 0 {
		if s := h.streams[h.stream()]; s != nil && s.text != nil {
			s.text.done()
		}
		delete(h.streams, h.stream())
	}
}

// payload follows the payload of a frame.
func (h *http2) payload(c *canvas) {
	n := int(min(h.left, int64(len(c.rest()))))
	all := h.whole && int64(n) == h.left
	switch k := h.kind(); {
	case k == frameData:
		n = h.data(c, n)
	case k == frameHeaders || k == framePush || k == frameContinuation:
		c.blank(n, "headers", all)
	case k > lastKnownFrame:
		c.blank(n, "unknown", all)
	case k == frameGoAway:
		if h.rest == nil {
			h.rest = newScanner(h.r, modeText)
		}
		c.scan(h.rest, n, all)
	default:
		c.pass(n)
	}
	h.whole = false
	if h.left -= int64(n); h.left == 0 {
		h.end()
	}
}

// data follows some of a DATA frame (RFC 9113, section 6.1), and returns how
// many bytes it took.
func (h *http2) data(c *canvas, n int) int {
	if h.padding < 0 {
		h.padding = int(min(int64(c.rest()[0]), h.left-1))
		c.pass(1)
		return 1
	}
	content := int(min(int64(n), h.left-int64(h.padding)))
	if content <= 0 { // padding: zeros, or something that should not be there
		if len(bytes.Trim(c.rest()[:n], "\x00")) == 0 {
			c.pass(n)
		} else {
			c.blank(n, "padding", false)
		}
		return n
	}
	final := h.flags()&flagEndStream != 0 && int64(content) == h.left-int64(h.padding)
	h.of(h.stream()).follow(h.r, c, content, final)
	return content
}

// of returns what is known of a stream.
func (h *http2) of(id uint32) *http2Stream {
	if s := h.streams[id]; s != nil {
		return s
	}
	if h.streams == nil {
		h.streams = map[uint32]*http2Stream{}
	}
	if len(h.streams) >= maxStreams {
		for old := range h.streams { // any: it will be hidden from here on
			delete(h.streams, old)
			h.forgot = max(h.forgot, old)
			break
		}
	}
	s := &http2Stream{dark: id <= h.forgot}
	h.streams[id] = s
	return s
}

func (h *http2) skip(n int) follower {
	if h.have < frameHeader || int64(n) > h.left || h.padding < 0 {
		return hidden{kind: "unknown"} // where frames begin is lost
	}
	if h.kind() == frameData {
		s := h.of(h.stream())
		s.dark = s.dark || !s.pass
	}
	h.whole = false
	if h.left -= int64(n); h.left == 0 {
		h.end()
	}
	return h
}

func (h *http2) passes(n int) bool {
	return h.have == frameHeader && int64(n) <= h.left && h.padding == 0 && h.kind() == frameData && h.of(h.stream()).pass
}

// decideWithin is how much of a stream's data says whether it is text.
const decideWithin = 64

// follow takes n bytes of the stream's data. What the content is called is in
// the headers, which are not read: it is told by its first bytes.
func (s *http2Stream) follow(r *Redactor, c *canvas, n int, final bool) {
	b := c.rest()[:n]
	if s.seen < decideWithin && !s.dark && !s.pass && s.grpc == nil {
		switch {
		case s.seen == 0 && knownBinary(b):
			s.pass = true
		case s.seen == 0 && len(b) >= grpcPrefix && b[0] <= 1 && b[1] < 4:
			s.grpc = &grpc{}
		default:
			s.dark = !isText(b[:min(n, decideWithin-s.seen)], s.seen > 0)
		}
	}
	s.seen = min(s.seen+n, decideWithin)
	switch {
	case s.dark:
		c.blank(n, "binary", false)
	case s.pass:
		c.pass(n)
	case s.grpc != nil:
		s.grpc.follow(c, n)
	default:
		if s.text == nil {
			s.text = r.scanner(modeText)
		}
		c.scan(s.text, n, final)
	}
}

// undeclared are the control characters of what is taken for text though nothing says
// so. An escape is none: text that has one so early is rare, and what is compressed or
// encrypted, and better hidden, is not.
const undeclared = runes.Files &^ runes.Escape

// isText says that b has no bytes that text does not have. inner says that it
// does not begin the text, and so may begin within a character.
func isText(b []byte, inner bool) bool {
	for k := 0; inner && k < utf8.UTFMax-1 && len(b) > 0 && !utf8.RuneStart(b[0]); k++ {
		b = b[1:]
	}
	return undeclared.IsText(b, true)
}

// knownBinary tells formats by their first bytes that have no names in them and
// that are not a compressed form of something that has.
func knownBinary(b []byte) bool {
	for _, magic := range []string{
		"\x89PNG\r\n", "\xff\xd8\xff", "GIF8", "RIFF", "wOFF", "wOF2", "\x00asm", "OggS", "ID3", "\x1a\x45\xdf\xa3", "\x00\x00\x01\x00", "\x00\x01\x00\x00\x00",
	} {
		if bytes.HasPrefix(b, []byte(magic)) {
			return true
		}
	}
	return len(b) >= 8 && string(b[4:8]) == "ftyp"
}

// grpcPrefix is before each message: whether it is compressed, and its length.
const grpcPrefix = 5

// grpc follows length-prefixed messages, and hides them: names are in their schema.
type grpc struct {
	prefix [grpcPrefix]byte
	have   int
	left   int64
}

func (g *grpc) follow(c *canvas, n int) {
	for n > 0 {
		if g.have < grpcPrefix {
			k := copy(g.prefix[g.have:], c.rest()[:n])
			c.pass(k)
			n -= k
			if g.have += k; g.have == grpcPrefix {
				g.left = int64(binary.BigEndian.Uint32(g.prefix[1:]))
				if g.left == 0 {
					g.have = 0
				}
			}
			continue
		}
		k := int(min(g.left, int64(n)))
		g.left -= int64(k)
		c.blank(k, "grpc", g.left == 0 && uint32(k) == binary.BigEndian.Uint32(g.prefix[1:]))
		n -= k
		if g.left == 0 {
			g.have = 0
		}
	}
}
