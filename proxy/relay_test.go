package proxy

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tlsmitm/inspect"
)

// noise is n bytes that nothing can compress, guess or take for something else.
func noise(n int, seed uint64) io.Reader {
	return io.LimitReader(rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), 1}), int64(n))
}

// sameBytes reports where what r gives differs from what want gives.
func sameBytes(r, want io.Reader) error {
	a, b := make([]byte, 64<<10), make([]byte, 64<<10)
	for at := 0; ; {
		n, err := io.ReadFull(want, b)
		m, rerr := io.ReadFull(r, a[:n])
		if !bytes.Equal(a[:m], b[:m]) || m < n {
			return fmt.Errorf("differs within %d bytes of %d (got %d of %d: %v)", n, at, m, n, rerr)
		}
		if at += n; err != nil {
			break
		}
	}
	if n, err := r.Read(a); n > 0 || err != io.EOF {
		return fmt.Errorf("%d bytes too many, and %v", n, err)
	}
	return nil
}

// pair is the two far ends of a relay: the client's and the server's.
type pair struct {
	client, server       net.Conn
	clientTCP, serverTCP *net.TCPConn
}

func closeWrite(t testing.TB, c net.Conn) {
	t.Helper()
	if err := c.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		t.Fatal(err)
	}
}

// through gives f both ends of an intercepted, a tunnelled and a raw connection,
// and expects the connection to end with cause.
func through(t *testing.T, cause inspect.Cause, f func(t *testing.T, p pair)) {
	kinds := []struct {
		name    string
		version uint16
		policy  []Rule
	}{
		{"intercept TLS 1.3", tls.VersionTLS13, nil},
		{"intercept TLS 1.2", tls.VersionTLS12, nil},
		{"tunnel", tls.VersionTLS13, []Rule{{"*", ActionTunnel}}},
		{"not TLS", 0, nil},
	}
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			accepted, release := make(chan net.Conn, 1), make(chan struct{})
			ln := serveEach(t, func(c net.Conn) { accepted <- c; <-release })
			defer close(release)
			h := start(t, Config{Policy: k.policy}, Deps{})
			p := pair{clientTCP: h.connect("origin.example:" + port(ln))}
			p.client = p.clientTCP
			p.serverTCP = (<-accepted).(*net.TCPConn)
			p.server = p.serverTCP
			p.serverTCP.SetDeadline(time.Now().Add(testDeadline))
			if k.version != 0 {
				roots := proxyPool
				if k.policy != nil {
					roots = pki.pool
				}
				p.client = tls.Client(p.clientTCP, &tls.Config{ServerName: "origin.example", RootCAs: roots})
				p.server = tls.Server(p.serverTCP, &tls.Config{
					Certificates: []tls.Certificate{pki.leaf(nil, "origin.example")}, MaxVersion: k.version})
			}
			var wg sync.WaitGroup
			wg.Go(func() { exchange(t, p.client, "to begin with") })
			b := make([]byte, 13)
			if _, err := io.ReadFull(p.server, b); err != nil {
				t.Fatal(err)
			}
			p.server.Write(b)
			wg.Wait()
			f(t, p)
			p.serverTCP.Close()
			p.clientTCP.Close()
			h.want(cause)
		})
	}
}

func TestRelayNoise(t *testing.T) {
	size := 64 << 20
	if testing.Short() {
		size = 4 << 20
	}
	through(t, inspect.CauseOK, func(t *testing.T, p pair) {
		var wg sync.WaitGroup
		send := func(c net.Conn, seed uint64) {
			if _, err := io.Copy(c, noise(size, seed)); err != nil {
				t.Error(err)
			}
			closeWrite(t, c)
		}
		receive := func(c net.Conn, seed uint64) {
			if err := sameBytes(c, noise(size, seed)); err != nil {
				t.Error(err)
			}
		}
		wg.Go(func() { send(p.client, 1) })
		wg.Go(func() { send(p.server, 2) })
		wg.Go(func() { receive(p.server, 1) })
		wg.Go(func() { receive(p.client, 2) })
		wg.Wait()
	})
}

// Messages around the sizes of the relay's buffers go through as they come: none
// waits for more.
func TestRelayMessages(t *testing.T) {
	through(t, inspect.CauseOK, func(t *testing.T, p pair) {
		for _, n := range []int{1, waitSize - 1, waitSize, waitSize + 1, 1 << 14, 1<<14 + 1, bulkSize - 1, bulkSize, bulkSize + 1, 3 * bulkSize} {
			for _, way := range [][2]net.Conn{{p.client, p.server}, {p.server, p.client}} {
				var wg sync.WaitGroup
				wg.Go(func() { io.Copy(way[0], noise(n, uint64(n))) })
				if err := sameBytes(io.LimitReader(way[1], int64(n)), noise(n, uint64(n))); err != nil {
					t.Errorf("%d bytes: %v", n, err)
				}
				wg.Wait()
			}
		}
	})
}

// A side that has ended is told to the other, which may go on.
func TestHalfClose(t *testing.T) {
	through(t, inspect.CauseOK, func(t *testing.T, p pair) {
		halfClose(t, p.client, p.server)
	})
	through(t, inspect.CauseOK, func(t *testing.T, p pair) {
		halfClose(t, p.server, p.client)
	})
}

func halfClose(t *testing.T, first, second net.Conn) {
	t.Helper()
	io.WriteString(first, "all that I have to say")
	closeWrite(t, first)
	got, err := io.ReadAll(second)
	if err != nil || string(got) != "all that I have to say" {
		t.Fatalf("got %q, %v", got, err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		io.Copy(second, noise(1<<20, 3))
		closeWrite(t, second)
	})
	if err := sameBytes(first, noise(1<<20, 3)); err != nil {
		t.Error(err)
	}
	wg.Wait()
}

// eofKind reads c to its end and says how that came: "close_notify" or "FIN".
// crypto/tls takes both for an end; after a close_notify it has not read the FIN.
func eofKind(t *testing.T, c *tls.Conn) string {
	t.Helper()
	if _, err := io.Copy(io.Discard, c); err != nil {
		t.Error(err)
	}
	return c.NetConn().(*finSeen).kind()
}

// finSeen notes whether the FIN was read.
type finSeen struct {
	net.Conn
	fin bool
}

func (f *finSeen) Read(b []byte) (int, error) {
	n, err := f.Conn.Read(b)
	f.fin = f.fin || err == io.EOF
	return n, err
}

func (f *finSeen) kind() string {
	if f.fin {
		return "FIN"
	}
	return "close_notify"
}

// Whether an end was announced is visible on the other side: a truncated answer
// stays one, and a complete one does not become one.
func TestTruncationIsMirrored(t *testing.T) {
	for _, announced := range []bool{true, false} {
		for _, serverEnds := range []bool{true, false} {
			t.Run(fmt.Sprintf("announced=%v server=%v", announced, serverEnds), func(t *testing.T) {
				want := "FIN"
				if announced {
					want = "close_notify"
				}
				end := func(c *tls.Conn) {
					io.WriteString(c, "half of it")
					if announced {
						c.CloseWrite()
					}
					c.NetConn().(interface{ CloseWrite() error }).CloseWrite()
				}
				kind := make(chan string, 1)
				ln := serveEach(t, func(c net.Conn) {
					seen := &finSeen{Conn: c}
					inner := net.Conn(c)
					if !serverEnds {
						inner = seen
					}
					tc := tls.Server(inner, &tls.Config{Certificates: []tls.Certificate{pki.leaf(nil, "origin.example")}})
					if serverEnds {
						io.ReadFull(tc, make([]byte, 2))
						end(tc)
						io.Copy(io.Discard, c)
						return
					}
					kind <- eofKind(t, tc)
				})
				h := start(t, Config{}, Deps{})
				raw := h.connect("origin.example:" + port(ln))
				inner := net.Conn(raw)
				if serverEnds {
					inner = &finSeen{Conn: raw}
				}
				tc := tls.Client(inner, &tls.Config{ServerName: "origin.example", RootCAs: proxyPool})
				io.WriteString(tc, "go")
				if serverEnds {
					kind <- eofKind(t, tc)
				} else {
					end(tc)
				}
				if got := <-kind; got != want {
					t.Errorf("the other side saw a %s, want a %s", got, want)
				}
				raw.Close()
				h.want(inspect.CauseOK)
			})
		}
	}
}

// After an announced end, the FIN that follows it is passed on as well.
func TestFINAfterCloseNotify(t *testing.T) {
	fin := make(chan error, 1)
	ln := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{pki.leaf(nil, "origin.example")}}, func(c *tls.Conn) {
		io.Copy(io.Discard, c)
		_, err := c.NetConn().Read(make([]byte, 1))
		fin <- err
	})
	h := start(t, Config{}, Deps{})
	c := h.tls("origin.example:"+port(ln), nil)
	c.CloseWrite()
	c.NetConn().(*net.TCPConn).CloseWrite()
	if err := <-fin; err != io.EOF {
		t.Errorf("after the announced end the server read %v", err)
	}
	h.want(inspect.CauseOK)
}

func TestResetIsMirrored(t *testing.T) {
	isRST := func(c net.Conn) error {
		_, err := io.Copy(io.Discard, c)
		if !errors.Is(err, syscall.ECONNRESET) {
			return fmt.Errorf("the other side read %v, want a reset", err)
		}
		return nil
	}
	through(t, inspect.CauseClientReset, func(t *testing.T, p pair) {
		p.clientTCP.SetLinger(0)
		p.clientTCP.Close()
		if err := isRST(p.server); err != nil {
			t.Error(err)
		}
	})
	through(t, inspect.CauseServerReset, func(t *testing.T, p pair) {
		p.serverTCP.SetLinger(0)
		p.serverTCP.Close()
		if err := isRST(p.client); err != nil {
			t.Error(err)
		}
	})
}

// A client that has announced its end and then resets, as one does that closes with
// something unread, leaves a server that waits: ending that connection is no failure
// of it.
func TestResetAfterCloseNotify(t *testing.T) {
	done := make(chan struct{})
	ln := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{pki.leaf(nil, "origin.example")}}, func(c *tls.Conn) {
		io.Copy(io.Discard, c)
		<-done
	})
	defer close(done)
	h := start(t, Config{}, Deps{})
	for range 20 { // the reset may also come when the server has been told
		c := h.tls("origin.example:"+port(ln), nil)
		c.CloseWrite()
		c.NetConn().(*net.TCPConn).SetLinger(0)
		c.NetConn().Close()
		h.want(inspect.CauseOK)
	}
}

// OpenSSL answers a FIN without close_notify with an alert. That is no failure:
// many programs close so.
func TestAlertAboutTruncation(t *testing.T) {
	ln := serveEach(t, func(c net.Conn) {
		if _, err := io.Copy(io.Discard, tls.Server(noteAtFIN{c}, &tls.Config{Certificates: []tls.Certificate{pki.leaf(nil, "origin.example")}})); err == nil {
			t.Error("the server took the FIN for an announced end")
		}
	})
	h := start(t, Config{}, Deps{})
	c := h.tls("origin.example:"+port(ln), nil)
	io.WriteString(c, "x")
	c.NetConn().(*net.TCPConn).CloseWrite()
	io.Copy(io.Discard, c)
	c.Close()
	h.want(inspect.CauseOK)
}

// noteAtFIN has crypto/tls see a bad record in place of the FIN, and send an alert.
type noteAtFIN struct{ net.Conn }

func (n noteAtFIN) Read(b []byte) (int, error) {
	m, err := n.Conn.Read(b)
	if err == io.EOF && len(b) >= 5+17 {
		return copy(b, append([]byte{23, 3, 3, 0, 17}, make([]byte, 17)...)), nil
	}
	return m, err
}

// A record that does not open is no reset: whoever reads the cause looks for what
// alters the bytes.
func TestBadRecordIsNoReset(t *testing.T) {
	record := append([]byte{23, 3, 3, 0, 32}, make([]byte, 32)...)
	for _, from := range []inspect.Cause{inspect.CauseClientTLS, inspect.CauseServerTLS} {
		ln := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{pki.leaf(nil, "origin.example")}}, func(c *tls.Conn) {
			if from == inspect.CauseServerTLS {
				io.ReadFull(c, make([]byte, 1)) // the handshake is over for the proxy, too
				c.NetConn().Write(record)
			}
			io.Copy(io.Discard, c)
		})
		h := start(t, Config{}, Deps{})
		c := h.tls("origin.example:"+port(ln), nil)
		io.WriteString(c, "x")
		if from == inspect.CauseClientTLS {
			c.NetConn().Write(record)
		}
		io.Copy(io.Discard, c)
		c.Close()
		if line := h.want(from); !strings.Contains(line.Message, "after the handshake") || !strings.Contains(line.Next, "policy.tunnel") {
			t.Errorf("told %+v", line)
		}
	}
}

// A client that goes away before the answer is done does not keep the server's
// connection.
func TestClientGoesWhileServerSends(t *testing.T) {
	gone := make(chan error, 1)
	ln := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{pki.leaf(nil, "origin.example")}}, func(c *tls.Conn) {
		_, err := io.Copy(c, rand.NewChaCha8([32]byte{}))
		gone <- err
	})
	h := start(t, Config{}, Deps{})
	c := h.tls("origin.example:"+port(ln), nil)
	io.ReadFull(c, make([]byte, 1<<20))
	c.NetConn().Close()
	if err := <-gone; err == nil {
		t.Error("the server could send without end")
	}
	// Closing with data unread resets, and without ends; the client may do either.
	if l := h.outcome(); l.Cause != string(inspect.CauseClientReset) && l.Cause != string(inspect.CauseOK) {
		t.Errorf("logged %+v", l)
	}
}

func TestIdleTimeout(t *testing.T) {
	through := func(t *testing.T, cfg Config) {
		p := origin(t, nil, "origin.example")
		cfg.Limits.Idle = time.Second
		h := start(t, cfg, Deps{})
		c := h.tls("origin.example:"+p, func(c *tls.Config) { c.InsecureSkipVerify = true })
		exchange(t, c, "hello")
		l := h.want(inspect.CauseIdleTimeout)
		contains(t, l.Message, "nothing has passed on it for 1s")
		if _, err := c.Read(make([]byte, 1)); err == nil {
			t.Error("the client's connection is open")
		}
	}
	t.Run("intercept", func(t *testing.T) { through(t, Config{}) })
	t.Run("tunnel", func(t *testing.T) { through(t, Config{Policy: []Rule{{"*", ActionTunnel}}}) })
}
