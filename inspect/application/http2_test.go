package application

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// peer writes one direction of HTTP/2.
type peer struct {
	up    bool
	block bytes.Buffer
	enc   *hpack.Encoder
}

func newPeer(up bool) *peer {
	p := &peer{up: up}
	p.enc = hpack.NewEncoder(&p.block)
	return p
}

// frames returns what write writes.
func (p *peer) frames(write func(f *http2.Framer)) piece {
	var b bytes.Buffer
	write(http2.NewFramer(&b, nil))
	return piece{p.up, b.String()}
}

func (p *peer) headers(stream uint32, end bool, fields ...string) piece {
	p.block.Reset()
	for i := 0; i < len(fields); i += 2 {
		p.enc.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	return p.frames(func(f *http2.Framer) {
		f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: p.block.Bytes(), EndStream: end, EndHeaders: true})
	})
}

// begin returns both peers and what they say first.
func begin() (client, server *peer, first []piece) {
	client, server = newPeer(true), newPeer(false)
	preface := client.frames(func(f *http2.Framer) { f.WriteSettings() })
	preface.text = http2.ClientPreface + preface.text
	enable := http2.Setting{ID: http2.SettingEnableConnectProtocol, Val: 1}
	return client, server, []piece{preface, server.frames(func(f *http2.Framer) { f.WriteSettings(enable) })}
}

// TestHTTP2Unanswered holds that an exchange ends with its stream, whoever ends
// that, and says why.
func TestHTTP2Unanswered(t *testing.T) {
	client, server, pieces := begin()
	ask := func(stream uint32, end bool) {
		pieces = append(pieces, client.headers(stream, end, ":method", "GET", ":scheme", "https", ":authority", "shop.example", ":path", fmt.Sprint("/", stream)))
	}
	reset := func(p *peer, stream uint32, code http2.ErrCode) {
		pieces = append(pieces, p.frames(func(f *http2.Framer) { f.WriteRSTStream(stream, code) }))
	}
	ask(1, true)
	reset(server, 1, http2.ErrCodeRefusedStream)
	ask(3, true)
	reset(client, 3, http2.ErrCodeCancel)
	ask(5, false)
	reset(server, 5, http2.ErrCodeProtocol)
	ask(7, true)
	pieces = append(pieces, server.headers(7, false, ":status", "200"))
	reset(client, 7, http2.ErrCodeCancel)
	ask(9, true)
	pieces = append(pieces, server.frames(func(f *http2.Framer) { f.WriteGoAway(7, http2.ErrCodeNo, nil) }))
	for _, size := range []int{whole, 1} {
		var got []string
		for _, x := range of[*Exchange](follow(Options{}, secure, size, pieces...)) {
			cut := ""
			if x.Response != nil {
				cut = x.Response.Cut
			}
			got = append(got, fmt.Sprintf("%s: %s; %s", x.Request.URL, x.Request.Cut, cut))
		}
		want := []string{
			"https://shop.example/1: the stream was ended first: REFUSED_STREAM; ",
			"https://shop.example/3: the stream was ended first: CANCEL; ",
			"https://shop.example/5: the stream was ended first: PROTOCOL_ERROR; ",
			"https://shop.example/7: ; the stream was ended first: CANCEL",
			"https://shop.example/9: the stream was ended first: NO_ERROR; ",
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// TestHTTP2HoldsNothing takes requests back at once, and opens and closes
// tunnels.
func TestHTTP2HoldsNothing(t *testing.T) {
	client, server, pieces := begin()
	told := 0
	c := New(Options{}, secure, func(e Event) {
		if _, ok := e.Body.(*Exchange); ok {
			told++
		}
	})
	feed := func(p piece) { c.Feed(Direction(p.up), start, 1, []byte(p.text)) }
	for _, p := range pieces {
		feed(p)
	}
	const count = 2000
	for stream := uint32(1); stream < 4*count; stream += 4 {
		feed(client.headers(stream, true, ":method", "GET", ":scheme", "https", ":authority", "shop.example", ":path", "/"))
		feed(client.frames(func(f *http2.Framer) { f.WriteRSTStream(stream, http2.ErrCodeCancel) }))
		feed(client.headers(stream+2, false, ":method", "CONNECT", ":protocol", "websocket", ":scheme", "https", ":authority", "shop.example", ":path", "/"))
		feed(server.headers(stream+2, false, ":status", "200"))
		feed(client.frames(func(f *http2.Framer) { f.WriteData(stream+2, true, []byte("a")) }))
		feed(server.frames(func(f *http2.Framer) { f.WriteRSTStream(stream+2, http2.ErrCodeNo) }))
	}
	if told != 2*count {
		t.Errorf("%d exchanges were told, not %d", told, 2*count)
	}
	if l := c.layer; len(l.exchanges)+len(l.switched)+len(l.tunnels) != 0 {
		t.Errorf("%d exchanges and %d tunnels are held", len(l.exchanges), len(l.switched))
	}
	c.Close(start)
}
