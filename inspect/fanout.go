package inspect

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// Sink consumes events. Its methods are called from one goroutine of its own.
type Sink interface {
	// Name says which sink it is, for messages about it.
	Name() string
	// Write takes a batch in order. Events are immutable and may be kept, the
	// slice may not. After an error the sink is switched off.
	Write(batch []*Event) error
	// Flush is called when the queue has run empty, and again every 50 ms
	// while pending is true: for what should not wait for the next event.
	Flush(now time.Time) (pending bool, err error)
	// Close writes what is left. It is called once, also after an error.
	Close() error
}

// ByteSink is a Sink that is given what passed on each leg, too, as KindSockets and
// KindBytes. That costs a copy of everything, so nothing of it is made without one.
type ByteSink interface {
	Sink
	TakesBytes()
}

const flushEvery = 50 * time.Millisecond

// fanout gives every event to every sink, each through a bounded queue of its
// own. A sink that is slow makes the dissector wait; one that fails is switched
// off, and the others go on.
type fanout struct {
	outlets []*outlet
	tapped  bool // some outlet takes bytes
}

// outlet is a sink with its queue and its goroutine.
type outlet struct {
	sink    Sink
	bytes   bool // it takes bytes
	clock   func() time.Time
	onError func(string, error)
	limit   int64

	mu     sync.Mutex
	room   *sync.Cond
	events []*Event
	size   int64
	off    bool // failed, or given up
	closed bool

	wake chan struct{}
	done chan struct{}
	err  error // what ended it; read after done
}

func newFanout(sinks []Sink, limit int64, clock func() time.Time, onError func(string, error)) *fanout {
	f := &fanout{}
	for _, s := range sinks {
		o := &outlet{sink: s, clock: clock, onError: onError, limit: limit, wake: make(chan struct{}, 1), done: make(chan struct{})}
		o.room = sync.NewCond(&o.mu)
		_, o.bytes = s.(ByteSink)
		f.tapped = f.tapped || o.bytes
		f.outlets = append(f.outlets, o)
		go o.run()
	}
	return f
}

// publish queues a batch for every sink, waiting where a queue is full.
func (f *fanout) publish(batch []*Event) {
	all := sized(batch)
	plain := all
	if f.tapped {
		plain = sized(withoutBytes(batch))
	}
	for _, o := range f.outlets {
		if o.bytes {
			o.put(all)
		} else {
			o.put(plain)
		}
	}
}

// load is a batch of events with what they hold in memory.
type load struct {
	events []*Event
	size   int64
}

func sized(batch []*Event) load {
	l := load{events: batch}
	for _, e := range batch {
		l.size += e.size()
	}
	return l
}

// withoutBytes returns the events that every sink may have.
func withoutBytes(batch []*Event) []*Event {
	plain := make([]*Event, 0, len(batch))
	for _, e := range batch {
		if e.Kind != KindBytes && e.Kind != KindSockets {
			plain = append(plain, e)
		}
	}
	return plain
}

// close lets every sink write what is queued, and closes it.
func (f *fanout) close(ctx context.Context) error {
	var first error
	for _, o := range f.outlets {
		o.mu.Lock()
		o.closed = true
		o.mu.Unlock()
		o.signal()
	}
	for _, o := range f.outlets {
		select {
		case <-o.done:
			if first == nil {
				first = o.err
			}
		case <-ctx.Done():
			o.giveUp()
			if first == nil {
				first = fmt.Errorf("inspect: %s: gave up writing: %w", o.sink.Name(), ctx.Err())
			}
		}
	}
	return first
}

func (o *outlet) put(l load) {
	if len(l.events) == 0 {
		return
	}
	o.mu.Lock()
	for o.size > o.limit && !o.off {
		o.room.Wait()
	}
	if !o.off {
		o.events = append(o.events, l.events...)
		o.size += l.size
	}
	o.mu.Unlock()
	o.signal()
}

func (o *outlet) signal() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// giveUp frees whoever waits for room.
func (o *outlet) giveUp() {
	o.mu.Lock()
	o.off = true
	o.events, o.size = nil, 0
	o.room.Broadcast()
	o.mu.Unlock()
}

func (o *outlet) run() {
	defer close(o.done)
	var spare []*Event
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	tick.Stop()
	for {
		select {
		case <-o.wake:
		case <-tick.C:
		}
		o.mu.Lock()
		batch, closed := o.events, o.closed
		o.events, o.size = spare[:0], 0
		o.room.Broadcast()
		o.mu.Unlock()
		pending, err := o.write(batch)
		clear(batch)
		spare = batch
		if err != nil {
			o.fail(err)
			return
		}
		if closed {
			if o.err = o.sink.Close(); o.err != nil && o.onError != nil {
				o.onError(o.sink.Name(), o.err)
			}
			return
		}
		if pending {
			tick.Reset(flushEvery)
		} else {
			tick.Stop()
		}
	}
}

// write gives the sink a batch, and a moment to write out what it holds. A panic
// in a sink is a bug in that sink, and ends it alone.
func (o *outlet) write(batch []*Event) (pending bool, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	if len(batch) > 0 {
		if err := o.sink.Write(batch); err != nil {
			return false, err
		}
	}
	o.mu.Lock()
	more := len(o.events) > 0
	o.mu.Unlock()
	if more {
		return true, nil
	}
	return o.sink.Flush(o.clock())
}

// fail switches the sink off and says so.
func (o *outlet) fail(err error) {
	o.err = err
	o.giveUp()
	if o.onError != nil {
		o.onError(o.sink.Name(), err)
	}
	o.sink.Close() // its error follows from the one that was told
}

// size estimates what an event holds in memory.
func (e *Event) size() int64 {
	const base = 256
	switch b := e.Body.(type) {
	case *Message:
		return base + 256 + int64(len(b.Raw))*2
	case *Data:
		return base + int64(len(b.Bytes))
	case *Malformed:
		return base + int64(len(b.Bytes))
	case *Bytes:
		return base + int64(len(b.B))
	case interface{ Held() int64 }: // of package application
		return base + b.Held()
	}
	return base
}
