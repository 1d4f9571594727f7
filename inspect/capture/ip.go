package capture

import (
	"encoding/binary"
	"net/netip"
)

// address is an IP address; an IPv4 one is mapped into IPv6 (RFC 4291 2.5.5.2).
type address [16]byte

func address4(b []byte) (a address) {
	a[10], a[11] = 0xff, 0xff
	copy(a[12:], b[:4])
	return a
}

func (a address) addr() netip.Addr { return netip.AddrFrom16(a).Unmap() }

// Protocol numbers, of the IANA registry.
const (
	protoHopByHop    = 0
	protoIPv4        = 4
	protoTCP         = 6
	protoIPv6        = 41
	protoRouting     = 43
	protoFragment    = 44
	protoAH          = 51
	protoDestination = 60
	protoMobility    = 135
	protoHIP         = 139
	protoShim6       = 140
)

// maxNesting bounds IP inside IP, and headers of extension.
const maxNesting = 16

// datagram is what an IP packet, or all fragments of one, carry.
type datagram struct {
	src, dst address
	proto    uint8
	payload  []byte
	length   int // of the payload on the wire
	now      int64
}

// unpack reads an IP packet down to what it carries, through tunnels. It returns false if there is
// nothing, or not all of it yet.
func (a *Assembler) unpack(b []byte, wire int, d *datagram) bool {
	for range maxNesting {
		if len(b) == 0 {
			return false
		}
		ok := false
		switch b[0] >> 4 {
		case 4:
			ok = a.ipv4(b, wire, d)
		case 6:
			ok = a.ipv6(b, wire, d)
		}
		if !ok {
			return false
		}
		inner := d.inner()
		if inner == nil {
			return true
		}
		b, wire = inner, d.length-(len(d.payload)-len(inner))
	}
	return false
}

// ipv4 reads a header, RFC 791 section 3.1. wire is how long the packet was.
func (a *Assembler) ipv4(b []byte, wire int, d *datagram) bool {
	if len(b) < 20 {
		return false
	}
	header, total := int(b[0]&15)*4, int(binary.BigEndian.Uint16(b[2:]))
	if total == 0 { // left to the network card to fill in, which cuts what is larger than a frame
		total = wire
	}
	total = min(total, wire) // more than there was in the frame is wrong
	if header < 20 || header > len(b) || total < header {
		return false
	}
	d.src, d.dst, d.proto = address4(b[12:]), address4(b[16:]), b[9]
	d.payload, d.length = b[header:min(len(b), total)], total-header
	if field := binary.BigEndian.Uint16(b[6:]); field&0x3fff != 0 {
		return a.fragment(d, fragment{
			id: uint32(binary.BigEndian.Uint16(b[4:])), offset: int(field&0x1fff) * 8, more: field&0x2000 != 0,
		})
	}
	return true
}

// ipv6 reads a header and the headers of extension, RFC 8200 sections 3 and 4.
func (a *Assembler) ipv6(b []byte, wire int, d *datagram) bool {
	if len(b) < 40 {
		return false
	}
	length := int(binary.BigEndian.Uint16(b[4:]))
	if length == 0 { // a jumbogram (RFC 2675), or left to the network card
		length = wire - 40
	}
	length = min(length, wire-40)
	if length < 0 {
		return false
	}
	copy(d.src[:], b[8:24])
	copy(d.dst[:], b[24:40])
	d.proto, d.payload, d.length = b[6], b[40:min(len(b), 40+length)], length
	for range maxNesting {
		size := 0
		switch p := d.payload; d.proto {
		case protoHopByHop, protoRouting, protoDestination, protoMobility, protoHIP, protoShim6:
			if len(p) < 8 {
				return false
			}
			size = 8 + int(p[1])*8
		case protoAH: // RFC 4302 section 2.2 counts in words of four
			if len(p) < 8 {
				return false
			}
			size = 8 + int(p[1])*4
		case protoFragment:
			if !a.fragment6(d) {
				return false
			}
			continue
		default:
			return true
		}
		if size > len(d.payload) {
			return false
		}
		d.proto, d.payload, d.length = d.payload[0], d.payload[size:], d.length-size
	}
	return false
}

// fragment6 reads a fragment header, RFC 8200 section 4.5. One that says that it is
// the whole (RFC 6946) is passed on as it is.
func (a *Assembler) fragment6(d *datagram) bool {
	p := d.payload
	if len(p) < 8 {
		return false
	}
	field := binary.BigEndian.Uint16(p[2:])
	f := fragment{id: binary.BigEndian.Uint32(p[4:]), offset: int(field &^ 7), more: field&1 != 0, v6: true}
	d.proto, d.payload, d.length = p[0], p[8:], d.length-8
	if f.offset == 0 && !f.more {
		return true
	}
	return a.fragment(d, f)
}
