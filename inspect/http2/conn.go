package http2

import "tlsmitm/inspect/httpmsg"

// Options say what a Conn tells of besides messages.
type Options struct {
	// Frames has every frame told, after its content and before what it means.
	// Without it only GOAWAY is, which says why a connection ends.
	Frames bool
	// FrameBytes is how much of its payload a frame carries; 0 is 64.
	FrameBytes int
}

// defaultFrameBytes is what FrameBytes is if it is not set.
const defaultFrameBytes = 64

// Conn reads a connection. It is for one goroutine.
type Conn struct {
	r       httpmsg.Receiver
	options Options

	up, down direction
	streams  map[uint32]*stream
	// lastClient and lastServer are the highest identifiers that have begun.
	lastClient, lastServer uint32
	answered               recent[*stream] // the response is over, the request was not seen
	past                   recent[ending]  // both are over
	openClient             int             // of streams, those that the client began
	held                   int             // size of the field sections of streams that are not over
	opened, takenBack      int             // requests, and those that were reset before a response
}

// New returns a Conn that tells r.
func New(r httpmsg.Receiver, o Options) *Conn {
	if o.FrameBytes <= 0 {
		o.FrameBytes = defaultFrameBytes
	}
	c := &Conn{r: r, options: o, streams: make(map[uint32]*stream)}
	for _, d := range []*direction{&c.up, &c.down} {
		d.allowed.inForce = defaultSettings
		d.credit = initialWindow
		d.hpack.table.max, d.table = defaultTable, defaultTable
		d.goAway.last = maxWindow
	}
	c.up.up = true
	c.down.preface = len(preface)
	return c
}

func (c *Conn) direction(up bool) *direction {
	if up {
		return &c.up
	}
	return &c.down
}

// Feed takes the next bytes of a direction. They are the caller's again when it
// returns.
func (c *Conn) Feed(up bool, b []byte) { c.feed(c.direction(up), b) }

// Skippable returns how many of the next bytes are content of a DATA frame, and
// need not be seen to read what follows them. Stream says whose they are.
func (c *Conn) Skippable(up bool) int64 {
	d := c.direction(up)
	if d.over || !d.inFrame || d.frame.kind != FrameData || d.data.padded || len(d.payload) < min(c.shown(), d.frame.length) {
		return 0
	}
	return int64(d.data.content)
}

// Stream returns the exchange whose content the next bytes are, and whether it is
// one that has been told of. It has a meaning if Skippable is not 0.
func (c *Conn) Stream(up bool) (x httpmsg.Exchange, known bool) {
	d := c.direction(up)
	if d.data.stream == nil || !d.inFrame {
		return 0, false
	}
	return httpmsg.Exchange(d.data.stream.id), true
}

// Skip says that n bytes have passed unseen. More than Skippable are bytes lost.
func (c *Conn) Skip(up bool, n int64) {
	d := c.direction(up)
	if d.over || n <= 0 {
		return
	}
	skipped := min(n, c.Skippable(up))
	if skipped > 0 {
		c.skipData(d, int(skipped))
	}
	if n > skipped {
		c.Lost(up)
	}
}

// Lost says that bytes of a direction were lost. The state of its header
// compression is lost with them, so nothing more of it is read.
func (c *Conn) Lost(up bool) {
	c.fail(c.direction(up), "bytes were lost, and the state of header compression with them")
}

// End says that a direction has ended.
func (c *Conn) End(up bool) {
	d := c.direction(up)
	if d.over {
		return
	}
	switch {
	case d.inFrame:
		c.odd(d, FrameUnfinished, "%v of %d bytes, of which %d are missing", d.frame.kind, d.frame.length, d.left)
	case d.have > 0:
		c.odd(d, FrameUnfinished, "%d bytes of a frame's header", d.have)
	case d.block.open:
		c.odd(d, FrameUnfinished, "a field block of stream %d", d.block.stream)
	case up && d.preface > 0 && d.preface < len(preface):
		c.odd(d, FrameUnfinished, "%d bytes of the preface", d.preface)
	}
	d.over = true
	c.cutMessages(up)
}

// Upgraded says that the connection began as HTTP/1.1, with a request that was
// upgraded to h2c (RFC 7540, section 3.2). The request has been told of and is
// over; its response is that of stream 1.
func (c *Conn) Upgraded(method, _ string) {
	if c.begun(1) {
		return
	}
	c.lastClient = 1
	s := c.create(1)
	s.told, s.req.head, s.req.ended = true, true, true
	s.head = method == "HEAD"
	c.opened++
}

// fail ends a direction that cannot be read any further.
func (c *Conn) fail(d *direction, why string) {
	if d.over {
		return
	}
	d.over, d.failed = true, true
	d.payload, d.block, d.fields, d.hpack = nil, fieldBlock{}, nil, fieldDecoder{}
	c.cutMessages(d.up)
	c.r.Failed(d.up, why)
}

func (c *Conn) failBoth(why string) {
	c.fail(&c.up, why)
	c.fail(&c.down, why)
}
