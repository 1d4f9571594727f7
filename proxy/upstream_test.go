package proxy

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
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"tlsmitm/inspect"
)

// get asks for a page over conn, in the protocol that was negotiated.
func get(t testing.TB, conn *tls.Conn, host string, accept ...string) (status int, body string) {
	t.Helper()
	req := must(http.NewRequest("GET", "https://"+host+"/secret", nil))
	req.Header.Set("X-Secret", "do not tell")
	if len(accept) > 0 {
		req.Header.Set("Accept", accept[0])
	}
	var resp *http.Response
	var err error
	if conn.ConnectionState().NegotiatedProtocol == "h2" {
		tr := &http.Transport{ForceAttemptHTTP2: true, DialTLSContext: func(context.Context, string, string) (net.Conn, error) { return conn, nil }}
		resp, err = tr.RoundTrip(req)
	} else {
		if err = req.Write(conn); err == nil {
			resp, err = http.ReadResponse(bufio.NewReader(conn), req)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	return resp.StatusCode, string(b)
}

func TestUnverified(t *testing.T) {
	other := newTestCA("nobody's CA")
	for _, c := range []struct {
		name  string
		cert  tls.Certificate
		code  string
		parts []string
	}{
		{"unknown authority", other.leaf(nil, "origin.example"), checkUnknownAuthority, []string{"nobody&#39;s CA", "upstream.ca_files", "insecure_hosts"}},
		{"self-signed", pki.leaf(func(c *x509.Certificate) { c.Subject.CommonName = "self" }, "origin.example"), checkSelfSigned, []string{"signed by itself"}},
		{"expired", pki.leaf(func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = c.NotBefore.AddDate(-1, 0, 0), c.NotAfter.AddDate(-1, 0, 0)
		}, "origin.example"),
			checkExpired, []string{"expired", time.Now().AddDate(-1, 1, 0).UTC().Format("Jan 2006")}},
		{"not yet valid", pki.leaf(func(c *x509.Certificate) { c.NotBefore, c.NotAfter = c.NotAfter, c.NotAfter.AddDate(1, 0, 0) }, "origin.example"),
			checkNotYetValid, []string{"not valid yet", "clock"}},
		{"wrong name", pki.leaf(nil, "another.example", "third.example"), checkNameMismatch, []string{"is not for origin.example", "another.example, third.example"}},
		{"for clients", pki.leaf(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }, "origin.example"),
			checkIncompatibleUsage, []string{"not meant for servers"}},
	} {
		for _, alpn := range []string{"http/1.1", "h2", ""} {
			t.Run(c.name+" "+alpn, func(t *testing.T) {
				var read atomic.Int64
				ln := serveEach(t, func(conn net.Conn) {
					tc := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{c.cert}})
					n, _ := io.Copy(io.Discard, tc)
					read.Add(n)
				})
				h := start(t, Config{}, Deps{})
				conn := h.tls("origin.example:"+port(ln), func(cfg *tls.Config) {
					if alpn != "" {
						cfg.NextProtos = []string{alpn}
					}
				})
				if got := conn.ConnectionState().NegotiatedProtocol; got != alpn {
					t.Errorf("negotiated %q", got)
				}
				status, body := get(t, conn, "origin.example", "text/html,*/*")
				if status != http.StatusBadGateway {
					t.Errorf("status %d", status)
				}
				contains(t, body, "<!DOCTYPE html>", "origin.example:"+port(ln))
				contains(t, body, c.parts...)
				l := h.want(inspect.CauseUpstreamUnverified)
				if l.Level != "warn" || l.Next == "" {
					t.Errorf("logged %+v", l)
				}
				if n := read.Load(); n != 0 {
					t.Errorf("%d bytes of the request went to the server", n)
				}
			})
		}
	}
}

func TestTrust(t *testing.T) {
	cert := must(x509.ParseCertificate(pki.leaf(nil, "origin.example").Certificate[0]))
	other := must(x509.ParseCertificate(newTestCA("nobody").leaf(nil, "origin.example").Certificate[0]))
	tr := trust{roots: pki.pool}
	check := func(c *x509.Certificate, name, want string) {
		t.Helper()
		_, err := tr.check([]*x509.Certificate{c}, name)
		u, _ := errors.AsType[*unverified](err)
		if got := u; (got == nil) != (want == "") || got != nil && got.code != want {
			t.Errorf("%s for %s: %v, want %q", c.Issuer, name, err, want)
		}
	}
	for range 2 { // what is remembered of one must not be taken for another
		check(cert, "origin.example", "")
		check(cert, "other.example", checkNameMismatch)
		check(other, "origin.example", checkUnknownAuthority)
	}
	if len(tr.known) != 1 {
		t.Errorf("%d checks are remembered, want the good one", len(tr.known))
	}
	for k, v := range tr.known {
		if len(v.chain) != 2 || time.Until(v.until) > trustFor {
			t.Errorf("remembered %d certificates until %v", len(v.chain), v.until)
		}
		tr.known[k] = trusted{chain: v.chain[:1], until: time.Now()}
	}
	if chain, _ := tr.check([]*x509.Certificate{cert}, "origin.example"); len(chain) != 2 {
		t.Error("what is too old was believed")
	}
	for i := range trustSize + 10 {
		tr.known[trustKey{byte(i), byte(i >> 8)}] = trusted{}
	}
	check(must(x509.ParseCertificate(pki.leaf(nil, "one.more").Certificate[0])), "one.more", "")
	if len(tr.known) > trustSize {
		t.Errorf("%d checks are remembered", len(tr.known))
	}
}

func TestPageAsText(t *testing.T) {
	ln := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{pki.leaf(nil, "another.example")}}, echoTLS)
	h := start(t, Config{}, Deps{})
	_, body := get(t, h.tls("origin.example:"+port(ln), nil), "origin.example", "*/*")
	contains(t, body, "tlsmitm: The certificate of origin.example", "Valid for:", "another.example")
	if strings.Contains(body, "<") {
		t.Errorf("HTML for a client that did not ask for it: %s", body)
	}
	h.want(inspect.CauseUpstreamUnverified)
}

// Every request of a client that sends several at once is answered.
func TestPageForManyStreams(t *testing.T) {
	ln := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{pki.leaf(nil, "another.example")}}, echoTLS)
	h := start(t, Config{}, Deps{})
	conn := h.tls("origin.example:"+port(ln), func(cfg *tls.Config) { cfg.NextProtos = []string{"h2"} })
	//lint:ignore SA1019 net/http would open a connection for each of them
	cc := must((&http2.Transport{}).NewClientConn(conn))
	errs := make(chan error)
	for range 3 {
		go func() {
			resp, err := cc.RoundTrip(must(http.NewRequest("POST", "https://origin.example/", strings.NewReader(strings.Repeat("x", 5000)))))
			if err == nil {
				_, err = io.ReadAll(resp.Body)
				if resp.StatusCode != http.StatusBadGateway {
					err = fmt.Errorf("status %d", resp.StatusCode)
				}
			}
			errs <- err
		}()
	}
	answered := 0
	for range 3 {
		if <-errs == nil {
			answered++
		}
	}
	if answered == 0 {
		t.Error("no request was answered")
	}
	conn.Close()
	h.want(inspect.CauseUpstreamUnverified)
}

func TestInsecureHosts(t *testing.T) {
	p := port(serveTLS(t, &tls.Config{Certificates: []tls.Certificate{newTestCA("nobody").leaf(nil, "another.example")}}, echoTLS))
	h := start(t, Config{Upstream: Upstream{InsecureHosts: []string{"*.Lab.example."}}}, Deps{})
	c := h.tls("origin.lab.example:"+p, nil)
	exchange(t, c, "unverified, as asked for")
	c.Close()
	h.want(inspect.CauseOK)
	status, _ := get(t, h.tls("origin.example:"+p, nil), "origin.example")
	if status != http.StatusBadGateway {
		t.Errorf("status %d for a host that is not on the list", status)
	}
	h.want(inspect.CauseUpstreamUnverified)
}

// A client that speaks no HTTP is sent an alert and no page.
func TestRefusalByAlert(t *testing.T) {
	bad := &tls.Config{Certificates: []tls.Certificate{pki.leaf(nil, "another.example")}}
	t.Run("by ALPN", func(t *testing.T) {
		h := start(t, Config{}, Deps{})
		_, err := h.handshake("origin.example:"+port(serveTLS(t, bad, echoTLS)), func(cfg *tls.Config) { cfg.NextProtos = []string{"mqtt"} })
		if d, ok := remoteAlert(err); !ok || d != 80 {
			t.Errorf("the handshake ended with %v, want the alert internal_error", err)
		}
		h.want(inspect.CauseUpstreamUnverified)
	})
	t.Run("by port", func(t *testing.T) {
		ln := serveTLS(t, bad, echoTLS)
		h := start(t, Config{Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialLoopback(ctx, network, ln.Addr().String())
		}}, Deps{})
		_, err := h.handshake("imap.example:993", nil)
		if d, ok := remoteAlert(err); !ok || d != 80 {
			t.Errorf("the handshake ended with %v, want the alert internal_error", err)
		}
		h.want(inspect.CauseUpstreamUnverified)
	})
	t.Run("the server's own", func(t *testing.T) {
		ln := serveEach(t, func(c net.Conn) {
			c.Read(make([]byte, 4096))
			c.Write([]byte{21, 3, 3, 0, 2, 2, 112}) // unrecognized_name
			io.Copy(io.Discard, c)
		})
		h := start(t, Config{}, Deps{})
		_, err := h.handshake("origin.example:"+port(ln), func(cfg *tls.Config) { cfg.NextProtos = []string{"mqtt"} })
		if d, ok := remoteAlert(err); !ok || d != 112 {
			t.Errorf("the handshake ended with %v, want the server's alert", err)
		}
		contains(t, h.want(inspect.CauseUpstreamHandshakeFailed).Message, "unrecognized_name")
	})
}

func TestUpstreamFails(t *testing.T) {
	for _, c := range []struct {
		name  string
		serve func(net.Conn)
		cause inspect.Cause
		part  string
	}{
		{"closes at once", func(c net.Conn) { c.Read(make([]byte, 1)) }, inspect.CauseUpstreamClosed, "closed the connection during the TLS handshake"},
		{"closes before the hello", func(c net.Conn) { c.Close() }, inspect.CauseUpstreamClosed, "closed the connection during the TLS handshake"},
		{"resets", func(c net.Conn) {
			c.Read(make([]byte, 4096))
			c.(*net.TCPConn).SetLinger(0)
		}, inspect.CauseUpstreamClosed, "closed the connection during the TLS handshake"},
		{"half a Server Hello", func(c net.Conn) {
			c.Read(make([]byte, 4096))
			c.Write([]byte{22, 3, 3, 0, 100, 2, 0, 0, 96})
		}, inspect.CauseUpstreamClosed, "closed the connection during the TLS handshake"},
		{"speaks no TLS", func(c net.Conn) {
			c.Read(make([]byte, 4096))
			io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n")
			io.Copy(io.Discard, c)
		}, inspect.CauseUpstreamHandshakeFailed, "does not look like a TLS handshake"},
		{"refuses", func(c net.Conn) {
			c.Read(make([]byte, 4096))
			c.Write([]byte{21, 3, 3, 0, 2, 2, 40})
		}, inspect.CauseUpstreamHandshakeFailed, "handshake_failure"},
		{"says nothing", func(c net.Conn) { io.Copy(io.Discard, c) }, inspect.CauseUpstreamTimeout, "did not finish the TLS handshake"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := Config{}
			if c.cause == inspect.CauseUpstreamTimeout {
				cfg.Limits.Handshake = time.Second
			}
			h := start(t, cfg, Deps{})
			conn := h.tls("origin.example:"+port(serveEach(t, c.serve)), nil)
			status, body := get(t, conn, "origin.example")
			if status != http.StatusBadGateway {
				t.Errorf("status %d", status)
			}
			contains(t, body, c.part)
			h.want(c.cause)
		})
	}
}

func TestClientFails(t *testing.T) {
	p := origin(t, nil, "origin.example")
	hello := captureHello(t, &tls.Config{ServerName: "origin.example"})
	t.Run("closes", func(t *testing.T) {
		h := start(t, Config{}, Deps{})
		c := h.connect("origin.example:"+p, hello...)
		c.CloseWrite()
		h.want(inspect.CauseClientClosed)
	})
	t.Run("says nothing more", func(t *testing.T) {
		h := start(t, Config{Limits: Limits{Handshake: time.Second}}, Deps{})
		h.connect("origin.example:"+p, hello...)
		h.want(inspect.CauseClientTimeout)
	})
	t.Run("alert in the clear under TLS 1.3", func(t *testing.T) {
		h := start(t, Config{}, Deps{})
		c := h.connect("origin.example:"+p, hello...)
		c.Read(make([]byte, 1))
		c.Write([]byte{20, 3, 3, 0, 1, 1, 21, 3, 3, 0, 2, 2, 48})
		contains(t, h.want(inspect.CauseClientRejected).Message, "unknown_ca")
	})
	t.Run("garbage after the hello", func(t *testing.T) {
		h := start(t, Config{}, Deps{})
		c := h.connect("origin.example:"+p, hello...)
		c.Write([]byte("this is no TLS record, whatever one makes of it"))
		h.want(inspect.CauseClientHandshakeFailed)
	})
}
