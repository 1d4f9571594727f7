package proxy

import (
	"net"
	"net/http"
	"sync"
	"sync/atomic"
)

// turnedAway is how many clients beyond the limit are still let in as far as to be
// told that there is no room. The rest find the connection closed.
const turnedAway = 64

// gate is a listener that counts.
type gate struct {
	net.Listener
	limit int64
	open  atomic.Int64
}

func newGate(ln net.Listener, limit int) *gate {
	return &gate{Listener: ln, limit: int64(limit)}
}

// Accept lets the next client in.
func (g *gate) Accept() (net.Conn, error) {
	for {
		conn, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		n := g.open.Add(1)
		c := &clientConn{Conn: conn, gate: g, over: n > g.limit}
		if n <= g.limit+turnedAway {
			return c, nil
		}
		c.Close()
	}
}

// clientConn is a client's socket. It is counted until it is closed.
type clientConn struct {
	net.Conn
	gate *gate
	over bool // beyond the limit: to be told so, and no more
	once sync.Once

	mu        sync.Mutex
	transport *http.Transport // for the client's plain requests; made with the first
}

// Close closes the socket, and what was kept open to servers for it.
func (c *clientConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() {
		c.gate.open.Add(-1)
		c.mu.Lock()
		tr := c.transport
		c.mu.Unlock()
		if tr != nil {
			tr.CloseIdleConnections()
		}
	})
	return err
}

// CloseWrite half-closes the socket, or closes it if it cannot be.
func (c *clientConn) CloseWrite() error {
	if h, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return h.CloseWrite()
	}
	return c.Close()
}

// SetLinger sets what closing does with unsent bytes, where the socket can.
func (c *clientConn) SetLinger(sec int) error {
	if l, ok := c.Conn.(interface{ SetLinger(int) error }); ok {
		return l.SetLinger(sec)
	}
	return nil
}
