package redact

import (
	"bytes"
	"strconv"
	"strings"
)

// http1 follows one direction of HTTP/1 (RFC 9112). It reads of the heads what
// says where bodies end and whether they can be looked into.
type http1 struct {
	r     *Redactor
	state http1State
	text  *scanner // of the head, or of the body

	line     []byte // the current line, as far as it is looked at
	lines    int    // of this head, before the current one
	response bool
	status   int
	prior    bool // the head is HTTP/2's preface

	length  int64 // -1: not given
	chunked bool
	coded   bool // the body is compressed
	upgrade string
	media   []byte

	// What the latest body's Content-Type means, which mostly is the next one's, too.
	contentType string
	mode        mode
	boundary    string
	scan        bool   // there may be names in the body
	packed      format // its names are not looked for here

	left      int64  // bytes of the body, or of the chunk
	upgraded  string // a request asked for this protocol
	blind     bool   // a part of the body was not seen
	blindLine bool   // in the extension of a chunk
}

type http1State uint8

const (
	h1Start   http1State = iota // before a message
	h1Head                      // in its head, or in trailers
	h1Peek                      // before a body, if it is not the next message
	h1Fixed                     // in a body of known length
	h1Size                      // in the line before a chunk
	h1Chunk                     // in a chunk
	h1ChunkCR                   // after a chunk
	h1Trailer                   // in the trailer section
	h1Close                     // in a body that ends with the connection
)

// maxLine is how much of a line is looked at for its meaning.
const maxLine = 1 << 10

func newHTTP1(r *Redactor) *http1 { return &http1{r: r} }

func (h *http1) follow(c *canvas) follower {
	switch h.state {
	case h1Start:
		return h.start(c)
	case h1Head:
		return h.head(c)
	case h1Peek:
		h.peek(c)
	case h1Fixed:
		n := int(min(h.left, int64(len(c.rest()))))
		h.left -= int64(n)
		h.content(c, n, h.left == 0)
		if h.left == 0 {
			h.state = h1Start
		}
	case h1Close:
		h.content(c, len(c.rest()), false)
	case h1Trailer:
		if n, over := h.section(c.rest()); n > 0 {
			c.scan(h.text, n, over)
			if over {
				h.state = h1Start
			}
		}
	default:
		h.chunks(c)
	}
	return h
}

// start decides what comes where a message should begin.
func (h *http1) start(c *canvas) follower {
	b := c.rest()[0]
	switch {
	case b == '\r' || b == '\n':
		c.pass(1)
		return h
	case h.upgraded == "websocket" && (b >= 0x80 || b < ' ' || b == 'A' || b == 'B'):
		return newWebSocket(h.r)
	case b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z':
		h.begin()
		return h
	case b == 0 && h.text == nil: // the length of a frame: SETTINGS come first (RFC 9113, section 3.4)
		return newHTTP2(h.r)
	}
	return newPlain(h.r, false)
}

// begin begins a head.
func (h *http1) begin() {
	h.text, h.line, h.lines = h.scanner(modeHead), h.line[:0], 0
	h.response, h.status, h.prior = false, 0, false
	h.length, h.chunked, h.coded, h.upgrade, h.media, h.blind = -1, false, false, "", h.media[:0], false
	h.state = h1Head
}

// scanner returns a fresh scanner, made of the last one.
func (h *http1) scanner(m mode) *scanner {
	if h.text == nil {
		return newScanner(h.r, m)
	}
	h.text.reset(m)
	return h.text
}

// head follows a head to its end.
func (h *http1) head(c *canvas) follower {
	n, over := h.section(c.rest())
	c.scan(h.text, n, over)
	if !over {
		return h
	}
	if h.prior { // RFC 9113, section 3.4: "SM\r\n\r\n" follows
		return &http2{r: h.r, preface: len("SM\r\n\r\n")}
	}
	return h.body(c)
}

// section looks at the lines of a head or a trailer section, and returns the
// bytes that belong to it.
func (h *http1) section(b []byte) (n int, over bool) {
	for n < len(b) {
		i := bytes.IndexByte(b[n:], '\n')
		end := len(b)
		if i >= 0 {
			end = n + i + 1
		}
		line := b[n:end]
		if i < 0 || len(h.line) > 0 { // it comes in pieces
			h.line = append(h.line, line[:min(len(line), maxLine-len(h.line))]...)
			line = h.line
		}
		if n = end; i < 0 {
			return n, false
		}
		line = trimLineEnd(line[:min(len(line), maxLine)])
		h.line = h.line[:0]
		if len(line) == 0 {
			return n, true
		}
		if h.state == h1Head {
			h.learn(line)
		}
		h.lines++
	}
	return n, false
}

// trimLineEnd takes what ends a line off it.
func trimLineEnd(line []byte) []byte {
	for len(line) > 0 && (line[len(line)-1] == '\r' || line[len(line)-1] == '\n') {
		line = line[:len(line)-1]
	}
	return line
}

// learn takes a line of a head.
func (h *http1) learn(line []byte) {
	if h.lines == 0 {
		first, rest, _ := bytes.Cut(line, []byte(" "))
		h.response = bytes.HasPrefix(first, []byte("HTTP/"))
		if h.response {
			h.status, _ = strconv.Atoi(string(rest[:min(3, len(rest))]))
		} else {
			h.prior = string(first) == "PRI"
		}
		return
	}
	name, value, ok := bytes.Cut(line, []byte(":"))
	if !ok {
		return
	}
	name, value = bytes.TrimSpace(name), bytes.TrimSpace(value)
	switch {
	case named(name, "content-length"):
		if n, err := strconv.ParseInt(string(value), 10, 64); err == nil && n >= 0 && h.length < 0 {
			h.length = n
		}
	case named(name, "transfer-encoding"):
		codings := strings.ToLower(string(value))
		h.chunked = h.chunked || strings.Contains(codings, "chunked")
		h.coded = h.coded || strings.Trim(strings.ReplaceAll(codings, "chunked", ""), ", ") != ""
	case named(name, "content-encoding"):
		h.coded = h.coded || len(value) > 0 && !named(value, "identity")
	case named(name, "content-type"):
		h.media = append(h.media[:0], value...)
	case named(name, "upgrade"):
		h.upgrade = strings.ToLower(string(value))
	}
}

// named says whether b is a name, which is given in lower case.
func named(b []byte, name string) bool {
	if len(b) != len(name) {
		return false
	}
	for i := range b {
		if lower(b[i]) != name[i] {
			return false
		}
	}
	return true
}

// body decides, at the end of a head, what follows it (RFC 9112, section 6.3).
func (h *http1) body(c *canvas) follower {
	switch {
	case h.response && h.status == 101:
		switch h.upgrade {
		case "websocket":
			return newWebSocket(h.r)
		case "h2c":
			return newHTTP2(h.r)
		}
		return newPlain(h.r, false)
	case h.response && (h.status < 200 || h.status == 204 || h.status == 304):
		h.state = h1Start
		return h
	}
	if !h.response {
		h.upgraded = h.upgrade
	}
	switch {
	case h.chunked:
		h.state = h1Size
	case h.length == 0 || h.length < 0 && !h.response:
		h.state = h1Start
		return h
	case h.length > 0:
		h.state, h.left = h1Fixed, h.length
	default:
		h.state = h1Close
	}
	if h.response && !h.chunked {
		h.state, h.line = h1Peek, h.line[:0]
		return h
	}
	h.open()
	return h
}

// open begins a body.
func (h *http1) open() {
	if string(h.media) != h.contentType || h.contentType == "" {
		h.contentType = string(h.media)
		media := mediaType(h.contentType)
		h.mode, h.boundary, h.scan = content(media, h.contentType)
		if h.packed = formatOf(media); isWide(h.media) {
			h.packed = formatWide
		}
	}
	if h.text = h.scanner(h.mode); h.boundary != "" {
		h.text.boundary([]byte(h.boundary))
	}
}

const statusLine = "HTTP/1."

// peek sees whether a response has no body because it answers HEAD, and the next
// one follows.
func (h *http1) peek(c *canvas) {
	for len(c.rest()) > 0 && len(h.line) < len(statusLine) && c.rest()[0] == statusLine[len(h.line)] {
		h.line = append(h.line, statusLine[len(h.line)])
		c.pass(1)
	}
	switch {
	case h.length > 0 && int64(len(h.line)) >= h.length:
		h.state = h1Start
	case len(h.line) == len(statusLine):
		h.begin()
		h.line = append(h.line, statusLine...)
		h.text.scan([]byte(statusLine), false)
	case len(c.rest()) > 0:
		if h.state = h1Close; h.length > 0 {
			h.state, h.left = h1Fixed, h.length-int64(len(h.line))
		}
		if h.open(); len(h.line) > 0 {
			h.text.scan(h.line, false)
		}
	}
}

// content hides the secrets in n bytes of a body.
func (h *http1) content(c *canvas, n int, final bool) {
	switch {
	case h.coded:
		c.blank(n, "compressed", final && int64(n) == h.length)
	case h.packed != formatNone:
		c.blank(n, formatNames[h.packed], final && int64(n) == h.length)
	case !h.scan:
		c.pass(n)
	case h.blind:
		c.blank(n, "unknown", false)
	default:
		c.scan(h.text, n, final)
	}
}

func (h *http1) skip(n int) follower {
	if h.state == h1Peek {
		if h.state = h1Close; h.length > 0 {
			h.state, h.left = h1Fixed, h.length-int64(len(h.line))
		}
		h.open()
	}
	inBody := h.state == h1Fixed || h.state == h1Chunk || h.state == h1Close
	if !inBody || h.state != h1Close && int64(n) > h.left {
		p := newPlain(h.r, true)
		return p.skip(n)
	}
	h.blind = true
	if h.state == h1Close {
		return h
	}
	if h.left -= int64(n); h.left == 0 {
		h.state = h1Start
		if h.chunked {
			h.state = h1ChunkCR
		}
	}
	return h
}

func (h *http1) passes(n int) bool {
	if h.coded || h.state != h1Close && (h.state != h1Fixed && h.state != h1Chunk || int64(n) > h.left) {
		return false
	}
	return !h.scan
}

// beginsMessage says that b begins as a message of HTTP/1 does.
func beginsMessage(b []byte) bool {
	line, _, _ := bytes.Cut(b[:min(len(b), 64)], []byte("\n"))
	if rest, ok := bytes.CutPrefix(line, []byte("HTTP/1.")); ok {
		return len(rest) >= 5 && rest[1] == ' ' && rest[2] >= '1' && rest[2] <= '5'
	}
	method, target, ok := bytes.Cut(line, []byte(" "))
	if !ok || len(method) < 3 || len(target) == 0 {
		return false
	}
	for _, c := range method {
		if c < 'A' || c > 'Z' {
			return false
		}
	}
	return target[0] == '/' || bytes.HasPrefix(target, []byte("http://")) || bytes.HasPrefix(target, []byte("* HTTP/"))
}
