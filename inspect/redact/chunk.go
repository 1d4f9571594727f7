package redact

import (
	"bytes"
	"strconv"
)

// chunks follows the chunked coding (RFC 9112, section 7.1).
func (h *http1) chunks(c *canvas) {
	switch h.state {
	case h1Chunk:
		n := int(min(h.left, int64(len(c.rest()))))
		h.left -= int64(n)
		h.content(c, n, false)
		if h.left == 0 {
			h.state = h1ChunkCR
		}
	case h1ChunkCR:
		if b := c.rest()[0]; b != '\r' && b != '\n' {
			h.state = h1Size // it should not be; the next line says more
		} else if c.pass(1); b == '\n' {
			h.state = h1Size
		}
	default: // the size
		b := c.rest()
		i := bytes.IndexByte(b, '\n')
		n := i + 1
		if i < 0 {
			n = len(b)
		}
		if room := maxLine - len(h.line); room > 0 {
			h.line = append(h.line, b[:min(n, room)]...)
		}
		h.extension(c, n)
		if i < 0 {
			return
		}
		digits, _, _ := bytes.Cut(h.line, []byte(";"))
		size, err := strconv.ParseInt(string(bytes.TrimSpace(digits)), 16, 64)
		h.line = h.line[:0]
		switch {
		case err != nil || size < 0: // not chunked at all
			h.state = h1Close
		case size == 0:
			h.state, h.text = h1Trailer, h.scanner(modeHead)
		default:
			h.state, h.left = h1Chunk, size
		}
	}
}

// extension shows a chunk's size, and hides what else its line says: nobody uses
// it for anything but to hide something.
func (h *http1) extension(c *canvas, n int) {
	b := c.rest()[:n]
	for i := range b {
		if b[i] == ';' || h.blindLine {
			h.blindLine = true
			c.pass(i)
			end := n
			if b[n-1] == '\n' {
				end = trimRight(b, i, n)
			}
			c.blank(end-i, "extension", false)
			c.pass(n - end)
			h.blindLine = b[n-1] != '\n'
			return
		}
	}
	c.pass(n)
}
