package application

import (
	"hash/crc32"
	"time"

	"tlsmitm/inspect/http1"
	"tlsmitm/inspect/httpmsg"
)

// content is what a message carries, while it passes.
type content struct {
	e         *exchange
	direction Direction
	began     time.Time // when the head was complete
	turn      int       // the call of Feed in which it was
	ended     bool

	mediaType string
	encodings []string
	size      int64
	kept      []byte
	claimed   int    // bytes of the budget
	full      bool   // more is not kept
	secret    bool   // a secret was found in one of the messages
	sum       uint32 // of head and content, where it is asked for

	messages messages // what is told of one by one; nil if nothing is
}

// messages are parts of a content that are told of as they come.
type messages interface {
	Feed(b []byte)
	End()
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (c *content) init(e *exchange, d Direction) { c.e, c.direction = e, d }

// begin takes in what the head says of the content.
func (c *content) begin(h *httpmsg.Head) {
	c.began, c.turn = c.e.l.c.at, c.e.l.c.turn
	c.mediaType = h.Fields.Get("Content-Type")
	c.encodings = h.Fields.Values("Content-Encoding")
	if c.e.l.protocol != httpmsg.HTTP2 {
		c.encodings = append(c.encodings, http1.Codings(h.Fields)...)
	}
	if c.e.l.c.options.Sums {
		for _, f := range h.Fields {
			c.sum = crc32.Update(crc32.Update(c.sum, castagnoli, []byte(f.Name)), castagnoli, []byte(f.Value))
		}
		c.sum = crc32.Update(c.sum, castagnoli, []byte(h.Method+" "+h.Target+h.Path+" "+h.Reason))
		c.sum += uint32(h.Status)
	}
	c.messages = c.split(h)
}

// add takes content as it passes.
func (c *content) add(b []byte) {
	c.size += int64(len(b))
	if c.e.l.c.options.Sums {
		c.sum = crc32.Update(c.sum, castagnoli, b)
	}
	if c.messages != nil {
		c.messages.Feed(b)
	}
	if c.full {
		return
	}
	o := &c.e.l.c.options
	n := o.Budget.take(min(len(b), o.BodyBytes-len(c.kept)))
	c.claimed += n
	c.kept = append(c.kept, b[:n]...)
	c.full = n < len(b) || len(c.kept) == o.BodyBytes
}

// skip takes content that passed unseen.
func (c *content) skip(n int64) {
	c.size += n
	c.full = true
}

// needs says whether the content is still to be looked at.
func (c *content) needs() bool {
	return !c.full || c.messages != nil || c.e.l.c.options.Sums
}

// finish returns what the content was; nil if there was none.
func (c *content) finish(cut bool) *Body {
	if c.messages != nil {
		c.messages.End()
	}
	if c.size == 0 {
		return nil
	}
	b := c.decode(cut)
	c.drop()
	return b
}

// drop gives back what the content held.
func (c *content) drop() {
	c.e.l.c.options.Budget.give(c.claimed)
	if d, ok := c.messages.(*decoding); ok {
		d.close()
	}
	c.kept, c.claimed, c.messages = nil, 0, nil
}
