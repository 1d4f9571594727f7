package application

import "tlsmitm/inspect/websocket"

// socket is a WebSocket on a connection, or on a stream.
type socket struct {
	c    *Conversation
	ref  Ref
	conn *websocket.Conn
	sent [2]int // messages: of the server, of the client
}

func newSocket(c *Conversation, e *exchange) *socket {
	s := &socket{c: c, ref: e.Ref}
	s.conn = websocket.New(e.extensions, websocket.Options{Limit: max(1, c.options.BodyBytes)}, s.message)
	return s
}

func (s *socket) feed(d Direction, b []byte) { s.conn.Feed(bool(d), b) }

func (s *socket) end(d Direction) { s.conn.End(bool(d)) }

func (s *socket) close() {
	s.conn.End(true)
	s.conn.End(false)
}

func (s *socket) message(m websocket.Message) {
	way := &s.sent[0]
	if m.Up {
		way = &s.sent[1]
	}
	*way++
	b := m.Data
	if n := s.c.options.BodyBytes; len(b) > n {
		b, m.Truncated = b[:n], true
	}
	text := isText(b, m.Truncated)
	told := &WebSocketMessage{
		Ref: s.ref, Index: *way, Opcode: uint8(m.Opcode), Kind: m.Opcode.String(),
		Length: m.Length, DecodedSize: m.Decoded, Compressed: m.Compressed, Fragments: m.Fragments,
		Bytes: b, Text: text, Truncated: m.Truncated,
		CloseCode: int(m.CloseCode), CloseReason: m.CloseReason, Anomalies: m.Anomalies, Cut: m.Cut,
	}
	told.hide(s.c.options.Redact)
	s.c.emit(Direction(m.Up), told)
}
