package inspect

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

const (
	// gatherSteps of gatherStep are how long a worker lets work pile up once it
	// is woken: a wake-up for each chunk would cost more than the dissecting.
	// Nobody at a terminal notices a few milliseconds.
	gatherSteps = 4
	gatherStep  = time.Millisecond
	// gatherBytes is when enough has piled up: more would fall out of the
	// processor's caches.
	gatherBytes = 512 << 10
	// dataDelay is how long data may wait for more of its run.
	dataDelay = 100 * time.Millisecond
	// tickEvery is how often a worker looks for data that has waited so long.
	tickEvery = 25 * time.Millisecond
)

// worker dissects the sessions that are assigned to it, one at a time.
type worker struct {
	in *Inspector

	mu    sync.Mutex
	ready []*Session

	wake chan struct{}
	quit chan struct{}
	done chan struct{}

	// Owned by the worker's goroutine.
	waiting map[*Session]struct{} // have data that waits for more of its run
	events  []*Event
	spare   queue
	slab    slab
}

func newWorker(in *Inspector) *worker {
	return &worker{
		in:      in,
		wake:    make(chan struct{}, 1),
		quit:    make(chan struct{}),
		done:    make(chan struct{}),
		waiting: make(map[*Session]struct{}),
	}
}

// add puts a session on the list of those that have work.
func (w *worker) add(s *Session) {
	w.mu.Lock()
	w.ready = append(w.ready, s)
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *worker) run() {
	defer close(w.done)
	pause := time.NewTimer(time.Hour)
	pause.Stop()
	tick := time.NewTicker(tickEvery)
	tick.Stop()
	ticking := false
	for {
		select {
		case <-w.wake:
			w.gather(pause)
			w.drain()
		case <-tick.C:
			w.tick(time.Now())
		case <-w.quit:
			w.drain()
			return
		}
		if waits := len(w.waiting) > 0; waits != ticking {
			if ticking = waits; waits {
				tick.Reset(tickEvery)
			} else {
				tick.Stop()
			}
		}
	}
}

// gather lets work pile up for a moment.
func (w *worker) gather(pause *time.Timer) {
	for range gatherSteps {
		if used := w.in.budget.used.Load(); used >= gatherBytes || used >= w.in.budget.limit/2 {
			return
		}
		pause.Reset(gatherStep)
		select {
		case <-pause.C:
		case <-w.quit:
			return
		}
	}
}

// stop lets the worker finish what is on its list, and waits for it or for ctx.
func (w *worker) stop(ctx context.Context) {
	close(w.quit)
	select {
	case <-w.done:
	case <-ctx.Done():
	}
}

// publishEvery bounds the events that a worker holds back to hand them on at once.
const publishEvery = 256

func (w *worker) drain() {
	for {
		w.mu.Lock()
		list := w.ready
		w.ready = nil
		w.mu.Unlock()
		if len(list) == 0 {
			return
		}
		ended := 0
		for _, s := range list {
			if w.serve(s) {
				ended++
			}
			if len(w.events) >= publishEvery {
				w.publish()
			}
		}
		w.publish()
		w.in.sessions.Add(-ended) // only now, since Drain promises that all is told
	}
}

// serve dissects all that a session has queued. It reports whether the session is
// over.
func (w *worker) serve(s *Session) (over bool) {
	q := s.take(w.spare)
	if !s.done {
		over = w.dissect(s, q.items)
	}
	size := 0
	for _, it := range q.items {
		if it.kind == itemChunk {
			size += len(it.b)
		}
	}
	q.release()
	w.spare = q
	w.in.budget.give(size)
	w.track(s, over)
	return over
}

// dissect takes a session's items. It reports whether the session is over.
func (w *worker) dissect(s *Session, items []item) (over bool) {
	at, closing := time.Now(), false
	for i := range items {
		if items[i].kind == itemClose {
			closing, at = true, items[i].at
		}
	}
	if s.broken {
		if closing {
			w.collect(brokenClose(at, s.id, s.meta.Mode, nil))
		}
		return closing
	}
	return w.guard(s, at, closing, func() {
		for i := range items {
			s.dissector.handle(&items[i], s)
			if len(w.events) >= publishEvery { // few bytes can be many events
				w.publish()
			}
		}
		s.dissector.settle()
	})
}

// track notes whether the session needs to be looked at again in a while.
func (w *worker) track(s *Session, over bool) {
	if over || s.broken {
		s.dissector.forget()
	}
	if over {
		s.done = true
		s.end()
	}
	if !s.done && !s.broken && s.dissector.waiting() {
		w.waiting[s] = struct{}{}
	} else {
		delete(w.waiting, s)
	}
}

// guard runs a step of a session's dissection; a panic is a bug, and ends the
// inspection of this one connection, loudly. It reports whether the session is over.
func (w *worker) guard(s *Session, at time.Time, closing bool, step func()) (over bool) {
	defer func() {
		if v := recover(); v != nil {
			if w.in.opts.OnPanic != nil {
				w.in.opts.OnPanic(s.id, v, debug.Stack())
			}
			s.broken = true
			over = closing || s.dissector.closing != nil
			w.collect(&Event{Time: at, Kind: KindLoss, Conn: s.id, Body: &Loss{Reason: LossPanic}})
			if over {
				w.collect(brokenClose(at, s.id, s.meta.Mode, fmt.Errorf("inspect: panic: %v", v)))
			}
		}
	}()
	step()
	return s.dissector.closed
}

// brokenClose ends the events of a connection whose inspection ended early.
func brokenClose(at time.Time, conn uint64, mode Mode, err error) *Event {
	body := &ConnClose{Cause: CauseInternal, Mode: mode}
	if err != nil {
		body.Error = err.Error()
	}
	return &Event{Time: at, Kind: KindConnClose, Conn: conn, Body: body}
}

// tick writes the data that has waited long enough for more of its run, and gives
// up secrets that do not come.
func (w *worker) tick(now time.Time) {
	ended := 0
	for s := range w.waiting {
		over := w.guard(s, now, false, func() {
			s.dissector.tick(now)
			s.dissector.settle()
		})
		w.track(s, over)
		if over {
			ended++
		}
	}
	w.publish()
	w.in.sessions.Add(-ended)
}

func (w *worker) collect(e *Event) { w.events = append(w.events, e) }

// publish hands the events collected so far to the sinks.
func (w *worker) publish() {
	if len(w.events) > 0 {
		w.in.fanout.publish(w.events)
		clear(w.events)
		w.events = w.events[:0]
	}
}
