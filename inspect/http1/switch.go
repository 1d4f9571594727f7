package http1

import (
	"fmt"

	"tlsmitm/inspect/httpmsg"
)

// kind is what a request means for how its response is read.
type kind uint8

const (
	ordinary kind = iota // or not known
	head
	connect
	upgrade
)

func kindOf(h *httpmsg.Head, a *facts) kind {
	switch {
	case h.Method == "HEAD":
		return head
	case h.Method == "CONNECT":
		return connect
	case a.upgrade != "" && !isHTTP10(h.Protocol): // RFC 9110, section 7.8
		return upgrade
	}
	return ordinary
}

// switchTo tells that another protocol follows the response to x, and the request.
func (c *Conn) switchTo(x httpmsg.Exchange, protocol string) {
	c.switched, c.tunnel = true, x
	c.r.Switch(x, protocol)
	c.down.enterTunnel()
	if c.up.count > x || c.up.count == x && !c.up.open {
		c.up.enterTunnel()
	}
}

// enterTunnel makes another protocol of what follows and of what waits.
func (d *direction) enterTunnel() {
	if d.over() {
		return
	}
	d.cut()
	b := d.buf
	d.buf, d.start, d.state = nil, nil, inTunnel
	d.feed(b)
	if d.ending {
		d.end()
	}
}

// hold keeps what follows a request to switch, until the server has answered it.
func (d *direction) hold(b []byte) int {
	switch {
	case d.c.down.over():
		d.fail("whether the server opened the tunnel was not seen")
		return 0
	case len(d.buf)+len(b) > MaxHead:
		d.fail(fmt.Sprintf("more than %d bytes before the server's answer to a request to switch protocols", MaxHead))
		return 0
	}
	d.buf = append(d.buf, b...)
	return len(b)
}

// release reads on in HTTP what was held.
func (d *direction) release() {
	b := d.buf
	d.buf, d.state = nil, inHead
	d.feed(b)
	if d.ending {
		d.end()
	}
}

// unanswered is for a request to switch to which no response will be seen. After
// Upgrade most go on in HTTP; after CONNECT none do.
func (c *Conn) unanswered() {
	c.unusual = nil
	d := &c.up
	switch {
	case d.state != held:
	case d.kind == connect:
		if len(d.buf) > 0 {
			d.fail("whether the server opened the tunnel was not seen")
		} else if d.ending {
			d.end()
		}
	default:
		d.release()
	}
}
