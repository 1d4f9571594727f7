package capture

import (
	"net/netip"
	"time"
)

// Stream takes the bytes of a connection, each direction in order. up is from the
// client to the server. What it is given stays untouched by the giver until the
// Assembler's owner says otherwise.
type Stream interface {
	Segment(up bool, at time.Time, frame int, b []byte)
	// Gap tells of n bytes that the capture lacks.
	Gap(up bool, at time.Time, frame int, n int64)
	Close(at time.Time, end End)
}

// End says how a connection ended.
type End uint8

// The ways to end.
const (
	EndFinished    End = iota // by a FIN from both ends
	EndClientReset            // by a RST
	EndServerReset
	EndUnseen  // the capture does not hold its end
	EndCrowded // too many were open at once, and nothing had passed on this one for longest
)

// Opening is what is known of a connection when it begins.
type Opening struct {
	Client, Server netip.AddrPort
	At             time.Time
	// Midway says that its beginning was not captured.
	Midway bool
	// Comment is that of its first frame.
	Comment string
}

// connection puts the bytes of a TCP connection into order.
type connection struct {
	a       *Assembler
	key     key
	id      uint64
	half    [2]half
	begun   bool // its first segment is a SYN
	comment string
	client  int // which end it is; -1 while that is not known
	stream  Stream
	first   int64
	last    int64
	frame   int       // the latest
	taken   int       // segments so far
	early   []segment // what came while the client is not known
	resets  int       // which end reset it; -1 if none has
	reset   int64
	closed  bool
	watched bool // is in the assembler's list of those that time changes

	older, newer *connection // in the order in which they were heard of
	before       *connection // between the same ends, and begun earlier
	behind       bool        // some connection's before is this one
}

// take takes a segment.
func (c *connection) take(s *segment) {
	c.last, c.frame = max(c.last, s.at), s.frame
	if c.client < 0 {
		if c.client = c.decide(s); c.client < 0 {
			c.early = append(c.early, s.keep())
			c.a.watch(c)
			return
		}
		c.open()
		if c.replay(); c.closed {
			return
		}
	}
	c.taken++
	s.number = c.taken
	h, o := &c.half[s.side], &c.half[1-s.side]
	if s.has(flagSYN) {
		h.syn, h.isn = true, s.seq
		s.seq++
		if !h.data {
			h.start(s.seq)
		}
	}
	if !h.started {
		h.start(s.seq)
	}
	if s.has(flagACK) && !s.has(flagRST) {
		// An end whose SYN was not captured begins where the other expects it to.
		if !o.started && h.syn {
			o.start(s.ack)
		}
		o.acknowledge(s.ack)
	}
	if s.has(flagFIN) && !h.fin {
		h.fin, h.finSeq = true, s.seq+uint32(s.length)
	}
	if s.length > 0 {
		c.data(s)
	}
	if s.has(flagRST) && c.resets < 0 {
		c.resets, c.reset = s.side, s.at
		c.a.watch(c)
	}
	c.settle(s.at)
}

// data takes a segment's bytes: delivered if it is their turn, held if not.
func (c *connection) data(s *segment) {
	h := &c.half[s.side]
	if len(h.held) == 0 && c.due(s) {
		c.deliver(s, s)
		return
	}
	if distance(h.next, s.seq)+s.length <= 0 {
		return // sent again
	}
	before := h.bytes
	h.hold(s)
	c.a.held += h.bytes - before
	c.a.watch(c)
}

// due tells whether it is a segment's turn: nothing is missing before it, nor
// anything of the other direction that its sender has seen.
func (c *connection) due(s *segment) bool {
	h, o := &c.half[s.side], &c.half[1-s.side]
	return distance(h.next, s.seq) <= 0 && (!s.has(flagACK) || o.missing(s.ack) <= 0)
}

// deliver passes on what is new in a segment, as of the segment that made it due.
func (c *connection) deliver(s, by *segment) {
	h := &c.half[s.side]
	skip := distance(s.seq, h.next)
	if skip >= s.length || skip < 0 {
		return
	}
	n := s.length - skip
	if b := s.b[min(skip, len(s.b)):]; len(b) > 0 {
		c.stream.Segment(s.side == c.client, timeOf(by.at), by.frame, b)
		n -= len(b)
		h.next += uint32(len(b))
		h.data = true
	}
	if n > 0 {
		c.gap(s.side, n, by.at)
	}
}

// gap gives up n bytes of one end.
func (c *connection) gap(side, n int, now int64) {
	c.half[side].next += uint32(n)
	c.a.counts.Lost += int64(n)
	c.stream.Gap(side == c.client, timeOf(now), c.frame, int64(n))
}

// settle delivers what has become due, gives up what has been waited for long
// enough, and closes the connection if that is all.
func (c *connection) settle(now int64) {
	by := segment{frame: c.frame, at: now}
	for c.drain(&by); ; c.drain(&by) {
		h := c.waiting(func(h *half) bool { return h.impatient(now, c.taken, c.a.held) })
		if h == nil {
			break
		}
		c.giveUp(h, now)
	}
	switch {
	case c.half[0].done && c.half[1].done:
		c.a.close(c, EndFinished)
	case c.resets >= 0 && (now-c.reset >= resetPatience || c.half[0].silent() && c.half[1].silent()):
		c.a.close(c, c.resetEnd())
	}
}

func (c *connection) resetEnd() End {
	switch c.resets {
	case -1:
		return EndUnseen
	case c.client:
		return EndClientReset
	}
	return EndServerReset
}

// drain delivers held segments while any is due.
func (c *connection) drain(by *segment) {
	for again := true; again; {
		again = false
		for i := range c.half {
			h := &c.half[i]
			for len(h.held) > 0 && c.due(&h.held[0]) {
				s := h.pop()
				c.a.held -= len(s.b)
				c.deliver(&s, by)
				again = true
			}
			h.done = h.done || h.fin && h.started && distance(h.finSeq, h.next) >= 0
		}
	}
}

// waiting returns the half of which segments are held, the one that has waited for
// longer if both do, and nil if none does. With a condition, it has to be met.
func (c *connection) waiting(when func(*half) bool) (first *half) {
	for i := range c.half {
		h := &c.half[i]
		if len(h.held) == 0 || when != nil && !when(h) {
			continue
		}
		if first == nil || h.held[0].number < first.held[0].number {
			first = h
		}
	}
	return first
}

// giveUp gives up what the first held segment of h waits for.
func (c *connection) giveUp(h *half, now int64) {
	side := h.held[0].side
	if n := h.hole(); n > 0 {
		c.gap(side, n, now)
		return
	}
	o := &c.half[1-side]
	if n := o.missing(h.held[0].ack); n == 1 && !o.done {
		// A FIN: had it been a byte, what follows it will say so.
		o.fin, o.finSeq, o.done = true, o.next, true
	} else if n > 0 {
		c.gap(1-side, n, now)
	}
}

// finish delivers all that is held, and tells of what did not come.
func (c *connection) finish() {
	by := segment{frame: c.frame, at: c.last}
	for c.drain(&by); ; c.drain(&by) {
		h := c.waiting(nil)
		if h == nil {
			break
		}
		c.giveUp(h, c.last)
	}
	for i := range c.half {
		if n := c.half[i].lacks(); n > 0 {
			c.gap(i, n, c.last)
		}
	}
	c.drain(&by)
}

func timeOf(ns int64) time.Time { return time.Unix(0, ns).UTC() }
