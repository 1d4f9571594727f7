package application

import (
	"strings"

	"tlsmitm/inspect/http2"
	"tlsmitm/inspect/httpmsg"
)

// Switch implements httpmsg.Receiver: what follows the exchange is of another
// protocol, and the exchange is over.
func (l *layer) Switch(x httpmsg.Exchange, protocol string) {
	e := l.exchanges[x]
	if e == nil {
		return
	}
	e.told.Switched = protocol
	if l.switched == nil {
		l.switched = make(map[httpmsg.Exchange]tunnel)
		l.tunnels = make(map[httpmsg.Exchange]int)
	}
	l.switched[x] = l.tunnel(e, protocol)
	e.finish()
}

// tunnel returns what follows the bytes after an exchange.
func (l *layer) tunnel(e *exchange, protocol string) tunnel {
	switch strings.ToLower(protocol) {
	case "", "connect":
		if e.method == "CONNECT" && l.c.depth < maxDepth && l.protocol != httpmsg.HTTP2 {
			return newProxied(l.c, e)
		}
	case "websocket":
		return newSocket(l.c, e)
	case "h2c":
		inner := l.c.newLayer(httpmsg.HTTP2)
		inner.upgraded(e)
		return inner
	}
	return opaque{}
}

// Tunnel implements httpmsg.Receiver.
func (l *layer) Tunnel(x httpmsg.Exchange, up bool, b []byte) {
	if t := l.switched[x]; t != nil {
		t.feed(Direction(up), b)
	}
}

// upgraded begins the exchange that an Upgrade request goes on as: the answer to
// it comes on stream 1 (RFC 7540, section 3.2).
func (l *layer) upgraded(from *exchange) {
	e := l.exchange(1)
	e.told.Request = from.told.Request
	e.told.Timings.Started = from.told.Timings.Started
	e.request.ended = true
	if r, ok := l.reader.(*http2.Conn); ok {
		r.Upgraded(from.method, from.path)
	}
}

// opaque is a protocol that nobody here reads.
type opaque struct{}

func (opaque) feed(Direction, []byte) {}
func (opaque) end(Direction)          {}
func (opaque) close()                 {}
