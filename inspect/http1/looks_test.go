package http1

import (
	"strings"
	"testing"
)

func TestLooks(t *testing.T) {
	for _, c := range []struct {
		up        bool
		b         string
		is, maybe bool
	}{
		{true, "GET / HTTP/1.1\r\n", true, false},
		{true, "\r\nGET / HTTP/1.1\n", true, false},
		{true, "PROPFIND /a HTTP/1.0\r\nHost:", true, false},
		{true, "x-y http://a/b HTTP/1.1\r\n", true, false},
		{true, "GET /\xc3\xa9 HTTP/1.1\r\n", true, false},
		{true, "", false, true},
		{true, "\r\n", false, true},
		{true, "GE", false, true},
		{true, "GET " + strings.Repeat("/a", 10000), false, true},
		{true, "GET /" + strings.Repeat("a", MaxHead), false, false},
		{true, strings.Repeat("A", 65), false, false},
		{true, "GET /\r\n", false, false},
		{true, "get key\r\n", false, false},
		{true, "\x16\x03\x01", false, false},
		{true, "SSH-2.0-x\r\n", false, false},
		{true, "EHLO a\r\n", false, false},
		{true, "*1\r\n$4\r\nPING\r\n", false, false},
		{true, "GET /\x00", false, false},
		{true, "{\"a\": 1}", false, false},
		{true, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", false, false},
		{true, "PRI * HT", false, true},
		{true, "DESCRIBE rtsp://a/b RTSP/1.0\r\n", false, false},
		{true, " GET / HTTP/1.1\r\n", false, false},
		{false, "HTTP/1.1 200 OK\r\n", true, false},
		{false, "HTTP/1.1 200", true, false},
		{false, "http/1.0 404 Not", true, false},
		{false, "\nHTTP/1.1 200 ", true, false},
		{false, "ICY 200 OK\r\n", true, false},
		{false, "", false, true},
		{false, "HT", false, true},
		{false, "HTTP/1.1 20", false, true},
		{false, "HTTP/1.1 20\r\n", false, false},
		{false, "HTTP/x", false, true},
		{false, "HTTP/" + strings.Repeat("1", 30), false, false},
		{false, "220 mail\r\n", false, false},
		{false, "\x00\x00\x12\x04", false, false},
		{false, "<html>", false, false},
	} {
		if is, maybe := Looks(c.up, []byte(c.b)); is != c.is || maybe != c.maybe {
			t.Errorf("up %t, %.40q: %t, %t", c.up, c.b, is, maybe)
		}
	}
}

// TestLooksAsItReads holds that a yes does not turn into something else when more
// bytes come, and that what is whole is decided.
func TestLooksAsItReads(t *testing.T) {
	for _, c := range conversations(t) {
		var flows [2]string
		for _, s := range c.steps {
			flows[direction01(s.up)] += s.data
		}
		for i, flow := range flows {
			last, decided := false, false
			for n := 0; n <= len(flow); n++ {
				is, maybe := Looks(i == 1, []byte(flow[:n]))
				if is && maybe || decided && (maybe || is != last) {
					t.Fatalf("%s: after %d bytes %t, %t", c.name, n, is, maybe)
				}
				last, decided = is, !maybe
			}
		}
	}
}
