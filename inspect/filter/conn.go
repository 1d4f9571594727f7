package filter

import (
	"iter"
	"slices"

	"tlsmitm/inspect"
	"tlsmitm/inspect/application"
)

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

// held is an event that waits.
type held struct {
	*inspect.Event
	exchange *exchange // that it is about, if it is about one
	data     bool
	passed   bool // data that come before an exchange that has begun
	size     int64
}

// exchange is a request, its response and what belongs to them.
type exchange struct {
	id      string
	facts   Facts
	first   int // the row of the request
	decided verdict
	over    bool
}

const (
	// maxRecent bounds the exchanges that are over and yet known.
	maxRecent = 64
	// maxWaiting bounds those among them that are still undecided.
	maxWaiting = 4096
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

// begun are the exchanges that are known.
func (c *conn) begun() iter.Seq[*exchange] {
	return func(yield func(*exchange) bool) {
		for _, x := range c.recent {
			if !yield(x) {
				return
			}
		}
		for _, x := range c.exchanges {
			if !yield(x) {
				return
			}
		}
	}
}

// keep shows an event of the connection itself, or keeps it for later.
func (c *conn) keep(e *inspect.Event, x *exchange, data bool) {
	verdict := c.decided
	if verdict == undecided {
		switch {
		case x != nil:
			verdict = x.decided
		case !data && c.shown:
			verdict = yes
		}
	}
	switch verdict {
	case yes:
		c.s.out = append(c.s.out, e)
	case undecided:
		h := held{Event: e, exchange: x, data: data, size: sizeOf(e)}
		c.held = append(c.held, h)
		c.bytes += h.size
		c.s.held += h.size
		if c.bytes > c.s.options.ConnBytes {
			c.shed(c.s.options.ConnBytes * 7 / 8)
		}
	}
}

// ofData takes data. They come before the event about the exchange that they
// begin, so what the client sends waits for it; what the server sends belongs to
// the exchanges that have begun.
func (c *conn) ofData(e *inspect.Event) {
	c.tls = c.tls || e.Kind == inspect.KindTLSData
	if c.decided == undecided && c.s.stage == atHandshake {
		c.decide() // no more handshake is to come, or none that can be read
	}
	verdict := undecided
	switch {
	case c.decided != undecided || !c.any:
	case c.open(yes):
		verdict = yes
	case e.From == inspect.PartyClient || e.To == inspect.PartyServer || c.open(undecided):
	case len(c.exchanges) > 0:
		verdict = no
	default: // the other leg's copy of what has just ended
		verdict = c.latest().decided
	}
	switch verdict {
	case yes:
		c.s.out = append(c.s.out, e)
	case undecided:
		c.keep(e, nil, true)
	}
}

// open says whether an exchange that is not over was decided so.
func (c *conn) open(v verdict) bool {
	for _, x := range c.exchanges {
		if x.decided == v {
			return true
		}
	}
	return false
}

// claims says whether data of a row belong to an exchange that was shown, or may
// belong to one that is to be decided. Those of a row belong to the exchanges that
// had begun and were not over, or else to the latest before.
func (c *conn) claims(row int) verdict {
	found := no
	for _, x := range c.exchanges {
		if x.first <= row && x.decided != no {
			if found = x.decided; found == yes {
				return yes
			}
		}
	}
	i := len(c.order) - 1
	if i >= 0 && c.order[i].first > row { // mostly it is the latest
		i, _ = slices.BinarySearchFunc(c.order, row+1, func(x *exchange, row int) int { return x.first - row })
		i--
	}
	if i >= 0 && found == no {
		return c.order[i].decided
	}
	return found
}

// ofExchange takes an event about an exchange.
func (c *conn) ofExchange(e *inspect.Event, ref *application.Ref) {
	x := c.known(ref.Exchange)
	if x == nil {
		x = &exchange{id: ref.Exchange, facts: c.facts, first: e.No}
		x.facts.Exchange, x.facts.Kind = ref.Exchange, "http"
		c.exchanges[x.id] = x
		if c.any {
			c.pass(e.No)
		}
		x.first = max(x.first, c.latest().first) // rows do not go back
		c.order, c.any = append(c.order, x), true
	}
	if c.decided == undecided && x.decided == undecided {
		x.learn(c, e)
	}
	if c.decided == undecided && c.s.stage <= atHandshake {
		c.decide() // as far as it is known, the handshake is over
	}
	c.keep(e, x, false)
	if x.decided == undecided && c.decided == undecided && c.s.stage <= reached(e.Body) {
		c.decideOn(x)
	}
	if _, over := e.Body.(*application.Exchange); over {
		x.over = true
		delete(c.exchanges, x.id)
		c.recent = append(c.recent, x)
		c.bury()
	}
}

// latest is the exchange that began last.
func (c *conn) latest() *exchange {
	if len(c.order) == 0 {
		return &exchange{decided: no}
	}
	return c.order[len(c.order)-1]
}

func (c *conn) known(id string) *exchange {
	if x := c.exchanges[id]; x != nil {
		return x
	}
	for _, x := range c.recent {
		if x.id == id {
			return x
		}
	}
	return nil
}

// reached is the stage of the exchange after an event about it.
func reached(body any) stage {
	switch body.(type) {
	case *application.Exchange:
		return atExchange
	case *application.Response, *application.WebSocketMessage, *application.ServerSentEvent:
		return atResponse
	}
	return atRequest
}

// decideOn decides on an exchange.
func (c *conn) decideOn(x *exchange) {
	first := !c.shown
	if c.judge(x); x.decided == no {
		c.withdraw(x)
		return
	}
	c.show(func(h *held) bool {
		return h.exchange == x || first && h.exchange == nil && !h.data || h.data && c.claims(h.No) == yes
	})
}

// judge asks the filter about an exchange.
func (c *conn) judge(x *exchange) {
	x.facts.Cause = c.facts.Cause
	if x.decided = no; c.s.match(&x.facts) {
		x.decided, c.shown = yes, true
	}
	x.facts = Facts{} // they hold bodies
}

// show passes on what waits and is chosen.
func (c *conn) show(chosen func(*held) bool) {
	if c.lossy {
		c.tellLoss()
	}
	rest := c.held[:0]
	for i := range c.held {
		if h := c.held[i]; chosen(&h) {
			c.s.out = append(c.s.out, h.Event)
			c.forget(h.size)
		} else {
			rest = append(rest, h)
		}
	}
	clear(c.held[len(rest):])
	c.held = rest
}

// tellLoss says what was given up, before what came after it.
func (c *conn) tellLoss() {
	e := &inspect.Event{Kind: inspect.KindLoss, Conn: uint64(c.facts.Conn), Body: &inspect.Loss{Bytes: c.lost, Reason: inspect.LossFilter}}
	if len(c.held) > 0 {
		e.Time = c.held[0].Time
	}
	c.lost, c.lossy = 0, false
	c.s.out = append(c.s.out, e)
}

// withdraw drops what is about an exchange that did not match, and the data that
// are no other's.
func (c *conn) withdraw(x *exchange) {
	c.remove(func(h *held) bool {
		// What the client has sent may belong to a request that is to be told of.
		return h.exchange == x || h.data && h.From != inspect.PartyClient && h.To != inspect.PartyServer && c.claims(h.No) == no
	})
}

// pass drops data before a row at which another exchange begins, unless they
// belong to one that was shown or may be.
func (c *conn) pass(row int) {
	from := len(c.held)
	for from > 0 && !c.held[from-1].passed {
		from--
	}
	rest := c.held[:from]
	for _, h := range c.held[from:] {
		if h.passed = !h.data; h.data && h.No < row {
			if c.claims(h.No) == no {
				c.forget(h.size)
				continue
			}
			h.passed = true
		}
		rest = append(rest, h)
	}
	clear(c.held[len(rest):])
	c.held = rest
}

// bury forgets the oldest of the exchanges that are over, if they are too many.
// Those that wait for the connection's end are given up last.
func (c *conn) bury() {
	if len(c.recent) <= maxRecent {
		return
	}
	i := slices.IndexFunc(c.recent, func(x *exchange) bool { return x.decided != undecided })
	if i < 0 {
		if len(c.recent) <= maxWaiting {
			return
		}
		i = 0
		x := c.recent[0]
		x.decided, c.lossy = no, true
		c.withdraw(x)
	}
	gone := c.recent[i]
	c.recent = slices.Delete(c.recent, i, i+1)
	if i = slices.Index(c.order, gone); i >= 0 {
		c.order = slices.Delete(c.order, i, i+1)
	}
}

func (c *conn) remove(chosen func(*held) bool) {
	c.held = slices.DeleteFunc(c.held, func(h held) bool {
		if chosen(&h) {
			c.forget(h.size)
			return true
		}
		return false
	})
}

// drop forgets what waits from i to j.
func (c *conn) drop(i, j int) {
	for _, h := range c.held[i:j] {
		c.forget(h.size)
	}
	c.held = slices.Delete(c.held, i, j)
}

func (c *conn) forget(size int64) {
	c.bytes -= size
	c.s.held -= size
}

// shed gives up what waits, the oldest data first, until no more than n bytes do.
func (c *conn) shed(n int64) {
	for _, data := range []bool{true, false} {
		c.held = slices.DeleteFunc(c.held, func(h held) bool {
			if c.bytes <= n || data && !h.data {
				return false
			}
			c.forget(h.size)
			if !h.data || !c.any || c.claims(h.No) != no {
				c.lost, c.lossy = c.lost+wireOf(h.Event), true
			}
			return true
		})
	}
}
