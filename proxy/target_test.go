package proxy

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"

	"tlsmitm/inspect"
)

func TestParseTarget(t *testing.T) {
	for _, c := range []struct {
		in, want, dial string
	}{
		{"origin.example:443", "origin.example:443", "origin.example:443"},
		{"Origin.EXAMPLE.:8443", "origin.example:8443", "origin.example.:8443"},
		{"192.0.2.1:1", "192.0.2.1:1", "192.0.2.1:1"},
		{"[2001:DB8::1]:443", "[2001:db8::1]:443", "[2001:db8::1]:443"},
		{"bücher.example:443", "xn--bcher-kva.example:443", "xn--bcher-kva.example:443"},
	} {
		got, err := parseTarget(c.in)
		if err != nil || got.Address() != c.want || got.dialAddress() != c.dial {
			t.Errorf("%s: %s, dialled as %s, %v", c.in, got.Address(), got.dialAddress(), err)
		}
	}
	for _, in := range []string{"", ":443", "origin.example", "origin.example:", "origin.example:0", "origin.example:99999", "origin.example:-1",
		"origin.example:https", "a b:443", "user@origin.example:443", "2001:db8::1:443", "[2001:db8::1]", "/path", "http://origin.example:443"} {
		if got, err := parseTarget(in); err == nil {
			t.Errorf("%q is taken for %s", in, got.Address())
		}
	}
}

func TestBadTarget(t *testing.T) {
	for _, target := range []string{"origin.example", "origin.example:0", "origin.example:99999", ":443"} {
		t.Run(target, func(t *testing.T) {
			h := start(t, Config{}, Deps{})
			c, resp := h.tryConnect(target)
			body, _ := io.ReadAll(resp.Body)
			if resp.StatusCode != http.StatusBadRequest || !resp.Close {
				t.Errorf("status %s, header %v", resp.Status, resp.Header)
			}
			contains(t, string(body), target, "host name or an IP address and a port")
			c.Close()
			h.want(inspect.CauseDialFailed)
		})
	}
}

func TestUnreachable(t *testing.T) {
	closed := listen(t, "127.0.0.1:0")
	closed.Close()
	op := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	for _, c := range []struct {
		name   string
		err    error // nil: the network's own
		status int
		part   string
		cause  inspect.Cause
	}{
		{"refused", nil, 502, "refused the connection", inspect.CauseDialFailed},
		{"no such host", op(&net.DNSError{Err: "no such host", Name: "x", IsNotFound: true}), 502, "no host of the name 127.0.0.1", inspect.CauseDialFailed},
		{"name server fails", op(&net.DNSError{Err: "server misbehaving", Name: "x"}), 502, "server misbehaving", inspect.CauseDialFailed},
		{"name server silent", op(&net.DNSError{Err: "i/o timeout", Name: "x", IsTimeout: true}), 504, "no name server answered", inspect.CauseDialTimeout},
		{"no route", op(syscall.ENETUNREACH), 502, "no route", inspect.CauseDialFailed},
		{"silence", context.DeadlineExceeded, 504, "nothing answered within 300ms", inspect.CauseDialTimeout},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := start(t, Config{Limits: Limits{Dial: 300 * time.Millisecond}, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
				switch {
				case c.err == nil:
					return dialLoopback(ctx, network, address)
				case c.err == context.DeadlineExceeded:
					<-ctx.Done()
					return nil, op(ctx.Err())
				}
				return nil, c.err
			}}, Deps{})
			conn, resp := h.tryConnect(closed.Addr().String())
			body, _ := io.ReadAll(resp.Body)
			if resp.StatusCode != c.status {
				t.Errorf("status %s", resp.Status)
			}
			if resp.Header.Get("Content-Type") != "text/plain; charset=utf-8" || resp.ContentLength != int64(len(body)) || !resp.Close {
				t.Errorf("header %v", resp.Header)
			}
			contains(t, string(body), c.part, closed.Addr().String())
			conn.Close()
			l := h.want(c.cause)
			if l.Level != "warn" || l.Error == "" || l.Next == "" {
				t.Errorf("logged %+v", l)
			}
		})
	}
}

func TestLoop(t *testing.T) {
	h := startDialing(t, Config{}, Deps{})
	_, own, _ := net.SplitHostPort(h.addr)
	for _, target := range []string{h.addr, "localhost:" + own, "0.0.0.0:" + own, "[::ffff:127.0.0.1]:" + own} {
		t.Run(target, func(t *testing.T) {
			c, resp := h.tryConnect(target)
			body, _ := io.ReadAll(resp.Body)
			if resp.StatusCode != http.StatusLoopDetected {
				t.Errorf("CONNECT: status %s", resp.Status)
			}
			contains(t, string(body), "the proxy itself")
			c.Close()
			h.want(inspect.CauseLoop)
			presp := h.plain(t, "GET http://"+target+"/ HTTP/1.1\r\nHost: "+target+"\r\n\r\n")
			if presp.StatusCode != http.StatusLoopDetected {
				t.Errorf("GET: status %s", presp.Status)
			}
			h.want(inspect.CauseLoop)
		})
	}
}

func TestOwnAddresses(t *testing.T) {
	addr := func(s string) net.Addr { return must(net.ResolveTCPAddr("tcp", s)) }
	for _, c := range []struct {
		listen, to string
		want       bool
	}{
		{"127.0.0.1:8080", "127.0.0.1:8080", true},
		{"127.0.0.1:8080", "127.0.0.1:8081", false},
		{"127.0.0.1:8080", "127.0.0.2:8080", false}, // another socket may listen there
		{"127.0.0.1:8080", "[::1]:8080", false},
		{"127.0.0.1:8080", "0.0.0.0:8080", true},
		{"127.0.0.1:8080", "192.0.2.1:8080", false},
		{"0.0.0.0:8080", "127.0.0.1:8080", true},
		{"[::]:8080", "[::1]:8080", true},
		{"[::]:8080", "127.0.0.1:8080", true},
		{"[::]:8080", "192.0.2.1:8080", false},
	} {
		var own ownAddresses
		own.add(addr(c.listen))
		if got := own.includes(c.to); got != c.want {
			t.Errorf("listening on %s, %s is own: %v", c.listen, c.to, got)
		}
	}
	var none ownAddresses
	if none.includes("127.0.0.1:8080") {
		t.Error("without a listener, nothing is own")
	}
}

// The seam's own errors are told like the network's.
func TestDialSeam(t *testing.T) {
	h := start(t, Config{Dial: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no way") }}, Deps{})
	c, resp := h.tryConnect("origin.example:443")
	c.Close()
	if resp.StatusCode != 502 {
		t.Errorf("status %s", resp.Status)
	}
	h.want(inspect.CauseDialFailed)
}
