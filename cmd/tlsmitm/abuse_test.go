package main

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
)

// noise is endless, and the same for the same seed.
func noise(seed byte) io.Reader { return rand.NewChaCha8([32]byte{seed}) }

// someNoise is the beginning of noise that does not look like TLS.
func someNoise(t *testing.T, seed byte, n int) []byte {
	t.Helper()
	b := make([]byte, n)
	_, err := io.ReadFull(noise(seed), b)
	check(t, err)
	if b[0] == 22 {
		b[0] = 0
	}
	return b
}

// TestNoiseAtTheDoor says things to the proxy that are no request.
func TestNoiseAtTheDoor(t *testing.T) {
	p := startProxy(t, settings(t, "limits:\n  header: 500ms\n")...)
	says := map[string][]byte{
		"TLS":                wholeHello(t),
		"nothing":            nil,
		"half a CONNECT":     []byte("CONNECT localhost:443 HTT"),
		"a line without end": bytes.Repeat([]byte("x"), 1<<20),
		"a head without end": append([]byte("CONNECT localhost:443 HTTP/1.1\r\nHost: localhost\r\nX: "), bytes.Repeat([]byte("x"), 1<<20)...),
		"HTTP/9.9":           []byte("CONNECT localhost:443 HTTP/9.9\r\nHost: localhost\r\n\r\n"),
		"an unknown method":  []byte("\x01\x02 / HTTP/1.1\r\n\r\n"),
	}
	for seed := range byte(8) {
		says[fmt.Sprintf("noise %d", seed)] = someNoise(t, seed, 4000)
	}
	for name, what := range says {
		c := p.dial(t)
		c.Write(what) // the proxy may have heard enough before the end
		if got, err := io.ReadAll(c); isTimeout(err) {
			t.Errorf("%s: the proxy keeps the connection", name)
		} else if len(got) > 0 && !bytes.HasPrefix(got, []byte("HTTP/1.1 4")) && !bytes.HasPrefix(got, []byte("HTTP/1.1 5")) {
			t.Errorf("%s: answered %.100q", name, got)
		}
	}
	for _, e := range p.read() {
		if e.Event == "conn.open" {
			t.Errorf("taken for a connection: %s", e.line)
		}
	}
	p.alive(t)
}

// TestNoiseInside relays what is not TLS, and shows it.
func TestNoiseInside(t *testing.T) {
	t.Parallel()
	target := serve(t, func(c net.Conn) { io.Copy(c, c) })
	p := startProxy(t, "--data-bytes", "all")
	for seed := range byte(4) {
		c := p.through(t, target)
		sent := someNoise(t, seed, 100_000)
		go func() { c.Write(sent); c.CloseWrite() }()
		got, err := io.ReadAll(c)
		if err != nil || !bytes.Equal(got, sent) {
			t.Errorf("noise %d: %d bytes came back, %v", seed, len(got), err)
		}
		told := map[string][]byte{}
		for _, e := range p.closed(int(seed) + 1) {
			if e.Event == "tcp.data" && e.Leg == "direct" {
				told[e.From] = append(append(told[e.From], e.Text...), e.Base64...)
			} else if e.Event != "conn.open" && e.Event != "conn.close" || e.Event == "conn.close" && e.Cause != "ok" {
				t.Errorf("noise %d: %s", seed, e.line)
			}
		}
		if !bytes.Equal(told["client"], sent) || !bytes.Equal(told["server"], sent) {
			t.Errorf("noise %d: told of %d bytes up and %d down", seed, len(told["client"]), len(told["server"]))
		}
	}
	p.alive(t)
}

// closedPort is an address on which nothing listens.
func closedPort(t *testing.T) (target string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	l.Close()
	return localhost(l)
}

// TestTargets asks for targets that cannot be reached.
func TestTargets(t *testing.T) {
	for name, ask := range map[string]struct {
		target string // "" for the proxy's own address
		status int
		says   string
		cause  string
		yaml   string
	}{
		"refused port":      {closedPort(t), http.StatusBadGateway, "refused the connection", "dial_failed", ""},
		"no port":           {"localhost", http.StatusBadRequest, "no port", "dial_failed", ""},
		"port 0":            {"localhost:0", http.StatusBadRequest, "the port is not a number from 1 to 65535", "dial_failed", ""},
		"port 65536":        {"localhost:65536", http.StatusBadRequest, "the port is not a number from 1 to 65535", "dial_failed", ""},
		"no host":           {":443", http.StatusBadRequest, "no host name", "dial_failed", ""},
		"a name too long":   {strings.Repeat("a.", 130) + "test:443", http.StatusBadRequest, "253", "dial_failed", ""},
		"the proxy itself":  {"", http.StatusLoopDetected, "the proxy itself", "loop", ""},
		"refused by policy": {"www.bank.example:443", http.StatusForbidden, "policy", "refused_by_policy", "policy:\n  refuse: ['*.bank.example']\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startProxy(t, settings(t, ask.yaml)...)
			target := ask.target
			if target == "" {
				target = p.addr
			}
			c, status, said := p.connect(t, target)
			if status != ask.status || !strings.Contains(said, ask.says) {
				t.Errorf("answered %d %q, not %d with %q", status, said, ask.status, ask.says)
			}
			c.Close()
			events := p.failed(t, ask.cause)
			for _, e := range events {
				if e.Event == "conn.close" && (e.Mode == "refuse") != (ask.cause == "refused_by_policy") {
					t.Errorf("closed as if the policy said %s", e.Mode)
				}
			}
		})
	}
}

// TestTunnel passes TLS untouched where the policy says so, and tells of what
// can be seen.
func TestTunnel(t *testing.T) {
	t.Parallel()
	o := makeOrigin(t)
	p := startProxy(t, append(settings(t, "policy:\n  tunnel: [localhost]\n"), "--upstream-ca", o.ca)...)
	s := tls.Client(p.through(t, echo(t, o.tls(t))), &tls.Config{RootCAs: rootsIn(t, o.ca), ServerName: "localhost"})
	check(t, s.Handshake())
	pingPong(t, s)
	if issuer := s.ConnectionState().PeerCertificates[0].Issuer.CommonName; issuer != "origin CA" {
		t.Errorf("the certificate's issuer is %q", issuer)
	}
	check(t, s.CloseWrite())
	io.Copy(io.Discard, s) // a socket that is closed with something unread is reset
	s.Close()
	seen := map[string]bool{}
	for _, e := range p.closed(1) {
		seen[e.Name+" from "+e.From] = true
		switch {
		case e.Leg != "direct" && e.Leg != "":
			t.Errorf("on a leg that is not there: %s", e.line)
		case e.Event == "tls.data" && (e.Text != "" || e.Base64 != nil):
			t.Errorf("opened without a key: %s", e.line)
		case e.Event == "conn.close" && (e.Cause != "ok" || e.Mode != "tunnel"):
			t.Errorf("ended wrong: %s", e.line)
		}
	}
	for _, message := range []string{"Client Hello from client", "Server Hello from server", "Encrypted Handshake Message from server", "Encrypted Handshake Message from client"} {
		if !seen[message] {
			t.Errorf("no %s", message)
		}
	}
	p.alive(t)
}

// TestOwnAddress reads the proxy's own page.
func TestOwnAddress(t *testing.T) {
	t.Parallel()
	p := startProxy(t)
	root, err := os.ReadFile(p.ca)
	check(t, err)
	for path, want := range map[string]string{"/": p.addr, "/ca.pem": string(root)} {
		resp, err := http.Get("http://" + p.addr + path)
		check(t, err)
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		check(t, err)
		if resp.StatusCode != http.StatusOK || !strings.Contains(string(body), want) {
			t.Errorf("GET %s: %s, without %q", path, resp.Status, want)
		}
	}
}

// TestPlainHTTP passes a plain request on.
func TestPlainHTTP(t *testing.T) {
	t.Parallel()
	asked := make(chan *http.Request, 1)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	origin := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		asked <- req
		io.WriteString(w, page)
	})}
	go origin.Serve(l)
	defer origin.Close()
	p := startProxy(t, "--data-bytes", "all")
	status, got, err := p.get(t, "http://"+localhost(l)+"/page?x=1", "http/1.1")
	if err != nil || status != http.StatusOK || got != page {
		t.Errorf("%d with %d bytes, %v", status, len(got), err)
	}
	if req := <-asked; req.RequestURI != "/page?x=1" || req.Header.Get("Proxy-Connection") != "" || req.Host != localhost(l) {
		t.Errorf("the server was asked for %s with %v", req.RequestURI, req.Header)
	}
	told, exchange := map[string]string{}, map[string]int{}
	for _, e := range p.closed(1) {
		switch e.Event {
		case "conn.open":
			if e.Via != "http" || e.Target != localhost(l) {
				t.Errorf("opened: %s", e.line)
			}
		case "tcp.data":
			told[e.Leg+" "+e.From] += e.Text + string(e.Base64)
		case "conn.close":
			if e.Cause != "ok" {
				t.Errorf("ended: %s", e.line)
			}
		case "http.request", "http.response", "http.response.end", "http.exchange":
			exchange[e.Event]++
		default:
			t.Errorf("unexpected: %s", e.line)
		}
	}
	if want := map[string]int{"http.request": 1, "http.response": 1, "http.response.end": 1, "http.exchange": 1}; !maps.Equal(exchange, want) {
		t.Errorf("told of the exchange %v", exchange)
	}
	if !strings.HasPrefix(told["server proxy"], "GET /page?x=1 HTTP/1.1\r\n") || !strings.Contains(told["server server"], "The origin's page") {
		t.Errorf("told of %.300q", told)
	}
	p.alive(t)
}
