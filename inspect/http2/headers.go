package http2

import (
	"fmt"

	"tlsmitm/inspect/httpmsg"
)

// takeHeaders acts upon the fields of HEADERS (RFC 9113, section 8.1).
func (c *Conn) takeHeaders(d *direction, whole bool) {
	s := c.headersStream(d)
	if s == nil {
		return
	}
	x, m := httpmsg.Exchange(s.id), s.message(d.up)
	s.size += d.block.size
	c.held += d.block.size
	var odds findings
	interim := false
	switch {
	case m.head:
		sec := readSection(trailerSection, d.fields, whole)
		odds = sec.odds
		c.r.Trailers(x, d.up, sec.fields)
		if !d.block.endStream {
			odds.add(TrailersNotLast, "")
		}
	case d.up:
		odds = c.takeRequest(s, d, whole)
	default:
		odds, interim = c.takeResponse(s, d, whole)
	}
	for _, a := range odds {
		c.oddMessage(s, d.up, a.Code, a.Detail)
	}
	c.afterHead(s)
	switch {
	case d.block.endStream && interim:
		c.oddMessage(s, d.up, InformationalEnd, "")
		c.endMessage(s, d.up, httpmsg.End{Cut: true})
	case d.block.endStream:
		c.endMessage(s, d.up, httpmsg.End{})
	}
	c.afterRequest(s, d)
	if c.held > maxHeld {
		c.failBoth(fmt.Sprintf("the fields of the open streams are longer than %d bytes", maxHeld))
	}
}

// headersStream returns the stream whose message HEADERS begin or end, or nil if
// they belong to none.
func (c *Conn) headersStream(d *direction) *stream {
	id := d.block.stream
	if id == 0 {
		return nil // said already
	}
	s := c.streams[id]
	if s == nil {
		if s, _ = c.answered.get(id); s != nil && d.up {
			c.answered.take(id)
			c.hold(s)
		}
	}
	switch _, known := c.past.get(id); {
	case s != nil && s.message(d.up).ended, s == nil && known:
		c.oddClosed(d, id)
		return nil
	case s == nil && d.up && c.begun(id):
		c.odd(d, StreamOrder, "stream %d after %d", id, c.last(id))
		return nil
	case s == nil && c.begun(id):
		c.oddClosed(d, id)
		return nil
	case s == nil:
		if s = c.create(id); s == nil {
			return nil
		}
	}
	if d.up && !s.req.head {
		c.open(d, s)
	}
	if !d.up && serverStream(id) && !c.begun(id) {
		c.odd(d, StreamNotPromised, "stream %d", id)
		c.lastServer = id
	}
	return s
}

// last returns the highest identifier of a stream that the side which begins
// those like id has begun.
func (c *Conn) last(id uint32) uint32 {
	if serverStream(id) {
		return c.lastServer
	}
	return c.lastClient
}

// open looks at a stream that a request begins (RFC 9113, section 5.1.1).
func (c *Conn) open(d *direction, s *stream) {
	c.opened++
	switch {
	case serverStream(s.id):
		c.odd(d, StreamParity, "a client's stream %d", s.id)
		c.lastServer = max(c.lastServer, s.id)
		return
	case c.begun(s.id):
		c.odd(d, StreamOrder, "stream %d after %d", s.id, c.lastClient)
		return
	}
	c.lastClient = s.id
	if most := d.allowed.inForce.streams; int64(c.openClient) > int64(most) {
		c.odd(d, StreamsTooMany, "%d, where %d are allowed", c.openClient, most)
	}
}

// takeRequest tells of a request's head.
func (c *Conn) takeRequest(s *stream, d *direction, whole bool) findings {
	sec := readSection(requestSection, d.fields, whole)
	if sec.has(pseudoProtocol) && c.up.allowed.seen && !c.up.allowed.newest().connect {
		sec.odd(ConnectDisabled, "")
	}
	c.tellRequest(s, &httpmsg.Head{Bytes: d.block.bytes}, &sec)
	return sec.odds
}

// tellRequest completes and tells the head of a request.
func (c *Conn) tellRequest(s *stream, h *httpmsg.Head, sec *section) {
	h.Protocol = httpmsg.HTTP2
	h.Method = sec.pseudo[pseudoMethod]
	h.Scheme = sec.pseudo[pseudoScheme]
	h.Authority = sec.pseudo[pseudoAuthority]
	h.Path = sec.pseudo[pseudoPath]
	h.Connect = sec.pseudo[pseudoProtocol]
	h.Fields = sec.fields
	s.req.head, s.req.length = true, sec.length
	s.head, s.connect, s.protocol = h.Method == "HEAD", h.Method == "CONNECT", h.Connect
	s.vain = h.Method == "GET" || s.head || h.Method == "DELETE" || h.Method == "TRACE"
	s.told = true
	c.r.Head(httpmsg.Exchange(s.id), true, h)
}

// takeResponse tells of a response's head, which may be interim.
func (c *Conn) takeResponse(s *stream, d *direction, whole bool) (odds findings, interim bool) {
	sec := readSection(responseSection, d.fields, whole)
	h := &httpmsg.Head{Protocol: httpmsg.HTTP2, Status: sec.status, Fields: sec.fields, Bytes: d.block.bytes}
	interim = h.Informational()
	if h.Status == 101 {
		sec.odd(StatusSwitching, "")
	}
	success := h.Status >= 200 && h.Status < 300
	if sec.length >= 0 && (interim || h.Status == 204 || s.connect && success) {
		sec.odd(ContentLengthNotAllowed, fmt.Sprintf("%d with status %d", sec.length, h.Status))
	}
	if !interim {
		s.resp.head, s.resp.length = true, sec.length
		s.resp.empty = s.head || h.Status == 204 || h.Status == 304
		s.success = success
	}
	s.told = true
	c.r.Head(httpmsg.Exchange(s.id), false, h)
	return sec.odds, interim
}

// afterHead sees whether a stream has become a tunnel (RFC 9113, section 8.5; RFC
// 8441, section 5).
func (c *Conn) afterHead(s *stream) {
	if s.switched || !s.connect || !s.success {
		return
	}
	s.switched = true
	protocol := s.protocol
	if protocol == "" {
		protocol = "connect"
	}
	c.r.Switch(httpmsg.Exchange(s.id), protocol)
}

// afterRequest ends what the server has ended before the request was seen.
func (c *Conn) afterRequest(s *stream, d *direction) {
	if !d.up {
		return
	}
	if s.owed {
		s.owed = false
		c.r.End(httpmsg.Exchange(s.id), false, s.code.resetEnd())
	}
	if s.gone {
		c.endMessage(s, true, s.code.cutEnd())
	}
	if !s.resp.head && c.refused(s.id, false) {
		c.refuse(s, &c.down)
	}
}

// takePromise tells of a request that the server makes up (RFC 9113, section
// 8.4). It has no content, so it is over at once.
func (c *Conn) takePromise(d *direction, whole bool) {
	on, id := d.block.stream, d.block.promised
	if d.up {
		c.odd(d, PushByClient, "stream %d", id)
		return
	}
	if !d.allowed.inForce.push {
		c.odd(d, PushDisabled, "stream %d", id)
	}
	switch {
	case id == 0 || !serverStream(id):
		c.odd(d, StreamParity, "a promised stream %d", id)
		return
	case c.begun(id):
		c.odd(d, StreamOrder, "a promised stream %d after %d", id, c.lastServer)
		return
	}
	if s := c.streams[on]; on != 0 && (s == nil && c.begun(on) || s != nil && s.resp.ended) {
		c.oddClosed(d, on)
	}
	c.lastServer = id
	s := c.create(id)
	if s == nil {
		return
	}
	s.size = d.block.size
	c.held += s.size
	sec := readSection(requestSection, d.fields, whole)
	if m := sec.pseudo[pseudoMethod]; m != "GET" && m != "HEAD" || sec.length > 0 {
		sec.odd(PushUnsafe, quoted(m))
	}
	c.tellRequest(s, &httpmsg.Head{Promised: true, Bytes: d.block.bytes}, &sec)
	for _, a := range sec.odds {
		c.oddMessage(s, true, a.Code, a.Detail)
	}
	s.req.length = -1
	c.endMessage(s, true, httpmsg.End{})
	if c.refused(id, true) {
		c.refuse(s, &c.up)
	}
}
