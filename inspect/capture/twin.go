package capture

// A capture may hold a connection twice, with other sequence numbers: before and behind
// a firewall that makes up its own, whose frames come mixed. Each segment then belongs
// to the one whose numbers it fits; otherwise every other segment would begin a
// connection.

// maxTwins bounds the connections between the same ends that are known at once.
const maxTwins = 4

// twins says whether there are others between the same ends.
func (c *connection) twins() bool { return c.before != nil || c.behind }

// link makes c the first of the connections between its ends.
func (a *Assembler) link(c *connection) {
	if c.before = a.table[c.key]; c.before != nil {
		c.before.behind = true
	}
	a.table[c.key] = c
	n := 1
	for o := c.before; o != nil; o = o.before {
		if n++; n > maxTwins {
			a.forget(o)
			return
		}
	}
}

func (a *Assembler) unlink(c *connection) {
	if first := a.table[c.key]; first == c {
		if c.before == nil {
			delete(a.table, c.key)
			return
		}
		a.table[c.key], c.before.behind, c.before = c.before, false, nil
		return
	}
	for o := a.table[c.key]; o != nil; o = o.before {
		if o.before == c {
			if o.before = c.before; o.before != nil {
				o.before.behind = true
			}
			c.before, c.behind = nil, false
			return
		}
	}
}

// choose returns the connection that a segment belongs to, of several between the same
// ends, and nil if it is none of them. One that begins anew ends them all.
func (a *Assembler) choose(k key, s *segment) *connection {
	for c := a.table[k]; c != nil; c = c.before {
		if c.fits(s) {
			return c
		}
	}
	if s.has(flagSYN) && !s.has(flagACK) {
		for c := a.table[k]; c != nil; c = a.table[k] {
			a.forget(c)
		}
	}
	return nil
}

// fits tells whether a segment's numbers are near to those of the connection, as far as
// they are known.
func (c *connection) fits(s *segment) bool {
	h, o := &c.half[s.side], &c.half[1-s.side]
	if s.has(flagSYN) && (h.syn || h.started) {
		return !c.isOther(s)
	}
	near := func(off, limit int) bool { return off <= limit && off >= -limit }
	limit := implausible
	if c.closed {
		limit = late
	}
	if h.started && !near(distance(h.next, s.seq), limit) {
		return false
	}
	return !s.has(flagACK) || !o.started || near(distance(o.next, s.ack), limit)
}
