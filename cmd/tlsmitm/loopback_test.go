package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// Both ends of a connection, played by the tests themselves.

// serve is a server on loopback that gives each connection to handle, and
// closes it when that returns.
func serve(t *testing.T, handle func(net.Conn)) (target string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	var running sync.WaitGroup
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer c.Close()
				defer context.AfterFunc(t.Context(), func() { c.Close() })()
				handle(c)
			})
		}
	})
	t.Cleanup(func() { l.Close(); running.Wait() })
	return localhost(l)
}

// localhost is the listener's address by the name that the certificates have.
func localhost(l net.Listener) string {
	return fmt.Sprintf("localhost:%d", l.Addr().(*net.TCPAddr).Port)
}

// tls is the configuration of a server with the origin's certificate.
func (o origin) tls(t *testing.T) *tls.Config {
	t.Helper()
	cert, err := tls.LoadX509KeyPair(filepath.Join(o.dir, "ecdsa.pem"), filepath.Join(o.dir, "ecdsa-key.pem"))
	check(t, err)
	return &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2", "http/1.1"}}
}

// echo is a TLS server that says back what it hears, to the end.
func echo(t *testing.T, config *tls.Config) (target string) {
	return serve(t, func(c net.Conn) {
		s := tls.Server(c, config)
		io.Copy(s, s)
		s.CloseWrite()
	})
}

// settings writes a configuration file and returns the arguments that name it.
func settings(t *testing.T, yaml string) []string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	check(t, os.WriteFile(path, []byte(yaml), 0o600))
	return []string{"--config", path}
}

// roots is a pool of the certificates in a file.
func rootsIn(t *testing.T, path string) *x509.CertPool {
	t.Helper()
	text, err := os.ReadFile(path)
	check(t, err)
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		t.Fatalf("%s: no certificate", path)
	}
	return pool
}

// client is a client's connection to the proxy.
type client struct {
	net.Conn
	in *bufio.Reader
}

func (c *client) Read(b []byte) (int, error) { return c.in.Read(b) }
func (c *client) CloseWrite() error          { return c.Conn.(*net.TCPConn).CloseWrite() }

// dial connects to the proxy, for no longer than the tests are patient.
func (p *proxyUnderTest) dial(t *testing.T) *client {
	t.Helper()
	c, err := net.Dial("tcp", p.addr)
	check(t, err)
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return &client{c, bufio.NewReader(c)}
}

// connect asks for the way to a target. The answer's body has been read if it
// is a refusal.
func (p *proxyUnderTest) connect(t *testing.T, target string) (c *client, status int, said string) {
	t.Helper()
	c = p.dial(t)
	fmt.Fprintf(c, "CONNECT %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: tests\r\n\r\n", target, target)
	answer, err := http.ReadResponse(c.in, &http.Request{Method: http.MethodConnect})
	check(t, err)
	if answer.StatusCode != http.StatusOK {
		text, err := io.ReadAll(answer.Body)
		check(t, err)
		said = string(text)
	}
	return c, answer.StatusCode, said
}

// through is the way to a target, which must be open.
func (p *proxyUnderTest) through(t *testing.T, target string) *client {
	t.Helper()
	c, status, said := p.connect(t, target)
	if status != http.StatusOK {
		t.Fatalf("CONNECT %s: %d %s", target, status, said)
	}
	return c
}

// trusting is the configuration of a client that trusts the proxy's root.
func (p *proxyUnderTest) trusting(t *testing.T) *tls.Config {
	return &tls.Config{RootCAs: rootsIn(t, p.ca), ServerName: "localhost"}
}

// secured is TLS to a target through the proxy.
func (p *proxyUnderTest) secured(t *testing.T, target string) *tls.Conn {
	t.Helper()
	c := tls.Client(p.through(t, target), p.trusting(t))
	check(t, c.Handshake())
	return c
}

// get fetches a page through the proxy, over the one protocol.
func (p *proxyUnderTest) get(t *testing.T, address, protocol string) (status int, page string, err error) {
	t.Helper()
	config := p.trusting(t)
	config.ServerName = ""
	protocols := new(http.Protocols)
	protocols.SetHTTP1(protocol == "http/1.1")
	protocols.SetHTTP2(protocol == "h2")
	transport := &http.Transport{
		Proxy:           http.ProxyURL(&url.URL{Scheme: "http", Host: p.addr}),
		TLSClientConfig: config,
		Protocols:       protocols,
	}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport, Timeout: patience}).Get(address)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	if want := map[string]int{"http/1.1": 1, "h2": 2}[protocol]; resp.ProtoMajor != want {
		t.Errorf("answered over %s, but asked over %s", resp.Proto, protocol)
	}
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body), err
}

// pingPong sends a line over a conversation that echoes, and waits for it.
func pingPong(t *testing.T, c io.ReadWriter) {
	t.Helper()
	const line = "is anybody there?\n"
	_, err := io.WriteString(c, line)
	check(t, err)
	got := make([]byte, len(line))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != line {
		t.Fatalf("echoed: %q, %v", got, err)
	}
}

// finished wants the only connection's end to have been a good one.
func (p *proxyUnderTest) finished(t *testing.T) (events []event) {
	t.Helper()
	events = p.closed(1)
	for _, e := range events {
		if e.Event == "conn.close" && e.Cause != "ok" || e.Event == "diagnosis" {
			t.Errorf("ended: %s", e.line)
		}
	}
	p.alive(t)
	return events
}

// alive finds the proxy still at work.
func (p *proxyUnderTest) alive(t *testing.T) {
	t.Helper()
	c := p.dial(t)
	defer c.Close()
	fmt.Fprintf(c, "GET /ca.pem HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", p.addr)
	answer, err := http.ReadResponse(c.in, nil)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Errorf("the proxy does not answer any more: %v %v", answer, err)
	}
}

// isTimeout tells of the tests' own impatience: what should have come did not.
func isTimeout(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}
