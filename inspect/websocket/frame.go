package websocket

import "encoding/binary"

// maxHeader is the length of the longest frame header.
const maxHeader = 14

// frame is a frame's header (RFC 6455, section 5.2).
type frame struct {
	fin    bool
	rsv    uint8 // the reserved bits, RSV1 highest
	opcode Opcode
	masked bool
	mask   [4]byte
	length uint64
	wide   int // bytes of the extended length
}

// rsv1 is the reserved bit that says that a message is compressed (RFC 7692,
// section 6).
const rsv1 = 0x4

// headerLen returns how long a header is, which its second byte says.
func headerLen(b1 byte) int {
	n := 2
	switch b1 & 0x7f {
	case 126:
		n += 2
	case 127:
		n += 8
	}
	if b1&0x80 != 0 {
		n += 4
	}
	return n
}

// parseFrame reads a header that is whole.
func parseFrame(b []byte) frame {
	f := frame{fin: b[0]&0x80 != 0, rsv: b[0] >> 4 & 7, opcode: Opcode(b[0] & 0xf), masked: b[1]&0x80 != 0, length: uint64(b[1] & 0x7f)}
	b = b[2:]
	switch f.length {
	case 126:
		f.length, f.wide = uint64(binary.BigEndian.Uint16(b)), 2
	case 127:
		f.length, f.wide = binary.BigEndian.Uint64(b), 8
	}
	if b = b[f.wide:]; f.masked {
		copy(f.mask[:], b)
	}
	return f
}

// unmask takes a mask off (RFC 6455, section 5.3); at is how many bytes of the
// frame came before b.
func unmask(b []byte, mask [4]byte, at uint64) {
	var m [8]byte
	for i := range m {
		m[i] = mask[(at+uint64(i))%4]
	}
	eight := binary.LittleEndian.Uint64(m[:])
	for len(b) >= 8 {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^eight)
		b = b[8:]
	}
	for i := range b {
		b[i] ^= m[i]
	}
}
