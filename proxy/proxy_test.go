package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tlsmitm/ca"
	"tlsmitm/inspect"
)

// A thousand connections at once, half of them ended by the client and half by the
// shutdown, leave no goroutine and no connection.
func TestThousandConnections(t *testing.T) {
	n := 1000
	if testing.Short() {
		n = 100
	}
	before := goleak.IgnoreCurrent()
	t.Run("run", func(t *testing.T) {
		p := origin(t, nil, "origin.example")
		h := start(t, Config{Limits: Limits{ShutdownGrace: 10 * time.Millisecond}}, Deps{})
		conns := make([]*tls.Conn, n)
		var wg sync.WaitGroup
		sem := make(chan struct{}, 64)
		for i := range conns {
			wg.Go(func() {
				sem <- struct{}{}
				defer func() { <-sem }()
				conns[i] = h.tls("origin.example:"+p, nil)
				exchange(t, conns[i], fmt.Sprint("this is ", i))
			})
		}
		wg.Wait()
		for i, c := range conns {
			exchange(t, c, fmt.Sprint("this is still ", i))
		}
		for _, c := range conns[n/2:] {
			c.Close()
		}
		for range n - n/2 {
			h.want(inspect.CauseOK)
		}
		if err := h.Shutdown(context.Background()); err != nil {
			t.Fatal(err)
		}
		for range n / 2 {
			h.want(inspect.CauseShutdown)
		}
		for _, c := range conns[:n/2] {
			if _, err := c.Read(make([]byte, 1)); err == nil {
				t.Fatal("a connection is open after the shutdown")
			}
		}
	})
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
}

// A transfer that is under way may finish, and the proxy is gone as soon as it has.
func TestShutdownLetsTransfersFinish(t *testing.T) {
	p := origin(t, nil, "origin.example")
	h := start(t, Config{Limits: Limits{ShutdownGrace: time.Minute}}, Deps{})
	c := h.tls("origin.example:"+p, nil)
	exchange(t, c, "begun")
	done := make(chan error, 1)
	go func() { done <- h.Shutdown(context.Background()) }()
	for {
		// The listener closes first.
		other, err := net.Dial("tcp", h.addr)
		if err != nil {
			break
		}
		other.Close()
	}
	exchange(t, c, "and finished")
	select {
	case err := <-done:
		t.Fatalf("the shutdown did not wait: %v", err)
	default:
	}
	c.Close()
	h.want(inspect.CauseOK)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestShutdownDuringEveryPhase(t *testing.T) {
	silent := port(serveEach(t, func(c net.Conn) { io.Copy(io.Discard, c) }))
	bad := port(serveTLS(t, &tls.Config{Certificates: []tls.Certificate{pki.leaf(nil, "another.example")}}, echoTLS))
	half := rawOrigin(t, "\r\n\r\n", func(_ string, c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n") })
	hello := captureHello(t, &tls.Config{ServerName: "origin.example"})
	dialing := make(chan struct{})
	h := start(t, Config{Limits: Limits{ShutdownGrace: time.Millisecond}, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		if strings.HasPrefix(address, "never.example") {
			close(dialing)
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return dialLoopback(ctx, network, address)
	}}, Deps{})
	h.connect("origin.example:" + silent)         // sniffing
	h.connect("origin.example:"+silent, hello...) // greeting the server
	refused := h.tls("origin.example:"+bad, nil)  // waiting for a request, to refuse it
	c := h.dialProxy(t)                           // a plain request's answer
	fmt.Fprintf(c, "GET http://origin.example:%s/ HTTP/1.1\r\nHost: x\r\n\r\n", half)
	io.ReadFull(c, make([]byte, 1))
	d := h.dialProxy(t)
	io.WriteString(d, "CONNECT never.example:1 HTTP/1.1\r\n\r\n")
	<-dialing
	h.dialProxy(t) // nothing at all
	if err := h.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		h.want(inspect.CauseShutdown)
	}
	refused.Close()
	if err := h.Serve(context.Background(), listen(t, "127.0.0.1:0")); err != nil {
		t.Errorf("serving after the shutdown: %v", err)
	}
}

func TestServeEndsWithContext(t *testing.T) {
	p := must(New(Config{}, Deps{Authority: authority}))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	ln := listen(t, "127.0.0.1:0")
	go func() { done <- p.Serve(ctx, ln) }()
	must(net.Dial("tcp", ln.Addr().String())).Close()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := p.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestConnectionLimit(t *testing.T) {
	p := origin(t, nil, "origin.example")
	h := start(t, Config{Limits: Limits{Connections: 2}}, Deps{})
	a := h.tls("origin.example:"+p, nil)
	b := h.dialProxy(t)
	io.WriteString(b, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
	readHead(t, b)
	c, resp := h.tryConnect("origin.example:" + p)
	body, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusServiceUnavailable || !resp.Close {
		t.Errorf("status %s", resp.Status)
	}
	contains(t, string(body), "limits.connections", "2 are open")
	if _, err := c.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("after the answer: %v", err)
	}
	c.Close()
	exchange(t, a, "those inside go on")
	a.Close()
	h.want(inspect.CauseOK)
	// There is room again as soon as one has left.
	h.tls("origin.example:"+p, nil).Close()
	h.want(inspect.CauseOK)
}

func readHead(t testing.TB, c net.Conn) {
	t.Helper()
	if _, err := c.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
}

// Beyond the few that are told so, connections are not even read.
func TestConnectionLimitIsHard(t *testing.T) {
	h := start(t, Config{Limits: Limits{Connections: 1, Header: time.Minute}}, Deps{})
	for range 1 + turnedAway {
		h.dialProxy(t)
	}
	if _, err := h.dialProxy(t).Read(make([]byte, 1)); err == nil || isTimeout(err) {
		t.Errorf("one more is open: %v", err)
	}
}

func TestHeaderLimits(t *testing.T) {
	t.Run("time", func(t *testing.T) {
		h := start(t, Config{Limits: Limits{Header: 200 * time.Millisecond}}, Deps{})
		c := h.dialProxy(t)
		io.WriteString(c, "CONNECT origin.example:443 HTTP/1.1\r\nX-Slow: ")
		if _, err := io.Copy(io.Discard, c); err != nil && isTimeout(err) {
			t.Error("the connection is open")
		}
	})
	h := start(t, Config{}, Deps{})
	t.Run("size", func(t *testing.T) {
		c := h.dialProxy(t)
		go io.WriteString(c, "GET http://origin.example/ HTTP/1.1\r\nX-Long: "+strings.Repeat("x", 2*maxHeaderBytes)+"\r\n\r\n")
		b := make([]byte, 12)
		io.ReadFull(c, b)
		if string(b) != "HTTP/1.1 431" {
			t.Errorf("answered with %q", b)
		}
	})
	t.Run("garbage", func(t *testing.T) {
		c := h.dialProxy(t)
		io.WriteString(c, "\x00\x01\x02 what is this\r\n\r\n")
		b := make([]byte, 12)
		io.ReadFull(c, b)
		if string(b) != "HTTP/1.1 400" {
			t.Errorf("answered with %q", b)
		}
	})
}

// badAuthority cannot mint, or should not be asked to.
type badAuthority struct {
	*ca.Authority
	leaf func() (*tls.Certificate, error)
}

func (b badAuthority) Leaf(context.Context, ca.LeafRequest) (*tls.Certificate, error) {
	return b.leaf()
}

// A bug that one connection meets ends that one.
func TestPanicIsContained(t *testing.T) {
	p := origin(t, nil, "origin.example")
	first := true
	h := start(t, Config{Limits: Limits{ShutdownGrace: time.Millisecond}}, Deps{Authority: badAuthority{authority, func() (*tls.Certificate, error) {
		if first {
			first = false
			panic("a bug")
		}
		return authority.Leaf(context.Background(), ca.LeafRequest{Name: "origin.example"})
	}}})
	if _, err := h.handshake("origin.example:"+p, nil); err == nil {
		t.Error("the handshake went on after a panic")
	}
	l := h.want(inspect.CauseInternal)
	if l.Level != "error" {
		t.Errorf("logged at level %s", l.Level)
	}
	contains(t, l.Error, "a bug", "TestPanicIsContained")
	c := h.tls("origin.example:"+p, nil)
	exchange(t, c, "still here")
	c.Close()
	h.want(inspect.CauseOK)
}

// panicConn is a server's socket with a bug.
type panicConn struct{ net.Conn }

func (c panicConn) Write(b []byte) (int, error) { panic("a bug in the relay") }

func TestPanicInRelay(t *testing.T) {
	p := port(serveEach(t, echo))
	h := start(t, Config{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dialLoopback(ctx, network, address)
		return panicConn{c}, err
	}}, Deps{})
	c := h.connect("origin.example:"+p, []byte("not TLS")...)
	if _, err := io.Copy(io.Discard, c); err != nil && isTimeout(err) {
		t.Error("the connection is open")
	}
	contains(t, h.want(inspect.CauseInternal).Error, "a bug in the relay")
}

func TestMintFails(t *testing.T) {
	p := origin(t, nil, "origin.example")
	h := start(t, Config{}, Deps{Authority: badAuthority{authority, func() (*tls.Certificate, error) {
		return nil, errors.New("no such name can be")
	}}})
	if _, err := h.handshake("origin.example:"+p, nil); err == nil {
		t.Error("greeted without a certificate")
	}
	contains(t, h.want(inspect.CauseInternal).Message, "Cannot make a certificate for origin.example", "no such name can be")
}
