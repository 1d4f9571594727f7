package explain

import (
	"strings"
	"time"

	"tlsmitm/inspect"
	"tlsmitm/inspect/application"
	"tlsmitm/inspect/httpmsg"
)

// exchangeWords is what is said about HTTP and what is inside it.
type exchangeWords struct {
	columns    ExchangeColumns
	waiting    func(elapsed string) string
	cut        map[string]string // why a message is not all there, by how the event says it
	cutRequest func(why string) string
	cutAnswer  func(why string) string
	anomaly    func(code, detail string) string
	undecoded  func(why string) string
	promised   string
	switched   func(protocol string) string
	failed     func(why string) string
	differs    map[string]string
	interim    func(statuses string) string
	noHTTP     string
	trailers   string
	message    func(index int) string
	event      func(name string) string
	closing    func(code int) string
	compressed func(amount string) string
	noResponse string
}

// ExchangeColumns are the headings of a table of exchanges, but for those that are
// names.
type ExchangeColumns struct{ Exchange, Method, Status, Type, Size, Time string }

// ExchangeColumns returns the headings.
func (w *Words) ExchangeColumns() ExchangeColumns { return w.say.http.columns }

// Waiting says for how long a request has had no answer yet.
func (w *Words) Waiting(d time.Duration) string { return w.say.http.waiting(Elapsed(d)) }

// NoHTTP says that a connection spoke something else.
func (w *Words) NoHTTP() string { return w.say.http.noHTTP }

// Trailers is the caption of a message's trailers.
func (w *Words) Trailers() string { return w.say.http.trailers }

// Exchange says what is remarkable about an exchange; nothing, mostly.
func (w *Words) Exchange(x *application.Exchange) (n Note) {
	say := &w.say.http
	if x.Request.Promised {
		n.tone(Faint, say.promised)
	}
	if x.Switched != "" {
		n.say(say.switched(Value(x.Switched)))
	}
	if x.Request.Cut != "" {
		n.tone(Fatal, say.cutRequest(say.whyCut(x.Request.Cut)))
	}
	w.remarks(&n, &x.Request)
	if r := x.Response; r != nil {
		if len(r.Interim) > 0 {
			n.tone(Faint, say.interim(list(r.Interim, func(i application.Interim) string { return Number(int64(i.Status)) })))
		}
		if r.Cut != "" {
			n.tone(Fatal, say.cutAnswer(say.whyCut(r.Cut)))
		}
		w.remarks(&n, r)
	}
	if g := x.GRPC; g != nil {
		tone := Good
		if g.Code != 0 {
			tone = Warning
		}
		text := "gRPC " + Value(g.Name)
		if g.Message != "" {
			text += ": " + Value(g.Message)
		}
		n.tone(tone, text)
	}
	return n
}

// whyCut gives the reason for which a message is not all there in words.
func (say *exchangeWords) whyCut(why string) string {
	reason, code, coded := strings.Cut(why, ": ")
	if words, ok := say.cut[reason]; ok {
		reason = words
	}
	if coded {
		reason += ": " + Value(code)
	}
	return reason
}

func (w *Words) remarks(n *Note, m *application.Message) {
	for _, a := range m.Anomalies {
		n.tone(Warning, w.Anomaly(a))
	}
	if b := m.Body; b != nil && b.Error != "" {
		n.tone(Warning, w.say.http.undecoded(Value(b.Error)))
	}
}

// Anomaly says what is not as it should be.
func (w *Words) Anomaly(a httpmsg.Anomaly) string {
	return w.say.http.anomaly(string(a.Code), Value(a.Detail))
}

// WebSocketMessage says what kind of message it is.
func (w *Words) WebSocketMessage(m *application.WebSocketMessage) (n Note) {
	say := &w.say.http
	n.say("ws " + Value(m.Kind))
	if m.CloseCode != 0 {
		n.say(say.closing(m.CloseCode))
		n.say(Value(m.CloseReason))
	}
	n.say(Bytes(m.Length))
	if m.Compressed {
		n.tone(Faint, say.compressed(Bytes(m.DecodedSize)))
	}
	for _, a := range m.Anomalies {
		n.tone(Warning, w.say.http.anomaly(Value(a), ""))
	}
	if m.Cut {
		n.tone(Fatal, say.whyCut(application.CutConnection))
	}
	return n
}

// ServerSentEvent says which event it is.
func (w *Words) ServerSentEvent(v *application.ServerSentEvent) (n Note) {
	name := v.Type
	if name == "" {
		name = v.Kind
	}
	n.say(w.say.http.event(Value(name)))
	if v.ID != "" {
		n.say("id " + Value(v.ID))
	}
	n.say(Bytes(v.Size))
	return n
}

// GRPCMessage says which message it is.
func (w *Words) GRPCMessage(m *application.GRPCMessage) (n Note) {
	n.say(w.say.http.message(m.Index))
	n.say(Value(m.Type))
	n.say(Bytes(m.Length))
	if m.Error != "" {
		n.tone(Warning, w.say.http.undecoded(Value(m.Error)))
	}
	return n
}

// Trouble says what is wrong with what a connection speaks.
func (w *Words) Trouble(t *application.Trouble) (n Note) {
	if t.Failed {
		n.tone(Warning, w.say.http.failed(Value(t.Reason)))
	}
	for _, a := range t.Anomalies {
		n.tone(Warning, w.Anomaly(a))
	}
	return n
}

// carried says what an event about an exchange means, in one line.
func (c *Conversation) carried(e *inspect.Event) (n Note) {
	w := Words{say: c.say}
	switch b := e.Body.(type) {
	case *application.Request:
		n.say(Value(b.Method + " " + b.URL))
	case *application.Response:
		n.say(statusLine(&b.Message))
	case *application.MessageEnd:
		if b.Body != nil {
			n.say(content(b.Body))
		}
		if b.Cut != "" {
			n.tone(Fatal, c.say.http.whyCut(b.Cut))
		}
	case *application.Exchange:
		return append(w.ExchangeLine(b), w.Exchange(b)...)
	case *application.WebSocketMessage:
		n = w.WebSocketMessage(b)
		n.say(preview(b.Bytes, b.Text))
	case *application.ServerSentEvent:
		n = w.ServerSentEvent(b)
		n.say(preview([]byte(b.Data), true))
	case *application.GRPCMessage:
		n = w.GRPCMessage(b)
		n.say(preview([]byte(b.Fields), true))
	case *application.Frame:
		n.say(Value(b.Name))
		n.say(Bytes(int64(b.Length)))
		n.say(Value(b.Summary))
	case *application.Trouble:
		return w.Trouble(b)
	case *application.Difference:
		n.tone(Warning, c.say.http.differs[b.What])
	}
	return n
}

// ExchangeLine sums an exchange up: request, status, content and time.
func (w *Words) ExchangeLine(x *application.Exchange) (n Note) {
	n.say(Value(x.Request.Method + " " + x.Request.URL))
	if x.Response == nil || x.Response.Status == 0 {
		n.tone(Fatal, w.say.http.noResponse)
	} else {
		n.tone(StatusTone(x.Response.Status), statusLine(x.Response))
		if b := x.Response.Body; b != nil {
			n.say(content(b))
		}
	}
	n.say(Elapsed(x.Timings.Total))
	return n
}

// StatusTone says how a status is meant (RFC 9110, section 15).
func StatusTone(status int) Tone {
	switch {
	case status >= 500:
		return Fatal
	case status >= 400:
		return Warning
	case status >= 200 && status < 300:
		return Good
	}
	return Plain
}

func statusLine(m *application.Message) string {
	s := Number(int64(m.Status))
	if m.Reason != "" {
		s += " " + Value(m.Reason)
	}
	return s
}

// content says what a body is and how large.
func content(b *application.Body) string {
	s := Value(b.Kind)
	if b.Description != "" {
		s = Value(b.Description)
	}
	return s + ", " + Bytes(b.Size)
}

// maxPreview is how much of a message a line shows, in runes.
const maxPreview = 80

// preview is the beginning of a text in one line; "" of what is no text.
func preview(b []byte, text bool) string {
	if !text {
		return ""
	}
	return clip(Clean(strings.Join(strings.Fields(string(b[:min(len(b), 4*maxPreview)])), " ")), maxPreview)
}
