package inspect

import (
	"io"
	"net"
	"net/netip"
	"time"
)

// Leg is one of a session's conversations. All methods may be called on nil.
type Leg struct {
	s    *Session
	name LegName
}

// readsUp says which way the bytes go that are read from the leg's socket: on
// the server leg that socket leads to the server, on the others to the client.
func (l *Leg) readsUp() bool { return l.name != LegServer }

// Sniffed tells of bytes that were read from the leg's socket before the tap was
// laid. b is copied.
func (l *Leg) Sniffed(at time.Time, b []byte) {
	if l == nil {
		return
	}
	l.s.chunk(l.name, l.readsUp(), at, b)
}

// Tap returns c with every byte that is read from it or written to it copied to
// the session. It owns nothing: closing it closes c. On a nil leg it is c.
func (l *Leg) Tap(c net.Conn) net.Conn {
	if l == nil {
		return c
	}
	return &tap{Conn: c, leg: l}
}

// KeyLog returns the leg's tls.Config.KeyLogWriter; nil on a nil leg. It only
// appends to memory: crypto/tls calls it under a lock that all handshakes share.
func (l *Leg) KeyLog() io.Writer {
	if l == nil {
		return nil
	}
	return (*keyLog)(l)
}

// UseKeys makes the leg look for its secrets in keys, as Meta.Keys does for all
// legs. It must be called before the leg's first bytes.
func (l *Leg) UseKeys(keys *KeyStore) {
	if l == nil || keys == nil {
		return
	}
	l.s.push(item{kind: itemKeys, leg: l.name, at: time.Now(), body: keys})
}

// Sockets tells between which addresses the leg runs: the client's end and the
// server's. It must be called before the leg's first bytes. What is no TCP address
// is not known.
func (l *Leg) Sockets(client, server net.Addr) {
	if l == nil || !l.s.in.tapped {
		return
	}
	l.s.push(item{kind: itemSockets, leg: l.name, at: time.Now(), body: &Sockets{addrPort(client), addrPort(server)}})
}

func addrPort(a net.Addr) netip.AddrPort {
	if t, ok := a.(*net.TCPAddr); ok {
		ap := t.AddrPort()
		return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
	}
	return netip.AddrPort{}
}

// Verified tells what the check of the server's certificate found.
func (l *Leg) Verified(v Verification) {
	if l == nil {
		return
	}
	l.s.push(item{kind: itemVerified, leg: l.name, at: time.Now(), body: &v})
}

// Ticket tells which pre-shared key a ticket stands for that is about to be sent. Both
// must stay unchanged.
func (l *Leg) Ticket(ticket, psk []byte) {
	if l == nil {
		return
	}
	// At once, and not in its turn: the ticket may come back on a connection that is
	// dissected before this one.
	l.s.in.masters.putPSK(ticket, psk)
}

// keyLog receives a leg's key log lines.
type keyLog Leg

func (k *keyLog) Write(line []byte) (int, error) {
	b := make([]byte, len(line))
	copy(b, line)
	k.s.push(item{kind: itemSecret, leg: k.name, at: time.Now(), b: b})
	return len(line), nil
}

// tap copies what passes on a socket to its session.
type tap struct {
	net.Conn
	leg *Leg
}

// Read stamps after the bytes have come, and Write before they go: otherwise an
// answer could be seen before its question.
func (t *tap) Read(b []byte) (int, error) {
	n, err := t.Conn.Read(b)
	if n > 0 {
		t.leg.s.chunk(t.leg.name, t.leg.readsUp(), time.Now(), b[:n])
	}
	return n, err
}

func (t *tap) Write(b []byte) (int, error) {
	t.leg.s.chunk(t.leg.name, !t.leg.readsUp(), time.Now(), b)
	return t.Conn.Write(b)
}

// CloseWrite half-closes the socket, if it can be.
func (t *tap) CloseWrite() error {
	if c, ok := t.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return t.Conn.Close()
}

// NetConn returns the socket, for its options. What is read from it or written
// to it directly is not seen.
func (t *tap) NetConn() net.Conn { return t.Conn }
