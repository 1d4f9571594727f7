package application

import "tlsmitm/inspect/httpmsg"

// fieldCost is about what a field line holds besides its text.
const fieldCost = 32

func sizeOf(f httpmsg.Fields) (n int64) {
	for i := range f {
		n += int64(len(f[i].Name)+len(f[i].Value)) + fieldCost
	}
	return n
}

// Held estimates what the message holds in memory.
func (m *Message) Held() (n int64) {
	n = int64(len(m.URL)) + sizeOf(m.Headers) + sizeOf(m.Trailers)
	for _, i := range m.Interim {
		n += sizeOf(i.Headers)
	}
	return n + m.Body.Held()
}

// Held is what the body holds in memory, which may be none.
func (b *Body) Held() int64 {
	if b == nil {
		return 0
	}
	return int64(len(b.Bytes))
}

// Held estimates what the exchange holds in memory.
func (x *Exchange) Held() int64 {
	n := x.Request.Held()
	if x.Response != nil {
		n += x.Response.Held()
	}
	return n
}

// Held estimates what the event holds in memory.
func (m *MessageEnd) Held() int64 { return sizeOf(m.Trailers) + m.Body.Held() }

// Held estimates what the message holds in memory.
func (m *WebSocketMessage) Held() int64 { return int64(len(m.Bytes)) }

// Held estimates what the event holds in memory.
func (v *ServerSentEvent) Held() int64 { return int64(len(v.Data)) }

// Held estimates what the message holds in memory.
func (m *GRPCMessage) Held() int64 { return int64(len(m.Bytes) + len(m.Fields)) }
