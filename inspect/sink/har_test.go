package sink

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tlsmitm/inspect"
	"tlsmitm/inspect/application"
	"tlsmitm/inspect/httpmsg"
	"tlsmitm/inspect/tlswire"
)

// archive is as much of an HTTP archive as the tests look at.
type archive struct {
	Log struct {
		Version string
		Creator harCreator
		Entries []harEntry
	}
}

func readArchive(t *testing.T, path string) archive {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var a archive
	if err := json.Unmarshal(b, &a); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	return a
}

// login is an exchange with everything that the archive has a place for.
func login() *application.Exchange {
	return &application.Exchange{
		Ref: application.Ref{Exchange: "1.1", Protocol: httpmsg.HTTP11},
		Request: application.Message{
			Method: "POST", URL: "https://shop.example/login?next=%2Fcart&x", HeadBytes: 120,
			Headers: httpmsg.Fields{{Name: "Host", Value: "shop.example"}, {Name: "Cookie", Value: "a=1; b=2"}, {Name: "Content-Type", Value: "text/plain"}},
			Body:    &application.Body{Size: 2, DecodedSize: 2, Bytes: []byte("hi"), Text: true},
		},
		Response: &application.Message{
			Status: 302, Reason: "Found", HeadBytes: 90,
			Headers: httpmsg.Fields{{Name: "Location", Value: "/cart"}, {Name: "Set-Cookie", Value: "c=3; Path=/"}, {Name: "Content-Type", Value: "image/png"}},
			Body:    &application.Body{Size: 3, DecodedSize: 5, Bytes: []byte{0x89, 0, 1, 2, 3}},
		},
		Timings: application.Timings{
			Started: time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC), Request: time.Millisecond, FirstByte: 5 * time.Millisecond, Total: 7 * time.Millisecond,
		},
	}
}

func TestHAR(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.har")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	h := NewHAR(f, "v1")
	on := func(body any) *inspect.Event { return &inspect.Event{Conn: 1, Leg: inspect.LegServer, Body: body} }
	write := func(events ...*inspect.Event) {
		t.Helper()
		if err := h.Write(events); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Flush(time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	write(on(&inspect.Established{Version: tlswire.VersionTLS13, CipherSuite: 0x1301, ALPN: "http/1.1"}), on(login()))
	a := readArchive(t, path) // while it goes on
	if a.Log.Version != "1.2" || a.Log.Creator != (harCreator{"tlsmitm", "v1"}) || len(a.Log.Entries) != 1 {
		t.Fatalf("archive %+v", a)
	}
	e := a.Log.Entries[0]
	if e.Started != "2026-01-02T03:04:05.006000Z" || e.Time != 7 || e.Timings != (harTimings{1, 4, 2}) || e.Connection != "1" {
		t.Errorf("times %+v", e)
	}
	if r := e.Request; r.Method != "POST" || r.BodySize != 2 || r.HeadersSize != 120 || r.PostData == nil || r.PostData.Text != "hi" || r.PostData.MimeType != "text/plain" ||
		len(r.Headers) != 3 || len(r.Cookies) != 2 || r.Cookies[1] != (harPair{"b", "2"}) ||
		len(r.QueryString) != 2 || r.QueryString[0] != (harPair{"next", "/cart"}) || r.QueryString[1] != (harPair{"x", ""}) {
		t.Errorf("request %+v", r)
	}
	if r := e.Response; r.Status != 302 || r.StatusText != "Found" || r.RedirectURL != "/cart" || r.BodySize != 3 || len(r.Cookies) != 1 || r.Cookies[0] != (harPair{"c", "3"}) ||
		r.Content.Size != 5 || r.Content.Compression != 2 || r.Content.Encoding != "base64" || r.Content.Text != "iQABAgM=" || r.Content.MimeType != "image/png" {
		t.Errorf("response %+v", r)
	}
	if tls := e.TLS[inspect.LegServer]; tls.Version != "TLS 1.3" || tls.CipherSuite != "TLS_AES_128_GCM_SHA256" || len(e.TLS) != 1 {
		t.Errorf("TLS %+v", e.TLS)
	}

	// A WebSocket's entry waits for its messages.
	socket := login()
	socket.Exchange, socket.Switched, socket.Response = "1.2", "websocket", nil
	sent := on(&application.WebSocketMessage{Ref: socket.Ref, Opcode: 1, Bytes: []byte("ping"), Text: true})
	sent.From, sent.Time = inspect.PartyClient, time.Unix(1, 5e8)
	got := on(&application.WebSocketMessage{Ref: socket.Ref, Opcode: 2, Bytes: []byte{0}})
	write(on(socket), sent, got)
	if n := len(readArchive(t, path).Log.Entries); n != 1 {
		t.Errorf("%d entries while the WebSocket is open", n)
	}
	write(on(&inspect.ConnClose{}))
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	entries := readArchive(t, path).Log.Entries
	if len(entries) != 2 {
		t.Fatalf("%d entries", len(entries))
	}
	want := []harMessage{{"send", 1.5, 1, "ping"}, {"receive", float64(time.Time{}.UnixMicro()) / 1e6, 2, "AA=="}}
	if e := entries[1]; e.ResourceType != "websocket" || len(e.Messages) != 2 || e.Messages[0] != want[0] || e.Messages[1] != want[1] || e.Response.Status != 0 {
		t.Errorf("WebSocket %+v", e)
	}
}

// An archive of nothing is one, too; and so is what cannot seek.
func TestHARWithoutEntries(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.har")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := NewHAR(f, "v1").Close(); err != nil {
		t.Fatal(err)
	}
	if a := readArchive(t, path); a.Log.Version != "1.2" || len(a.Log.Entries) != 0 {
		t.Errorf("archive %+v", a)
	}
	if f, err = os.Create(path); err != nil {
		t.Fatal(err)
	}
	h := NewHAR(struct{ onlyWriter }{onlyWriter{f}}, "v1")
	if err := h.Write([]*inspect.Event{{Conn: 1, Body: login()}, {Conn: 1, Body: login()}}); err != nil {
		t.Fatal(err)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if a := readArchive(t, path); len(a.Log.Entries) != 2 {
		t.Errorf("archive %+v", a)
	}
}

// onlyWriter hides what a file can do besides.
type onlyWriter struct{ f *os.File }

func (w onlyWriter) Write(b []byte) (int, error) { return w.f.Write(b) }
func (w onlyWriter) Close() error                { return w.f.Close() }
