package proxy

import (
	"crypto/tls"
	"io"
	"net/http"
	"sync/atomic"
	"testing"

	"tlsmitm/inspect"
)

// asking is the configuration of a server that asks for a client certificate.
func asking(auth tls.ClientAuthType, version uint16) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{pki.leaf(nil, "origin.example")}, ClientAuth: auth, MinVersion: version, MaxVersion: version}
}

// A server that insists on a client certificate says so, under TLS 1.3, when the
// handshake is over for the proxy. The client gets the page all the same.
func TestClientCertificateRequired(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, proto := range []string{"h2", "http/1.1"} {
			t.Run(tls.VersionName(version)+" "+proto, func(t *testing.T) {
				var served atomic.Bool
				ln := serveTLS(t, asking(tls.RequireAnyClientCert, version), func(c *tls.Conn) { served.Store(true); echoTLS(c) })
				h := start(t, Config{}, Deps{})
				conn := h.tls("origin.example:"+port(ln), func(cfg *tls.Config) { cfg.NextProtos = []string{proto} })
				status, body := get(t, conn, "origin.example")
				if status != http.StatusBadGateway {
					t.Errorf("status %d", status)
				}
				contains(t, body, "client certificate", "policy.tunnel")
				h.want(inspect.CauseUpstreamHandshakeFailed)
				if served.Load() {
					t.Error("the server served somebody")
				}
			})
		}
	}
}

// A server that only asks is waited for no longer than it takes to speak, and what
// it says first is not lost.
func TestClientCertificateAskedFor(t *testing.T) {
	for name, first := range map[string]string{"silent": "", "speaks first": "220 welcome\r\n", "says much": string(make([]byte, 100_000))} {
		t.Run(name, func(t *testing.T) {
			ln := serveTLS(t, asking(tls.RequestClientCert, tls.VersionTLS13), func(c *tls.Conn) {
				io.WriteString(c, first)
				echoTLS(c)
			})
			h := start(t, Config{}, Deps{})
			conn := h.tls("origin.example:"+port(ln), nil)
			got := make([]byte, len(first))
			if _, err := io.ReadFull(conn, got); err != nil || string(got) != first {
				t.Fatalf("%d bytes at first, %v", len(got), err)
			}
			exchange(t, conn, "and then the client")
			conn.Close()
			h.want(inspect.CauseOK)
		})
	}
}
