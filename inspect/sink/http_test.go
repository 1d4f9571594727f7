package sink

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"tlsmitm/inspect"
	"tlsmitm/inspect/application"
	"tlsmitm/inspect/explain"
	"tlsmitm/inspect/httpmsg"
)

// exchangeFlow is a run with one of everything that the view shows.
func exchangeFlow() []*inspect.Event {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	client := func(conn uint64, body any) *inspect.Event {
		return &inspect.Event{Time: at, Conn: conn, Leg: inspect.LegClient, From: inspect.PartyClient, To: inspect.PartyProxy, Body: body}
	}
	server := func(conn uint64, body any) *inspect.Event {
		return &inspect.Event{Time: at, Conn: conn, Leg: inspect.LegServer, From: inspect.PartyServer, To: inspect.PartyProxy, Body: body}
	}
	ref := func(id string) application.Ref {
		return application.Ref{Exchange: id, Protocol: httpmsg.HTTP2, Stream: 1}
	}
	json := login()
	json.Response.Status, json.Response.Body = 200, &application.Body{
		Size: 40, DecodedSize: 60, Encoding: []string{"gzip"}, Kind: "json", Text: true, Bytes: []byte(`{"a":[1,2],"b":"` + "\x1b[31m" + `"}`)}
	json.Response.Headers = httpmsg.Fields{{Name: "Content-Type", Value: "application/json"}, {Name: "X-Evil", Value: "\x1b]0;title\x07"}}
	json.Response.Trailers = httpmsg.Fields{{Name: "X-Sum", Value: "1"}}
	json.Request.Anomalies = []httpmsg.Anomaly{{Code: "bare_lf"}, {Code: "host_differs", Detail: "a.example"}}
	cut := login()
	cut.Ref, cut.Request.Cut, cut.Response, cut.Timings.Total = ref("1.2"), application.CutNoAnswer, nil, 3*time.Second
	cut.Request.URL = "https://shop.example/" + strings.Repeat("long/", 40) + "end"
	call := login()
	call.Ref, call.GRPC = ref("1.3"), &application.GRPCStatus{Code: 5, Name: "NOT_FOUND", Message: "no such lamp"}
	return []*inspect.Event{
		client(1, &inspect.ConnOpen{Client: "127.0.0.1:5000", Target: "shop.example:443", Via: inspect.ViaConnect, Mode: inspect.ModeIntercept}),
		client(1, &application.Request{Ref: json.Ref, Message: json.Request}), server(1, json),
		client(1, cut),
		client(1, &application.Request{Ref: call.Ref, Message: call.Request}),
		client(1, &application.GRPCMessage{Ref: call.Ref, Path: "/a.B/C", Index: 1, Length: 2, Fields: "1: 7"}),
		server(1, &application.ServerSentEvent{Ref: call.Ref, Index: 1, Kind: "message", Type: "tick", ID: "9", Size: 2, Data: "hi"}),
		server(1, &application.WebSocketMessage{Ref: call.Ref, Index: 1, Opcode: 8, Kind: "close", Length: 9, CloseCode: 1000, CloseReason: "done"}),
		client(1, call),
		server(1, &application.Trouble{Ref: application.Ref{Protocol: httpmsg.HTTP2}, Failed: true, Reason: "bytes were lost"}),
		client(1, &inspect.ConnClose{Cause: inspect.CauseOK}),
		client(2, &inspect.ConnOpen{Client: "127.0.0.1:5001", Target: "mail.example:465", Via: inspect.ViaConnect, Mode: inspect.ModeTunnel}),
		client(2, &inspect.ConnClose{Cause: inspect.CauseOK, Flows: []inspect.FlowTotal{{Leg: inspect.LegDirect, From: inspect.PartyClient, To: inspect.PartyServer, Bytes: 120, Data: 80}}}),
		client(3, &inspect.ConnOpen{Client: "127.0.0.1:5002", Target: "gone.example:443", Via: inspect.ViaConnect, Mode: inspect.ModeIntercept}),
		client(3, &inspect.Diagnosis{Code: inspect.CauseDialFailed, Confidence: inspect.Certain, Subject: "gone.example:443", Evidence: "refused"}),
		client(3, &inspect.ConnClose{Cause: inspect.CauseDialFailed}),
	}
}

func TestHTTPView(t *testing.T) {
	for name, c := range map[string]struct {
		width int
		lang  explain.Lang
		show  Show
	}{
		"http.wide":   {140, explain.English, ShowLine},
		"http.narrow": {80, explain.English, ShowLine},
		"http.all":    {100, explain.English, ShowAll},
		"http.head":   {100, explain.English, ShowHead},
		"http.body":   {100, explain.English, ShowBody},
		"http.zh":     {120, explain.Chinese, ShowAll},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			h := NewHTTP(&out, Style{Width: func() int { return c.width }, Words: explain.New(c.lang)}, c.show)
			if err := h.Write(exchangeFlow()); err != nil {
				t.Fatal(err)
			}
			if err := h.Close(); err != nil {
				t.Fatal(err)
			}
			if i := bytes.IndexFunc(out.Bytes(), func(r rune) bool { return r < ' ' && r != '\n' }); i >= 0 {
				t.Errorf("a control character is shown: %q", out.Bytes()[max(0, i-20):min(out.Len(), i+20)])
			}
			for l := range strings.Lines(out.String()) {
				if n := cells.StringWidth(strings.TrimSuffix(l, "\n")); n > c.width {
					t.Errorf("a line of %d cells: %s", n, l)
				}
			}
			golden(t, name, out.String())
		})
	}
}

// A request that waits is shown once it has waited for long, and once only.
func TestHTTPViewShowsWhatWaits(t *testing.T) {
	var out bytes.Buffer
	h := NewHTTP(&out, Style{Width: func() int { return 120 }}, ShowLine)
	events := exchangeFlow()[:2]
	if err := h.Write(events); err != nil {
		t.Fatal(err)
	}
	if pending, err := h.Flush(events[1].Time); err != nil || !pending || out.Len() > 0 {
		t.Errorf("at once: %v, %v, %q", pending, err, out.String())
	}
	later := events[1].Time.Add(2 * slowAnswer)
	if pending, err := h.Flush(later); err != nil || pending {
		t.Errorf("later: %v, %v", pending, err)
	}
	said := out.String()
	if !strings.Contains(said, "no response yet, after 2.0 s") || !strings.Contains(said, "https://shop.example/login") {
		t.Errorf("said %q", said)
	}
	if _, err := h.Flush(later.Add(time.Minute)); err != nil || out.String() != said {
		t.Errorf("said again: %q", out.String())
	}
}

// What is said to be missing of a WebSocket message is missing: neither what
// compression made longer, nor what a hidden secret made shorter.
func TestWholeWebSocketMessages(t *testing.T) {
	for _, c := range []struct {
		m     application.WebSocketMessage
		shown string
		more  string
	}{
		{application.WebSocketMessage{Opcode: 1, Length: 10, DecodedSize: 8, Compressed: true, Text: true, Bytes: []byte("hello ü")}, "hello ü", ""},
		{application.WebSocketMessage{Opcode: 1, Length: 90, Text: true, Bytes: []byte("‹token, 90 bytes, #000000›")}, "‹token, 90 bytes, #000000›", ""},
		{application.WebSocketMessage{Opcode: 1, Length: 10, DecodedSize: 5000, Compressed: true, Text: true, Truncated: true, Bytes: []byte("xxxx")}, "xxxx", "4,996 B more"},
		{application.WebSocketMessage{Opcode: 2, Length: 12, Truncated: true, Bytes: []byte{0, 255}}, "00 ff", "10 B more"},
		{application.WebSocketMessage{Opcode: 8, Length: 5, CloseCode: 1000, CloseReason: "bye", Bytes: []byte("\x03\xe8bye")}, "bye", ""},
	} {
		c.m.Ref, c.m.Kind = application.Ref{Exchange: "1.1"}, "kind"
		e := &inspect.Event{Conn: 1, Leg: inspect.LegClient, From: inspect.PartyClient, Body: &c.m}
		for name, view := range map[string]func(w io.Writer, s Style) inspect.Sink{
			"http":  func(w io.Writer, s Style) inspect.Sink { return NewHTTP(w, s, ShowLine) },
			"table": func(w io.Writer, s Style) inspect.Sink { return NewTable(w, s) },
		} {
			var out bytes.Buffer
			v := view(&out, Style{Width: func() int { return 100 }, Words: explain.New(explain.English), DataBytes: -1})
			if err := v.Write([]*inspect.Event{e}); err != nil {
				t.Fatal(err)
			}
			v.Close()
			if got := out.String(); !strings.Contains(got, c.shown) || strings.Contains(got, " more") != (c.more != "") || !strings.Contains(got, c.more) || strings.Contains(got, `\x03`) {
				t.Errorf("%s: %+v is shown as\n%s", name, c.m, got)
			}
		}
	}
}
