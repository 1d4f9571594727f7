package proxy

import (
	"bufio"
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"tlsmitm/ca"
	"tlsmitm/inspect"
)

// authority is the proxy's CA in every test, pki the world's.
var (
	authority *ca.Authority
	proxyPool *x509.CertPool
	pki       *testCA
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "proxy-test-ca-")
	if err != nil {
		panic(err)
	}
	if authority, err = ca.Load(dir + "/ca"); err != nil {
		panic(err)
	}
	proxyPool = x509.NewCertPool()
	proxyPool.AddCert(authority.Certificate())
	pki = newTestCA("the world's CA")
	code := m.Run()
	os.RemoveAll(dir)
	if code == 0 {
		// No test may leave anything of the proxy's behind.
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// testCA signs servers' certificates.
type testCA struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
}

func newTestCA(name string) *testCA {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der := must(x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key))
	c := &testCA{cert: must(x509.ParseCertificate(der)), key: key, pool: x509.NewCertPool()}
	c.pool.AddCert(c.cert)
	return c
}

// leaf makes a server's certificate for the names, changed by edit.
func (c *testCA) leaf(edit func(*x509.Certificate), names ...string) tls.Certificate {
	return c.leafWith(must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)), edit, names...)
}

func (c *testCA) leafWith(key crypto.Signer, edit func(*x509.Certificate), names ...string) tls.Certificate {
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "origin"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(0, 1, 0),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, n := range names {
		if ip := net.ParseIP(n); ip != nil {
			tmpl.IPAddresses = append(tmpl.IPAddresses, ip)
		} else {
			tmpl.DNSNames = append(tmpl.DNSNames, n)
		}
	}
	parent, signer := c.cert, crypto.Signer(c.key)
	if edit != nil {
		edit(tmpl)
	}
	if tmpl.Subject.CommonName == "self" {
		parent, signer = tmpl, key
	}
	der := must(x509.CreateCertificate(rand.Reader, tmpl, parent, key.Public(), signer))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

var rsaKey = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// testDeadline ends what hangs. Nothing is meant to come near it.
const testDeadline = 2 * time.Minute

// logLine is one line of the proxy's log.
type logLine struct {
	Level, Message, Cause, Target, Error, Next, Mode string
	Up, Down                                         int64
}

// harness is a proxy under test with the log that it writes.
type harness struct {
	*Proxy
	t     testing.TB
	addr  string
	lines chan logLine
}

// Write takes the proxy's log.
func (h *harness) Write(b []byte) (int, error) {
	var l logLine
	if err := json.Unmarshal(b, &l); err == nil && l.Cause != "" {
		h.lines <- l
	}
	return len(b), nil
}

// start runs a proxy that trusts the world's CA and finds every host name on
// loopback. It is shut down, and must have come to rest, when the test ends.
func start(t testing.TB, cfg Config, deps Deps) *harness {
	t.Helper()
	if cfg.Dial == nil {
		cfg.Dial = dialLoopback
	}
	return startDialing(t, cfg, deps)
}

// startDialing is start without a seam for the network.
func startDialing(t testing.TB, cfg Config, deps Deps) *harness {
	t.Helper()
	h := &harness{t: t, lines: make(chan logLine, 5000)}
	if cfg.Upstream.RootCAs == nil {
		cfg.Upstream.RootCAs = pki.pool
	}
	if deps.Authority == nil {
		deps.Authority = authority
	}
	deps.Logger = zerolog.New(h).Level(zerolog.DebugLevel)
	var err error
	if h.Proxy, err = New(cfg, deps); err != nil {
		t.Fatal(err)
	}
	ln := listen(t, "127.0.0.1:0")
	h.addr = ln.Addr().String()
	served := make(chan error, 1)
	go func() { served <- h.Serve(context.Background(), ln) }()
	t.Cleanup(func() {
		if err := h.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
		if n := len(h.open.open); n != 0 {
			t.Errorf("%d connections are open after the shutdown", n)
		}
	})
	return h
}

// dialLoopback stands in for the network: every name is on 127.0.0.1.
func dialLoopback(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if net.ParseIP(host) == nil {
		host = "127.0.0.1"
	}
	var d net.Dialer
	return d.DialContext(ctx, network, net.JoinHostPort(host, port))
}

// outcome waits for the next connection to end.
func (h *harness) outcome() logLine {
	h.t.Helper()
	select {
	case l := <-h.lines:
		return l
	case <-time.After(testDeadline):
		h.t.Fatal("no connection has ended")
		return logLine{}
	}
}

// want waits for the next connection to end, for the given cause.
func (h *harness) want(cause inspect.Cause) logLine {
	h.t.Helper()
	l := h.outcome()
	if l.Cause != string(cause) {
		h.t.Fatalf("the connection ended with cause %q (%s: %s), want %q", l.Cause, l.Message, l.Error, cause)
	}
	return l
}

func listen(t testing.TB, address string) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln
}

// port is the port of ln, as text.
func port(ln net.Listener) string {
	_, p, _ := net.SplitHostPort(ln.Addr().String())
	return p
}

// serveEach hands every connection that reaches a new listener to f.
func serveEach(t testing.TB, f func(net.Conn)) net.Listener {
	t.Helper()
	ln := listen(t, "127.0.0.1:0")
	serveOn(t, ln, f)
	return ln
}

func serveOn(t testing.TB, ln net.Listener, f func(net.Conn)) {
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				f(c)
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		wg.Wait()
	})
}

// serveTLS is serveEach over TLS.
func serveTLS(t testing.TB, cfg *tls.Config, f func(*tls.Conn)) net.Listener {
	t.Helper()
	return serveEach(t, func(c net.Conn) {
		tc := tls.Server(c, cfg)
		if tc.Handshake() == nil {
			f(tc)
		}
	})
}

// connect sends a CONNECT, with more right behind it, and returns the connection
// once the proxy has accepted.
func (h *harness) connect(target string, more ...byte) *net.TCPConn {
	h.t.Helper()
	conn, resp := h.tryConnect(target, more...)
	if resp.StatusCode != http.StatusOK {
		b, _ := io.ReadAll(resp.Body)
		h.t.Fatalf("CONNECT %s: %s %s", target, resp.Status, b)
	}
	return conn
}

func (h *harness) tryConnect(target string, more ...byte) (*net.TCPConn, *http.Response) {
	h.t.Helper()
	c, err := net.Dial("tcp", h.addr)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(testDeadline))
	req := fmt.Appendf(nil, "CONNECT %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: test\r\n\r\n", target, target)
	if _, err := c.Write(append(req, more...)); err != nil {
		h.t.Fatal(err)
	}
	// Byte by byte, so that nothing of what follows is read here.
	var head []byte
	for b := make([]byte, 1); !bytes.HasSuffix(head, []byte("\r\n\r\n")); {
		if _, err := io.ReadFull(c, b); err != nil {
			h.t.Fatalf("after %q: %v", head, err)
		}
		head = append(head, b...)
	}
	resp, err := http.ReadResponse(bufio.NewReader(io.MultiReader(bytes.NewReader(head), c)), nil)
	if err != nil {
		h.t.Fatal(err)
	}
	return c.(*net.TCPConn), resp
}

// handshake speaks TLS through the proxy to target, trusting the proxy's CA.
func (h *harness) handshake(target string, edit func(*tls.Config)) (*tls.Conn, error) {
	h.t.Helper()
	host, _, _ := net.SplitHostPort(target)
	cfg := &tls.Config{ServerName: host, RootCAs: proxyPool}
	if edit != nil {
		edit(cfg)
	}
	tc := tls.Client(h.connect(target), cfg)
	err := tc.Handshake()
	if err != nil {
		tc.NetConn().Close()
	}
	return tc, err
}

// visit is handshake and an exchange, or the refusal that the policy's cause means, and
// an end.
func (h *harness) visit(target, name string, roots *x509.CertPool, cause inspect.Cause) {
	h.t.Helper()
	conn, err := h.handshake(target, func(cfg *tls.Config) { cfg.ServerName, cfg.RootCAs = name, roots })
	if cause == inspect.CausePolicy {
		if d, ok := remoteAlert(err); !ok || d != 49 {
			h.t.Errorf("the handshake ended with %v, want the alert access_denied", err)
		}
	} else if err != nil {
		h.t.Fatal(err)
	} else {
		exchange(h.t, conn, "hello")
	}
	conn.NetConn().Close()
}

// tls is handshake that must succeed.
func (h *harness) tls(target string, edit func(*tls.Config)) *tls.Conn {
	h.t.Helper()
	tc, err := h.handshake(target, edit)
	if err != nil {
		h.t.Fatal(err)
	}
	return tc
}

// echo sends back what it gets, and ends its side when the other has ended.
func echo(c net.Conn) {
	io.Copy(c, c)
	if cw, ok := c.(interface{ CloseWrite() error }); ok {
		cw.CloseWrite()
	}
	io.Copy(io.Discard, c)
}

func echoTLS(c *tls.Conn) {
	io.Copy(c, c)
	c.CloseWrite()
	io.Copy(io.Discard, c.NetConn())
}

// exchange sends msg to an echo and expects it back.
func exchange(t testing.TB, c net.Conn, msg string) {
	t.Helper()
	if _, err := io.WriteString(c, msg); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(msg))
	if _, err := io.ReadFull(c, got); err != nil {
		t.Fatal(err)
	}
	if string(got) != msg {
		t.Fatalf("the echo of %q is %q", msg, got)
	}
}

func contains(t testing.TB, s string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(s, p) {
			t.Errorf("%q is missing in %q", p, s)
		}
	}
}
