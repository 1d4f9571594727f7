package proxy

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tlsmitm/inspect"
)

// memory is a sink that keeps all.
type memory struct {
	mu     sync.Mutex
	events []*inspect.Event
}

func (m *memory) Name() string { return "memory" }
func (m *memory) Write(batch []*inspect.Event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.events = append(m.events, batch...)
	return nil
}
func (m *memory) Flush(time.Time) (bool, error) { return false, nil }
func (m *memory) Close() error                  { return nil }

// inspected runs f with a proxy that is inspected, and returns the events of the
// one connection that it makes.
func inspected(t *testing.T, cfg Config, f func(h *harness)) []*inspect.Event {
	t.Helper()
	sink := &memory{}
	in := inspect.New(inspect.Options{Sinks: []inspect.Sink{sink}})
	h := start(t, cfg, Deps{Inspector: in})
	f(h)
	h.outcome()
	if err := in.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if len(sink.events) < 2 || sink.events[0].Kind != inspect.KindConnOpen || sink.events[len(sink.events)-1].Kind != inspect.KindConnClose {
		t.Fatalf("the events do not go from open to close: %v", sink.events)
	}
	return sink.events
}

// summary tells of each event its leg and what it is, runs of the same once.
func summary(events []*inspect.Event) string {
	var list []string
	for _, e := range events {
		s := string(e.Kind)
		switch body := e.Body.(type) {
		case *inspect.Message:
			s = body.Name
		case *inspect.ConnOpen:
			s += fmt.Sprintf(" %s %s %s", body.Target[:strings.Index(body.Target, ":")], body.Via, body.Mode)
		case *inspect.ConnClose:
			s += fmt.Sprintf(" %s %s", body.Cause, body.Mode)
		case *inspect.Verification:
			s += fmt.Sprintf(" %v %s", body.OK, body.Code)
		}
		if e.Kind == inspect.KindSecret || e.Kind == inspect.KindDiagnosis {
			continue
		}
		if e.Leg != "" {
			s = string(e.Leg) + ": " + s
		}
		list = append(list, s)
	}
	return strings.Join(slices.Compact(list), "\n")
}

func TestInspected(t *testing.T) {
	p := origin(t, nil, "origin.example")
	for _, c := range []struct {
		name string
		cfg  Config
		do   func(h *harness)
		want []string // in this order, with others between them
	}{
		{"intercept", Config{}, func(h *harness) {
			conn := h.tls("origin.example:"+p, nil)
			exchange(t, conn, "hello")
			conn.Close()
		}, []string{
			"conn.open origin.example connect intercept", "client: Client Hello", "server: Client Hello", "server: Server Hello",
			"server: tls.verify true ", "server: Finished", "client: Server Hello", "client: Finished", "client: tls.data", "server: tls.data", "conn.close ok intercept"}},
		{"tunnel", Config{Policy: []Rule{{"*", ActionTunnel}}}, func(h *harness) {
			conn := h.tls("origin.example:"+p, func(cfg *tls.Config) { cfg.RootCAs = pki.pool })
			exchange(t, conn, "hello")
			conn.CloseWrite()
			io.Copy(io.Discard, conn) // else the server's answer to the end would be met by a reset
			conn.Close()
		}, []string{"conn.open origin.example connect tunnel", "direct: Client Hello", "direct: Server Hello", "conn.close ok tunnel"}},
		{"unverified", Config{}, func(h *harness) {
			get(t, h.tls("other.example:"+p, nil), "other.example")
		}, []string{"client: Client Hello", "server: Server Hello", "server: tls.verify false name_mismatch", "client: tls.established", "conn.close upstream_unverified intercept"}},
		{"insecure", Config{Upstream: Upstream{InsecureHosts: []string{"*"}}}, func(h *harness) {
			h.tls("other.example:"+p, nil).Close()
		}, []string{"server: tls.verify false name_mismatch", "client: tls.established", "conn.close ok intercept"}},
		{"not TLS", Config{}, func(h *harness) {
			conn := h.connect("origin.example:" + port(serveEach(t, echo)))
			exchange(t, conn, "hello")
			conn.Close()
		}, []string{"conn.open origin.example connect intercept", "direct: tcp.data", "conn.close ok tunnel"}},
		{"malformed", Config{}, func(h *harness) {
			conn := h.connect("origin.example:"+port(serveEach(t, echo)), 22, 3, 1, 0, 5, 1, 0, 0, 1, 9)
			io.Copy(io.Discard, conn)
			conn.Close()
		}, []string{"client: Alert", "conn.close client_hello_malformed intercept"}},
		{"refused", Config{Policy: []Rule{{"*", ActionRefuse}}}, func(h *harness) {
			conn, _ := h.tryConnect("origin.example:" + p)
			conn.Close()
		}, []string{"conn.open origin.example connect refuse", "conn.close refused_by_policy refuse"}},
		{"plain", Config{}, func(h *harness) {
			p := rawOrigin(t, "\r\n\r\n", func(_ string, c net.Conn) { io.WriteString(c, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n") })
			h.plain(t, "GET http://origin.example:"+p+"/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		}, []string{"conn.open origin.example http intercept", "server: tcp.data", "conn.close ok intercept"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := summary(inspected(t, c.cfg, c.do))
			rest := "\n" + got + "\n"
			for _, w := range c.want {
				_, after, ok := strings.Cut(rest, "\n"+w+"\n")
				if !ok {
					t.Fatalf("%q is missing, or not in its place, in\n%s", w, got)
				}
				rest = "\n" + after
			}
		})
	}
}

// Every byte on the sockets is a byte of an event, also of those that were read to
// find out what the client speaks.
func TestInspectedBytes(t *testing.T) {
	p := origin(t, nil, "origin.example")
	var read, written int
	events := inspected(t, Config{}, func(h *harness) {
		count := &counting{Conn: h.connect("origin.example:" + p)}
		conn := tls.Client(count, &tls.Config{ServerName: "origin.example", RootCAs: proxyPool})
		exchange(t, conn, strings.Repeat("hello ", 20000))
		conn.CloseWrite()
		io.Copy(io.Discard, conn)
		conn.NetConn().(*counting).Conn.Close()
		read, written = count.read, count.written
	})
	var up, down int64
	for _, e := range events {
		if c, ok := e.Body.(*inspect.ConnClose); ok {
			for _, f := range c.Flows {
				switch {
				case f.Leg == inspect.LegClient && f.From == inspect.PartyClient:
					up = f.Bytes
				case f.Leg == inspect.LegClient:
					down = f.Bytes
				}
			}
		}
	}
	if up != int64(written) || down != int64(read) {
		t.Errorf("inspection saw %d bytes from the client and %d to it, of %d and %d", up, down, written, read)
	}
}

// counting counts what passes.
type counting struct {
	net.Conn
	read, written int
}

func (c *counting) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.read += n
	return n, err
}

func (c *counting) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.written += n
	return n, err
}
