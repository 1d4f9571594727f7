package sse

import (
	"bytes"
	"math"
	"strings"
)

// Parser reads one stream.
type Parser struct {
	tell  func(Event)
	begun int  // bytes of the byte order mark that were there; 3 once that is decided
	cr    bool // the last line ended with CR: an LF now belongs to it

	line []byte // the beginning of a line that has not ended, up to maxLine
	size int64  // of all of that line

	event Event // the block so far, with no kind
	block bool  // it has lines
	full  bool  // it has data
	data  []byte
	id    string // the last event ID, outliving the block
}

// maxLine is how much of a line is kept: the longest value and its name.
const maxLine = MaxEvent + 16

var mark = []byte{0xef, 0xbb, 0xbf} // the byte order mark, in UTF-8

// New returns a parser that passes each event on to tell.
func New(tell func(Event)) *Parser { return &Parser{tell: tell} }

// Feed takes the next bytes of the stream. They are the caller's again when it
// returns.
func (p *Parser) Feed(b []byte) {
	for len(b) > 0 && p.begun < len(mark) {
		if b[0] == mark[p.begun] {
			p.begun++
			b = b[1:]
			continue
		}
		seen := mark[:p.begun]
		p.begun = len(mark)
		p.keep(seen) // no mark, then: they begin the first line
	}
	lf := -1 // where the next LF is; it is looked for once, however many CRs come first
	for at := 0; at < len(b); {
		if p.cr {
			p.cr = false
			if b[at] == '\n' {
				at++
				continue
			}
		}
		if lf < at {
			if lf = bytes.IndexByte(b[at:], '\n'); lf < 0 {
				lf = len(b)
			} else {
				lf += at
			}
		}
		end := lf
		if cr := bytes.IndexByte(b[at:lf], '\r'); cr >= 0 {
			end = at + cr
		}
		line := b[at:end]
		if end == len(b) {
			p.keep(line)
			return
		}
		p.cr = b[end] == '\r'
		if p.size == 0 {
			p.read(line[:min(len(line), maxLine)], int64(len(line)))
		} else {
			p.keep(line)
			p.readKept()
		}
		at = end + 1
	}
}

// End tells that the stream is over.
func (p *Parser) End() {
	if p.begun < len(mark) {
		p.keep(mark[:p.begun])
		p.begun = len(mark)
	}
	if p.size > 0 {
		p.readKept()
	}
	if p.block {
		p.event.Unfinished = true
		p.dispatch()
	}
}

func (p *Parser) keep(b []byte) {
	p.size += int64(len(b))
	p.line = append(p.line, b[:min(len(b), maxLine-len(p.line))]...)
}

func (p *Parser) readKept() {
	p.read(p.line, p.size)
	p.line, p.size = empty(p.line), 0
}

// empty keeps the memory for the next, unless it is unusually much.
func empty(b []byte) []byte {
	if cap(b) > 64<<10 {
		return nil
	}
	return b[:0]
}

// read reads a line of size bytes, of which these are the first.
func (p *Parser) read(line []byte, size int64) {
	if size == 0 {
		if p.block {
			p.dispatch()
		}
		return
	}
	missing := size - int64(len(line))
	name, value, _ := bytes.Cut(line, []byte{':'})
	value = bytes.TrimPrefix(value, []byte{' '})
	if line[0] == ':' {
		p.comment(value, missing)
		return
	}
	p.block = true
	switch string(name) {
	case "data":
		p.addData(value, missing)
	case "event":
		p.event.Type = p.name(value)
	case "id":
		if bytes.IndexByte(value, 0) < 0 {
			p.id = p.name(value)
		} else {
			p.event.Ignored++
		}
	case "retry":
		p.retry(value, missing)
	default:
		p.event.Ignored++
	}
}

func (p *Parser) comment(text []byte, missing int64) {
	kept := text[:min(len(text), MaxEvent)]
	size := int64(len(text)) + missing
	p.tell(Event{Kind: Comment, Data: string(kept), Size: size, Truncated: size > int64(len(kept))})
}

// addData adds a line to the data.
func (p *Parser) addData(value []byte, missing int64) {
	if p.full {
		p.event.Size++
		if len(p.data) < MaxEvent {
			p.data = append(p.data, '\n')
		}
	}
	p.full = true
	p.event.Size += int64(len(value)) + missing
	p.data = append(p.data, value[:min(len(value), MaxEvent-len(p.data))]...)
}

func (p *Parser) name(value []byte) string {
	if len(value) > MaxName {
		p.event.Truncated = true
		value = value[:MaxName]
	}
	return string(value)
}

// retry reads ASCII digits. What is more than an int64 holds is forever.
func (p *Parser) retry(value []byte, missing int64) {
	if len(value) == 0 || missing > 0 || strings.Trim(string(value), "0123456789") != "" {
		p.event.Ignored++
		return
	}
	var n int64
	for _, c := range value {
		d := int64(c - '0')
		if n > (math.MaxInt64-d)/10 {
			n = math.MaxInt64
			break
		}
		n = n*10 + d
	}
	p.event.Retry, p.event.HasRetry = n, true
}

// dispatch tells the block, and begins the next.
func (p *Parser) dispatch() {
	e := p.event
	e.Kind, e.ID, e.Data = Fields, p.id, string(p.data)
	if p.full {
		e.Kind = Message
	}
	if e.Type == "" {
		e.Type = "message"
	}
	e.Truncated = e.Truncated || e.Size > int64(len(e.Data))
	p.event, p.block, p.full, p.data = Event{}, false, false, empty(p.data)
	p.tell(e)
}
