package redact

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
)

func frame(kind, flags byte, stream uint32, payload string) string {
	h := []byte{byte(len(payload) >> 16), byte(len(payload) >> 8), byte(len(payload)), kind, flags, 0, 0, 0, 0}
	binary.BigEndian.PutUint32(h[5:], stream)
	return string(h) + payload
}

func one(s *Stream, b string) string {
	dst := make([]byte, len(b))
	s.Mask(dst, []byte(b))
	return string(dst)
}

func TestHTTP1(t *testing.T) {
	r := newDefault(t)
	for _, c := range []struct{ name, in, want string }{
		{"a whole value is marked", "GET / HTTP/1.1\r\nAuthorization: Bearer abcdefghijklmnopqrstuvwxyzabcdefghijklmnop\r\nX-Api-Key: 0123456789abcdef0123\r\nX-Auth-Token: abcdefghijkl\r\nCookie: sid=short\r\n\r\n",
			"GET / HTTP/1.1\r\nAuthorization: Bearer ‹credentials, 42 bytes, #HHHHHH›******\r\nX-Api-Key: ‹HHHHHH›********\r\nX-Auth-Token: ‹HHHHHH›\r\nCookie: sid=*****\r\n\r\n"},
		{"a compressed body is hidden", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 6\r\n\r\n\x1f\x8babcdHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
			"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 6\r\n\r\n******HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"},
		{"an image is not looked into", "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 15\r\n\r\npassword=abcdefGET / HTTP/1.1\r\n\r\n",
			"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 15\r\n\r\npassword=abcdefGET / HTTP/1.1\r\n\r\n"},
		{"a response to HEAD has no body", "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 99\r\n\r\nHTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 2\r\n\r\nok",
			"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 99\r\n\r\nHTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 2\r\n\r\nok"},
		{"chunks are put together", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n6\r\n{\"pass\r\n9;x=abc\r\nword\":\"ab\r\n8\r\ncdef\",1}\r\n0\r\nX-Api-Key: abc\r\n\r\nGET / HTTP/1.1\r\n\r\n",
			"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n6\r\n{\"pass\r\n9******\r\nword\":\"**\r\n8\r\n****\",1}\r\n0\r\nX-Api-Key: ***\r\n\r\nGET / HTTP/1.1\r\n\r\n"},
		{"what is no HTTP is text", "\x16\x03{\"password\":\"abcdef\"}", "\x16\x03{\"password\":\"******\"}"},
		{"HTTP/2 by its preface", http2Preface + frame(4, 0, 0, "") + frame(1, 4, 1, "\x82secret") + frame(0, 1, 1, `{"pwd":"abcdef"}`),
			http2Preface + frame(4, 0, 0, "") + frame(1, 4, 1, "*******") + frame(0, 1, 1, `{"pwd":"******"}`)},
		{"HTTP/2 of a server", frame(4, 0, 0, "\x00\x03\x00\x00\x00\x80") + frame(0, 1, 1, `{"pwd":"abcdef"}`), frame(4, 0, 0, "\x00\x03\x00\x00\x00\x80") + frame(0, 1, 1, `{"pwd":"******"}`)},
		{"WebSocket of a server", "HTTP/1.1 101 x\r\nUpgrade: websocket\r\n\r\n\x01\x0b{\"pwd\":\"abc\x89\x01p\x80\x05def\"}\xc1\x03abc\x81\x02ok",
			"HTTP/1.1 101 x\r\nUpgrade: websocket\r\n\r\n\x01\x0b{\"pwd\":\"***\x89\x01p\x80\x05***\"}\xc1\x03***\x81\x02ok"},
		{"WebSocket of a client", "GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n\x81\x83keyyabc\x81\xfe\x00\x82keyy" + strings.Repeat("a", 130) + "\x81\x80keyy",
			"GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n\x81\x83keyy***\x81\xfe\x00\x82keyy" + strings.Repeat("*", 130) + "\x81\x80keyy"},
		{"an upgrade that did not come to pass", "GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\nGET /?token=abc HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\nGET /?token=*** HTTP/1.1\r\n\r\n"},
	} {
		if got := unsalted(one(r.Stream(HTTP1), c.in)); got != c.want {
			t.Errorf("%s\ngot  %q\nwant %q", c.name, got, c.want)
		}
	}
}

func TestHTTP2(t *testing.T) {
	r := newDefault(t)
	many := func() string {
		var b strings.Builder
		for i := range uint32(maxStreams + 10) {
			b.WriteString(frame(0, 0, 2*i+1, `{"pwd":"ab`))
		}
		for i := range uint32(maxStreams + 10) {
			b.WriteString(frame(0, 1, 2*i+1, `cdefgh"}`))
		}
		return b.String()
	}()
	for _, c := range []struct{ name, in, want string }{
		{"streams interleave", frame(0, 0, 1, `{"pwd":"ab`) + frame(0, 0, 3, `{"x":"yz`) + frame(0, 1, 1, `cd","x":1}`), frame(0, 0, 1, `{"pwd":"**`) + frame(0, 0, 3, `{"x":"yz`) + frame(0, 1, 1, `**","x":1}`)},
		{"padding", frame(0, 8, 1, "\x03{\"pw\x00\x00\x00") + frame(0, 9, 1, "\x02d\":\"abc\"}xy"), frame(0, 8, 1, "\x03{\"pw\x00\x00\x00") + frame(0, 9, 1, "\x02d\":\"***\"}**")},
		{"compressed data", frame(0, 1, 1, "\x1f\x8b\x08\x00abc") + frame(0, 0, 3, "\x1b\x03\x00"), frame(0, 1, 1, "*******") + frame(0, 0, 3, "***")},
		{"images", frame(0, 1, 1, "\x89PNG\r\n\x1a\nxyz"), frame(0, 1, 1, "\x89PNG\r\n\x1a\nxyz")},
		{"gRPC", frame(0, 0, 1, "\x00\x00\x00\x00\x02\x08\x01\x01\x00\x00\x00\x03abc\x00\x00\x00\x00\x02ok"), frame(0, 0, 1, "\x00\x00\x00\x00\x02**\x01\x00\x00\x00\x03***\x00\x00\x00\x00\x02**")},
		{"pushes and continuations", frame(5, 0, 1, "abc") + frame(9, 4, 1, "def") + frame(6, 0, 0, "12345678") + frame(0x4d, 0, 1, "abc"), frame(5, 0, 1, "***") + frame(9, 4, 1, "***") + frame(6, 0, 0, "12345678") + frame(0x4d, 0, 1, "***")},
	} {
		if got := one(r.Stream(HTTP2), c.in); got != c.want {
			t.Errorf("%s\ngot  %q\nwant %q", c.name, got, c.want)
		}
	}
	if got := one(r.Stream(HTTP2), many); strings.Contains(got, "cdef") || strings.Contains(got, `"ab`) {
		t.Error("a stream that was given up is shown")
	}
}

func TestSkip(t *testing.T) {
	r := newDefault(t)
	s := r.Stream(HTTP1)
	one(s, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 60\r\n\r\n{\"x\":1,")
	s.Skip(20) // "password":"abcde…
	if got, want := one(s, strings.Repeat("f", 31)+"\"}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), strings.Repeat("*", 33)+"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"; got != want {
		t.Errorf("after a gap in a body\ngot  %q\nwant %q", got, want)
	}
	s.Skip(5) // over the end of what was known
	if got, want := one(s, "cdef\r\nServer: x"), "*****\nServer: x"; got != want {
		t.Errorf("after a gap in the heads: %q", got)
	}
	s.Skip(100)
	if got, want := one(s, "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1"), "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 3\r\n\r\n***HTTP/1.1"; got != want {
		t.Errorf("at a message after a gap: %q", got)
	}

	s = r.Stream(HTTP2)
	one(s, frame(0, 0, 1, "0123456789")[:12])
	s.Skip(7)
	if got, want := one(s, frame(0, 1, 1, "abc")+frame(0, 1, 3, "abc")), frame(0, 1, 1, "***")+frame(0, 1, 3, "abc"); got != want {
		t.Errorf("after a gap in a frame: %q", got)
	}
	s.Skip(3)
	if got := one(s, "abc"); got != "***" {
		t.Errorf("after a gap in a frame's header: %q", got)
	}

	s = r.Stream(Text)
	one(s, "hello\n")
	s.Skip(10)
	if got, want := one(s, "cret\nbye"), "****\nbye"; got != want {
		t.Errorf("after a gap in text: %q", got)
	}
}

func TestMaskShowsWhatFits(t *testing.T) {
	r := newDefault(t)
	s := r.Stream(Text)
	src := []byte(`{"password":"abcdef","x":"y","token":"ghi`)
	dst := make([]byte, 15)
	s.Mask(dst, src)
	if got := string(dst); got != `{"password":"**` {
		t.Errorf("the first bytes: %q", got)
	}
	rest := []byte(`jkl","z":1}`)
	s.Mask(rest, rest) // in place
	if got := string(rest); got != `***","z":1}` {
		t.Errorf("in place: %q", got)
	}
}

// TestPatternsInPieces holds the forms against cuts: what a pattern hides of the
// whole is hidden but for what a token begins with.
func TestPatternsInPieces(t *testing.T) {
	r := newDefault(t)
	for _, token := range []string{
		"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
		"ghp_Zm9vYmFyYmF6cXV1eDEyMzQ1Njc4OTBhYmNk", "github_pat_Zm9vYmFyYmF6cXV1eDEyMzQ1Njc4OTBhYmNk_x", "xoxb-Zm9vYmFyYmF6cXV1eDEy", "sk_live_Zm9vYmFyYmF6cXV1eDEy",
		"AKIAZM7VYMFYYMF6CXV1"[:19] + "Q", "AIzaZm9vYmFyYmF6cXV1eDEyMzQ1Njc4OTBhYmN", "glpat-Zm9vYmFyYmF6cXV1eDEy", "sk-ant-Zm9vYmFyYmF6cXV1eDEyMzQ1",
		"-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nZm9vYmFyYmF6cXV1eDEyMzQ1Njc4OTBh\n-----END PRIVATE KEY-----",
	} {
		text := []byte("it is " + token + " and no more of the task-force eyes")
		whole := r.Text(text)
		if bytes.Equal(whole, text) && !strings.HasPrefix(token, "AKIA") {
			t.Errorf("%s stays", token)
		}
		for seed := range uint64(50) {
			c := newCutter(seed)
			got := masked(r.Stream(Text), c.pieces(text, 12))
			if !bytes.HasPrefix(got, []byte("it is ")) || !bytes.HasSuffix(got, []byte(" and no more of the task-force eyes")) {
				t.Fatalf("%s: what is around it: %q", token, got)
			}
			body := strings.TrimPrefix(strings.TrimSuffix(token, "-----END PRIVATE KEY-----"), "-----BEGIN PRIVATE KEY-----\n")
			for i := 11; i+6 <= len(body) && !bytes.Equal(whole, text); i++ {
				if bytes.Contains(got, []byte(body[i:i+6])) {
					t.Fatalf("%s, seed %d: %q shows %q", token, seed, got, body[i:i+6])
				}
			}
		}
	}
}

// TestHarmlessStays holds that text without secrets passes as it is.
func TestHarmlessStays(t *testing.T) {
	r := newDefault(t)
	for _, text := range []string{
		string(prose()), string(manyKeys()),
		"GET /users?page=2&sort=name HTTP/1.1\r\nHost: example.com:8080\r\nAccept: */*;q=0.8\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nETag: \"abc=\"\r\n\r\n",
		"<html><head><title>Keys: a = b</title></head><body class=\"x\" onclick='f(a => a.b)'>1 < 2 & 3 > 2<input name=q value=\"x\"></body></html>",
		"for (let i = 0; i < n; i++) { tokens_seen += a ? b : c; x = {key: 1, code: 404, max_tokens: 5}; }",
		"host: example.com\nport: 8080\nretries = 3\n", `{"code":404,"key":"a","message":"no such key: b","next_token":"abc","pages":{"a":"b"}}`,
	} {
		for _, k := range []Kind{Text, HTTP1} {
			if got := one(r.Stream(k), text); got != text {
				t.Errorf("kind %d: %q\nbecame %q", k, text, got)
			}
			for seed := range uint64(5) {
				if got := masked(r.Stream(k), newCutter(seed).pieces([]byte(text), 50)); string(got) != text && !strings.Contains(text, "://") && !strings.Contains(text, "<input") {
					t.Errorf("kind %d, in pieces: %q\nbecame %q", k, text, got)
				}
			}
		}
		if got := r.Text([]byte(text)); string(got) != text {
			t.Errorf("%q\nbecame %q", text, got)
		}
	}
}
