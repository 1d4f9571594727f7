package http2

import "tlsmitm/inspect/httpmsg"

// direction is what one side sends.
type direction struct {
	up     bool
	over   bool // nothing more is read
	failed bool // because it cannot be
	began  bool // a frame has come

	preface int // how much of the client's preface has come; all of it if up is false
	header  [frameHeaderLen]byte
	have    int         // bytes of header that have come
	inFrame bool        // the header is whole, the payload is not
	frame   frameHeader // of the frame at hand
	ignored bool        // its payload is not looked at
	left    int         // bytes of its payload that are still to come
	payload []byte      // those that have come: all that are kept

	data  dataFrame
	block fieldBlock
	hpack fieldDecoder
	// fields are those of the block at hand.
	fields []httpmsg.Field

	// allowed is what the other side's SETTINGS allow this one.
	allowed    allowance
	table      uint64 // size that the sender gave its table, which may not be kept whole
	mustResize bool   // the next field block has to begin with a smaller table
	credit     int64  // what is left of the connection's window
	exceeded   bool   // it was: said once
	anomalies  int
	goAway     goAway
}

// feed takes the next bytes.
func (c *Conn) feed(d *direction, b []byte) {
	for len(b) > 0 && !d.over {
		switch {
		case d.preface < len(preface):
			if b[0] != preface[d.preface] {
				c.fail(d, "it does not begin with the client's preface")
				return
			}
			d.preface++
			b = b[1:]
		case !d.inFrame:
			n := copy(d.header[d.have:], b)
			d.have += n
			b = b[n:]
			if d.have == frameHeaderLen {
				c.begin(d)
			}
		case d.frame.kind == FrameData:
			b = b[c.feedData(d, b):]
		default:
			b = b[c.feedControl(d, b):]
		}
	}
}

// begin starts a frame, whose header has come.
func (c *Conn) begin(d *direction) {
	d.have, d.inFrame, d.payload = 0, true, d.payload[:0]
	d.frame = parseFrameHeader(d.header)
	d.left = d.frame.length
	if !c.checkFirst(d) || !c.checkBlock(d) {
		return
	}
	d.ignored = !c.checkFrame(d)
	if d.frame.kind == FrameData {
		c.beginData(d)
	}
	if d.left == 0 {
		c.finish(d, nil)
	}
}

// checkFirst looks at a direction's first frame, which has to be SETTINGS (RFC
// 9113, section 3.4). What is no frame at all fails.
func (c *Conn) checkFirst(d *direction) (ok bool) {
	if d.began {
		return true
	}
	d.began = true
	f := d.frame
	switch {
	case f.kind == FrameSettings && !f.has(flagAck) && f.stream == 0:
	case f.kind > FrameContinuation:
		c.fail(d, "it does not begin with SETTINGS")
		return false
	default:
		c.odd(d, SettingsMissing, "%v is first", f.kind)
	}
	return true
}

// checkBlock sees to it that nothing comes between the frames of a field block
// (RFC 9113, section 6.10). Where something does, the table of header compression
// is lost.
func (c *Conn) checkBlock(d *direction) (ok bool) {
	f, b := d.frame, &d.block
	goesOn := f.kind == FrameContinuation
	switch {
	case b.open && (!goesOn || f.stream != b.stream):
		c.odd(d, ContinuationMissing, "%v on stream %d within a field block of stream %d", f.kind, f.stream, b.stream)
		c.fail(d, "a field block is not over where another frame begins")
		return false
	case goesOn && !b.open:
		c.odd(d, ContinuationUnexpected, "on stream %d", f.stream)
		c.fail(d, "CONTINUATION without a field block")
		return false
	case goesOn:
		b.frames++
		if b.frames > maxContinuations {
			c.fail(d, "a field block of too many CONTINUATION frames")
			return false
		}
	}
	if f.fieldBlock() && len(b.fragments)+f.length > maxBlock {
		c.fail(d, "a field block is too long")
		return false
	}
	return true
}

// checkFrame looks at what a frame's header says. It returns false if the frame
// means nothing.
func (c *Conn) checkFrame(d *direction) (ok bool) {
	f := d.frame
	if most := d.allowed.most(frameOf); uint32(f.length) > most {
		c.odd(d, FrameTooLarge, "%v of %d bytes, where %d are allowed", f.kind, f.length, most)
	}
	if fault := f.sizeFault(); fault != "" {
		c.odd(d, FrameSize, "%s", fault)
		return false
	}
	switch where := f.kind.place(); {
	case where == onStream && f.stream == 0:
		c.odd(d, StreamZero, "%v", f.kind)
		return f.fieldBlock() // which changes the table of header compression all the same
	case where == onConnection && f.stream != 0:
		c.odd(d, StreamNotZero, "%v on stream %d", f.kind, f.stream)
		return false
	}
	return true
}

// keep says how many bytes of the payload are kept.
func (c *Conn) keep(d *direction) int {
	switch d.frame.kind {
	case FrameHeaders, FramePushPromise, FrameContinuation:
		return maxBlock
	case FrameSettings, FrameGoAway, FrameAltSvc, FrameOrigin, FramePriorityUpdate:
		return max(maxControl, c.shown())
	case FramePriority, FrameRSTStream, FramePing, FrameWindowUpdate:
		return max(maxFixed, c.shown())
	}
	return c.shown()
}

// shown is how many bytes of a payload Frame carries.
func (c *Conn) shown() int {
	if !c.options.Frames {
		return 0
	}
	return c.options.FrameBytes
}

// feedControl takes bytes of a frame that is not DATA, and returns how many.
func (c *Conn) feedControl(d *direction, b []byte) int {
	n := min(len(b), d.left)
	whole := n == d.left && len(d.payload) == 0
	d.left -= n
	if whole {
		c.finish(d, b[:min(n, c.keep(d))])
		return n
	}
	d.payload = append(d.payload, b[:min(n, c.keep(d)-len(d.payload))]...)
	if d.left == 0 {
		c.finish(d, d.payload)
	}
	return n
}

// finish ends a frame that is whole.
func (c *Conn) finish(d *direction, payload []byte) {
	d.inFrame = false
	f := d.frame
	if f.kind == FrameData {
		payload = d.payload
	}
	if c.options.Frames || f.kind == FrameGoAway {
		c.tellFrame(d, payload)
	}
	if f.kind == FrameData {
		c.endData(d)
	} else if !d.ignored {
		c.take(d, payload)
	}
	if cap(d.payload) > 1<<14 {
		d.payload = nil // it was a rare one
	}
}

func (c *Conn) tellFrame(d *direction, payload []byte) {
	f := d.frame
	c.r.Frame(d.up, &httpmsg.Frame{
		Type:    uint8(f.kind),
		Name:    f.kind.String(),
		Flags:   f.flags,
		Stream:  f.stream,
		Length:  f.length,
		Payload: payload[:min(len(payload), c.options.FrameBytes)],
		Summary: f.summary(payload),
	})
}

// take acts upon a frame that is not DATA.
func (c *Conn) take(d *direction, payload []byte) {
	switch d.frame.kind {
	case FrameHeaders, FramePushPromise, FrameContinuation:
		c.takeBlock(d, payload)
	case FramePriority:
		c.checkPriority(d, payload)
	case FrameRSTStream:
		c.takeReset(d, payload)
	case FrameSettings:
		c.takeSettings(d, payload)
	case FrameGoAway:
		c.takeGoAway(d, payload)
	case FrameWindowUpdate:
		c.takeWindowUpdate(d, payload)
	}
}
