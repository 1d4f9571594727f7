package sink

import (
	"strconv"
	"unicode/utf8"

	"tlsmitm/inspect/application"
	"tlsmitm/inspect/body"
	"tlsmitm/inspect/explain"
	"tlsmitm/inspect/httpmsg"
)

// exchangeColumns says where the columns of the exchanges' table begin or, of
// numbers, end.
type exchangeColumns struct{ id, method, status, typ, size, time, protocol, url int }

func columnsFor(width int) exchangeColumns {
	if width < wideFrom {
		return exchangeColumns{id: 6, method: 8, status: 16, typ: 23, size: 41, time: 50, protocol: 0, url: 52}
	}
	return exchangeColumns{id: 8, method: 10, status: 18, typ: 25, size: 46, time: 56, protocol: 58, url: 64}
}

// exchangeRow is a line about an exchange.
type exchangeRow struct {
	id, method, url, protocol, typ, size, time string
	status                                     int // 0 if there is none
	over                                       bool
}

// headings names the columns, once.
func (h *HTTP) headings() {
	if h.headed {
		return
	}
	h.headed = true
	c, w, l := columnsFor(h.layout.width), h.style.Words.ExchangeColumns(), new(line)
	l.right(w.Exchange, styleFaint, max(c.id, cells.StringWidth(w.Exchange)))
	l.at(c.method)
	l.text(w.Method, styleFaint)
	l.at(c.status)
	l.text(cut(w.Status, c.typ-c.status-1), styleFaint)
	l.at(c.typ)
	l.text(w.Type, styleFaint)
	l.right(w.Size, styleFaint, c.size)
	l.right(w.Time, styleFaint, c.time)
	if c.protocol > 0 {
		l.at(c.protocol)
		l.text("HTTP", styleFaint)
	}
	l.at(c.url)
	l.text("URL", styleFaint)
	h.print(l)
}

// row prints the line of an exchange.
func (h *HTTP) row(r exchangeRow) {
	h.headings()
	c, l := columnsFor(h.layout.width), new(line)
	l.right(explain.Value(r.id), styleFaint, c.id)
	l.at(c.method)
	l.text(cut(explain.Value(r.method), c.status-c.method-1), styleStrong)
	l.at(c.status)
	switch {
	case r.status != 0:
		l.text(strconv.Itoa(r.status), toneStyle(explain.StatusTone(r.status)))
	case r.over:
		l.text("✗", styleFatal)
	default:
		l.text("…", styleFaint)
	}
	l.at(c.typ)
	l.text(cut(explain.Value(r.typ), c.size-c.typ-cells.StringWidth(r.size)-1), "")
	if r.size != "" {
		l.right(r.size, "", c.size)
	}
	if r.time != "" {
		l.right(r.time, "", c.time)
	}
	if c.protocol > 0 {
		l.at(c.protocol)
		l.text(shortProtocol(r.protocol), styleFaint)
	}
	url := explain.Clean(r.url)
	if l.at(c.url); h.layout.narrow && l.width+cells.StringWidth(url) > h.layout.width {
		h.print(l) // and a line of its own shows more of it
		l = new(line)
		l.at(c.method)
	}
	l.text(shorten(url, h.layout.width-l.width), "")
	h.print(l)
}

// shortProtocol is a protocol's name as far as the column holds it.
func shortProtocol(p string) string {
	switch httpmsg.Protocol(p) {
	case httpmsg.HTTP2:
		return "2"
	case httpmsg.HTTP11:
		return "1.1"
	case httpmsg.HTTP10:
		return "1.0"
	}
	return cut(explain.Value(p), 5)
}

// shorten leaves out the middle of s where it does not fit into width cells, and
// says how many characters that is.
func shorten(s string, width int) string {
	if cells.StringWidth(s) <= width {
		return s
	}
	runes := []rune(s)
	for left := max(width-8, 2); ; left-- { // "…(12345)…" takes most of it
		head := left * 2 / 3
		tail := left - head
		short := string(runes[:min(head, len(runes))]) + "…(" + strconv.Itoa(len(runes)-left) + ")…" + string(runes[len(runes)-min(tail, len(runes)):])
		if cells.StringWidth(short) <= width || left <= 2 {
			return short
		}
	}
}

// exchange prints an exchange that is over. called says that the messages in it were
// printed already.
func (h *HTTP) exchange(x *application.Exchange, called bool) {
	r := exchangeRow{
		id: x.Exchange, method: x.Request.Method, url: x.Request.URL, protocol: string(x.Protocol),
		time: explain.Elapsed(x.Timings.Total), over: true,
	}
	if m := x.Response; m != nil {
		r.status = m.Status
		if m.Body != nil {
			r.typ, r.size = m.Body.Kind, explain.Bytes(m.Body.Size)
		}
	}
	h.row(r)
	h.notes(h.style.Words.Exchange(x))
	h.half("→", x.Request.Method+" "+x.Request.URL, &x.Request, called)
	if m := x.Response; m != nil {
		h.half("←", string(x.Protocol)+" "+strconv.Itoa(m.Status)+" "+m.Reason, m, called)
	}
	if h.show != ShowLine {
		h.print(new(line))
	}
}

// half prints what is to be shown of a message.
func (h *HTTP) half(mark, first string, m *application.Message, called bool) {
	if h.show.heads() {
		for _, l := range h.textLines([]byte(mark + " " + first)) {
			h.bar(l.text, styleStrong)
		}
		h.fields(m.Headers)
	}
	if h.show.bodies() && m.Body != nil && !(called && m.Body.Kind == body.GRPC.String()) {
		h.body(m)
	}
	if h.show.heads() && len(m.Trailers) > 0 {
		h.bar(h.style.Words.Trailers(), styleFaint)
		h.fields(m.Trailers)
	}
}

// body prints a body as a person reads it best: laid out, if it is of a kind
// that can be, else as it is.
func (h *HTTP) body(m *application.Message) {
	b, media := m.Body, m.Headers.Get("Content-Type")
	kind := body.KindOf(media, b.Bytes)
	if b.Description != "" {
		h.bar(explain.Clean(b.Description), styleFaint)
	}
	shown := b.Bytes
	if !utf8.Valid(shown) {
		if text, _, ok := body.Charset(media, shown); ok {
			shown = text
		}
	}
	if pretty, ok := body.Pretty(kind, media, shown, maxPretty); ok {
		shown = []byte(pretty)
	}
	all := int64(len(shown))
	if b.Truncated {
		all += max(0, b.DecodedSize-int64(len(b.Bytes)))
	}
	h.content(shown, all)
}

// maxPretty bounds what a body is laid out to.
const maxPretty = 1 << 20
