package application

import (
	"slices"
	"strings"
	"testing"
)

// preludes are what opens the way for HTTP: what both ends say, and the URL of a request
// behind it that names no host.
var preludes = map[string]struct {
	says []piece
	url  string
}{
	"SOCKS 4":            {[]piece{{true, "\x04\x01\x00\x50\xc0\x00\x02\x01jane\x00"}, {false, "\x00\x5a\x00\x50\xc0\x00\x02\x01"}}, "http://192.0.2.1/"},
	"SOCKS 4a":           {[]piece{{true, "\x04\x01\x1f\x90\x00\x00\x00\x01\x00inner.example\x00"}, {false, "\x00\x5a\x00\x00\x00\x00\x00\x00"}}, "http://inner.example:8080/"},
	"SOCKS 5":            {[]piece{{true, "\x05\x01\x00"}, {false, "\x05\x00"}, {true, "\x05\x01\x00\x03\x0dinner.example\x00\x50"}, {false, "\x05\x00\x00\x01\x7f\x00\x00\x01\x12\x34"}}, "http://inner.example/"},
	"SOCKS 5, in haste":  {[]piece{{true, "\x05\x01\x00\x05\x01\x00\x01\xc0\x00\x02\x01\x00\x51"}, {false, "\x05\x00\x05\x00\x00\x01\x7f\x00\x00\x01\x12\x34"}}, "http://192.0.2.1:81/"},
	"SOCKS 5, with name": {[]piece{{true, "\x05\x02\x00\x02"}, {false, "\x05\x02"}, {true, "\x01\x04jane\x06secret"}, {false, "\x01\x00"}, {true, "\x05\x01\x00\x04" + strings.Repeat("\x00", 15) + "\x01\x00\x50"}, {false, "\x05\x00\x00\x03\x01a\x12\x34"}}, "http://[::1]/"},
	"PROXY":              {[]piece{{true, "PROXY TCP4 192.0.2.1 192.0.2.2 56324 80\r\n"}}, "http://shop.example:443/"},
	"PROXY 2":            {[]piece{{true, "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x01\xc0\x00\x02\x02\xdc\x04\x00\x50"}}, "http://shop.example:443/"},
	"PROXY, then SOCKS":  {[]piece{{true, "PROXY UNKNOWN\r\n"}, {true, "\x04\x01\x00\x50\xc0\x00\x02\x01\x00"}, {false, "\x00\x5a\x00\x00\x00\x00\x00\x00"}}, "http://192.0.2.1/"},
}

var behindPrelude = []piece{up("GET / HTTP/1.0\n\n"), down("HTTP/1.0 200 OK\nContent-Length: 2\n\nhi")}

// TestHTTPBehindPrelude reads HTTP where SOCKS or the PROXY protocol came first, however the
// bytes are cut.
func TestHTTPBehindPrelude(t *testing.T) {
	for name, p := range preludes {
		for _, size := range []int{1, 7, whole} {
			list := of[*Exchange](follow(Options{}, Origin{Conn: 7, Target: "shop.example:443"}, size, slices.Concat(p.says, behindPrelude)...))
			if len(list) != 1 || list[0].Request.URL != p.url || list[0].Response == nil || list[0].Response.Status != 200 {
				t.Errorf("%s in pieces of %d: %+v, want %s", name, size, list, p.url)
			}
		}
	}
}

// TestPreludeThatLeadsNowhere: what follows a refusal, or another kind of request, is not looked at.
func TestPreludeThatLeadsNowhere(t *testing.T) {
	for name, says := range map[string][]piece{
		"SOCKS 4, refused":           {{true, "\x04\x01\x00\x50\xc0\x00\x02\x01\x00"}, {false, "\x00\x5b\x00\x00\x00\x00\x00\x00"}},
		"SOCKS 4, to listen":         {{true, "\x04\x02\x00\x50\xc0\x00\x02\x01\x00"}, {false, "\x00\x5a\x00\x00\x00\x00\x00\x00"}},
		"SOCKS 5, refused":           {{true, "\x05\x01\x00"}, {false, "\x05\x00"}, {true, "\x05\x01\x00\x01\x7f\x00\x00\x01\x00\x50"}, {false, "\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00"}},
		"SOCKS 5, no method":         {{true, "\x05\x01\x00"}, {false, "\x05\xff"}},
		"SOCKS 5, a method not said": {{true, "\x05\x01\x01"}, {false, "\x05\x00"}},
		"SOCKS 5, a wrong password":  {{true, "\x05\x01\x02"}, {false, "\x05\x02"}, {true, "\x01\x01a\x01b"}, {false, "\x01\x01"}},
	} {
		if events := follow(Options{}, secure, whole, slices.Concat(says, behindPrelude)...); len(events) != 0 {
			t.Errorf("%s: %s", name, dump(events))
		}
	}
}

// TestHTTPBehindConnect reads HTTP in the clear that a proxy passes on, also where the
// prelude of another proxy is in between.
func TestHTTPBehindConnect(t *testing.T) {
	connect := []piece{up("CONNECT inner.example:80 HTTP/1.1\nHost: inner.example:80\n\n"), down("HTTP/1.1 200 go on\n\n")}
	for url, says := range map[string][]piece{
		"http://inner.example/": nil,
		"http://192.0.2.1/":     preludes["SOCKS 4"].says,
	} {
		for _, size := range []int{1, whole} {
			list := of[*Exchange](follow(Options{}, secure, size, slices.Concat(connect, says, behindPrelude)...))
			if len(list) != 2 || list[0].Request.Method != "CONNECT" || list[1].Request.URL != url || list[0].Exchange != "7.1" || list[1].Exchange != "7.2" {
				t.Errorf("%+v, want a CONNECT, and %s", list, url)
			}
		}
	}
}

// TestProxiesBehindProxies follows so many and no more, since each costs as much as a connection.
func TestProxiesBehindProxies(t *testing.T) {
	for proxies, want := range map[int]int{maxDepth: maxDepth + 1, maxDepth + 1: maxDepth + 1, 1000: maxDepth + 1} {
		var says []piece
		for range proxies {
			says = append(says, up("CONNECT next.example:80 HTTP/1.1\nHost: next.example:80\n\n"), down("HTTP/1.1 200 go on\n\n"))
		}
		if list := of[*Exchange](follow(Options{}, secure, whole, slices.Concat(says, behindPrelude)...)); len(list) != want {
			t.Errorf("%d exchanges behind %d proxies, want %d", len(list), proxies, want)
		}
	}
}

// FuzzPrelude: a prelude is within what was said, and what is the beginning of one is never
// taken for none.
func FuzzPrelude(f *testing.F) {
	for _, p := range preludes {
		var said [2]string
		for _, s := range p.says {
			if s.up {
				said[0] += s.text
			} else {
				said[1] += s.text
			}
		}
		f.Add([]byte(said[0]), []byte(said[1]))
	}
	f.Fuzz(func(t *testing.T, up, down []byte) {
		p, maybe := openingOf(up, down)
		if p == nil {
			return
		}
		if maybe || p.up <= 0 || p.up > len(up) || p.down < 0 || p.down > len(down) {
			t.Fatalf("%+v of %d and %d bytes, maybe %v", p, len(up), len(down), maybe)
		}
		for i := 1; i < p.up; i++ {
			if q, maybe := openingOf(up[:i], down); q != nil || !maybe {
				t.Fatalf("the first %d bytes are %+v, and all %+v", i, q, p)
			}
		}
		for i := range p.down {
			if q, maybe := openingOf(up, down[:i]); q != nil || !maybe {
				t.Fatalf("after %d bytes of an answer %+v, and after all %+v", i, q, p)
			}
		}
	})
}
