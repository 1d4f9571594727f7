package http1

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"tlsmitm/inspect/httpmsg"
)

// tapped is a client's connection whose bytes are read aside.
type tapped struct {
	net.Conn
	mu *sync.Mutex
	c  *Conn
}

func (t tapped) Read(b []byte) (int, error) {
	n, err := t.Conn.Read(b)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.c.Feed(false, b[:n])
	return n, err
}

func (t tapped) Write(b []byte) (int, error) {
	t.mu.Lock()
	t.c.Feed(true, b)
	t.mu.Unlock()
	return t.Conn.Write(b)
}

// served is what the server's log says of a request and its response.
type served struct {
	method, target string
	status         int
	up, down       [32]byte // hashes of the contents
	trailer        string
}

// TestServer has net/http's client and server talk in every framing that they
// know, and holds what is read of it against the server's own log.
func TestServer(t *testing.T) {
	var mu sync.Mutex
	var logged []served
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		rnd := rand.New(rand.NewPCG(1, uint64(len(in))))
		body := make([]byte, rnd.IntN(40_000))
		for i := range body {
			body[i] = byte(rnd.Uint32())
		}
		s := served{method: r.Method, target: r.RequestURI, status: 200, up: sha256.Sum256(in)}
		switch rnd.IntN(5) {
		case 0:
			w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		case 1:
			s.status, body = 304, nil
		case 2:
			w.Header().Set("Link", "</x>")
			w.WriteHeader(103)
			s.status = 404
		case 3:
			w.Header().Set("Trailer", "X-Sum")
		}
		if r.Method == "HEAD" {
			body = nil
		}
		w.WriteHeader(s.status)
		w.Write(body)
		if len(w.Header()["Trailer"]) > 0 && r.Method != "HEAD" && s.status == 200 {
			s.trailer = fmt.Sprint(len(body))
			w.Header().Set("X-Sum", s.trailer)
		}
		s.down = sha256.Sum256(body)
		mu.Lock()
		logged = append(logged, s)
		mu.Unlock()
	}))
	defer server.Close()

	got := new(collector)
	tap := tapped{mu: new(sync.Mutex), c: New(got)}
	client := &http.Client{Transport: &http.Transport{DisableCompression: true, MaxConnsPerHost: 1, MaxIdleConnsPerHost: 1,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if tap.Conn != nil {
				return nil, fmt.Errorf("a second connection")
			}
			var err error
			tap.Conn, err = new(net.Dialer).DialContext(ctx, network, addr)
			return tap, err
		}}}
	methods := []string{"GET", "HEAD", "POST", "PUT"}
	for i := range 400 {
		var body io.Reader
		method := methods[i%len(methods)]
		if method == "POST" || method == "PUT" {
			content := bytes.Repeat([]byte{byte(i)}, i*37)
			if body = bytes.NewReader(content); i%3 == 0 {
				body = io.MultiReader(body) // of a length that the client cannot know
			}
		}
		request, err := http.NewRequest(method, fmt.Sprintf("%s/%d?x=%s", server.URL, i, strings.Repeat("y", i)), body)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, response.Body)
		response.Body.Close()
	}
	client.CloseIdleConnections()

	mu.Lock()
	defer mu.Unlock()
	tap.mu.Lock()
	defer tap.mu.Unlock()
	if len(got.up) != len(logged) || len(got.down) != len(logged) || got.failed != [2]string{} {
		t.Fatalf("%d requests, %d responses, of %d; %q", len(got.up), len(got.down), len(logged), got.failed)
	}
	framings := map[string]int{}
	for i, want := range logged {
		up, down := got.up[i], got.down[i]
		is := served{up.head.Method, up.head.Target, down.head.Status, sha256.Sum256(up.content), sha256.Sum256(down.content), down.trailers.Get("X-Sum")}
		if is != want || !up.whole || !down.whole {
			t.Fatalf("exchange %d: %+v, not %+v", i+1, is, want)
		}
		for _, m := range []*message{up, down} {
			framings[lengthOf(m.head)]++
		}
	}
	for _, how := range []string{"chunked", "sized", "none"} {
		if framings[how] < 10 {
			t.Errorf("framings %v: too few are %s", framings, how)
		}
	}
	if len(got.interim) < 10 {
		t.Errorf("%d interim responses", len(got.interim))
	}
}

func lengthOf(h *httpmsg.Head) string {
	switch {
	case h.Fields.Get("Transfer-Encoding") != "":
		return "chunked"
	case h.Fields.Get("Content-Length") != "":
		return "sized"
	}
	return "none"
}
