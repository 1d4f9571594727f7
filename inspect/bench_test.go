package inspect

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"golang.org/x/net/http2/hpack"

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

// kept is a connection whose data are fed again and again once its records are opened:
// a small request and its response, on both legs.
type kept struct {
	d     *Dissector
	flows [2][2]*flow // by way, in the order in which they pass
	texts [2][]byte   // the response's bytes, the request's
	next  func()      // makes texts those of the next exchange; nil if they stay
}

// newKept returns a connection that speaks what alpn says.
func newKept(b *testing.B, alpn string, emit func(*Event)) *kept {
	r, err := redact.New(redact.Default())
	if err != nil {
		b.Fatal(err)
	}
	k := &kept{d: newDissector(1, Meta{Mode: ModeIntercept, Target: "example.com:443"}, time.Now(), 1024, newMasterStore(1), emit)}
	k.d.hide(r)
	k.d.carried = &carried{d: k.d, options: application.Options{Redact: r}}
	for i, leg := range []LegName{LegClient, LegServer} {
		c := k.d.leg(leg)
		c.version, c.alpn = tlswire.VersionTLS13, alpn
		for _, f := range c.flows {
			f.began = true
			k.flows[index(f.up)][(i+1-index(f.up))%2] = f
		}
	}
	if alpn == "h2" {
		k.http2()
		return k
	}
	k.texts = [2][]byte{
		[]byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Wed, 25 Nov 2026 07:00:00 GMT\r\nContent-Length: 27\r\n\r\n{\"name\":\"lamp\",\"price\":120}"),
		[]byte("GET /lamps/1?colour=red HTTP/1.1\r\nHost: example.com\r\nUser-Agent: Go-http-client/1.1\r\nAccept-Encoding: gzip\r\nCookie: sid=0123456789abcdef\r\n\r\n"),
	}
	return k
}

// http2 feeds the beginnings of both directions, and makes texts the frames of an
// exchange like the one in HTTP/1.1.
func (k *kept) http2() {
	const headers, data, settings = 1, 0, 4
	const endStream, endHeaders = 1, 4
	frame := func(dst []byte, kind, flags, stream byte, payload []byte) []byte {
		return append(append(dst, 0, 0, byte(len(payload)), kind, flags, 0, 0, 0, stream), payload...)
	}
	heads := [2][]hpack.HeaderField{
		{{Name: ":status", Value: "200"}, {Name: "content-type", Value: "application/json"}, {Name: "date", Value: "Wed, 25 Nov 2026 07:00:00 GMT"}, {Name: "content-length", Value: "27"}},
		{{Name: ":method", Value: "GET"}, {Name: ":scheme", Value: "https"}, {Name: ":authority", Value: "example.com"}, {Name: ":path", Value: "/lamps/1?colour=red"},
			{Name: "user-agent", Value: "Go-http-client/2.0"}, {Name: "accept-encoding", Value: "gzip"}, {Name: "cookie", Value: "sid=0123456789abcdef"}},
	}
	begins := [2][]byte{frame(nil, settings, 0, 0, nil), frame([]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), settings, 0, 0, nil)}
	for _, way := range []int{1, 0} {
		var block bytes.Buffer
		e := hpack.NewEncoder(&block)
		exchange := func(stream byte) (text []byte) {
			block.Reset()
			for _, f := range heads[way] {
				e.WriteField(f)
			}
			text = frame(nil, headers, endHeaders|byte(way)*endStream, stream, block.Bytes())
			if way == 0 {
				text = frame(text, data, endStream, stream, []byte(`{"name":"lamp","price":120}`))
			}
			return text
		}
		k.pass(way, append(begins[way], exchange(1)...))
		k.texts[way] = exchange(3) // all fields are in the table now
	}
	stream := uint32(1)
	k.next = func() {
		stream += 2
		for _, text := range k.texts {
			for ; len(text) > 0; text = text[9+int(text[2]):] { // a frame
				binary.BigEndian.PutUint32(text[5:], stream)
			}
		}
	}
}

// pass feeds bytes of one way on both legs.
func (k *kept) pass(way int, text []byte) {
	at := k.d.opened
	for _, f := range k.flows[way] {
		f.data(segment{n: len(text), at: at, row: k.d.rowFor(f.conv, f)}, text, len(text)+22, 1, "")
	}
}

// exchange feeds an exchange.
func (k *kept) exchange() {
	if k.next != nil {
		k.next()
	}
	k.pass(1, k.texts[1])
	k.pass(0, k.texts[0])
	k.d.flushData()
}

// BenchmarkExchange is what a small exchange over a kept connection costs once its
// records are opened: both legs' data, read as HTTP, with secrets hidden, and written
// as JSON.
func BenchmarkExchange(b *testing.B) {
	for _, alpn := range []string{"http/1.1", "h2"} {
		b.Run(alpn, func(b *testing.B) {
			var line []byte
			var enc Encoder
			k := newKept(b, alpn, func(e *Event) { line = enc.Append(line[:0], e) })
			b.ReportAllocs()
			for b.Loop() {
				k.exchange()
			}
		})
	}
}

// BenchmarkExchangeJSON is the part of that which is writing.
func BenchmarkExchangeJSON(b *testing.B) {
	for _, alpn := range []string{"http/1.1", "h2"} {
		b.Run(alpn, func(b *testing.B) {
			var events []*Event
			k := newKept(b, alpn, func(e *Event) { events = append(events, e) })
			events = nil
			k.exchange()
			var lines []byte
			var enc Encoder
			b.ReportAllocs()
			for b.Loop() {
				lines = lines[:0]
				for _, e := range events {
					lines = enc.Append(lines, e)
				}
			}
			b.SetBytes(int64(len(lines)))
		})
	}
}
