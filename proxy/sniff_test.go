package proxy

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"testing"
	"time"

	"tlsmitm/inspect"
)

func TestServerSpeaksFirst(t *testing.T) {
	ln := serveEach(t, func(c net.Conn) {
		io.WriteString(c, "SSH-2.0-server\r\n")
		echo(c)
	})
	h := start(t, Config{}, Deps{})
	c := h.connect("origin.example:" + port(ln))
	line, err := bufio.NewReader(c).ReadString('\n')
	if err != nil || line != "SSH-2.0-server\r\n" {
		t.Fatalf("the server said %q, %v", line, err)
	}
	exchange(t, c, "SSH-2.0-client\r\n")
	c.Close()
	if l := h.want(inspect.CauseOK); l.Mode != "tunnel" {
		t.Errorf("logged %+v", l)
	}
}

// A server that speaks as soon as the client has begun, and not before, is heard
// too: what the client has begun with goes to it.
func TestServerSpeaksAfterHalfHello(t *testing.T) {
	begin := []byte{22, 3, 1, 0, 100, 1, 0}
	ln := serveEach(t, func(c net.Conn) {
		io.WriteString(c, "220 ready\r\n")
		echo(c)
	})
	h := start(t, Config{}, Deps{})
	c := h.connect("origin.example:"+port(ln), begin...)
	got := make([]byte, 11+len(begin))
	if _, err := io.ReadFull(c, got); err != nil {
		t.Fatal(err)
	}
	if want := append([]byte("220 ready\r\n"), begin...); !bytes.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	c.Close()
	h.want(inspect.CauseOK)
}

// A server that ends without a word ends the client's connection with it.
func TestServerClosesUnasked(t *testing.T) {
	ln := serveEach(t, func(c net.Conn) {})
	h := start(t, Config{}, Deps{})
	c := h.connect("origin.example:" + port(ln))
	if b, err := io.ReadAll(c); err != nil || len(b) > 0 {
		t.Errorf("read %q, %v", b, err)
	}
	c.Close()
	h.want(inspect.CauseOK)
}

// A client that sends nothing, and says so, may still be sent something.
func TestClientOnlyListens(t *testing.T) {
	ln := serveEach(t, func(c net.Conn) {
		io.Copy(io.Discard, c)
		io.WriteString(c, "what you came for")
	})
	h := start(t, Config{}, Deps{})
	c := h.connect("origin.example:" + port(ln))
	c.CloseWrite()
	if b, err := io.ReadAll(c); err != nil || string(b) != "what you came for" {
		t.Errorf("read %q, %v", b, err)
	}
	c.Close()
	h.want(inspect.CauseOK)
}

func TestNotTLS(t *testing.T) {
	garbage := make([]byte, 10<<10)
	rand.NewChaCha8([32]byte{5}).Read(garbage)
	garbage[0] = 0xff
	for name, b := range map[string][]byte{
		"HTTP": []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), "garbage": garbage, "one byte": {0x16 + 1},
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t, Config{}, Deps{})
			c := h.connect("origin.example:" + port(serveEach(t, echo)))
			exchange(t, c, string(b))
			c.Close()
			if l := h.want(inspect.CauseOK); l.Mode != "tunnel" || l.Up != int64(len(b)) || l.Down != int64(len(b)) {
				t.Errorf("logged %+v", l)
			}
		})
	}
}

func TestSniffTimeout(t *testing.T) {
	hello := captureHello(t, &tls.Config{ServerName: "origin.example"})
	for _, c := range []struct {
		name string
		sent []byte
		part string
	}{
		{"silence", nil, "neither the client nor the server said anything"},
		{"half a hello", hello[:100], "100 bytes of a TLS Client Hello"},
		{"one byte", hello[:1], "1 bytes of a TLS Client Hello"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ln := serveEach(t, func(c net.Conn) { io.Copy(io.Discard, c) })
			h := start(t, Config{Limits: Limits{Sniff: 300 * time.Millisecond}}, Deps{})
			conn := h.connect("origin.example:"+port(ln), c.sent...)
			contains(t, h.want(inspect.CauseSniffTimeout).Message, c.part)
			if _, err := conn.Read(make([]byte, 1)); err == nil {
				t.Error("the client's connection is open")
			}
		})
	}
	// One byte at a time does not put the deadline off.
	t.Run("slow hello", func(t *testing.T) {
		ln := serveEach(t, func(c net.Conn) { io.Copy(io.Discard, c) })
		h := start(t, Config{Limits: Limits{Sniff: 300 * time.Millisecond}}, Deps{})
		conn := h.connect("origin.example:" + port(ln))
		stop := make(chan struct{})
		defer close(stop)
		go func() {
			for _, b := range hello {
				select {
				case <-stop:
					return
				case <-time.After(50 * time.Millisecond):
					conn.Write([]byte{b})
				}
			}
		}()
		h.want(inspect.CauseSniffTimeout)
	})
}

func TestBadHello(t *testing.T) {
	hello := captureHello(t, &tls.Config{ServerName: "origin.example"})
	huge := record(append([]byte{1, 1, 0, 1}, make([]byte, 1<<16+1)...), 1<<14)
	for _, c := range []struct {
		name  string
		sent  []byte
		alert byte
		cause inspect.Cause
	}{
		{"malformed", []byte{22, 3, 1, 0, 5, 1, 0, 0, 1, 9}, 50, inspect.CauseClientHelloMalformed},
		{"too large", huge, 22, inspect.CauseClientHelloTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			seen := make(chan int64, 1)
			ln := serveEach(t, func(conn net.Conn) {
				n, _ := io.Copy(io.Discard, conn)
				seen <- n
			})
			h := start(t, Config{}, Deps{})
			conn := h.connect("origin.example:"+port(ln), c.sent...)
			b, _ := io.ReadAll(conn)
			if want := []byte{21, 3, 3, 0, 2, 2, c.alert}; !bytes.Equal(b, want) {
				t.Errorf("answered with % x, want % x", b, want)
			}
			conn.Close()
			h.want(c.cause)
			if n := <-seen; n != 0 {
				t.Errorf("%d bytes went to the server", n)
			}
		})
	}
	t.Run("half, and closed", func(t *testing.T) {
		h := start(t, Config{}, Deps{})
		h.connect("origin.example:"+port(serveEach(t, echo)), hello[:50]...).Close()
		h.want(inspect.CauseClientClosed)
	})
	t.Run("half, and reset", func(t *testing.T) {
		h := start(t, Config{}, Deps{})
		c := h.connect("origin.example:"+port(serveEach(t, echo)), hello[:50]...)
		c.SetLinger(0)
		c.Close()
		h.want(inspect.CauseClientReset)
	})
}

// The policy is asked about the target before anything, and about the name in the
// hello once that is known; the stricter answer holds.
func TestPolicy(t *testing.T) {
	p := origin(t, nil, "origin.example", "bank.example", "evil.example")
	rules := []Rule{{"bank.example", ActionTunnel}, {"evil.example", ActionRefuse}}
	for _, c := range []struct {
		target, sni string
		mode        string
		cause       inspect.Cause
	}{
		{"origin.example", "origin.example", "intercept", inspect.CauseOK},
		{"bank.example", "bank.example", "tunnel", inspect.CauseOK},
		{"BANK.example.", "bank.example", "tunnel", inspect.CauseOK},
		{"origin.example", "bank.example", "tunnel", inspect.CauseOK},
		{"bank.example", "evil.example", "tunnel", inspect.CauseOK}, // not even looked at
		{"origin.example", "evil.example", "refuse", inspect.CausePolicy},
		{"evil.example", "evil.example", "refuse", inspect.CausePolicy},
	} {
		t.Run(c.target+" "+c.sni, func(t *testing.T) {
			h := start(t, Config{Policy: rules}, Deps{})
			if c.target == "evil.example" {
				conn, resp := h.tryConnect(c.target + ":" + p)
				body, _ := io.ReadAll(resp.Body)
				if resp.StatusCode != http.StatusForbidden {
					t.Errorf("status %s", resp.Status)
				}
				contains(t, string(body), "evil.example", "policy")
				conn.Close()
			} else {
				roots := proxyPool
				if c.mode == "tunnel" {
					roots = pki.pool
				}
				h.visit(c.target+":"+p, c.sni, roots, c.cause)
			}
			if l := h.want(c.cause); l.Mode != c.mode {
				t.Errorf("mode %s, want %s", l.Mode, c.mode)
			}
		})
	}
}
