package capture

import "encoding/binary"

// Tunnels that carry IP packets or frames in IP: what is inside is read as if it had been
// captured there. A header that is not as it should be is no tunnel.

const (
	protoUDP = 17
	protoGRE = 47
)

// The ports of tunnels over UDP, of the IANA registry; Linux had VXLAN on 8472 before
// there was one.
const (
	portGTPU   = 2152
	portTeredo = 3544
	portVXLAN  = 4789
	portVXLAN0 = 8472
	portGeneve = 6081
)

// inner returns the IP packet that a datagram carries for a tunnel, nil if it does not.
func (d *datagram) inner() []byte {
	switch d.proto {
	case protoIPv4, protoIPv6:
		return d.payload
	case protoGRE:
		return gre(d.payload)
	case protoUDP:
		if len(d.payload) < 8 {
			return nil
		}
		b := d.payload[8:]
		// Some of them choose the sender's port by what they carry; an answer of Teredo
		// or GTP may come from the port itself.
		for _, at := range [...]int{2, 0} {
			switch port := binary.BigEndian.Uint16(d.payload[at:]); {
			case port == portGTPU:
				return gtp(b)
			case port == portVXLAN && at == 2, port == portVXLAN0 && at == 2:
				return vxlan(b)
			case port == portGeneve && at == 2:
				return geneve(b)
			case port == portTeredo:
				return likeIP(b)
			}
		}
	}
	return nil
}

// likeIP returns b if it looks like an IP packet.
func likeIP(b []byte) []byte {
	if len(b) >= 20 && b[0]>>4 == 4 && b[0]&15 >= 5 || len(b) >= 40 && b[0]>>4 == 6 {
		return b
	}
	return nil
}

// gre skips the header of RFC 2784 section 2 and RFC 2890 section 2. The enhanced one of
// PPTP (RFC 2637 section 4.1), which carries PPP, has a version of 1.
func gre(b []byte) []byte {
	if len(b) < 4 {
		return nil
	}
	flags, kind, n := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:]), 4
	if flags&0x4000 != 0 {
		return nil // routing, which RFC 2784 took out
	}
	for _, field := range [...]uint16{0x8000, 0x2000, 0x1000} { // checksum, key, sequence number
		if flags&field != 0 {
			n += 4
		}
	}
	switch flags & 7 {
	case 0:
	case 1:
		if flags&0x0080 != 0 { // acknowledgement
			n += 4
		}
		if kind != 0x880b || n > len(b) {
			return nil
		}
		if b = b[n:]; len(b) >= 2 && b[0] == 0xff && b[1] == 0x03 {
			b = b[2:]
		}
		return ppp(b)
	default:
		return nil
	}
	const bridged, erspan2, erspan3 = 0x6558, 0x88be, 0x22eb
	switch kind {
	case bridged:
		return LinkEthernet.packet(b[min(n, len(b)):])
	case erspan2: // draft-foschiano-erspan section 4.2; the first kind has no header, and no sequence number
		if flags&0x1000 != 0 {
			n += 8
		}
		return LinkEthernet.packet(b[min(n, len(b)):])
	case erspan3:
		n += 12
		if len(b) >= n && b[n-1]&1 != 0 { // platform-specific
			n += 8
		}
		return LinkEthernet.packet(b[min(n, len(b)):])
	}
	return ethernet(kind, b[min(n, len(b)):])
}

// gtp skips the header of a packet of the user plane (3GPP TS 29.281 section 5.1).
func gtp(b []byte) []byte {
	const version1, extended, optional, packet = 0x30, 4, 7, 255
	if len(b) < 8 || b[0]&0xf0 != version1 || b[1] != packet {
		return nil
	}
	flags, b := b[0], b[8:]
	if flags&optional == 0 {
		return likeIP(b)
	}
	if len(b) < 4 {
		return nil
	}
	next, b := b[3], b[4:]
	for flags&extended != 0 && next != 0 {
		if len(b) == 0 || b[0] == 0 || int(b[0])*4 > len(b) {
			return nil
		}
		n := int(b[0]) * 4
		next, b = b[n-1], b[n:]
	}
	return likeIP(b)
}

// vxlan skips the header of RFC 7348 section 5.
func vxlan(b []byte) []byte {
	if len(b) < 8 || b[0]&0x08 == 0 {
		return nil
	}
	return LinkEthernet.packet(b[8:])
}

// geneve skips the header of RFC 8926 section 3.4 and its options.
func geneve(b []byte) []byte {
	const bridged = 0x6558
	if len(b) < 8 || b[0]>>6 != 0 {
		return nil
	}
	n, kind := 8+int(b[0]&63)*4, binary.BigEndian.Uint16(b[2:])
	if n > len(b) {
		return nil
	}
	if kind == bridged {
		return LinkEthernet.packet(b[n:])
	}
	return ethernet(kind, b[n:])
}
