package capture

import (
	"cmp"
	"slices"
)

const (
	// maxConnections bounds the connections that are open at once, and maxClosed how
	// many are remembered so that what comes late for them opens no other.
	maxConnections = 32768
	maxClosed      = 8192
	// resetPatience is how long more is listened to after a reset, which may be forged
	// or have overtaken data.
	resetPatience = 1e9
	// late is how far from what is expected a sequence number may lie that comes late.
	late = 1 << 20
	// lookEvery is how often connections are looked at that time changes.
	lookEvery = 50e6
)

// Assembler turns frames into the bytes of TCP connections. It does no I/O and
// knows no clock but the frames' times; it is not safe for concurrent use.
type Assembler struct {
	open func(Opening) Stream

	now      int64 // the latest time of a frame
	looked   int64
	table    map[key]*connection
	latest   *connection // of the previous segment
	opened   recency
	closed   recency
	watched  []*connection
	held     int // bytes
	partials fragments
	lastID   uint64
	counts   Counts

	datagram datagram
	segment  segment
}

// Counts is what an Assembler has seen.
type Counts struct {
	Frames      int64
	Segments    int64 // of TCP
	Unsupported int64 // frames of a link type that is not read
	Others      int64 // frames that carry no TCP
	Fragments   int64 // that could not be used
	Lost        int64 // bytes that the capture lacks
}

func (c *Counts) add(o Counts) {
	c.Frames += o.Frames
	c.Segments += o.Segments
	c.Unsupported += o.Unsupported
	c.Others += o.Others
	c.Fragments += o.Fragments
	c.Lost += o.Lost
}

// NewAssembler returns an assembler that passes each connection's bytes to the
// stream that open returns.
func NewAssembler(open func(Opening) Stream) *Assembler {
	return &Assembler{open: open, table: make(map[key]*connection)}
}

// Counts returns what was seen so far.
func (a *Assembler) Counts() Counts { return a.counts }

// frame takes a frame. Its bytes may be passed on as they are.
func (a *Assembler) frame(r *record) {
	a.counts.Frames++
	if r.noTime {
		r.time = a.now
	}
	a.tick(r.time)
	packet := r.link.packet(r.data)
	if packet == nil {
		if r.link.Supported() {
			a.counts.Others++
		} else {
			a.counts.Unsupported++
		}
		return
	}
	d := &a.datagram
	d.now = a.now
	if !a.unpack(packet, r.length-(len(r.data)-len(packet)), d) || d.proto != protoTCP {
		a.counts.Others++
		return
	}
	s := &a.segment
	k, ok := parseTCP(d, s)
	if !ok {
		a.counts.Others++
		return
	}
	a.counts.Segments++
	s.frame, s.at, s.comment = r.frame, r.time, r.comment
	a.take(k, s)
}

// take finds a segment's connection, or begins one.
func (a *Assembler) take(k key, s *segment) {
	c := a.latest
	if c == nil || c.key != k {
		c = a.table[k]
	}
	if c != nil && c.twins() {
		c = a.choose(k, s)
	} else if c != nil && c.isOther(s) {
		if s.has(flagSYN) || c.closed {
			a.forget(c)
		}
		c = nil
	}
	if c == nil {
		if !s.has(flagSYN) && s.length == 0 {
			return // the rest of a connection that says nothing more
		}
		c = a.add(k, s)
	}
	a.latest = c
	if c.closed {
		return
	}
	a.opened.touch(c)
	c.take(s)
}

// isOther tells whether a segment belongs to a later connection between the same
// ends.
func (c *connection) isOther(s *segment) bool {
	h := &c.half[s.side]
	switch {
	case s.has(flagSYN) && h.syn:
		return h.isn != s.seq && (!s.has(flagACK) || h.data || c.closed)
	case s.has(flagSYN): // which may have been captured late
		off := distance(h.next, s.seq+1)
		return c.closed || h.started && (off > 0 || off < -late)
	case s.length == 0 || !h.started:
		return false
	}
	off := distance(h.next, s.seq)
	if c.closed {
		// An end that goes on after its own reset did not send that, or it went astray.
		return off > late || off < -late || off == 0 && s.side == c.resets
	}
	return off > implausible || off < -implausible
}

func (a *Assembler) add(k key, s *segment) *connection {
	a.lastID++
	c := &connection{a: a, key: k, id: a.lastID, client: -1, resets: -1, first: s.at, last: s.at, begun: s.has(flagSYN), comment: s.comment}
	a.link(c)
	a.opened.add(c)
	if a.opened.n > maxConnections {
		a.close(a.opened.oldest, EndCrowded)
	}
	return c
}

// close ends a connection. It stays known for a while.
func (a *Assembler) close(c *connection, end End) {
	if c.closed {
		return
	}
	if c.client < 0 { // its first bytes were too few to tell
		c.client, _ = c.byPort()
		c.open()
		c.replay()
		if c.closed {
			return
		}
	}
	c.finish()
	if end == EndUnseen && c.half[0].done && c.half[1].done {
		end = EndFinished
	}
	c.closed = true
	c.stream.Close(timeOf(c.last), end)
	c.stream = nil
	a.opened.remove(c)
	a.closed.add(c)
	if a.closed.n > maxClosed {
		a.forget(a.closed.oldest)
	}
}

// forget closes a connection if it is open, and drops it.
func (a *Assembler) forget(c *connection) {
	a.close(c, c.resetEnd())
	a.closed.remove(c)
	a.unlink(c)
	if a.latest == c {
		a.latest = nil
	}
}

// watch lets time change a connection.
func (a *Assembler) watch(c *connection) {
	if !c.watched {
		c.watched = true
		a.watched = append(a.watched, c)
	}
}

// tick says what time it is.
func (a *Assembler) tick(now int64) {
	a.now = max(a.now, now)
	if a.now-a.looked < lookEvery {
		return
	}
	a.looked = a.now
	list := a.watched
	a.watched = nil
	for _, c := range list {
		if c.watched = false; c.closed {
			continue
		}
		if c.look(a.now); c.needsTime() {
			a.watch(c)
		}
	}
}

// look does what is due by now.
func (c *connection) look(now int64) {
	if c.client >= 0 {
		c.settle(now)
		return
	}
	if now-c.first >= earlyPatience {
		c.client, _ = c.byPort()
		c.open()
		c.replay()
	}
}

func (c *connection) needsTime() bool {
	return !c.closed && (c.client < 0 || c.resets >= 0 || len(c.half[0].held) > 0 || len(c.half[1].held) > 0)
}

// end closes every connection, in the order in which they began.
func (a *Assembler) end() {
	var open []*connection
	for c := a.opened.oldest; c != nil; c = c.newer {
		open = append(open, c)
	}
	slices.SortFunc(open, func(x, y *connection) int { return cmp.Compare(x.id, y.id) })
	for _, c := range open {
		a.close(c, c.resetEnd())
	}
}

// recency is a list of connections, the one that has been silent for longest
// first.
type recency struct {
	oldest, newest *connection
	n              int
}

func (l *recency) add(c *connection) {
	c.older, c.newer = l.newest, nil
	if l.newest != nil {
		l.newest.newer = c
	} else {
		l.oldest = c
	}
	l.newest = c
	l.n++
}

func (l *recency) remove(c *connection) {
	if c.older != nil {
		c.older.newer = c.newer
	} else {
		l.oldest = c.newer
	}
	if c.newer != nil {
		c.newer.older = c.older
	} else {
		l.newest = c.older
	}
	c.older, c.newer = nil, nil
	l.n--
}

func (l *recency) touch(c *connection) {
	if l.newest != c {
		l.remove(c)
		l.add(c)
	}
}
