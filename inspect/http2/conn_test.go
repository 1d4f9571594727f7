package http2

import (
	"fmt"
	"strings"
	"testing"

	"tlsmitm/inspect/httpmsg"
)

func TestMessages(t *testing.T) {
	c := begun(t)
	c.up.headers(1, true, append(get, "user-agent", "x", "cookie", "a=1", "cookie", "b=2")...)
	c.down.headers(1, false, ":status", "103", "link", "</a>")
	c.down.headers(1, false, ":status", "200", "content-length", "5")
	c.down.data(1, false, "he")
	c.down.data(1, false, "llo")
	c.down.headers(1, true, "x-checksum", "1")
	c.up.headers(3, false, ":method", "POST", ":scheme", "https", ":authority", "example.com", ":path", "/form?a=b")
	c.up.frame(FrameData, flagPadded, 3, append([]byte{3}, "abc\x00\x00\x00"...)...)
	c.down.headers(3, true, ":status", "204") // before the request is over
	c.up.data(3, true, "")
	c.up.headers(5, true, ":method", "HEAD", ":scheme", "https", ":authority", "example.com", ":path", "/")
	c.down.headers(5, true, ":status", "200", "content-length", "5")
	c.want(Options{}, false,
		`> 1 head GET https://example.com/ user-agent="x" cookie="a=1" cookie="b=2"`,
		`> 1 end`,
		`< 1 head 103 link="</a>"`,
		`< 1 head 200 content-length="5"`,
		`< 1 body "hello"`,
		`< 1 trailers x-checksum="1"`,
		`< 1 end`,
		`> 3 head POST https://example.com/form?a=b`,
		`> 3 body "abc"`,
		`< 3 head 204`,
		`< 3 end`,
		`> 3 end`,
		`> 5 head HEAD https://example.com/`,
		`> 5 end`,
		`< 5 head 200 content-length="5"`,
		`< 5 end`,
	)
}

func TestStreamsInterleave(t *testing.T) {
	c := begun(t)
	for id := uint32(1); id <= 5; id += 2 {
		c.up.headers(id, true, get...)
	}
	for _, id := range []uint32{5, 3, 1} {
		c.down.headers(id, false, ":status", "200", "x-id", fmt.Sprint(id))
	}
	for _, id := range []uint32{3, 1, 5, 1, 3} {
		c.down.data(id, false, fmt.Sprint(id))
	}
	for _, id := range []uint32{1, 5, 3} {
		c.down.data(id, true, "")
	}
	r := c.read(Options{}, 1, false)
	want := "< 5 head 200 x-id=\"5\"\n< 3 head 200 x-id=\"3\"\n< 1 head 200 x-id=\"1\"\n" +
		"< 3 body \"3\"\n< 1 body \"1\"\n< 5 body \"5\"\n< 1 body \"1\"\n< 3 body \"3\"\n< 1 end\n< 5 end\n< 3 end"
	if got := strings.Join(r.about("<"), "\n"); got != want {
		t.Errorf("%s\nnot\n%s", got, want)
	}
}

func TestContinuation(t *testing.T) {
	c := begun(t)
	block := c.up.encode(append(get, "x-long", strings.Repeat("long ", 40))...)
	c.up.frame(FrameHeaders, flagEndStream|flagPadded|flagPriority, 1, append(append([]byte{2, 0, 0, 0, 0, 15}, block[:10]...), 0, 0)...)
	c.up.frame(FrameContinuation, 0, 1, block[10:11]...)
	c.up.frame(FrameContinuation, 0, 1)
	c.up.frame(FrameContinuation, flagEndHeaders, 1, block[11:]...)
	c.down.headers(1, true, ":status", "200")
	c.want(Options{}, false,
		`> 1 head GET https://example.com/ x-long="`+strings.Repeat("long ", 40)+`"`,
		`> 1 anomaly field_value_space: "x-long"`,
		`> 1 end`,
		`< 1 head 200`,
		`< 1 end`,
	)
	var bytes int
	New(headBytes{n: &bytes}, Options{}).Feed(true, join(c, true))
	if want := 4*frameHeaderLen + 6 + len(block) + 2; bytes != want {
		t.Errorf("the head has %d bytes, not %d", bytes, want)
	}
}

// join returns all bytes of a direction.
func join(c *talk, up bool) (b []byte) {
	for _, s := range c.steps {
		if s.up == up {
			b = append(b, s.b...)
		}
	}
	return b
}

type headBytes struct {
	httpmsg.Ignore
	n *int
}

func (r headBytes) Head(_ httpmsg.Exchange, _ bool, h *httpmsg.Head) { *r.n = h.Bytes }

func TestServerFirst(t *testing.T) {
	c := bare(t)
	c.down.frame(FrameSettings, 0, 0)
	c.down.frame(FrameSettings, flagAck, 0)
	c.down.headers(1, false, ":status", "200")
	c.down.data(1, false, "one")
	c.down.headers(3, true, ":status", "404")
	c.down.RST(5, 8)
	c.down.headers(7, false, ":status", "200")
	c.down.RST(7, 2)
	c.down.data(1, true, "")
	c.up.raw([]byte(preface)...)
	c.up.frame(FrameSettings, 0, 0)
	for id := uint32(1); id <= 7; id += 2 {
		c.up.headers(id, id < 7, get...)
	}
	c.up.data(7, true, "on its way")
	c.want(Options{}, false,
		`< 1 head 200`,
		`< 1 body "one"`,
		`< 3 head 404`,
		`< 3 end`,
		`< 7 head 200`,
		`< 7 end reset INTERNAL_ERROR (2)`,
		`< 1 end`,
		`> 1 head GET https://example.com/`,
		`> 1 end`,
		`> 3 head GET https://example.com/`,
		`> 3 end`,
		`> 5 head GET https://example.com/`,
		`> 5 end`,
		`< 5 end reset CANCEL (8)`,
		`> 7 head GET https://example.com/`,
		`> 7 end cut INTERNAL_ERROR (2)`,
	)
}

// RST writes RST_STREAM.
func (s *side) RST(id, code uint32) {
	s.frame(FrameRSTStream, 0, id, byte(code>>24), byte(code>>16), byte(code>>8), byte(code))
}

func (s *side) goAway(last, code uint32, debug string) {
	b := []byte{byte(last >> 24), byte(last >> 16), byte(last >> 8), byte(last), 0, 0, 0, byte(code)}
	s.frame(FrameGoAway, 0, 0, append(b, debug...)...)
}

// A client may end a stream once it has what it asked for, before END_STREAM, as curl
// does with HEAD. Nothing of the response is missing then.
func TestResetAfterAllOfTheResponse(t *testing.T) {
	c := begun(t)
	for id := uint32(1); id <= 7; id += 2 {
		method := "HEAD"
		if id > 1 {
			method = "GET"
		}
		c.up.headers(id, true, ":method", method, ":scheme", "https", ":authority", "example.com", ":path", "/")
	}
	c.down.headers(1, false, ":status", "200", "content-length", "9")
	c.down.headers(3, false, ":status", "200", "content-length", "3")
	c.down.data(3, false, "all")
	c.down.headers(5, false, ":status", "200", "content-length", "4")
	c.down.data(5, false, "not")
	c.down.headers(7, false, ":status", "200")
	for id := uint32(1); id <= 7; id += 2 {
		c.up.RST(id, 5)
	}
	c.want(Options{}, false,
		`> 1 head HEAD https://example.com/`,
		`> 1 end`,
		`> 3 head GET https://example.com/`,
		`> 3 end`,
		`> 5 head GET https://example.com/`,
		`> 5 end`,
		`> 7 head GET https://example.com/`,
		`> 7 end`,
		`< 1 head 200 content-length="9"`,
		`< 3 head 200 content-length="3"`,
		`< 3 body "all"`,
		`< 5 head 200 content-length="4"`,
		`< 5 body "not"`,
		`< 7 head 200`,
		`< 1 end`,
		`< 3 end`,
		`< 5 end cut STREAM_CLOSED (5)`,
		`< 7 end cut STREAM_CLOSED (5)`,
	)
}

func TestResponseWithoutRequest(t *testing.T) {
	c := begun(t)
	c.down.headers(1, true, ":status", "200")
	c.down.headers(3, false, ":status", "200")
	c.want(Options{}, false,
		`< 1 head 200`,
		`< 1 end`,
		`< 3 head 200`,
		`< 3 anomaly response_without_request: stream 3`,
		`> 3 end cut`,
		`< 1 anomaly response_without_request: stream 1`,
		`> 1 end cut`,
		`< 3 end cut`,
	)
}

func TestReset(t *testing.T) {
	c := begun(t)
	c.up.headers(1, true, get...) // taken back while the response comes
	c.down.headers(1, false, ":status", "200")
	c.down.data(1, false, "abc")
	c.up.RST(1, 8)
	c.down.data(1, true, "def") // on its way
	c.up.headers(3, true, get...)
	c.down.RST(3, 7) // refused
	c.up.headers(5, false, get...)
	c.down.headers(5, true, ":status", "413")
	c.down.RST(5, 0) // no need for the rest
	c.up.data(5, true, "rest")
	c.up.headers(7, false, get...)
	c.up.RST(7, 0xfff)
	c.want(Options{}, false,
		`> 1 head GET https://example.com/`,
		`> 1 end`,
		`< 1 head 200`,
		`< 1 body "abc"`,
		`< 1 end cut CANCEL (8)`,
		`> 3 head GET https://example.com/`,
		`> 3 end`,
		`< 3 end reset REFUSED_STREAM (7)`,
		`> 5 head GET https://example.com/`,
		`< 5 head 413`,
		`< 5 end`,
		`> 5 end cut NO_ERROR (0)`,
		`> 7 head GET https://example.com/`,
		`> 7 end reset unknown (4095) (4095)`,
		`< 7 end cut unknown (4095) (4095)`,
	)
}

func TestGoAway(t *testing.T) {
	c := begun(t)
	for id := uint32(1); id <= 7; id += 2 {
		c.up.headers(id, id != 7, get...)
	}
	c.down.headers(3, false, ":status", "200")
	c.down.goAway(3, 11, "calm\n")
	c.up.data(7, true, "on its way")
	c.up.headers(9, true, get...)
	c.down.data(3, true, "")
	c.down.headers(1, true, ":status", "200")
	c.want(Options{}, false,
		`> 1 head GET https://example.com/`, `> 1 end`,
		`> 3 head GET https://example.com/`, `> 3 end`,
		`> 5 head GET https://example.com/`, `> 5 end`,
		`> 7 head GET https://example.com/`,
		`< 3 head 200`,
		`< frame GOAWAY flags=0 stream=0 length=13 payload=000000030000000b63616c6d0a last_stream=3 error=ENHANCE_YOUR_CALM debug="calm\n"`,
		`< 5 end cut ENHANCE_YOUR_CALM (11)`,
		`> 7 end cut ENHANCE_YOUR_CALM (11)`,
		`< 7 end cut ENHANCE_YOUR_CALM (11)`,
		`> 9 head GET https://example.com/`, `> 9 end`,
		`< 9 end cut ENHANCE_YOUR_CALM (11)`,
		`< 3 end`,
		`< 1 head 200`, `< 1 end`,
	)
}

func TestPush(t *testing.T) {
	c := begun(t)
	c.up.headers(1, true, get...)
	promise := func(on, id byte, fields ...string) {
		c.down.frame(FramePushPromise, flagEndHeaders, uint32(on), append([]byte{0, 0, 0, id}, c.down.encode(fields...)...)...)
	}
	promise(1, 2, append(get, "x-push", "1")...)
	promise(1, 4, append(get, "x-push", "2")...)
	promise(1, 6, ":method", "POST", ":scheme", "https", ":authority", "example.com", ":path", "/")
	c.down.headers(1, true, ":status", "200")
	c.up.RST(4, 8)
	c.down.headers(2, false, ":status", "200")
	c.down.data(2, true, "pushed")
	c.up.goAway(4, 0, "")
	c.want(Options{}, false,
		`> 1 head GET https://example.com/`, `> 1 end`,
		`> 2 head GET https://example.com/ promised x-push="1"`, `> 2 end`,
		`> 4 head GET https://example.com/ promised x-push="2"`, `> 4 end`,
		`> 6 head POST https://example.com/ promised`,
		`> 6 anomaly push_unsafe: "POST"`, `> 6 end`,
		`< 1 head 200`, `< 1 end`,
		`< 4 end cut CANCEL (8)`,
		`< 2 head 200`, `< 2 body "pushed"`, `< 2 end`,
		`> frame GOAWAY flags=0 stream=0 length=8 payload=0000000400000000 last_stream=4 error=NO_ERROR`,
		`< 6 end cut NO_ERROR (0)`,
	)
}

func TestConnect(t *testing.T) {
	c := bare(t)
	c.up.raw([]byte(preface)...)
	c.up.frame(FrameSettings, 0, 0)
	c.down.frame(FrameSettings, 0, 0, 0, 8, 0, 0, 0, 1)
	c.up.headers(1, false, ":method", "CONNECT", ":protocol", "websocket", ":scheme", "https", ":authority", "example.com", ":path", "/chat")
	c.up.headers(3, false, ":method", "CONNECT", ":authority", "example.com:22")
	c.up.headers(5, false, ":method", "CONNECT", ":authority", "example.com:25")
	c.down.headers(1, false, ":status", "200")
	c.down.headers(3, false, ":status", "204")
	c.down.headers(5, false, ":status", "403")
	for id := uint32(1); id <= 5; id += 2 {
		c.up.data(id, true, fmt.Sprint("up ", id))
		c.down.data(id, true, fmt.Sprint("down ", id))
	}
	c.want(Options{}, false,
		`> 1 head CONNECT https://example.com/chat connect=websocket`,
		`> 3 head CONNECT ://example.com:22`,
		`> 5 head CONNECT ://example.com:25`,
		`< 1 head 200`, `  1 switch websocket`,
		`< 3 head 204`, `  3 switch connect`,
		`< 5 head 403`,
		`> 1 tunnel "up 1"`, `> 1 end`, `< 1 tunnel "down 1"`, `< 1 end`,
		`> 3 tunnel "up 3"`, `> 3 end`, `< 3 tunnel "down 3"`, `< 3 end`,
		`> 5 body "up 5"`, `> 5 end`, `< 5 body "down 5"`, `< 5 end`,
	)
}

func TestConnectAnsweredFirst(t *testing.T) {
	c := bare(t)
	c.down.frame(FrameSettings, 0, 0)
	c.down.headers(1, false, ":status", "200")
	c.up.raw([]byte(preface)...)
	c.up.frame(FrameSettings, 0, 0)
	c.up.headers(1, false, ":method", "CONNECT", ":authority", "example.com:22")
	c.up.data(1, true, "a")
	c.down.data(1, true, "b")
	c.want(Options{}, false,
		`< 1 head 200`,
		`> 1 head CONNECT ://example.com:22`,
		`  1 switch connect`,
		`> 1 tunnel "a"`, `> 1 end`, `< 1 tunnel "b"`, `< 1 end`,
	)
}

func TestUpgraded(t *testing.T) {
	for _, method := range []string{"GET", "HEAD"} {
		c := bare(t)
		c.down.frame(FrameSettings, 0, 0)
		c.down.headers(1, method == "HEAD", ":status", "200", "content-length", "3")
		if method == "GET" {
			c.down.data(1, true, "abc")
		}
		c.up.raw([]byte(preface)...)
		c.up.frame(FrameSettings, 0, 0)
		c.up.headers(3, true, get...)
		r := new(recorder)
		conn := New(r, Options{})
		conn.Upgraded(method, "/")
		c.feed(conn, 5)
		conn.End(false)
		conn.End(true)
		r.flush()
		body := "< 1 body \"abc\"\n"
		if method == "HEAD" {
			body = ""
		}
		want := "< 1 head 200 content-length=\"3\"\n" + body + "< 1 end\n> 3 head GET https://example.com/\n> 3 end\n< 3 end cut"
		if got := strings.Join(r.lines, "\n"); got != want {
			t.Errorf("%s: %s\nnot\n%s", method, got, want)
		}
	}
	r := new(recorder)
	conn := New(r, Options{})
	conn.Upgraded("GET", "/")
	conn.End(true)
	conn.End(false)
	if got := strings.Join(r.lines, "\n"); got != "< 1 end cut" {
		t.Errorf("a request that was not answered: %s", got)
	}
}

func TestFrames(t *testing.T) {
	c := bare(t)
	c.up.raw([]byte(preface)...)
	c.up.frame(FrameSettings, 0, 0, 0, 1, 0, 0, 0, 0, 0, 3, 0, 0, 1, 0, 0x1a, 0x2a, 0, 0, 0, 7)
	c.down.frame(FrameSettings, 0, 0)
	c.up.frame(FrameSettings, flagAck, 0)
	c.up.frame(FrameWindowUpdate, 0, 0, 0, 1, 0, 0)
	c.up.frame(FramePriority, 0, 3, 0x80, 0, 0, 1, 200)
	c.up.frame(FramePing, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8)
	c.down.frame(FramePing, flagAck, 0, 1, 2, 3, 4, 5, 6, 7, 8)
	c.up.frame(FramePriorityUpdate, 0, 0, append([]byte{0, 0, 0, 5}, "u=1, i"...)...)
	c.down.frame(FrameAltSvc, 0, 0, append([]byte{0, 9}, `https://ah3=":443"`...)...)
	c.down.frame(FrameOrigin, 0, 0, append([]byte{0, 9}, "https://a\x00\x09https://b"...)...)
	c.down.frame(0xfa, 0x5, 9, []byte("0123456789")...)
	c.up.headers(1, false, ":method", "POST", ":scheme", "https", ":authority", "a", ":path", "/")
	c.up.frame(FrameData, flagPadded|flagEndStream, 1, append([]byte{2}, "0123456789\x00\x00"...)...)
	c.down.frame(FrameRSTStream, 0, 1, 0, 0, 0, 0xd)
	c.want(Options{Frames: true, FrameBytes: 4}, false,
		`> frame SETTINGS flags=0 stream=0 length=18 payload=00010000 HEADER_TABLE_SIZE=0 MAX_CONCURRENT_STREAMS=256 unknown (6698)=7`,
		`< frame SETTINGS flags=0 stream=0 length=0 payload= `,
		`> frame SETTINGS flags=1 stream=0 length=0 payload= ACK`,
		`> frame WINDOW_UPDATE flags=0 stream=0 length=4 payload=00010000 increment=65536`,
		`> frame PRIORITY flags=0 stream=3 length=5 payload=80000001 depends_on=1 weight=201 exclusive`,
		`> frame PING flags=0 stream=0 length=8 payload=01020304 data=0102030405060708`,
		`< frame PING flags=1 stream=0 length=8 payload=01020304 ACK data=0102030405060708`,
		`> frame PRIORITY_UPDATE flags=0 stream=0 length=10 payload=00000005 stream=5 priority="u=1, i"`,
		`< frame ALTSVC flags=0 stream=0 length=20 payload=00096874 origin="https://a" value="h3=\":443\""`,
		`< frame ORIGIN flags=0 stream=0 length=22 payload=00096874 origin="https://a" origin="https://b"`,
		`< frame unknown (250) flags=5 stream=9 length=10 payload=30313233 `,
		`> frame HEADERS flags=4 stream=1 length=6 payload=83874101 END_HEADERS`,
		`> 1 head POST https://a/`,
		`> 1 body "0123456789"`,
		`> frame DATA flags=9 stream=1 length=13 payload=02303132 END_STREAM PADDED padding=2`,
		`> 1 end`,
		`< frame RST_STREAM flags=0 stream=1 length=4 payload=0000000d error=HTTP_1_1_REQUIRED`,
		`< 1 end reset HTTP_1_1_REQUIRED (13)`,
	)
}

func TestLooks(t *testing.T) {
	for in, want := range map[string][2]bool{
		"":                                 {false, true},
		"PRI":                              {false, true},
		"PRI * HTTP/2.0\r\n\r\nSM":         {false, true},
		preface:                            {true, false},
		preface + "more":                   {true, false},
		"PUT /":                            {false, false},
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\r": {false, false},
	} {
		if is, maybe := Looks([]byte(in)); is != want[0] || maybe != want[1] {
			t.Errorf("%q: %t, %t", in, is, maybe)
		}
	}
}
