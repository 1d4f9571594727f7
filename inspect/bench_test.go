package inspect

import (
	"bytes"
	"testing"
	"time"

	"tlsmitm/inspect/application"
	"tlsmitm/inspect/redact"
	"tlsmitm/inspect/tlswire"
)

// benchmarkFlights feeds a recording's parts again and again, and writes the JSON.
func benchmarkFlights(b *testing.B, name string, signatures int, keep func(part) bool) {
	for _, s := range setups() {
		if s.name != name {
			continue
		}
		rec := s.run(b)
		var parts []part
		for _, p := range rec.parts {
			if keep(p) {
				parts = append(parts, p)
			}
		}
		var line []byte
		at := time.Now()
		masters, notary := newMasterStore(1), newNotary(signatures)
		b.ReportAllocs()
		for b.Loop() {
			d := newDissector(1, Meta{}, at, 0, masters, func(e *Event) { line = e.AppendJSON(line[:0]) })
			d.notary = notary
			for _, p := range parts {
				if p.secret {
					d.handle(&item{kind: itemSecret, leg: LegServer, at: at, b: p.b}, nil)
				} else {
					d.handle(&item{kind: itemChunk, leg: LegServer, up: p.up, at: at, b: bytes.Clone(p.b)}, nil)
				}
			}
			d.close(at, Outcome{Cause: CauseOK}, nil)
		}
	}
}

// BenchmarkHandshake is what one leg of a new connection costs: handshake and
// closing alerts, opened and written as JSON, with its signatures checked and without.
func BenchmarkHandshake(b *testing.B) {
	for _, name := range []string{"TLS 1.3 plain", "TLS 1.2 plain"} {
		for _, bound := range []struct {
			name       string
			signatures int
		}{{"signatures", -1}, {"no signatures", 0}} {
			b.Run(name+", "+bound.name, func(b *testing.B) {
				benchmarkFlights(b, name, bound.signatures, func(p part) bool { return len(p.b) < 4000 })
			})
		}
	}
}

// BenchmarkData is what a leg's short exchange over a kept connection costs: a
// request of 200 bytes and its answer.
func BenchmarkData(b *testing.B) {
	var line []byte
	at := time.Now()
	d := newDissector(1, Meta{}, at, 1024, newMasterStore(1), func(e *Event) { line = e.AppendJSON(line[:0]) })
	c := d.leg(LegServer)
	text := bytes.Repeat([]byte("name: value\r\n"), 16)
	b.ReportAllocs()
	for b.Loop() {
		for _, up := range []bool{true, false} {
			f := c.flow(up)
			f.data(segment{n: len(text), at: at, row: d.rowFor(c, f)}, text, len(text)+22, 1, "")
		}
	}
}

// BenchmarkMessageJSON is what it costs to write one leg's handshake messages.
func BenchmarkMessageJSON(b *testing.B) {
	for _, s := range setups() {
		if s.name != "TLS 1.3 plain" {
			continue
		}
		var messages []*Event
		for _, e := range s.run(b).dissect(LegServer, newMasterStore(1), whole) {
			if e.Kind == KindTLSMessage {
				messages = append(messages, e)
			}
		}
		var lines []byte
		b.ReportAllocs()
		for b.Loop() {
			lines = lines[:0]
			for _, e := range messages {
				lines = e.AppendJSON(lines)
			}
		}
		b.SetBytes(int64(len(lines)))
	}
}

// BenchmarkExchange is what a small exchange over a kept connection costs once its
// records are opened: both legs' data, read as HTTP, with secrets hidden, and written
// as JSON.
func BenchmarkExchange(b *testing.B) {
	r, err := redact.New(redact.Default())
	if err != nil {
		b.Fatal(err)
	}
	var line []byte
	var enc Encoder
	at := time.Now()
	d := newDissector(1, Meta{Mode: ModeIntercept, Target: "example.com:443"}, at, 1024, newMasterStore(1), func(e *Event) { line = enc.Append(line[:0], e) })
	d.hide(r)
	d.carried = &carried{d: d, options: application.Options{Redact: r}}
	texts := [2][]byte{
		[]byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Wed, 25 Nov 2026 07:00:00 GMT\r\nContent-Length: 27\r\n\r\n{\"name\":\"lamp\",\"price\":120}"),
		[]byte("GET /lamps/1?colour=red HTTP/1.1\r\nHost: example.com\r\nUser-Agent: Go-http-client/1.1\r\nAccept-Encoding: gzip\r\nCookie: sid=0123456789abcdef\r\n\r\n"),
	}
	var flows [2][2]*flow // by way, in the order in which they pass
	for i, leg := range []LegName{LegClient, LegServer} {
		c := d.leg(leg)
		c.version, c.alpn = tlswire.VersionTLS13, "http/1.1"
		for _, f := range c.flows {
			f.began = true
			flows[index(f.up)][(i+1-index(f.up))%2] = f
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		for _, way := range []int{1, 0} {
			for _, f := range flows[way] {
				f.data(segment{n: len(texts[way]), at: at, row: d.rowFor(f.conv, f)}, texts[way], len(texts[way])+22, 1, "")
			}
		}
		d.flushData()
	}
}
