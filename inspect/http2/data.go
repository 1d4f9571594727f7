package http2

import (
	"fmt"
	"slices"

	"tlsmitm/inspect/httpmsg"
)

// dataFrame is a DATA frame while it passes (RFC 9113, section 6.1).
type dataFrame struct {
	stream  *stream // nil if its content belongs to no message
	padded  bool    // the padding's length is the next byte
	content int     // bytes of content that are still to come; padding follows
	soiled  bool    // the padding is not zero: said once
}

// beginData finds out whose the content is.
func (c *Conn) beginData(d *direction) {
	f := d.frame
	d.data = dataFrame{content: f.length}
	if f.has(flagPadded) {
		d.data.padded, d.data.content = true, 0
		if f.length == 0 {
			d.data.padded = false
			c.odd(d, FrameSize, "DATA without the length of its padding")
		}
	}
	if d.ignored {
		return
	}
	d.data.stream = c.dataStream(d)
	c.spend(d, d.data.stream, int64(f.length))
}

// dataStream returns the stream whose message the frame continues, or nil.
func (c *Conn) dataStream(d *direction) *stream {
	id := d.frame.stream
	s := c.streams[id]
	switch {
	case s == nil && !c.begun(id):
		c.odd(d, StreamIdle, "DATA on stream %d", id)
		return nil
	case s == nil || s.message(d.up).ended:
		c.oddClosed(d, id)
		return nil
	case !s.message(d.up).head:
		c.oddMessage(s, d.up, DataBeforeHead, fmt.Sprintf("%d bytes", d.frame.length))
		return nil
	}
	return s
}

// oddClosed tells of a frame on a stream that is over, unless its sender could
// not know that yet.
func (c *Conn) oddClosed(d *direction, id uint32) {
	if by, ok := c.past.get(id); ok && by == endedBy(!d.up) {
		return
	}
	if c.refused(id, !d.up) {
		return
	}
	c.odd(d, StreamClosed, "%v on stream %d", d.frame.kind, id)
}

// spend counts what DATA, padding included, takes of the windows (RFC 9113,
// section 6.9.1).
func (c *Conn) spend(d *direction, s *stream, n int64) {
	d.credit -= n
	if d.credit < 0 && !d.exceeded && d.allowed.seen {
		d.exceeded = true
		c.odd(d, WindowExceeded, "of the connection, by %d bytes", -d.credit)
	}
	if s == nil {
		return
	}
	m := s.message(d.up)
	m.credit -= n
	if window := m.credit + int64(d.allowed.most(windowOf)); window < 0 && d.allowed.seen && !slices.Contains(m.odds, WindowExceeded) {
		c.oddMessage(s, d.up, WindowExceeded, fmt.Sprintf("by %d bytes", -window))
	}
}

// feedData takes bytes of a DATA frame, and returns how many.
func (c *Conn) feedData(d *direction, b []byte) int {
	f := &d.data
	n := 1
	switch {
	case f.padded:
		c.beginPadding(d, int(b[0]))
	case f.content > 0:
		n = min(len(b), f.content)
		f.content -= n
		c.content(d, b[:n])
	default:
		n = min(len(b), d.left)
		c.checkPadding(d, b[:n])
	}
	d.show(b[:n], c.shown())
	d.left -= n
	if d.left == 0 {
		c.finish(d, nil)
	}
	return n
}

// show keeps the beginning of a DATA frame's payload.
func (d *direction) show(b []byte, most int) {
	if n := min(len(b), most-len(d.payload)); n > 0 {
		d.payload = append(d.payload, b[:n]...)
	}
}

// beginPadding takes the length of the padding; the byte is not off left yet.
func (c *Conn) beginPadding(d *direction, padding int) {
	d.data.padded = false
	d.data.content = d.left - 1 - padding
	if d.data.content < 0 {
		c.odd(d, PaddingTooLong, "%d bytes in a DATA frame of %d on stream %d", padding, d.frame.length, d.frame.stream)
		d.data.content = 0
	}
}

func (c *Conn) checkPadding(d *direction, b []byte) {
	if d.data.soiled || zero(b) {
		return
	}
	d.data.soiled = true
	c.odd(d, PaddingNotZero, "%v on stream %d", d.frame.kind, d.frame.stream)
}

func zero(b []byte) bool {
	for _, v := range b {
		if v != 0 {
			return false
		}
	}
	return true
}

// content tells of content, which is a message's unless its stream has ended
// meanwhile.
func (c *Conn) content(d *direction, b []byte) {
	s := d.data.stream
	if s == nil || s.message(d.up).ended {
		return
	}
	s.message(d.up).got += int64(len(b))
	if s.switched {
		c.r.Tunnel(httpmsg.Exchange(s.id), d.up, b)
		return
	}
	c.r.Body(httpmsg.Exchange(s.id), d.up, b)
}

// skipData is content for bytes that are not there.
func (c *Conn) skipData(d *direction, n int) {
	d.data.content -= n
	d.left -= n
	if s := d.data.stream; s != nil && !s.message(d.up).ended {
		s.message(d.up).got += int64(n)
		c.r.Skipped(httpmsg.Exchange(s.id), d.up, int64(n))
	}
	if d.left == 0 {
		c.finish(d, nil)
	}
}

// endData ends a DATA frame.
func (c *Conn) endData(d *direction) {
	s := d.data.stream
	d.data = dataFrame{}
	if s != nil && d.frame.has(flagEndStream) {
		c.endMessage(s, d.up, httpmsg.End{})
	}
}

// checkLength compares a message's content with what its head says (RFC 9113,
// section 8.1.1).
func (c *Conn) checkLength(s *stream, up bool) {
	m := s.message(up)
	if s.switched || !m.head {
		return
	}
	if up && s.vain && m.got > 0 {
		c.oddMessage(s, up, ContentUnexpected, fmt.Sprintf("%d bytes", m.got))
	}
	switch {
	case m.empty:
		if m.got > 0 {
			c.oddMessage(s, up, BodyNotAllowed, fmt.Sprintf("%d bytes", m.got))
		}
	case m.length >= 0 && m.length != m.got && (m.got > 0 || up || s.req.head):
		c.oddMessage(s, up, ContentLengthMismatch, fmt.Sprintf("content-length is %d, the content %d bytes", m.length, m.got))
	}
}
