package filter

import "tlsmitm/inspect"

// conn is a connection as far as it has been seen.
type conn struct {
	s       *Sink
	facts   Facts
	tls     bool
	decided verdict // of all that is on it
	shown   bool    // something on it matched
	held    []held
	bytes   int64
	lost    int64 // bytes of events that were given up
	lossy   bool  // some were

	exchanges map[string]*exchange // that are not over
	recent    []*exchange          // that are over, for what is told of them later
	order     []*exchange          // both, as they began
	any       bool                 // there was an exchange
}

// verdict is what is decided.
type verdict uint8

const (
	undecided verdict = iota
	yes
	no
)

func (c *conn) event(e *inspect.Event) {
	if ref := refOf(e.Body); ref != nil && ref.Exchange != "" {
		c.ofExchange(e, ref)
		return
	}
	if _, ok := e.Body.(*inspect.Data); ok {
		c.ofData(e)
		return
	}
	c.learn(e)
	if e.Kind == inspect.KindConnClose {
		c.close()
	}
	c.keep(e, nil, false)
	if c.decided == undecided && c.ready(e) {
		c.decide()
	}
}

// ready says whether all is known that the expression looks at, if that is of the
// connection alone.
func (c *conn) ready(e *inspect.Event) bool {
	switch c.s.stage {
	case atOpen:
		return e.Kind == inspect.KindConnOpen
	case atHandshake: // the client's is the last, where there are two
		return e.Kind == inspect.KindTLSEstablished && e.Leg != inspect.LegServer
	}
	return false
}

// decide decides on the whole connection.
func (c *conn) decide() {
	c.decided = no
	if c.s.match(c.about()) {
		c.decided = yes
	}
	c.settle()
}

// about is what is known of the connection without its exchanges.
func (c *conn) about() *Facts {
	f := c.facts
	if f.Kind = "tcp"; c.tls {
		f.Kind = "tls"
	}
	return &f
}

// settle shows or drops all that waits, once the connection is decided.
func (c *conn) settle() {
	if c.decided == yes {
		c.show(func(*held) bool { return true })
	}
	c.drop(0, len(c.held))
}

// close decides what is left, when nothing follows but the connection's end.
func (c *conn) close() {
	if c.decided != undecided {
		return
	}
	if !c.any {
		c.decide()
		return
	}
	for x := range c.begun() {
		if x.decided == undecided {
			c.judge(x)
		}
	}
	if c.shown {
		c.show(func(h *held) bool {
			return h.exchange == nil && !h.data || h.data && c.claims(h.No) == yes || h.exchange != nil && h.exchange.decided == yes
		})
	}
}
