package filter

import (
	"strings"

	"tlsmitm/inspect"
	"tlsmitm/inspect/application"
	"tlsmitm/inspect/tlswire"
)

// refOf is the exchange that an event is about, nil for other events.
func refOf(body any) *application.Ref {
	switch b := body.(type) {
	case *application.Request:
		return &b.Ref
	case *application.Response:
		return &b.Ref
	case *application.MessageEnd:
		return &b.Ref
	case *application.Exchange:
		return &b.Ref
	case *application.WebSocketMessage:
		return &b.Ref
	case *application.ServerSentEvent:
		return &b.Ref
	case *application.GRPCMessage:
		return &b.Ref
	case *application.Frame:
		return &b.Ref
	case *application.Trouble:
		return &b.Ref
	case *application.Difference:
		return &b.Ref
	}
	return nil
}

// learn takes what an event says of the connection.
func (c *conn) learn(e *inspect.Event) {
	f := &c.facts
	f.Conn = int(e.Conn)
	switch b := e.Body.(type) {
	case *inspect.ConnOpen:
		f.Client, f.Target, f.Via, f.Mode, f.Agent = b.Client, b.Target, string(b.Via), string(b.Mode), b.UserAgent
	case *inspect.Message:
		c.tls = true
		c.hello(e, b)
	case *inspect.Established:
		t := TLS{Version: b.Version.String(), CipherSuite: b.CipherSuite.String(), ALPN: b.ALPN}
		if b.Group != 0 {
			t.Group = b.Group.String()
		}
		c.settled(e.Leg, t)
		if e.Leg != inspect.LegServer {
			f.Resumed = b.Resumed
			if f.SNI == "" {
				f.SNI = b.ServerName
			}
		}
	case *inspect.ConnClose:
		if f.Cause = string(b.Cause); b.Mode != "" {
			f.Mode = string(b.Mode)
		}
	}
}

// hello takes what the hellos say, fingerprints only if somebody asks for them.
func (c *conn) hello(e *inspect.Event, m *inspect.Message) {
	f := &c.facts
	if h := m.ClientHello; h != nil && e.Leg != inspect.LegServer {
		f.SNI = h.ServerName
		if c.s.filter.Uses("ja3") {
			f.JA3, _ = h.JA3()
		}
		if c.s.filter.Uses("ja4") {
			f.JA4, _ = h.JA4()
		}
	}
	h := m.ServerHello
	if h == nil || h.IsHelloRetryRequest() {
		return
	}
	if e.Leg != inspect.LegClient && c.s.filter.Uses("ja3s") {
		f.JA3S, _ = h.JA3S()
	}
	// In a tunnel no more than this is to be seen.
	t := TLS{Version: h.Version().String(), CipherSuite: h.CipherSuite.String(), ALPN: h.ALPN}
	if g := h.KeyShare.Group; g != 0 {
		t.Group = tlswire.NamedGroup(g).String()
	}
	c.settled(e.Leg, t)
}

func (c *conn) settled(leg inspect.LegName, t TLS) {
	if leg != inspect.LegServer {
		c.facts.ClientLeg = t
	}
	if leg != inspect.LegClient {
		c.facts.ServerLeg = t
	}
}

// learn takes what an event says of an exchange.
func (x *exchange) learn(c *conn, e *inspect.Event) {
	f := &x.facts
	keep(f, &c.facts)
	switch b := e.Body.(type) {
	case *application.Request:
		x.request(c, b.Ref, &b.Message)
	case *application.Response:
		x.response(c, &b.Message)
	case *application.Exchange:
		x.request(c, b.Ref, &b.Request)
		if b.Response != nil {
			x.response(c, b.Response)
		}
		if b.Switched == "websocket" {
			f.Kind = "websocket"
		}
		if b.GRPC != nil {
			f.Kind, f.GRPCStatus = "grpc", b.GRPC.Name
		}
		f.DurationMS = float64(b.Timings.Total.Microseconds()) / 1000
		for _, m := range []*application.Message{&b.Request, b.Response} {
			if m == nil {
				continue
			}
			for _, a := range m.Anomalies {
				f.Anomalies = append(f.Anomalies, string(a.Code))
			}
		}
	case *application.WebSocketMessage:
		f.Kind = "websocket"
		x.message(c, b.Bytes)
	case *application.ServerSentEvent:
		f.Kind = "sse"
		x.message(c, []byte(b.Data))
	case *application.GRPCMessage:
		f.Kind = "grpc"
		x.message(c, []byte(b.Fields))
	}
}

// keep takes over what was learnt of the connection since.
func keep(f, of *Facts) {
	f.SNI, f.JA3, f.JA4, f.JA3S, f.Resumed, f.ClientLeg, f.ServerLeg = of.SNI, of.JA3, of.JA4, of.JA3S, of.Resumed, of.ClientLeg, of.ServerLeg
}

func (x *exchange) request(c *conn, ref application.Ref, m *application.Message) {
	f := &x.facts
	f.Protocol, f.URL, f.Method = string(ref.Protocol), m.URL, m.Method
	f.Request.Header = m.Headers
	if strings.HasPrefix(strings.ToLower(m.Headers.Get("Content-Type")), "application/grpc") {
		f.Kind = "grpc"
	}
	body(&f.Request, m.Body, c.s.filter.Uses("request_body"))
}

func (x *exchange) response(c *conn, m *application.Message) {
	f := &x.facts
	f.Status, f.Response.Header = m.Status, m.Headers
	switch {
	case m.Status == 101 && strings.EqualFold(m.Headers.Get("Upgrade"), "websocket"),
		f.Method == "CONNECT" && f.Request.Header.Get("Sec-WebSocket-Version") != "": // RFC 8441, section 5
		f.Kind = "websocket"
	case strings.HasPrefix(strings.ToLower(m.Headers.Get("Content-Type")), "text/event-stream"):
		f.Kind = "sse"
	}
	body(&f.Response, m.Body, c.s.filter.Uses("response_body"))
}

func body(m *Message, b *application.Body, wanted bool) {
	if b == nil {
		return
	}
	m.Size = int(b.Size)
	if wanted {
		m.Body = string(b.Bytes)
	}
}

// maxMessages bounds the text of an exchange's messages.
const maxMessages = 1 << 20

func (x *exchange) message(c *conn, text []byte) {
	if f := &x.facts; c.s.filter.Uses("messages") && len(f.Messages) < maxMessages {
		f.Messages += string(text[:min(len(text), maxMessages-len(f.Messages))]) + "\n"
	}
}

// sizeOf estimates what an event holds in memory.
func sizeOf(e *inspect.Event) int64 {
	const base = 256
	message := func(m *application.Message) (n int64) {
		if m == nil {
			return 0
		}
		n = int64(len(m.URL))
		for _, f := range m.Headers {
			n += int64(len(f.Name)+len(f.Value)) + 32
		}
		if m.Body != nil {
			n += int64(len(m.Body.Bytes))
		}
		return n
	}
	switch b := e.Body.(type) {
	case *inspect.Message:
		return 2*base + 2*int64(len(b.Raw))
	case *inspect.Data:
		return base + int64(len(b.Bytes))
	case *inspect.Malformed:
		return base + int64(len(b.Bytes))
	case *application.Request:
		return base + message(&b.Message)
	case *application.Response:
		return base + message(&b.Message)
	case *application.Exchange:
		return 2*base + message(&b.Request) + message(b.Response)
	case *application.MessageEnd:
		if b.Body != nil {
			return base + int64(len(b.Body.Bytes))
		}
	case *application.WebSocketMessage:
		return base + int64(len(b.Bytes))
	case *application.ServerSentEvent:
		return base + int64(len(b.Data))
	case *application.GRPCMessage:
		return base + int64(len(b.Bytes)+len(b.Fields))
	}
	return base
}

// wireOf is how many bytes on the wire an event accounts for.
func wireOf(e *inspect.Event) int64 {
	switch b := e.Body.(type) {
	case *inspect.Message:
		return int64(b.Wire)
	case *inspect.Data:
		return int64(b.Wire)
	case *inspect.Malformed:
		return int64(b.Wire)
	}
	return 0
}
