package proxy

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/elazarl/goproxy"
	"github.com/rs/zerolog"

	"tlsmitm/inspect"
)

// maxHeaderBytes bounds the head of a request, cookies and all.
const maxHeaderBytes = 256 << 10

// door is the HTTP door: goproxy reads the requests and passes the plain ones on.
// This file is the only one that knows it.
type door struct {
	p  *Proxy
	gp *goproxy.ProxyHttpServer
}

// connectAccepted answers a CONNECT whose target was reached: no header in it has a
// meaning (RFC 9110, section 9.3.6).
var connectAccepted = []byte("HTTP/1.1 200 Connection established\r\n\r\n")

// clientKey is the key of the *clientConn in the context of each of its requests.
type clientKey struct{}

func newDoor(p *Proxy) *http.Server {
	d := &door{p: p, gp: goproxy.NewProxyHttpServer()}
	d.gp.Logger = debugLog{p.logger}
	d.gp.NonproxyHandler = ownPage{p}
	d.gp.KeepAcceptEncoding = true
	// By default these two take a proxy from the environment, which may be this one.
	d.gp.ConnectDial = nil
	d.gp.Tr = &http.Transport{Proxy: nil, DisableCompression: true, DialContext: unused}
	d.gp.OnRequest().HandleConnect(goproxy.FuncHttpsHandler(d.connect))
	d.gp.OnRequest().DoFunc(d.request)
	return &http.Server{
		Handler:           d,
		ReadHeaderTimeout: p.limits.Header,
		IdleTimeout:       p.limits.Idle,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          log.New(debugLog{p.logger}, "", 0),
		BaseContext:       func(net.Listener) context.Context { return p.ctx },
		// What is asked of "*" is asked of the proxy, and answered like the rest.
		DisableGeneralOptionsHandler: true,
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, clientKey{}, c)
		},
	}
}

// unused stands where goproxy would dial by itself.
func unused(context.Context, string, string) (net.Conn, error) {
	return nil, errors.New("proxy: goproxy must not dial")
}

// ServeHTTP lets a request in.
func (d *door) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	client, _ := req.Context().Value(clientKey{}).(*clientConn)
	if client == nil || client.over {
		answer(w, req, wordsBusy(d.p.limits.Connections))
		return
	}
	rw := &responseWriter{ResponseWriter: w, control: http.NewResponseController(w), idle: d.p.limits.Idle}
	defer func() {
		// What is left of the request's body is read for so long at most.
		rw.finish(time.Now().Add(d.p.limits.Header))
		if v := recover(); v != nil && v != http.ErrAbortHandler {
			prob := wordsPanic(Target{Asked: req.Host}, v, debug.Stack())
			d.p.logger.Error().Str("cause", string(prob.cause)).Err(prob.err).Str("next", prob.next).Msg(prob.Error())
			rw.cut = true
		}
		if rw.cut {
			panic(http.ErrAbortHandler) // the one way to end an answer as unfinished
		}
	}()
	// Otherwise net/http eats what is left of a request's body as soon as the answer
	// begins, under the hands of whoever sends it on.
	rw.control.EnableFullDuplex()
	req = req.WithContext(context.WithValue(req.Context(), writerKey{}, rw))
	if req.Body != nil && req.Body != http.NoBody {
		req.Body = &requestBody{req.Body, rw}
	}
	d.gp.ServeHTTP(rw, req)
}

// connect hijacks every CONNECT: what comes after it is not goproxy's business.
func (d *door) connect(host string, _ *goproxy.ProxyCtx) (*goproxy.ConnectAction, string) {
	return &goproxy.ConnectAction{Action: goproxy.ConnectHijack, Hijack: d.hijacked}, host
}

// hijacked takes a CONNECT over. It must return for net/http to let go of what it
// holds for the connection.
func (d *door) hijacked(req *http.Request, client net.Conn, _ *goproxy.ProxyCtx) {
	a := &arrival{conn: client, accepted: connectAccepted, rejected: (*problem).response}
	if h, ok := client.(*hijackedConn); ok {
		a.conn, a.early = h.Conn, h.early
	}
	t, err := parseTarget(req.RequestURI)
	if err != nil {
		t.Asked = d.p.hide(t.Asked)
		a.bad = wordsBadTarget(t.Asked, err)
	}
	t.Via, t.UserAgent = inspect.ViaConnect, strings.Clone(req.UserAgent())
	a.target = t
	d.p.intercept(d.p.ctx, a)
}

// request prepares a plain request for its way on, or answers it here.
func (d *door) request(req *http.Request, ctx *goproxy.ProxyCtx) (*http.Request, *http.Response) {
	f := &forward{p: d.p, req: req}
	if prob := f.prepare(); prob != nil {
		return req, prob.httpResponse(req)
	}
	ctx.RoundTripper = goproxy.RoundTripperFunc(func(req *http.Request, _ *goproxy.ProxyCtx) (*http.Response, error) {
		return f.roundTrip(req), nil
	})
	return req, nil
}

// debugLog takes what net/http and goproxy have to say.
type debugLog struct{ logger zerolog.Logger }

// Printf implements goproxy.Logger.
func (l debugLog) Printf(format string, v ...any) { l.logger.Debug().Msgf(format, v...) }

// Write implements io.Writer, for log.Logger.
func (l debugLog) Write(b []byte) (int, error) {
	l.logger.Debug().Msg(strings.TrimSpace(string(b)))
	return len(b), nil
}

// hijackedConn is a client's connection with what net/http had read of it beyond
// the request.
type hijackedConn struct {
	net.Conn
	early []byte
}

// Read gives the early bytes first.
func (c *hijackedConn) Read(b []byte) (int, error) {
	if len(c.early) > 0 {
		n := copy(b, c.early)
		c.early = c.early[n:]
		return n, nil
	}
	return c.Conn.Read(b)
}

// writerKey is the key of the *responseWriter in the context of its request.
type writerKey struct{}

// responseWriter writes the answer to a request as it comes, without delay, and
// gives a connection away with all that was read from it.
type responseWriter struct {
	http.ResponseWriter
	control *http.ResponseController
	idle    time.Duration // how long the client may take nothing, or send nothing of a body

	mu   sync.Mutex
	over bool // the handler has returned: the deadlines are net/http's again

	taken bool // hijacked by the forward itself; goproxy may write no more
	cut   bool // the server broke its answer off
}

// Hijack implements http.Hijacker.
func (w *responseWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := w.ResponseWriter.(http.Hijacker).Hijack()
	if err != nil {
		return nil, nil, err
	}
	w.mu.Lock()
	w.taken = true
	w.mu.Unlock()
	early := make([]byte, rw.Reader.Buffered())
	io.ReadFull(rw.Reader, early)
	return &hijackedConn{Conn: conn, early: early}, rw, nil
}

// WriteHeader sends the head at once: what follows may take its time.
func (w *responseWriter) WriteHeader(status int) {
	if w.taken {
		return
	}
	w.control.SetWriteDeadline(time.Now().Add(w.idle))
	w.ResponseWriter.WriteHeader(status)
	if status >= http.StatusOK {
		w.Flush() // after an interim answer it would send a final one
	}
}

// Write passes a part of the body on at once, too.
func (w *responseWriter) Write(b []byte) (int, error) {
	if w.taken {
		return 0, http.ErrHijacked
	}
	w.control.SetWriteDeadline(time.Now().Add(w.idle))
	n, err := w.ResponseWriter.Write(b)
	w.Flush()
	return n, err
}

// awaitBody sets the deadline for the next part of the request's body; zero for none.
func (w *responseWriter) awaitBody(t time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.over && !w.taken {
		w.control.SetReadDeadline(t)
	}
}

// finish sets the last deadline: the transport may read the body a little longer
// than the handler runs, and must not touch the next request's.
func (w *responseWriter) finish(t time.Time) {
	w.awaitBody(t)
	w.mu.Lock()
	w.over = true
	w.mu.Unlock()
}

// Flush implements http.Flusher.
func (w *responseWriter) Flush() {
	if !w.taken {
		w.control.Flush()
	}
}

// requestBody is the body of a request, each part of which may take as long as a
// connection may rest.
type requestBody struct {
	io.ReadCloser
	w *responseWriter
}

func (b *requestBody) Read(p []byte) (int, error) {
	b.w.awaitBody(time.Now().Add(b.w.idle))
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		// From here on the client has nothing to say until it is answered.
		b.w.awaitBody(time.Time{})
	}
	return n, err
}
