package application

// proxied is what a proxy passes on after a CONNECT (RFC 9110, section 9.3.6): HTTP, if it
// looks like that. Not on a stream of HTTP/2, of which there may be thousands, each with as
// much to keep as a connection.
type proxied struct{ outer, inner *Conversation }

// maxDepth bounds how many proxies behind one another are followed.
const maxDepth = 8

func newProxied(c *Conversation, e *exchange) *proxied {
	inner := &Conversation{options: c.options, origin: Origin{Conn: c.origin.Conn, Target: e.host}, depth: c.depth + 1, tell: c.tell}
	return &proxied{c, inner}
}

// do has the inner conversation go on with the count of exchanges.
func (p *proxied) do(it func()) {
	p.inner.count = p.outer.count
	it()
	p.outer.count = p.inner.count
}

func (p *proxied) feed(d Direction, b []byte) {
	p.do(func() { p.inner.Feed(d, p.outer.at, p.outer.row, b) })
}

func (p *proxied) end(d Direction) { p.do(func() { p.inner.End(d, p.outer.at) }) }
func (p *proxied) close()          { p.do(func() { p.inner.Close(p.outer.at) }) }
