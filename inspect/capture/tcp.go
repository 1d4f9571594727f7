package capture

import (
	"encoding/binary"
	"slices"
)

// The flags of a segment, RFC 9293 section 3.1.
const (
	flagFIN = 1 << iota
	flagSYN
	flagRST
	flagPSH
	flagACK
)

// segment is one TCP segment.
type segment struct {
	side     int // which of the connection's ends sent it
	seq, ack uint32
	flags    uint8
	b        []byte // what was captured of its data
	length   int    // bytes of data on the wire
	frame    int
	at       int64
	number   int // among the connection's
	comment  string
}

func (s *segment) has(flag uint8) bool { return s.flags&flag != 0 }

// keep returns a copy that owns its bytes.
func (s *segment) keep() segment {
	k := *s
	k.b = slices.Clone(s.b)
	return k
}

// endpoint is an address and a port.
type endpoint struct {
	address
	port uint16
}

// key names a connection: its ends, in an order that does not depend on who sends.
type key [2]endpoint

// parseTCP reads a header, RFC 9293 section 3.1, and tells which connection the
// segment is of. Checksums are not looked at: network cards fill them in behind the
// back of who captures.
func parseTCP(d *datagram, s *segment) (k key, ok bool) {
	b := d.payload
	if len(b) < 20 {
		return key{}, false
	}
	header := int(b[12]>>4) * 4
	if header < 20 || header > d.length {
		return key{}, false
	}
	s.seq, s.ack, s.flags = binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:]), b[13]
	s.b, s.length = b[min(header, len(b)):], d.length-header
	from := endpoint{d.src, binary.BigEndian.Uint16(b)}
	to := endpoint{d.dst, binary.BigEndian.Uint16(b[2:])}
	if from.before(&to) {
		s.side = 0
		return key{from, to}, true
	}
	s.side = 1
	return key{to, from}, true
}

func (e *endpoint) before(o *endpoint) bool {
	for i := 0; i < len(e.address); i += 8 {
		a, b := binary.BigEndian.Uint64(e.address[i:]), binary.BigEndian.Uint64(o.address[i:])
		if a != b {
			return a < b
		}
	}
	return e.port < o.port
}

// distance is how far b lies behind a in sequence numbers, which wrap (RFC 9293
// section 3.4).
func distance(a, b uint32) int { return int(int32(b - a)) }
