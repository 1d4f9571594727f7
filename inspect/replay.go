package inspect

import (
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// Replay dissects connections that were recorded, with the times and the frame
// numbers of the recording:
//
//	r := in.Replay()
//	c := r.Open(inspect.Meta{Mode: inspect.ModeCapture, Keys: keys, …}, at)
//	l := c.Leg(inspect.LegDirect, inspect.Sockets{…}, at)
//	l.Segment(true, at, 1, hello) // … and so on, of any number of connections
//	c.Close(at, inspect.Outcome{Cause: inspect.CauseOK})
//	r.Flush(at, recycle)          // now and then
//	r.Close()
//
// Nothing is copied: what it is given belongs to it until the function that was
// passed to the next Flush is called. Everything is dissected in the order in which
// it was given, so that the same recording gives the same events in the same order.
// Its methods are called from one goroutine; the dissecting has another.
type Replay struct {
	in    *Inspector
	batch replayBatch
	work  chan replayBatch
	spare chan []replayItem
	done  chan struct{}

	mu   sync.Mutex
	late []replayItem // what key stores tell
	wake chan struct{}

	// Owned by the dissecting goroutine.
	now     time.Time
	due     time.Time
	waiting []*Recorded // have something that time changes, in the order in which they got it
	events  []*Event
	ended   int
	slab    slab
}

// Recorded is one connection of a Replay.
type Recorded struct {
	r         *Replay
	id        uint64
	meta      Meta
	dissector *Dissector
	broken    bool
	over      bool
	waits     bool // is in waiting
	unsettled bool // has been given bytes since it last settled
}

type replayItem struct {
	c *Recorded // nil for secrets
	item
}

type replayBatch struct {
	items []replayItem
	now   time.Time
	free  func()
}

const (
	// replayAhead is how many batches may wait to be dissected.
	replayAhead = 2
	// lookEvery is how often connections are looked at that time changes.
	lookEvery = 10 * time.Millisecond
)

// Replay starts to dissect recorded connections.
func (in *Inspector) Replay() *Replay {
	r := &Replay{
		in:    in,
		work:  make(chan replayBatch, replayAhead),
		spare: make(chan []replayItem, replayAhead+2),
		wake:  make(chan struct{}, 1),
		done:  make(chan struct{}),
	}
	go r.run()
	return r
}

// Open begins a connection. It must be closed.
func (r *Replay) Open(meta Meta, at time.Time) *Recorded {
	c := &Recorded{r: r, id: r.in.lastID.Add(1), meta: meta}
	if meta.Number != 0 {
		c.id = meta.Number
	}
	r.in.sessions.Add(1)
	c.dissector = r.in.dissector(c.id, meta, at, r.collect, &r.slab)
	c.dissector.deliver = func(it item) { r.post(c, it) }
	r.put(c, item{kind: itemOpen, at: at})
	return c
}

// RecordedLeg is one of a recorded connection's legs.
type RecordedLeg struct {
	c    *Recorded
	name LegName
}

// Leg begins a leg between two addresses.
func (c *Recorded) Leg(name LegName, s Sockets, at time.Time) *RecordedLeg {
	if c.r.in.tapped {
		c.r.put(c, item{kind: itemSockets, leg: name, at: at, body: &s})
	}
	return &RecordedLeg{c, name}
}

// Segment gives bytes that passed, in order; up is from the client to the server,
// and frame the number of the frame that they ended in.
func (l *RecordedLeg) Segment(up bool, at time.Time, frame int, b []byte) {
	l.c.r.put(l.c, item{kind: itemChunk, leg: l.name, up: up, at: at, frame: frame, b: b})
}

// Gap tells of n bytes of a direction that the recording lacks.
func (l *RecordedLeg) Gap(up bool, at time.Time, frame int, n int64) {
	l.c.r.put(l.c, item{kind: itemGap, leg: l.name, up: up, at: at, frame: frame, body: n})
}

// Close ends the connection.
func (c *Recorded) Close(at time.Time, o Outcome) {
	c.r.put(c, item{kind: itemClose, at: at, body: o})
}

// Secrets adds a text in the key log format to a key store, in its turn.
func (r *Replay) Secrets(keys *KeyStore, text []byte) {
	r.batch.items = append(r.batch.items, replayItem{item: item{kind: itemSecret, b: text, body: keys}})
}

func (r *Replay) put(c *Recorded, it item) {
	r.batch.items = append(r.batch.items, replayItem{c: c, item: it})
}

// Flush has all that was given so far dissected, and what has waited long enough by
// then told. It calls free, if that is not nil, once the bytes are no longer needed.
func (r *Replay) Flush(now time.Time, free func()) {
	r.batch.now, r.batch.free = now, free
	r.work <- r.batch
	r.batch = replayBatch{}
	select {
	case r.batch.items = <-r.spare:
	default:
	}
}

// Close waits until everything has been dissected and handed to the sinks. What
// still waits for secrets is told of as it is.
func (r *Replay) Close() {
	r.Flush(r.batch.now, nil)
	close(r.work)
	<-r.done
}

// post queues what a key store tells. It is called from any goroutine.
func (r *Replay) post(c *Recorded, it item) {
	r.mu.Lock()
	r.late = append(r.late, replayItem{c: c, item: it})
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

func (r *Replay) run() {
	defer close(r.done)
	for {
		select {
		case b, ok := <-r.work:
			if !ok {
				r.finish()
				return
			}
			r.dissect(&b)
		case <-r.wake:
			r.takePosts()
			r.publish()
		}
	}
}

// dissect takes a batch.
func (r *Replay) dissect(b *replayBatch) {
	for i := range b.items {
		it := &b.items[i]
		if it.at.After(r.now) {
			r.tick(it.at)
		}
		if it.c == nil {
			it.body.(*KeyStore).AddText(it.b)
			r.takePosts()
			continue
		}
		r.guard(it)
	}
	for i := range b.items {
		if c := b.items[i].c; c != nil && c.unsettled {
			c.unsettled = false
			c.dissector.settle()
		}
	}
	if b.now.After(r.now) {
		r.tick(b.now)
	}
	r.publish()
	if b.free != nil {
		b.free()
	}
	clear(b.items)
	select {
	case r.spare <- b.items[:0]:
	default:
	}
}

// takePosts takes what key stores told.
func (r *Replay) takePosts() {
	r.mu.Lock()
	late := r.late
	r.late = nil
	r.mu.Unlock()
	for i := range late {
		late[i].at = r.now
		r.guard(&late[i])
	}
}

// guard dissects one item; a panic is a bug, and ends the inspection of this one
// connection, loudly.
func (r *Replay) guard(it *replayItem) {
	c := it.c
	if c.over {
		return
	}
	r.try(c, it.kind == itemClose, func() { c.dissector.handle(&it.item, nil) })
	c.unsettled = true
	r.track(c)
}

// try runs a step of a connection's dissection.
func (r *Replay) try(c *Recorded, closing bool, step func()) {
	defer func() {
		if v := recover(); v != nil {
			if r.in.opts.OnPanic != nil {
				r.in.opts.OnPanic(c.id, v, debug.Stack())
			}
			c.broken = true
			r.collect(&Event{Time: r.now, Kind: KindLoss, Conn: c.id, Body: &Loss{Reason: LossPanic}})
			if closing || c.dissector.closing != nil {
				c.over = true
				r.collect(brokenClose(r.now, c.id, c.meta.Mode, fmt.Errorf("inspect: panic: %v", v)))
			}
		}
	}()
	switch {
	case !c.broken:
		step()
		c.over = c.dissector.closed
	case closing:
		c.over = true
		r.collect(brokenClose(r.now, c.id, c.meta.Mode, nil))
	}
}

// track notes whether time changes anything on a connection.
func (r *Replay) track(c *Recorded) {
	if c.over || c.broken {
		c.dissector.forget()
	}
	if c.over {
		r.ended++
		if len(r.events) >= publishEvery {
			r.publish()
		}
		return
	}
	if !c.broken && !c.waits && c.dissector.waiting() {
		c.waits = true
		r.waiting = append(r.waiting, c)
		if len(r.waiting) == 1 {
			r.due = r.now.Add(dataDelay)
		}
	}
}

// tick says what time it is in the recording: what has waited long enough is told.
func (r *Replay) tick(now time.Time) {
	r.now = now
	if len(r.waiting) == 0 || now.Before(r.due) {
		return
	}
	r.due = now.Add(lookEvery)
	list := r.waiting
	r.waiting = r.waiting[:0]
	for _, c := range list {
		if c.over || c.broken {
			continue
		}
		r.try(c, false, func() { c.dissector.tick(now) })
		if c.waits = !c.over && !c.broken && c.dissector.waiting(); c.waits {
			r.waiting = append(r.waiting, c)
		} else if c.over || c.broken {
			r.track(c)
		}
	}
	clear(list[len(r.waiting):])
}

// finish ends what still waits for secrets.
func (r *Replay) finish() {
	r.takePosts()
	for _, c := range r.waiting {
		if c.over || c.broken {
			continue
		}
		r.try(c, false, func() { c.dissector.giveUp() })
		r.track(c)
	}
	r.publish()
}

func (r *Replay) collect(e *Event) { r.events = append(r.events, e) }

// publish hands the events collected so far to the sinks.
func (r *Replay) publish() {
	if len(r.events) > 0 {
		r.in.fanout.publish(r.events)
		clear(r.events)
		r.events = r.events[:0]
	}
	r.in.sessions.Add(-r.ended) // only now, since Drain promises that all is told
	r.ended = 0
}
