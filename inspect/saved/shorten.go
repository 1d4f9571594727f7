package saved

import (
	"tlsmitm/inspect"
	"tlsmitm/inspect/application"
)

// Shorten returns the event with at most n bytes of data: itself, if it has no
// more or n is -1. -2 leaves none, as in the options of package inspect.
func Shorten(e *inspect.Event, n int) *inspect.Event {
	if n == -1 {
		return e
	}
	n = max(n, 0)
	short := *e
	switch b := e.Body.(type) {
	case *inspect.Data:
		if len(b.Bytes) <= n {
			return e
		}
		d := *b
		d.Bytes, d.Truncated = b.Bytes[:n], true
		short.Body = &d
	case *inspect.Malformed:
		if len(b.Bytes) <= n {
			return e
		}
		m := *b
		m.Bytes = b.Bytes[:n]
		short.Body = &m
	default:
		if short.Body = shortened(b, n); short.Body == nil {
			return e
		}
	}
	return &short
}

// shortened does it for what is told of exchanges; nil where nothing is to be cut.
func shortened(body any, n int) any {
	switch b := body.(type) {
	case *application.Exchange:
		x := *b
		x.Request.Body = shortBody(b.Request.Body, n)
		if b.Response != nil {
			r := *b.Response
			r.Body = shortBody(r.Body, n)
			x.Response = &r
		}
		return &x
	case *application.Request:
		r := *b
		r.Body = shortBody(b.Body, n)
		return &r
	case *application.Response:
		r := *b
		r.Body = shortBody(b.Body, n)
		return &r
	case *application.MessageEnd:
		m := *b
		m.Body = shortBody(b.Body, n)
		return &m
	case *application.WebSocketMessage:
		if len(b.Bytes) > n {
			m := *b
			m.Bytes, m.Truncated = b.Bytes[:n], true
			return &m
		}
	case *application.ServerSentEvent:
		if len(b.Data) > n {
			v := *b
			v.Data, v.Truncated = b.Data[:n], true
			return &v
		}
	case *application.GRPCMessage:
		if len(b.Bytes) > n || len(b.Fields) > n {
			m := *b
			m.Bytes, m.Truncated = b.Bytes[:min(n, len(b.Bytes))], true
			m.Fields, m.JSON = "", false // half of it would say something else
			return &m
		}
	}
	return nil
}

func shortBody(b *application.Body, n int) *application.Body {
	if b == nil || len(b.Bytes) <= n {
		return b
	}
	short := *b
	short.Bytes, short.Truncated = b.Bytes[:n], true
	return &short
}
