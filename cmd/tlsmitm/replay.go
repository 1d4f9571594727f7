package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"time"

	"tlsmitm/inspect"
	"tlsmitm/inspect/saved"
)

const (
	// toldLines is how many bad lines of a file are told of one by one. A file
	// that begins with so many is none of ours.
	toldLines = 10
	// heldEvents is how many events are read ahead of the sinks.
	heldEvents = 256
	// lastWords is how long an interrupted reader of a pipe waits for what the
	// program at its other end, interrupted as well, still has to say.
	lastWords = time.Second
	// flushEvery is how often sinks may write what they hold back.
	flushEvery = 50 * time.Millisecond
	// flushEvents is after how many events of a file they may do so at the latest.
	flushEvents = 1 << 14
)

// replay gives saved events to sinks as if they happened now.
type replay struct {
	sinks   []inspect.Sink
	change  func(*inspect.Event) *inspect.Event
	tell    func(error)
	unknown map[inspect.Kind]int // events that no view shows
	failed  bool
	last    *inspect.Event // the latest, and
	since   time.Time      // when it was read
	flushed time.Time      // what time it was when the sinks were last flushed, and
	written int            // how many events they got since
}

// haul is what was read at once: events, and then maybe an error.
type haul struct {
	events []*inspect.Event
	err    error
}

// file replays one file. Its error ends the replay.
func (r *replay) file(ctx context.Context, name string, stdin *os.File) error {
	f := stdin
	if name != standardInput {
		var err error
		if f, err = os.Open(name); err != nil {
			return unreadable(name, err)
		}
		defer f.Close()
	}
	live := !regular(f)
	if live {
		var stop context.CancelFunc
		ctx, stop = signal.NotifyContext(ctx, os.Interrupt)
		defer stop()
	}
	done := make(chan struct{})
	defer close(done)
	hauls := make(chan haul, 1)
	go read(saved.NewReader(titled(name), f), hauls, done)
	return r.follow(ctx, name, hauls, live)
}

// titled is what a file is called in messages about its lines.
func titled(name string) string {
	if name == standardInput {
		return "standard input"
	}
	return name
}

// regular says whether f is a file that lies there: else somebody may be writing
// into it just now.
func regular(f *os.File) bool {
	st, err := f.Stat()
	return err == nil && st.Mode().IsRegular()
}

// read is the goroutine that reads a file, until its end or done.
func read(from *saved.Reader, to chan<- haul, done <-chan struct{}) {
	defer close(to)
	for {
		var h haul
		for len(h.events) < heldEvents && h.err == nil {
			e, err := from.Next()
			if h.err = err; err == nil {
				h.events = append(h.events, e)
			}
			if !from.Buffered() {
				break
			}
		}
		select {
		case to <- h:
		case <-done:
			return
		}
		var line *saved.LineError
		if h.err != nil && !errors.As(h.err, &line) {
			return
		}
	}
}

// follow takes what is read to the sinks, and lets them write what they have held
// back for long enough, also while a pipe has nothing to say.
func (r *replay) follow(ctx context.Context, name string, hauls <-chan haul, live bool) error {
	seen := progress{name: titled(name)}
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	interrupted, over := ctx.Done(), (<-chan time.Time)(nil)
	for {
		select {
		case h, more := <-hauls:
			if !more {
				r.end(&seen)
				return nil
			}
			if err := r.write(h.events); err != nil {
				return err
			}
			if err := r.flush(live); err != nil {
				return err
			}
			if err := r.judge(&seen, h); err != nil {
				return err
			}
		case <-tick.C:
			if live {
				if err := r.flush(live); err != nil {
					return err
				}
			}
		case <-interrupted:
			interrupted, over = nil, time.After(lastWords)
		case <-over:
			return exitStatus(killedBy(os.Interrupt))
		}
	}
}

// progress is how far a file has been read.
type progress struct {
	name        string
	events, bad int
	untold      []*saved.LineError // of lines before the first event
}

// judge takes in what was read, and tells what went wrong. Its error means that
// the file is no use.
func (r *replay) judge(p *progress, h haul) error {
	p.events += len(h.events)
	if p.events > 0 {
		r.tellAll(p)
	}
	var line *saved.LineError
	switch {
	case h.err == nil || errors.Is(h.err, io.EOF):
		return nil
	case !errors.As(h.err, &line):
		return unreadable(p.name, h.err)
	case line.Cut && p.events > 0:
		r.tell(cutShort(line))
		return nil
	}
	r.failed = true
	p.bad++
	switch {
	case p.events > 0 && p.bad <= toldLines:
		r.tell(line)
	case p.events == 0 && p.bad == toldLines:
		return noEvents(p.untold[0], toldLines-1)
	case p.events == 0:
		p.untold = append(p.untold, line)
	}
	return nil
}

// tellAll tells of the bad lines that a file turned out to begin with.
func (r *replay) tellAll(p *progress) {
	for _, line := range p.untold {
		r.tell(line)
	}
	p.untold = nil
}

func (r *replay) end(p *progress) {
	r.tellAll(p)
	if more := p.bad - toldLines; more > 0 {
		r.tell(moreLines(p.name, more))
	}
}

func (r *replay) write(events []*inspect.Event) error {
	for i, e := range events {
		if _, unknown := e.Body.(*inspect.Unknown); unknown {
			r.unknown[e.Kind]++
		}
		events[i] = r.change(e)
	}
	if len(events) == 0 {
		return nil
	}
	r.last, r.since = events[len(events)-1], time.Now()
	r.written += len(events)
	for _, s := range r.sinks {
		if err := s.Write(events); err != nil {
			return sinkEnded(s.Name(), err)
		}
	}
	return nil
}

// flush tells the sinks what time it is where the events come from: that of the
// latest one and, if they come live, how long ago that was read.
func (r *replay) flush(live bool) error {
	if r.last == nil {
		return nil
	}
	now := r.last.Time
	if live {
		now = now.Add(time.Since(r.since))
	} else if since := now.Sub(r.flushed); since >= 0 && since < flushEvery && r.written < flushEvents {
		return nil
	}
	r.flushed, r.written = now, 0
	for _, s := range r.sinks {
		if _, err := s.Flush(now); err != nil {
			return sinkEnded(s.Name(), err)
		}
	}
	return nil
}

// close lets the sinks write the rest.
func (r *replay) close() error {
	var errs []error
	for _, s := range r.sinks {
		if err := s.Close(); err != nil {
			errs = append(errs, sinkEnded(s.Name(), err))
		}
	}
	return errors.Join(errs...)
}
