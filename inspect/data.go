package inspect

import (
	"hash/crc32"
	"time"
)

// maxShown bounds one event's bytes where the user set no bound.
const maxShown = 1 << 20

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// pendingData is a run of data that may still grow: consecutive records of one
// direction share an event, until the direction turns, anything else is to be
// told, or it has waited for dataDelay.
type pendingData struct {
	flow  *flow // nil while nothing waits
	first time.Time
	row   int
	event *dataEvent
	full  bool // it shows all that it may
	summy bool // Sum covers all of it
	sum   uint32
}

// dataEvent is an event and its body in one piece.
type dataEvent struct {
	Event
	data Data
}

// slab hands out data events and room for their bytes from larger pieces, since
// a kept connection makes little else. It is used by one goroutine.
type slab struct {
	events []dataEvent
	bytes  []byte
}

const (
	slabEvents = 32
	slabBytes  = 16 << 10
)

func (s *slab) event() *dataEvent {
	if len(s.events) == 0 {
		s.events = make([]dataEvent, slabEvents)
	}
	e := &s.events[0]
	s.events = s.events[1:]
	return e
}

// room returns an empty slice with a capacity of n.
func (s *slab) room(n int) []byte {
	if n > slabBytes/4 {
		return make([]byte, 0, n)
	}
	if len(s.bytes) < n {
		s.bytes = make([]byte, slabBytes)
	}
	b := s.bytes[:0:n]
	s.bytes = s.bytes[n:]
	return b
}

// shown returns how many of n bytes an event may carry.
func (d *Dissector) shown(n int) int {
	if d.dataBytes < 0 {
		return min(n, maxShown)
	}
	return min(n, d.dataBytes)
}

// data takes application data, or the bytes of a connection that is not TLS.
// With a reason, b is what stays closed, and is not shown.
func (f *flow) data(seg segment, b []byte, wire, records int, reason string) {
	if reason != "" && f.inEarly() {
		f.tellEarly(seg, b, wire, reason)
		return
	}
	f.pending(seg, b, wire, records, reason)
	switch k := f.conv.d.carried; {
	case k == nil:
	case reason != "":
		k.lost(f, seg.at)
	default:
		k.data(f, seg, b)
	}
}

// pending adds data to the run that is to be told of.
func (f *flow) pending(seg segment, b []byte, wire, records int, reason string) {
	p := f.pend(seg, reason)
	p.add(len(b), wire, records)
	if c := f.conv; !c.talked && f.up && c.name == LegClient && len(b) > 0 {
		c.talked = true
		c.d.accepted.begin(c.d.acceptor(c))
	}
	if reason != "" {
		f.loseMask()
		return
	}
	if p.summy {
		p.sum = crc32.Update(p.sum, castagnoli, b)
	}
	shown := &p.event.data.Bytes
	room := f.conv.d.shown(maxShown) - len(*shown)
	take := min(room, len(b))
	if *shown == nil && take > 0 {
		*shown = f.conv.d.slab.room(take)
	}
	*shown = append(*shown, b[:take]...)
	f.hide((*shown)[len(*shown)-take:], b)
	p.full = take == room
	p.event.data.Truncated = len(p.event.data.Bytes) < p.event.data.Length
}

// pend returns the run that the next data belongs to.
func (f *flow) pend(seg segment, reason string) *pendingData {
	c := f.conv
	p := &c.data
	early := f.inEarly()
	if p.flow == f && p.event.data.Reason == reason && p.event.data.Early == early && seg.at.Sub(p.first) < dataDelay &&
		(c.d.dataBytes >= 0 || !p.full) && !c.d.carried.full() {
		return p
	}
	if p.flow != nil {
		c.d.flushData()
	}
	*p = pendingData{flow: f, first: seg.at, row: seg.row, summy: reason == "", event: c.d.slab.event()}
	p.event.data.Reason, p.event.data.ALPN, p.event.data.Early = reason, c.alpn, early
	return p
}

func (p *pendingData) add(length, wire, records int) {
	p.event.data.Length += length
	p.event.data.Wire += wire
	p.event.data.Records += records
	p.flow.total.Data += int64(length)
}

// flushData emits what waits on any leg, in the order of its rows.
func (d *Dissector) flushData() {
	for {
		var next *pendingData
		for _, c := range d.legs {
			if p := &c.data; p.flow != nil && (next == nil || p.row < next.row) {
				next = p
			}
		}
		if next == nil {
			if d.carried != nil {
				d.carried.flush()
			}
			return
		}
		p := *next
		*next = pendingData{}
		e := p.event
		if p.summy {
			e.data.Sum = uint64(p.sum)
		}
		e.Kind = KindTLSData
		if p.flow.raw {
			e.Kind = KindTCPData
		}
		e.Time, e.Body = p.first, &e.data
		d.place(&e.Event, p.flow, p.row)
	}
}
