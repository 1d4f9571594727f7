package application

import (
	"strings"
	"time"

	"tlsmitm/inspect/httpmsg"
)

const (
	// maxInterim bounds the interim responses that an exchange tells of.
	maxInterim = 16
	// maxAnomalies bounds those that a message tells of.
	maxAnomalies = 32
)

// Why a message is not all there. These are part of the events.
const (
	CutConnection = "the connection ended first"
	CutStream     = "the stream was ended first"
	CutNoAnswer   = "no response came"
)

// exchange is a request and its response while they pass.
type exchange struct {
	Ref
	l    *layer
	key  httpmsg.Exchange
	told *Exchange // what will be told

	request, response content
	begun             [2]bool // a head has come: of the request, of the response

	// As they were sent, where told has them with secrets hidden.
	method, path string
	host         string // the URL's
	extensions   string // Sec-WebSocket-Extensions of the response
	call         bool   // it is a gRPC call
	switching    bool   // another protocol follows, of which Switch will tell
	over         bool
	// unanswered is why there will be no response.
	unanswered string
}

func newExchange(l *layer, x httpmsg.Exchange) *exchange {
	e := &exchange{Ref: Ref{Exchange: l.c.nextID(), Protocol: l.protocol}, l: l, key: x, told: new(Exchange)}
	if l.protocol == httpmsg.HTTP2 {
		e.Stream = uint64(x)
	}
	e.request.init(e, Up)
	e.response.init(e, Down)
	e.told.Timings = Timings{Started: l.c.at, Request: -1, FirstByte: -1, Total: -1}
	return e
}

// content returns a direction's: the request's is always up, whoever sent it.
func (e *exchange) content(d Direction) *content {
	if d == Up {
		return &e.request
	}
	return &e.response
}

// message returns what will be told of a direction, nil where nothing has come.
func (e *exchange) message(d Direction) *Message {
	if d == Up {
		return &e.told.Request
	}
	return e.told.Response
}

func (e *exchange) since(t time.Time) time.Duration { return max(0, t.Sub(e.told.Timings.Started)) }

func (e *exchange) requestHead(d Direction, h *httpmsg.Head) {
	c := e.l.c
	e.begun[0] = true
	if h.Protocol != "" {
		e.Protocol = h.Protocol
	}
	e.method, e.path = h.Method, h.Path
	e.told.Timings.Started = c.at
	url, host := absolute(h, c.origin)
	e.host = host
	m := &e.told.Request
	m.Method, m.URL, m.Headers = h.Method, c.options.Redact.URL(url), e.l.hidden[index(d)].fields(c.options.Redact, h.Fields)
	m.Promised, m.HeadBytes = h.Promised, h.Bytes
	e.request.begin(h)
	c.emit(d, &Request{Ref: e.Ref, Message: *m})
}

func (e *exchange) interim(h *httpmsg.Head) {
	r := e.answer()
	if len(r.Interim) < maxInterim {
		r.Interim = append(r.Interim[:len(r.Interim):len(r.Interim)], Interim{Status: h.Status, Headers: hideFields(e.l.c.options.Redact, h.Fields)})
	}
}

// answer returns the response, of which there is none yet if only interim ones
// have come.
func (e *exchange) answer() *Message {
	if e.told.Response == nil {
		e.told.Response = new(Message)
	}
	return e.told.Response
}

func (e *exchange) responseHead(h *httpmsg.Head) {
	c := e.l.c
	e.begun[1] = true
	if !e.begun[0] && h.Protocol != "" {
		e.Protocol = h.Protocol
	}
	r := e.answer()
	r.Status, r.Reason, r.Headers, r.HeadBytes = h.Status, hideLabel(c.options.Redact, h.Reason), e.l.hidden[index(Down)].fields(c.options.Redact, h.Fields), h.Bytes
	e.switching = h.Status == 101 || e.method == "CONNECT" && h.Status >= 200 && h.Status < 300
	e.extensions = strings.Join(h.Fields.Values("Sec-WebSocket-Extensions"), ", ")
	if e.begun[0] {
		e.told.Timings.FirstByte = e.since(c.at)
	}
	e.response.begin(h)
	if e.call {
		e.told.GRPC = e.grpcStatus(h.Fields)
	}
	told := &Response{Ref: e.Ref, Message: *r, FirstByte: e.told.Timings.FirstByte}
	c.emit(Down, told)
}

func (e *exchange) trailers(d Direction, f httpmsg.Fields) {
	m := e.message(d)
	if m == nil {
		return
	}
	m.Trailers = append(m.Trailers, hideFields(e.l.c.options.Redact, f)...)
	if d == Down && e.call {
		if s := e.grpcStatus(f); s != nil {
			e.told.GRPC = s
		}
	}
}

// anomaly keeps one with its message. It returns false if there is none to keep
// it with.
func (e *exchange) anomaly(d Direction, a httpmsg.Anomaly) bool {
	m := e.message(d)
	if m == nil {
		return false
	}
	a = hideAnomaly(e.l.c.options.Redact, a)
	if len(m.Anomalies) < maxAnomalies {
		// A message that was told already shares the list as it was.
		m.Anomalies = append(m.Anomalies[:len(m.Anomalies):len(m.Anomalies)], a)
	}
	return true
}

// end ends a message, and with its second one the exchange.
func (e *exchange) end(d Direction, end httpmsg.End) {
	c, m := e.content(d), e.message(d)
	if c.ended {
		return
	}
	c.ended = true
	at := e.l.c.at
	if m == nil {
		e.unanswered = cut(end)
	} else {
		m.Cut = cut(end)
		m.Body = c.finish(m.Cut != "")
	}
	if d == Up {
		e.told.Timings.Request = e.since(at)
	}
	if m != nil && c.turn != e.l.c.turn {
		e.l.c.emit(d, &MessageEnd{
			Ref: e.Ref, Request: d == Up, Trailers: m.Trailers, Body: m.Body, Cut: m.Cut, Duration: max(0, at.Sub(c.began)),
		})
	}
	if e.request.ended && e.response.ended && !e.switching {
		e.finish()
	}
}

// cut says why a message ended early.
func cut(end httpmsg.End) string {
	switch {
	case end.Name != "":
		return CutStream + ": " + end.Name
	case end.Reset:
		return CutStream
	case end.Cut:
		return CutConnection
	}
	return ""
}

// finish tells of the exchange and forgets it.
func (e *exchange) finish() {
	if e.over {
		return
	}
	e.over = true
	delete(e.l.exchanges, e.key)
	if e.begun[0] && !e.request.ended && e.told.Switched == "" {
		e.told.Request.Cut = CutConnection
	}
	switch r := e.told.Response; {
	case !e.begun[1] && e.told.Request.Cut == "" && strings.HasPrefix(e.unanswered, CutStream):
		e.told.Request.Cut = e.unanswered
	case !e.begun[1] && e.told.Request.Cut == "":
		e.told.Request.Cut = CutNoAnswer
	case r != nil && !e.response.ended && e.told.Switched == "":
		r.Cut = CutConnection
	}
	if e.told.Response != nil && !e.begun[1] {
		e.told.Response.Cut = CutConnection // interim ones alone came
	}
	e.request.drop()
	e.response.drop()
	e.told.Ref = e.Ref
	e.told.Timings.Total = e.since(e.l.c.at)
	e.told.Sums = [2]uint32{e.request.sum, e.response.sum}
	e.l.c.emit(Up, e.told)
}
