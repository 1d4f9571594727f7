package http2

import (
	"encoding/binary"
	"fmt"
)

// takeSettings is RFC 9113, section 6.5.
func (c *Conn) takeSettings(d *direction, b []byte) {
	peer := c.direction(!d.up)
	if d.frame.has(flagAck) {
		if d.allowed.acknowledge() {
			d.checkTable()
		}
		return
	}
	if d.frame.length > len(b) {
		c.odd(d, SettingsTooMany, "%d", d.frame.length/settingLen)
	}
	asked := peer.allowed.newest()
	for s, rest, ok := nextSetting(b); ok; s, rest, ok = nextSetting(rest) {
		if fault := s.fault(d.up); fault != "" {
			c.odd(d, SettingInvalid, "%v=%d: %s", s.id, s.value, fault)
		}
		asked.set(s)
	}
	if peer.allowed.announce(asked) {
		peer.checkTable()
	}
}

// checkTable sees whether settings that are in force now ask for a smaller table.
func (d *direction) checkTable() {
	if uint64(d.allowed.inForce.table) < d.table {
		d.mustResize = true
	}
}

// takeReset is RFC 9113, section 6.4.
func (c *Conn) takeReset(d *direction, b []byte) {
	id, code := d.frame.stream, ErrorCode(binary.BigEndian.Uint32(b))
	s := c.streams[id]
	if s == nil {
		s, _ = c.answered.get(id)
	}
	if s == nil && !c.begun(id) {
		if serverStream(id) || d.up {
			c.odd(d, StreamIdle, "RST_STREAM on stream %d", id)
			return
		}
		if s = c.create(id); s == nil {
			return
		}
	}
	c.past.put(id, endedBy(d.up))
	if s == nil {
		return // over, which the sender may not have known
	}
	if d.up && !serverStream(id) && !s.resp.head && !s.resp.ended {
		c.countReset(d)
	}
	if !d.up && !s.req.head {
		s.gone, s.code = true, code
		if s.owed = !s.told; s.owed {
			s.resp.ended = true
			c.settle(s)
			return
		}
	}
	c.endMessage(s, d.up, code.resetEnd())
	if s.gone {
		return // the request is ended when it is seen
	}
	c.endMessage(s, !d.up, code.cutEnd())
}

// countReset counts the requests that a client takes back.
func (c *Conn) countReset(d *direction) {
	c.takenBack++
	if c.takenBack == rapidResets && c.takenBack*2 > c.opened {
		c.odd(d, RapidReset, "%d of %d requests", c.takenBack, c.opened)
	}
}

// goAway is what a direction's sender has said of its end (RFC 9113, section 6.8).
type goAway struct {
	said int
	last uint32
	code ErrorCode
}

// takeGoAway ends the exchanges that the frame says were not looked at.
func (c *Conn) takeGoAway(d *direction, b []byte) {
	last, code := binary.BigEndian.Uint32(b)&streamMask, ErrorCode(binary.BigEndian.Uint32(b[4:]))
	g := &d.goAway
	g.said++
	if last > g.last {
		c.odd(d, GoAwayIncreased, "%d after %d", last, g.last)
		return
	}
	if g.said > maxGoAways {
		if g.said == maxGoAways+1 {
			c.odd(d, GoAwayTooMany, "%d", maxGoAways)
		}
		return
	}
	g.last, g.code = last, code
	for _, s := range byID(c.streams) {
		if c.refused(s.id, d.up) && !s.resp.head {
			c.refuse(s, d)
		}
	}
}

// refused says whether the stream is one that GOAWAY of the side up has refused:
// one of the other side's, above the last.
func (c *Conn) refused(id uint32, up bool) bool {
	return serverStream(id) == up && id > c.direction(up).goAway.last
}

func (c *Conn) refuse(s *stream, d *direction) {
	e := d.goAway.code.cutEnd()
	c.endMessage(s, true, e)
	c.endMessage(s, false, e)
}

// takeWindowUpdate is RFC 9113, section 6.9.
func (c *Conn) takeWindowUpdate(d *direction, b []byte) {
	id, more := d.frame.stream, int64(binary.BigEndian.Uint32(b)&maxWindow)
	if more == 0 {
		c.odd(d, WindowUpdateZero, "on stream %d", id)
		return
	}
	sender := c.direction(!d.up)
	if id == 0 {
		if sender.credit += more; sender.credit > maxWindow {
			c.odd(d, WindowOverflow, "of the connection: %d bytes", sender.credit)
			sender.credit = maxWindow
		}
		return
	}
	s := c.streams[id]
	if s == nil {
		if !c.begun(id) && (d.up || serverStream(id)) {
			c.odd(d, StreamIdle, "WINDOW_UPDATE on stream %d", id)
		}
		return
	}
	m := s.message(sender.up)
	m.credit += more
	if window := m.credit + int64(sender.allowed.inForce.window); window > maxWindow {
		c.oddMessage(s, sender.up, WindowOverflow, fmt.Sprintf("%d bytes", window))
		m.credit = maxWindow - int64(sender.allowed.inForce.window)
	}
}

// priorityLen is the length of a priority (RFC 9113, section 6.3).
const priorityLen = 5

// priority is what RFC 7540, section 5.3 says of a stream; RFC 9113 has only its
// form.
type priority struct {
	exclusive bool
	on        uint32
	weight    int
}

func parsePriority(b []byte) priority {
	v := binary.BigEndian.Uint32(b)
	return priority{exclusive: v > streamMask, on: v & streamMask, weight: int(b[4]) + 1}
}

func (c *Conn) checkPriority(d *direction, b []byte) {
	if p := parsePriority(b); p.on == d.frame.stream {
		c.odd(d, SelfDependency, "stream %d", p.on)
	}
}
