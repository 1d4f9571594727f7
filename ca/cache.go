package ca

import (
	"container/list"
	"context"
	"crypto/tls"
	"errors"
	"sync"
	"time"
)

// maxLeaves bounds the leaves that are kept; the one used longest ago goes first.
const maxLeaves = 4096

// leafID is all that a leaf depends on.
type leafID struct {
	upstream [32]byte // SHA-256 of the upstream certificate; zero without one
	host     host     // the asked name, where the upstream certificate lacks it
	rsa      bool
}

// cache keeps leaves, and has each one made once. The zero value is empty.
type cache struct {
	mu      sync.Mutex
	entries map[leafID]*list.Element // of *entry
	order   list.List                // most recently used first
	flights map[leafID]*flight
}

type entry struct {
	id   leafID
	cert *tls.Certificate
	// until lies half way to the leaf's end: a client that gets it from here
	// still has time to use it.
	until time.Time
}

// flight is a leaf being made, for all who ask for it meanwhile.
type flight struct {
	done chan struct{}
	cert *tls.Certificate
	err  error
}

// errMint is what those waiting get if make did not return.
var errMint = errors.New("ca: making the leaf was cut short")

// get returns the leaf, which mint makes if it is not there. Errors are not kept.
func (c *cache) get(ctx context.Context, id leafID, now time.Time, mint func() (*tls.Certificate, error)) (*tls.Certificate, error) {
	c.mu.Lock()
	if el, ok := c.entries[id]; ok {
		if e := el.Value.(*entry); now.Before(e.until) {
			c.order.MoveToFront(el)
			c.mu.Unlock()
			return e.cert, nil
		}
		c.remove(el)
	}
	if f, ok := c.flights[id]; ok {
		c.mu.Unlock()
		select {
		case <-f.done:
			return f.cert, f.err
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	f := &flight{done: make(chan struct{}), err: errMint}
	if c.flights == nil {
		c.flights = make(map[leafID]*flight)
	}
	c.flights[id] = f
	c.mu.Unlock()

	defer c.land(id, f, now)
	f.cert, f.err = mint()
	return f.cert, f.err
}

// land ends a flight, and keeps what it brought.
func (c *cache) land(id leafID, f *flight, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.flights, id)
	close(f.done)
	if f.err != nil {
		return
	}
	if c.entries == nil {
		c.entries = make(map[leafID]*list.Element)
	}
	c.entries[id] = c.order.PushFront(&entry{id, f.cert, now.Add(f.cert.Leaf.NotAfter.Sub(now) / 2)})
	if c.order.Len() > maxLeaves {
		c.remove(c.order.Back())
	}
}

func (c *cache) remove(el *list.Element) {
	delete(c.entries, el.Value.(*entry).id)
	c.order.Remove(el)
}
