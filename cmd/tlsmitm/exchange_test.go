package main

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// exchangeEvent is an http.exchange line.
type exchangeEvent struct {
	Exchange, Protocol string
	Stream             int
	Request            sentMessage
	Response           *sentMessage
	Switched           string
}

type sentMessage struct {
	Method, URL string
	Status      int
	Headers     [][2]string
	HeadBytes   int64 `json:"head_bytes"`
	Trailers    [][2]string
	Cut         string
	Body        *struct {
		Size        int64
		DecodedSize int64 `json:"decoded_size"`
		Text        *string
		Base64      []byte
		Truncated   bool
		Hidden      bool
	}
}

// content is the body as it was saved.
func (m *sentMessage) content() string {
	switch {
	case m.Body == nil:
		return ""
	case m.Body.Text != nil:
		return *m.Body.Text
	}
	return string(m.Body.Base64)
}

func (m *sentMessage) header(name string) string {
	for _, h := range m.Headers {
		if strings.EqualFold(h[0], name) {
			return h[1]
		}
	}
	return ""
}

// exchanges are the exchanges that the proxy has told of.
func (p *proxyUnderTest) exchanges() (list []exchangeEvent) {
	p.t.Helper()
	for _, e := range p.read() {
		if e.Event == "http.exchange" {
			var x exchangeEvent
			check(p.t, json.Unmarshal([]byte(e.line), &x))
			list = append(list, x)
		}
	}
	return list
}

// awaitExchanges waits for n of them.
func (p *proxyUnderTest) awaitExchanges(n int) []exchangeEvent {
	p.t.Helper()
	seen := 0
	p.until(func(e event) bool {
		if e.Event == "http.exchange" {
			seen++
		}
		if e.Event == "run.start" {
			seen = 0 // the file is read from its beginning each time
		}
		return seen >= n
	})
	return p.exchanges()
}

// webOrigin is an HTTPS server for handler, on loopback.
func webOrigin(t *testing.T, o origin, handler http.Handler) (base string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	server := &http.Server{Handler: handler, TLSConfig: o.tls(t)}
	done := make(chan struct{})
	go func() { defer close(done); server.ServeTLS(l, "", "") }()
	t.Cleanup(func() { server.Close(); <-done })
	return "https://" + localhost(l)
}

// webTransport goes through the proxy, over one protocol.
func (p *proxyUnderTest) webTransport(t *testing.T, protocol string) *http.Transport {
	t.Helper()
	protocols := new(http.Protocols)
	protocols.SetHTTP1(protocol == "http/1.1")
	protocols.SetHTTP2(protocol == "h2")
	tr := &http.Transport{
		Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: p.addr}), Protocols: protocols, DisableCompression: true,
		TLSClientConfig: &tls.Config{RootCAs: rootsIn(t, p.ca)}, MaxConnsPerHost: 8,
	}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

// seeded is noise of a length, other for every seed.
func seeded(seed uint64, n int) []byte {
	b := make([]byte, n)
	r := rand.New(rand.NewPCG(seed, 1))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// TestExchangesAreWhatBothEndsSaw sends many requests at once over each protocol,
// and compares what is told of them with what the server and the client have seen.
func TestExchangesAreWhatBothEndsSaw(t *testing.T) {
	o := makeOrigin(t)
	base := webOrigin(t, o, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		n, _ := strconv.Atoi(r.URL.Query().Get("n"))
		w.Header().Set("X-Got", fmt.Sprintf("%s %d", r.Method, len(b)))
		w.Header().Set("Trailer", "X-End")
		w.WriteHeader(200 + n%5)
		if n%5 != 4 { // 204 has no content
			w.Write(seeded(uint64(n)+1000, n*37))
		}
		w.Header().Set("X-End", strconv.Itoa(n))
	}))
	for _, protocol := range []string{"http/1.1", "h2"} {
		t.Run(strings.ReplaceAll(protocol, "/", ""), func(t *testing.T) {
			p := startProxy(t, "--upstream-ca", o.ca, "--data-bytes", "16")
			client := &http.Client{Transport: p.webTransport(t, protocol), Timeout: patience}
			const requests = 200
			var running sync.WaitGroup
			for worker := range 10 {
				running.Go(func() {
					for n := worker; n < requests; n += 10 {
						method := []string{"GET", "POST", "HEAD", "PUT"}[n%4]
						var body io.Reader
						if n%2 == 1 {
							body = bytes.NewReader(seeded(uint64(n), n*53))
						}
						req, err := http.NewRequest(method, fmt.Sprintf("%s/path/%d?n=%d", base, n, n), body)
						if err != nil {
							t.Error(err)
							return
						}
						resp, err := client.Do(req)
						if err != nil {
							t.Error(err)
							return
						}
						io.Copy(io.Discard, resp.Body)
						resp.Body.Close()
					}
				})
			}
			running.Wait()
			seen := map[string]bool{}
			for _, x := range p.awaitExchanges(requests) {
				if seen[x.Exchange] {
					t.Errorf("exchange %s is told of twice", x.Exchange)
				}
				seen[x.Exchange] = true
				wantExchange(t, base, protocol, x)
			}
			if len(seen) != requests {
				t.Errorf("%d exchanges are told of, of %d", len(seen), requests)
			}
		})
	}
}

// wantExchange compares an exchange with what its number says that it was.
func wantExchange(t *testing.T, base, protocol string, x exchangeEvent) {
	t.Helper()
	u, err := url.Parse(x.Request.URL)
	check(t, err)
	n, err := strconv.Atoi(u.Query().Get("n"))
	check(t, err)
	method := []string{"GET", "POST", "HEAD", "PUT"}[n%4]
	var sent, answer []byte
	if n%2 == 1 {
		sent = seeded(uint64(n), n*53)
	}
	if n%5 != 4 && method != "HEAD" {
		answer = seeded(uint64(n)+1000, n*37)
	}
	r := x.Response
	if r == nil {
		t.Errorf("%d has no response: %+v", n, x)
		return
	}
	if x.Request.Method != method || x.Request.URL != fmt.Sprintf("%s/path/%d?n=%d", base, n, n) || r.Status != 200+n%5 || x.Request.Cut+r.Cut != "" {
		t.Errorf("%d: %+v %+v", n, x.Request, r)
	}
	if x.Request.content() != string(sent) || r.content() != string(answer) {
		t.Errorf("%d: bodies of %d and %d bytes, want %d and %d", n, len(x.Request.content()), len(r.content()), len(sent), len(answer))
	}
	if got := r.header("x-got"); got != fmt.Sprintf("%s %d", method, len(sent)) {
		t.Errorf("%d: the server got %q", n, got)
	}
	if want := map[string]string{"http/1.1": "HTTP/1.1", "h2": "HTTP/2"}[protocol]; x.Protocol != want || (x.Stream > 0) != (protocol == "h2") {
		t.Errorf("%d: told of as %s, stream %d", n, x.Protocol, x.Stream)
	}
}

// TestDecodedBodies has every kind of content coding that the standard library
// can make, and wants the text.
func TestDecodedBodies(t *testing.T) {
	o := makeOrigin(t)
	text := strings.Repeat("The quick brown fox. ", 200)
	base := webOrigin(t, o, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		io.WriteString(z, text)
		z.Close()
	}))
	p := startProxy(t, "--upstream-ca", o.ca)
	resp, err := (&http.Client{Transport: p.webTransport(t, "h2"), Timeout: patience}).Get(base)
	check(t, err)
	packed, err := io.ReadAll(resp.Body)
	check(t, err)
	resp.Body.Close()
	b := p.awaitExchanges(1)[0].Response
	if b.content() != text || b.Body.Size != int64(len(packed)) || b.Body.DecodedSize != int64(len(text)) || b.Body.Truncated {
		t.Errorf("body %+v", b.Body)
	}
}
