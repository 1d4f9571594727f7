package inspect

import (
	"hash/crc32"
	"slices"
	"time"

	"tlsmitm/inspect/tlswire"
)

const (
	// maxShown bounds one event's bytes where the user set no bound.
	maxShown = 1 << 20
	// skimFrom is the size of a record that is worth not decrypting whole once
	// its run's event is full.
	skimFrom = 1 << 10
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// pendingData is a run of data that may still grow: consecutive records of one
// direction share an event, until the direction turns, anything else is to be
// told, or it has waited for dataDelay.
type pendingData struct {
	flow  *flow
	first time.Time
	row   int
	data  *Data
	full  bool // it shows all that it may
	summy bool // Sum covers all of it
	sum   uint32
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
	p := f.pend(seg, reason)
	p.add(f, len(b), wire, records)
	if reason != "" {
		return
	}
	if p.summy {
		p.sum = crc32.Update(p.sum, castagnoli, b)
	}
	room := f.conv.d.shown(maxShown) - len(p.data.Bytes)
	take := min(room, len(b))
	p.data.Bytes = append(p.data.Bytes, b[:take]...)
	p.full = take == room
	p.data.Truncated = len(p.data.Bytes) < p.data.Length
}

// skim counts a record of a run whose event is full already, looking only at the
// end of it for its type. Not decrypting what nobody will see is what makes
// watching a bulk transfer cheap.
func (f *flow) skim(seg segment, rec tlswire.Record, n int) bool {
	p := f.conv.data
	if len(rec.Fragment) < skimFrom || p == nil || p.flow != f || !p.full || seg.at.Sub(p.first) >= dataDelay || p.data.Reason != "" {
		return false
	}
	ct, length, ok := f.opener.Peek(rec)
	if !ok || ct != tlswire.ContentTypeApplicationData || f.conv.d.dataBytes < 0 {
		return false
	}
	f.opener.Skip()
	p.add(f, length, n, 1)
	p.summy, p.data.Truncated = false, true
	return true
}

// pend returns the run that the next data belongs to.
func (f *flow) pend(seg segment, reason string) *pendingData {
	c := f.conv
	p := c.data
	if p != nil && p.flow == f && p.data.Reason == reason && seg.at.Sub(p.first) < dataDelay &&
		(c.d.dataBytes >= 0 || !p.full) {
		return p
	}
	if p != nil {
		c.d.flushData()
	}
	c.data = &pendingData{flow: f, first: seg.at, row: seg.row, summy: reason == "", data: &Data{Reason: reason, ALPN: c.alpn}}
	return c.data
}

func (p *pendingData) add(f *flow, length, wire, records int) {
	p.data.Length += length
	p.data.Wire += wire
	p.data.Records += records
	f.total.Data += int64(length)
}

// flushData emits what waits on any leg, in the order of its rows.
func (d *Dissector) flushData() {
	var ready []*pendingData
	for _, c := range d.legs {
		if c.data != nil {
			ready = append(ready, c.data)
			c.data = nil
		}
	}
	if len(ready) > 1 {
		slices.SortFunc(ready, func(a, b *pendingData) int { return a.row - b.row })
	}
	for _, p := range ready {
		kind := KindTLSData
		if p.flow.raw {
			kind = KindTCPData
		}
		if p.summy {
			p.data.Sum = uint64(p.sum)
		}
		d.send(p.flow, p.first, p.row, kind, p.data)
	}
}
