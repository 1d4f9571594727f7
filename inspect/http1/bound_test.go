package http1

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"tlsmitm/inspect/httpmsg"
)

// TestBounds holds that what is too much fails, that what is just not too much
// does not, and that it makes no difference where the bytes are cut.
func TestBounds(t *testing.T) {
	start := "GET / HTTP/1.1\r\nHost: a\r\n"
	pad := func(n int) string { return "X: " + strings.Repeat("x", n-len(start)-len("X: \r\n\r\n")) + "\r\n\r\n" }
	chunks := "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
	tooLong := fmt.Sprintf("> failed: a head of more than %d bytes", MaxHead)
	tooMany := fmt.Sprintf("> failed: more than %d field lines", MaxFields)
	for _, c := range []struct{ name, up, last string }{
		{"a head that just fits", start + pad(MaxHead), "1> end"},
		{"a byte more", start + pad(MaxHead+1), tooLong},
		{"far more", start + pad(4*MaxHead), tooLong},
		{"a target without an end", "GET /" + strings.Repeat("a", 2*MaxHead), tooLong},
		{"a name without an end", start + strings.Repeat("a", 2*MaxHead), tooLong},
		{"as many fields as there may be", "GET / HTTP/1.1\r\n" + strings.Repeat("Host:a\n", MaxFields) + "\n", "1> end"},
		{"a field more", "GET / HTTP/1.1\r\n" + strings.Repeat("Host:a\n", MaxFields+1) + "\n", tooMany},
		{"folds", start + "X: y" + strings.Repeat("\n z", 9000) + "\n\n", "1> end"},
		{"a chunk's line that just fits", chunks + "1;" + strings.Repeat("x", MaxChunkLine-4) + "\r\na\r\n0\r\n\r\n", "1> end"},
		{"a byte more in it", chunks + "1;" + strings.Repeat("x", MaxChunkLine-3) + "\r\na\r\n0\r\n\r\n", fmt.Sprintf("> failed: a chunk's first line of more than %d bytes", MaxChunkLine)},
		{"no end of it", chunks + strings.Repeat("0", 2*MaxChunkLine), fmt.Sprintf("> failed: a chunk's first line of more than %d bytes", MaxChunkLine)},
		{"trailers", chunks + "0\r\n" + strings.Repeat("a: b\r\n", MaxFields+1) + "\r\n", tooMany},
		{"a trailer", chunks + "0\r\na: " + strings.Repeat("b", MaxHead) + "\r\n\r\n", tooLong},
		{"empty lines", strings.Repeat("\r\n", MaxHead) + get, "1> end"},
		{"bytes ahead of a switch", "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\n\r\n" + strings.Repeat("x", MaxHead+1),
			fmt.Sprintf("> failed: more than %d bytes before the server's answer to a request to switch protocols", MaxHead)},
	} {
		t.Run(c.name, func(t *testing.T) {
			steps := []step{sent(true, c.up), {do: "end", up: true}, {do: "end"}}
			calls := play(t, steps, whole)
			if last := calls[len(calls)-1]; last != c.last {
				t.Errorf("%.100s, not %s", last, c.last)
			}
			for _, n := range []int{13, 1000, MaxHead - 1} {
				checkSame(t, fmt.Sprintf("cut to %d", n), play(t, steps, pieces(n)), calls)
			}
		})
	}
}

// TestManyUnanswered holds that requests without responses take no memory, but for
// those that need some, which are bounded.
func TestManyUnanswered(t *testing.T) {
	c := New(httpmsg.Ignore{})
	for range 50_000 {
		c.Feed(true, []byte(get))
	}
	r := new(recorder)
	c.r = r
	c.Feed(false, []byte(ok))
	if want := []string{"1< head HTTP/1.1 200 \"OK\", 38 bytes", "     Content-Length: 0", "1< end"}; !slices.Equal(r.lines, want) {
		t.Errorf("%q", r.lines)
	}
	c.r = httpmsg.Ignore{}
	for range maxUnusual {
		c.Feed(true, []byte("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"))
	}
	if c.down.over() {
		t.Error("failed too early")
	}
	c.Feed(true, []byte("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"))
	if !c.down.over() || len(c.unusual) != 0 {
		t.Errorf("%d requests are remembered", len(c.unusual))
	}
}

// TestMemoryIsFlat holds that a long connection leaves nothing behind.
func TestMemoryIsFlat(t *testing.T) {
	c := New(httpmsg.Ignore{})
	exchange := func(n int) {
		for range n {
			for _, piece := range pieces(11)("HEAD /" + strings.Repeat("x", 300) + " HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n") {
				c.Feed(true, []byte(piece))
			}
			c.Feed(false, []byte(ok))
		}
	}
	exchange(100)
	before := inUse()
	exchange(20_000)
	if after := inUse(); after > before+64<<10 {
		t.Errorf("%d bytes are in use after 20000 exchanges, %d before", after, before)
	}
	runtime.KeepAlive(c)
}

func inUse() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func BenchmarkHeads(b *testing.B) {
	up := []byte("GET /assets/app.js?v=3 HTTP/1.1\r\nHost: www.example.com\r\nConnection: keep-alive\r\nAccept: */*\r\n" +
		"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n" +
		"Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en\r\nCookie: a=b; c=d\r\n\r\n")
	down := []byte("HTTP/1.1 200 OK\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\nContent-Type: text/javascript\r\nContent-Length: 10\r\n" +
		"ETag: \"abc\"\r\nCache-Control: max-age=60\r\n\r\n0123456789")
	c := New(httpmsg.Ignore{})
	b.SetBytes(int64(len(up) + len(down)))
	b.ReportAllocs()
	for b.Loop() {
		c.Feed(true, up)
		c.Feed(false, down)
	}
}

func BenchmarkBody(b *testing.B) {
	chunk := []byte("4000\r\n" + strings.Repeat("x", 0x4000) + "\r\n")
	for _, how := range []string{"Transfer-Encoding: chunked", "Content-Length: 9223372036854775807"} {
		b.Run(strings.Fields(how)[1], func(b *testing.B) {
			c := New(httpmsg.Ignore{})
			c.Feed(false, []byte("HTTP/1.1 200 OK\r\n"+how+"\r\n\r\n"))
			b.SetBytes(int64(len(chunk)))
			b.ReportAllocs()
			for b.Loop() {
				c.Feed(false, chunk)
			}
		})
	}
}

// TestNoAllocationForContent holds what the benchmark shows.
func TestNoAllocationForContent(t *testing.T) {
	chunk := []byte("4000\r\n" + strings.Repeat("x", 0x4000) + "\r\n")
	c := New(httpmsg.Ignore{})
	c.Feed(false, []byte(resp("Transfer-Encoding: chunked\r\n\r\n")))
	if n := testing.AllocsPerRun(100, func() { c.Feed(false, chunk) }); n != 0 {
		t.Errorf("%v allocations for a chunk", n)
	}
}
