package capture

import "slices"

const (
	// maxPartial bounds the datagrams that wait for fragments, maxPartialBytes what
	// they hold, and maxPieces the fragments of one.
	maxPartial      = 256
	maxPartialBytes = 4 << 20
	maxPieces       = 1024
	// partialPatience is how long fragments wait for the rest: identifications are
	// used again (RFC 791 suggests 15 seconds, RFC 8200 demands 60).
	partialPatience = 60e9
	maxDatagram     = 1<<16 - 1
)

// fragment is what a header says of a part of a datagram.
type fragment struct {
	id     uint32
	offset int
	more   bool
	v6     bool
}

// fragmentKey names the datagram that a fragment is of (RFC 791 section 3.2; in
// IPv6 the protocol is none of it, RFC 8200 section 4.5).
type fragmentKey struct {
	src, dst address
	id       uint32
	proto    uint8
	v6       bool
}

// partial is a datagram of which not all fragments have come.
type partial struct {
	key    fragmentKey
	since  int64
	pieces []piece // by offset
	total  int     // -1 until the last fragment has come
	bytes  int
	proto  uint8 // of the first fragment
}

type piece struct {
	offset int
	b      []byte
}

// fragments holds partial datagrams, the oldest first.
type fragments struct {
	list  []*partial
	bytes int
}

// fragment takes a part of a datagram; once all parts are there, d is the whole.
func (a *Assembler) fragment(d *datagram, f fragment) bool {
	switch d.proto {
	case protoTCP, protoIPv4, protoIPv6, protoHopByHop, protoRouting, protoDestination, protoAH:
	default:
		return false // nothing for us, however it goes on
	}
	end := f.offset + d.length
	if len(d.payload) < d.length || d.length == 0 || end > maxDatagram || f.more && d.length%8 != 0 {
		a.counts.Fragments++
		return false // cut by the capture, or no fragment that anyone would take
	}
	k := fragmentKey{src: d.src, dst: d.dst, id: f.id, v6: f.v6}
	if !f.v6 {
		k.proto = d.proto
	}
	p := a.partials.find(k, d.now)
	if len(p.pieces) >= maxPieces || p.total >= 0 && end > p.total {
		return false
	}
	if f.offset == 0 {
		p.proto = d.proto
	}
	if !f.more {
		p.total = end
	}
	p.insert(f.offset, d.payload)
	a.partials.bytes += d.length
	whole := p.whole()
	if whole == nil {
		a.partials.shrink()
		return false
	}
	a.partials.remove(p)
	d.proto, d.payload, d.length = p.proto, whole, len(whole)
	return true
}

func (s *fragments) find(k fragmentKey, now int64) *partial {
	for _, p := range s.list {
		if p.key == k {
			if now-p.since <= partialPatience {
				return p
			}
			s.remove(p)
			break
		}
	}
	p := &partial{key: k, since: now, total: -1}
	s.list = append(s.list, p)
	return p
}

func (s *fragments) remove(p *partial) {
	s.list = slices.DeleteFunc(s.list, func(q *partial) bool { return q == p })
	s.bytes -= p.bytes
}

// shrink gives up the oldest datagrams where there are too many.
func (s *fragments) shrink() {
	for len(s.list) > maxPartial || s.bytes > maxPartialBytes && len(s.list) > 0 {
		s.remove(s.list[0])
	}
}

func (p *partial) insert(offset int, b []byte) {
	at, _ := slices.BinarySearchFunc(p.pieces, offset, func(q piece, offset int) int {
		if q.offset <= offset {
			return -1
		}
		return 1
	})
	p.pieces = slices.Insert(p.pieces, at, piece{offset, slices.Clone(b)})
	p.bytes += len(b)
}

// whole puts the pieces together if none is missing. Where two overlap, the one
// that begins first holds.
func (p *partial) whole() []byte {
	if p.total < 0 {
		return nil
	}
	end := 0
	for _, q := range p.pieces {
		if q.offset > end {
			return nil
		}
		end = max(end, q.offset+len(q.b))
	}
	if end < p.total {
		return nil
	}
	whole := make([]byte, 0, p.total)
	for _, q := range p.pieces {
		if skip := len(whole) - q.offset; skip < len(q.b) {
			whole = append(whole, q.b[skip:]...)
		}
	}
	return whole[:p.total]
}
