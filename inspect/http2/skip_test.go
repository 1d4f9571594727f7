package http2

import (
	"strings"
	"testing"
)

func TestSkip(t *testing.T) {
	c := begun(t)
	c.up.headers(1, true, get...)
	c.down.headers(1, false, ":status", "200", "content-length", "1000000")
	r := new(recorder)
	conn := New(r, Options{})
	c.feed(conn, 1<<20)
	if n := conn.Skippable(false); n != 0 {
		t.Errorf("%d bytes can be skipped before DATA", n)
	}
	head := []byte{0xf, 0x42, 0x41, 0, flagEndStream | flagPadded, 0, 0, 0, 1, 0}
	conn.Feed(false, head[:9])
	if n := conn.Skippable(false); n != 0 {
		t.Errorf("%d bytes can be skipped before the length of the padding", n)
	}
	conn.Feed(false, head[9:])
	if n := conn.Skippable(false); n != 1_000_000 {
		t.Errorf("%d bytes can be skipped, not all", n)
	}
	if x, known := conn.Stream(false); x != 1 || !known {
		t.Errorf("the content is of exchange %d, %t", x, known)
	}
	conn.Feed(false, []byte("a"))
	conn.Skip(false, 999_998)
	conn.Feed(false, []byte("b"))
	if n := conn.Skippable(false); n != 0 {
		t.Errorf("%d bytes can be skipped after the content", n)
	}
	r.flush()
	want := "< 1 head 200 content-length=\"1000000\"\n< 1 anomaly window_exceeded: by 934466 bytes\n" +
		"< 1 body \"a\"\n< 1 skipped 999998\n< 1 body \"b\"\n< 1 end"
	if got := strings.Join(r.about("< 1"), "\n"); got != want {
		t.Errorf("%s\nnot\n%s", got, want)
	}
	conn.Skip(false, 1) // nothing can be skipped here
	if got := r.lines[len(r.lines)-1]; !strings.HasPrefix(got, "< failed") {
		t.Errorf("bytes skipped that are no content: %s", got)
	}
}

func TestSkipAll(t *testing.T) {
	c := begun(t)
	c.up.headers(1, false, request("POST", "https", "a", "/")...)
	r := new(recorder)
	conn := New(r, Options{Frames: true, FrameBytes: 2})
	c.feed(conn, 1<<20)
	conn.Feed(true, []byte{0, 0, 10, 0, flagEndStream, 0, 0, 0, 1})
	if n := conn.Skippable(true); n != 0 {
		t.Errorf("%d bytes can be skipped before what a frame shows", n)
	}
	conn.Feed(true, []byte("ab"))
	conn.Skip(true, conn.Skippable(true))
	want := "> 1 body \"ab\"\n> 1 skipped 8\n> frame DATA flags=1 stream=1 length=10 payload=6162 END_STREAM\n> 1 end"
	if got := strings.Join(r.lines[len(r.lines)-4:], "\n"); got != want {
		t.Errorf("%s\nnot\n%s", got, want)
	}
}

func TestLost(t *testing.T) {
	c := begun(t)
	c.up.headers(1, false, get...)
	c.up.headers(3, true, get...)
	c.down.headers(3, false, ":status", "200")
	r := new(recorder)
	conn := New(r, Options{})
	c.feed(conn, 1<<20)
	conn.Lost(true)
	conn.Lost(true)
	rest := &talk{t: t, up: c.up, down: c.down}
	rest.up.talk, rest.down.talk = rest, rest
	rest.up.headers(5, true, get...)
	rest.down.headers(1, true, ":status", "200")
	rest.down.headers(5, true, ":status", "200") // its request is among what was lost
	rest.down.data(3, true, "abc")
	rest.feed(conn, 1)
	conn.End(true)
	conn.End(false)
	r.flush()
	want := `> 1 head GET https://example.com/
> 3 head GET https://example.com/
> 3 end
< 3 head 200
> 1 end cut
> failed: bytes were lost, and the state of header compression with them
< 1 head 200
< 1 end
< 5 head 200
< 5 end
> 5 end cut
< 3 body "abc"
< 3 end`
	if got := strings.Join(r.lines, "\n"); got != want {
		t.Errorf("%s\nnot\n%s", got, want)
	}
	c.checkEnds(r)
}

func TestResponsesLost(t *testing.T) {
	c := begun(t)
	r := new(recorder)
	conn := New(r, Options{})
	c.feed(conn, 1<<20)
	conn.Lost(false)
	rest := &talk{t: t, up: c.up, down: c.down}
	rest.up.talk = rest
	rest.up.headers(1, true, get...)
	rest.feed(conn, 1<<20)
	if got := strings.Join(r.lines[1:], "\n"); got != "> 1 head GET https://example.com/\n> 1 end\n< 1 end cut" {
		t.Errorf("%s", got)
	}
	if len(conn.streams) > 0 {
		t.Errorf("%d streams are remembered that nothing can end", len(conn.streams))
	}
}
