package proxy

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"slices"
	"testing"

	"tlsmitm/inspect"
)

// origin is a TLS server that echoes, for the given names.
func origin(t testing.TB, edit func(*tls.Config), names ...string) (port_ string) {
	t.Helper()
	cfg := &tls.Config{Certificates: []tls.Certificate{pki.leaf(nil, names...)}}
	if edit != nil {
		edit(cfg)
	}
	return port(serveTLS(t, cfg, echoTLS))
}

func TestIntercept(t *testing.T) {
	p := origin(t, nil, "origin.example")
	h := start(t, Config{}, Deps{})
	c := h.tls("origin.example:"+p, nil)
	exchange(t, c, "hello")
	leaf := c.ConnectionState().PeerCertificates[0]
	if err := leaf.CheckSignatureFrom(authority.Certificate()); err != nil {
		t.Error(err)
	}
	if leaf.Subject.CommonName != "origin" {
		t.Errorf("the leaf's common name is %q, not that of the server's", leaf.Subject.CommonName)
	}
	c.Close()
	l := h.want(inspect.CauseOK)
	if l.Mode != "intercept" || l.Up == 0 || l.Down == 0 {
		t.Errorf("logged %+v", l)
	}
}

// What a client sends right behind its CONNECT, without waiting, is not lost.
func TestEarlyHello(t *testing.T) {
	p := origin(t, nil, "origin.example")
	h := start(t, Config{}, Deps{})
	hello := captureHello(t, &tls.Config{ServerName: "origin.example"})
	c := h.connect("origin.example:"+p, hello...)
	var rec [5]byte
	if _, err := io.ReadFull(c, rec[:]); err != nil {
		t.Fatal(err)
	}
	if rec[0] != 22 {
		t.Fatalf("the answer to the early hello begins with % x", rec)
	}
	c.Close()
	h.want(inspect.CauseClientClosed)
}

// captureHello returns a Client Hello as crypto/tls sends it.
func captureHello(t testing.TB, cfg *tls.Config) []byte {
	t.Helper()
	a, b := net.Pipe()
	done := make(chan struct{})
	go func() { tls.Client(a, cfg).Handshake(); close(done) }()
	buf := make([]byte, 64<<10)
	n, err := b.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	b.Close()
	<-done
	a.Close()
	return buf[:n]
}

// dribble writes every byte on its own, and the first record as many.
type dribble struct {
	net.Conn
	records bool
	once    bool
}

func (d *dribble) Write(b []byte) (int, error) {
	out := b
	if d.records && !d.once {
		d.once = true
		out = nil
		for _, c := range b[5:] {
			out = append(out, b[0], b[1], b[2], 0, 1, c)
		}
	}
	for i := range out {
		if _, err := d.Conn.Write(out[i : i+1]); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}

func TestHelloInPieces(t *testing.T) {
	p := origin(t, nil, "origin.example")
	for _, records := range []bool{false, true} {
		t.Run(fmt.Sprintf("records=%v", records), func(t *testing.T) {
			h := start(t, Config{}, Deps{})
			c := tls.Client(&dribble{Conn: h.connect("origin.example:" + p), records: records},
				&tls.Config{ServerName: "origin.example", RootCAs: proxyPool})
			exchange(t, c, "in pieces")
			c.Close()
			h.want(inspect.CauseOK)
		})
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct {
		name, host string
		sni        string // "-" for none
		origin     []string
		wantSNI    string
	}{
		{"name", "origin.example", "origin.example", []string{"origin.example"}, "origin.example"},
		{"other name than the target's", "127.0.0.1", "origin.example", []string{"origin.example"}, "origin.example"},
		{"no SNI", "origin.example", "-", []string{"origin.example"}, ""},
		{"IPv4", "127.0.0.1", "127.0.0.1", []string{"127.0.0.1"}, ""},
		{"long name", "a.long-label-of-more-than-sixty-four-bytes.that-no-common-name-can-hold.origin.example",
			"a.long-label-of-more-than-sixty-four-bytes.that-no-common-name-can-hold.origin.example",
			[]string{"*.long-label-of-more-than-sixty-four-bytes.that-no-common-name-can-hold.origin.example"},
			"a.long-label-of-more-than-sixty-four-bytes.that-no-common-name-can-hold.origin.example"},
	} {
		t.Run(c.name, func(t *testing.T) {
			seen := make(chan string, 1)
			p := origin(t, func(cfg *tls.Config) {
				cfg.GetConfigForClient = func(hi *tls.ClientHelloInfo) (*tls.Config, error) {
					seen <- hi.ServerName
					return nil, nil
				}
			}, c.origin...)
			h := start(t, Config{}, Deps{})
			conn := h.tls(net.JoinHostPort(c.host, p), func(cfg *tls.Config) {
				cfg.ServerName = c.sni
				if c.sni == "-" {
					cfg.ServerName, cfg.InsecureSkipVerify = "", true
				}
			})
			exchange(t, conn, "hello")
			if err := conn.ConnectionState().PeerCertificates[0].VerifyHostname(c.host); err != nil && c.sni == "-" {
				t.Error(err)
			}
			if got := <-seen; got != c.wantSNI {
				t.Errorf("the server was asked for %q, want %q", got, c.wantSNI)
			}
			conn.Close()
			h.want(inspect.CauseOK)
		})
	}
}

// A client that sends no name gets no further than one that does: the certificate
// must be valid for what it connected to.
func TestNoSNIIsVerified(t *testing.T) {
	p := origin(t, nil, "another.example")
	h := start(t, Config{}, Deps{})
	conn := h.tls("origin.example:"+p, func(cfg *tls.Config) { cfg.ServerName, cfg.InsecureSkipVerify = "", true })
	status, body := get(t, conn, "origin.example")
	if status != 502 {
		t.Errorf("status %d", status)
	}
	contains(t, body, "it is not for origin.example")
	h.want(inspect.CauseUpstreamUnverified)
}

func TestIPv6(t *testing.T) {
	ln, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skipf("this machine has no IPv6 on loopback, so it is not tested: %v", err)
	}
	cert := pki.leaf(nil, "::1")
	serveOn(t, ln, func(c net.Conn) { echoTLS(tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}})) })
	h := start(t, Config{}, Deps{})
	conn := h.tls(net.JoinHostPort("::1", port(ln)), nil)
	exchange(t, conn, "hello")
	conn.Close()
	h.want(inspect.CauseOK)
}

func TestALPN(t *testing.T) {
	for _, c := range []struct {
		name           string
		client, server []string
		want           string
		fails          bool
	}{
		{"the server chooses", []string{"http/1.1", "h2"}, []string{"h2", "http/1.1"}, "h2", false},
		{"only one fits", []string{"h2", "foo"}, []string{"foo"}, "foo", false},
		{"the server has none", []string{"h2"}, nil, "", false},
		{"the client has none", nil, []string{"h2"}, "", false},
		{"none fits", []string{"foo"}, []string{"bar"}, "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			offered := make(chan []string, 1)
			p := origin(t, func(cfg *tls.Config) {
				cfg.NextProtos = c.server
				cfg.GetConfigForClient = func(hi *tls.ClientHelloInfo) (*tls.Config, error) {
					offered <- hi.SupportedProtos
					return nil, nil
				}
			}, "origin.example")
			h := start(t, Config{}, Deps{})
			conn, err := h.handshake("origin.example:"+p, func(cfg *tls.Config) { cfg.NextProtos = c.client })
			if got := <-offered; !slices.Equal(got, c.client) {
				t.Errorf("the server was offered %q, want %q", got, c.client)
			}
			if c.fails {
				if d, ok := remoteAlert(err); !ok || d != 120 {
					t.Errorf("the client's handshake ended with %v, want the server's alert", err)
				}
				h.want(inspect.CauseUpstreamHandshakeFailed)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := conn.ConnectionState().NegotiatedProtocol; got != c.want {
				t.Errorf("negotiated %q, want %q", got, c.want)
			}
			conn.Close()
			h.want(inspect.CauseOK)
		})
	}
}

func TestVersions(t *testing.T) {
	for _, c := range []struct {
		name           string
		floor          uint16
		client, server [2]uint16
		wantClient     uint16
		wantServer     uint16
		cause          inspect.Cause
	}{
		{"1.3", 0, [2]uint16{tls.VersionTLS12, tls.VersionTLS13}, [2]uint16{tls.VersionTLS12, tls.VersionTLS13}, tls.VersionTLS13, tls.VersionTLS13, inspect.CauseOK},
		{"1.2 client", 0, [2]uint16{tls.VersionTLS12, tls.VersionTLS12}, [2]uint16{tls.VersionTLS12, tls.VersionTLS13}, tls.VersionTLS12, tls.VersionTLS12, inspect.CauseOK},
		{"1.2 server", 0, [2]uint16{tls.VersionTLS12, tls.VersionTLS13}, [2]uint16{tls.VersionTLS12, tls.VersionTLS12}, tls.VersionTLS13, tls.VersionTLS12, inspect.CauseOK},
		{"1.3 only client, 1.2 server", 0, [2]uint16{tls.VersionTLS13, tls.VersionTLS13}, [2]uint16{tls.VersionTLS12, tls.VersionTLS12}, 0, 0, inspect.CauseUpstreamHandshakeFailed},
		{"1.0 both, allowed", tls.VersionTLS10, [2]uint16{tls.VersionTLS10, tls.VersionTLS10}, [2]uint16{tls.VersionTLS10, tls.VersionTLS10}, tls.VersionTLS10, tls.VersionTLS10, inspect.CauseOK},
		{"1.1 both, allowed", tls.VersionTLS10, [2]uint16{tls.VersionTLS10, tls.VersionTLS11}, [2]uint16{tls.VersionTLS10, tls.VersionTLS11}, tls.VersionTLS11, tls.VersionTLS11, inspect.CauseOK},
		{"1.1 client, not allowed", 0, [2]uint16{tls.VersionTLS10, tls.VersionTLS11}, [2]uint16{tls.VersionTLS10, tls.VersionTLS13}, 0, 0, inspect.CauseClientHandshakeFailed},
		{"1.2 client, 1.3 wanted", tls.VersionTLS13, [2]uint16{tls.VersionTLS12, tls.VersionTLS12}, [2]uint16{tls.VersionTLS12, tls.VersionTLS13}, 0, 0, inspect.CauseClientHandshakeFailed},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := make(chan uint16, 1)
			cfg := &tls.Config{Certificates: []tls.Certificate{pki.leaf(nil, "origin.example")}, MinVersion: c.server[0], MaxVersion: c.server[1]}
			ln := serveTLS(t, cfg, func(tc *tls.Conn) {
				got <- tc.ConnectionState().Version
				echoTLS(tc)
			})
			h := start(t, Config{TLS: TLS{MinVersion: c.floor}}, Deps{})
			conn, err := h.handshake("origin.example:"+port(ln), func(cfg *tls.Config) { cfg.MinVersion, cfg.MaxVersion = c.client[0], c.client[1] })
			switch {
			case c.cause == inspect.CauseClientHandshakeFailed:
				if d, ok := remoteAlert(err); !ok || d != 70 {
					t.Errorf("the client's handshake ended with %v, want the alert protocol_version", err)
				}
			case err != nil:
				t.Fatal(err)
			case c.cause == inspect.CauseOK:
				exchange(t, conn, "hello")
				if v := conn.ConnectionState().Version; v != c.wantClient {
					t.Errorf("the client got %s", tls.VersionName(v))
				}
				if v := <-got; v != c.wantServer {
					t.Errorf("the server got %s", tls.VersionName(v))
				}
			}
			if conn != nil {
				conn.Close()
			}
			h.want(c.cause)
		})
	}
}

// A client that cannot be shown an ECDSA certificate is shown an RSA one, and the
// server is offered the old suites that the client has.
func TestLegacyClients(t *testing.T) {
	rsaCert := pki.leafWith(rsaKey(), nil, "origin.example")
	for _, id := range []uint16{
		tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA, tls.TLS_RSA_WITH_AES_128_GCM_SHA256,
		tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	} {
		t.Run(tls.CipherSuiteName(id), func(t *testing.T) {
			suites := []uint16{id}
			cfg := &tls.Config{Certificates: []tls.Certificate{rsaCert}, MaxVersion: tls.VersionTLS12, CipherSuites: suites}
			ln := serveTLS(t, cfg, echoTLS)
			h := start(t, Config{}, Deps{})
			conn := h.tls("origin.example:"+port(ln), func(cfg *tls.Config) { cfg.MaxVersion, cfg.CipherSuites = tls.VersionTLS12, suites })
			exchange(t, conn, "hello")
			cs := conn.ConnectionState()
			if _, ok := cs.PeerCertificates[0].PublicKey.(*rsa.PublicKey); !ok || cs.CipherSuite != id {
				t.Errorf("suite %s with a key of type %T", tls.CipherSuiteName(cs.CipherSuite), cs.PeerCertificates[0].PublicKey)
			}
			conn.Close()
			h.want(inspect.CauseOK)
		})
	}
	t.Run("ECDSA client, RSA server", func(t *testing.T) {
		ln := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{rsaCert}}, echoTLS)
		h := start(t, Config{}, Deps{})
		conn := h.tls("origin.example:"+port(ln), nil)
		if pub := conn.ConnectionState().PeerCertificates[0].PublicKey; !isECDSA(pub) {
			t.Errorf("a key of type %T", pub)
		}
		conn.Close()
		h.want(inspect.CauseOK)
	})
}

func isECDSA(pub any) bool { _, ok := pub.(*ecdsa.PublicKey); return ok }

// A server is not offered what the client has not offered: neither old suites nor
// key exchange groups.
func TestOfferMirrorsClient(t *testing.T) {
	hellos := make(chan *tls.ClientHelloInfo, 2)
	p := origin(t, func(cfg *tls.Config) {
		cfg.GetConfigForClient = func(hi *tls.ClientHelloInfo) (*tls.Config, error) { hellos <- hi; return nil, nil }
	}, "origin.example")
	h := start(t, Config{}, Deps{})
	h.tls("origin.example:"+p, func(cfg *tls.Config) { cfg.CurvePreferences = []tls.CurveID{tls.CurveP256, tls.X25519} }).Close()
	hi := <-hellos
	if slices.Contains(hi.SupportedCurves, tls.X25519MLKEM768) || !slices.Contains(hi.SupportedCurves, tls.CurveP256) {
		t.Errorf("offered groups %v", hi.SupportedCurves)
	}
	for _, s := range tls.InsecureCipherSuites() {
		if slices.Contains(hi.CipherSuites, s.ID) {
			t.Errorf("offered %s", s.Name)
		}
	}
	h.want(inspect.CauseOK)
	h.tls("origin.example:"+p, nil).Close()
	if hi = <-hellos; !slices.Contains(hi.SupportedCurves, tls.X25519MLKEM768) {
		t.Errorf("offered groups %v", hi.SupportedCurves)
	}
	h.want(inspect.CauseOK)
}

func TestResumption(t *testing.T) {
	p := origin(t, nil, "origin.example")
	for _, v := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(v), func(t *testing.T) {
			h := start(t, Config{}, Deps{})
			cache := tls.NewLRUClientSessionCache(4)
			for i := range 3 {
				conn := h.tls("origin.example:"+p, func(cfg *tls.Config) {
					cfg.MinVersion, cfg.MaxVersion, cfg.ClientSessionCache = v, v, cache
				})
				exchange(t, conn, "hello")
				if got := conn.ConnectionState().DidResume; got != (i > 0) {
					t.Errorf("connection %d: resumed %v", i, got)
				}
				conn.Close()
				h.want(inspect.CauseOK)
			}
		})
	}
}

// A client that rejects the certificate is told apart from one that just fails.
func TestClientRejects(t *testing.T) {
	p := origin(t, nil, "origin.example")
	for _, v := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(v), func(t *testing.T) {
			h := start(t, Config{}, Deps{})
			if _, err := h.handshake("origin.example:"+p, func(cfg *tls.Config) {
				cfg.RootCAs, cfg.MinVersion, cfg.MaxVersion = pki.pool, v, v
			}); err == nil {
				t.Fatal("the client takes a certificate that it does not trust")
			}
			l := h.want(inspect.CauseClientRejected)
			contains(t, l.Message, "did not accept the proxy's certificate", "bad_certificate")
			contains(t, l.Next, h.page())
		})
	}
}
