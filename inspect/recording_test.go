package inspect

import (
	"bytes"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"tlsmitm/inspect/internal/selfsigned"
	"tlsmitm/inspect/tlswire"
)

// part is a run of bytes or a key log line, as a tap sees them.
type part struct {
	up     bool
	secret bool
	b      []byte
}

// recording is a conversation of crypto/tls with itself, seen at one end.
type recording struct {
	mu    sync.Mutex
	parts []part
	sent  [2][]byte // plaintext, client to server and back
}

func (r *recording) add(p part) {
	p.b = append([]byte(nil), p.b...)
	r.mu.Lock()
	r.parts = append(r.parts, p)
	r.mu.Unlock()
}

func (r *recording) Write(line []byte) (int, error) {
	r.add(part{secret: true, b: line})
	return len(line), nil
}

// recorder is a conn that records what passes.
type recorder struct {
	net.Conn
	to     *recording
	readUp bool
}

func (c *recorder) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.to.add(part{up: c.readUp, b: b[:n]})
	}
	return n, err
}

func (c *recorder) Write(b []byte) (int, error) {
	c.to.add(part{up: !c.readUp, b: b})
	return c.Conn.Write(b)
}

// chunks returns the bytes of one direction.
func (r *recording) bytes(up bool) []byte {
	var all []byte
	for _, p := range r.parts {
		if !p.secret && p.up == up {
			all = append(all, p.b...)
		}
	}
	return all
}

func testKeys() map[string]tls.Certificate {
	return map[string]tls.Certificate{"ecdsa": selfsigned.ECDSA(), "rsa": selfsigned.RSA()}
}

// setup is one way for crypto/tls to talk to itself.
type setup struct {
	name           string
	client, server tls.Config
	atServer       bool // the recording is made at the server's end: the client leg's view
	sessions       int  // connections before the one that is recorded, for resumption
	mayFail        bool // the handshake may fail, and what came of it is the recording
}

// run makes one connection: the handshake, then noise both ways.
func (s *setup) run(t testing.TB) *recording {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	rec := &recording{}
	rec.sent[0] = noise(40000)
	rec.sent[1] = noise(70001)
	// The clones share session caches and ticket keys with the originals.
	clientConfig, serverConfig := s.client.Clone(), s.server.Clone()
	failed := make(chan error, 1)
	go func() {
		raw, err := l.Accept()
		if err != nil {
			failed <- err
			return
		}
		defer raw.Close()
		if s.atServer {
			raw, serverConfig.KeyLogWriter = &recorder{Conn: raw, to: rec, readUp: true}, rec
		}
		failed <- exchange(tls.Server(raw, serverConfig), rec.sent[1], rec.sent[0])
	}()
	raw, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if !s.atServer {
		raw, clientConfig.KeyLogWriter = &recorder{Conn: raw, to: rec}, rec
	}
	clientConfig.ServerName, clientConfig.InsecureSkipVerify = "leaf.example", true
	clientErr := exchange(tls.Client(raw, clientConfig), rec.sent[0], rec.sent[1])
	if clientErr != nil && s.mayFail {
		raw.Close()
	}
	serverErr := <-failed
	if !s.mayFail && (clientErr != nil || serverErr != nil) {
		t.Fatalf("%s: client: %v, server: %v", s.name, clientErr, serverErr)
	}
	return rec
}

// exchange sends one and reads the other, at the same time, then closes its side.
func exchange(c *tls.Conn, send, want []byte) error {
	c.SetDeadline(time.Now().Add(2 * time.Minute))
	if err := c.Handshake(); err != nil {
		return err
	}
	wrote := make(chan error, 1)
	go func() {
		_, err := c.Write(send)
		if err == nil {
			err = c.CloseWrite()
		}
		wrote <- err
	}()
	got, err := io.ReadAll(c)
	if err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return fmt.Errorf("got %d bytes, not the %d that were sent", len(got), len(want))
	}
	return <-wrote
}

func noise(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

// dissect feeds the recording to a Dissector of one leg, cut by the given
// function, and returns the events.
func (r *recording) dissect(leg LegName, masters *masterStore, cut func([]byte) [][]byte) []*Event {
	var events []*Event
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	d := newDissector(1, Meta{Target: "leaf.example:443", Via: ViaConnect, Mode: ModeIntercept}, at, -1, masters, func(e *Event) { events = append(events, e) })
	for _, p := range r.parts {
		if p.secret {
			d.handle(&item{kind: itemSecret, leg: leg, at: at, b: bytes.Clone(p.b)}, nil)
			continue
		}
		for _, b := range cut(bytes.Clone(p.b)) {
			d.handle(&item{kind: itemChunk, leg: leg, up: p.up, at: at, b: b}, nil)
		}
	}
	d.close(at, Outcome{Cause: CauseOK}, nil)
	return events
}

func whole(b []byte) [][]byte { return [][]byte{b} }

// pieces cuts into runs of n bytes.
func pieces(n int) func([]byte) [][]byte {
	return func(b []byte) (all [][]byte) {
		for len(b) > n {
			all, b = append(all, b[:n]), b[n:]
		}
		return append(all, b)
	}
}

// messages lists the handshake types and other messages of one direction.
func messages(events []*Event, from Party) (list []string) {
	for _, e := range events {
		if m, ok := e.Body.(*Message); ok && e.From == from {
			s := m.Name
			if !m.Opened() {
				s += " (" + m.Reason + ")"
			}
			if m.ContentType == tlswire.ContentTypeAlert && m.Opened() {
				a, _ := m.Alert()
				s += " " + a.Description.String()
			}
			list = append(list, s)
		}
	}
	return list
}

// plaintext joins the data of one direction.
func plaintext(events []*Event, from Party) (all []byte) {
	for _, e := range events {
		if d, ok := e.Body.(*Data); ok && e.From == from {
			all = append(all, d.Bytes...)
		}
	}
	return all
}

// wires sums the bytes on the wire that events account for, by sender.
func wires(events []*Event) map[Party]int {
	sum := map[Party]int{}
	for _, e := range events {
		switch b := e.Body.(type) {
		case *Message:
			sum[e.From] += b.Wire
		case *Data:
			sum[e.From] += b.Wire
		case *Malformed:
			sum[e.From] += b.Wire
		}
	}
	return sum
}
