package capture

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"tlsmitm/inspect"
)

// A capture that tlsmitm has written says in a comment on the first packet of each leg
// which leg of which connection it is:
//
//	tlsmitm conn=7 leg=client preface=63/39 via=connect mode=intercept client=127.0.0.1:50000 target=shop.example:443 agent=curl%2F8.5
//
// preface counts the bytes that the writer has made up at the beginning, of the
// client and of the server.

// commentStart is how such a comment begins.
const commentStart = "tlsmitm conn="

// label is what such a comment says.
type label struct {
	conn    uint64
	leg     inspect.LegName
	client  string
	target  string
	agent   string
	preface [2]int64
}

// pairName is what both legs of a connection say of it. Their number alone may be another's
// where captures of several runs are put together.
type pairName struct {
	conn           uint64
	client, target string
}

func (l *label) named() pairName { return pairName{l.conn, l.client, l.target} }

// parseLabel reads a comment. ok is false if it is none of these.
func parseLabel(comment string) (l label, ok bool) {
	if !strings.HasPrefix(comment, commentStart) {
		return label{}, false
	}
	for word := range strings.SplitSeq(strings.TrimPrefix(comment, "tlsmitm "), " ") {
		name, value, _ := strings.Cut(word, "=")
		var err error
		switch name {
		case "conn":
			l.conn, err = strconv.ParseUint(value, 10, 64)
		case "leg":
			l.leg = inspect.LegName(value)
		case "client":
			l.client = value
		case "target":
			l.target = value
		case "agent":
			l.agent, err = url.QueryUnescape(value)
		case "preface":
			up, down, _ := strings.Cut(value, "/")
			if l.preface[0], err = strconv.ParseInt(up, 10, 32); err == nil {
				l.preface[1], err = strconv.ParseInt(down, 10, 32)
			}
		}
		if err != nil {
			return label{}, false
		}
	}
	switch l.leg {
	case inspect.LegClient, inspect.LegServer, inspect.LegDirect:
		return l, true
	}
	return label{}, false
}

// recorded is a connection with its legs: one, but for those that such comments put
// together.
type recorded struct {
	*inspect.Recorded
	legs []inspect.LegName
	open int // of the legs
	end  End
	last time.Time
	over func()
}

func (c *recorded) has(leg inspect.LegName) bool {
	for _, l := range c.legs {
		if l == leg {
			return true
		}
	}
	return false
}

// leg begins a leg.
func (c *recorded) leg(o Opening, l label) Stream {
	name := l.leg
	if name == "" {
		name = inspect.LegDirect
	}
	c.legs = append(c.legs, name)
	c.open++
	return &stream{
		conn: c, leg: c.Leg(name, inspect.Sockets{Client: o.Client, Server: o.Server}, o.At), preface: l.preface,
	}
}

// close ends a leg, and with the last one the connection. What it ended of is what
// the first leg ended of that did not end as it should.
func (c *recorded) close(at time.Time, end End) {
	if c.end == EndFinished {
		c.end = end
	}
	if at.After(c.last) {
		c.last = at
	}
	if c.open--; c.open > 0 {
		return
	}
	if c.over != nil {
		c.over()
	}
	c.Recorded.Close(c.last, c.end.outcome())
}

func (e End) outcome() inspect.Outcome {
	o := inspect.Outcome{Cause: inspect.CauseNotCaptured}
	switch e {
	case EndFinished:
		o.Cause = inspect.CauseOK
	case EndClientReset:
		o.Cause = inspect.CauseClientReset
	case EndServerReset:
		o.Cause = inspect.CauseServerReset
	case EndCrowded:
		o.Err = errCrowded
	}
	return o
}

// stream is a leg in the making.
type stream struct {
	conn    *recorded
	leg     *inspect.RecordedLeg
	preface [2]int64 // bytes that are yet to be left out, from the client and to it
}

// Segment implements Stream.
func (s *stream) Segment(up bool, at time.Time, frame int, b []byte) {
	if b = b[s.leave(up, int64(len(b))):]; len(b) > 0 {
		s.leg.Segment(up, at, frame, b)
	}
}

// Gap implements Stream.
func (s *stream) Gap(up bool, at time.Time, frame int, n int64) {
	if n -= s.leave(up, n); n > 0 {
		s.leg.Gap(up, at, frame, n)
	}
}

// leave says how many of the next n bytes were made up.
func (s *stream) leave(up bool, n int64) int64 {
	left := &s.preface[1]
	if up {
		left = &s.preface[0]
	}
	n = min(n, max(*left, 0))
	*left -= n
	return n
}

// Close implements Stream.
func (s *stream) Close(at time.Time, end End) { s.conn.close(at, end) }

// open begins a connection, or the other leg of one.
func (r *Reader) open(o Opening) Stream {
	l, labelled := parseLabel(o.Comment)
	if pair := r.pairs[l.named()]; labelled && pair != nil && !pair.has(l.leg) {
		return pair.leg(o, l)
	}
	meta := inspect.Meta{
		Client: o.Client.String(), Target: o.Server.String(),
		Via: inspect.ViaCapture, Mode: inspect.ModeCapture, Keys: r.opts.Keys, Midway: o.Midway,
		Number: r.numbers.give(l.conn),
	}
	c := &recorded{}
	if labelled {
		if _, err := netip.ParseAddrPort(l.client); err == nil {
			meta.Client = l.client
		}
		meta.UserAgent = l.agent
		if l.target != "" {
			meta.Target = l.target
		}
		name := l.named()
		r.pairs[name] = c
		c.over = func() {
			if r.pairs[name] == c {
				delete(r.pairs, name)
			}
		}
	}
	c.Recorded = r.replay.Open(meta, o.At)
	return c.leg(o, l)
}
