package proxy

import (
	"crypto/tls"
	"io"
	"runtime"
	"testing"
	"time"
)

// benchClient is how a client connects that resumes nothing.
func benchClient(cfg *tls.Config) {
	cfg.SessionTicketsDisabled = true
	cfg.CurvePreferences = []tls.CurveID{tls.X25519}
}

// BenchmarkConnection is a CONNECT, two full handshakes, an exchange and the end,
// with the client's and the server's share of the work.
func BenchmarkConnection(b *testing.B) {
	p := origin(b, nil, "origin.example")
	h := start(b, Config{}, Deps{})
	b.ReportAllocs()
	for b.Loop() {
		c := h.tls("origin.example:"+p, benchClient)
		exchange(b, c, "ping")
		c.Close()
		h.outcome()
	}
}

// BenchmarkExchange is a small message there and back on a connection that stands.
func BenchmarkExchange(b *testing.B) {
	p := origin(b, nil, "origin.example")
	h := start(b, Config{}, Deps{})
	c := h.tls("origin.example:"+p, benchClient)
	b.ReportAllocs()
	for b.Loop() {
		exchange(b, c, "GET /small HTTP/1.1\r\nHost: origin.example\r\n\r\n")
	}
	c.Close()
}

// BenchmarkBulk is a download.
func BenchmarkBulk(b *testing.B) {
	const size = 64 << 20
	chunk := make([]byte, 64<<10)
	ln := serveTLS(b, &tls.Config{Certificates: []tls.Certificate{pki.leaf(nil, "origin.example")}}, func(c *tls.Conn) {
		for {
			if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
				return
			}
			for n := 0; n < size; n += len(chunk) {
				c.Write(chunk)
			}
		}
	})
	h := start(b, Config{}, Deps{})
	c := h.tls("origin.example:"+port(ln), benchClient)
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		c.Write([]byte{1})
		io.CopyN(io.Discard, c, size)
	}
	c.Close()
}

// BenchmarkIdle reports what an idle connection holds: heap and stacks of both
// legs, and of the client's and the server's own two ends beside them.
func BenchmarkIdle(b *testing.B) {
	const n = 300
	p := origin(b, nil, "origin.example")
	h := start(b, Config{Limits: Limits{ShutdownGrace: time.Millisecond}}, Deps{})
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		conns := make([]*tls.Conn, n)
		for i := range conns {
			conns[i] = h.tls("origin.example:"+p, benchClient)
			exchange(b, conns[i], "ping")
		}
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/n, "heap-B/conn")
		b.ReportMetric(float64(after.StackInuse-before.StackInuse)/n, "stack-B/conn")
		for _, c := range conns {
			c.Close()
			h.outcome()
		}
	}
}
