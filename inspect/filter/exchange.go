package filter

import (
	"iter"
	"slices"

	"tlsmitm/inspect"
	"tlsmitm/inspect/application"
)

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
