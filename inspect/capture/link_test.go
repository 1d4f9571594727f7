package capture

import (
	"net/netip"
	"slices"
	"testing"
)

var (
	v4a, v4b = netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	v6a, v6b = netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2")
)

// TestEveryLinkType wraps the same packet in all that can be read.
func TestEveryLinkType(t *testing.T) {
	p4 := ip(v4a, v4b, protoTCP, tcp(1, 2, 3, 4, flagSYN, nil))
	p6 := ip(v6a, v6b, protoTCP, tcp(1, 2, 3, 4, flagSYN, nil))
	vlan := func(kind uint16, b []byte) []byte { return append([]byte{0, 7, byte(kind >> 8), byte(kind)}, b...) }
	sll := func(kind uint16, b []byte) []byte {
		return append([]byte{0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, byte(kind >> 8), byte(kind)}, b...)
	}
	sll2 := func(kind uint16, b []byte) []byte {
		return append([]byte{byte(kind >> 8), byte(kind), 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0}, b...)
	}
	pppoe := func(b []byte) []byte {
		return append([]byte{0x11, 0, 0, 1, byte((len(b) + 2) >> 8), byte(len(b) + 2), 0, 0x21}, b...)
	}
	wifi := func(kind, flags byte, header int, b []byte) []byte {
		head := make([]byte, header)
		head[0], head[1] = kind, flags
		next := []byte{8, 0}
		if b[0]>>4 == 6 {
			next = []byte{0x86, 0xdd}
		}
		return slices.Concat(head, []byte{0xaa, 0xaa, 3, 0, 0, 0}, next, b)
	}
	seen := map[LinkType]bool{}
	for _, c := range []struct {
		name string
		link LinkType
		data []byte
		want []byte // nil: no packet
	}{
		{"Ethernet", LinkEthernet, ether(etherIPv4, p4), p4},
		{"Ethernet, IPv6", LinkEthernet, ether(etherIPv6, p6), p6},
		{"VLAN", LinkEthernet, ether(etherVLAN, vlan(etherIPv4, p4)), p4},
		{"VLAN in VLAN", LinkEthernet, ether(etherQinQ, vlan(etherVLAN, vlan(etherIPv6, p6))), p6},
		{"three VLANs", LinkEthernet, ether(etherQinQ1, vlan(etherQinQ2, vlan(etherVLAN, vlan(etherIPv4, p4)))), p4},
		{"MPLS", LinkEthernet, ether(etherMPLS, append([]byte{0, 1, 0, 64, 0, 2, 1, 64}, p4...)), p4},
		{"PPPoE", LinkEthernet, ether(etherPPPoE, pppoe(p4)), p4},
		{"PPPoE, padded", LinkEthernet, ether(etherPPPoE, append(pppoe(p4), 0, 0, 0)), p4},
		{"PPPoE in VLAN", LinkEthernet, ether(etherVLAN, vlan(etherPPPoE, pppoe(p4))), p4},
		{"SNAP", LinkEthernet, ether(uint16(8+len(p4)), append([]byte{0xaa, 0xaa, 3, 0, 0, 0, 8, 0}, p4...)), p4},
		{"802.3 of another kind", LinkEthernet, ether(40, append([]byte{0x42, 0x42, 3, 0, 0, 0, 8, 0}, p4...)), nil},
		{"ARP", LinkEthernet, ether(0x0806, make([]byte, 28)), nil},
		{"Ethernet cut", LinkEthernet, ether(etherIPv4, p4)[:13], nil},
		{"VLAN cut", LinkEthernet, ether(etherVLAN, []byte{0, 7, 8}), nil},
		{"raw", LinkRaw, p4, p4},
		{"raw, BSD", LinkRawBSD, p6, p6},
		{"raw, OpenBSD", LinkRawOpenBSD, p4, p4},
		{"IPv4", LinkIPv4, p4, p4},
		{"IPv6", LinkIPv6, p6, p6},
		{"loopback, little endian", LinkNull, append([]byte{2, 0, 0, 0}, p4...), p4},
		{"loopback, big endian", LinkNull, append([]byte{0, 0, 0, 30}, p6...), p6},
		{"loopback, FreeBSD", LinkNull, append([]byte{28, 0, 0, 0}, p6...), p6},
		{"loopback, OpenBSD", LinkLoop, append([]byte{0, 0, 0, 24}, p6...), p6},
		{"loopback, AppleTalk", LinkNull, append([]byte{16, 0, 0, 0}, p4...), nil},
		{"cooked 1", LinkLinuxSLL, sll(etherIPv4, p4), p4},
		{"cooked 1, VLAN", LinkLinuxSLL, sll(etherVLAN, vlan(etherIPv4, p4)), p4},
		{"cooked 2", LinkLinuxSLL2, sll2(etherIPv6, p6), p6},
		{"PPP", LinkPPP, append([]byte{0xff, 3, 0, 0x21}, p4...), p4},
		{"PPP, compressed", LinkPPPHDLC, append([]byte{0x57}, p6...), p6},
		{"PPP, LCP", LinkPPP, append([]byte{0xff, 3, 0xc0, 0x21}, p4...), nil},
		{"PPPoE alone", LinkPPPEther, pppoe(p4), p4},
		{"netfilter log", LinkNFLog, append([]byte{2, 0, 0, 0, 6, 0, 10, 0, 'x', 0, 0, 0, byte(4 + len(p4)), 0, 9, 0}, p4...), p4},
		{"Cisco HDLC", LinkCiscoHDLC, append([]byte{0x0f, 0, 0x86, 0xdd}, p6...), p6},
		{"Cisco metadata", LinkEthernet, ether(etherCMD, append([]byte{1, 1, 0, 1, 0, 3, 8, 0}, p4...)), p4},
		{"pseudowire", LinkEthernet, ether(etherMPLS, append([]byte{0, 2, 1, 64, 0, 0, 0, 0}, ether(etherIPv4, p4)...)), p4},
		{"802.11", LinkWireless, wifi(0x08, 1, 24, p4), p4},
		{"802.11, quality of service", LinkWireless, wifi(0x88, 2, 26, p4), p4},
		{"802.11, padded", LinkWireless, wifi(0x88, 2, 28, p6), p6},
		{"802.11, four addresses", LinkWireless, wifi(0x88, 3, 32, p4), p4},
		{"802.11, encrypted", LinkWireless, wifi(0x08, 0x41, 24, p4), nil},
		{"802.11, without data", LinkWireless, wifi(0x48, 1, 24, p4), nil},
		{"802.11, beacon", LinkWireless, wifi(0x80, 0, 24, p4), nil},
		{"radiotap", LinkRadiotap, append([]byte{0, 0, 10, 0, 2, 0, 0, 0, 0, 9}, wifi(0x08, 1, 24, p4)...), p4},
		{"Prism", LinkPrism, append([]byte{0, 0, 0, 0x44, 0, 0, 0, 12, 1, 2, 3, 4}, wifi(0x08, 1, 24, p4)...), p4},
		{"PPI", LinkPPI, append([]byte{0, 0, 12, 0, 105, 0, 0, 0, 2, 0, 0, 0}, wifi(0x08, 1, 24, p4)...), p4},
		{"PPI in PPI", LinkPPI, append([]byte{0, 0, 8, 0, 192, 0, 0, 0}, wifi(0x08, 1, 24, p4)...), nil},
		{"netfilter log, cut", LinkNFLog, []byte{2, 0, 0, 0, 60, 0, 9, 0, 1}, nil},
	} {
		seen[c.link] = true
		if got := c.link.packet(c.data); string(got) != string(c.want) {
			t.Errorf("%s: got % x, want % x", c.name, got, c.want)
		}
		for n := range len(c.data) {
			c.link.packet(c.data[:n:n])
		}
	}
	for _, l := range LinkTypes() {
		if !seen[l] {
			t.Errorf("link type %v is not tried", l)
		}
		if !l.Supported() {
			t.Errorf("link type %v is listed and not supported", l)
		}
	}
	if l := LinkType(253); l.Supported() || l.String() != "253 (NETLINK)" || LinkType(4711).String() != "4711" {
		t.Errorf("%v", l)
	}
}

// segmentOf reads a packet down to its segment.
func segmentOf(a *Assembler, packet []byte, wire int) (*segment, key, bool) {
	var d datagram
	var s segment
	if !a.unpack(packet, wire, &d) || d.proto != protoTCP {
		return nil, key{}, false
	}
	k, ok := parseTCP(&d, &s)
	return &s, k, ok
}

func TestHeadersOfIP(t *testing.T) {
	seg := tcp(40000, 443, 7, 8, flagACK, []byte("data"))
	options := ipv4(v4a, v4b, protoTCP, 0, 0, append([]byte{1, 1, 1, 0}, seg...))
	options[0] = 0x46
	padded := append(ip(v4a, v4b, protoTCP, seg), 0, 0, 0, 0, 0, 0)
	offload := ip(v4a, v4b, protoTCP, seg)
	offload[2], offload[3] = 0, 0
	offload6 := ip(v6a, v6b, protoTCP, seg)
	offload6[4], offload6[5] = 0, 0
	ext := func(kind, next uint8, rest []byte) []byte { return append([]byte{next, 0, 1, 4, 0, 0, 0, 0}, rest...) }
	ah := append([]byte{protoTCP, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, seg...)
	for name, p := range map[string][]byte{
		"IPv4":                           ip(v4a, v4b, protoTCP, seg),
		"IPv4 with options":              options,
		"IPv4 with padding":              padded,
		"IPv4, length left out":          offload,
		"IPv6":                           ip(v6a, v6b, protoTCP, seg),
		"IPv6, length left out":          offload6,
		"IPv6, hop by hop":               ip(v6a, v6b, protoHopByHop, ext(0, protoTCP, seg)),
		"IPv6, three of extension":       ip(v6a, v6b, protoHopByHop, ext(0, protoRouting, ext(0, protoDestination, ext(0, protoTCP, seg)))),
		"IPv6, authenticated":            ip(v6a, v6b, protoAH, ah),
		"IPv6, a fragment that is whole": ip(v6a, v6b, protoFragment, append([]byte{protoTCP, 0, 0, 0, 0, 0, 0, 9}, seg...)),
		"IPv4 in IPv6":                   ip(v6a, v6b, protoIPv4, ip(v4a, v4b, protoTCP, seg)),
		"IPv6 in IPv4":                   ip(v4a, v4b, protoIPv6, ip(v6a, v6b, protoTCP, seg)),
	} {
		s, k, ok := segmentOf(NewAssembler(nil), p, len(p))
		if !ok {
			t.Errorf("%s: no segment", name)
			continue
		}
		if string(s.b) != "data" || s.length != 4 || s.seq != 7 || s.ack != 8 || s.side != 0 || k[0].port != 40000 || k[1].port != 443 {
			t.Errorf("%s: %+v", name, s)
		}
		for n := range len(p) {
			s, _, ok := segmentOf(NewAssembler(nil), slices.Clone(p[:n]), len(p))
			if ok && len(s.b) > 4 || ok && name == "IPv4" && s.length != 4 {
				t.Errorf("%s, cut to %d: %+v", name, n, s)
			}
		}
	}
	for name, p := range map[string][]byte{
		"UDP":                           ip(v4a, v4b, 17, seg),
		"IPv4, short header":            {0x41, 0, 0, 40},
		"version 5":                     {0x50, 0, 0, 40},
		"nothing":                       {},
		"IPv6, ESP":                     ip(v6a, v6b, 50, seg),
		"TCP, short header":             ip(v4a, v4b, protoTCP, slices.Concat(seg[:12], []byte{4 << 4}, seg[13:])),
		"TCP, header beyond the packet": ip(v4a, v4b, protoTCP, slices.Concat(seg[:12], []byte{15 << 4}, seg[13:])),
	} {
		if s, _, ok := segmentOf(NewAssembler(nil), p, len(p)); ok {
			t.Errorf("%s: %+v", name, s)
		}
	}
	deep := seg
	next := uint8(protoTCP)
	for range 40 {
		deep, next = ip(v4a, v4b, next, deep), protoIPv4
	}
	if _, _, ok := segmentOf(NewAssembler(nil), deep, len(deep)); ok {
		t.Error("IP in IP has no end")
	}
}

// pieces4 cuts a payload into IPv4 fragments of n bytes, a multiple of 8.
func pieces4(payload []byte, n int, id uint16) (all [][]byte) {
	for at := 0; at < len(payload); at += n {
		end, field := at+n, uint16(at/8)|0x2000
		if end >= len(payload) {
			end, field = len(payload), uint16(at/8)
		}
		all = append(all, ipv4(v4a, v4b, protoTCP, id, field, payload[at:end]))
	}
	return all
}

func pieces6(payload []byte, n int, id uint32) (all [][]byte) {
	for at := 0; at < len(payload); at += n {
		end, field := at+n, uint16(at)|1
		if end >= len(payload) {
			end, field = len(payload), uint16(at)
		}
		head := be.AppendUint32(be.AppendUint16([]byte{protoTCP, 0}, field), id)
		all = append(all, ip(v6a, v6b, protoFragment, append(head, payload[at:end]...)))
	}
	return all
}

func TestFragments(t *testing.T) {
	seg := tcp(40000, 443, 7, 8, flagACK, []byte("a segment of so many bytes that it takes several fragments"))
	for name, all := range map[string][][]byte{"IPv4": pieces4(seg, 16, 9), "IPv6": pieces6(seg, 16, 9)} {
		backwards := slices.Clone(all)
		slices.Reverse(backwards)
		twice := slices.Concat(all[:3], all[:3], all[3:])
		for order, list := range map[string][][]byte{"in order": all, "backwards": backwards, "some twice": twice} {
			a := NewAssembler(nil)
			for i, p := range list {
				s, _, ok := segmentOf(a, p, len(p))
				if ok != (i == len(list)-1) {
					t.Fatalf("%s, %s: fragment %d: %v", name, order, i, ok)
				}
				if ok && (string(s.b) != string(seg[20:]) || s.seq != 7) {
					t.Errorf("%s, %s: %q", name, order, s.b)
				}
			}
			if len(a.partials.list) != 0 || a.partials.bytes != 0 {
				t.Errorf("%s, %s: %d datagrams and %d bytes are left", name, order, len(a.partials.list), a.partials.bytes)
			}
		}
		a := NewAssembler(nil)
		for _, p := range all[1:] {
			if _, _, ok := segmentOf(a, p, len(p)); ok {
				t.Errorf("%s: whole without its first fragment", name)
			}
		}
	}
}

func TestFragmentsOverlap(t *testing.T) {
	seg := tcp(1, 2, 7, 8, flagACK, []byte("0123456789abcdefghijklmn"))
	a := NewAssembler(nil)
	for i, p := range [][]byte{
		ipv4(v4a, v4b, protoTCP, 1, 0x2000, seg[:24]),
		ipv4(v4a, v4b, protoTCP, 1, 0x2000|1, slices.Concat(seg[8:24], []byte("XXXXXXXX"))), // its end is the first of these bytes
		ipv4(v4a, v4b, protoTCP, 1, 4, seg[32:]),
	} {
		s, _, ok := segmentOf(a, p, len(p))
		if ok != (i == 2) {
			t.Fatalf("fragment %d: %v", i, ok)
		}
		if ok && string(s.b) != "0123XXXXXXXXcdefghijklmn" {
			t.Errorf("%q", s.b)
		}
	}
}

func TestFragmentsAreBounded(t *testing.T) {
	a := NewAssembler(nil)
	body := make([]byte, 1480)
	for id := range 20000 {
		p := ipv4(v4a, v4b, protoTCP, uint16(id), 0x2000|uint16(id%8)*185, body)
		segmentOf(a, p, len(p))
	}
	if len(a.partials.list) > maxPartial || a.partials.bytes > maxPartialBytes {
		t.Errorf("%d datagrams and %d bytes wait", len(a.partials.list), a.partials.bytes)
	}
	// One datagram of more fragments than anybody sends.
	a = NewAssembler(nil)
	for range 3 * maxPieces {
		p := ipv4(v4a, v4b, protoTCP, 1, 0x2000, body[:8])
		segmentOf(a, p, len(p))
	}
	if n := len(a.partials.list[0].pieces); n > maxPieces {
		t.Errorf("%d fragments of one datagram wait", n)
	}
	// An identification that is used again, much later.
	a = NewAssembler(nil)
	old := pieces4(tcp(1, 2, 7, 8, flagACK, []byte("old old old old old old ")), 24, 5)
	now := pieces4(tcp(1, 2, 7, 8, flagACK, []byte("new new new new new new ")), 24, 5)
	var d datagram
	a.unpack(old[0], len(old[0]), &d)
	for i, p := range now {
		d = datagram{now: partialPatience + 1}
		if ok := a.unpack(p, len(p), &d); ok != (i == len(now)-1) {
			t.Fatalf("fragment %d: %v", i, ok)
		}
	}
	if string(d.payload[20:]) != "new new new new new new " {
		t.Errorf("%q", d.payload[20:])
	}
}

// FuzzPacket reads arbitrary frames of every link type: it must not panic, and what
// it finds lies within the frame.
func FuzzPacket(f *testing.F) {
	seg := tcp(1, 2, 3, 4, flagACK, []byte("hello"))
	f.Add(uint16(LinkEthernet), etherOf(ip(v4a, v4b, protoTCP, seg)))
	f.Add(uint16(LinkRaw), ip(v6a, v6b, protoHopByHop, append([]byte{protoTCP, 0, 1, 4, 0, 0, 0, 0}, seg...)))
	for _, p := range pieces6(seg, 8, 1) {
		f.Add(uint16(LinkLinuxSLL2), append(make([]byte, 20), p...))
	}
	f.Fuzz(func(t *testing.T, link uint16, b []byte) {
		h := &heard{}
		a := NewAssembler(h.open)
		for i := range 3 {
			a.frame(&record{kind: recordFrame, frame: i + 1, time: begin, link: LinkType(link), length: len(b), data: slices.Clone(b)})
		}
		a.end()
		n := 0
		for _, s := range h.streams {
			n += len(s.data[0]) + len(s.data[1])
			if !s.ended {
				t.Error("a connection did not end")
			}
		}
		if n > 3*(len(b)+64) {
			t.Errorf("%d bytes came out of three frames of %d", n, len(b))
		}
	})
}
