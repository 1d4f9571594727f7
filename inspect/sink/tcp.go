package sink

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
)

// What the flags of a TCP segment say (RFC 9293, section 3.1).
const (
	tcpFIN = 1 << iota
	tcpSYN
	tcpRST
	tcpPSH
	tcpACK
)

const (
	protocolTCP = 6
	hopLimit    = 64
	// A scale of 14 makes the window a gigabyte (RFC 7323, section 2.3): nobody
	// waited for the acknowledgements that are not in the capture.
	windowScale = 14
	window      = 1<<16 - 1
	// maxSegment is the largest payload of a packet: what a packet of IPv4 can
	// hold, and a round number.
	maxSegment = 32 << 10
)

// synOptions are those of a SYN: the largest segment, and the window's scale.
var synOptions = []byte{2, 4, 0xff, 0xd7, 3, 3, windowScale, 0}

// tcpEnd is one end of a connection, with what it has sent.
type tcpEnd struct {
	address netip.AddrPort
	next    uint32 // its next sequence number
}

// appendPacket appends the IP packet with the segment that from sends to to. It does not
// count it.
func appendPacket(b []byte, from, to *tcpEnd, flags uint8, payload []byte) []byte {
	var options []byte
	if flags&tcpSYN != 0 {
		options = synOptions
	}
	b, sum := appendIP(b, from.address.Addr(), to.address.Addr(), 20+len(options)+len(payload))
	start := len(b)
	b = binary.BigEndian.AppendUint16(b, from.address.Port())
	b = binary.BigEndian.AppendUint16(b, to.address.Port())
	b = binary.BigEndian.AppendUint32(b, from.next)
	if flags&tcpACK != 0 {
		b = binary.BigEndian.AppendUint32(b, to.next)
	} else {
		b = binary.BigEndian.AppendUint32(b, 0)
	}
	b = append(b, byte(20+len(options))/4<<4, flags)
	b = binary.BigEndian.AppendUint16(b, window)
	b = append(b, 0, 0, 0, 0) // checksum and urgent pointer
	b = append(append(b, options...), payload...)
	binary.BigEndian.PutUint16(b[start+16:], checksum(sum, b[start:]))
	return b
}

// appendIP appends the header for a TCP segment of a length: that of IPv4 where both
// addresses are of it, and of IPv6 otherwise. sum is that of the pseudo-header
// (RFC 9293, section 3.1; RFC 8200, section 8.1).
func appendIP(b []byte, from, to netip.Addr, length int) (_ []byte, sum uint32) {
	start := len(b)
	if from.Is4() && to.Is4() {
		src, dst := from.As4(), to.As4()
		b = append(b, 0x45, 0)
		b = binary.BigEndian.AppendUint16(b, uint16(20+length))
		b = append(b, 0, 0, 0x40, 0, hopLimit, protocolTCP, 0, 0) // never fragmented
		b = append(append(b, src[:]...), dst[:]...)
		binary.BigEndian.PutUint16(b[start+10:], checksum(0, b[start:]))
		sum = add(add(0, src[:]), dst[:])
	} else {
		src, dst := from.As16(), to.As16()
		b = append(b, 0x60, 0, 0, 0)
		b = binary.BigEndian.AppendUint16(b, uint16(length))
		b = append(b, protocolTCP, hopLimit)
		b = append(append(b, src[:]...), dst[:]...)
		sum = add(add(0, src[:]), dst[:])
	}
	return b, sum + protocolTCP + uint32(length)
}

// add adds the 16-bit words of b to a sum that is folded (RFC 1071). Words of any size
// that is a multiple of 16 bits may be added, as long as every carry comes round.
func add(sum uint32, b []byte) uint32 {
	var wide, carry uint64
	for len(b) >= 32 {
		wide, carry = bits.Add64(wide, binary.BigEndian.Uint64(b), carry)
		wide, carry = bits.Add64(wide, binary.BigEndian.Uint64(b[8:]), carry)
		wide, carry = bits.Add64(wide, binary.BigEndian.Uint64(b[16:]), carry)
		wide, carry = bits.Add64(wide, binary.BigEndian.Uint64(b[24:]), carry)
		b = b[32:]
	}
	long := uint64(sum) + wide>>32 + wide&0xffffffff + carry
	for len(b) >= 4 {
		long += uint64(binary.BigEndian.Uint32(b))
		b = b[4:]
	}
	if len(b) >= 2 {
		long += uint64(binary.BigEndian.Uint16(b))
		b = b[2:]
	}
	if len(b) == 1 {
		long += uint64(b[0]) << 8
	}
	for long > 0xffff {
		long = long>>16 + long&0xffff
	}
	return uint32(long)
}

func checksum(sum uint32, b []byte) uint16 { return ^uint16(add(sum, b)) }
