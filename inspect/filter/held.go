package filter

import (
	"slices"

	"tlsmitm/inspect"
)

// held is an event that waits.
type held struct {
	*inspect.Event
	exchange *exchange // that it is about, if it is about one
	data     bool
	passed   bool // data that come before an exchange that has begun
	size     int64
}

// keep shows an event of the connection itself, or keeps it for later.
func (c *conn) keep(e *inspect.Event, x *exchange, data bool) {
	verdict := c.decided
	if verdict == undecided {
		switch {
		case x != nil:
			verdict = x.decided
		case !data && c.shown:
			verdict = yes
		}
	}
	switch verdict {
	case yes:
		c.s.out = append(c.s.out, e)
	case undecided:
		h := held{Event: e, exchange: x, data: data, size: sizeOf(e)}
		c.held = append(c.held, h)
		c.bytes += h.size
		c.s.held += h.size
		if c.bytes > c.s.options.ConnBytes {
			c.shed(c.s.options.ConnBytes * 7 / 8)
		}
	}
}

// show passes on what waits and is chosen.
func (c *conn) show(chosen func(*held) bool) {
	if c.lossy {
		c.tellLoss()
	}
	rest := c.held[:0]
	for i := range c.held {
		if h := c.held[i]; chosen(&h) {
			c.s.out = append(c.s.out, h.Event)
			c.forget(h.size)
		} else {
			rest = append(rest, h)
		}
	}
	clear(c.held[len(rest):])
	c.held = rest
}

// tellLoss says what was given up, before what came after it.
func (c *conn) tellLoss() {
	e := &inspect.Event{Kind: inspect.KindLoss, Conn: uint64(c.facts.Conn), Body: &inspect.Loss{Bytes: c.lost, Reason: inspect.LossFilter}}
	if len(c.held) > 0 {
		e.Time = c.held[0].Time
	}
	c.lost, c.lossy = 0, false
	c.s.out = append(c.s.out, e)
}

// withdraw drops what is about an exchange that did not match, and the data that
// are no other's.
func (c *conn) withdraw(x *exchange) {
	c.remove(func(h *held) bool {
		// What the client has sent may belong to a request that is to be told of.
		return h.exchange == x || h.data && h.From != inspect.PartyClient && h.To != inspect.PartyServer && c.claims(h.No) == no
	})
}

// pass drops data before a row at which another exchange begins, unless they
// belong to one that was shown or may be.
func (c *conn) pass(row int) {
	from := len(c.held)
	for from > 0 && !c.held[from-1].passed {
		from--
	}
	rest := c.held[:from]
	for _, h := range c.held[from:] {
		if h.passed = !h.data; h.data && h.No < row {
			if c.claims(h.No) == no {
				c.forget(h.size)
				continue
			}
			h.passed = true
		}
		rest = append(rest, h)
	}
	clear(c.held[len(rest):])
	c.held = rest
}

func (c *conn) remove(chosen func(*held) bool) {
	c.held = slices.DeleteFunc(c.held, func(h held) bool {
		if chosen(&h) {
			c.forget(h.size)
			return true
		}
		return false
	})
}

// drop forgets what waits from i to j.
func (c *conn) drop(i, j int) {
	for _, h := range c.held[i:j] {
		c.forget(h.size)
	}
	c.held = slices.Delete(c.held, i, j)
}

func (c *conn) forget(size int64) {
	c.bytes -= size
	c.s.held -= size
}

// shed gives up what waits, the oldest data first, until no more than n bytes do.
func (c *conn) shed(n int64) {
	for _, data := range []bool{true, false} {
		c.held = slices.DeleteFunc(c.held, func(h held) bool {
			if c.bytes <= n || data && !h.data {
				return false
			}
			c.forget(h.size)
			if !h.data || !c.any || c.claims(h.No) != no {
				c.lost, c.lossy = c.lost+wireOf(h.Event), true
			}
			return true
		})
	}
}
