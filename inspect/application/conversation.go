package application

import (
	"strconv"
	"time"

	"tlsmitm/inspect/http1"
	"tlsmitm/inspect/http2"
	"tlsmitm/inspect/httpmsg"
	"tlsmitm/inspect/protobuf"
)

const (
	defaultBodyBytes = 1 << 20
	// maxHeld bounds what is kept of a connection whose protocol is not known yet.
	maxHeld = 16 << 10
)

// Options say how much is kept and told. The zero value works.
type Options struct {
	// BodyBytes bounds what is kept of each body, and what it decodes to: 0 means
	// 1 MiB, -1 nothing.
	BodyBytes int
	// Budget bounds what all conversations keep together; nil means no bound but
	// their own.
	Budget *Budget
	// Frames asks for HTTP/2's frames to be told.
	Frames bool
	// Sums asks for Exchange.Sums.
	Sums bool
	// Redact hides secrets; nil shows them.
	Redact Redactor
	// Schema knows the messages of gRPC calls by name; nil knows none.
	Schema *protobuf.Schema
}

// Redactor hides secrets. What it is given it leaves as it is: where there is
// nothing to hide, Body and Text return the slice that they were given.
type Redactor interface {
	Header(name, value string) string
	URL(raw string) string
	Body(mediaType string, b []byte) []byte
	Text(b []byte) []byte
}

// open hides nothing.
type open struct{}

func (open) Header(_, value string) string  { return value }
func (open) URL(raw string) string          { return raw }
func (open) Body(_ string, b []byte) []byte { return b }
func (open) Text(b []byte) []byte           { return b }

// Origin is what is known of a connection before its first byte.
type Origin struct {
	Conn   uint64
	TLS    bool
	Target string // host:port, for requests that do not say
	ALPN   string // "" if none was agreed on
	// Exchanges is how many the connection has had already, in an earlier
	// conversation.
	Exchanges int
}

// Conversation is what passes on one connection. It is used from one goroutine.
type Conversation struct {
	options Options
	origin  Origin
	tell    func(Event)
	depth   int // how many proxies it is behind

	decided bool
	layer   *layer // nil while undecided, and for what is no HTTP
	held    []held // what came before it was decided, of which these are the bytes:
	up      []byte
	down    []byte
	count   int // exchanges so far

	// About the bytes being fed.
	at   time.Time
	row  int
	turn int // counts the calls of Feed
}

// held is bytes that wait for the protocol to be known, n of them.
type held struct {
	direction Direction
	at        time.Time
	row       int
	n         int
}

// reader is what http1.Conn and http2.Conn have in common.
type reader interface {
	Feed(up bool, b []byte)
	Skippable(up bool) int64
	Stream(up bool) (x httpmsg.Exchange, known bool)
	Skip(up bool, n int64)
	Lost(up bool)
	End(up bool)
}

// New begins to follow a connection. tell is called while bytes are fed.
func New(o Options, origin Origin, tell func(Event)) *Conversation {
	switch o.BodyBytes {
	case 0:
		o.BodyBytes = defaultBodyBytes
	case -1:
		o.BodyBytes = 0
	}
	if o.Redact == nil {
		o.Redact = open{}
	}
	return &Conversation{options: o, origin: origin, tell: tell, count: origin.Exchanges}
}

// Exchanges returns how many there have been so far, without earlier ones.
func (c *Conversation) Exchanges() int { return c.count - c.origin.Exchanges }

// HTTP reports whether the connection speaks HTTP, as far as is known.
func (c *Conversation) HTTP() bool { return c.layer != nil }

// Over reports that the connection speaks something else, so that it need not be
// fed any more.
func (c *Conversation) Over() bool { return c.decided && c.layer == nil }

// Feed takes the next bytes of a direction, which passed at a time and in a row.
// b is the caller's again afterwards.
func (c *Conversation) Feed(d Direction, at time.Time, row int, b []byte) {
	if len(b) == 0 || c.Over() {
		return
	}
	if !c.decided {
		if c.hold(d, at, row, b); !c.decide(false) {
			return
		}
		return
	}
	c.feed(d, at, row, b)
}

func (c *Conversation) feed(d Direction, at time.Time, row int, b []byte) {
	c.at, c.row = at, row
	c.turn++
	c.layer.reader.Feed(bool(d), b)
}

// hold keeps bytes until the protocol is known. Those that go beyond the bound are
// kept as well: they have it decided at once.
func (c *Conversation) hold(d Direction, at time.Time, row int, b []byte) {
	c.held = append(c.held, held{d, at, row, len(b)})
	if d == Up {
		c.up = append(c.up, b...)
	} else {
		c.down = append(c.down, b...)
	}
}

// decide finds out what is spoken, and feeds what was held. It returns false if
// that cannot be told yet; at the end it must be.
func (c *Conversation) decide(final bool) bool {
	opening, maybe := openingOf(c.up, c.down)
	for opening != nil {
		c.pass(opening)
		opening, maybe = openingOf(c.up, c.down)
	}
	p, unsure := c.protocol(final)
	if maybe = maybe || unsure; maybe && !final && len(c.up)+len(c.down) <= maxHeld {
		return false
	}
	waiting, up, down := c.held, c.up, c.down
	c.decided, c.held, c.up, c.down = true, nil, nil, nil
	if p == "" {
		return true
	}
	c.layer = c.newLayer(p)
	for _, h := range waiting {
		from := &down
		if h.direction == Up {
			from = &up
		}
		c.feed(h.direction, h.at, h.row, (*from)[:h.n])
		*from = (*from)[h.n:]
	}
	return true
}

// pass leaves out a prelude.
func (c *Conversation) pass(p *prelude) {
	c.up, c.down = c.up[p.up:], c.down[p.down:]
	left := c.held[:0]
	for _, h := range c.held {
		rest := &p.down
		if h.direction == Up {
			rest = &p.up
		}
		n := min(h.n, *rest)
		*rest -= n
		if h.n -= n; h.n > 0 {
			left = append(left, h)
		}
	}
	c.held = left
	if p.target != "" {
		c.origin.Target = p.target
	}
}

// protocol tells what is spoken by the ALPN and the first bytes: the client's or,
// where there are none of these in the end, the server's.
func (c *Conversation) protocol(final bool) (p httpmsg.Protocol, maybe bool) {
	if c.origin.ALPN == "h2" {
		return httpmsg.HTTP2, false
	}
	if len(c.up) == 0 && final {
		if is, _ := http1.Looks(false, c.down); is {
			return httpmsg.HTTP11, false
		}
		return "", false
	}
	is2, maybe2 := http2.Looks(c.up)
	if is2 {
		return httpmsg.HTTP2, false
	}
	is1, maybe1 := http1.Looks(true, c.up)
	if is1 {
		return httpmsg.HTTP11, maybe2
	}
	return "", len(c.up) == 0 || maybe1 || maybe2
}

// Skippable returns how many of the next bytes of a direction nobody needs to
// see, because they are the content of a body of which enough is kept.
func (c *Conversation) Skippable(d Direction) int64 {
	if c.layer == nil {
		return 0
	}
	return c.layer.skippable(d)
}

// Skip tells of n bytes, at most as many as Skippable returned, that passed
// without having been looked at.
func (c *Conversation) Skip(d Direction, at time.Time, row int, n int64) {
	c.at, c.row = at, row
	c.turn++
	c.layer.reader.Skip(bool(d), n)
}

// Lost tells that bytes of a direction were not seen, so that the rest of it
// cannot be followed.
func (c *Conversation) Lost(d Direction, at time.Time) {
	c.at = at
	switch {
	case c.layer != nil:
		c.layer.reader.Lost(bool(d))
	case !c.decided:
		c.decided, c.held = true, nil
	}
}

// End tells that a direction is over.
func (c *Conversation) End(d Direction, at time.Time) {
	if c.layer == nil {
		return
	}
	c.at, c.row = at, 0
	c.turn++
	c.layer.end(d)
}

// Close tells that the connection is over, which ends what is still open.
func (c *Conversation) Close(at time.Time) {
	c.at, c.row = at, 0
	if !c.decided {
		c.decide(true)
	}
	if c.layer == nil {
		return
	}
	c.turn++
	c.layer.end(Up)
	c.layer.end(Down)
	c.layer.close()
}

// emit tells of something that the bytes being fed have shown.
func (c *Conversation) emit(d Direction, body any) {
	c.tell(Event{At: c.at, Direction: d, Row: c.row, Body: body})
}

// nextID names the next exchange.
func (c *Conversation) nextID() string {
	c.count++
	var room [40]byte
	id := append(strconv.AppendUint(room[:0], c.origin.Conn, 10), '.')
	return string(strconv.AppendInt(id, int64(c.count), 10))
}
