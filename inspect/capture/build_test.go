package capture

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

// The functions here build captures by hand, from the bytes of a segment outwards.

var be, le = binary.BigEndian, binary.LittleEndian

const begin = int64(1700000000e9)

// talk builds the segments of one connection.
type talk struct {
	client, server netip.AddrPort
	seq            [2]uint32 // what the client sends next, and the server
}

func newTalk(client, server string) *talk {
	return &talk{client: netip.MustParseAddrPort(client), server: netip.MustParseAddrPort(server), seq: [2]uint32{1000, 5000}}
}

func side(up bool) int {
	if up {
		return 0
	}
	return 1
}

// at builds a segment with any numbers.
func (k *talk) at(up bool, flags uint8, seq, ack uint32, data string) []byte {
	from, to := k.client, k.server
	if !up {
		from, to = to, from
	}
	return ip(from.Addr(), to.Addr(), protoTCP, tcp(from.Port(), to.Port(), seq, ack, flags, []byte(data)))
}

// say builds the next segment of one end.
func (k *talk) say(up bool, flags uint8, data string) []byte {
	i := side(up)
	b := k.at(up, flags, k.seq[i], k.seq[1-i], data)
	k.seq[i] += uint32(len(data))
	if flags&(flagSYN|flagFIN) != 0 {
		k.seq[i]++
	}
	return b
}

func (k *talk) up(data string) []byte   { return k.say(true, flagACK|flagPSH, data) }
func (k *talk) down(data string) []byte { return k.say(false, flagACK|flagPSH, data) }
func (k *talk) ack(up bool) []byte      { return k.say(up, flagACK, "") }

// open is the handshake of TCP.
func (k *talk) open() [][]byte {
	syn := k.at(true, flagSYN, k.seq[0], 0, "")
	k.seq[0]++
	return [][]byte{syn, k.say(false, flagSYN|flagACK, ""), k.ack(true)}
}

// close is a FIN from both.
func (k *talk) close() [][]byte {
	return [][]byte{k.say(true, flagFIN|flagACK, ""), k.say(false, flagFIN|flagACK, ""), k.ack(true)}
}

func tcp(from, to uint16, seq, ack uint32, flags uint8, data []byte) []byte {
	b := make([]byte, 20, 20+len(data))
	be.PutUint16(b, from)
	be.PutUint16(b[2:], to)
	be.PutUint32(b[4:], seq)
	be.PutUint32(b[8:], ack)
	b[12], b[13] = 5<<4, flags
	be.PutUint16(b[14:], 65535)
	return append(b, data...)
}

// ip builds a packet of the version that the addresses are of.
func ip(from, to netip.Addr, proto uint8, payload []byte) []byte {
	if from.Is4() {
		return ipv4(from, to, proto, 0, 0, payload)
	}
	return ipv6(from, to, proto, payload)
}

func ipv4(from, to netip.Addr, proto uint8, id, field uint16, payload []byte) []byte {
	b := make([]byte, 20, 20+len(payload))
	b[0], b[8], b[9] = 0x45, 64, proto
	be.PutUint16(b[2:], uint16(20+len(payload)))
	be.PutUint16(b[4:], id)
	be.PutUint16(b[6:], field)
	copy(b[12:], from.AsSlice())
	copy(b[16:], to.AsSlice())
	return append(b, payload...)
}

func ipv6(from, to netip.Addr, next uint8, payload []byte) []byte {
	b := make([]byte, 40, 40+len(payload))
	b[0], b[6], b[7] = 0x60, next, 64
	be.PutUint16(b[4:], uint16(len(payload)))
	copy(b[8:], from.AsSlice())
	copy(b[24:], to.AsSlice())
	return append(b, payload...)
}

func ether(kind uint16, payload []byte) []byte {
	b := make([]byte, 14, 14+len(payload))
	b[0], b[6] = 2, 2
	be.PutUint16(b[12:], kind)
	return append(b, payload...)
}

// etherOf frames an IP packet.
func etherOf(packet []byte) []byte {
	if packet[0]>>4 == 6 {
		return ether(etherIPv6, packet)
	}
	return ether(etherIPv4, packet)
}

// pcapOf writes frames, a millisecond apart, as a file of Ethernet.
func pcapOf(o order, magic uint32, link LinkType, frames [][]byte) []byte {
	var b []byte
	b = o.append32(b, magic)
	b = o.append16(b, 2)
	b = o.append16(b, 4)
	b = append(b, make([]byte, 8)...)
	b = o.append32(b, 262144)
	b = o.append32(b, uint32(link))
	unit := int64(1000)
	if magic == 0xa1b23c4d {
		unit = 1
	}
	for i, f := range frames {
		at := begin + int64(i)*1e6
		b = o.append32(b, uint32(at/1e9))
		b = o.append32(b, uint32(at%1e9/unit))
		b = o.append32(b, uint32(len(f)))
		b = o.append32(b, uint32(len(f)))
		if magic == 0xa1b2cd34 {
			b = append(b, make([]byte, 8)...)
		}
		b = append(b, f...)
	}
	return b
}

func (o order) append16(b []byte, v uint16) []byte {
	if o == bigEndian {
		return be.AppendUint16(b, v)
	}
	return le.AppendUint16(b, v)
}

func (o order) append32(b []byte, v uint32) []byte {
	if o == bigEndian {
		return be.AppendUint32(b, v)
	}
	return le.AppendUint32(b, v)
}

func (o order) append64(b []byte, v uint64) []byte {
	if o == bigEndian {
		return be.AppendUint64(b, v)
	}
	return le.AppendUint64(b, v)
}

// blockOf writes a pcapng block.
func blockOf(o order, kind uint32, body []byte) []byte {
	for len(body)%4 != 0 {
		body = append(body[:len(body):len(body)], 0)
	}
	n := uint32(len(body) + blockOverhead)
	b := o.append32(o.append32(nil, kind), n)
	return o.append32(append(b, body...), n)
}

func sectionOf(o order) []byte {
	b := o.append32(nil, byteOrder)
	b = o.append16(o.append16(b, 1), 0)
	return blockOf(o, blockSection, append(b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff))
}

func interfaceOf(o order, link LinkType, snap uint32, options []byte) []byte {
	b := o.append16(o.append16(nil, uint16(link)), 0)
	return blockOf(o, blockInterface, append(o.append32(b, snap), options...))
}

func optionOf(o order, code uint16, value []byte) []byte {
	b := append(o.append16(o.append16(nil, code), uint16(len(value))), value...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

func enhancedOf(o order, number uint32, when uint64, length int, data []byte) []byte {
	b := o.append32(nil, number)
	b = o.append32(o.append32(b, uint32(when>>32)), uint32(when))
	b = o.append32(o.append32(b, uint32(len(data))), uint32(length))
	return blockOf(o, blockEnhanced, append(b, data...))
}

func secretsOf(o order, kind uint32, text string) []byte {
	return blockOf(o, blockSecrets, append(o.append32(o.append32(nil, kind), uint32(len(text))), text...))
}

// heard is what an assembler told, connection by connection.
type heard struct {
	streams []*heardStream
}

type heardStream struct {
	Opening
	data   [2]string // with gaps as «n»
	log    []string
	ended  bool
	end    End
	frames []int
}

func (h *heard) open(o Opening) Stream {
	s := &heardStream{Opening: o}
	h.streams = append(h.streams, s)
	return s
}

func (s *heardStream) Segment(up bool, at time.Time, frame int, b []byte) {
	s.data[side(up)] += string(b)
	s.log = append(s.log, fmt.Sprintf("%v %d %q", up, frame, b))
	s.frames = append(s.frames, frame)
}

func (s *heardStream) Gap(up bool, at time.Time, frame int, n int64) {
	s.data[side(up)] += fmt.Sprintf("«%d»", n)
	s.log = append(s.log, fmt.Sprintf("%v %d gap %d", up, frame, n))
}

func (s *heardStream) Close(at time.Time, end End) { s.ended, s.end = true, end }

// listen assembles IP packets, a millisecond apart.
func listen(packets ...[]byte) *heard {
	h := &heard{}
	a := NewAssembler(h.open)
	for i, p := range packets {
		a.frame(&record{kind: recordFrame, frame: i + 1, time: begin + int64(i)*1e6, link: LinkRaw, length: len(p), data: slices.Clone(p)})
	}
	a.end()
	return h
}

// one returns the only connection.
func (h *heard) one(t *testing.T) *heardStream {
	t.Helper()
	if len(h.streams) != 1 {
		t.Fatalf("%d connections, want 1", len(h.streams))
	}
	if !h.streams[0].ended {
		t.Fatal("the connection did not end")
	}
	return h.streams[0]
}

func (s *heardStream) want(t *testing.T, up, down string, end End) {
	t.Helper()
	if s.data != [2]string{up, down} {
		t.Errorf("got %q up and %q down, want %q and %q\n%s", s.data[0], s.data[1], up, down, strings.Join(s.log, "\n"))
	}
	if s.end != end {
		t.Errorf("ended by %d, want %d", s.end, end)
	}
}
