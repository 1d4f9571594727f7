package proxy

import (
	"context"
	"sync"
	"time"

	"tlsmitm/inspect"
)

// registry knows every connection that is open, so that each can be ended from
// outside: because nothing has passed for too long, or because the proxy stops.
type registry struct {
	mu     sync.Mutex
	open   map[*connection]pulse
	closed bool
	empty  chan struct{} // closed when the last one goes; nil while nobody waits
}

// pulse is what a connection was like when it was last looked at.
type pulse struct {
	progress int64
	still    int // looks in a row that found no progress
}

// add enters c. It is false once the registry is closed: c must end at once.
func (r *registry) add(c *connection) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	if r.open == nil {
		r.open = make(map[*connection]pulse)
	}
	r.open[c] = pulse{}
	return true
}

func (r *registry) remove(c *connection) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.open, c)
	if len(r.open) == 0 && r.empty != nil {
		close(r.empty)
		r.empty = nil
	}
}

// wait returns when no connection is open, or ctx ends.
func (r *registry) wait(ctx context.Context) error {
	r.mu.Lock()
	if len(r.open) == 0 {
		r.mu.Unlock()
		return nil
	}
	if r.empty == nil {
		r.empty = make(chan struct{})
	}
	empty := r.empty
	r.mu.Unlock()
	select {
	case <-empty:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// close ends every connection, and lets none in any more.
func (r *registry) close(why inspect.Cause) {
	r.mu.Lock()
	r.closed = true
	list := make([]*connection, 0, len(r.open))
	for c := range r.open {
		list = append(list, c)
	}
	r.mu.Unlock()
	for _, c := range list {
		c.end(why)
	}
}

// looks is how many looks in a row must find no progress for a connection to be idle.
const looks = 10

// look ends the connections that relay and have made no progress for so many looks.
func (r *registry) look() {
	var idle []*connection
	r.mu.Lock()
	for c, was := range r.open {
		now := pulse{progress: c.progress()}
		if now.progress == was.progress && c.relaying.Load() {
			now.still = was.still + 1
		}
		if r.open[c] = now; now.still >= looks {
			idle = append(idle, c)
		}
	}
	r.mu.Unlock()
	for _, c := range idle {
		c.end(inspect.CauseIdleTimeout)
	}
}

// janitor ends idle connections until quit is closed, and closes done. One
// goroutine looks at all of them: a deadline for each read would cost every byte
// more than this costs an idle connection.
func (r *registry) janitor(limit time.Duration, quit <-chan struct{}, done chan<- struct{}) {
	defer close(done)
	ticker := time.NewTicker(max(limit/looks, time.Millisecond))
	defer ticker.Stop()
	for {
		select {
		case <-quit:
			return
		case <-ticker.C:
			r.look()
		}
	}
}
