package redact

import "encoding/binary"

// webSocket follows one direction of a WebSocket connection (RFC 6455). What a
// client sends is scrambled with a key that stands beside it, and what has RSV1
// set is compressed (RFC 7692): both are hidden whole, and so are binary messages.
type webSocket struct {
	r      *Redactor
	header [14]byte
	have   int
	need   int
	left   uint64
	dark   bool // of this frame
	coded  bool // of the message
	blind  bool // of the message: a part of it was not seen
	binary bool // of the message: it may be of a format that has names
	fin    bool
	text   *scanner
	// control is for the payload of a control frame.
	control *scanner
}

func newWebSocket(r *Redactor) *webSocket { return &webSocket{r: r, need: 2} }

func (w *webSocket) follow(c *canvas) follower {
	if w.have < w.need {
		n := copy(w.header[w.have:w.need], c.rest())
		c.pass(n)
		if w.have += n; w.have == w.need {
			return w.frame()
		}
		return w
	}
	n := int(min(w.left, uint64(len(c.rest()))))
	w.left -= uint64(n)
	switch {
	case w.dark:
		c.blank(n, "websocket", false)
	case w.header[0]&0x08 != 0: // a control frame may stand between fragments
		if w.control == nil {
			w.control = newScanner(w.r, modeText)
		}
		c.scan(w.control, n, w.left == 0)
	default:
		if w.text == nil {
			w.text = newScanner(w.r, modeText)
		}
		c.scan(w.text, n, w.fin && w.left == 0)
	}
	w.end()
	return w
}

// frame takes a header as far as it is there (RFC 6455, section 5.2).
func (w *webSocket) frame() follower {
	short := w.header[1] & 0x7f
	if w.have == 2 {
		switch short {
		case 126:
			w.need += 2
		case 127:
			w.need += 8
		}
		if w.header[1]&0x80 != 0 {
			w.need += 4
		}
		if w.need > 2 {
			return w
		}
	}
	switch short {
	case 126:
		w.left = uint64(binary.BigEndian.Uint16(w.header[2:]))
	case 127:
		w.left = binary.BigEndian.Uint64(w.header[2:])
	default:
		w.left = uint64(short)
	}
	if w.left > 1<<62 {
		return hidden{kind: "unknown"}
	}
	opcode := w.header[0] & 0x0f
	control := opcode >= 8
	if !control {
		if opcode != 0 {
			w.coded, w.blind, w.text = w.header[0]&0x40 != 0, false, nil
			w.binary = opcode == 2
		}
		w.fin = w.header[0]&0x80 != 0
	}
	w.control = nil
	w.dark = w.header[1]&0x80 != 0 || !control && (w.coded || w.blind || w.binary)
	w.end()
	return w
}

func (w *webSocket) end() {
	if w.left == 0 {
		w.have, w.need = 0, 2
	}
}

func (w *webSocket) skip(n int) follower {
	if w.have < w.need || uint64(n) > w.left {
		return hidden{kind: "unknown"}
	}
	w.blind, w.dark = true, true
	w.left -= uint64(n)
	w.end()
	return w
}

func (w *webSocket) passes(int) bool { return false }
