package inspect

import (
	"bytes"

	"tlsmitm/inspect/application"
	"tlsmitm/inspect/redact"
)

// Hider hides the secrets in events that were told with them, as those of a saved run,
// as they would have been hidden when they were told. What is hidden already stays as
// it is. It takes events in their order, from one goroutine.
type Hider struct {
	redact    *redact.Redactor
	exchanges *application.Hider
	conns     map[uint64]*hiddenConn
}

// hiddenConn is what is known of a connection.
type hiddenConn struct {
	begun  bool // its beginning was among the events
	hidden bool // its secrets were hidden when it was told of
	ways   map[way]*redact.Stream
}

// way is a direction of a leg.
type way struct {
	leg  LegName
	from Party
}

// maxHiddenConns bounds the connections that are remembered; those of a file that has
// no ends of them, too.
const maxHiddenConns = 100_000

// NewHider returns a Hider that asks r what is secret. If r is nil, it hides nothing.
func NewHider(r *redact.Redactor) *Hider {
	h := &Hider{redact: r, conns: make(map[uint64]*hiddenConn)}
	if r != nil {
		h.exchanges = application.NewHider(r)
	}
	return h
}

// Hide returns an event without its secrets. It leaves e as it is.
func (h *Hider) Hide(e *Event) *Event {
	if h.redact == nil {
		return e
	}
	hidden := *e
	hidden.Body = h.body(e)
	return &hidden
}

func (h *Hider) body(e *Event) any {
	r := h.redact
	switch b := e.Body.(type) {
	case *RunStart:
		clear(h.conns)
		h.exchanges.Forget()
	case *ConnOpen:
		h.conns[e.Conn] = &hiddenConn{begun: true, hidden: b.Hidden}
		v := *b
		v.Target, v.UserAgent, v.Hidden = r.URL(b.Target), r.Header("User-Agent", b.UserAgent), true
		return &v
	case *Data:
		return h.data(e, b)
	case *Malformed:
		v := *b
		v.Bytes = clone(b.Bytes)
		r.Stream(redact.Text).Mask(v.Bytes, b.Bytes)
		return &v
	case *Loss:
		if s := h.conn(e.Conn).ways[way{e.Leg, e.From}]; s != nil {
			s.Lose()
		}
	case *Diagnosis:
		v := *b
		v.Subject, v.Evidence = r.URL(r.Header("User-Agent", b.Subject)), h.text(b.Evidence)
		return &v
	case *ConnClose:
		delete(h.conns, e.Conn)
		v := *b
		v.Error = h.text(b.Error)
		return &v
	case *Unknown:
		return &Unknown{Line: r.Body("application/json", b.Line)}
	default:
		return h.exchanges.Hide(direction(e), b)
	}
	return e.Body
}

func (h *Hider) text(s string) string { return string(h.redact.Text([]byte(s))) }

// direction is that of an event about an exchange.
func direction(e *Event) application.Direction {
	return application.Direction(e.From == PartyClient || e.From == PartyProxy && e.To == PartyServer)
}

func (h *Hider) conn(id uint64) *hiddenConn {
	c := h.conns[id]
	if c == nil {
		if len(h.conns) >= maxHiddenConns {
			clear(h.conns)
		}
		c = new(hiddenConn)
		h.conns[id] = c
	}
	return c
}

// data hides what the data of a direction have in their rows, as the flow does that
// tells of them. It has no more than what was saved: of rows that were saved in part,
// the rest counts as not seen, so that more than the secrets may be hidden after them;
// unless it is known that they were hidden when they passed.
func (h *Hider) data(e *Event, d *Data) *Data {
	c := h.conn(e.Conn)
	w := way{e.Leg, e.From}
	s := c.ways[w]
	if s == nil {
		s = h.redact.Stream(redact.KindOf(d.ALPN))
		if !c.begun && !c.hidden {
			s = h.redact.Rest(redact.KindOf(d.ALPN))
		}
		if c.ways == nil {
			c.ways = make(map[way]*redact.Stream)
		}
		c.ways[w] = s
	}
	v := *d
	v.Bytes = clone(d.Bytes)
	s.Mask(v.Bytes, d.Bytes)
	switch missing := d.Length - len(d.Bytes); {
	case missing == 0:
	case d.Reason != "":
		s.Lose()
	case c.hidden:
		restoreCut(v.Bytes, d.Bytes)
		c.ways[w] = h.redact.Stream(redact.Text)
	default:
		s.Skip(missing)
	}
	return &v
}

// restoreCut puts back a mask that the end of the saved bytes has cut.
func restoreCut(hidden, saved []byte) {
	const open, end, longest = "‹", "›", 64
	from := max(0, len(saved)-longest)
	if i := bytes.LastIndex(saved[from:], []byte(open)); i >= 0 && !bytes.Contains(saved[from+i:], []byte(end)) {
		copy(hidden[from+i:], saved[from+i:])
	}
}
