package application

import (
	"strings"

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
	if c.direction == Down && strings.EqualFold(strings.TrimSpace(media), "text/event-stream") && !coded(c.encodings) {
		return c.events()
	}
	return nil
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
