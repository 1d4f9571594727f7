package sink

import (
	"io"
	"maps"
	"slices"
	"strconv"
	"time"

	"tlsmitm/inspect"
	"tlsmitm/inspect/application"
	"tlsmitm/inspect/explain"
)

// Show says what of each exchange stands below its line.
type Show string

// What can be shown.
const (
	ShowLine Show = "line" // nothing
	ShowHead Show = "head" // the header and trailer fields of both messages
	ShowBody Show = "body" // their bodies
	ShowAll  Show = "all"
)

func (s Show) heads() bool  { return s == ShowHead || s == ShowAll }
func (s Show) bodies() bool { return s == ShowBody || s == ShowAll }

// slowAnswer is how long a request waits for its response before it is shown
// without one.
const slowAnswer = time.Second

// HTTP is a sink that shows one line an exchange, with the messages of
// WebSockets, event streams and gRPC calls as they come. It is used from one
// goroutine.
type HTTP struct {
	page
	show   Show
	conns  map[uint64]*httpConn
	headed bool
}

// httpConn is what the view keeps of an open connection.
type httpConn struct {
	open    *inspect.ConnOpen
	talk    *explain.Conversation
	waiting map[string]*waitingRequest // by exchange
	count   int                        // exchanges and messages that were shown
	failed  bool                       // and that was said
}

// waitingRequest is one whose exchange is not over.
type waitingRequest struct {
	request *application.Request
	since   time.Time
	status  int
	told    bool // its line without an end is printed
	called  bool // messages of a gRPC call are printed
}

// NewHTTP returns a view that is written to out, which it does not close.
func NewHTTP(out io.Writer, style Style, show Show) *HTTP {
	return &HTTP{page: newPage(out, style), show: show, conns: make(map[uint64]*httpConn)}
}

// Name implements inspect.Sink.
func (h *HTTP) Name() string { return "http" }

// Write implements inspect.Sink.
func (h *HTTP) Write(batch []*inspect.Event) error {
	h.lay()
	for _, e := range batch {
		if e.Conn != 0 && e.Kind != inspect.KindSecret {
			h.event(h.conn(e.Conn), e)
		}
	}
	return h.drain(h.Name())
}

// Flush implements inspect.Sink: it shows the requests that have waited for long.
func (h *HTTP) Flush(now time.Time) (pending bool, err error) {
	h.lay()
	for _, id := range slices.Sorted(maps.Keys(h.conns)) {
		c := h.conns[id]
		for _, x := range slices.Sorted(maps.Keys(c.waiting)) {
			w := c.waiting[x]
			switch {
			case w.told:
			case now.Sub(w.since) < slowAnswer:
				pending = true
			default:
				h.waits(c, w, now)
			}
		}
	}
	return pending, h.drain(h.Name())
}

// Close implements inspect.Sink.
func (h *HTTP) Close() error {
	clear(h.conns)
	return h.drain(h.Name())
}

// lay takes in how wide the page is. What stands below a line begins where its
// method does.
func (h *HTTP) lay() {
	h.fit()
	h.layout.in = columnsFor(h.layout.width).method
	h.layout.from = h.layout.in
}

func (h *HTTP) conn(id uint64) *httpConn {
	c := h.conns[id]
	if c == nil {
		c = &httpConn{talk: h.style.Words.Conversation(), waiting: make(map[string]*waitingRequest)}
		h.conns[id] = c
	}
	return c
}

func (h *HTTP) event(c *httpConn, e *inspect.Event) {
	switch b := e.Body.(type) {
	case *inspect.ConnOpen:
		c.open = b
		c.talk.Note(e)
	case *inspect.Verification:
		c.talk.Note(e) // which a diagnosis refers to
	case *application.Request:
		c.waiting[b.Exchange] = &waitingRequest{request: b, since: e.Time}
	case *application.Response:
		if w := c.waiting[b.Exchange]; w != nil {
			w.status = b.Status
		}
	case *application.Exchange:
		c.count++
		w := c.waiting[b.Exchange]
		delete(c.waiting, b.Exchange)
		h.exchange(b, w != nil && w.called)
	case *application.WebSocketMessage:
		content, all := socketContent(b)
		h.message(c, e, b.Exchange, h.style.Words.WebSocketMessage(b), content, all)
	case *application.ServerSentEvent:
		h.message(c, e, b.Exchange, h.style.Words.ServerSentEvent(b), []byte(b.Data), int64(len(b.Data)))
	case *application.GRPCMessage:
		if w := c.waiting[b.Exchange]; w != nil {
			w.called = true
		}
		fields := h.grpcFields(b)
		h.message(c, e, b.Exchange, h.style.Words.GRPCMessage(b), fields, int64(len(fields)))
	case *application.Trouble:
		h.remark(b.Exchange, h.style.Words.Trouble(b))
	case *application.Difference:
		h.remark(b.Exchange, c.talk.Note(e))
	case *inspect.Diagnosis:
		c.failed = true
		h.title(e.Conn, c, nil)
		h.diagnosis(c.talk.Diagnosis(e))
	case *inspect.Loss:
		h.title(e.Conn, c, c.talk.Note(e))
	case *inspect.ConnClose:
		h.closed(e, c)
		delete(h.conns, e.Conn)
	}
}

// diagnosis prints what failed, what shows it, and what to do next.
func (h *HTTP) diagnosis(d explain.Diagnosis) {
	h.paragraph("✗", d.Title, styleFatal, "")
	h.paragraph("", d.Evidence, "", "")
	h.paragraph("→", d.Advice, styleStrong, "")
}

// closed tells of a connection that has shown nothing else, if data passed on it.
func (h *HTTP) closed(e *inspect.Event, c *httpConn) {
	var data int64
	for _, f := range e.Body.(*inspect.ConnClose).Flows {
		data += f.Data
	}
	note := c.talk.Note(e)
	if c.count > 0 || c.failed || data == 0 {
		return
	}
	h.title(e.Conn, c, append(explain.Note{{Text: h.style.Words.NoHTTP(), Tone: explain.Faint}}, note...))
}

// title prints a line about a connection.
func (h *HTTP) title(id uint64, c *httpConn, note explain.Note) {
	l := new(line)
	l.right("#"+strconv.FormatUint(id, 10), styleStrong, columnsFor(h.layout.width).id)
	if c.open != nil {
		l.at(columnsFor(h.layout.width).method)
		l.text(explain.Value(c.open.Target), styleStrong)
		if c.open.Mode != inspect.ModeIntercept {
			l.text("  "+string(c.open.Mode), styleFaint)
		}
	}
	h.print(l)
	h.notes(note)
}

// waits prints the line of a request whose exchange goes on.
func (h *HTTP) waits(c *httpConn, w *waitingRequest, now time.Time) {
	w.told = true
	r := exchangeRow{id: w.request.Exchange, method: w.request.Method, url: w.request.URL, protocol: string(w.request.Protocol), status: w.status}
	h.row(r)
	if w.status == 0 && !now.IsZero() {
		h.notes(explain.Note{{Text: h.style.Words.Waiting(now.Sub(w.since)), Tone: explain.Faint}})
	}
}

// message prints a message inside an exchange, below a line that names the
// exchange, if that is not printed yet.
func (h *HTTP) message(c *httpConn, e *inspect.Event, exchange string, note explain.Note, b []byte, length int64) {
	c.count++
	if w := c.waiting[exchange]; w != nil && !w.told {
		h.waits(c, w, time.Time{})
	}
	mark := "↓"
	if e.From == inspect.PartyClient {
		mark = "↑"
	}
	columns := columnsFor(h.layout.width)
	for i, text := range wrap(note, h.layout.width-columns.method-2) {
		l := new(line)
		if i == 0 {
			l.right(explain.Value(exchange), styleFaint, columns.id)
			l.at(columns.method)
			l.text(mark, legStyle(e.Leg, e.From))
		}
		l.at(columns.method + 2)
		l.spans = append(l.spans, text.spans...)
		h.print(l)
	}
	h.content(b, length)
}

// content prints as much of b, the beginning of length bytes, as may be shown.
func (h *HTTP) content(b []byte, length int64) {
	if d := h.dump(b, int(length)); d != nil {
		h.printDump(d)
	}
}

// remark prints what is to be said of an exchange, or of the connection.
func (h *HTTP) remark(exchange string, note explain.Note) {
	if exchange != "" {
		note = append(explain.Note{{Text: exchange, Tone: explain.Faint}}, note...)
	}
	h.notes(note)
}

// notes prints a note below a line.
func (h *HTTP) notes(note explain.Note) {
	indent := columnsFor(h.layout.width).method
	for _, text := range wrap(note, h.layout.width-indent) {
		l := new(line)
		l.at(indent)
		l.spans = append(l.spans, text.spans...)
		h.print(l)
	}
}
