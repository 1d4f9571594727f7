package capture

import (
	"encoding/binary"
	"slices"
	"strconv"
)

// LinkType says what a frame begins with: a value of the LINKTYPE registry
// (https://www.tcpdump.org/linktypes.html).
type LinkType uint16

// The link types that are read, and those of pcap files that name IP by a number
// that depends on the system they were made on.
const (
	LinkNull       LinkType = 0   // BSD loopback
	LinkEthernet   LinkType = 1   // with VLAN tags, MPLS, PPPoE
	LinkPPP        LinkType = 9   //
	LinkRawBSD     LinkType = 12  // raw IP
	LinkRawOpenBSD LinkType = 14  // raw IP
	LinkPPPHDLC    LinkType = 50  //
	LinkPPPEther   LinkType = 51  // PPPoE
	LinkRaw        LinkType = 101 // raw IP
	LinkCiscoHDLC  LinkType = 104
	LinkWireless   LinkType = 105 // IEEE 802.11
	LinkLoop       LinkType = 108 // OpenBSD loopback
	LinkLinuxSLL   LinkType = 113 // Linux cooked 1
	LinkPrism      LinkType = 119 // IEEE 802.11 behind a header
	LinkRadiotap   LinkType = 127 // IEEE 802.11 behind a header
	LinkPPI        LinkType = 192 // any other behind a header
	LinkIPv4       LinkType = 228
	LinkIPv6       LinkType = 229
	LinkNFLog      LinkType = 239
	LinkLinuxSLL2  LinkType = 276 // Linux cooked 2
)

// String returns the type's number, with its name if it is known.
func (l LinkType) String() string {
	name := ""
	switch l {
	case LinkNull:
		name = "NULL"
	case LinkEthernet:
		name = "ETHERNET"
	case LinkPPP:
		name = "PPP"
	case LinkPPPHDLC:
		name = "PPP_HDLC"
	case LinkPPPEther:
		name = "PPP_ETHER"
	case LinkRaw, LinkRawBSD, LinkRawOpenBSD:
		name = "RAW"
	case LinkLoop:
		name = "LOOP"
	case LinkLinuxSLL:
		name = "LINUX_SLL"
	case LinkIPv4:
		name = "IPV4"
	case LinkIPv6:
		name = "IPV6"
	case LinkNFLog:
		name = "NFLOG"
	case LinkLinuxSLL2:
		name = "LINUX_SLL2"
	case LinkCiscoHDLC:
		name = "C_HDLC"
	case LinkWireless:
		name = "IEEE802_11"
	case LinkPrism:
		name = "IEEE802_11_PRISM"
	case LinkRadiotap:
		name = "IEEE802_11_RADIOTAP"
	case LinkPPI:
		name = "PPI"
	case 147:
		name = "USER0"
	case 187, 201:
		name = "BLUETOOTH_HCI_H4"
	case 189, 220:
		name = "USB_LINUX"
	case 249:
		name = "USBPCAP"
	case 252:
		name = "WIRESHARK_UPPER_PDU"
	case 253:
		name = "NETLINK"
	default:
		return strconv.Itoa(int(l))
	}
	return strconv.Itoa(int(l)) + " (" + name + ")"
}

// linkTypes are those that can be read.
var linkTypes = []LinkType{
	LinkNull, LinkEthernet, LinkPPP, LinkRawBSD, LinkRawOpenBSD, LinkPPPHDLC, LinkPPPEther, LinkRaw, LinkCiscoHDLC, LinkWireless, LinkLoop,
	LinkLinuxSLL, LinkPrism, LinkRadiotap, LinkPPI, LinkIPv4, LinkIPv6, LinkNFLog, LinkLinuxSLL2,
}

// LinkTypes returns the types of which frames can be read.
func LinkTypes() []LinkType { return slices.Clone(linkTypes) }

// Supported reports whether frames of the type can be read.
func (l LinkType) Supported() bool { return slices.Contains(linkTypes, l) }

// EtherTypes, IEEE 802 numbers.
const (
	etherIPv4  = 0x0800
	etherVLAN  = 0x8100
	etherQinQ  = 0x88a8
	etherQinQ1 = 0x9100
	etherQinQ2 = 0x9200
	etherIPv6  = 0x86dd
	etherMPLS  = 0x8847
	etherMPLSm = 0x8848
	etherPPPoE = 0x8864
	etherCMD   = 0x8909
)

// packet returns the IP packet in a frame, nil if there is none.
func (l LinkType) packet(b []byte) []byte {
	switch l {
	case LinkEthernet:
		if len(b) < 14 {
			return nil
		}
		return ethernet(binary.BigEndian.Uint16(b[12:]), b[14:])
	case LinkRaw, LinkRawBSD, LinkRawOpenBSD, LinkIPv4, LinkIPv6:
		return b
	case LinkNull, LinkLoop:
		return loopback(b)
	case LinkLinuxSLL:
		if len(b) < 16 {
			return nil
		}
		return ethernet(binary.BigEndian.Uint16(b[14:]), b[16:])
	case LinkLinuxSLL2:
		if len(b) < 20 {
			return nil
		}
		return ethernet(binary.BigEndian.Uint16(b), b[20:])
	case LinkPPP, LinkPPPHDLC:
		if len(b) >= 2 && b[0] == 0xff && b[1] == 0x03 { // RFC 1662 section 3.1
			b = b[2:]
		}
		return ppp(b)
	case LinkPPPEther:
		return pppoe(b)
	case LinkNFLog:
		return nflog(b)
	case LinkCiscoHDLC: // RFC 1547 section 4.3.1: an address, a zero, an EtherType
		if len(b) < 4 {
			return nil
		}
		return ethernet(binary.BigEndian.Uint16(b[2:]), b[4:])
	case LinkWireless:
		return wireless(b)
	case LinkPrism:
		return prism(b)
	case LinkRadiotap:
		return radiotap(b)
	case LinkPPI:
		return ppi(b)
	}
	return nil
}

// ethernet follows what an EtherType says.
func ethernet(kind uint16, b []byte) []byte {
	for {
		switch kind {
		case etherIPv4, etherIPv6:
			return b
		case etherVLAN, etherQinQ, etherQinQ1, etherQinQ2: // IEEE 802.1Q: a tag, and the next type
			if len(b) < 4 {
				return nil
			}
			kind, b = binary.BigEndian.Uint16(b[2:]), b[4:]
		case etherCMD: // Cisco's metadata, with a group tag: version, length, option, value, and the next type
			if len(b) < 8 {
				return nil
			}
			kind, b = binary.BigEndian.Uint16(b[6:]), b[8:]
		case etherMPLS, etherMPLSm:
			return mpls(b)
		case etherPPPoE:
			return pppoe(b)
		default:
			// A length, and IEEE 802.2 with the header of SNAP (RFC 1042).
			if kind > 1500 || len(b) < 8 || [6]byte(b) != [6]byte{0xaa, 0xaa, 3, 0, 0, 0} {
				return nil
			}
			kind, b = binary.BigEndian.Uint16(b[6:]), b[8:]
		}
	}
}

// loopback skips an address family. It is in the byte order of the machine that
// captured, or in that of the network, and IPv6's differs between systems.
func loopback(b []byte) []byte {
	if len(b) < 4 {
		return nil
	}
	family := binary.LittleEndian.Uint32(b)
	if family >= 1<<16 {
		family = binary.BigEndian.Uint32(b)
	}
	switch family {
	case 2, 10, 24, 28, 30:
		return b[4:]
	}
	return nil
}

// mpls skips labels up to the bottom of their stack (RFC 3032 section 2.1).
func mpls(b []byte) []byte {
	for len(b) > 4 {
		bottom := b[2]&1 != 0
		if b = b[4:]; bottom {
			if b[0]>>4 == 0 { // a pseudowire's control word (RFC 4448 section 4.6)
				return LinkEthernet.packet(b[min(4, len(b)):])
			}
			return b
		}
	}
	return nil
}

// pppoe skips the header of RFC 2516 section 4.
func pppoe(b []byte) []byte {
	if len(b) < 6 || b[0] != 0x11 || b[1] != 0 {
		return nil
	}
	n := int(binary.BigEndian.Uint16(b[4:])) // of what is inside, without the frame's padding
	return ppp(b[6:min(6+n, len(b))])
}

// ppp skips a protocol, RFC 1661 section 2: of one byte if that is odd.
func ppp(b []byte) []byte {
	if len(b) < 2 {
		return nil
	}
	protocol, rest := uint16(b[0]), b[1:]
	if b[0]&1 == 0 {
		protocol, rest = binary.BigEndian.Uint16(b), b[2:]
	}
	switch protocol {
	case 0x0021, 0x0057: // IPv4, IPv6
		return rest
	}
	return nil
}

// nflog finds the packet among the fields of a netfilter log message: its address
// family, version and resource, then fields of length, type and value.
func nflog(b []byte) []byte {
	const payload = 9
	if len(b) < 4 {
		return nil
	}
	for b = b[4:]; len(b) >= 4; {
		n, kind := int(binary.LittleEndian.Uint16(b)), binary.LittleEndian.Uint16(b[2:])&0x7fff
		if n < 4 || n > len(b) {
			return nil
		}
		if kind == payload {
			return b[4:n]
		}
		b = b[min(len(b), (n+3)&^3):]
	}
	return nil
}
