package sink

import (
	"strconv"

	"tlsmitm/inspect"
	"tlsmitm/inspect/application"
	"tlsmitm/inspect/explain"
	"tlsmitm/inspect/httpmsg"
)

// carried shows, below the rows of the data that they were in, what the rows do
// not show by themselves: the heads of HTTP/2, which are compressed; messages
// inside exchanges; and each exchange in one line, with its bodies where they
// were encoded.
func (t *Table) carried(c *tableConn, e *inspect.Event) {
	switch b := e.Body.(type) {
	case *application.Request:
		if b.Protocol == httpmsg.HTTP2 {
			t.under(c, "→", explain.Note{{Text: explain.Value(b.Exchange), Tone: explain.Faint}, {Text: explain.Value(b.Method + " " + b.URL)}})
			t.fields(b.Headers)
		}
	case *application.Response:
		if b.Headers.Get("Content-Encoding") != "" {
			if c.coded == nil {
				c.coded = make(map[string]bool)
			}
			c.coded[b.Exchange] = true
		}
		if b.Protocol == httpmsg.HTTP2 {
			t.under(c, "←", explain.Note{{Text: explain.Value(b.Exchange), Tone: explain.Faint}, {Text: strconv.Itoa(b.Status), Tone: explain.StatusTone(b.Status)}})
			t.fields(b.Headers)
		}
	case *application.Exchange:
		delete(c.coded, b.Exchange)
		t.under(c, "⇄", append(explain.Note{{Text: explain.Value(b.Exchange), Tone: explain.Faint}}, c.talk.Note(e)...))
		t.decoded(b.Request.Body)
		if b.Response != nil {
			t.decoded(b.Response.Body)
		}
	case *application.WebSocketMessage:
		content, all := socketContent(b)
		t.within(c, e, b.Exchange, t.style.Words.WebSocketMessage(b), content, all)
	case *application.ServerSentEvent:
		var data []byte // unless the data show it
		if c.coded[b.Exchange] {
			data = []byte(b.Data)
		}
		t.within(c, e, b.Exchange, t.style.Words.ServerSentEvent(b), data, int64(len(data)))
	case *application.GRPCMessage:
		fields := t.grpcFields(b)
		t.within(c, e, b.Exchange, t.style.Words.GRPCMessage(b), fields, int64(len(fields)))
	case *application.Frame, *application.MessageEnd:
		// The row names the frames, and the exchange has the end.
	case *application.Trouble, *application.Difference:
		t.under(c, "!", c.talk.Note(e))
	}
}

// under prints a note below the rows.
func (t *Table) under(c *tableConn, mark string, note explain.Note) {
	t.flushRow(c)
	style := styleFaint
	if mark == "!" {
		style = styleWarning
	}
	t.remark(c, mark, style, note)
}

// within prints a message inside an exchange.
func (t *Table) within(c *tableConn, e *inspect.Event, exchange string, note explain.Note, b []byte, length int64) {
	mark := "←"
	if e.From == inspect.PartyClient {
		mark = "→"
	}
	t.under(c, mark, append(explain.Note{{Text: explain.Value(exchange), Tone: explain.Faint}}, note...))
	if d := t.dump(b, int(length)); d != nil {
		t.printDump(d)
	}
}

// decoded shows a body that the rows show encoded alone.
func (t *Table) decoded(b *application.Body) {
	if b == nil || len(b.Encoding) == 0 {
		return
	}
	if d := t.dump(b.Bytes, int(whole(len(b.Bytes), b.DecodedSize, b.Truncated))); d != nil {
		t.printDump(d)
	}
}

// socketContent is what there is to show of a WebSocket message, and how long all of
// it is. What a close frame says is in its note.
func socketContent(m *application.WebSocketMessage) (b []byte, all int64) {
	if m.CloseCode != 0 {
		return nil, 0
	}
	size := m.Length
	if m.Compressed {
		size = m.DecodedSize
	}
	return m.Bytes, whole(len(m.Bytes), size, m.Truncated)
}

// whole is how long content of a size is, of which kept bytes are there. If that is
// all of it, secrets that are hidden may have made it longer or shorter.
func whole(kept int, size int64, truncated bool) int64 {
	if !truncated {
		return int64(kept)
	}
	return max(size, int64(kept))
}

// fields prints field lines as they were sent.
func (p *page) fields(fields httpmsg.Fields) {
	for _, f := range fields {
		for _, l := range p.textLines([]byte(f.Name + ": " + f.Value)) {
			p.bar(l.text, "")
		}
	}
}
