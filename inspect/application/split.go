package application

import (
	"strings"

	"tlsmitm/inspect/body"
	"tlsmitm/inspect/grpc"
	"tlsmitm/inspect/httpmsg"
	"tlsmitm/inspect/sse"
)

// split returns what tells of a content's parts as they come, if it has such.
func (c *content) split(h *httpmsg.Head) messages {
	if call, web, text := grpc.Is(c.mediaType); call {
		c.e.call = true
		return c.calls(h, web, text)
	}
	media, _, _ := strings.Cut(c.mediaType, ";")
	switch {
	case c.direction != Down || !strings.EqualFold(strings.TrimSpace(media), "text/event-stream"):
		return nil
	case coded(c.encodings):
		return c.decoded(c.events())
	}
	return c.events()
}

// decoding takes content codings off before parts can be seen.
type decoding struct {
	c      *content
	to     messages
	stream *body.Stream
	memory int // claimed from the budget
}

// decoded returns what tells of parts that stand in content codings; nil where these
// are not supported, or there is no room for their windows: then they are told as a
// body alone.
func (c *content) decoded(to messages) messages {
	d := &decoding{c: c, to: to}
	if d.stream = body.NewStream(c.encodings, to.Feed); d.stream == nil {
		return nil
	}
	budget, most := c.e.l.c.options.Budget, body.StreamMemory(c.encodings)
	if d.memory = budget.take(most); d.memory < most {
		d.close()
		return nil
	}
	return d
}

// Feed implements messages.
func (d *decoding) Feed(b []byte) { d.stream.Feed(b) }

// End implements messages.
func (d *decoding) End() {
	d.close()
	d.to.End()
}

func (d *decoding) close() {
	d.stream.Close()
	d.c.e.l.c.options.Budget.give(d.memory)
	d.memory = 0
}

// coded says whether a content coding must be taken off before parts can be seen.
func coded(encodings []string) bool {
	for _, e := range encodings {
		if e = strings.TrimSpace(e); e != "" && !strings.EqualFold(e, "identity") {
			return true
		}
	}
	return false
}

// events tells of the events of a text/event-stream.
func (c *content) events() messages {
	index := 0
	return sse.New(func(v sse.Event) {
		index++
		told := &ServerSentEvent{
			Ref: c.e.Ref, Index: index, Kind: string(v.Kind), Type: v.Type, ID: v.ID, Retry: -1, Size: v.Size,
			Data: v.Data, Truncated: v.Truncated, Unfinished: v.Unfinished,
		}
		if v.HasRetry {
			told.Retry = v.Retry
		}
		told.hide(c.e.l.c.options.Redact)
		c.e.l.c.emit(Down, told)
	})
}
