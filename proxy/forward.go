package proxy

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"tlsmitm/inspect"
)

// continueTimeout is how long a request's body waits for the server to ask for it
// when the client has sent Expect: 100-continue (RFC 9110, section 10.1.1).
const continueTimeout = time.Second

// forward is one plain http:// request on its way. What it means stays as it is;
// only what is said from hop to hop ends here (RFC 9110, section 7.6.1).
type forward struct {
	p       *Proxy
	req     *http.Request
	target  Target
	mode    inspect.Mode
	upgrade []string // the protocols that the client asks to change to
	server  *upstreamConn
}

// forwardKey is the key of a *forward in the context of the request that it sends.
type forwardKey struct{}

// client is the socket from which the request came.
func (f *forward) client() *clientConn { return f.req.Context().Value(clientKey{}).(*clientConn) }

// prepare readies the request to be sent on. A problem is the answer to it.
func (f *forward) prepare() *problem {
	prob := f.check()
	if prob != nil {
		c := f.p.openConnection(f.client(), f.target, f.mode)
		c.finish(prob)
		return prob
	}
	h := f.req.Header
	if hasToken(h["Connection"], "upgrade") {
		f.upgrade = h["Upgrade"]
	}
	endHop(h)
	if hasToken(f.req.Header["Te"], "trailers") {
		h["Te"] = []string{"trailers"}
	} else {
		delete(h, "Te")
	}
	if _, ok := h["User-Agent"]; !ok {
		h["User-Agent"] = nil // net/http would put its own
	}
	if f.req.Method == http.MethodOptions && f.req.URL.Path == "" && f.req.URL.RawQuery == "" {
		f.req.URL.Path = "*" // RFC 9112, section 3.2.4
	}
	f.req.Close = false
	return nil
}

// check reads the request's target and asks the policy.
func (f *forward) check() *problem {
	u := f.req.URL
	authority := u.Host
	if u.Port() == "" {
		authority = net.JoinHostPort(u.Hostname(), "80")
	}
	var err error
	f.target, err = parseTarget(authority)
	f.target.Via, f.target.UserAgent = inspect.ViaHTTP, f.req.UserAgent()
	f.mode = inspect.ModeIntercept
	switch {
	case u.Scheme != "http":
		return wordsBadScheme(f.p.hide(f.req.RequestURI), u.Scheme)
	case err != nil:
		return wordsBadTarget(f.p.hide(u.Host), err)
	}
	f.mode = inspect.Mode(f.p.policy.action(f.target.Host, f.target.Port))
	if f.mode == inspect.ModeRefuse {
		return wordsRefused(f.target)
	}
	return nil
}

// roundTrip sends the request and returns the answer, or one that says why there
// is none.
func (f *forward) roundTrip(req *http.Request) *http.Response {
	if f.upgrade != nil {
		req.Header["Connection"] = []string{"Upgrade"}
		req.Header["Upgrade"] = f.upgrade
	}
	w := req.Context().Value(writerKey{}).(*responseWriter)
	interim := &interimAnswers{w: w}
	ctx := context.WithValue(req.Context(), forwardKey{}, f)
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn:        func(info httptrace.GotConnInfo) { f.server, _ = info.Conn.(*upstreamConn) },
		Got1xxResponse: interim.pass,
	})
	resp, err := f.client().plain(f.p).RoundTrip(req.WithContext(ctx))
	interim.end()
	if err != nil {
		return f.failed(err).httpResponse(req)
	}
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return f.switchProtocols(resp, w)
	}
	endHop(resp.Header)
	if _, ok := resp.Header["Content-Type"]; !ok {
		resp.Header["Content-Type"] = nil // net/http would guess one
	}
	resp.Body = &answerBody{resp.Body, w}
	return resp
}

// failed says why there is no answer. A dial has told the log already.
func (f *forward) failed(err error) *problem {
	if prob, ok := asProblem(err); ok {
		return prob
	}
	prob := wordsUnanswered(f.target, err)
	if f.req.Context().Err() == nil { // else it is the client that has gone
		f.p.logger.Warn().Str("cause", string(prob.cause)).Str("target", f.target.Address()).
			Str("client", f.req.RemoteAddr).Str("next", prob.next).Msg(prob.Error())
	}
	return prob
}

// switchProtocols gives the client's connection and the server's to a relay: what
// they speak from here on is their own business. The answer that it returns is an
// empty one, for goproxy to write to nobody.
func (f *forward) switchProtocols(resp *http.Response, w *responseWriter) *http.Response {
	nothing := &http.Response{StatusCode: http.StatusSwitchingProtocols, Header: http.Header{}, Body: http.NoBody, Request: resp.Request}
	stream, ok := resp.Body.(io.ReadWriter)
	if !ok || f.server == nil {
		resp.Body.Close()
		return f.failed(fmt.Errorf("the server changed the protocol unasked")).httpResponse(resp.Request)
	}
	conn, _, err := w.Hijack()
	if err != nil {
		resp.Body.Close()
		return nothing
	}
	c, hijacked := f.server.flow.owner, conn.(*hijackedConn)
	if !c.adopt(hijacked.Conn) {
		return nothing
	}
	c.client.replay = hijacked.early
	var head strings.Builder
	head.WriteString("HTTP/1.1 " + resp.Status + "\r\n")
	resp.Header.Write(&head)
	head.WriteString("\r\n")
	if _, err := c.client.Write([]byte(head.String())); err != nil {
		c.finish(wordsClientReset(c.target, c.from(), err))
		return nothing
	}
	c.relay(&c.client, stream)
	return nothing
}

// hopByHop are the header fields that speak of one connection and not of the
// message, besides those that Connection names. The transport has taken
// Transfer-Encoding and Trailer out of the header, and puts its own in; TE is left
// to the caller.
var hopByHop = []string{
	"Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "Upgrade",
}

// endHop removes from h what must not be passed on.
func endHop(h http.Header) {
	for _, v := range h["Connection"] {
		for name := range strings.SplitSeq(v, ",") {
			if name = textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(name)); name != "Te" {
				delete(h, name)
			}
		}
	}
	for _, name := range hopByHop {
		delete(h, name)
	}
}

// hasToken reports whether a list of tokens has one in it.
func hasToken(values []string, token string) bool {
	for _, v := range values {
		for t := range strings.SplitSeq(v, ",") {
			if strings.EqualFold(strings.TrimSpace(t), token) {
				return true
			}
		}
	}
	return false
}

// interimAnswers passes the server's 1xx answers on as they come, until the final
// one has. The transport may call it a little longer than that. A 100 is not passed
// on: it makes the transport read the body, and that makes net/http send the client
// its own.
type interimAnswers struct {
	w    *responseWriter
	mu   sync.Mutex
	over bool
}

func (i *interimAnswers) pass(code int, header textproto.MIMEHeader) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.over || code == http.StatusContinue {
		return nil
	}
	h := i.w.Header()
	for name, values := range header {
		h[name] = values
	}
	endHop(h)
	i.w.WriteHeader(code)
	clear(h)
	return nil
}

func (i *interimAnswers) end() {
	i.mu.Lock()
	i.over = true
	i.mu.Unlock()
}

// answerBody notes when the server breaks its answer off: the client's must not
// look complete then.
type answerBody struct {
	io.ReadCloser
	w *responseWriter
}

func (b *answerBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		b.w.cut = true
	}
	return n, err
}

// plain returns the transport for a client's plain requests. Each client has its
// own, so that a connection to a server is that of one client.
func (c *clientConn) plain(p *Proxy) *http.Transport {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.transport == nil {
		c.transport = &http.Transport{
			DisableCompression:    true,
			IdleConnTimeout:       p.limits.Idle,
			ExpectContinueTimeout: continueTimeout,
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return ctx.Value(forwardKey{}).(*forward).dial()
			},
		}
	}
	return c.transport
}

// upstreamConn is a connection to a server for plain requests. It is a connection
// of its own in the log and in inspection, and ends when the transport closes it.
type upstreamConn struct {
	*flow
}

// dial opens a connection for this request, and for those of the same client that
// come after it. It does not end with the request that it was opened for.
func (f *forward) dial() (conn net.Conn, err error) {
	c := f.p.openConnection(f.client(), f.target, f.mode)
	defer func() {
		if v := recover(); v != nil {
			prob := wordsPanic(f.target, v, debug.Stack())
			c.finish(prob)
			conn, err = nil, prob
		}
	}()
	if !f.p.open.add(c) {
		c.end(inspect.CauseShutdown)
		c.finish(nil)
		return nil, wordsEnded(f.target, inspect.CauseShutdown, f.p.limits)
	}
	raw, prob := f.p.reach(f.p.ctx, f.target)
	if prob != nil {
		c.finish(prob)
		return nil, prob
	}
	if !c.adopt(raw) {
		c.finish(nil)
		return nil, net.ErrClosed
	}
	c.server.start(raw, c.tapServer(raw))
	c.server.watch = false
	c.relaying.Store(true)
	return &upstreamConn{&c.server}, nil
}

// Close ends the connection.
func (u *upstreamConn) Close() error {
	var prob *problem
	if u.reset.Load() {
		prob = wordsServerReset(u.owner.target, io.ErrUnexpectedEOF)
	}
	u.owner.finish(prob)
	return nil
}
