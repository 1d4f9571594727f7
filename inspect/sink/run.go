package sink

import (
	"maps"
	"slices"
	"time"

	"tlsmitm/inspect"
	"tlsmitm/inspect/explain"
)

const (
	// skipPatience is how often a long transfer is told of.
	skipPatience = time.Second
	// minCost is what a row costs at least of the data that may be shown.
	minCost = 64
)

// direction is one direction of one leg.
type direction struct {
	leg  inspect.LegName
	from inspect.Party
}

// run is the data that pass in one direction of a leg, until the other answers.
// It may be a transfer of gigabytes, in many rows: the first shows what it is,
// small messages that follow are shown one by one, up to DataBytes each second,
// and the rest is summed up once a second.
type run struct {
	direction
	to      inspect.Party
	no      int // the row that showed its beginning
	budget  int // bytes that may be shown
	at      time.Time
	skipped skipped
}

// skipped is the data of a run that were not shown.
type skipped struct {
	since           time.Time
	tcp             bool
	events          int
	records, length int
}

func (t *Table) data(c *tableConn, e *inspect.Event, d *inspect.Data) {
	note := c.talk.Data(e)
	at := direction{e.Leg, e.From}
	r := c.runs[at]
	switch {
	case r == nil:
		if !note.Control() { // a transfer goes on while the other side only keeps it going
			t.endRuns(c, e.Leg)
		}
		r = &run{direction: at, to: e.To, no: e.No, budget: t.capacity() - cost(d), at: e.Time}
		c.runs[at] = r
	case !t.affords(r, e, d):
		t.skip(c, r, e, d)
		return
	}
	en := entry{name: t.dataName(e.Kind == inspect.KindTCPData, d.Records, d.Length), note: note.Note}
	if e.Kind == inspect.KindTLSData {
		en.typ = dataType
	}
	if note.SameAs == 0 && d.Reason == "" {
		en.dump = t.dataDump(d, note)
	}
	row := t.row(c, e)
	row.entries = append(row.entries, en)
}

// dataType stands in the column of handshake types for application data: it is
// the content type (RFC 8446, 5.1).
const dataType = "23"

func (t *Table) dataName(tcp bool, records, length int) string {
	if tcp {
		return "Data (" + t.style.Words.Amount(0, length) + ")"
	}
	return "Application Data (" + t.style.Words.Amount(records, length) + ")"
}

func (t *Table) capacity() int { return max(t.style.DataBytes, 4*minCost) }

func cost(d *inspect.Data) int { return max(d.Length, minCost) }

// affords says whether an event that continues a run is shown on its own.
func (t *Table) affords(r *run, e *inspect.Event, d *inspect.Data) bool {
	if t.style.DataBytes < 0 {
		return true
	}
	if since := e.Time.Sub(r.at); since > 0 {
		gained := int(min(since, time.Second) * time.Duration(t.capacity()) / time.Second)
		r.budget = min(r.budget+gained, t.capacity())
		r.at = e.Time
	}
	if r.skipped.events > 0 || cost(d) > r.budget {
		return false
	}
	r.budget -= cost(d)
	return true
}

func (t *Table) skip(c *tableConn, r *run, e *inspect.Event, d *inspect.Data) {
	s := &r.skipped
	if s.events == 0 {
		s.since = e.Time
	}
	s.tcp = e.Kind == inspect.KindTCPData
	s.events++
	s.records += d.Records
	s.length += d.Length
	if e.Time.Sub(s.since) >= skipPatience {
		t.flushRow(c)
		t.flushSkipped(c, r)
	}
	t.await(c)
}

// endRuns ends what runs on a leg: something else comes on it.
func (t *Table) endRuns(c *tableConn, leg inspect.LegName) {
	for _, r := range c.sortedRuns() {
		if r.leg != leg {
			continue
		}
		if r.skipped.events > 0 {
			t.flushRow(c)
			t.flushSkipped(c, r)
		}
		delete(c.runs, r.direction)
	}
}

// flushSkipped prints what was skipped of a run as one row, which has no number
// of its own.
func (t *Table) flushSkipped(c *tableConn, r *run) {
	s := r.skipped
	if s.events == 0 {
		return
	}
	r.skipped = skipped{}
	en := entry{
		name: t.dataName(s.tcp, s.records, s.length),
		note: explain.Note{{Text: t.style.Words.Continues(r.no), Tone: explain.Faint}},
	}
	if !s.tcp {
		en.typ = dataType
	}
	held := c.row
	c.row = &row{leg: r.leg, from: r.from, to: r.to, entries: []entry{en}}
	t.flushRow(c)
	c.row = held
}

// sortedRuns returns the runs of a connection in a fixed order.
func (c *tableConn) sortedRuns() []*run {
	runs := slices.Collect(maps.Values(c.runs))
	slices.SortFunc(runs, func(a, b *run) int { return a.no - b.no })
	return runs
}
