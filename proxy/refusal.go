package proxy

import (
	"context"
	"crypto/tls"
	"log"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"tlsmitm/inspect/tlswire"
)

// notHTTP are the ports that IANA gives to protocols that begin with TLS and are
// not HTTP. A client that connects there without ALPN is not shown a page.
var notHTTP = []uint16{
	465,  // submissions
	563,  // nntps
	585,  // imap4-ssl, the old one
	614,  // sshell
	636,  // ldaps
	853,  // domain-s
	989,  // ftps-data
	990,  // ftps
	992,  // telnets
	993,  // imaps
	994,  // ircs
	995,  // pop3s
	1883, // mqtt, some with TLS
	3269, // msft-gc-ssl
	5061, // sips
	5223, // xmpp-client over TLS
	5269, // xmpp-server
	5270, // xmpp-server over TLS
	5349, // stuns, turns
	5432, // postgresql, direct TLS
	5671, // amqps
	6379, // redis
	6514, // syslog-tls
	6697, // ircs-u
	8883, // secure-mqtt
	9093, // kafka over TLS, as installed
}

// refusalProtocol chooses the protocol in which a client is told why it gets no
// further; ok is false if it speaks none that the proxy does.
func refusalProtocol(hello *tlswire.ClientHello, port uint16) (alpn string, ok bool) {
	switch {
	case len(hello.ALPN) == 0:
		return "", !slices.Contains(notHTTP, port)
	case slices.Contains(hello.ALPN, "http/1.1"):
		return "http/1.1", true
	case slices.Contains(hello.ALPN, "h2"):
		return "h2", true
	}
	return "", false
}

// refusal is what one greeted client is to be told.
type refusal struct {
	prob *problem
	done chan struct{} // closed when net/http is done with the connection
}

// refusals is the HTTP server that answers in place of servers that could not be
// reached or trusted. It serves connections that it is handed.
type refusals struct {
	limit time.Duration // for a client to ask and to read the answer
	http  *http.Server
	conns chan net.Conn
	quit  chan struct{}
	once  sync.Once
	over  sync.WaitGroup
}

func newRefusals(limit time.Duration, errorLog *log.Logger) *refusals {
	r := &refusals{limit: limit, conns: make(chan net.Conn), quit: make(chan struct{})}
	r.http = &http.Server{
		Handler:           r,
		ReadHeaderTimeout: limit,
		ErrorLog:          errorLog,
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, refusalKey{}, refusalOf(c))
		},
		ConnState: func(c net.Conn, s http.ConnState) {
			if s == http.StateClosed || s == http.StateHijacked {
				close(refusalOf(c).done)
			}
		},
	}
	return r
}

type refusalKey struct{}

// refusalOf finds what the client on conn is to be told.
func refusalOf(conn net.Conn) *refusal {
	return conn.(*tls.Conn).NetConn().(*flow).owner.refused
}

// serve answers the client on conn, and returns when it has gone or the limit is
// over. The first answer is the last.
func (r *refusals) serve(c *connection, conn *tls.Conn, prob *problem) {
	r.once.Do(func() { r.over.Go(func() { r.http.Serve(r) }) })
	c.refused = &refusal{prob: prob, done: make(chan struct{})}
	timeout := time.NewTimer(r.limit)
	defer timeout.Stop()
	select {
	case r.conns <- conn:
	case <-r.quit:
		return
	case <-timeout.C:
		return
	}
	select {
	case <-c.refused.done:
		return
	case <-timeout.C:
	case <-r.quit:
	}
	c.client.raw.Close()
	<-c.refused.done
}

// close ends the server, and waits for it.
func (r *refusals) close() {
	close(r.quit)
	r.http.Close()
	r.over.Wait()
}

// ServeHTTP answers every request alike.
func (r *refusals) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	answer(w, req, req.Context().Value(refusalKey{}).(*refusal).prob)
}

// Accept implements net.Listener.
func (r *refusals) Accept() (net.Conn, error) {
	select {
	case c := <-r.conns:
		return c, nil
	case <-r.quit:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (r *refusals) Close() error { return nil }

// Addr implements net.Listener.
func (r *refusals) Addr() net.Addr { return &net.TCPAddr{} }
