package proxy

import (
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"tlsmitm/inspect"
)

// connection is one client's way to one server, from the door on: what is
// inspected, watched for idleness, logged and ended as one.
type connection struct {
	p       *Proxy
	target  Target
	session *inspect.Session // nil where nothing is inspected
	mode    inspect.Mode
	opened  time.Time

	client, server flow
	greets         *greeting // while the client is greeted
	refused        *refusal  // while the client is told why it gets no further
	relaying       atomic.Bool
	certAsked      bool   // the server asked for a client certificate
	early          []byte // what the server said while the proxy waited for its verdict on there being none

	mu      sync.Mutex
	sockets []net.Conn
	ended   inspect.Cause // why it was ended from outside; "" if it was not
	over    bool
}

// openConnection starts the record of a connection for a client whose socket is raw.
func (p *Proxy) openConnection(raw net.Conn, t Target, mode inspect.Mode) *connection {
	c := &connection{p: p, target: t, mode: mode, opened: time.Now()}
	c.client.owner, c.server.owner = c, c
	c.client.start(raw, raw)
	c.session = p.inspector.Open(inspect.Meta{
		Client: c.from(), Target: t.Asked, UserAgent: t.UserAgent, Via: t.Via, Mode: mode,
	})
	return c
}

// from is the client's address.
func (c *connection) from() string { return c.client.raw.RemoteAddr().String() }

// adopt makes raw a socket that ends with the connection. It is false if the
// connection has been ended already; raw is closed then.
func (c *connection) adopt(raw net.Conn) bool {
	c.mu.Lock()
	late := c.ended != "" || c.over
	if !late {
		c.sockets = append(c.sockets, raw)
	}
	c.mu.Unlock()
	if late {
		raw.Close()
	}
	return !late
}

// end ends the connection from outside. Whoever serves it finds its sockets
// closed, and finishes.
func (c *connection) end(why inspect.Cause) {
	c.mu.Lock()
	if c.ended == "" && !c.over {
		c.ended = why
	}
	sockets := c.sockets
	c.mu.Unlock()
	closeAll(sockets)
}

func closeAll(sockets []net.Conn) {
	for _, s := range sockets {
		s.Close()
	}
}

// progress changes with every byte that passes.
func (c *connection) progress() int64 {
	return c.client.received.Load() + c.client.sent.Load() + c.server.received.Load() + c.server.sent.Load()
}

// finish ends the connection, once: with a nil problem, as it should.
func (c *connection) finish(prob *problem) {
	c.mu.Lock()
	if c.over {
		c.mu.Unlock()
		return
	}
	c.over = true
	if c.ended != "" {
		prob = wordsEnded(c.target, c.ended, c.p.limits)
	}
	sockets := c.sockets
	c.mu.Unlock()
	closeAll(sockets)
	out := inspect.Outcome{Cause: inspect.CauseOK, Mode: c.mode}
	if prob != nil {
		out.Cause, out.Err = prob.cause, prob.err
	}
	c.session.Close(out)
	c.log(out.Cause, prob)
	c.p.open.remove(c)
}

// log writes the connection's one line.
func (c *connection) log(cause inspect.Cause, prob *problem) {
	var e *zerolog.Event
	switch cause {
	case inspect.CauseOK, inspect.CauseClientReset, inspect.CauseIdleTimeout, inspect.CauseShutdown:
		e = c.p.logger.Debug()
	case inspect.CauseInternal:
		e = c.p.logger.Error()
	default:
		e = c.p.logger.Warn()
	}
	if e == nil {
		return
	}
	if id := c.session.ID(); id != 0 {
		e = e.Uint64("conn", id)
	}
	up, down := c.client.received.Load(), c.client.sent.Load()
	if c.target.Via == inspect.ViaHTTP {
		up, down = c.server.sent.Load(), c.server.received.Load()
	}
	e = e.Str("cause", string(cause)).Str("client", c.from()).Str("target", c.target.String()).Str("mode", string(c.mode)).
		Int64("up", up).Int64("down", down).Dur("duration", time.Since(c.opened))
	if prob == nil {
		e.Msgf("%s is done", c.target)
		return
	}
	if prob.err != nil {
		e = e.AnErr("error", prob.err)
	}
	if prob.next != "" {
		e = e.Str("next", prob.next)
	}
	e.Msg(prob.Error())
}
