package saved

import (
	"time"

	"tlsmitm/inspect"
	"tlsmitm/inspect/application"
	"tlsmitm/inspect/httpmsg"
)

// ref reads which exchange an event is about.
func (m *members) ref() application.Ref {
	return application.Ref{
		Exchange: m.str("exchange"), Protocol: httpmsg.Protocol(m.str("protocol")), Stream: m.uint("stream", most),
	}
}

func httpRequest(m *members, _ *inspect.Event) any {
	return &application.Request{Ref: m.ref(), Message: m.message("request")}
}

func httpResponse(m *members, _ *inspect.Event) any {
	return &application.Response{Ref: m.ref(), Message: m.message("response"), FirstByte: m.optional("first_byte_ms")}
}

func httpEnd(m *members, e *inspect.Event) any {
	return &application.MessageEnd{
		Ref: m.ref(), Request: e.Kind == inspect.KindHTTPRequestEnd, Trailers: m.fields("trailers"), Body: m.body(),
		Cut: m.str("cut"), Duration: m.duration("duration_ms"),
	}
}

func httpExchange(m *members, _ *inspect.Event) any {
	x := &application.Exchange{Ref: m.ref(), Request: m.message("request"), Switched: m.str("switched")}
	if m.get("response") != nil {
		r := m.message("response")
		x.Response = &r
	}
	if code, there := m.code("grpc_status", most); there {
		s := m.object("grpc_status")
		x.GRPC = &application.GRPCStatus{Code: int(code), Name: s.str("name"), Message: m.str("grpc_message")}
		m.within("grpc_status", &s)
	}
	t := m.object("timings")
	started, err := time.Parse(time.RFC3339Nano, t.str("started"))
	if err != nil && t.err == nil {
		t.fail("started", "is no time")
	}
	x.Timings = application.Timings{
		Started: started.UTC(), Request: t.optional("request_ms"), FirstByte: t.optional("first_byte_ms"), Total: t.optional("total_ms"),
	}
	m.within("timings", &t)
	return x
}

// message reads a request or a response.
func (m *members) message(key string) application.Message {
	o := m.object(key)
	msg := application.Message{
		Method: o.str("method"), URL: o.str("url"), Status: o.count("status"), Reason: o.str("reason"), Promised: o.flag("promised"),
		Headers: o.fields("headers"), Trailers: o.fields("trailers"), Body: o.body(), Anomalies: o.anomalies(),
		Cut: o.str("cut"), HeadBytes: o.count("head_bytes"),
	}
	o.elements("interim", func(v []byte) {
		i, err := parseMembers(v)
		if err != nil {
			o.mistyped("interim", "objects", v)
			return
		}
		msg.Interim = append(msg.Interim, application.Interim{Status: i.count("status"), Headers: i.fields("headers")})
		o.within("interim", &i)
	})
	m.within(key, &o)
	return msg
}

// fields reads field lines.
func (m *members) fields(key string) (f httpmsg.Fields) {
	m.elements(key, func(v []byte) {
		pair := members{list: []member{{"pair", v}}}
		words := pair.strings("pair")
		if pair.err != nil || len(words) != 2 {
			m.fail(key, "wants pairs of strings")
			return
		}
		f = append(f, httpmsg.Field{Name: words[0], Value: words[1]})
	})
	return f
}

func (m *members) anomalies() (list []httpmsg.Anomaly) {
	m.elements("anomalies", func(v []byte) {
		a, err := parseMembers(v)
		if err != nil {
			m.mistyped("anomalies", "objects", v)
			return
		}
		list = append(list, httpmsg.Anomaly{Code: httpmsg.AnomalyCode(a.str("code")), Detail: a.str("detail")})
		m.within("anomalies", &a)
	})
	return list
}

// body reads a body; nil if there is none.
func (m *members) body() *application.Body {
	if m.get("body") == nil {
		return nil
	}
	o := m.object("body")
	b := &application.Body{
		Size: o.count64("size"), DecodedSize: o.count64("decoded_size"), Encoding: o.strings("encoding"), Kind: o.str("kind"),
		Description: o.str("description"), Charset: o.str("charset"), Truncated: o.flag("truncated"), Hidden: o.flag("hidden"), Error: o.str("error"),
	}
	b.Bytes, b.Text = o.content()
	m.within("body", &o)
	return b
}

// content reads bytes that were saved as text, or in base64.
func (m *members) content() (b []byte, text bool) {
	if m.get("text") != nil {
		return []byte(m.str("text")), true
	}
	return m.bytes("base64"), false
}

// optional reads milliseconds; -1 if they are missing.
func (m *members) optional(key string) time.Duration {
	if m.get(key) == nil {
		return -1
	}
	return m.duration(key)
}

func trouble(m *members, e *inspect.Event) any {
	return &application.Trouble{Ref: m.ref(), Failed: e.Kind == inspect.KindHTTPFailed, Reason: m.str("reason"), Anomalies: m.anomalies()}
}

func difference(m *members, _ *inspect.Event) any {
	return &application.Difference{Ref: m.ref(), What: m.str("differs")}
}

func webSocketMessage(m *members, _ *inspect.Event) any {
	opcode, _ := m.code("opcode", 15)
	o := m.object("opcode")
	msg := &application.WebSocketMessage{
		Ref: m.ref(), Index: m.count("index"), Opcode: uint8(opcode), Kind: o.str("name"), Length: m.count64("length"),
		DecodedSize: m.count64("decoded_size"), Compressed: m.flag("compressed"), Fragments: m.count("fragments"),
		CloseCode: m.count("close_code"), CloseReason: m.str("close_reason"), Truncated: m.flag("truncated"),
		Anomalies: m.strings("faults"), Cut: m.flag("unfinished"),
	}
	msg.Bytes, msg.Text = m.content()
	return msg
}

func serverSentEvent(m *members, _ *inspect.Event) any {
	v := &application.ServerSentEvent{
		Ref: m.ref(), Index: m.count("index"), Kind: m.str("kind"), Type: m.str("event_type"), ID: m.str("id"), Data: m.str("data"),
		Size: m.count64("length"), Retry: -1, Truncated: m.flag("truncated"), Unfinished: m.flag("unfinished"),
	}
	if m.get("retry_ms") != nil {
		v.Retry = m.count64("retry_ms")
	}
	return v
}

func grpcMessage(m *members, _ *inspect.Event) any {
	msg := &application.GRPCMessage{
		Ref: m.ref(), Path: m.str("path"), Index: m.count("index"), Length: m.count64("length"), Compressed: m.flag("compressed"),
		Type: m.str("message_type"), Fields: m.str("numbered_fields"), Bytes: m.bytes("base64"), Truncated: m.flag("truncated"), Hidden: m.flag("hidden"),
		Error: m.str("error"),
	}
	if v := m.get("message"); v != nil {
		msg.Fields, msg.JSON = string(v), true
	}
	return msg
}

func h2Frame(m *members, _ *inspect.Event) any {
	typ, _ := m.code("frame_type", 255)
	o := m.object("frame_type")
	return &application.Frame{Ref: m.ref(), Frame: httpmsg.Frame{
		Type: uint8(typ), Name: o.str("name"), Flags: uint8(m.uint("flags", 255)), Length: m.count("length"), Summary: m.str("summary"),
	}}
}
