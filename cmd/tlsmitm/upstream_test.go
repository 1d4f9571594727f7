package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// selfSigned is a server whose certificate vouches for itself, changed as told.
func selfSigned(t *testing.T, change func(*x509.Certificate)) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(3), Subject: pkix.Name{CommonName: "a stranger"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(24 * time.Hour), BasicConstraintsValid: true, IsCA: true,
	}
	change(cert)
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, key.Public(), key)
	check(t, err)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, NextProtos: []string{"h2", "http/1.1"}}
}

// badServer is a server that the proxy must not talk to, or cannot.
type badServer struct {
	name string
	// config is of its TLS; nil where handle plays it.
	config *tls.Config
	trust  bool // its certificate is a root to the proxy
	handle func(net.Conn)
	cause  string
	code   string // of the failed check
	says   string // on the page
}

func badServers(t *testing.T) []badServer {
	as := func(*x509.Certificate) {}
	expired := func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-24 * time.Hour) }
	other := func(c *x509.Certificate) { c.DNSNames = []string{"other.test"} }
	const unverified = "upstream_unverified"
	return []badServer{
		{"self-signed", selfSigned(t, as), false, nil, unverified, "self_signed", "signed by itself"},
		{"expired", selfSigned(t, expired), true, nil, unverified, "expired", "has expired"},
		{"for another host", selfSigned(t, other), true, nil, unverified, "name_mismatch", "is not for localhost"},
		{"that goes away", nil, false, func(c net.Conn) { c.Read(make([]byte, 1)) }, "upstream_closed_in_handshake", "", "closed the connection during the TLS handshake"},
		{"that breaks off", nil, false, func(c net.Conn) { c.Read(make([]byte, 1)); c.(*net.TCPConn).SetLinger(0) }, "upstream_closed_in_handshake", "", "closed the connection during the TLS handshake"},
		{"that says nothing", nil, false, func(c net.Conn) { io.Copy(io.Discard, c) }, "upstream_handshake_timeout", "", "limits.handshake"},
		{"that sends an alert", nil, false, func(c net.Conn) { c.Write([]byte{21, 3, 3, 0, 2, 2, 112}); io.Copy(io.Discard, c) }, "upstream_handshake_failed", "", "unrecognized_name"},
		{"that speaks HTTP", nil, false, func(c net.Conn) {
			c.Read(make([]byte, 1))
			io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n")
			io.Copy(io.Discard, c)
		}, "upstream_handshake_failed", "", "TLS handshake"},
	}
}

// TestBadServers has the proxy explain to a client why it has no page for it.
func TestBadServers(t *testing.T) {
	for _, s := range badServers(t) {
		for _, protocol := range []string{"http/1.1", "h2"} {
			t.Run(s.name+" over "+protocol, func(t *testing.T) {
				t.Parallel()
				heard := make(chan int64, 1)
				target := serve(t, func(c net.Conn) {
					if s.handle != nil {
						s.handle(c)
						heard <- 0
						return
					}
					n, _ := io.Copy(io.Discard, tls.Server(c, s.config))
					heard <- n
				})
				args := settings(t, "limits:\n  handshake: 2s\n")
				if s.trust {
					root := t.TempDir() + "/root.pem"
					writePEM(t, root, "CERTIFICATE", s.config.Certificates[0].Certificate[0])
					args = append(args, "--upstream-ca", root)
				}
				p := startProxy(t, args...)
				status, page, err := p.get(t, "https://"+target+"/secret", protocol)
				if err != nil || status != http.StatusBadGateway || !strings.Contains(page, s.says) || !strings.Contains(page, target) {
					t.Errorf("answered %d %q, %v", status, page, err)
				}
				if n := <-heard; n != 0 {
					t.Errorf("the server got %d bytes", n)
				}
				s.told(t, p.failed(t, s.cause), protocol)
			})
		}
	}
}

// told checks what the events say of a server's failure, and that they have no
// word of the request on the server's leg.
func (s badServer) told(t *testing.T, events []event, protocol string) {
	var checked []string
	greeted := false
	for _, e := range events {
		switch {
		case e.Event == "tls.verify":
			checked = append(checked, e.Code.(string))
		case e.Event == "tls.established" && e.Leg == "client":
			greeted = (e.Alpn == "h2") == (protocol == "h2")
		case e.Event == "tls.data" && e.Leg == "server", e.Event == "tls.established" && e.Leg == "server":
			t.Errorf("went on: %s", e.line)
		}
	}
	if strings.Join(checked, " ") != s.code {
		t.Errorf("failed checks %q, not %q", checked, s.code)
	}
	if !greeted {
		t.Errorf("the client was not greeted with %s", protocol)
	}
}

// TestInsecureHost lets a server pass in spite of its certificate.
func TestInsecureHost(t *testing.T) {
	t.Parallel()
	target := echo(t, selfSigned(t, func(*x509.Certificate) {}))
	p := startProxy(t, settings(t, "upstream:\n  insecure_hosts: [localhost]\n")...)
	s := p.secured(t, target)
	pingPong(t, s)
	s.Close()
	told := false
	for _, e := range p.closed(1) {
		told = told || e.Event == "tls.verify" && !e.Ok && e.Code == "self_signed"
		if e.Event == "conn.close" && e.Cause != "ok" {
			t.Errorf("ended: %s", e.line)
		}
	}
	if !told {
		t.Error("the failed check was not told")
	}
}

// TestNoHTTP gets an alert where a page would not be understood.
func TestNoHTTP(t *testing.T) {
	t.Parallel()
	server := selfSigned(t, func(*x509.Certificate) {})
	server.NextProtos = []string{"imap"}
	target := echo(t, server)
	p := startProxy(t)
	config := p.trusting(t)
	config.NextProtos = server.NextProtos
	err := tls.Client(p.through(t, target), config).Handshake()
	if err == nil || !strings.Contains(err.Error(), "remote error") {
		t.Errorf("the handshake ended with %v, not an alert", err)
	}
	p.failed(t, "upstream_unverified")
}
