package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"testing"
	"time"
)

// TestHalfClose has one end say all that it has to say, and then listen.
func TestHalfClose(t *testing.T) {
	o := makeOrigin(t)
	const many = 300_000
	endless := func(seed byte) io.Reader { return io.LimitReader(noise(seed), many) }
	for name, secure := range map[string]bool{"TLS": true, "plain": false} {
		for _, first := range []string{"client", "server"} {
			t.Run(name+", "+first+" first", func(t *testing.T) {
				t.Parallel()
				type halfCloser interface {
					io.ReadWriter
					CloseWrite() error
				}
				// talk sends all before it listens, or listens to all before it sends.
				talk := func(c halfCloser, speaksFirst bool, seed byte) (heard []byte, err error) {
					listen := func() { heard, err = io.ReadAll(c) }
					if !speaksFirst {
						listen()
					}
					io.Copy(c, endless(seed))
					c.CloseWrite()
					if speaksFirst {
						listen()
					}
					return heard, err
				}
				atServer := make(chan []byte, 1)
				target := serve(t, func(c net.Conn) {
					var s halfCloser = c.(*net.TCPConn)
					if secure {
						s = tls.Server(c, o.tls(t))
					}
					heard, _ := talk(s, first == "server", 1)
					atServer <- heard
				})
				p := startProxy(t, "--upstream-ca", o.ca)
				var c halfCloser
				if secure {
					c = p.secured(t, target)
				} else {
					c = p.through(t, target)
				}
				got, err := talk(c, first == "client", 2)
				check(t, err)
				for who, heard := range map[byte][]byte{1: got, 2: <-atServer} {
					if want, _ := io.ReadAll(endless(who)); !bytes.Equal(heard, want) {
						t.Errorf("of end %d were heard %d bytes, of %d", who, len(heard), len(want))
					}
				}
				p.finished(t)
			})
		}
	}
}

// TestNoiseBothWays sends 64 MiB each way at once.
func TestNoiseBothWays(t *testing.T) {
	t.Parallel()
	const size = 64 << 20
	o := makeOrigin(t)
	exchange := func(c *tls.Conn, says, hears byte) error {
		sent := make(chan error, 1)
		go func() {
			_, err := io.CopyN(c, noise(says), size)
			if err == nil {
				err = c.CloseWrite()
			}
			sent <- err
		}()
		got, want := sha256.New(), sha256.New()
		n, err := io.Copy(got, c)
		if err != nil {
			return fmt.Errorf("after %d bytes: %w", n, err)
		}
		io.CopyN(want, noise(hears), size)
		if n != size || !bytes.Equal(got.Sum(nil), want.Sum(nil)) {
			return fmt.Errorf("other bytes came than were sent, or only %d", n)
		}
		return <-sent
	}
	atServer := make(chan error, 1)
	target := serve(t, func(c net.Conn) { atServer <- exchange(tls.Server(c, o.tls(t)), 1, 2) })
	p := startProxy(t, "--upstream-ca", o.ca)
	if err := exchange(p.secured(t, target), 2, 1); err != nil {
		t.Errorf("client: %v", err)
	}
	if err := <-atServer; err != nil {
		t.Errorf("server: %v", err)
	}
	events := p.finished(t)
	for _, flow := range events[len(events)-1].Flows {
		if flow.Data != size {
			t.Errorf("leg %s from %s: told of %d bytes of %d", flow.Leg, flow.From, flow.Data, size)
		}
	}
}

// TestManyAtOnce holds 300 connections, and finds nothing left of them.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	const many = 300
	o := makeOrigin(t)
	arrived, leave := make(chan struct{}, many), make(chan struct{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	origin := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		arrived <- struct{}{}
		<-leave
		io.WriteString(w, req.URL.Path)
	})}
	go origin.Serve(tls.NewListener(l, &tls.Config{Certificates: o.tls(t).Certificates}))
	defer origin.Close()
	p := startProxy(t, "--upstream-ca", o.ca)
	before := p.openFiles(t)

	transport := &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: p.addr}), TLSClientConfig: p.trusting(t)}
	visitor := &http.Client{Transport: transport, Timeout: 2 * patience}
	answers := make(chan error, many)
	for i := range many {
		go func() {
			path := fmt.Sprintf("/%d", i)
			resp, err := visitor.Get("https://" + localhost(l) + path)
			if err == nil {
				var body []byte
				if body, err = io.ReadAll(resp.Body); err == nil && string(body) != path {
					err = fmt.Errorf("%s got the answer to %s", path, body)
				}
				resp.Body.Close()
			}
			answers <- err
		}()
	}
	for range many {
		select {
		case <-arrived:
		case err := <-answers:
			close(leave)
			t.Fatalf("answered before all had come: %v", err)
		case <-time.After(patience):
			close(leave)
			t.Fatal("not all have come")
		}
	}
	if now := p.openFiles(t); before > 0 && now < before+2*many {
		t.Errorf("only %d files are open with %d connections", now, many)
	}
	close(leave)
	for range many {
		if err := <-answers; err != nil {
			t.Error(err)
		}
	}
	transport.CloseIdleConnections()

	closed, established := 0, 0
	for deadline := time.Now().Add(patience); closed < many && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		closed, established = 0, 0
		for _, e := range p.read() {
			switch {
			case e.Event == "tls.established":
				established++
			case e.Event == "conn.close" && e.Cause == "ok":
				closed++
			}
		}
	}
	if closed != many || established != 2*many {
		t.Errorf("%d connections closed well, %d legs were established", closed, established)
	}
	for deadline := time.Now().Add(patience); p.openFiles(t) > before; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d files are open, %d before", p.openFiles(t), before)
		}
	}
	p.alive(t)
}

// openFiles counts the proxy's, where the system tells.
func (p *proxyUnderTest) openFiles(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.cmd.Process.Pid))
	if err != nil && os.IsNotExist(err) {
		return 0
	}
	check(t, err)
	return len(files)
}
