package http1

import (
	"math"
	"slices"

	"tlsmitm/inspect/httpmsg"
)

// The bounds of what is held and read.
const (
	// MaxHead is the most bytes that a head, or the trailers of a message, may
	// have. It is also the most that is held of what a client sends after asking
	// for another protocol, before the server has answered.
	MaxHead = 256 << 10
	// MaxFields is the most lines that a head, or the trailers, may have.
	MaxFields = 10_000
	// MaxChunkLine is the most bytes of a chunk's first line, extensions included.
	MaxChunkLine = 16 << 10
	// maxUnusual is the most requests waiting for a response that is not read
	// like others. Nobody sends so many of them ahead.
	maxUnusual = 4096
)

// Conn reads one connection.
type Conn struct {
	r        httpmsg.Receiver
	up, down direction
	unusual  []asked // in order, those that have no response yet
	midway   bool    // joined in the midst, and no request has been seen
	switched bool    // another protocol follows the request and response tunnel
	tunnel   httpmsg.Exchange
}

// asked is a request whose response is not read like others.
type asked struct {
	x    httpmsg.Exchange
	kind kind
}

// New returns a reader that tells r.
func New(r httpmsg.Receiver) *Conn {
	c := &Conn{r: r}
	c.up.c, c.up.up = c, true
	c.down.c = c
	return c
}

// Midway tells, before any byte, that the connection was joined in its midst, as
// a capture does that began later. A response that comes before the first request
// then answers one that passed unseen, and takes a number of its own.
func (c *Conn) Midway() { c.midway = true }

// Feed takes the next bytes of a direction: of what the client sends if up. They
// are the caller's again when it returns. Wherever they are cut, the same calls
// follow, but that content may be told in other pieces.
func (c *Conn) Feed(up bool, b []byte) { c.direction(up).feed(b) }

// Skippable says how many of the direction's next bytes are content whose framing
// needs nothing of them: the rest of a body, or of a chunk, or all bytes
// (math.MaxInt64) where a body goes on to the end.
func (c *Conn) Skippable(up bool) int64 {
	switch d := c.direction(up); d.state {
	case inContent, inChunk:
		return d.left
	case inRest:
		return math.MaxInt64
	}
	return 0
}

// Stream returns the exchange whose content the next bytes are, and whether it is
// one that has been told of. It has a meaning if Skippable is not 0.
func (c *Conn) Stream(up bool) (x httpmsg.Exchange, known bool) {
	d := c.direction(up)
	return d.count, d.open
}

// Skip tells that n bytes, at most as many as are Skippable, passed unseen. If
// there were more, the direction is lost.
func (c *Conn) Skip(up bool, n int64) {
	if n <= 0 {
		return
	}
	d := c.direction(up)
	if most := c.Skippable(up); n > most {
		if most > 0 {
			d.skip(most)
		}
		d.total.Unread += n - most
		c.Lost(up)
		return
	}
	d.skip(n)
}

// Lost tells that bytes of the direction were lost. What follows cannot be read.
func (c *Conn) Lost(up bool) {
	d := c.direction(up)
	if d.state == held {
		d.release()
	}
	d.fail("bytes were lost")
}

// End tells that the direction is over.
func (c *Conn) End(up bool) {
	d := c.direction(up)
	if d.state == held && !c.down.over() {
		d.ending = true // what is held is told once the server has answered
		return
	}
	d.end()
}

// Totals counts the bytes of a direction by what they were.
type Totals struct {
	Heads   int64 // start lines and fields
	Content int64 // told through Body, or skipped
	Framing int64 // lines and line ends of chunks, trailers, empty lines before a message
	Tunnel  int64 // after a Switch
	Unread  int64 // after a Failed, or of what ended before it was whole
	Waiting int64 // not yet read: the beginning of a head, or of a line
}

// Sum is the number of bytes that were fed and skipped.
func (t Totals) Sum() int64 {
	return t.Heads + t.Content + t.Framing + t.Tunnel + t.Unread + t.Waiting
}

// Totals returns the count of a direction's bytes so far.
func (c *Conn) Totals(up bool) Totals {
	d := c.direction(up)
	t := d.total
	t.Waiting = int64(len(d.buf))
	return t
}

func (c *Conn) direction(up bool) *direction {
	if up {
		return &c.up
	}
	return &c.down
}

// asks takes note of a request whose head is complete, as far as its response is
// to be read by it.
func (c *Conn) asks(x httpmsg.Exchange, k kind) {
	c.midway = false
	switch {
	case k == ordinary || c.down.over():
	case c.down.count >= x:
		c.late(x, k)
	case len(c.unusual) == maxUnusual:
		c.down.fail("too many requests wait for a response")
	default:
		c.unusual = append(c.unusual, asked{x, k})
	}
}

// kindOf says what kind of request a response answers. What is final is
// forgotten.
func (c *Conn) kindOf(x httpmsg.Exchange, final bool) kind {
	k, i := ordinary, 0
	for i < len(c.unusual) && c.unusual[i].x < x {
		i++
	}
	if i < len(c.unusual) && c.unusual[i].x == x {
		k = c.unusual[i].kind
		if final {
			i++
		}
	}
	c.unusual = slices.Delete(c.unusual, 0, i)
	return k
}

// late is for a request that was seen only after its response had begun, which
// was read as one to an unknown method.
func (c *Conn) late(x httpmsg.Exchange, k kind) {
	d := &c.down
	if d.count != x || len(d.buf) > 0 {
		return
	}
	switch {
	case k == head && d.open && d.got == 0:
		d.finish()
	case k == connect && d.status/100 == 2 && (d.open || d.state == inHead):
		if d.open {
			d.finish()
		}
		c.switchTo(x, "")
	}
}
