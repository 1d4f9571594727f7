package capture

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"time"

	"tlsmitm/inspect"
)

// Options configure a Reader.
type Options struct {
	Inspector *inspect.Inspector
	// Keys open what the captures hold; nil for nothing. Secrets that stand in a
	// capture are added to them.
	Keys *inspect.KeyStore
	// Clock follows the time of what is read live; nil for none.
	Clock *Clock
	// OnProgress is told how many bytes of a capture are read, as they are in the
	// file, now and then.
	OnProgress func(read int64)
}

// Reader reads captures, one after the other, into an Inspector. It is not safe for
// concurrent use.
type Reader struct {
	opts      Options
	replay    *inspect.Replay
	assembler *Assembler
	began     int64  // when the latest capture began
	counts    Counts // of assemblers before
	links     map[LinkType]int64
	pairs     map[pairName]*recorded // connections that comments name, while they are open
	numbers   numbers
}

// NewReader returns a Reader; Close ends it.
func NewReader(opts Options) *Reader {
	r := &Reader{opts: opts, replay: opts.Inspector.Replay(), links: make(map[LinkType]int64), pairs: make(map[pairName]*recorded)}
	r.assembler = NewAssembler(r.open)
	return r
}

// Close ends the connections that are still open and waits until all has been
// dissected and handed to the sinks.
func (r *Reader) Close() {
	r.end()
	r.replay.Close()
}

// Counts returns what was seen in all captures so far.
func (r *Reader) Counts() Counts {
	c := r.counts
	c.add(r.assembler.counts)
	return c
}

// Links returns the link types that frames could not be read of, with their numbers.
func (r *Reader) Links() map[LinkType]int64 { return r.links }

var errCrowded = errors.New("capture: too many connections are open at once, and this one was silent for longest")

// end closes what is open.
func (r *Reader) end() {
	r.assembler.end()
	r.counts.add(r.assembler.counts)
	r.assembler = NewAssembler(r.open)
}

const (
	// A capture continues the one before it if it begins not much later, as those do
	// that a program writes one after the other.
	continuesWithin = int64(60 * time.Second)
	overlapsBy      = int64(time.Second)
)

// ReadFile reads a capture that is complete, up to its end or to where it cannot be
// read.
func (r *Reader) ReadFile(ctx context.Context, in io.Reader) error {
	b := newBlocks(newSource(in), false)
	for first := true; ; {
		if err := b.fill(); err != nil {
			return notEOF(err)
		}
		if err := r.take(b, &first); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// ReadLive reads a capture that is still being made: whatever has come is told at
// once. It returns when the capture ends, or ctx does.
func (r *Reader) ReadLive(ctx context.Context, in io.Reader) error {
	b := newBlocks(newSource(in), true)
	filled := make(chan error, 1)
	tick := time.NewTicker(liveTick)
	defer tick.Stop()
	for first := true; ; {
		go func() { filled <- b.fill() }()
		if err := r.await(ctx, filled, tick.C); err != nil {
			return notEOF(err)
		}
		if err := r.take(b, &first); err != nil {
			return err
		}
	}
}

// liveTick is how often time passes while nothing comes.
const liveTick = 25 * time.Millisecond

// await waits for a block. Meanwhile time passes, for what waits for it.
func (r *Reader) await(ctx context.Context, filled <-chan error, tick <-chan time.Time) error {
	since := time.Now()
	from := r.assembler.now
	for {
		select {
		case err := <-filled:
			return err
		case <-ctx.Done():
			return ctx.Err()
		case <-tick:
			if from > 0 {
				now := from + int64(time.Since(since))
				r.assembler.tick(now)
				r.flush(timeOf(now), nil)
			}
		}
	}
}

// take takes all that a block holds, and has it dissected.
func (r *Reader) take(b *blocks, first *bool) error {
	var rec record
	var err error
	for ok := true; ok; {
		if ok, err = b.next(&rec); !ok {
			break
		}
		if rec.kind == recordSecrets {
			r.secrets(rec.data)
			continue
		}
		if *first && !rec.noTime {
			*first = false
			r.begin(rec.time)
		}
		if !rec.link.Supported() {
			r.links[rec.link]++
		}
		r.assembler.frame(&rec)
	}
	block := b.hand()
	r.flush(timeOf(r.assembler.now), func() { b.release(block) })
	if r.opts.OnProgress != nil {
		r.opts.OnProgress(b.in.counts.n)
	}
	return err
}

func (r *Reader) secrets(text []byte) {
	if r.opts.Keys != nil {
		r.replay.Secrets(r.opts.Keys, text)
	}
}

// begin takes note of the time at which a capture begins.
func (r *Reader) begin(at int64) {
	last := r.assembler.now
	if last != 0 && (at-last > continuesWithin || last-at > overlapsBy || at <= r.began) {
		r.end()
		r.numbers.begin()
	}
	r.began = at
}

func (r *Reader) flush(now time.Time, free func()) {
	if r.opts.Clock != nil {
		r.opts.Clock.now.Store(now.UnixNano())
	}
	r.replay.Flush(now, free)
}

func notEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// Secrets adds the secrets that a capture holds to keys, wherever they stand.
func Secrets(ctx context.Context, in io.Reader, keys *inspect.KeyStore) error {
	b := newBlocks(newSource(in), false)
	var rec record
	for {
		if err := b.fill(); err != nil {
			return notEOF(err)
		}
		for {
			ok, err := b.next(&rec)
			if err != nil {
				return err
			}
			if !ok {
				break
			}
			if rec.kind == recordSecrets {
				keys.AddText(rec.data)
			}
		}
		b.release(b.hand())
		if b.cut.format == formatPcap {
			return nil // which holds none
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// Clock tells the time of a capture that is read while it is made, from the times of
// its frames. Until then, and of others, it is zero.
type Clock struct{ now atomic.Int64 }

// Now returns the time.
func (c *Clock) Now() time.Time {
	if ns := c.now.Load(); ns != 0 {
		return timeOf(ns)
	}
	return time.Time{}
}
