package capture

import "encoding/binary"

// wireless finds the packet in a frame of IEEE 802.11: one of data, not encrypted, not
// one of several fragments (section 9.3.2). Frames that hold several packets (A-MSDU)
// are not read.
func wireless(b []byte) []byte {
	const data, noData, qos, protected, toDS, fromDS, more, order = 2, 4, 8, 0x40, 1, 2, 4, 0x80
	if len(b) < 24 || b[0]&3 != 0 || b[0]>>2&3 != data {
		return nil
	}
	kind, flags := b[0]>>4, b[1]
	if kind&noData != 0 || flags&(protected|more) != 0 || binary.LittleEndian.Uint16(b[22:])&15 != 0 {
		return nil
	}
	n := 24
	if flags&(toDS|fromDS) == toDS|fromDS {
		n += 6 // a fourth address
	}
	if kind&qos != 0 {
		if len(b) > n && b[n]&0x80 != 0 {
			return nil
		}
		if n += 2; flags&order != 0 {
			n += 4
		}
	}
	if p := snap(b[min(n, len(b)):]); p != nil {
		return p
	}
	return snap(b[min((n+3)&^3, len(b)):]) // some adapters pad the header
}

// snap skips IEEE 802.2 with the header of SNAP (RFC 1042).
func snap(b []byte) []byte {
	if len(b) < 8 || [3]byte(b) != [3]byte{0xaa, 0xaa, 3} {
		return nil
	}
	return ethernet(binary.BigEndian.Uint16(b[6:]), b[8:])
}

// radiotap skips a header of the length that it says (https://www.radiotap.org).
func radiotap(b []byte) []byte {
	if len(b) < 8 || b[0] != 0 {
		return nil
	}
	return wireless(b[min(int(binary.LittleEndian.Uint16(b[2:])), len(b)):])
}

// prism skips the header of old drivers, which says its length in the byte order of the
// machine that captured.
func prism(b []byte) []byte {
	if len(b) < 8 {
		return nil
	}
	n := binary.LittleEndian.Uint32(b[4:])
	if n >= 1<<16 {
		n = binary.BigEndian.Uint32(b[4:])
	}
	if n < 8 || int64(n) > int64(len(b)) {
		return nil
	}
	return wireless(b[n:])
}

// ppi skips the header of the Per-Packet Information format, which names the link type
// of what follows.
func ppi(b []byte) []byte {
	if len(b) < 8 {
		return nil
	}
	n, link := int(binary.LittleEndian.Uint16(b[2:])), binary.LittleEndian.Uint32(b[4:])
	if n < 8 || n > len(b) || link == uint32(LinkPPI) || link > 0xffff {
		return nil
	}
	return LinkType(link).packet(b[n:])
}
