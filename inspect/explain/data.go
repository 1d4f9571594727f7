package explain

import (
	"bytes"
	"hash/maphash"
	"unicode/utf8"

	"tlsmitm/inspect"
	"tlsmitm/inspect/runes"
)

// alpnHTTP2 is the protocol name of HTTP/2 over TLS (RFC 9113, 3.2).
const alpnHTTP2 = "h2"

// flow is one direction of one leg.
type flow struct {
	leg  inspect.LegName
	from inspect.Party
}

// passed remembers data that were told of, to be recognised on the other leg:
// by the sum of all of them or, where much passed and none was taken, by what
// there is of their beginning.
type passed struct {
	leg       inspect.LegName
	no        int
	length    int
	sum       uint64
	beginning uint64 // a hash, of data that are not all in the event; else 0
}

// maxPassed bounds the data that is remembered: what passes on one leg is
// relayed to the other at once, so few rows lie between the two.
const maxPassed = 32

// DataNote is what is said about application data, or the bytes of a
// connection that is not TLS.
type DataNote struct {
	Note   Note
	SameAs int     // the row in which these bytes passed on the other leg; 0 if none
	Frames []Frame // the HTTP/2 frames, if it is that
}

// Control says whether the data only keep a connection going: HTTP/2 frames
// that are neither a message nor a part of one (RFC 9113, 6).
func (n DataNote) Control() bool {
	for _, f := range n.Frames {
		if !f.Control {
			return false
		}
	}
	return len(n.Frames) > 0
}

// Data explains tls.data and tcp.data.
func (c *Conversation) Data(e *inspect.Event) DataNote {
	d, ok := e.Body.(*inspect.Data)
	if !ok {
		return DataNote{}
	}
	var out DataNote
	if d.Early {
		out.Note.tone(Warning, c.say.earlyBytes)
	}
	if d.Reason != "" {
		out.Note.tone(Faint, c.notOpened(e.Leg, d.Reason))
		return out
	}
	if d.ALPN == alpnHTTP2 {
		out.Frames = c.http2(flow{e.Leg, e.From}).read(d.Bytes, d.Length)
	}
	if p, whole := c.other(e, d); p != nil {
		out.SameAs = p.no
		if whole {
			out.Note.tone(Faint, c.say.sameBytes(p.no))
		} else {
			out.Note.tone(Faint, c.say.sameBeginning(p.no))
		}
		return out
	}
	switch {
	case d.Length == 0:
		out.Note.tone(Faint, c.say.emptyRecord)
	case d.ALPN == alpnHTTP2 && len(out.Frames) > 0:
		out.Note = c.say.frames(out.Frames)
	default:
		out.Note.say(c.firstLine(d.Bytes))
	}
	return out
}

func (c *Conversation) http2(at flow) *http2Flow {
	f := c.frames[at]
	if f == nil {
		f = new(http2Flow)
		c.frames[at] = f
	}
	return f
}

// minBeginning is how much of two long runs of data must be equal for them to
// be taken for the same.
const minBeginning = 64

// other returns the data with which the same bytes passed on the other leg, and
// whether that is known of all of them. It remembers e for when they do so later.
func (c *Conversation) other(e *inspect.Event, d *inspect.Data) (p *passed, whole bool) {
	if d.Length == 0 {
		return nil, false
	}
	now := passed{leg: e.Leg, no: e.No, length: d.Length, sum: d.Sum}
	if d.Truncated && len(d.Bytes) >= minBeginning {
		now.beginning = maphash.Bytes(c.seed, d.Bytes)
	}
	for i := len(c.passed) - 1; i >= 0; i-- {
		p := c.passed[i]
		whole := p.sum != 0 && p.sum == now.sum && p.length == now.length
		if p.leg != e.Leg && (whole || p.beginning != 0 && p.beginning == now.beginning) {
			c.passed = append(c.passed[:i], c.passed[i+1:]...)
			return &p, whole
		}
	}
	if now.sum == 0 && now.beginning == 0 {
		return nil, false
	}
	if len(c.passed) == maxPassed {
		c.passed = append(c.passed[:0], c.passed[1:]...)
	}
	c.passed = append(c.passed, now)
	return nil, false
}

// firstLine is the first line of text, or says that there is none.
func (c *Conversation) firstLine(b []byte) string {
	if len(b) == 0 {
		return "" // the data limit let nothing through
	}
	if b = b[:TextPrefix(b)]; len(b) == 0 {
		return c.say.binary
	}
	if trimmed := bytes.TrimLeft(b, "\r\n\t "); len(trimmed) > 0 {
		b = trimmed
	} else {
		return Value(string(b)) // blanks alone, as escapes
	}
	if i := bytes.IndexAny(b, "\r\n"); i >= 0 {
		b = b[:i]
	}
	return Value(string(b))
}

// TextPrefix returns how many bytes at the beginning of b are text: all of
// them, or those up to the end of an HTTP head that binary data follow, or
// none. A character that the end of b cuts is text.
func TextPrefix(b []byte) int {
	if isReadable(b) {
		return len(b)
	}
	const headEnd = "\r\n\r\n"
	if i := bytes.Index(b, []byte(headEnd)); i >= 0 && isReadable(b[:i]) {
		return i + len(headEnd)
	}
	return 0
}

// isReadable is more generous than what decides how a body is kept: a stray escape
// sequence does not make text unreadable, since it is written so that it does nothing.
func isReadable(b []byte) bool {
	whole := runes.Whole(b)
	return utf8.Valid(whole) && bytes.IndexByte(whole, 0) < 0 && runes.Lines.Odd(whole)*16 <= len(b)
}
