package http1

import (
	"fmt"

	"tlsmitm/inspect/httpmsg"
)

// state is what the next byte of a direction belongs to.
type state uint8

const (
	inHead     state = iota // of a message, or an empty line before it
	inContent               // whose length is known
	inRest                  // content to the end of the connection
	inSize                  // the first line of a chunk
	inChunk                 // a chunk's data
	inChunkEnd              // the line end after it
	inTrailers
	held     // until it is known whether the server switches to another protocol
	inTunnel // another protocol
	failed
	ended
)

// direction is one half of a connection.
type direction struct {
	c      *Conn
	up     bool
	state  state
	ending bool // the direction is over, but held
	total  Totals

	// The last message whose head was told, interim responses left out.
	count  httpmsg.Exchange // how many there were, and so its exchange
	open   bool             // it has not ended
	kind   kind             // of that request
	status int              // of that response
	size   int64            // of its content, where that is declared
	got    int64            // of its content, so far
	left   int64            // of its content, or of the chunk
	cr     bool             // of the line end after the chunk
	bare   bool             // it has no content, but the fields of one
	closes bool             // it was to be the last

	// What is being read line by line. buf holds what came in pieces.
	buf   []byte
	line  int           // where the line begins that is not yet whole
	lines int           // field lines so far
	start *httpmsg.Head // from the start line, once that is whole
	after int           // where the start line ends
	empty bool          // there were empty lines before it
	found findings

	latest latest // of an earlier head
}

func (d *direction) over() bool { return d.state == failed || d.state == ended }

func (d *direction) feed(b []byte) {
	for len(b) > 0 {
		b = b[d.step(b):]
	}
}

// step reads from b, which is not empty, and returns how many bytes it took.
func (d *direction) step(b []byte) int {
	switch d.state {
	case inHead, inTrailers:
		return d.head(b)
	case inContent, inChunk:
		b = b[:min(int64(len(b)), d.left)]
		d.c.r.Body(d.count, d.up, b)
		d.take(int64(len(b)))
	case inRest:
		d.c.r.Body(d.count, d.up, b)
		d.take(int64(len(b)))
	case inSize:
		return d.chunkLine(b)
	case inChunkEnd:
		return d.chunkEnd(b)
	case held:
		return d.hold(b)
	case inTunnel:
		d.total.Tunnel += int64(len(b))
		d.c.r.Tunnel(d.c.tunnel, d.up, b)
	default:
		d.total.Unread += int64(len(b))
	}
	return len(b)
}

func (d *direction) skip(n int64) {
	d.c.r.Skipped(d.count, d.up, n)
	d.take(n)
}

// take counts content.
func (d *direction) take(n int64) {
	d.got += n
	d.total.Content += n
	if d.state == inRest {
		return
	}
	if d.left -= n; d.left > 0 {
		return
	}
	if d.state == inChunk {
		d.state = inChunkEnd
	} else {
		d.finish()
	}
}

// body begins the content of the message whose head was told.
func (d *direction) body(how framing, length int64) {
	d.got, d.size = 0, length
	switch how {
	case noContent:
		d.finish()
	case sized:
		d.state, d.left = inContent, length
	case chunked:
		d.state = inSize
	case untilEnd:
		d.state = inRest
	case unreadable:
		d.fail("the length of the content cannot be told")
	}
}

// finish ends a message that is whole.
func (d *direction) finish() {
	d.close(false)
	d.state = inHead
	d.found.reset()
	c := d.c
	switch {
	case !d.up:
	case c.switched && d.count >= c.tunnel:
		d.enterTunnel()
	case c.down.count >= d.count:
	case d.kind == connect, d.kind == upgrade && !c.down.over():
		d.state = held
	}
}

// close tells the end of the message that is open, if one is.
func (d *direction) close(cut bool) {
	if !d.open {
		return
	}
	d.open = false
	d.tell(d.count)
	d.c.r.End(d.count, d.up, httpmsg.End{Cut: cut})
}

// tell tells the anomalies that were found.
func (d *direction) tell(x httpmsg.Exchange) {
	for _, a := range d.found.found {
		d.c.r.Anomaly(x, d.up, a)
	}
	d.found.found = d.found.found[:0]
}

// note tells an anomaly of the open message at once.
func (d *direction) note(code httpmsg.AnomalyCode, detail string) {
	d.found.add(code, detail)
	d.tell(d.count)
}

// cut ends the message that is open, of which something is missing.
func (d *direction) cut() {
	if !d.open {
		return
	}
	switch d.state {
	case inContent:
		d.found.add(UnfinishedBody, fmt.Sprintf("%d of %d bytes", d.got, d.size))
	case inSize, inChunk, inChunkEnd, inTrailers:
		d.found.add(UnfinishedBody, fmt.Sprintf("%d bytes, without the end of the chunks", d.got))
	}
	d.close(true)
}

// fail tells that the direction cannot be read further.
func (d *direction) fail(why string) {
	if d.over() {
		return
	}
	d.cut()
	d.tell(0)
	d.drop()
	d.state = failed
	d.c.r.Failed(d.up, why)
	if !d.up {
		d.c.unanswered()
	}
}

// drop counts what waited as unread.
func (d *direction) drop() {
	d.total.Unread += int64(len(d.buf))
	d.buf = nil
}

// end is the end of the direction.
func (d *direction) end() {
	if d.over() {
		return
	}
	if d.state == inRest {
		d.close(false) // RFC 9112, section 6.3, item 8
	}
	d.cut()
	if d.empty {
		d.found.add(EmptyLine, "")
	}
	if d.state == inHead && len(d.buf) > 0 {
		if d.start == nil && !d.plausible(d.buf) {
			d.stray(d.buf)
			return
		}
		d.found.add(UnfinishedHead, fmt.Sprintf("%d bytes", len(d.buf)))
	}
	d.tell(0)
	d.drop()
	d.state = ended
	if !d.up {
		d.c.unanswered()
	}
}

// pending says whether something of a message is there whose head was not told.
func (d *direction) pending() bool { return len(d.buf) > 0 && (d.state == inHead || d.state == held) }
