package http2

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"tlsmitm/inspect/httpmsg"
)

// stream is one that is not over (RFC 9113, section 5.1).
type stream struct {
	id        uint32
	req, resp message
	told      bool // a head of either message was told

	head     bool   // the request's method is HEAD
	vain     bool   // its method gives content no meaning
	connect  bool   // it is CONNECT
	protocol string // the :protocol of an extended CONNECT
	success  bool   // the response's status is 2xx
	switched bool
	size     int // of the field sections that were told of it

	// gone says that the server has ended the stream with a code before its
	// request was seen; owed, that the response's End is still to be told.
	gone, owed bool
	code       ErrorCode
}

// ending says how a stream came to its end.
type ending uint8

const (
	endedByBoth ending = iota
	endedByClient
	endedByServer
)

func endedBy(up bool) ending {
	if up {
		return endedByClient
	}
	return endedByServer
}

// message is a stream's request or response.
type message struct {
	head   bool // the head has come, and is not interim
	ended  bool
	empty  bool  // it has no content, whatever its head says of it
	length int64 // Content-Length, or -1
	got    int64 // bytes of content that have come
	// credit is how far the stream's window is from its initial size.
	credit int64
	odds   []httpmsg.AnomalyCode // those that were told
}

// whole says that nothing of the content is missing, though END_STREAM did not say
// so. A client may end the stream then: what it has asked for has come.
func (m *message) whole() bool { return m.head && (m.empty || m.length >= 0 && m.got == m.length) }

func (s *stream) message(up bool) *message {
	if up {
		return &s.req
	}
	return &s.resp
}

// serverStream says whether an identifier is of a stream that the server begins
// (RFC 9113, section 5.1.1).
func serverStream(id uint32) bool { return id%2 == 0 }

// begun says whether the stream, or one with a higher identifier, has been seen
// to begin.
func (c *Conn) begun(id uint32) bool {
	if serverStream(id) {
		return id <= c.lastServer
	}
	return id <= c.lastClient
}

// create begins a stream, unless there are too many: then it returns nil, and
// both directions have failed.
func (c *Conn) create(id uint32) *stream {
	if len(c.streams) >= maxStreams {
		c.failBoth(fmt.Sprintf("more than %d streams are open", maxStreams))
		return nil
	}
	s := &stream{id: id}
	s.req.length, s.resp.length = -1, -1
	c.hold(s)
	return s
}

// hold puts a stream among those that are not over.
func (c *Conn) hold(s *stream) {
	c.streams[s.id] = s
	if !serverStream(s.id) {
		c.openClient++
	}
}

// forget takes a stream out of those that are not over.
func (c *Conn) forget(s *stream) {
	if c.streams[s.id] != s {
		return
	}
	delete(c.streams, s.id)
	if !serverStream(s.id) {
		c.openClient--
	}
}

// endMessage tells that a message is over, once.
func (c *Conn) endMessage(s *stream, up bool, e httpmsg.End) {
	m := s.message(up)
	if m.ended {
		return
	}
	m.ended = true
	if !up && (e.Cut || e.Reset) && m.whole() {
		e = httpmsg.End{}
	}
	if !e.Cut && !e.Reset {
		c.checkLength(s, up)
	}
	if s.told {
		c.r.End(httpmsg.Exchange(s.id), up, e)
	}
	c.settle(s)
}

// settle ends what cannot go on, and forgets a stream that is over.
func (c *Conn) settle(s *stream) {
	switch cut := (httpmsg.End{Cut: true}); {
	case s.req.ended && s.resp.ended:
		c.forget(s)
		c.answered.take(s.id)
		if _, known := c.past.get(s.id); !known {
			c.past.put(s.id, endedByBoth)
		}
		c.held -= s.size
		s.size = 0
	case s.req.ended && c.down.over:
		c.endMessage(s, false, cut)
	case s.resp.ended && c.up.over:
		c.endMessage(s, true, cut)
	case s.resp.ended && !s.req.head:
		c.forget(s)
		if old, forgot := c.answered.put(s.id, s); forgot {
			c.alone(old)
		}
	}
}

// alone ends an exchange whose request has not come and will not come any more.
func (c *Conn) alone(s *stream) {
	if s.told && !c.up.failed {
		c.oddMessage(s, false, ResponseWithoutRequest, fmt.Sprintf("stream %d", s.id))
	}
	c.endMessage(s, true, httpmsg.End{Cut: true})
}

// cutMessages ends the messages of a direction in which nothing more comes.
func (c *Conn) cutMessages(up bool) {
	for _, s := range byID(c.streams) {
		if up && !s.req.head && !s.req.ended {
			c.alone(s)
			continue
		}
		c.endMessage(s, up, httpmsg.End{Cut: true})
	}
	if !up {
		return
	}
	for _, s := range byID(c.answered.of) {
		c.answered.take(s.id)
		c.alone(s)
	}
}

// byID returns streams in the order of their identifiers.
func byID(streams map[uint32]*stream) []*stream {
	return slices.SortedFunc(maps.Values(streams), func(a, b *stream) int { return cmp.Compare(a.id, b.id) })
}
