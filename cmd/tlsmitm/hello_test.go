package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
)

// reshaped is a connection on which the first write, which begins the Client
// Hello, is sent otherwise, and each later one as it is.
type reshaped struct {
	net.Conn
	first, later func(c net.Conn, b []byte) error
}

func (r *reshaped) Write(b []byte) (int, error) {
	send := r.first
	r.first = r.later
	if send == nil {
		return r.Conn.Write(b)
	}
	if err := send(r.Conn, b); err != nil {
		return 0, err
	}
	return len(b), nil
}

// bytewise sends each byte by itself.
func bytewise(c net.Conn, b []byte) error {
	for i := range b {
		if _, err := c.Write(b[i : i+1]); err != nil {
			return err
		}
	}
	return nil
}

// recordwise sends a record as many: each has a few bytes of the first one's,
// and is a segment of its own.
func recordwise(c net.Conn, record []byte) error {
	head, fragment := record[:3], record[5:]
	for len(fragment) > 0 {
		n := min(7, len(fragment))
		if _, err := c.Write(append(append(bytes.Clone(head), 0, byte(n)), fragment[:n]...)); err != nil {
			return err
		}
		fragment = fragment[n:]
	}
	return nil
}

// longProtocols make a Client Hello of about 64 KiB, which is as much as a
// hello may have.
func longProtocols() []string {
	var names []string
	for i := range 250 {
		names = append(names, fmt.Sprintf("%03d%s", i, strings.Repeat("x", 252)))
	}
	return append(names, "http/1.1")
}

// TestHellos sends Client Hellos in ways that are odd, but right.
func TestHellos(t *testing.T) {
	o := makeOrigin(t)
	for name, shape := range map[string]struct {
		first, later func(net.Conn, []byte) error
		protocols    []string
		together     bool // with the CONNECT in one segment
	}{
		"as they are":                {},
		"one byte at a time":         {first: bytewise, later: bytewise},
		"in many records":            {first: recordwise},
		"of 64 KiB":                  {protocols: longProtocols()},
		"of 64 KiB, bytewise":        {protocols: longProtocols(), first: bytewise, later: bytewise},
		"with the CONNECT":           {together: true},
		"of 64 KiB with the CONNECT": {together: true, protocols: longProtocols()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := echo(t, o.tls(t))
			p := startProxy(t, "--upstream-ca", o.ca)
			c := p.dial(t)
			connect := fmt.Appendf(nil, "CONNECT %s HTTP/1.1\r\nHost: %[1]s\r\n\r\n", target)
			if shape.together {
				shape.first = func(c net.Conn, b []byte) error { _, err := c.Write(append(connect, b...)); return err }
				c.in = bufio.NewReader(afterHead{c.in})
			} else {
				c = p.through(t, target)
			}
			config := p.trusting(t)
			config.NextProtos = shape.protocols
			s := tls.Client(&reshaped{c, shape.first, shape.later}, config)
			check(t, s.Handshake())
			pingPong(t, s)
			if shape.protocols != nil && s.ConnectionState().NegotiatedProtocol != "http/1.1" {
				t.Errorf("agreed on %q", s.ConnectionState().NegotiatedProtocol)
			}
			s.Close()
			events := p.closed(1)
			shookHands(t, events, s.ConnectionState().NegotiatedProtocol)
			if last := events[len(events)-1]; last.Cause != "ok" {
				t.Errorf("closed because %s", last.Cause)
			}
			p.alive(t)
		})
	}
}

// afterHead is what comes after the head of the answer to a CONNECT.
type afterHead struct{ in *bufio.Reader }

func (a afterHead) Read(b []byte) (int, error) {
	for {
		next, err := a.in.Peek(1)
		if err != nil {
			return 0, err
		}
		if next[0] != 'H' { // of HTTP/1.1; a record begins with another byte
			return a.in.Read(b)
		}
		for line := ""; line != "\r\n"; {
			if line, err = a.in.ReadString('\n'); err != nil {
				return 0, err
			}
		}
	}
}

// wholeHello is a Client Hello, as a record.
func wholeHello(t *testing.T) []byte {
	t.Helper()
	near, far := net.Pipe()
	defer far.Close()
	go tls.Client(near, &tls.Config{ServerName: "localhost"}).Handshake()
	head := make([]byte, 5)
	_, err := io.ReadFull(far, head)
	check(t, err)
	fragment := make([]byte, int(head[3])<<8|int(head[4]))
	_, err = io.ReadFull(far, fragment)
	check(t, err)
	return append(head, fragment...)
}

// TestBadHellos sends what begins like TLS and comes to nothing.
func TestBadHellos(t *testing.T) {
	hello := wholeHello(t)
	half := hello[:len(hello)/2]
	mangled := bytes.Clone(hello)
	mangled[5+4+2+32] = 0xff // the length of the session id
	for name, bad := range map[string]struct {
		sends []byte
		then  func(*client)
		cause string
		alert byte // that the client gets; 0 for none
	}{
		"silence":               {nil, nil, "sniff_timeout", 0},
		"half and silence":      {half, nil, "sniff_timeout", 0},
		"half and end":          {half, func(c *client) { c.CloseWrite() }, "client_closed_in_handshake", 0},
		"half and reset":        {half, func(c *client) { c.Conn.(*net.TCPConn).SetLinger(0); c.Close() }, "client_reset", 0},
		"mangled":               {mangled, nil, "client_hello_malformed", 50},
		"a Finished first":      {[]byte{22, 3, 1, 0, 5, 20, 0, 0, 1, 0}, nil, "client_hello_malformed", 50},
		"noise after the start": {append([]byte{22, 3, 1}, bytes.Repeat([]byte{0xff}, 64)...), nil, "client_hello_malformed", 50},
		"empty records":         {bytes.Repeat([]byte{22, 3, 1, 0, 0}, 60_000), nil, "client_hello_too_large", 22},
		"endless":               {[]byte{22, 3, 1, 0, 4, 1, 4, 0, 0}, nil, "client_hello_too_large", 22},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := serve(t, func(c net.Conn) { io.Copy(io.Discard, c) })
			p := startProxy(t, settings(t, "limits:\n  sniff: 300ms\n")...)
			c := p.through(t, target)
			c.Write(bad.sends) // the proxy may have heard enough before the end
			if bad.then != nil {
				bad.then(c)
			}
			got, err := io.ReadAll(c)
			if isTimeout(err) {
				t.Error("the proxy keeps the connection")
			}
			if want := []byte{21, 3, 3, 0, 2, 2, bad.alert}; bad.alert != 0 && !bytes.Equal(got, want) {
				t.Errorf("got % x and %v, not the alert % x", got, err, want)
			}
			p.failed(t, bad.cause)
		})
	}
}

// failed wants the only connection's end to have a cause, and to be diagnosed.
func (p *proxyUnderTest) failed(t *testing.T, cause string) (events []event) {
	t.Helper()
	events = p.closed(1)
	diagnoses := 0
	for _, e := range events {
		if e.Event == "diagnosis" {
			diagnoses++
			if e.Code != cause {
				t.Errorf("diagnosed as %v, not %s", e.Code, cause)
			}
		}
	}
	if last := events[len(events)-1]; last.Cause != cause || diagnoses != 1 {
		t.Errorf("closed because %s with %d diagnoses, not because %s", last.Cause, diagnoses, cause)
	}
	p.alive(t)
	return events
}
