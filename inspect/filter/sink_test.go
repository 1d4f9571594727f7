package filter

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"tlsmitm/inspect"
	"tlsmitm/inspect/application"
	"tlsmitm/inspect/httpmsg"
	"tlsmitm/inspect/tlswire"
)

// recorder keeps what it is shown, as short words.
type recorder struct {
	words  []string
	events []*inspect.Event
	err    error
	closed bool
}

func (r *recorder) Name() string { return "recorder" }
func (r *recorder) Write(batch []*inspect.Event) error {
	for _, e := range batch {
		r.events = append(r.events, e)
		r.words = append(r.words, word(e))
	}
	return r.err
}
func (r *recorder) Flush(time.Time) (bool, error) { return false, nil }
func (r *recorder) Close() error                  { r.closed = true; return nil }

// word is an event's kind, connection, and exchange or row.
func word(e *inspect.Event) string {
	w := fmt.Sprintf("%s/%d", e.Kind, e.Conn)
	if ref := refOf(e.Body); ref != nil {
		return w + "/" + ref.Exchange
	}
	if e.No > 0 {
		w += fmt.Sprintf("#%d", e.No)
	}
	return w
}

// scene makes events.
type scene struct {
	events []*inspect.Event
	conn   uint64
	row    int
}

func (s *scene) add(kind inspect.Kind, leg inspect.LegName, from inspect.Party, row int, body any) {
	to := inspect.PartyProxy
	if from == inspect.PartyProxy {
		to = map[inspect.LegName]inspect.Party{inspect.LegClient: inspect.PartyClient, inspect.LegServer: inspect.PartyServer}[leg]
	}
	e := &inspect.Event{Time: time.Unix(int64(len(s.events)), 0), Kind: kind, Conn: s.conn, Leg: leg, From: from, No: row, Body: body}
	if from != "" {
		e.To = to
	}
	s.events = append(s.events, e)
}

func (s *scene) open(conn uint64, sni string) *scene {
	s.conn, s.row = conn, 2
	s.add(inspect.KindConnOpen, "", "", 0, &inspect.ConnOpen{Client: "127.0.0.1:1", Target: sni + ":443", Mode: inspect.ModeIntercept, Via: inspect.ViaConnect})
	s.add(inspect.KindTLSMessage, inspect.LegClient, inspect.PartyClient, 1, &inspect.Message{ClientHello: &tlswire.ClientHello{ServerName: sni}, Wire: 500, Raw: make([]byte, 500)})
	s.add(inspect.KindTLSEstablished, inspect.LegServer, "", 0, &inspect.Established{Version: tlswire.VersionTLS12})
	s.add(inspect.KindTLSEstablished, inspect.LegClient, "", 0, &inspect.Established{Version: tlswire.VersionTLS13, ServerName: sni})
	return s
}

// data is one run of data, told on both legs.
func (s *scene) data(up bool, size int) *scene {
	legs := []inspect.LegName{inspect.LegServer, inspect.LegClient}
	parties := []inspect.Party{inspect.PartyServer, inspect.PartyProxy}
	if up {
		legs, parties = []inspect.LegName{inspect.LegClient, inspect.LegServer}, []inspect.Party{inspect.PartyClient, inspect.PartyProxy}
	}
	s.row++
	s.add(inspect.KindTLSData, legs[0], parties[0], s.row, &inspect.Data{Length: size, Wire: size + 22, Bytes: make([]byte, size)})
	return s
}

// copy is the same on the other leg.
func (s *scene) copy(up bool, size int) *scene {
	s.row++
	if up {
		s.add(inspect.KindTLSData, inspect.LegServer, inspect.PartyProxy, s.row, &inspect.Data{Length: size, Wire: size + 22, Bytes: make([]byte, size)})
	} else {
		s.add(inspect.KindTLSData, inspect.LegClient, inspect.PartyProxy, s.row, &inspect.Data{Length: size, Wire: size + 22, Bytes: make([]byte, size)})
	}
	return s
}

func ref(id string) application.Ref {
	return application.Ref{Exchange: id, Protocol: httpmsg.HTTP11}
}

func (s *scene) request(id, url string) *scene {
	s.add(inspect.KindHTTPRequest, inspect.LegClient, inspect.PartyClient, s.row, &application.Request{Ref: ref(id), Message: application.Message{Method: "GET", URL: url}})
	return s
}

func (s *scene) response(id string, status int) *scene {
	s.add(inspect.KindHTTPResponse, inspect.LegServer, inspect.PartyServer, s.row, &application.Response{Ref: ref(id), Message: application.Message{Status: status}})
	return s
}

func (s *scene) exchange(id, url string, status int, body string) *scene {
	s.add(inspect.KindHTTPExchange, inspect.LegClient, "", 0, &application.Exchange{Ref: ref(id),
		Request:  application.Message{Method: "GET", URL: url},
		Response: &application.Message{Status: status, Body: &application.Body{Bytes: []byte(body), Size: int64(len(body))}},
	})
	return s
}

// whole is an exchange from its first byte to its last.
func (s *scene) whole(id, url string, status int, body string) *scene {
	return s.data(true, 10).request(id, url).copy(true, 10).data(false, 20).response(id, status).exchange(id, url, status, body).copy(false, 20)
}

func (s *scene) close(cause inspect.Cause) *scene {
	s.add(inspect.KindConnClose, "", "", 0, &inspect.ConnClose{Cause: cause})
	return s
}

// through shows the events, one at a time, to what matches.
func (s *scene) through(t *testing.T, expr string, o Options) *recorder {
	t.Helper()
	f, err := Compile(expr)
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{}
	sink := NewSink(r, f, o)
	for _, e := range s.events {
		if err := sink.Write([]*inspect.Event{e}); err != nil {
			t.Fatal(err)
		}
	}
	if fs := sink.(*Sink); fs.held != 0 && len(fs.conns) == 0 {
		t.Errorf("%s: %d bytes are held of nothing", expr, fs.held)
	}
	if err := sink.Close(); err != nil || !r.closed {
		t.Errorf("%s: closed: %v", expr, err)
	}
	if held := sink.(*Sink).held; held != 0 {
		t.Errorf("%s: %d bytes are held in the end", expr, held)
	}
	return r
}

func (r *recorder) want(t *testing.T, what, words string) {
	t.Helper()
	if got := strings.Join(r.words, " "); got != strings.Join(strings.Fields(words), " ") {
		t.Errorf("%s:\ngot  %s\nwant %s", what, got, strings.Join(strings.Fields(words), " "))
	}
}

func TestExchangesThatMatchShow(t *testing.T) {
	s := new(scene).open(1, "a.example").whole("1.1", "https://a.example/x", 200, "one").whole("1.2", "https://a.example/y", 500, "two").whole("1.3", "https://a.example/z", 200, "three").close(inspect.CauseOK)
	const opening, second = "conn.open/1 tls.message/1#1 tls.established/1 tls.established/1",
		"tls.data/1#7 http.request/1/1.2 tls.data/1#8 tls.data/1#9 http.response/1/1.2 http.exchange/1/1.2 tls.data/1#10"
	for _, expr := range []string{`status >= 500`, `path == "/y"`, `body contains "two"`} {
		s.through(t, expr, Options{}).want(t, expr, opening+" "+second+" conn.close/1")
	}
	s.through(t, `cause == "ok" && path == "/y"`, Options{}).want(t, "at the end", opening+" "+second+" conn.close/1")
	s.through(t, `status == 404`, Options{}).want(t, "none", "")
	for _, expr := range []string{`status < 900`, `sni == "a.example"`, `conn == 1`, `version == "TLS 1.2" && client_version == "TLS 1.3"`} {
		r := s.through(t, expr, Options{})
		if len(r.events) != len(s.events) {
			t.Errorf("%s: %d events of %d: %s", expr, len(r.events), len(s.events), r.words)
		}
	}
	s.through(t, `version == "TLS 1.3"`, Options{}).want(t, "no connection", "")
}

func TestExchangesShowAsSoonAsTheyAreDecided(t *testing.T) {
	s := new(scene).open(1, "a.example").data(true, 10).request("1.1", "https://a.example/slow").copy(true, 10)
	n := len(s.events)
	s.data(false, 10).response("1.1", 200)
	f, err := Compile(`path == "/slow"`)
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{}
	sink := NewSink(r, f, Options{})
	if err := sink.Write(s.events[:n]); err != nil {
		t.Fatal(err)
	}
	r.want(t, "before the response", "conn.open/1 tls.message/1#1 tls.established/1 tls.established/1 tls.data/1#3 http.request/1/1.1 tls.data/1#4")
	if err := sink.Write(s.events[n:]); err != nil {
		t.Fatal(err)
	}
	if len(r.events) != len(s.events) {
		t.Errorf("after the response: %s", r.words)
	}
}

func TestStreamsThatInterleave(t *testing.T) {
	s := new(scene).open(1, "a.example")
	s.data(true, 10).request("1.1", "https://a.example/slow").request("1.2", "https://a.example/fast").copy(true, 10)
	s.data(false, 10).response("1.1", 200).response("1.2", 200).exchange("1.2", "https://a.example/fast", 200, "want").copy(false, 10)
	s.data(false, 10).exchange("1.1", "https://a.example/slow", 200, "want").copy(false, 10).close(inspect.CauseOK)
	r := s.through(t, `body == "want"`, Options{})
	if len(r.events) != len(s.events) {
		t.Errorf("both: %s", r.words)
	}
	r.want(t, "both", `conn.open/1 tls.message/1#1 tls.established/1 tls.established/1 tls.data/1#3 http.request/1/1.2 tls.data/1#4 tls.data/1#5
		http.response/1/1.2 http.exchange/1/1.2 http.request/1/1.1 http.response/1/1.1 tls.data/1#6 tls.data/1#7 http.exchange/1/1.1 tls.data/1#8 conn.close/1`)
}

func TestConnectionsWithoutExchanges(t *testing.T) {
	s := new(scene).open(1, "a.example").data(false, 10).copy(false, 10).data(true, 10).close(inspect.CauseClientRejected)
	s.open(2, "b.example").close(inspect.CauseOK)
	for expr, want := range map[string]string{
		`cause == "client_rejected_certificate"`: "conn.open/1 tls.message/1#1 tls.established/1 tls.established/1 tls.data/1#3 tls.data/1#4 tls.data/1#5 conn.close/1",
		`kind == "tls" && host == "b.example"`:   "conn.open/2 tls.message/2#1 tls.established/2 tls.established/2 conn.close/2",
		`target == "b.example:443"`:              "conn.open/2 tls.message/2#1 tls.established/2 tls.established/2 conn.close/2",
		`status == 200`:                          "",
	} {
		s.through(t, expr, Options{}).want(t, expr, want)
	}
}

func TestEndsThatDoNotCome(t *testing.T) {
	s := new(scene).open(1, "a.example").whole("1.1", "https://a.example/x", 200, "one").data(true, 10).request("1.2", "https://a.example/y")
	s.through(t, `cause == "" && path == "/y"`, Options{}).want(t, "an unfinished file",
		"conn.open/1 tls.message/1#1 tls.established/1 tls.established/1 tls.data/1#7 http.request/1/1.2")
}

func TestEventsOfTheRunPass(t *testing.T) {
	s := &scene{}
	s.add(inspect.KindRunStart, "", "", 0, &inspect.RunStart{})
	s.open(1, "a.example")
	s.add(inspect.KindSecret, inspect.LegClient, "", 0, &inspect.Secret{Line: "x"})
	s.conn = 0
	s.add(inspect.KindRunEnd, "", "", 0, &inspect.RunEnd{})
	s.through(t, `false`, Options{}).want(t, "nothing", "run.start/0 run.end/0")
	if got := NewSink(&recorder{}, nil, Options{}); got.Name() != "recorder" {
		t.Error("no filter")
	} else if _, wrapped := got.(*Sink); wrapped {
		t.Error("no filter costs something")
	}
}

func TestHoldingIsBounded(t *testing.T) {
	s := new(scene).open(1, "a.example")
	for range 100 {
		s.data(false, 1000)
	}
	s.close(inspect.CauseOK)
	r := s.through(t, `cause == "ok"`, Options{ConnBytes: 20000})
	var lost, shown int64
	for _, e := range r.events {
		switch b := e.Body.(type) {
		case *inspect.Loss:
			if b.Reason != inspect.LossFilter || e.Conn != 1 {
				t.Errorf("%+v", b)
			}
			lost += b.Bytes
		case *inspect.Data:
			shown += int64(b.Wire)
		}
	}
	if lost == 0 || lost+shown != 100*1022 {
		t.Errorf("%d lost and %d shown", lost, shown)
	}
	if r.words[1] != "conn.open/1" || r.words[len(r.words)-1] != "conn.close/1" {
		t.Errorf("handshakes go before data: %s", r.words)
	}

	f, err := Compile(`cause == "ok"`)
	if err != nil {
		t.Fatal(err)
	}
	sink := NewSink(&recorder{}, f, Options{ConnBytes: 1 << 20, TotalBytes: 100000}).(*Sink)
	for conn := range uint64(50) {
		s := new(scene).open(conn+1, "a.example")
		for range 10 {
			s.data(false, 1000)
		}
		if err := sink.Write(s.events); err != nil {
			t.Fatal(err)
		}
		if sink.held > 110000 {
			t.Fatalf("%d bytes are held", sink.held)
		}
	}

	// What belongs to an exchange that did not match is no loss.
	s = new(scene).open(1, "a.example").whole("1.1", "https://a.example/x", 500, "one").data(true, 10).request("1.2", "https://a.example/y")
	for range 100 {
		s.data(true, 1000)
	}
	s.data(false, 10).response("1.2", 200).exchange("1.2", "https://a.example/y", 200, "").whole("1.3", "https://a.example/x", 500, "").close(inspect.CauseOK)
	for _, e := range s.through(t, `path == "/x"`, Options{ConnBytes: 20000}).events {
		if e.Kind == inspect.KindLoss {
			t.Errorf("told of a loss: %+v", e.Body)
		}
	}
}

func TestExpressionsThatFail(t *testing.T) {
	var told []error
	s := new(scene).open(1, "a.example").whole("1.1", "https://a.example/x", 200, "").whole("1.2", "https://a.example/x", 200, "").close(inspect.CauseOK)
	s.through(t, `anomalies[3] == "x"`, Options{OnError: func(err error) { told = append(told, err) }}).want(t, "failures", "")
	if len(told) != 1 {
		t.Errorf("told %d times: %v", len(told), told)
	}
	f, err := Compile("true")
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{err: errors.New("full")}
	sink := NewSink(r, f, Options{})
	if err := sink.Write(s.events); err == nil {
		t.Error("the error of the inner sink is lost")
	}
	n := len(r.events)
	if err := sink.Close(); err != nil || len(r.events) != n {
		t.Errorf("written to after its error: %v", err)
	}
}

func TestManyExchangesWait(t *testing.T) {
	s := new(scene).open(1, "a.example")
	for i := range maxWaiting + 10 {
		s.whole(fmt.Sprintf("1.%d", i+1), "https://a.example/x", 200, "")
	}
	s.close(inspect.CauseOK)
	r := s.through(t, `cause == "ok" && status == 200`, Options{ConnBytes: 1 << 30, TotalBytes: 1 << 30})
	n := 0
	for _, e := range r.events {
		if e.Kind == inspect.KindHTTPExchange {
			n++
		}
	}
	if n != maxWaiting {
		t.Errorf("%d exchanges show", n)
	}
	if r.words[0] != "loss/1" {
		t.Errorf("no loss is told first: %s", r.words[0])
	}
}

// FuzzSink holds, for events in any order, that what shows was written, that
// nothing shows twice, that all of an exchange shows or nothing, and that with a
// filter that lets all pass everything shows.
func FuzzSink(f *testing.F) {
	for seed := range uint64(5) {
		f.Add(seed, uint8(60), uint8(seed))
	}
	exprs := []string{`true`, `status >= 400`, `path == "/a"`, `body contains "x"`, `cause == "ok" && method == "GET"`, `sni == "a"`, `conn == 2`}
	var filters []*Filter
	for _, e := range exprs {
		c, err := Compile(e)
		if err != nil {
			f.Fatal(err)
		}
		filters = append(filters, c)
	}
	f.Fuzz(func(t *testing.T, seed uint64, n, which uint8) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		s := &scene{}
		rows := map[uint64]int{}
		for range n {
			s.conn = 1 + rnd.Uint64N(3)
			s.row = rows[s.conn]
			id := fmt.Sprintf("%d.%d", s.conn, 1+rnd.IntN(4))
			url := "https://a/" + string(rune('a'+rnd.IntN(3)))
			status := 200 + 300*rnd.IntN(2)
			switch rnd.IntN(9) {
			case 0:
				s.open(s.conn, "a")
			case 1, 2:
				s.data(rnd.IntN(2) == 0, rnd.IntN(100))
			case 3:
				s.request(id, url)
			case 4:
				s.response(id, status)
			case 5:
				s.exchange(id, url, status, "xyz"[:rnd.IntN(3)])
			case 6:
				s.close(inspect.CauseOK)
			case 7:
				s.copy(rnd.IntN(2) == 0, 5)
			default:
				s.whole(id, url, status, "x")
			}
			rows[s.conn] = s.row
		}
		c := filters[int(which)%len(filters)]
		r := s.through(t, c.String(), Options{})
		known := map[*inspect.Event]int{}
		for i, e := range s.events {
			known[e] = i + 1
		}
		for _, e := range r.events {
			if known[e] == 0 {
				t.Fatalf("%s shows what was not there, or twice: %s", c, word(e))
			}
			delete(known, e)
		}
		if c.String() == "true" && len(known) > 0 {
			t.Fatalf("%d events do not show", len(known))
		}
	})
}
