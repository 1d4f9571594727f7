package explain

import (
	"bytes"
	"strings"
	"testing"

	"tlsmitm/inspect"
)

// data is application data of which the event shows all but what is cut off.
func data(leg inspect.LegName, from inspect.Party, no int, b string, cut int, alpn string) *inspect.Event {
	d := &inspect.Data{Length: len(b), Records: 1, Bytes: []byte(b[:len(b)-cut]), Truncated: cut > 0, ALPN: alpn}
	if cut == 0 {
		d.Sum = uint64(len(b)) + 7
		for i := range len(b) {
			d.Sum = d.Sum*31 + uint64(b[i])
		}
	}
	return &inspect.Event{Time: now, Kind: inspect.KindTLSData, Leg: leg, From: from, To: proxy, No: no, Body: d}
}

func TestDataNotes(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"a request", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1"},
		{"a head and a body that is binary", "HTTP/1.1 200 OK\r\n\r\n\x1f\x8b\x00\xff", "HTTP/1.1 200 OK"},
		{"text after a blank line", "\r\nhello\nworld", "hello"},
		{"Chinese", "你好，世界", "你好，世界"},
		{"a character cut by the limit", "abc\xe4\xbd", `abc\xe4\xbd`},
		{"binary", "\x00\x01\x02\x03", "binary"},
		{"binary that begins as text", "abc\xff\xfe", "binary"},
		{"mostly escapes", "\x1b\x1b\x1b\x1b", "binary"},
		{"coloured text", strings.Repeat("text ", 10) + "\x1b[31m", strings.Repeat("text ", 10) + `\x1b[31m`},
		{"blanks", "\r\n\r\n", `\x0d\x0a\x0d\x0a`},
		{"nothing", "", "an empty record"},
		{"a long line", strings.Repeat("x", 300), strings.Repeat("x", maxValue) + "…"},
	} {
		got := New(English).Conversation().Note(data(inspect.LegClient, client, 1, c.in, 0, "")).String()
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestDataThatIsNotOpened(t *testing.T) {
	e := data(inspect.LegDirect, client, 1, "secret", 0, "h2")
	e.Body.(*inspect.Data).Reason = "its secret is not known"
	talk := New(English).Conversation()
	if got := talk.Note(e).String(); got != "encrypted, not opened: its secret is not known" {
		t.Errorf("in a capture: %q", got)
	}
	talk.Note(&inspect.Event{Body: &inspect.ConnOpen{Mode: inspect.ModeObserve}})
	if got := talk.Note(e).String(); got != "encrypted, not opened: the client's key log does not have its secret" {
		t.Errorf("where it is observed: %q", got)
	}
	talk.Note(&inspect.Event{Body: &inspect.ConnOpen{Mode: inspect.ModeTunnel}})
	if got := talk.Note(e).String(); got != "encrypted between client and server: a tunnel is not opened" {
		t.Errorf("in a tunnel: %q", got)
	}
}

func TestSameBytes(t *testing.T) {
	long := strings.Repeat("0123456789", 100)
	for _, c := range []struct {
		name          string
		first, second *inspect.Event
		want          string
	}{
		{"the other leg", data(inspect.LegClient, client, 8, "GET /", 0, ""), data(inspect.LegServer, proxy, 9, "GET /", 0, ""), "same bytes as row 8"},
		{"the same leg", data(inspect.LegClient, client, 8, "ping", 0, ""), data(inspect.LegClient, client, 10, "ping", 0, ""), "ping"},
		{"other bytes", data(inspect.LegClient, client, 8, "GET /", 0, ""), data(inspect.LegServer, proxy, 9, "GET *", 0, ""), "GET *"},
		{"a long run", data(inspect.LegServer, server, 8, long, 900, ""), data(inspect.LegClient, proxy, 9, long+"more", 904, ""), "begins with the same bytes as row 8"},
		{"short beginnings prove nothing", data(inspect.LegServer, server, 8, long, 990, ""), data(inspect.LegClient, proxy, 9, long, 990, ""), "0123456789"},
	} {
		talk := New(English).Conversation()
		talk.Note(c.first)
		if got := talk.Note(c.second).String(); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestWhatPassedIsBounded sends data that never come on the other leg.
func TestWhatPassedIsBounded(t *testing.T) {
	talk := New(English).Conversation()
	for i := range 10 * maxPassed {
		talk.Note(data(inspect.LegClient, client, i, strings.Repeat("x", i+1), 0, ""))
	}
	if len(talk.passed) > maxPassed {
		t.Errorf("%d runs are remembered", len(talk.passed))
	}
	if got := talk.Note(data(inspect.LegServer, proxy, 999, "x", 0, "")).String(); got != "x" {
		t.Errorf("the oldest is still known: %q", got)
	}
}

// frame is an HTTP/2 frame.
func frame(kind, flags byte, stream byte, payload string) string {
	n := len(payload)
	return string([]byte{byte(n >> 16), byte(n >> 8), byte(n), kind, flags, 0, 0, 0, stream}) + payload
}

func TestHTTP2Notes(t *testing.T) {
	settings := frame(frameSettings, 0, 0, "\x00\x03\x00\x00\x00\x64")
	start := http2Preface + settings + frame(frameWindowUpdate, 0, 0, "\x00\x00\x00\x01") + frame(frameHeaders, 5, 1, "\x82")
	body := frame(frameData, 0, 1, strings.Repeat("x", 16)) + frame(frameData, 1, 1, "end")
	type event struct {
		in, want string
		cut      int
	}
	for _, c := range []struct {
		name   string
		events []event
	}{
		{"a request", []event{{start, "preface · SETTINGS · WINDOW_UPDATE · HEADERS stream 1 (END_STREAM)", 0}}},
		{"a body", []event{{body, "DATA stream 1 ×2, 19 B (END_STREAM)", 0}}},
		{"two streams", []event{{frame(frameHeaders, 4, 1, "a") + frame(frameHeaders, 4, 3, "b"), "HEADERS stream 1 · HEADERS stream 3", 0}}},
		{"acknowledgements", []event{{frame(frameSettings, 1, 0, "") + frame(framePing, 1, 0, "12345678"), "SETTINGS (ACK) · PING (ACK)", 0}}},
		{"a frame in two events", []event{
			{frame(frameData, 0, 1, "0123456789")[:14], "DATA stream 1, 5 B", 0},
			{"56789" + frame(frameRSTStream, 0, 1, "\x00\x00\x00\x08"), "rest of a frame, 5 B · RST_STREAM stream 1", 0}}},
		{"a header in two events", []event{
			{settings + frame(frameGoAway, 0, 0, "12345678")[:4], "SETTINGS", 0},
			{frame(frameGoAway, 0, 0, "12345678")[4:], "GOAWAY", 0}}},
		{"a body beyond the data limit", []event{
			{frame(frameData, 0, 1, strings.Repeat("x", 1000)), "DATA stream 1, 1,000 B", 900},
			{settings, "SETTINGS", 0}}},
		{"frames beyond the data limit", []event{
			{frame(frameData, 0, 1, strings.Repeat("x", 1000)) + settings, "DATA stream 1, 1,000 B", 900},
			{"xxxxxxxxxxxxxxxxxxxx", "xxxxxxxxxxxxxxxxxxxx", 0}, // nothing can be told of the middle of a frame
			{settings, "SETTINGS", 0}}},
		{"an unknown frame", []event{{frame(0xbb, 0, 0, "?"), "unknown (0xbb)", 0}}},
		{"not HTTP/2", []event{{strings.Repeat("\xff", 20), "binary", 0}}},
	} {
		talk := New(English).Conversation()
		for i, e := range c.events {
			got := talk.Note(data(inspect.LegClient, client, i+1, e.in, e.cut, "h2")).String()
			if got != e.want {
				t.Errorf("%s, event %d: %q, want %q", c.name, i, got, e.want)
			}
		}
	}
}

func TestControlFrames(t *testing.T) {
	update, headers := frame(frameWindowUpdate, 0, 0, "1234"), frame(frameHeaders, 0, 1, "x")
	for in, want := range map[string]bool{update: true, headers: false, update + headers: false, "": false} {
		note := New(English).Conversation().Data(data(inspect.LegClient, client, 1, in, 0, "h2"))
		if note.Control() != want {
			t.Errorf("%q: %v", in, note.Control())
		}
	}
}

// FuzzHTTP2 cuts a stream anywhere: no byte is counted twice, and frames that
// were seen whole stay the same.
func FuzzHTTP2(f *testing.F) {
	f.Add([]byte(http2Preface+frame(frameSettings, 0, 0, "")+frame(frameData, 0, 1, "some data")), uint8(30))
	f.Add([]byte(strings.Repeat("\x00\x00\x04\x08\x00\x00\x00\x00\x00abcd", 3)), uint8(17))
	f.Fuzz(func(t *testing.T, b []byte, at uint8) {
		whole := new(http2Flow)
		total := 0
		for _, fr := range whole.read(b, len(b)) {
			total += fr.Length
		}
		if total > len(b) {
			t.Fatalf("%d bytes of payload in %d", total, len(b))
		}
		if int(at) > len(b) || bytes.HasPrefix([]byte(http2Preface), b[:at]) {
			return
		}
		parts, sum := new(http2Flow), 0
		for _, half := range [][]byte{b[:at], b[at:]} {
			for _, fr := range parts.read(half, len(half)) {
				sum += fr.Length
			}
		}
		if !whole.lost && !parts.lost && len(b) < maxFrames*http2HeaderLen && sum != total {
			t.Fatalf("%d bytes of payload in one piece, %d in two", total, sum)
		}
	})
}
