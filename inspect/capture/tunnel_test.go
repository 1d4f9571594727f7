package capture

import (
	"slices"
	"testing"
)

// TestTunnels has a segment found in everything that carries packets over IP.
func TestTunnels(t *testing.T) {
	seg := tcp(40000, 443, 7, 8, flagACK, []byte("data"))
	in4, in6 := ip(v4a, v4b, protoTCP, seg), ip(v6a, v6b, protoTCP, seg)
	udp := func(to uint16, b []byte) []byte {
		head := make([]byte, 8, 8+len(b))
		be.PutUint16(head, 50000)
		be.PutUint16(head[2:], to)
		be.PutUint16(head[4:], uint16(8+len(b)))
		return append(head, b...)
	}
	over := func(proto uint8, parts ...[]byte) []byte { return ip(v4b, v4a, proto, slices.Concat(parts...)) }
	frame := ether(etherIPv4, in4)
	for name, packet := range map[string][]byte{
		"IP in IP":                 over(protoIPv4, in4),
		"IPv6 in IP":               over(protoIPv6, in6),
		"GRE":                      over(protoGRE, []byte{0, 0, 8, 0}, in4),
		"GRE, all fields":          over(protoGRE, []byte{0xb0, 0, 0x86, 0xdd}, make([]byte, 12), in6),
		"GRE, bridged":             over(protoGRE, []byte{0x20, 0, 0x65, 0x58, 0, 0, 0, 1}, frame),
		"PPTP":                     over(protoGRE, []byte{0x30, 0x81, 0x88, 0x0b}, make([]byte, 12), []byte{0xff, 3, 0, 0x21}, in4),
		"ERSPAN":                   over(protoGRE, []byte{0, 0, 0x88, 0xbe}, frame),
		"ERSPAN 2":                 over(protoGRE, []byte{0x10, 0, 0x88, 0xbe, 0, 0, 0, 1}, make([]byte, 8), frame),
		"ERSPAN 3":                 over(protoGRE, []byte{0x10, 0, 0x22, 0xeb, 0, 0, 0, 1}, make([]byte, 12), frame),
		"GTP":                      over(protoUDP, udp(portGTPU, slices.Concat([]byte{0x30, 255, 0, 0, 0, 0, 0, 1}, in4))),
		"GTP, numbered":            over(protoUDP, udp(portGTPU, slices.Concat([]byte{0x32, 255, 0, 0, 0, 0, 0, 1, 0, 7, 0, 0}, in6))),
		"GTP, extended":            over(protoUDP, udp(portGTPU, slices.Concat([]byte{0x34, 255, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0x85, 1, 0, 9, 0}, in4))),
		"VXLAN":                    over(protoUDP, udp(portVXLAN, slices.Concat([]byte{8, 0, 0, 0, 0, 0, 1, 0}, frame))),
		"Geneve":                   over(protoUDP, udp(portGeneve, slices.Concat([]byte{1, 0, 0x65, 0x58, 0, 0, 1, 0, 1, 2, 3, 4}, frame))),
		"Geneve, IP":               over(protoUDP, udp(portGeneve, slices.Concat([]byte{0, 0, 0x86, 0xdd, 0, 0, 1, 0}, in6))),
		"Teredo":                   over(protoUDP, udp(portTeredo, in6)),
		"GRE in VXLAN":             over(protoUDP, udp(portVXLAN, slices.Concat([]byte{8, 0, 0, 0, 0, 0, 1, 0}, ether(etherIPv4, over(protoGRE, []byte{0, 0, 8, 0}, in4))))),
		"GTP of IPv6, from a port": ip(v6a, v6b, protoUDP, udp(portGTPU, slices.Concat([]byte{0x30, 255, 0, 0, 0, 0, 0, 1}, in4))),
	} {
		a := new(Assembler)
		s, k, ok := segmentOf(a, packet, len(packet))
		if !ok || string(s.b) != "data" || s.length != 4 || k[0].port+k[1].port != 40443 {
			t.Errorf("%s: %v %+v", name, ok, s)
		}
		for n := range packet { // cut short anywhere, it must not panic
			segmentOf(a, packet[:n:n], len(packet))
		}
	}
	for name, packet := range map[string][]byte{
		"UDP":                  over(protoUDP, udp(53, in4)),
		"VXLAN without number": over(protoUDP, udp(portVXLAN, slices.Concat(make([]byte, 8), frame))),
		"GTP, echo":            over(protoUDP, udp(portGTPU, slices.Concat([]byte{0x30, 1, 0, 0, 0, 0, 0, 1}, in4))),
		"Teredo, no packet":    over(protoUDP, udp(portTeredo, []byte("nothing of the kind is in here, though it is long"))),
		"GRE with routing":     over(protoGRE, []byte{0x40, 0, 8, 0}, in4),
		"GRE of version 2":     over(protoGRE, []byte{0, 2, 8, 0}, in4),
	} {
		if _, _, ok := segmentOf(new(Assembler), packet, len(packet)); ok {
			t.Errorf("%s is taken for a tunnel", name)
		}
	}
}
