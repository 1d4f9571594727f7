package filter

import (
	"errors"
	"maps"
	"slices"
	"time"

	"tlsmitm/inspect"
)

// Options bound what a Sink holds. The zero value works.
type Options struct {
	// ConnBytes and TotalBytes bound the events that wait to be decided, of each
	// connection and of all together: 0 means 4 MiB and 64 MiB. Beyond that the
	// oldest data go first, then the oldest of anything, and a loss event says how
	// much that was, if the connection is shown after all.
	ConnBytes, TotalBytes int64
	// OnError is told, once, of an expression that failed on some facts. These
	// then do not match.
	OnError func(error)
}

const (
	defaultConnBytes  = 4 << 20
	defaultTotalBytes = 64 << 20
)

// Sink shows another sink what matches: exchanges, with the connections that
// carry them, and connections without exchanges. An event waits until it is
// decided, which is as soon as all is known that the expression looks at; so the
// events of an exchange come together, and an exchange that takes long may come
// after later ones. Events of the run pass.
type Sink struct {
	inner   inspect.Sink
	filter  *Filter
	options Options
	conns   map[uint64]*conn
	held    int64 // bytes, of all connections
	out     []*inspect.Event
	failed  bool // the expression, once
	broken  bool // the inner sink
	stage   stage
}

// NewSink wraps a sink, which it takes over. With a nil filter it returns the sink.
func NewSink(inner inspect.Sink, f *Filter, options Options) inspect.Sink {
	if f == nil {
		return inner
	}
	if options.ConnBytes <= 0 {
		options.ConnBytes = defaultConnBytes
	}
	if options.TotalBytes <= 0 {
		options.TotalBytes = defaultTotalBytes
	}
	return &Sink{inner: inner, filter: f, options: options, conns: make(map[uint64]*conn), stage: f.stage()}
}

// Name implements inspect.Sink.
func (s *Sink) Name() string { return s.inner.Name() }

// Write implements inspect.Sink.
func (s *Sink) Write(batch []*inspect.Event) error {
	for _, e := range batch {
		s.event(e)
	}
	return s.pass()
}

// Flush implements inspect.Sink.
func (s *Sink) Flush(now time.Time) (pending bool, err error) { return s.inner.Flush(now) }

// Close implements inspect.Sink. What is undecided then is decided by what is
// known of it.
func (s *Sink) Close() error {
	s.finish()
	return errors.Join(s.pass(), s.inner.Close())
}

// pass hands on what is to be shown.
func (s *Sink) pass() error {
	if len(s.out) == 0 || s.broken {
		return nil
	}
	err := s.inner.Write(s.out)
	s.broken = err != nil
	clear(s.out)
	s.out = s.out[:0]
	return err
}

// maxConns bounds the open connections that are known: in a saved run, their ends
// may be missing.
const maxConns = 1 << 16

func (s *Sink) event(e *inspect.Event) {
	switch {
	case e.Kind == inspect.KindRunStart:
		s.finish() // another run, whose connections are counted anew
		fallthrough
	case e.Conn == 0:
		s.out = append(s.out, e)
		return
	case e.Kind == inspect.KindSecret:
		return // no sink that shows anything takes it
	}
	c := s.conns[e.Conn]
	if c == nil {
		if len(s.conns) >= maxConns {
			s.finish()
		}
		c = &conn{s: s, exchanges: map[string]*exchange{}}
		s.conns[e.Conn] = c
	}
	c.event(e)
	if e.Kind == inspect.KindConnClose {
		c.drop(0, len(c.held))
		delete(s.conns, e.Conn)
	}
	s.bound()
}

// finish decides on all connections whose end did not come, and forgets them.
func (s *Sink) finish() {
	for _, id := range slices.Sorted(maps.Keys(s.conns)) {
		c := s.conns[id]
		c.close()
		c.drop(0, len(c.held))
	}
	clear(s.conns)
}

// bound keeps what all connections hold within the limit, with some room so that
// it is not looked for at every event.
func (s *Sink) bound() {
	if s.held <= s.options.TotalBytes {
		return
	}
	for s.held > s.options.TotalBytes*3/4 {
		var most *conn
		for _, c := range s.conns {
			if most == nil || c.bytes > most.bytes {
				most = c
			}
		}
		if most == nil || most.bytes == 0 {
			return
		}
		most.shed(most.bytes * 3 / 4)
	}
}

func (s *Sink) match(f *Facts) bool {
	ok, err := s.filter.Match(f)
	if err != nil && !s.failed {
		if s.failed = true; s.options.OnError != nil {
			s.options.OnError(err)
		}
	}
	return ok
}
