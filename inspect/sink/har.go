package sink

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"tlsmitm/inspect"
	"tlsmitm/inspect/application"
	"tlsmitm/inspect/tlswire"
)

const (
	// maxSocketMessages and maxSocketBytes bound what is kept of one WebSocket
	// until it is over, since its messages stand in its entry.
	maxSocketMessages = 10_000
	maxSocketBytes    = 16 << 20
)

// HAR is a sink that writes an HTTP Archive (HAR 1.2), which browsers' developer
// tools import. What goes beyond the format stands in fields that begin with
// "_": TLS facts, and the messages of WebSockets as Chromium writes them.
//
// If out can seek, the file is a whole archive whenever it has been flushed, so
// that a run that is killed leaves one, too. It is used from one goroutine.
type HAR struct {
	out     io.WriteCloser
	seeker  io.Seeker // nil if out cannot
	version string
	at      int64 // where the next entry goes
	entries int
	buf     []byte
	conns   map[uint64]*harConn
}

// harConn is what is known of an open connection.
type harConn struct {
	tls     map[inspect.LegName]*harTLS
	sockets map[string]*harSocket // by exchange
}

// harSocket is a WebSocket's entry, which waits for its messages.
type harSocket struct {
	entry *harEntry
	bytes int
}

// NewHAR returns a sink that writes to out and closes it in the end. version is
// that of the program.
func NewHAR(out io.WriteCloser, version string) *HAR {
	h := &HAR{out: out, version: version, conns: make(map[uint64]*harConn)}
	if s, ok := out.(io.Seeker); ok {
		if _, err := s.Seek(0, io.SeekCurrent); err == nil {
			h.seeker = s
		}
	}
	return h
}

// Name implements inspect.Sink.
func (h *HAR) Name() string { return "har" }

// Write implements inspect.Sink.
func (h *HAR) Write(batch []*inspect.Event) error {
	for _, e := range batch {
		if e.Conn == 0 || e.Kind == inspect.KindSecret {
			continue
		}
		if err := h.event(e); err != nil {
			return err
		}
		if len(h.buf) >= jsonBuffer {
			if err := h.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (h *HAR) conn(id uint64) *harConn {
	c := h.conns[id]
	if c == nil {
		c = &harConn{tls: make(map[inspect.LegName]*harTLS), sockets: make(map[string]*harSocket)}
		h.conns[id] = c
	}
	return c
}

func (h *HAR) event(e *inspect.Event) error {
	switch b := e.Body.(type) {
	case *inspect.Message:
		if b.ClientHello != nil {
			t := h.conn(e.Conn).leg(e.Leg)
			t.JA3, _ = b.ClientHello.JA3()
			t.JA4, _ = b.ClientHello.JA4()
		}
	case *inspect.Established:
		h.conn(e.Conn).leg(e.Leg).established(b)
	case *application.Exchange:
		return h.exchange(e, b)
	case *application.WebSocketMessage:
		h.conn(e.Conn).message(e, b)
	case *inspect.ConnClose:
		return h.closed(e.Conn)
	}
	return nil
}

func (h *HAR) exchange(e *inspect.Event, x *application.Exchange) error {
	c := h.conn(e.Conn)
	entry := newHAREntry(e.Conn, x)
	for leg, t := range c.tls {
		if t.Version == "" {
			continue // its handshake was not completed
		}
		if entry.TLS == nil {
			entry.TLS = make(map[inspect.LegName]harTLS)
		}
		entry.TLS[leg] = *t
	}
	if x.Switched == "websocket" {
		entry.ResourceType = "websocket"
		c.sockets[x.Exchange] = &harSocket{entry: entry}
		return nil
	}
	return h.add(entry)
}

// closed writes what waited for the connection's end.
func (h *HAR) closed(id uint64) error {
	c := h.conns[id]
	delete(h.conns, id)
	if c == nil {
		return nil
	}
	for _, s := range c.sockets {
		if err := h.add(s.entry); err != nil {
			return err
		}
	}
	return nil
}

// add puts an entry into the buffer.
func (h *HAR) add(entry *harEntry) error {
	b, err := json.Marshal(entry)
	if err != nil {
		return fmt.Errorf("sink: har: %w", err)
	}
	if h.entries == 0 {
		h.buf = append(h.buf, h.beginning()...)
	} else {
		h.buf = append(h.buf, ',')
	}
	h.entries++
	h.buf = append(append(h.buf, '\n'), b...)
	return nil
}

func (h *HAR) beginning() string {
	creator, err := json.Marshal(harCreator{"tlsmitm", h.version})
	if err != nil {
		creator = []byte("{}") // two strings can always be written
	}
	return `{"log":{"version":"1.2","creator":` + string(creator) + `,"pages":[],"entries":[`
}

const harEnd = "\n]}}\n"

// Flush implements inspect.Sink.
func (h *HAR) Flush(time.Time) (pending bool, err error) { return false, h.flush() }

// flush writes what is in the buffer, and what makes the file whole.
func (h *HAR) flush() error {
	if len(h.buf) == 0 {
		return nil
	}
	b := h.buf
	h.buf = h.buf[:0]
	if h.seeker != nil {
		if _, err := h.seeker.Seek(h.at, io.SeekStart); err != nil {
			return fmt.Errorf("sink: har: %w", err)
		}
		h.at += int64(len(b))
		b = append(b, harEnd...)
	}
	if cap(h.buf) > 4*jsonBuffer {
		h.buf = nil
	}
	if _, err := h.out.Write(b); err != nil {
		return fmt.Errorf("sink: har: %w", err)
	}
	return nil
}

// Close implements inspect.Sink.
func (h *HAR) Close() error {
	var first error
	keep := func(err error) {
		if first == nil {
			first = err
		}
	}
	for id := range h.conns {
		keep(h.closed(id))
	}
	if h.entries == 0 {
		h.buf = append(h.buf, h.beginning()...)
	}
	keep(h.flush())
	if h.seeker == nil && first == nil {
		if _, err := io.WriteString(h.out, harEnd); err != nil {
			keep(fmt.Errorf("sink: har: %w", err))
		}
	}
	if err := h.out.Close(); err != nil {
		keep(fmt.Errorf("sink: har: %w", err))
	}
	return first
}

func (c *harConn) leg(name inspect.LegName) *harTLS {
	t := c.tls[name]
	if t == nil {
		t = new(harTLS)
		c.tls[name] = t
	}
	return t
}

// established takes in what a handshake has settled on.
func (t *harTLS) established(s *inspect.Established) {
	t.Version, t.CipherSuite = s.Version.String(), s.CipherSuite.String()
	t.Group = ""
	if s.Group != tlswire.NamedGroup(0) {
		t.Group = s.Group.String()
	}
	t.ServerName, t.ALPN, t.Resumed = s.ServerName, s.ALPN, s.Resumed
}

// message keeps a WebSocket's message, in Chromium's form.
func (c *harConn) message(e *inspect.Event, m *application.WebSocketMessage) {
	s := c.sockets[m.Exchange]
	if s == nil || len(s.entry.Messages) >= maxSocketMessages || s.bytes > maxSocketBytes {
		if s != nil {
			s.entry.Dropped++
		}
		return
	}
	kind := "receive"
	if e.From == inspect.PartyClient {
		kind = "send"
	}
	text, _ := harText(m.Bytes, m.Text)
	s.bytes += len(text)
	s.entry.Messages = append(s.entry.Messages, harMessage{
		Type: kind, Time: float64(e.Time.UnixMicro()) / 1e6, Opcode: int(m.Opcode), Data: text,
	})
}
