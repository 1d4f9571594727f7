package http1

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestGenerated compares with net/http what is written by the grammar of RFC 9112,
// and by what is often made of it: a fuzzer seldom comes so far as to a trailer.
func TestGenerated(t *testing.T) {
	for seed := range uint64(20_000) {
		w := writer{Rand: rand.New(rand.NewPCG(seed, 1))}
		up, down := w.messages(true), w.messages(false)
		agreeOnRequests(t, []byte(up))
		agreeOnResponses(t, []byte(down))
		if t.Failed() {
			t.Fatalf("seed %d:\n%q\n%q", seed, up, down)
		}
	}
}

// writer writes messages, right and wrong.
type writer struct {
	*rand.Rand
	strings.Builder
}

// mostly writes the first, or, now and then, any.
func (w *writer) mostly(texts ...string) {
	i := 0
	if w.IntN(8) == 0 {
		i = w.IntN(len(texts))
	}
	w.WriteString(texts[i])
}

func (w *writer) any(texts ...string) { w.WriteString(texts[w.IntN(len(texts))]) }

func (w *writer) messages(up bool) string {
	w.Reset()
	for range 1 + w.IntN(3) {
		w.mostly("", "\r\n", "\n", " ", "\r")
		if up {
			w.requestLine()
		} else {
			w.statusLine()
		}
		for range w.IntN(5) {
			w.field()
		}
		w.mostly("\r\n", "\n")
		if w.IntN(3) == 0 {
			w.any("", "a", "ab", "abcde", "\r\n")
		} else {
			w.chunks()
		}
	}
	return w.String()
}

func (w *writer) version() {
	w.mostly("HTTP/1.1", "HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "HTTP/0.9", "http/1.1", "HTTP/01.1")
}

func (w *writer) requestLine() {
	w.any("GET", "POST", "HEAD", "CONNECT", "OPTIONS", "PRI", "get", "M-SEARCH", "a b", "")
	w.mostly(" ", "  ", "\t")
	w.any("/", "*", "/a?b#c", "//a/b", "http://a", "http://A:80/b", "http://u:p@a/", "http://a@b@c/", "a:80", "[::1]:80", "[::1%25x]:80",
		"http://[::1]", "http://a?b", "http://a#b", "http:///x", "http:x", "a:b:c", "1a://x", "a+-.://x/y", "", "a/b", "a?b:1", "u@a:1",
		"http://a:b/", "a://x:1:2/", "http://a]/", "x:[::1]", "http://a;b!$&'()*+=/", "http://%41/", "http://a\\b/", "http://\xff/", "/\x01")
	w.mostly(" ", "  ")
	w.version()
	w.lineEnd()
}

func (w *writer) statusLine() {
	w.version()
	w.mostly(" ", "  ", "\t", "")
	w.any("200", "204", "304", "100", "101", "103", "199", "000", "999", "+12", "-00", "20", "2000", "0x1")
	w.mostly(" OK", "", " ", "  OK ", "\tOK", " \xff", " a\rb")
	w.lineEnd()
}

func (w *writer) lineEnd() { w.mostly("\r\n", "\n", "\r\r\n") }

func (w *writer) field() {
	if w.IntN(2) == 0 {
		w.any("Transfer-Encoding: chunked\r\n", "Content-Length: 2\r\n", "Content-Length: 0\r\n")
		return
	}
	w.any("Host", "host", "Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "Trailer", "Pragma", "Cache-Control", "X", "x-a-b", "Expect",
		"A b", "", ":x", "X\t", " X", "X_y", "\xc3")
	w.mostly(": ", ":", ":\t", " : ", "", ":\r\n ", ":\n\t")
	w.any("", "a", "chunked", "Chunked", "identity", "gzip, chunked", "5", "05", "+5", "5, 5", "5 ", "a\tb", "close", "keep-alive", "Upgrade", "h2c",
		"no-cache", "a:80", "u@h", "\xff", "\x00", "a\rb", "100-continue", "X, Y", "0x5", "9223372036854775808", ", chunked")
	w.mostly("", " ", "\t", "\r\n b", "\n ", "\r\n \t")
	w.lineEnd()
}

func (w *writer) chunks() {
	for range w.IntN(4) {
		n := w.IntN(12)
		w.mostly(fmt.Sprintf("%x", n), fmt.Sprintf("0%X", n), fmt.Sprintf("%x;a=\"b\"", n), fmt.Sprintf("%x ", n), " 1", "0x1", "-1", "ffffffffffffffff", "")
		w.lineEnd()
		w.WriteString(strings.Repeat("x", n))
		w.mostly("\r\n", "\n", "", "x")
	}
	w.mostly("0\r\n", "0;x\r\n", "00\r\n", "0\n", "")
	for range w.IntN(3) {
		w.field()
	}
	w.mostly("\r\n", "\n", "")
}
