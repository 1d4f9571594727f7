package proxy

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"tlsmitm/inspect"
)

// plain sends a request as it stands and returns the answer, body read.
func (h *harness) plain(t testing.TB, request string) *http.Response {
	t.Helper()
	c := h.dialProxy(t)
	io.WriteString(c, request)
	return readResponse(t, bufio.NewReader(c), request)
}

func (h *harness) dialProxy(t testing.TB) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", h.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(testDeadline))
	return c.(*net.TCPConn)
}

func readResponse(t testing.TB, br *bufio.Reader, request string) *http.Response {
	t.Helper()
	method, _, _ := strings.Cut(request, " ")
	resp, err := http.ReadResponse(br, &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp
}

func bodyOf(resp *http.Response) string { return string(must(io.ReadAll(resp.Body))) }

// rawOrigin serves plain HTTP by hand: it gives each request's bytes, up to and
// with until, to f, which answers on the connection.
func rawOrigin(t testing.TB, until string, f func(request string, c net.Conn)) string {
	return port(serveEach(t, func(c net.Conn) {
		br := bufio.NewReader(c)
		for {
			var req []byte
			for !bytes.Contains(req, []byte(until)) {
				b, err := br.ReadByte()
				if err != nil {
					return
				}
				req = append(req, b)
			}
			f(string(req), c)
		}
	}))
}

// head splits a message's head into its first line and its sorted fields.
func head(s string) (first string, fields []string) {
	s, _, _ = strings.Cut(s, "\r\n\r\n")
	lines := strings.Split(s, "\r\n")
	slices.Sort(lines[1:])
	return lines[0], lines[1:]
}

func TestForwardUnaltered(t *testing.T) {
	requests := make(chan string, 1)
	p := rawOrigin(t, "\r\n\r\n", func(req string, c net.Conn) {
		requests <- req
		io.WriteString(c, "HTTP/1.1 299 Sort Of\r\nX-Answer: a\r\nX-Answer: b\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: Basic\r\nDate: yesterday\r\nContent-Length: 4\r\n\r\nbody")
	})
	for _, c := range []struct {
		name, line, in string
		wantLine       string
		want           []string
	}{
		{"bare", "GET http://origin.example:PORT HTTP/1.1", "", "GET / HTTP/1.1", nil},
		{"path and query stay", "GET http://origin.example:PORT/a%2Fb//c/?q=%20+&x HTTP/1.1", "", "GET /a%2Fb//c/?q=%20+&x HTTP/1.1", nil},
		{"options for the server", "OPTIONS http://origin.example:PORT HTTP/1.1", "", "OPTIONS * HTTP/1.1", nil},
		{"end to end", "GET http://origin.example:PORT/ HTTP/1.1", "User-Agent: mine\r\nAccept-Encoding: br\r\nX-A: 1\r\nX-A: 2\r\nAuthorization: Basic x\r\nTe: trailers\r\nRange: bytes=0-\r\n",
			"GET / HTTP/1.1", []string{"Accept-Encoding: br", "Authorization: Basic x", "Range: bytes=0-", "Te: trailers", "User-Agent: mine", "X-A: 1", "X-A: 2"}},
		{"hop by hop", "GET http://origin.example:PORT/ HTTP/1.1", "Connection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nProxy-Connection: keep-alive\r\nProxy-Authorization: Basic x\r\nTe: gzip\r\nX-End: 1\r\n",
			"GET / HTTP/1.1", []string{"X-End: 1"}},
		{"unknown method", "BREW http://origin.example:PORT/pot HTTP/1.1", "Content-Length: 0\r\n", "BREW /pot HTTP/1.1", nil},
		{"HTTP/1.0", "GET http://origin.example:PORT/ HTTP/1.0", "X-End: 1\r\n", "GET / HTTP/1.1", []string{"X-End: 1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := start(t, Config{}, Deps{})
			resp := h.plain(t, strings.ReplaceAll(c.line, "PORT", p)+"\r\nHost: not.this.example\r\n"+c.in+"\r\n")
			line, fields := head(<-requests)
			want := append([]string{"Host: origin.example:" + p}, c.want...)
			slices.Sort(want)
			if line != c.wantLine || !slices.Equal(fields, want) {
				t.Errorf("the server got %q %q, want %q %q", line, fields, c.wantLine, want)
			}
			if resp.StatusCode != 299 || bodyOf(resp) != "body" {
				t.Errorf("the client got %s", resp.Status)
			}
			resp.Header.Del("Connection")
			wantHeader := "map[Content-Length:[4] Date:[yesterday] X-Answer:[a b]]"
			if got := fmt.Sprint(resp.Header); got != wantHeader {
				t.Errorf("the client got the header %s, want %s", got, wantHeader)
			}
		})
	}
}

// An upstream connection belongs to one client connection, serves all of its
// requests, and ends with it.
func TestForwardConnections(t *testing.T) {
	opened := make(chan string, 10)
	ln := serveEach(t, func(c net.Conn) {
		opened <- "open"
		br := bufio.NewReader(c)
		for {
			req, err := http.ReadRequest(br)
			if err != nil {
				opened <- "closed"
				return
			}
			io.Copy(io.Discard, req.Body)
			io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n")
		}
	})
	h := start(t, Config{}, Deps{})
	request := "GET http://origin.example:" + port(ln) + "/ HTTP/1.1\r\nHost: x\r\n\r\n"
	for range 2 {
		c := h.dialProxy(t)
		br := bufio.NewReader(c)
		for range 3 {
			io.WriteString(c, request)
			readResponse(t, br, request)
		}
		if got := <-opened; got != "open" || len(opened) != 0 {
			t.Fatalf("%s, and %d more", got, len(opened))
		}
		c.Close()
		if got := <-opened; got != "closed" {
			t.Fatal("another connection was opened")
		}
		if l := h.want(inspect.CauseOK); l.Up == 0 || l.Down == 0 {
			t.Errorf("logged %+v", l)
		}
	}
}

func TestForwardBodies(t *testing.T) {
	ln := listen(t, "127.0.0.1:0")
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		http.NewResponseController(w).EnableFullDuplex()
		w.Header().Set("Trailer", "X-Sum")
		w.Header().Set("X-Length", fmt.Sprint(req.ContentLength))
		io.Copy(w, req.Body)
		w.Header().Set("X-Sum", "of "+req.Trailer.Get("X-Count"))
	})}
	go srv.Serve(ln)
	t.Cleanup(func() { srv.Close() })
	h := start(t, Config{}, Deps{})
	u := "http://origin.example:" + port(ln) + "/"
	t.Run("chunked, with trailers", func(t *testing.T) {
		req := "POST " + u + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: X-Count\r\n\r\n3\r\nabc\r\n0\r\nX-Count: 3\r\n\r\n"
		resp := h.plain(t, req)
		if b := bodyOf(resp); b != "abc" || resp.Trailer.Get("X-Sum") != "of 3" || resp.Header.Get("X-Length") != "-1" {
			t.Errorf("got %q, header %v, trailer %v", b, resp.Header, resp.Trailer)
		}
	})
	t.Run("long, both ways at once", func(t *testing.T) {
		const size = 8 << 20
		c := h.dialProxy(t)
		fmt.Fprintf(c, "PUT %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", u, size)
		go io.Copy(c, noise(size, 9))
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := sameBytes(resp.Body, noise(size, 9)); err != nil {
			t.Error(err)
		}
		if resp.Header.Get("X-Length") != fmt.Sprint(size) {
			t.Errorf("the length was sent on as %s", resp.Header.Get("X-Length"))
		}
	})
}

// What a server sends reaches the client when it is sent, and not when it is done.
func TestForwardStreams(t *testing.T) {
	next := make(chan string)
	p := rawOrigin(t, "\r\n\r\n", func(_ string, c net.Conn) {
		for part := range next {
			io.WriteString(c, part)
		}
		c.Close()
	})
	h := start(t, Config{}, Deps{})
	c := h.dialProxy(t)
	fmt.Fprintf(c, "GET http://origin.example:%s/ HTTP/1.1\r\nHost: x\r\n\r\n", p)
	br := bufio.NewReader(c)
	next <- "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"
	early, err := http.ReadResponse(br, nil)
	if err != nil || early.StatusCode != 103 || early.Header.Get("Link") != "</style.css>" {
		t.Fatalf("%+v, %v", early, err)
	}
	next <- "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	resp, err := http.ReadResponse(br, nil)
	if err != nil || resp.Header.Get("Link") != "" {
		t.Fatalf("%+v, %v", resp, err)
	}
	b := make([]byte, 5)
	for _, part := range []string{"first", "later"} {
		next <- "5\r\n" + part + "\r\n"
		if _, err := io.ReadFull(resp.Body, b); err != nil || string(b) != part {
			t.Fatalf("%q, %v", b, err)
		}
	}
	// And an answer that is cut off does not look complete.
	close(next)
	if _, err := io.ReadAll(resp.Body); err == nil {
		t.Error("a truncated answer came as a complete one")
	}
}

func TestForwardExpectContinue(t *testing.T) {
	for _, wanted := range []bool{true, false} {
		t.Run(fmt.Sprintf("wanted=%v", wanted), func(t *testing.T) {
			p := port(serveEach(t, func(c net.Conn) {
				br := bufio.NewReader(c)
				req, err := http.ReadRequest(br)
				if err != nil || req.Header.Get("Expect") != "100-continue" {
					t.Errorf("%+v, %v", req, err)
					return
				}
				if !wanted {
					io.WriteString(c, "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
					return
				}
				io.WriteString(c, "HTTP/1.1 100 Continue\r\n\r\n")
				b, _ := io.ReadAll(req.Body)
				fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(b), b)
			}))
			h := start(t, Config{}, Deps{})
			c := h.dialProxy(t)
			fmt.Fprintf(c, "POST http://origin.example:%s/ HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n", p)
			br := bufio.NewReader(c)
			resp, err := http.ReadResponse(br, nil)
			if err != nil {
				t.Fatal(err)
			}
			if !wanted {
				if resp.StatusCode != 417 {
					t.Errorf("status %s", resp.Status)
				}
				return
			}
			if resp.StatusCode != 100 {
				t.Fatalf("status %s, want 100", resp.Status)
			}
			io.WriteString(c, "body")
			if resp := readResponse(t, br, "POST"); resp.StatusCode != 200 || bodyOf(resp) != "body" {
				t.Errorf("status %s", resp.Status)
			}
		})
	}
}

func TestForwardUpgrade(t *testing.T) {
	for _, proto := range []string{"websocket", "something/1"} {
		t.Run(proto, func(t *testing.T) {
			p := rawOrigin(t, "\r\n\r\n", func(req string, c net.Conn) {
				_, fields := head(req)
				if !slices.Contains(fields, "Connection: Upgrade") || !slices.Contains(fields, "Upgrade: "+proto) || !slices.Contains(fields, "Sec-Websocket-Key: abc") {
					t.Errorf("the server got %q", fields)
				}
				io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: "+proto+"\r\nSec-WebSocket-Accept: xyz\r\n\r\nserver first ")
				echo(c)
			})
			h := start(t, Config{}, Deps{})
			c := h.dialProxy(t)
			fmt.Fprintf(c, "GET http://origin.example:%s/ HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: %s\r\nSec-WebSocket-Key: abc\r\n\r\nclient early ", p, proto)
			br := bufio.NewReader(c)
			resp, err := http.ReadResponse(br, nil)
			if err != nil || resp.StatusCode != 101 || resp.Header.Get("Upgrade") != proto || resp.Header.Get("Sec-Websocket-Accept") != "xyz" {
				t.Fatalf("%+v, %v", resp, err)
			}
			go func() {
				io.Copy(c, noise(1<<20, 4))
				c.CloseWrite()
			}()
			want := io.MultiReader(strings.NewReader("server first client early "), noise(1<<20, 4))
			if err := sameBytes(br, want); err != nil {
				t.Error(err)
			}
			c.Close()
			h.want(inspect.CauseOK)
		})
	}
}

func TestForwardFails(t *testing.T) {
	closed := listen(t, "127.0.0.1:0")
	closed.Close()
	hangup := port(serveEach(t, func(c net.Conn) { c.Read(make([]byte, 1000)) }))
	for _, c := range []struct {
		name, url string
		status    int
		part      string
		cause     inspect.Cause
	}{
		{"refused connection", "http://origin.example:" + port(closed) + "/", 502, "refused the connection", inspect.CauseDialFailed},
		{"no answer", "http://origin.example:" + hangup + "/", 502, "No answer from origin.example", inspect.CauseServerReset},
		{"policy", "http://evil.example/", 403, "policy", inspect.CausePolicy},
		{"https", "https://origin.example/", 400, "CONNECT", inspect.CauseDialFailed},
		{"bad port", "http://origin.example:99999/", 400, "65535", inspect.CauseDialFailed},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := start(t, Config{Policy: []Rule{{"evil.example", ActionRefuse}}}, Deps{})
			resp := h.plain(t, "POST "+c.url+" HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
			if resp.StatusCode != c.status || resp.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
				t.Errorf("status %s, header %v", resp.Status, resp.Header)
			}
			contains(t, bodyOf(resp), c.part)
			for l := h.outcome(); l.Cause != string(c.cause); l = h.outcome() {
			}
		})
	}
	t.Run("a page for browsers", func(t *testing.T) {
		h := start(t, Config{}, Deps{})
		resp := h.plain(t, "GET http://origin.example:"+port(closed)+"/ HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n\r\n")
		contains(t, bodyOf(resp), "<!DOCTYPE html>", "refused the connection")
	})
}

// A plain request in which nothing moves any more ends, whoever has stopped.
func TestForwardIdle(t *testing.T) {
	limits := Limits{Idle: time.Second, Header: time.Second}
	t.Run("server", func(t *testing.T) {
		p := rawOrigin(t, "\r\n\r\n", func(_ string, c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf") })
		h := start(t, Config{Limits: limits}, Deps{})
		c := h.dialProxy(t)
		fmt.Fprintf(c, "GET http://origin.example:%s/ HTTP/1.1\r\nHost: x\r\n\r\n", p)
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(resp.Body); string(b) != "half" || err == nil {
			t.Errorf("read %q, %v", b, err)
		}
		h.want(inspect.CauseIdleTimeout)
	})
	t.Run("client does not read", func(t *testing.T) {
		p := rawOrigin(t, "\r\n\r\n", func(_ string, c net.Conn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
			io.Copy(c, noise(1000000000, 1))
		})
		h := start(t, Config{Limits: limits}, Deps{})
		c := h.dialProxy(t)
		fmt.Fprintf(c, "GET http://origin.example:%s/ HTTP/1.1\r\nHost: x\r\n\r\n", p)
		h.outcome()
		if n, err := io.Copy(io.Discard, c); n >= 1000000000 || isTimeout(err) {
			t.Errorf("%d bytes, %v", n, err)
		}
	})
	t.Run("client does not send", func(t *testing.T) {
		p := port(serveEach(t, func(c net.Conn) { io.Copy(io.Discard, c) }))
		h := start(t, Config{Limits: limits}, Deps{})
		c := h.dialProxy(t)
		fmt.Fprintf(c, "POST http://origin.example:%s/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nthat is all", p)
		h.outcome()
		if _, err := io.Copy(io.Discard, c); isTimeout(err) {
			t.Error("the connection is open")
		}
	})
}

// The environment's proxy, which may be this one, is not used.
func TestNoProxyFromEnvironment(t *testing.T) {
	dead := listen(t, "127.0.0.1:0")
	dead.Close()
	for _, v := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"} {
		t.Setenv(v, "http://"+dead.Addr().String())
	}
	h := start(t, Config{}, Deps{})
	c := h.tls("origin.example:"+origin(t, nil, "origin.example"), func(*tls.Config) {})
	exchange(t, c, "hello")
	c.Close()
	h.want(inspect.CauseOK)
	p := rawOrigin(t, "\r\n\r\n", func(_ string, c net.Conn) { io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n") })
	if resp := h.plain(t, "GET http://origin.example:"+p+"/ HTTP/1.1\r\nHost: x\r\n\r\n"); resp.StatusCode != 204 {
		t.Errorf("status %s", resp.Status)
	}
}
