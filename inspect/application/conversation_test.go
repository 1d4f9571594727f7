package application

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"tlsmitm/inspect/httpmsg"
	"tlsmitm/inspect/redact"
)

// piece is what passes in one direction.
type piece struct {
	up   bool
	text string
}

func up(text string) piece   { return piece{true, wire(text)} }
func down(text string) piece { return piece{false, wire(text)} }

// wire writes text with the line ends of HTTP.
func wire(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") }

var start = time.Unix(1_700_000_000, 0)

// follow feeds pieces, one millisecond and one row after the other, cut into
// parts of at most size bytes.
func follow(o Options, origin Origin, size int, pieces ...piece) (events []Event) {
	c := New(o, origin, func(e Event) { events = append(events, e) })
	at := start
	for i, p := range pieces {
		at = start.Add(time.Duration(i) * time.Millisecond)
		for b := []byte(p.text); len(b) > 0; {
			n := min(size, len(b))
			part := bytes.Clone(b[:n])
			c.Feed(Direction(p.up), at, i+1, part)
			clear(part) // the caller's again
			b = b[n:]
		}
	}
	c.Close(at.Add(time.Millisecond))
	return events
}

const whole = 1 << 20

var secure = Origin{Conn: 7, TLS: true, Target: "shop.example:443"}

// of returns the bodies of one type.
func of[T any](events []Event) (list []T) {
	for _, e := range events {
		if b, ok := e.Body.(T); ok {
			list = append(list, b)
		}
	}
	return list
}

func TestExchange(t *testing.T) {
	events := follow(Options{}, secure, whole,
		up("GET /lamp?x=1 HTTP/1.1\nHost: shop.example\nX-A: 1\nx-a: 2\n\n"),
		down("HTTP/1.1 200 OK\nContent-Type: application/json\nContent-Length: 11\n\n"),
		down(`{"a": "b"}`+" "),
	)
	var kinds []string
	for _, e := range events {
		kinds = append(kinds, fmt.Sprintf("%T %v %d", e.Body, e.Direction, e.Row))
	}
	want := []string{
		"*application.Request true 1", "*application.Response false 2", "*application.MessageEnd false 3", "*application.Exchange true 3",
	}
	if !reflect.DeepEqual(kinds, want) {
		t.Fatalf("events %q, want %q", kinds, want)
	}
	x := of[*Exchange](events)[0]
	if x.Exchange != "7.1" || x.Protocol != httpmsg.HTTP11 || x.Stream != 0 {
		t.Errorf("reference %+v", x.Ref)
	}
	if r := x.Request; r.Method != "GET" || r.URL != "https://shop.example/lamp?x=1" || r.Body != nil || r.Cut != "" ||
		!reflect.DeepEqual(r.Headers, httpmsg.Fields{{Name: "Host", Value: "shop.example"}, {Name: "X-A", Value: "1"}, {Name: "x-a", Value: "2"}}) {
		t.Errorf("request %+v", r)
	}
	r := x.Response
	if r == nil || r.Status != 200 || r.Reason != "OK" || r.Cut != "" || r.Body == nil {
		t.Fatalf("response %+v", r)
	}
	if b := r.Body; b.Size != 11 || b.DecodedSize != 11 || string(b.Bytes) != `{"a": "b"} ` || b.Kind != "json" || !b.Text || b.Truncated {
		t.Errorf("body %+v", b)
	}
	if want := (Timings{start, 0, time.Millisecond, 2 * time.Millisecond}); x.Timings != want {
		t.Errorf("timings %+v, want %+v", x.Timings, want)
	}
}

// A message whose end comes with its head has no end of its own told.
func TestEndsAreToldOnlyWhereTheyTakeTime(t *testing.T) {
	events := follow(Options{}, secure, whole,
		up("POST / HTTP/1.1\nHost: a\nContent-Length: 2\n\nhi"), down("HTTP/1.1 204 No Content\n\n"))
	if ends := of[*MessageEnd](events); len(ends) != 0 {
		t.Errorf("told of ends: %+v", ends)
	}
	if x := of[*Exchange](events); len(x) != 1 || string(x[0].Request.Body.Bytes) != "hi" || x[0].Response.Body != nil {
		t.Errorf("exchanges %+v", x)
	}
}

func TestPipelining(t *testing.T) {
	events := follow(Options{}, secure, whole,
		up("HEAD /1 HTTP/1.1\nHost: a\n\nGET /2 HTTP/1.1\nHost: a\n\nGET /3 HTTP/1.1\nHost: a\n\n"),
		down("HTTP/1.1 200 OK\nContent-Length: 5\n\nHTTP/1.1 103 Early Hints\nLink: </x>\n\nHTTP/1.1 404 Not Found\nContent-Length: 3\n\nabc"),
		down("HTTP/1.1 200 OK\n\nto the end"),
	)
	var got []string
	for _, x := range of[*Exchange](events) {
		size := int64(-1)
		if x.Response.Body != nil {
			size = x.Response.Body.Size
		}
		got = append(got, fmt.Sprint(x.Exchange, " ", x.Request.URL, " ", x.Response.Status, " ", size, " ", len(x.Response.Interim), x.Response.Cut))
	}
	want := []string{"7.1 https://a/1 200 -1 0", "7.2 https://a/2 404 3 1", "7.3 https://a/3 200 10 0"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestTransferCoding: a coding of the transfer is taken off, after what was applied to
// the content itself (RFC 9112, section 6.1).
func TestTransferCoding(t *testing.T) {
	const text = "hello, hello, hello"
	for encoding, packed := range map[string]string{
		"":                         gzipped(t, text),
		"Content-Encoding: gzip\n": gzipped(t, gzipped(t, text)),
	} {
		events := follow(Options{}, secure, 100,
			up("GET / HTTP/1.1\nHost: a\n\n"),
			piece{false, wire("HTTP/1.1 200 OK\nTransfer-Encoding: gzip, chunked\n"+encoding+"Content-Type: text/plain\n\n"+fmt.Sprintf("%x\n", len(packed))) +
				packed + wire("\n0\n\n")})
		if b := of[*Exchange](events)[0].Response.Body; string(b.Bytes) != text {
			t.Errorf("with %q: %q, %+v", encoding, b.Bytes, b)
		}
	}
}

func gzipped(t *testing.T, s string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(s)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestContentCodingAndTrailers(t *testing.T) {
	text := strings.Repeat("a line of text. ", 100)
	packed := gzipped(t, text)
	events := follow(Options{}, secure, 100,
		up("GET / HTTP/1.1\nHost: a\n\n"),
		piece{false, wire("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\nContent-Encoding: gzip\nContent-Type: text/plain\n\n"+fmt.Sprintf("%x\n", len(packed))) +
			packed + wire("\n0\nX-Sum: 1\n\n")},
	)
	r := of[*Exchange](events)[0].Response
	b := r.Body
	if b.Size != int64(len(packed)) || b.DecodedSize != int64(len(text)) || string(b.Bytes) != text || !reflect.DeepEqual(b.Encoding, []string{"gzip"}) {
		t.Errorf("body of %d bytes, decoded %d, %v: %.40q", b.Size, b.DecodedSize, b.Encoding, b.Bytes)
	}
	if !reflect.DeepEqual(r.Trailers, httpmsg.Fields{{Name: "X-Sum", Value: "1"}}) {
		t.Errorf("trailers %v", r.Trailers)
	}
}

func TestWhatIsCutIsSaidToBe(t *testing.T) {
	for name, c := range map[string]struct {
		pieces            []piece
		request, response string
	}{
		"no response":       {[]piece{up("GET / HTTP/1.1\nHost: a\n\n")}, CutNoAnswer, ""},
		"half a request":    {[]piece{up("POST / HTTP/1.1\nHost: a\nContent-Length: 9\n\nhalf")}, CutConnection, ""},
		"half a response":   {[]piece{up("GET / HTTP/1.1\nHost: a\n\n"), down("HTTP/1.1 200 OK\nContent-Length: 9\n\nhalf")}, "", CutConnection},
		"interim ones only": {[]piece{up("GET / HTTP/1.1\nHost: a\n\n"), down("HTTP/1.1 100 Continue\n\n")}, CutNoAnswer, CutConnection},
	} {
		t.Run(name, func(t *testing.T) {
			list := of[*Exchange](follow(Options{}, secure, whole, c.pieces...))
			if len(list) != 1 {
				t.Fatalf("%d exchanges", len(list))
			}
			x, response := list[0], ""
			if x.Response != nil {
				response = x.Response.Cut
			}
			if x.Request.Cut != c.request || response != c.response {
				t.Errorf("request %q, response %q; want %q, %q", x.Request.Cut, response, c.request, c.response)
			}
		})
	}
}

func TestBodiesAreBounded(t *testing.T) {
	body := strings.Repeat("0123456789", 100)
	budget := NewBudget(300)
	pieces := []piece{up("GET / HTTP/1.1\nHost: a\n\n"), down("HTTP/1.1 200 OK\nContent-Length: 1000\n\n" + body)}
	for _, c := range []struct {
		o    Options
		kept int
	}{{Options{BodyBytes: 64}, 64}, {Options{BodyBytes: -1}, 0}, {Options{Budget: budget}, 300}, {Options{}, 1000}} {
		b := of[*Exchange](follow(c.o, secure, 97, pieces...))[0].Response.Body
		if b.Size != 1000 || len(b.Bytes) != c.kept || b.Truncated != (c.kept < 1000) || b.DecodedSize != 1000 {
			t.Errorf("with %+v: size %d, kept %d, truncated %v", c.o, b.Size, len(b.Bytes), b.Truncated)
		}
	}
	if used := budget.used.Load(); used != 0 {
		t.Errorf("%d bytes of the budget were not given back", used)
	}
}

// Only where content is not all there may its last character be unfinished.
func TestUnfinishedCharacters(t *testing.T) {
	for _, c := range []struct {
		body string
		kept int
		text bool
	}{{"abc\xc3\xa4", 0, true}, {"abc\xc3", 0, false}, {"\xe2", 0, false}, {"abc\xc3\xa4", 4, true}, {"abc\xff\xa4", 4, false}} {
		pieces := []piece{up("GET / HTTP/1.1\nHost: a\n\n"), down(fmt.Sprintf("HTTP/1.1 200 OK\nContent-Length: %d\n\n%s", len(c.body), c.body))}
		if b := of[*Exchange](follow(Options{BodyBytes: c.kept}, secure, 97, pieces...))[0].Response.Body; b.Text != c.text {
			t.Errorf("%q, of which %d are kept: text %v", c.body, c.kept, b.Text)
		}
	}
}

// What nobody needs to see can be skipped, and is counted all the same.
func TestSkipping(t *testing.T) {
	var events []Event
	c := New(Options{BodyBytes: 4}, secure, func(e Event) { events = append(events, e) })
	c.Feed(Up, start, 1, []byte(wire("GET / HTTP/1.1\nHost: a\n\n")))
	c.Feed(Down, start, 2, []byte(wire("HTTP/1.1 200 OK\nContent-Length: 1000\n\nab")))
	if n := c.Skippable(Down); n != 0 {
		t.Errorf("%d bytes may be skipped while some are to be kept", n)
	}
	c.Feed(Down, start, 2, []byte("cd"))
	n := c.Skippable(Down)
	if n != 996 {
		t.Fatalf("%d bytes may be skipped, want 996", n)
	}
	c.Skip(Down, start, 2, n)
	c.Close(start)
	x := of[*Exchange](events)[0]
	if b := x.Response.Body; x.Response.Cut != "" || b.Size != 1000 || string(b.Bytes) != "abcd" || !b.Truncated {
		t.Errorf("response %+v, body %+v", x.Response, b)
	}
}

func TestSecretsAreHidden(t *testing.T) {
	r, err := redact.New(redact.Default())
	if err != nil {
		t.Fatal(err)
	}
	events := follow(Options{Redact: r}, secure, 10,
		up("POST /login?access_token=tok-9f8e7d HTTP/1.1\nHost: a\nAuthorization: Bearer auth-1a2b3c\nCookie: sid=cook-4d5e6f\n"+
			"Content-Type: application/json\nContent-Length: 27\n\n"+`{"password": "pass-7a8b9c"}`),
		down("HTTP/1.1 200 OK\nSet-Cookie: sid=cook-0f0f0f; Path=/\nContent-Type: application/json\nContent-Length: 31\n\n"+
			`{"refresh_token":"refr-1b1b1b"}`),
	)
	all := fmt.Sprintf("%+v", dump(events))
	for _, secret := range []string{"tok-9f8e7d", "auth-1a2b3c", "cook-4d5e6f", "pass-7a8b9c", "cook-0f0f0f", "refr-1b1b1b"} {
		if strings.Contains(all, secret) {
			t.Errorf("%s is told: %s", secret, all)
		}
	}
	x := of[*Exchange](events)[0]
	if !x.Request.Body.Hidden || !x.Response.Body.Hidden || !strings.Contains(x.Request.URL, "access_token=") {
		t.Errorf("exchange %s", dump(events))
	}
}

// dump writes events with all that they point to.
func dump(events []Event) string {
	var b strings.Builder
	for _, e := range events {
		fmt.Fprintf(&b, "%v %d %T ", e.Direction, e.Row, e.Body)
		switch body := e.Body.(type) {
		case *Exchange:
			fmt.Fprintf(&b, "%v %v ", body.Ref, body.Timings)
			dumpMessage(&b, &body.Request)
			dumpMessage(&b, body.Response)
			fmt.Fprintf(&b, "%q %v", body.Switched, body.GRPC)
		case *Request:
			fmt.Fprintf(&b, "%v ", body.Ref)
			dumpMessage(&b, &body.Message)
		case *Response:
			fmt.Fprintf(&b, "%v ", body.Ref)
			dumpMessage(&b, &body.Message)
		case *MessageEnd:
			fmt.Fprintf(&b, "%v %v %v %q ", body.Ref, body.Request, body.Trailers, body.Cut)
			dumpBody(&b, body.Body)
		default:
			fmt.Fprintf(&b, "%+v", body)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func dumpMessage(b *strings.Builder, m *Message) {
	if m == nil {
		b.WriteString("none ")
		return
	}
	fmt.Fprintf(b, "{%s %s %d %s %q %q %v %v %q %d ", m.Method, m.URL, m.Status, m.Reason, m.Headers, m.Trailers, m.Interim, m.Anomalies, m.Cut, m.HeadBytes)
	dumpBody(b, m.Body)
	b.WriteString("} ")
}

func dumpBody(b *strings.Builder, body *Body) {
	if body != nil {
		fmt.Fprintf(b, "%+v %q", *body, body.Bytes)
	}
}

func TestURLs(t *testing.T) {
	plain := Origin{Conn: 1, Target: "10.0.0.1:8080"}
	for _, c := range []struct {
		origin  Origin
		request string
		want    string
	}{
		{secure, "GET / HTTP/1.0\n\n", "https://shop.example/"},
		{secure, "GET /a HTTP/1.1\nHost: other.example:8443\n\n", "https://other.example:8443/a"},
		{plain, "GET /a HTTP/1.0\n\n", "http://10.0.0.1:8080/a"},
		{plain, "GET http://full.example/x?y HTTP/1.1\nHost: full.example\n\n", "http://full.example/x?y"},
		{plain, "OPTIONS * HTTP/1.1\nHost: a\n\n", "http://a"},
		{plain, "CONNECT a.example:443 HTTP/1.1\nHost: a.example:443\n\n", "a.example:443"},
		{Origin{Conn: 1, TLS: true, Target: "[::1]:443"}, "GET / HTTP/1.0\n\n", "https://[::1]/"},
	} {
		list := of[*Request](follow(Options{}, c.origin, whole, up(c.request)))
		if len(list) != 1 || list[0].URL != c.want {
			t.Errorf("%q: %+v, want %s", c.request, list, c.want)
		}
	}
}

// What is no HTTP is left alone, whoever speaks first.
func TestOtherProtocols(t *testing.T) {
	for name, pieces := range map[string][]piece{
		"SMTP":         {down("220 mail.example ESMTP\n"), up("EHLO client.example\n"), down("250 mail.example\n")},
		"SSH":          {down("SSH-2.0-OpenSSH_9.6\n"), up("SSH-2.0-client\n")},
		"bytes":        {up("\x00\x01\x02\x03\x04"), down("\x00\x01")},
		"server alone": {down("* OK IMAP4rev1 ready\n")},
		"much at once": {down(strings.Repeat("x", 3*maxHeld)), up("GET / HTTP/1.1\nHost: a\n\n")},
		"one letter":   {up("G")},
	} {
		if events := follow(Options{}, secure, 7, pieces...); name != "one letter" && len(events) != 0 {
			t.Errorf("%s: %s", name, dump(events))
		}
	}
}

// The server may be heard before the client: its leg's secret came first.
func TestResponseBeforeRequest(t *testing.T) {
	x := of[*Exchange](follow(Options{}, secure, whole,
		down("HTTP/1.1 200 OK\nContent-Length: 2\n\nok"), up("GET /late HTTP/1.1\nHost: a\n\n")))
	if len(x) != 1 || x[0].Request.URL != "https://a/late" || x[0].Response == nil || x[0].Response.Status != 200 {
		t.Errorf("exchanges %+v", x)
	}
}

// What is fed first may be more than is held while the protocol is unknown.
func TestMuchFirst(t *testing.T) {
	body := strings.Repeat("x", 3*maxHeld)
	for _, size := range []int{whole, maxHeld + 1, 1000} {
		x := of[*Exchange](follow(Options{}, secure, size,
			up(fmt.Sprintf("PUT / HTTP/1.1\nHost: a\nContent-Length: %d\n\n%s", len(body), body)), down("HTTP/1.1 200 OK\nContent-Length: 2\n\nok")))
		if len(x) != 1 || string(x[0].Request.Body.Bytes) != body || x[0].Response == nil {
			t.Errorf("in pieces of %d: %d exchanges", size, len(x))
		}
	}
}

// TestTrickle feeds byte by byte what can long not be told to be HTTP or not. To
// join what is held at every byte would take minutes.
func TestTrickle(t *testing.T) {
	for _, request := range []string{"T ", "GET /", "\r\n"} {
		request += strings.Repeat(request[len(request)-1:], 2*maxHeld)
		if events := follow(Options{}, secure, 1, down(request), up(request), down(request)); len(events) != 0 {
			t.Errorf("%.3q: %s", request, dump(events))
		}
	}
}

// The same bytes cut anywhere tell the same.
func FuzzCuts(f *testing.F) {
	f.Add("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", 1)
	f.Add("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\nabc", 3)
	f.Add("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00", "\x00\x00\x00\x04\x00\x00\x00\x00\x00", 5)
	f.Add("EHLO a\r\n", "220 b\r\n", 2)
	f.Add("T \r"+strings.Repeat("\xfe", 3000), "HTTP/1.1 200 OK\r\n\r\n", 3)
	f.Fuzz(func(t *testing.T, request, response string, size int) {
		if size < 1 {
			return
		}
		pieces := []piece{{true, request}, {false, response}}
		// In one piece, a message's end may come with its head, and is then not
		// told of on its own.
		untimed := func(events []Event) string {
			var kept []Event
			for _, e := range events {
				if _, end := e.Body.(*MessageEnd); !end {
					kept = append(kept, e)
				}
			}
			return dump(kept)
		}
		one, cut := untimed(follow(Options{}, secure, 1, pieces...)), untimed(follow(Options{}, secure, size, pieces...))
		if one != cut {
			t.Errorf("byte by byte:\n%s\nin pieces of %d:\n%s", one, size, cut)
		}
	})
}
