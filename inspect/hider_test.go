package inspect

import (
	"bytes"
	"strings"
	"testing"

	"tlsmitm/inspect/application"
	"tlsmitm/inspect/httpmsg"
	"tlsmitm/inspect/redact"
)

const savedSecret = "s3cr3t-0a1b2c3d4e5f"

func newHiding(t *testing.T) *Hider {
	t.Helper()
	r, err := redact.New(redact.Default())
	if err != nil {
		t.Fatal(err)
	}
	return NewHider(r)
}

// row is data in one direction of a leg, of which the beginning was saved.
func row(text string, length int, alpn string) *Event {
	return &Event{Kind: KindTLSData, Conn: 1, Leg: LegClient, From: PartyClient, To: PartyProxy, Body: &Data{Length: length, Bytes: []byte(text), ALPN: alpn, Truncated: length > len(text)}}
}

// TestHiderFollowsRows: what a row begins goes on in the next, whether or not all of it
// was saved, and whatever rows were left out of a file.
func TestHiderFollowsRows(t *testing.T) {
	open := func(hidden bool) *Event { return &Event{Kind: KindConnOpen, Conn: 1, Body: &ConnOpen{Hidden: hidden}} }
	const head = "POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
	frame := func(kind byte, payload string) string {
		return string([]byte{0, 0, byte(len(payload)), kind, 4, 0, 0, 0, 1}) + payload
	}
	for name, c := range map[string]struct {
		events []*Event
		want   string // what shows of the last, * for what is hidden
	}{
		"a value over two rows":             {[]*Event{open(false), row(head+`{"password":"s3cr`, 88, ""), row(`3t-0a1b","x":1`, 14, "")}, `*******","x":1`},
		"a value in what was not saved":     {[]*Event{open(false), row(head+`{"pass`, 500, ""), row(`s3cr3t","x":1`, 13, "")}, `*************`},
		"the next message after that":       {[]*Event{open(false), row(head+`{"pass`, len(head)+1000, ""), row("GET /?token=s3cr3t HTTP/1.1\r\n", 29, "")}, "GET /?token=****** HTTP/1.1\r\n"},
		"of what was hidden when it passed": {[]*Event{open(true), row(head+`{"pass`, 500, ""), row(`abcdef","x":1`, 13, "")}, `abcdef","x":1`},
		"a mask that was cut":               {[]*Event{open(true), row(`x","password":"‹password, 8 by`, 60, "")}, `x","password":"‹password, 8 by`},
		"rows without what came before":     {[]*Event{row(`s3cr3t","x":1`, 13, "")}, `*************`},
		"rows from their first on":          {[]*Event{row("GET /?token=s3cr3t HTTP/1.1\r\n", 29, "")}, "GET /?token=****** HTTP/1.1\r\n"},
		"HTTP/2 without what came before":   {[]*Event{row(frame(1, "s3cr3t"), 15, "h2")}, strings.Repeat("*", 15)},
		"HTTP/2 from its first on":          {[]*Event{row(frame(4, "")[:4]+"\x00\x00\x00\x00\x00"+frame(1, "s3cr3t"), 24, "h2")}, "\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x06\x01\x04\x00\x00\x00\x01******"},
		"after a loss":                      {[]*Event{open(false), row("GET / HTTP/1.1\r\nX-Api-Key: s3", 30, ""), {Kind: KindLoss, Conn: 1, Leg: LegClient, From: PartyClient, Body: &Loss{Bytes: 5}}, row("cr3t\r\nHost: a", 13, "")}, "*****\nHost: a"},
	} {
		h := newHiding(t)
		var last *Event
		for _, e := range c.events {
			before := append([]byte(nil), rowBytes(e)...)
			last = h.Hide(e)
			if !bytes.Equal(rowBytes(e), before) {
				t.Errorf("%s: the event was altered", name)
			}
		}
		if got := string(rowBytes(last)); got != c.want {
			t.Errorf("%s:\ngot  %q\nwant %q", name, got, c.want)
		}
	}
}

func rowBytes(e *Event) []byte {
	if d, ok := e.Body.(*Data); ok {
		return d.Bytes
	}
	return nil
}

// TestHiderHidesEverything has a secret in every place of every event that can have one.
func TestHiderHidesEverything(t *testing.T) {
	const named = "password=" + savedSecret
	ref := application.Ref{Exchange: "1.1", Protocol: httpmsg.HTTP2, Stream: 1}
	body := func() *application.Body {
		return &application.Body{Size: 30, DecodedSize: 30, Bytes: []byte(named), Text: true}
	}
	fields := httpmsg.Fields{{Name: "X-Api-Key", Value: savedSecret}}
	message := application.Message{
		Method: "GET", URL: "https://a/?token=" + savedSecret, Reason: named, Headers: fields, Trailers: fields, Body: body(),
		Interim: []application.Interim{{Status: 103, Headers: fields}}, Anomalies: []httpmsg.Anomaly{{Code: "x", Detail: named}},
	}
	h := newHiding(t)
	for _, b := range []any{
		&ConnOpen{Target: "u:" + savedSecret + "@a:443", UserAgent: named}, &Data{Length: len(named), Bytes: []byte(named)}, &Malformed{Length: len(named), Bytes: []byte(named)},
		&Diagnosis{Subject: "a?token=" + savedSecret, Evidence: named}, &Unknown{Line: []byte(`{"event":"later","password":"` + savedSecret + `"}`)},
		&application.Request{Ref: ref, Message: message}, &application.Response{Ref: ref, Message: message},
		&application.WebSocketMessage{Ref: ref, Bytes: []byte(named), Text: true, CloseReason: named}, &application.WebSocketMessage{Ref: ref, Opcode: 2, Bytes: []byte("\x81\xa3pwd\xb3" + savedSecret)},
		&application.ServerSentEvent{Ref: ref, Data: named, ID: named, Type: named},
		&application.GRPCMessage{Ref: ref, Path: "/a?token=" + savedSecret, Fields: `{"password":"` + savedSecret + `"}`, JSON: true, Bytes: []byte("\x0a\x13" + savedSecret)},
		&application.Frame{Ref: ref, Frame: httpmsg.Frame{Summary: "debug=\"" + named + "\""}},
		&application.Trouble{Ref: ref, Reason: named, Anomalies: []httpmsg.Anomaly{{Detail: named}}},
		&application.MessageEnd{Ref: ref, Trailers: fields, Body: body()},
		&application.Exchange{Ref: ref, Request: message, Response: &message, GRPC: &application.GRPCStatus{Message: named}},
		&ConnClose{Error: named},
	} {
		e := &Event{Conn: 1, Leg: LegClient, From: PartyClient, To: PartyProxy, Body: b}
		if e.Kind = kindOf(b); e.Kind == KindHTTPAnomaly {
			e.Kind = KindTLSData // only what is written counts
		}
		before := e.AppendJSON(nil)
		hidden := h.Hide(e).AppendJSON(nil)
		for _, form := range []string{savedSecret, "czNjcjN0LTBhMWIyYzNkNGU1Z", "N0LTBhMWIyYzNkNG", "3IzdC0wYTFiMmMzZDRlN"} { // base64 at each place
			if bytes.Contains(hidden, []byte(form)) {
				t.Errorf("%T: %s", b, hidden)
			}
		}
		if bytes.Equal(hidden, before) || !bytes.Equal(e.AppendJSON(nil), before) {
			t.Errorf("%T: %s became %s", b, before, hidden)
		}
		if again := newHiding(t).Hide(h.Hide(e)).AppendJSON(nil); len(again) != len(h.Hide(e).AppendJSON(nil)) {
			t.Errorf("%T: hidden again it is %s", b, again)
		}
	}
	if e := row(named, len(named), ""); NewHider(nil).Hide(e) != e {
		t.Error("without rules something was hidden")
	}
}
