package inspect

import (
	"strconv"
	"time"

	"tlsmitm/inspect/application"
	"tlsmitm/inspect/httpmsg"
)

// carried appends what an event about an exchange says.
func (w *jsonWriter) carried(body any) {
	switch b := body.(type) {
	case *application.Request:
		w.ref(&b.Ref)
		w.request("request", &b.Message)
	case *application.Response:
		w.ref(&b.Ref)
		w.response("response", &b.Message)
		w.ms("first_byte_ms", b.FirstByte)
	case *application.MessageEnd:
		w.messageEnd(b)
	case *application.Exchange:
		w.exchange(b)
	case *application.WebSocketMessage:
		w.webSocketMessage(b)
	case *application.ServerSentEvent:
		w.serverSentEvent(b)
	case *application.GRPCMessage:
		w.grpcMessage(b)
	case *application.Frame:
		w.frame(b)
	case *application.Trouble:
		w.ref(&b.Ref)
		w.opt("reason", b.Reason)
		w.anomalies(b.Anomalies)
	case *application.Difference:
		w.ref(&b.Ref)
		w.str("differs", b.What)
	}
}

func (w *jsonWriter) ref(r *application.Ref) {
	w.opt("exchange", r.Exchange)
	w.opt("protocol", string(r.Protocol))
	if r.Stream != 0 {
		w.uint("stream", r.Stream)
	}
}

// open begins an object under a key; its members follow, each with its comma.
func (w *jsonWriter) open(k string) (at int) {
	w.key(k)
	w.raw("{")
	return len(w.b)
}

// close ends the object whose members began at a place.
func (w *jsonWriter) end(at int) {
	if len(w.b) > at { // the first member has no comma before it
		copy(w.b[at:], w.b[at+1:])
		w.b = w.b[:len(w.b)-1]
	}
	w.raw("}")
}

func (w *jsonWriter) request(k string, m *application.Message) {
	at := w.open(k)
	w.opt("method", m.Method)
	w.opt("url", m.URL)
	if m.Promised {
		w.bool("promised", true)
	}
	w.parts(m)
	w.end(at)
}

func (w *jsonWriter) response(k string, m *application.Message) {
	at := w.open(k)
	if m.Status != 0 {
		w.int("status", int64(m.Status))
	}
	w.opt("reason", m.Reason)
	w.parts(m)
	if len(m.Interim) > 0 {
		w.key("interim")
		for i, r := range m.Interim {
			w.raw(separator(i))
			w.raw(`{"status":` + strconv.Itoa(r.Status))
			w.fields("headers", r.Headers)
			w.raw("}")
		}
		w.raw("]")
	}
	w.end(at)
}

// separator stands before element i of an array.
func separator(i int) string {
	if i == 0 {
		return "["
	}
	return ","
}

// parts appends what requests and responses have in common (RFC 9110, section 6).
func (w *jsonWriter) parts(m *application.Message) {
	w.fields("headers", m.Headers)
	w.int("head_bytes", int64(m.HeadBytes))
	if m.Body != nil {
		w.content(m.Body)
	}
	if len(m.Trailers) > 0 {
		w.fields("trailers", m.Trailers)
	}
	w.anomalies(m.Anomalies)
	w.opt("cut", m.Cut)
}

// fields appends field lines as [[name, value], …], in wire order.
func (w *jsonWriter) fields(k string, f httpmsg.Fields) {
	w.key(k)
	w.raw("[")
	for i := range f {
		if i > 0 {
			w.raw(",")
		}
		w.raw("[")
		w.quote(f[i].Name)
		w.raw(",")
		w.quote(f[i].Value)
		w.raw("]")
	}
	w.raw("]")
}

func (w *jsonWriter) anomalies(list []httpmsg.Anomaly) {
	if len(list) == 0 {
		return
	}
	w.key("anomalies")
	for i, a := range list {
		w.raw(separator(i))
		w.raw(`{"code":`)
		w.quote(string(a.Code))
		w.opt("detail", a.Detail)
		w.raw("}")
	}
	w.raw("]")
}

func (w *jsonWriter) content(b *application.Body) {
	at := w.open("body")
	w.int("size", b.Size)
	w.int("decoded_size", b.DecodedSize)
	if len(b.Encoding) > 0 {
		w.list("encoding", b.Encoding)
	}
	w.opt("kind", b.Kind)
	w.opt("description", b.Description)
	w.opt("charset", b.Charset)
	w.textOrBase64(b.Bytes, b.Truncated)
	if b.Hidden {
		w.bool("hidden", true)
	}
	w.opt("error", b.Error)
	w.end(at)
}

func (w *jsonWriter) list(k string, values []string) {
	w.key(k)
	for i, v := range values {
		w.raw(separator(i))
		w.quote(v)
	}
	w.raw("]")
}

func (w *jsonWriter) messageEnd(m *application.MessageEnd) {
	w.ref(&m.Ref)
	if m.Body != nil {
		w.content(m.Body)
	}
	if len(m.Trailers) > 0 {
		w.fields("trailers", m.Trailers)
	}
	w.opt("cut", m.Cut)
	w.duration(m.Duration)
}

func (w *jsonWriter) exchange(x *application.Exchange) {
	w.ref(&x.Ref)
	w.request("request", &x.Request)
	if x.Response != nil {
		w.response("response", x.Response)
	}
	w.opt("switched", x.Switched)
	if g := x.GRPC; g != nil {
		w.code("grpc_status", uint64(g.Code), g.Name)
		w.opt("grpc_message", g.Message)
	}
	w.key("timings")
	w.raw(`{"started":"`)
	w.time(x.Timings.Started)
	w.raw(`"`)
	w.ms("request_ms", x.Timings.Request)
	w.ms("first_byte_ms", x.Timings.FirstByte)
	w.ms("total_ms", x.Timings.Total)
	w.raw("}")
}

// ms appends milliseconds, and nothing for what did not come to pass.
func (w *jsonWriter) ms(k string, d time.Duration) {
	if d >= 0 {
		w.key(k)
		w.b = appendMilliseconds(w.b, d)
	}
}

func (w *jsonWriter) webSocketMessage(m *application.WebSocketMessage) {
	w.ref(&m.Ref)
	w.int("index", int64(m.Index))
	w.code("opcode", uint64(m.Opcode), m.Kind)
	w.int("length", m.Length)
	if m.Compressed {
		w.int("decoded_size", m.DecodedSize)
		w.bool("compressed", true)
	}
	if m.Fragments > 1 {
		w.int("fragments", int64(m.Fragments))
	}
	if m.CloseCode != 0 {
		w.int("close_code", int64(m.CloseCode))
		w.opt("close_reason", m.CloseReason)
	}
	w.textOrBase64(m.Bytes, m.Truncated)
	if len(m.Anomalies) > 0 {
		w.list("faults", m.Anomalies)
	}
	if m.Cut {
		w.bool("unfinished", true)
	}
}

func (w *jsonWriter) serverSentEvent(v *application.ServerSentEvent) {
	w.ref(&v.Ref)
	w.int("index", int64(v.Index))
	w.str("kind", v.Kind)
	w.opt("event_type", v.Type)
	w.opt("id", v.ID)
	if v.Retry >= 0 {
		w.int("retry_ms", v.Retry)
	}
	w.int("length", v.Size)
	w.str("data", v.Data)
	if v.Truncated {
		w.bool("truncated", true)
	}
	if v.Unfinished {
		w.bool("unfinished", true)
	}
}

func (w *jsonWriter) grpcMessage(m *application.GRPCMessage) {
	w.ref(&m.Ref)
	w.str("path", m.Path)
	w.int("index", int64(m.Index))
	w.int("length", m.Length)
	if m.Compressed {
		w.bool("compressed", true)
	}
	w.opt("message_type", m.Type)
	switch {
	case m.JSON:
		w.key("message")
		w.raw(m.Fields)
	case m.Fields != "":
		w.str("numbered_fields", m.Fields)
	}
	if m.Hidden {
		w.bool("hidden", true)
	} else {
		w.bytes("base64", m.Bytes)
	}
	if m.Truncated {
		w.bool("truncated", true)
	}
	w.opt("error", m.Error)
}

func (w *jsonWriter) frame(f *application.Frame) {
	w.ref(&f.Ref)
	w.code("frame_type", uint64(f.Type), f.Name)
	w.uint("flags", uint64(f.Flags))
	w.int("length", int64(f.Length))
	w.opt("summary", f.Summary)
}

// textOrBase64 appends bytes as text, if a person could read them, else in base64.
func (w *jsonWriter) textOrBase64(b []byte, truncated bool) {
	if !w.text("text", b, truncated) {
		w.bytes("base64", b)
	}
	if truncated {
		w.bool("truncated", true)
	}
}
