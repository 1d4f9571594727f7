package sink

import (
	"io"
	"maps"
	"slices"
	"time"

	"tlsmitm/inspect"
	"tlsmitm/inspect/explain"
)

// Style says how the table and the lines look. The zero value is plain English
// for a width of 100.
type Style struct {
	// Width returns how many cells fit on a line, and is asked anew for every
	// batch; nil means 100.
	Width func() int
	// Color allows SGR sequences.
	Color bool
	// Words says everything; nil means English.
	Words *explain.Words
	// DataBytes bounds how much data a row shows: 0 means 1024, -1 no bound,
	// -2 none at all.
	DataBytes int
}

const (
	defaultWidth     = 100
	defaultDataBytes = 1024
)

func (s Style) withDefaults() Style {
	if s.Width == nil {
		s.Width = func() int { return defaultWidth }
	}
	if s.Words == nil {
		s.Words = explain.New(explain.English)
	}
	switch s.DataBytes {
	case 0:
		s.DataBytes = defaultDataBytes
	case -2:
		s.DataBytes = 0
	}
	return s
}

const (
	// rowPatience is how long a row waits for more of its run of bytes.
	rowPatience = 150 * time.Millisecond
	// maxEntries bounds the messages of one row; a longer run continues in
	// another row of the same number.
	maxEntries = 64
)

// Table is a sink that shows events as the table of a protocol analyser, with a
// note beside every message. It is used from one goroutine.
type Table struct {
	page
	conns   map[uint64]*tableConn
	waiting []*tableConn // those that Flush has to look at
	last    uint64       // the connection that was printed last; 0 if its end was
	// show prints a row, below its connection's header.
	show func(c *tableConn, r *row)
	// spaced says that an empty line goes before everything.
	spaced bool
}

// tableConn is what the table keeps of an open connection.
type tableConn struct {
	id        uint64
	open      *inspect.ConnOpen // nil if the event was missed
	since     time.Time
	announced bool // its header is printed
	headed    bool // the columns are named
	queued    bool // is in Table.waiting
	talk      *explain.Conversation
	row       *row
	runs      map[direction]*run
	coded     map[string]bool // exchanges whose response is in a content coding; nil if none is
}

// NewTable returns a table that is written to out, which it does not close.
func NewTable(out io.Writer, style Style) *Table {
	t := &Table{page: newPage(out, style), conns: make(map[uint64]*tableConn)}
	t.show = t.printRow
	return t
}

// Name implements inspect.Sink.
func (t *Table) Name() string { return "table" }

// Write implements inspect.Sink.
func (t *Table) Write(batch []*inspect.Event) error {
	t.fit()
	for _, e := range batch {
		if e.Kind == inspect.KindRunStart {
			t.finish() // another run, whose connections are counted anew
		}
		if e.Conn != 0 && e.Kind != inspect.KindSecret {
			t.event(t.conn(e), e)
		}
	}
	return t.drain(t.Name())
}

// Flush implements inspect.Sink: it prints what has waited long enough.
func (t *Table) Flush(now time.Time) (pending bool, err error) {
	t.fit()
	waiting := t.waiting
	t.waiting = nil
	slices.SortFunc(waiting, func(a, b *tableConn) int { return a.since.Compare(b.since) })
	for _, c := range waiting {
		c.queued = false
		if t.conns[c.id] == c && !t.settle(c, now) {
			t.await(c)
		}
	}
	return len(t.waiting) > 0, t.drain(t.Name())
}

// settle prints what a connection holds back for too long already. It returns
// true if nothing is left.
func (t *Table) settle(c *tableConn, now time.Time) bool {
	if c.row != nil && now.Sub(c.row.last) >= rowPatience {
		t.flushRow(c)
	}
	settled := c.row == nil
	for _, r := range c.sortedRuns() {
		if r.skipped.events == 0 {
			continue
		}
		if now.Sub(r.skipped.since) >= skipPatience {
			t.flushSkipped(c, r)
		} else {
			settled = false
		}
	}
	if !c.announced {
		if now.Sub(c.since) < rowPatience {
			return false
		}
		t.header(c)
	}
	return settled
}

// Close implements inspect.Sink.
func (t *Table) Close() error {
	t.fit()
	t.finish()
	return t.drain(t.Name())
}

// finish prints what is held back of connections whose end did not come, and
// forgets them.
func (t *Table) finish() {
	for _, id := range slices.Sorted(maps.Keys(t.conns)) {
		t.flushAll(t.conns[id])
	}
	clear(t.conns)
	t.waiting, t.last = nil, 0
}

// conn returns an event's connection.
func (t *Table) conn(e *inspect.Event) *tableConn {
	c := t.conns[e.Conn]
	if c == nil {
		if len(t.conns) >= maxConns {
			for _, id := range oldHalf(t.conns) {
				t.flushAll(t.conns[id])
				delete(t.conns, id)
			}
		}
		c = &tableConn{id: e.Conn, since: e.Time, talk: t.style.Words.Conversation(), runs: make(map[direction]*run)}
		t.conns[e.Conn] = c
		t.await(c)
	}
	return c
}

// maxConns bounds the open connections that a view knows of: in a saved run, their
// ends may be missing.
const maxConns = 1 << 16

// oldHalf returns the older half of the connections.
func oldHalf[T any](conns map[uint64]T) []uint64 {
	ids := slices.Sorted(maps.Keys(conns))
	return ids[:(len(ids)+1)/2]
}

// await lets the next Flush look at a connection.
func (t *Table) await(c *tableConn) {
	if !c.queued {
		c.queued = true
		t.waiting = append(t.waiting, c)
	}
}

func (t *Table) event(c *tableConn, e *inspect.Event) {
	switch b := e.Body.(type) {
	case *inspect.ConnOpen:
		c.open = b
		c.talk.Note(e)
	case *inspect.Message:
		t.message(c, e, b)
	case *inspect.Data:
		t.data(c, e, b)
	case *inspect.Malformed:
		t.malformed(c, e, b)
	case *inspect.Verification:
		t.verification(c, e)
	case *inspect.Difference:
		t.flushAll(c)
		t.remark(c, "≠", styleFaint, c.talk.Note(e))
	case *inspect.Established:
		t.flushAll(c)
		t.established(c, e)
	case *inspect.Diagnosis:
		t.flushAll(c)
		t.diagnosis(c, e)
	case *inspect.Loss:
		t.flushAll(c)
		t.loss(c, e)
	case *inspect.ConnClose:
		t.flushAll(c)
		t.closed(c, e)
		delete(t.conns, c.id)
	default:
		t.carried(c, e)
	}
}

// flushAll prints everything that a connection holds back.
func (t *Table) flushAll(c *tableConn) {
	t.flushRow(c)
	for _, r := range c.sortedRuns() {
		t.flushSkipped(c, r)
	}
}
