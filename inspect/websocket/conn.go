package websocket

import (
	"math"
	"slices"
)

// Options say how much is kept.
type Options struct {
	// Limit bounds a message's Data; 0 is 1 MiB.
	Limit int
}

const defaultLimit = 1 << 20

// Conn reads a WebSocket. It is for one goroutine.
type Conn struct {
	limit    int
	emit     func(Message)
	other    bool // an extension that is not known was agreed on
	up, down direction
}

// New returns a Conn that hands its messages to emit. extensions are the
// response's Sec-WebSocket-Extensions: what was agreed on.
func New(extensions string, o Options, emit func(Message)) *Conn {
	if o.Limit <= 0 {
		o.Limit = defaultLimit
	}
	e := parseExtensions(extensions)
	c := &Conn{limit: o.Limit, emit: emit, other: e.other}
	c.up.up = true
	for _, d := range []*direction{&c.up, &c.down} {
		d.deflate, d.forget = e.deflate.on, e.deflate.forget[index(d.up)]
	}
	return c
}

func (c *Conn) direction(up bool) *direction {
	if up {
		return &c.up
	}
	return &c.down
}

// direction is what one side sends.
type direction struct {
	up      bool
	over    bool // nothing more is read
	closed  bool // a close frame has come
	deflate bool // messages may be compressed
	forget  bool // each by itself

	header  [maxHeader]byte
	have    int // bytes of it that have come
	inFrame bool
	frame   frame
	at      uint64 // bytes of its payload that have come

	message *incoming // that is not over; nil if there is none
	control *incoming // the control frame at hand

	inflater *inflater // nil before the first message that is compressed
	// lost is why messages cannot be decompressed any more; "" while they can.
	lost          string
	sent, decoded int64 // of all messages that were compressed
}

// Feed takes the next bytes of a direction. They are the caller's again when it
// returns.
func (c *Conn) Feed(up bool, b []byte) {
	d := c.direction(up)
	for len(b) > 0 && !d.over {
		if !d.inFrame {
			b = b[c.feedHeader(d, b):]
			continue
		}
		n := int(min(uint64(len(b)), d.frame.length-d.at))
		c.payload(d, b[:n])
		b = b[n:]
	}
}

// feedHeader takes bytes of a frame's header, and returns how many.
func (c *Conn) feedHeader(d *direction, b []byte) int {
	need := 2
	if d.have >= 2 {
		need = headerLen(d.header[1])
	}
	n := copy(d.header[d.have:need], b)
	if d.have += n; d.have < need || need < headerLen(d.header[1]) {
		return n
	}
	d.frame = parseFrame(d.header[:d.have])
	d.have, d.inFrame, d.at = 0, true, 0
	c.begin(d)
	if d.frame.length == 0 {
		c.finish(d)
	}
	return n
}

// begin finds out what message a frame belongs to, and begins it if it is new.
func (c *Conn) begin(d *direction) {
	f := d.frame
	if f.opcode.control() {
		d.control = c.incoming(d)
		c.checkFrame(d, d.control)
		if !f.fin {
			d.control.odd(ControlFragmented)
		}
		if f.length > 125 {
			d.control.odd(ControlTooLong)
		}
		return
	}
	if f.opcode != OpContinuation && d.message != nil {
		d.message.odd(ContinuationMissing)
		c.cut(d, d.message)
		d.message = nil
	}
	if d.message == nil {
		d.message = c.incoming(d)
		if f.opcode == OpContinuation {
			d.message.odd(ContinuationUnexpected)
		}
		c.beginCompressed(d, d.message)
	} else {
		d.message.Fragments++
	}
	c.checkFrame(d, d.message)
}

func (c *Conn) incoming(d *direction) *incoming {
	m := &incoming{limit: c.limit, Message: Message{Up: d.up, Opcode: d.frame.opcode, Fragments: 1}}
	if d.closed {
		m.odd(AfterClose)
	}
	if !m.Opcode.known() {
		m.odd(OpcodeReserved)
	}
	const most = 64 << 10 // what is asked for before any of it has come
	if n := min(d.frame.length, uint64(c.limit), most); n > 0 && d.frame.rsv == 0 {
		m.Data = make([]byte, 0, n)
	}
	return m
}

// checkFrame looks at a frame's header.
func (c *Conn) checkFrame(d *direction, m *incoming) {
	f := d.frame
	if f.masked != d.up {
		if d.up {
			m.odd(MaskMissing)
		} else {
			m.odd(MaskUnexpected)
		}
	}
	if f.length > math.MaxInt64 {
		m.odd(LengthInvalid)
	}
	if f.wide == 2 && f.length < 126 || f.wide == 8 && f.length <= math.MaxUint16 {
		m.odd(LengthNotMinimal)
	}
	rsv := f.rsv
	if d.deflate && !f.opcode.control() && f.opcode != OpContinuation {
		rsv &^= rsv1
	}
	switch {
	case rsv == 0:
	case c.other:
		m.odd(ExtensionUnknown)
	default:
		m.odd(ReservedBit)
	}
}

// payload takes bytes of a frame's payload.
func (c *Conn) payload(d *direction, b []byte) {
	m := d.current()
	switch {
	case m.inflate:
		c.inflate(d, m, b)
	case m.deaf():
		m.pass(int64(len(b)))
	default:
		room := min(len(b), m.limit-len(m.Data))
		from := len(m.Data)
		m.add(b[:room])
		if d.frame.masked {
			unmask(m.Data[from:], d.frame.mask, d.at)
		}
		m.pass(int64(len(b) - room))
	}
	c.advance(d, uint64(len(b)))
}

// current is what the frame at hand belongs to.
func (d *direction) current() *incoming {
	if d.control != nil {
		return d.control
	}
	return d.message
}

// advance goes on in a frame.
func (c *Conn) advance(d *direction, n uint64) {
	if d.at += n; d.at == d.frame.length {
		c.finish(d)
	}
}

// finish ends a frame, and with its last frame a message.
func (c *Conn) finish(d *direction) {
	d.inFrame = false
	if m := d.control; m != nil {
		d.control = nil
		d.closed = d.closed || m.Opcode == OpClose
		c.tell(m)
		return
	}
	if m := d.message; d.frame.fin {
		d.message = nil
		c.endCompressed(d, m)
		c.tell(m)
	}
}

func (c *Conn) tell(m *incoming) {
	m.check()
	c.emit(m.Message)
}

// cut tells of a message that does not end.
func (c *Conn) cut(d *direction, m *incoming) {
	m.Cut = true
	if m.inflate {
		d.abandon(DeflateContextLost)
	}
	c.tell(m)
}

// Skippable returns how many of the next bytes are content that nothing here
// needs.
func (c *Conn) Skippable(up bool) int64 {
	d := c.direction(up)
	if d.over || !d.inFrame {
		return 0
	}
	if !d.current().deaf() {
		return 0
	}
	return int64(min(d.frame.length-d.at, math.MaxInt64))
}

// Skip says that n bytes have passed unseen. If they were more than Skippable,
// nothing more of the direction is read.
func (c *Conn) Skip(up bool, n int64) {
	d := c.direction(up)
	if d.over || n <= 0 {
		return
	}
	if can := min(n, c.Skippable(up)); can > 0 {
		d.current().pass(can)
		c.advance(d, uint64(can))
		n -= can
	}
	if n > 0 {
		c.end(d, BytesLost)
	}
}

// End says that a direction has ended.
func (c *Conn) End(up bool) { c.end(c.direction(up), "") }

// end ends a direction. What has not ended is told with an anomaly, unless code
// is "" and it ended between frames.
func (c *Conn) end(d *direction, code string) {
	if d.over {
		return
	}
	d.over = true
	if code == "" && (d.inFrame || d.have > 0) {
		code = FrameUnfinished
	}
	open := slices.DeleteFunc([]*incoming{d.message, d.control}, func(m *incoming) bool { return m == nil })
	if code != "" && len(open) == 0 {
		open = append(open, &incoming{limit: c.limit, Message: Message{Up: d.up}})
	}
	for i, m := range open {
		if code != "" && i == len(open)-1 {
			m.odd(code)
		}
		c.cut(d, m)
	}
	*d = direction{up: d.up, over: true}
}
