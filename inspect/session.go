package inspect

import (
	"sync"
	"time"
)

// Meta is what is known of a connection when it is opened.
type Meta struct {
	Client    string // ip:port
	Target    string // host:port
	UserAgent string
	Via       Via
	Mode      Mode
	// Keys opens what the legs' own key logs do not; nil for none. In
	// ModeCapture it is all that does.
	Keys *KeyStore
	// Midway says that a recording lacks the connection's beginning.
	Midway bool
	// Number is what a recorded connection is to be called in the run; 0 for the next
	// number. They must be all given or none.
	Number uint64
}

// Outcome says how a connection ended.
type Outcome struct {
	Cause Cause
	Err   error
	Mode  Mode // as it was treated in the end; "" means as opened
}

// Session is one connection under inspection. All methods may be called on nil,
// and from several goroutines.
type Session struct {
	in     *Inspector
	id     uint64
	meta   Meta
	worker *worker

	mu     sync.Mutex
	q      queue
	queued bool              // waits for its worker
	closed bool              // nothing but secrets is queued any more
	over   bool              // nothing is
	lost   map[flowKey]int64 // overflow: drop; a direction that lost bytes stays lost

	// Owned by the worker.
	dissector *Dissector
	broken    bool
	done      bool
}

// flowKey names one direction of one leg.
type flowKey struct {
	leg LegName
	up  bool
}

// Open starts a session. It must be closed.
func (in *Inspector) Open(meta Meta) *Session {
	if in == nil {
		return nil
	}
	id := in.lastID.Add(1)
	s := &Session{in: in, id: id, meta: meta, worker: in.workers[id%uint64(len(in.workers))]}
	in.sessions.Add(1)
	s.dissector = in.dissector(id, meta, time.Now(), s.worker.collect, &s.worker.slab)
	s.dissector.deliver = s.deliver
	s.push(item{kind: itemOpen})
	return s
}

// ID returns the connection's number, unique in the run; 0 for nil.
func (s *Session) ID() uint64 {
	if s == nil {
		return 0
	}
	return s.id
}

// Leg returns one of the session's legs; nil for nil.
func (s *Session) Leg(name LegName) *Leg {
	if s == nil {
		return nil
	}
	return &Leg{s: s, name: name}
}

// Close ends the session; what was queued before is still dissected. Bytes that
// are tapped later are not seen.
func (s *Session) Close(o Outcome) {
	if s == nil {
		return
	}
	s.push(item{kind: itemClose, at: time.Now(), body: o})
}

// push queues an item that is not bound by the budget: these are few and small,
// and a key log line must never wait.
func (s *Session) push(it item) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	s.closed = it.kind == itemClose
	s.queue(it)
}

// deliver queues what a key store has to tell, of a connection that has ended,
// too: it may have ended sooner than its secrets were read.
func (s *Session) deliver(it item) {
	it.at = time.Now()
	s.mu.Lock()
	if s.over {
		s.mu.Unlock()
		return
	}
	s.queue(it)
}

// queue is called with mu held and releases it.
func (s *Session) queue(it item) {
	s.q.items = append(s.q.items, it)
	s.schedule()
}

// chunk copies bytes that passed into the queue.
func (s *Session) chunk(leg LegName, up bool, at time.Time, b []byte) {
	if len(b) == 0 {
		return
	}
	if s.in.opts.Overflow == OverflowWait {
		s.in.budget.take(len(b))
	} else if !s.claim(flowKey{leg, up}, at, len(b)) {
		return
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		s.in.budget.give(len(b))
		return
	}
	s.q.add(leg, up, at, b)
	s.schedule()
}

// claim takes room for n bytes, or counts them as lost. One lost chunk blinds
// its direction for good, since record numbers are implicit: dropping is sticky.
func (s *Session) claim(k flowKey, at time.Time, n int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, blind := s.lost[k]; !blind && s.in.budget.try(n) {
		return true
	}
	if s.lost == nil {
		s.lost = make(map[flowKey]int64)
	}
	if _, blind := s.lost[k]; !blind {
		s.q.items = append(s.q.items, item{kind: itemLoss, leg: k.leg, up: k.up, at: at})
	}
	s.lost[k] += int64(n)
	return false
}

// schedule hands the session to its worker unless it waits there already. It
// is called with mu held and releases it.
func (s *Session) schedule() {
	first := !s.queued
	s.queued = true
	s.mu.Unlock()
	if first {
		s.worker.add(s)
	}
}

// take swaps the queue for an empty one.
func (s *Session) take(spare queue) queue {
	s.mu.Lock()
	q := s.q
	s.q = spare
	s.queued = false
	s.mu.Unlock()
	return q
}

// end refuses all that could still be queued.
func (s *Session) end() {
	s.mu.Lock()
	s.over = true
	s.mu.Unlock()
}

// losses returns what each direction lost, once the session is closed.
func (s *Session) losses() map[flowKey]int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lost
}
