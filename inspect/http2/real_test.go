package http2

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"os"
	"strings"
	"sync"
	"testing"

	"tlsmitm/inspect/httpmsg"
	"tlsmitm/inspect/internal/selfsigned"
)

// collector puts the exchanges of a connection together, and forgets nothing.
type collector struct {
	mu        sync.Mutex
	exchanges map[httpmsg.Exchange]*exchange
	anomalies []string
	failed    []string
	switched  map[httpmsg.Exchange]string
	frames    map[string]int
}

type exchange struct {
	req, resp message2
	interim   []int
}

// message2 is a message as it was told.
type message2 struct {
	head     *httpmsg.Head
	body     []byte
	trailers httpmsg.Fields
	end      *httpmsg.End
}

func newCollector() *collector {
	return &collector{exchanges: make(map[httpmsg.Exchange]*exchange), switched: make(map[httpmsg.Exchange]string), frames: make(map[string]int)}
}

func (c *collector) message(x httpmsg.Exchange, up bool) *message2 {
	e := c.exchanges[x]
	if e == nil {
		e = new(exchange)
		c.exchanges[x] = e
	}
	if up {
		return &e.req
	}
	return &e.resp
}

func (c *collector) Head(x httpmsg.Exchange, up bool, h *httpmsg.Head) {
	m := c.message(x, up)
	if h.Informational() {
		c.exchanges[x].interim = append(c.exchanges[x].interim, h.Status)
		return
	}
	m.head = h
}
func (c *collector) Body(x httpmsg.Exchange, up bool, b []byte) {
	m := c.message(x, up)
	m.body = append(m.body, b...)
}
func (c *collector) Tunnel(x httpmsg.Exchange, up bool, b []byte) { c.Body(x, up, b) }
func (c *collector) Skipped(x httpmsg.Exchange, up bool, n int64) { panic("nothing is skipped here") }
func (c *collector) Trailers(x httpmsg.Exchange, up bool, f httpmsg.Fields) {
	c.message(x, up).trailers = f
}
func (c *collector) End(x httpmsg.Exchange, up bool, e httpmsg.End) { c.message(x, up).end = &e }
func (c *collector) Switch(x httpmsg.Exchange, protocol string)     { c.switched[x] = protocol }
func (c *collector) Anomaly(x httpmsg.Exchange, up bool, a httpmsg.Anomaly) {
	c.anomalies = append(c.anomalies, fmt.Sprintf("%s %d %s: %s", arrow(up), x, a.Code, a.Detail))
}
func (c *collector) Frame(_ bool, f *httpmsg.Frame) { c.frames[f.Name]++ }
func (c *collector) Failed(up bool, why string)     { c.failed = append(c.failed, arrow(up)+" "+why) }

// relay listens, and takes every connection on to another address, while a Conn
// reads what passes.
type relay struct {
	net.Listener
	dial func() (net.Conn, error)
	// first returns what a connection does with the bytes of a direction before
	// they are read: it returns those that are HTTP/2.
	first func() func(conn *Conn, up bool, b []byte) []byte

	wg         sync.WaitGroup
	mu         sync.Mutex
	collectors []*collector
	talks      []*talk
}

func newRelay(t testing.TB, l net.Listener, dial func() (net.Conn, error)) *relay {
	r := &relay{Listener: l, dial: dial}
	r.start(t)
	return r
}

func (r *relay) start(t testing.TB) {
	r.wg.Go(func() {
		for {
			c, err := r.Accept()
			if err != nil {
				return
			}
			r.wg.Go(func() { r.serve(t, c) })
		}
	})
	t.Cleanup(func() { r.Listener.Close() })
}

func (r *relay) serve(t testing.TB, client net.Conn) {
	defer client.Close()
	server, err := r.dial()
	if err != nil {
		t.Error(err)
		return
	}
	defer server.Close()
	told := newCollector()
	conn := New(told, Options{Frames: true})
	steps := new(talk)
	r.mu.Lock()
	r.collectors = append(r.collectors, told)
	r.talks = append(r.talks, steps)
	r.mu.Unlock()
	first := func(_ *Conn, _ bool, b []byte) []byte { return b }
	if r.first != nil {
		first = r.first()
	}
	var wg sync.WaitGroup
	copy := func(up bool, to, from net.Conn) {
		buf := make([]byte, 20_000)
		for {
			n, err := from.Read(buf)
			told.mu.Lock()
			b := first(conn, up, buf[:n])
			conn.Feed(up, b)
			steps.steps = append(steps.steps, step{up, bytes.Clone(b)})
			if err != nil {
				conn.End(up)
			}
			told.mu.Unlock()
			if _, werr := to.Write(buf[:n]); err != nil || werr != nil {
				break
			}
		}
		if c, ok := to.(interface{ CloseWrite() error }); ok {
			c.CloseWrite()
		}
	}
	wg.Go(func() { copy(true, server, client) })
	wg.Go(func() { copy(false, client, server) })
	wg.Wait()
}

// close waits until what the connections carried has been read.
func (r *relay) close() []*collector {
	r.Listener.Close()
	r.wg.Wait()
	return r.collectors
}

// save keeps what was said, if it is asked for.
func (r *relay) save(t testing.TB, name string) {
	if !*update {
		return
	}
	for i, c := range r.talks {
		if b := c.record(); len(b) < 20_000 {
			if err := os.WriteFile(fmt.Sprintf("testdata/talks/%s-%d", name, i+1), b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func listen(t testing.TB) net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// served is what a server says of a request.
type served struct {
	line, header, trailer string
	body                  [sha256.Size]byte
}

// TestNetHTTP has net/http's client and server talk over TLS, and holds what was
// told against what both say.
func TestNetHTTP(t *testing.T) {
	cert, pool := selfsigned.ECDSA(), x509.NewCertPool()
	pool.AddCert(cert.Leaf)
	var mu sync.Mutex
	seen := map[string]served{}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			mu.Lock()
			seen[r.Header.Get("X-Number")] = served{r.Method + " " + r.URL.String(), r.Header.Get("Cookie"), r.Trailer.Get("X-Sum"), sha256.Sum256(body)}
			mu.Unlock()
		}
		answer(w, r, body)
	})}
	serverListener := listen(t)
	go server.Serve(tls.NewListener(serverListener, &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2"}}))
	defer server.Close()
	relay := newRelay(t, tls.NewListener(listen(t), &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2"}}), func() (net.Conn, error) {
		return tls.Dial("tcp", serverListener.Addr().String(), &tls.Config{RootCAs: pool, NextProtos: []string{"h2"}})
	})

	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
	client := &http.Client{Transport: transport}
	const count = 300
	answers := make([]*answered, count)
	var wg sync.WaitGroup
	limit := make(chan bool, 20)
	for i := range count {
		limit <- true
		wg.Go(func() {
			defer func() { <-limit }()
			answers[i] = ask(t, client, "https://"+relay.Addr().String(), i)
		})
	}
	wg.Wait()
	transport.CloseIdleConnections()
	server.Close()
	told := relay.close()

	found := 0
	for _, c := range told {
		if len(c.anomalies) > 0 || len(c.failed) > 0 {
			t.Errorf("anomalies %q, failed %q", c.anomalies, c.failed)
		}
		for x, e := range c.exchanges {
			found++
			i := e.req.head.Fields.Get("x-number")
			n := 0
			fmt.Sscan(i, &n)
			checkAnswer(t, x, e, answers[n])
			if want, ok := seen[i]; ok {
				got := served{e.req.head.Method + " " + e.req.head.Path, strings.Join(e.req.head.Fields.Values("cookie"), "; "), e.req.trailers.Get("x-sum"), sha256.Sum256(e.req.body)}
				if got != want {
					t.Errorf("request %s: %v, not %v", i, got, want)
				}
			} else if answers[n].err == nil {
				t.Errorf("request %s: the server has not seen it", i)
			}
		}
	}
	if found != count {
		t.Errorf("%d exchanges were told, not %d", found, count)
	}
}

// answered is what a client says of a response.
type answered struct {
	err         error
	status      int
	header, sum string
	interim     []int
	body        []byte
}

// answer answers in a way that depends on the request's path.
func answer(w http.ResponseWriter, r *http.Request, body []byte) {
	w.Header().Set("X-Echo", r.Header.Get("X-Number")+strings.Repeat("=", len(body)%300))
	switch r.URL.Path {
	case "/early":
		w.Header().Set("Link", "</style.css>")
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusCreated)
	case "/nothing":
		w.WriteHeader(http.StatusNoContent)
	case "/trailers":
		w.Header().Set("Trailer", "X-Sum")
		w.Write(body)
		w.(http.Flusher).Flush()
		w.Header().Set("X-Sum", fmt.Sprintf("%x", sha256.Sum256(body)))
	case "/reset":
		w.Write(body)
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	default:
		w.Write(bytes.Repeat(body, 3))
	}
}

// ask makes request number i.
func ask(t *testing.T, client *http.Client, base string, i int) *answered {
	path := []string{"/", "/early", "/nothing", "/trailers", "/reset", "/cancel?a=b&c"}[i%6]
	method := []string{"POST", "PUT", "GET", "HEAD"}[i%4]
	content := bytes.Repeat([]byte(fmt.Sprintln(i)), i*i%15_000)
	a := new(answered)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{Got1xxResponse: func(code int, _ textproto.MIMEHeader) error {
		a.interim = append(a.interim, code)
		return nil
	}})
	var body io.Reader
	if i%4 < 2 {
		body = io.MultiReader(bytes.NewReader(content)) // of unknown length
	}
	req, err := http.NewRequestWithContext(ctx, method, base+path, body)
	if err != nil {
		t.Error(err)
		return a
	}
	req.Header.Set("X-Number", fmt.Sprint(i))
	req.Header.Set("Cookie", fmt.Sprintf("a=%d; b=%s", i, strings.Repeat("c", i)))
	if i%4 == 1 {
		req.Trailer = http.Header{"X-Sum": {fmt.Sprint("sum of ", i)}}
	}
	resp, err := client.Do(req)
	if err != nil {
		a.err = err
		return a
	}
	defer resp.Body.Close()
	a.status, a.header = resp.StatusCode, resp.Header.Get("X-Echo")
	if strings.HasPrefix(path, "/cancel") {
		io.ReadFull(resp.Body, make([]byte, 1))
		cancel()
		a.err = context.Canceled
		return a
	}
	a.body, a.err = io.ReadAll(resp.Body)
	a.sum = resp.Trailer.Get("X-Sum")
	return a
}

func checkAnswer(t *testing.T, x httpmsg.Exchange, e *exchange, want *answered) {
	t.Helper()
	if e.req.end == nil || e.resp.end == nil {
		t.Errorf("exchange %d: has not ended: %+v", x, e)
		return
	}
	if want.status == 0 {
		return // it failed before its head
	}
	if e.resp.head.Status != want.status || e.resp.head.Fields.Get("x-echo") != want.header || e.resp.trailers.Get("x-sum") != want.sum {
		t.Errorf("exchange %d: response %+v, trailers %q, not %+v", x, e.resp.head, e.resp.trailers, want)
	}
	if fmt.Sprint(e.interim) != fmt.Sprint(want.interim) {
		t.Errorf("exchange %d: interim responses %v, not %v", x, e.interim, want.interim)
	}
	switch end := *e.resp.end; {
	case want.err == nil && (end != httpmsg.End{} || !bytes.Equal(e.resp.body, want.body)):
		t.Errorf("exchange %d: %d bytes of content and %+v, not %d bytes", x, len(e.resp.body), end, len(want.body))
	case want.err != nil && want.err != context.Canceled && !end.Reset:
		t.Errorf("exchange %d: ended with %+v, where the client says %v", x, end, want.err)
	}
}
