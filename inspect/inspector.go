package inspect

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"tlsmitm/inspect/application"
	"tlsmitm/inspect/redact"
)

// Overflow says what happens when inspection cannot keep up.
type Overflow string

const (
	// OverflowWait makes the relay wait: nothing is lost.
	OverflowWait Overflow = "wait"
	// OverflowDrop lets the relay go on: what did not fit is lost to
	// inspection, counted, and told in a loss event.
	OverflowDrop Overflow = "drop"
)

const (
	defaultDataBytes  = 1024
	defaultQueueBytes = 16 << 20
	defaultSignatures = 100
	// bodiesBytes bounds the bodies that are kept until their exchanges are over,
	// over all connections.
	bodiesBytes = 256 << 20
)

// Options configure an Inspector. The zero value inspects into no sink.
type Options struct {
	Sinks []Sink
	// DataBytes bounds how much of each run of data an event carries:
	// 0 means 1024, -1 no bound, -2 none at all.
	DataBytes int
	// QueueBytes bounds what waits to be dissected, over all connections, and
	// what waits for each sink; 0 means 16 MiB.
	QueueBytes int64
	// Overflow is what a full queue does; "" means OverflowWait.
	Overflow Overflow
	// SignaturesPerSecond bounds how many signatures are checked in the long run, over
	// all connections, and five times as many at once: 0 means 100, -1 no bound, -2 none
	// at all. Those beyond are told of as not checked.
	SignaturesPerSecond int
	// NoExchanges leaves out what the data mean: no http, ws, sse, grpc and h2
	// events are told.
	NoExchanges bool
	// Exchanges says how much of exchanges is kept and told. Its Sums ask for the
	// legs to be compared; its Redact is Options.Redact.
	Exchanges application.Options
	// Redact hides the secrets in all that is told of data; nil shows them.
	Redact *redact.Redactor
	// Clock says what time it is for the sinks, some of which show nothing for a
	// moment; nil means time.Now. Of a recording it is a time of the recording.
	Clock func() time.Time
	// OnSinkError is told once that a sink failed and is switched off.
	OnSinkError func(sink string, err error)
	// OnPanic is told that a bug ended the inspection of a connection.
	OnPanic func(conn uint64, value any, stack []byte)
}

// Inspector owns the queue, the dissecting goroutines and the sinks' queues.
// A nil *Inspector is valid and inspects nothing.
type Inspector struct {
	opts    Options
	budget  *budget
	fanout  *fanout
	workers []*worker
	masters *masterStore
	tapped  bool // a sink takes bytes
	notary  *notary

	accepted acceptances

	lastID   atomic.Uint64
	sessions sync.WaitGroup
	started  time.Time
}

// New starts an Inspector; Close ends it. With no sink it returns nil, which
// costs the relay nothing.
func New(opts Options) *Inspector {
	if len(opts.Sinks) == 0 {
		return nil
	}
	switch opts.DataBytes {
	case 0:
		opts.DataBytes = defaultDataBytes
	case -2:
		opts.DataBytes = 0
	}
	switch opts.SignaturesPerSecond {
	case 0:
		opts.SignaturesPerSecond = defaultSignatures
	case -2:
		opts.SignaturesPerSecond = 0
	}
	if opts.QueueBytes <= 0 {
		opts.QueueBytes = defaultQueueBytes
	}
	if opts.Overflow == "" {
		opts.Overflow = OverflowWait
	}
	if opts.Redact != nil {
		opts.Exchanges.Redact = opts.Redact
	}
	if opts.Exchanges.Budget == nil {
		opts.Exchanges.Budget = application.NewBudget(bodiesBytes)
	}
	in := &Inspector{
		opts:    opts,
		budget:  newBudget(opts.QueueBytes),
		masters: newMasterStore(masterStoreSize),
		notary:  newNotary(opts.SignaturesPerSecond),
		started: time.Now(),
	}
	for _, s := range opts.Sinks {
		_, takes := s.(ByteSink)
		in.tapped = in.tapped || takes
	}
	if opts.Clock == nil {
		opts.Clock = time.Now
	}
	in.fanout = newFanout(opts.Sinks, opts.QueueBytes, opts.Clock, opts.OnSinkError)
	for range max(1, min(4, runtime.GOMAXPROCS(0)/2)) {
		w := newWorker(in)
		in.workers = append(in.workers, w)
		go w.run()
	}
	return in
}

// dissector returns the Dissector of a connection.
func (in *Inspector) dissector(id uint64, meta Meta, at time.Time, emit func(*Event), s *slab) *Dissector {
	d := newDissector(id, meta, at, in.opts.DataBytes, in.masters, emit)
	d.slab, d.accepted, d.notary = s, &in.accepted, in.notary
	d.tapped = in.tapped
	d.hide(in.opts.Redact)
	if !in.opts.NoExchanges {
		d.carried = &carried{d: d, options: in.opts.Exchanges}
	}
	return d
}

// Emit passes an event of the run itself (run.start, run.end) to the sinks.
func (in *Inspector) Emit(e *Event) {
	if in == nil {
		return
	}
	in.fanout.publish([]*Event{e})
}

// Connections returns how many connections were opened so far.
func (in *Inspector) Connections() uint64 {
	if in == nil {
		return 0
	}
	return in.lastID.Load()
}

// Drain waits until every session that was closed is dissected, or ctx ends.
// Sessions still open keep it waiting: close them first.
func (in *Inspector) Drain(ctx context.Context) error {
	if in == nil {
		return nil
	}
	done := make(chan struct{})
	go func() { in.sessions.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close drains the sessions, which must have been closed, then the sinks, and
// closes these. When ctx ends first it gives up what is left and says so.
func (in *Inspector) Close(ctx context.Context) error {
	if in == nil {
		return nil
	}
	err := in.Drain(ctx)
	in.budget.open() // whoever still waits for room goes on
	for _, w := range in.workers {
		w.stop(ctx)
	}
	if ferr := in.fanout.close(ctx); err == nil {
		err = ferr
	}
	return err
}
