package application

import (
	"maps"
	"slices"

	"tlsmitm/inspect/http1"
	"tlsmitm/inspect/http2"
	"tlsmitm/inspect/httpmsg"
)

// layer is one protocol on a connection, and its exchanges that are not over. A
// connection has one, or a second one inside the first: HTTP/2 after an Upgrade.
// It is the receiver of what its reader tells.
type layer struct {
	c         *Conversation
	protocol  httpmsg.Protocol
	reader    reader
	exchanges map[httpmsg.Exchange]*exchange
	switched  map[httpmsg.Exchange]tunnel // what goes on after an exchange
	tunnels   map[httpmsg.Exchange]int    // how many of its directions have ended, in HTTP/2
	hidden    [2]hiddenFields             // of each direction's latest head
}

// tunnel is what follows an exchange that has switched protocols.
type tunnel interface {
	feed(d Direction, b []byte)
	end(d Direction)
	close()
}

func (c *Conversation) newLayer(p httpmsg.Protocol) *layer {
	l := &layer{c: c, protocol: p, exchanges: make(map[httpmsg.Exchange]*exchange)}
	if p == httpmsg.HTTP2 {
		l.reader = http2.New(l, http2.Options{Frames: c.options.Frames})
	} else {
		l.reader = http1.New(l)
	}
	return l
}

func (l *layer) end(d Direction) { l.reader.End(bool(d)) }

func (l *layer) feed(d Direction, b []byte) { l.reader.Feed(bool(d), b) }

// close ends what is still open: the readers tell of the end of every message
// that they have begun, so these are exchanges with one side alone.
func (l *layer) close() {
	for _, x := range slices.Sorted(maps.Keys(l.exchanges)) {
		l.exchanges[x].finish()
	}
	for _, x := range slices.Sorted(maps.Keys(l.switched)) {
		l.switched[x].close()
	}
}

// skippable is how many of the next bytes nobody needs.
func (l *layer) skippable(d Direction) int64 {
	n := l.reader.Skippable(bool(d))
	if n == 0 {
		return 0
	}
	x, known := l.reader.Stream(bool(d))
	if e := l.exchanges[x]; !known || e == nil || e.content(d).needs() {
		return 0
	}
	return n
}

// exchange returns an exchange that is not over, made if it is new.
func (l *layer) exchange(x httpmsg.Exchange) *exchange {
	e := l.exchanges[x]
	if e == nil {
		e = newExchange(l, x)
		l.exchanges[x] = e
	}
	return e
}

// Head implements httpmsg.Receiver.
func (l *layer) Head(x httpmsg.Exchange, up bool, h *httpmsg.Head) {
	e := l.exchange(x)
	switch {
	case h.Status == 0:
		e.requestHead(Direction(up), h)
	case h.Informational():
		e.interim(h)
	default:
		e.responseHead(h)
	}
}

// Body implements httpmsg.Receiver.
func (l *layer) Body(x httpmsg.Exchange, up bool, b []byte) {
	if e := l.exchanges[x]; e != nil {
		e.content(Direction(up)).add(b)
	}
}

// Skipped implements httpmsg.Receiver.
func (l *layer) Skipped(x httpmsg.Exchange, up bool, n int64) {
	if e := l.exchanges[x]; e != nil {
		e.content(Direction(up)).skip(n)
	}
}

// Trailers implements httpmsg.Receiver.
func (l *layer) Trailers(x httpmsg.Exchange, up bool, f httpmsg.Fields) {
	if e := l.exchanges[x]; e != nil {
		e.trailers(Direction(up), f)
	}
}

// End implements httpmsg.Receiver.
func (l *layer) End(x httpmsg.Exchange, up bool, end httpmsg.End) {
	if t := l.switched[x]; t != nil {
		t.end(Direction(up))
		if l.tunnels[x]++; l.tunnels[x] == 2 {
			t.close()
			delete(l.switched, x)
			delete(l.tunnels, x)
		}
		return
	}
	if e := l.exchanges[x]; e != nil {
		e.end(Direction(up), end)
	}
}

// Anomaly implements httpmsg.Receiver.
func (l *layer) Anomaly(x httpmsg.Exchange, up bool, a httpmsg.Anomaly) {
	if e := l.exchanges[x]; e != nil && e.anomaly(Direction(up), a) {
		return
	}
	l.trouble(up, &Trouble{Ref: l.ref(x), Anomalies: []httpmsg.Anomaly{a}})
}

// Frame implements httpmsg.Receiver.
func (l *layer) Frame(up bool, f *httpmsg.Frame) {
	ref := l.ref(httpmsg.Exchange(f.Stream))
	frame := *f
	frame.Payload = nil // header blocks may hold secrets, and DATA are told as bodies
	told := &Frame{Ref: ref, Frame: frame}
	told.hide(l.c.options.Redact)
	l.c.emit(Direction(up), told)
}

// Failed implements httpmsg.Receiver.
func (l *layer) Failed(up bool, why string) {
	l.trouble(up, &Trouble{Ref: Ref{Protocol: l.protocol}, Failed: true, Reason: why})
}

func (l *layer) trouble(up bool, t *Trouble) {
	t.hide(l.c.options.Redact)
	l.c.emit(Direction(up), t)
}

// ref names an exchange that may be over, or have been none.
func (l *layer) ref(x httpmsg.Exchange) Ref {
	if e := l.exchanges[x]; e != nil {
		return e.Ref
	}
	r := Ref{Protocol: l.protocol}
	if l.protocol == httpmsg.HTTP2 {
		r.Stream = uint64(x)
	}
	return r
}
