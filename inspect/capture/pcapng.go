package capture

import (
	"math/bits"
)

// The pcapng file format, draft-ietf-opsawg-pcapng: sections of blocks. A block has
// a type, a length, a body and the length again.

const (
	blockInterface = 0x00000001 // section 4.2
	blockPacket    = 0x00000002 // appendix A, obsolete
	blockSimple    = 0x00000003 // section 4.4
	blockEnhanced  = 0x00000006 // section 4.3
	blockJournal   = 0x00000009 // section 4.7: analysers count it as a frame
	blockSecrets   = 0x0000000a // section 4.8
	blockSection   = 0x0a0d0d0a // section 4.1, the same in both byte orders

	blockOverhead = 12
	byteOrder     = 0x1a2b3c4d

	secretsTLS = 0x544c534b // section 4.8.1: an NSS key log

	optionEnd        = 0
	optionComment    = 1  // section 3.5
	optionResolution = 9  // if_tsresol
	optionOffset     = 14 // if_tsoffset

	maxInterfaces = 1 << 16
)

// section is what the blocks of one section share.
type section struct {
	interfaces []iface
}

// iface is an interface's description.
type iface struct {
	link   LinkType
	snap   uint32 // 0: none
	unit   unit
	offset int64 // seconds to add
}

// unit is the resolution of an interface's times: 10^-exp or 2^-exp seconds.
type unit struct {
	binary bool
	exp    uint8
}

// nanoseconds converts a count of the unit.
func (u unit) nanoseconds(t uint64) int64 {
	switch {
	case u.binary && u.exp < 64:
		whole, part := t>>u.exp, t&(1<<u.exp-1)
		hi, lo := bits.Mul64(part, 1e9)
		if u.exp > 0 {
			lo = hi<<(64-u.exp) | lo>>u.exp
		}
		return int64(whole)*1e9 + int64(lo)
	case u.binary:
		return 0 // less than a second in all 64 bits
	case u.exp <= 9:
		return int64(t * power10(9-u.exp))
	case u.exp <= 28:
		return int64(t / power10(u.exp-9))
	}
	return 0
}

func power10(n uint8) uint64 {
	p := uint64(1)
	for range n {
		p *= 10
	}
	return p
}

// block reads one block.
func (f *framing) block(b []byte, r *record) (int, error) {
	if len(b) < blockOverhead {
		r.pending = blockOverhead
		return 0, nil
	}
	kind := f.order.uint32(b)
	if kind == blockSection {
		if err := f.sectionOrder(b[8:]); err != nil {
			return 0, err
		}
	}
	length := f.order.uint32(b[4:])
	// Padding is to four bytes, section 3.1; a length that is not, as some programs
	// write, has the padding follow it.
	size := (int64(length) + 3) &^ 3
	if length < blockOverhead {
		return 0, corrupt("a block of type 0x%08x claims to be %d bytes long", kind, length)
	}
	if !f.wanted(kind) {
		f.skip = size
		return f.next(b, r)
	}
	if size > maxBlock {
		return 0, corrupt("a block of type 0x%08x claims to be %d bytes long", kind, length)
	}
	if int64(len(b)) < size {
		r.pending = int(size)
		return 0, nil
	}
	if trailer := f.order.uint32(b[size-4:]); trailer != length {
		return 0, corrupt("a block of type 0x%08x begins with a length of %d and ends with one of %d", kind, length, trailer)
	}
	return int(size), f.body(kind, b[8:size-4], r)
}

func (f *framing) wanted(kind uint32) bool {
	switch kind {
	case blockSection, blockInterface, blockPacket, blockSimple, blockEnhanced, blockSecrets:
		return true
	case blockJournal:
		f.frames++
	}
	return false
}

// sectionOrder reads a section's byte order.
func (f *framing) sectionOrder(b []byte) error {
	for _, o := range []order{littleEndian, bigEndian} {
		if o.uint32(b) == byteOrder {
			f.order = o
			return nil
		}
	}
	return corrupt("a section's byte order is %x", b[:4])
}

func (f *framing) body(kind uint32, b []byte, r *record) error {
	switch kind {
	case blockSection:
		if len(b) < 16 {
			return corrupt("a section header of %d bytes is too short", len(b))
		}
		if major := f.order.uint16(b[4:]); major != 1 {
			return corrupt("pcapng version %d is not known", major)
		}
		f.section = section{}
		return nil
	case blockInterface:
		return f.interfaceBlock(b)
	case blockSecrets:
		f.secretsBlock(b, r)
		return nil
	}
	f.frames++
	if kind == blockSimple {
		return f.simpleBlock(b, r)
	}
	return f.packetBlock(b, r, kind == blockPacket)
}

func (f *framing) interfaceBlock(b []byte) error {
	if len(b) < 8 {
		return corrupt("an interface's description of %d bytes is too short", len(b))
	}
	if len(f.section.interfaces) >= maxInterfaces {
		return corrupt("a section describes more than %d interfaces", maxInterfaces)
	}
	i := iface{link: LinkType(f.order.uint16(b)), snap: f.order.uint32(b[4:]), unit: unit{exp: 6}}
	for b = b[8:]; len(b) >= 4; {
		code, n := f.order.uint16(b), int(f.order.uint16(b[2:]))
		if code == optionEnd || len(b) < 4+n {
			break
		}
		value := b[4 : 4+n]
		switch {
		case code == optionResolution && n == 1:
			i.unit = unit{binary: value[0]&0x80 != 0, exp: value[0] & 0x7f}
		case code == optionOffset && n == 8:
			i.offset = int64(f.order.uint64(value))
		}
		b = b[min(len(b), 4+(n+3)&^3):]
	}
	f.section.interfaces = append(f.section.interfaces, i)
	return nil
}

// iface returns the description of an interface.
func (f *framing) iface(n int) (*iface, error) {
	if n >= len(f.section.interfaces) {
		return nil, corrupt("frame %d is of interface %d, and only %d are described", f.frames, n, len(f.section.interfaces))
	}
	return &f.section.interfaces[n], nil
}

// packetBlock reads an enhanced packet block, or the obsolete one, which has a
// count of drops where the other has the upper half of the interface's number.
func (f *framing) packetBlock(b []byte, r *record, obsolete bool) error {
	if len(b) < 20 {
		return corrupt("frame %d has a block of %d bytes, which is too short", f.frames, len(b))
	}
	number := f.order.uint32(b)
	if obsolete {
		number = uint32(f.order.uint16(b))
	}
	i, err := f.iface(int(number))
	if err != nil {
		return err
	}
	captured, length := f.order.uint32(b[12:]), f.order.uint32(b[16:])
	if captured > maxFrame || int(captured) > len(b)-20 {
		return corrupt("frame %d claims to hold %d bytes", f.frames, captured)
	}
	when := uint64(f.order.uint32(b[4:]))<<32 | uint64(f.order.uint32(b[8:]))
	r.kind, r.frame, r.link = recordFrame, f.frames, i.link
	r.time = i.unit.nanoseconds(when) + i.offset*1e9
	r.data, r.length = b[20:20+captured], max(int(length), int(captured))
	r.comment = f.comment(b[min(len(b), 20+(int(captured)+3)&^3):])
	return nil
}

// comment returns a frame's comment if it is one of those that put legs together: it
// is the first option.
func (f *framing) comment(b []byte) string {
	if len(b) < 4+len(commentStart) || f.order.uint16(b) != optionComment || string(b[4:4+len(commentStart)]) != commentStart {
		return ""
	}
	return string(b[4:min(len(b), 4+int(f.order.uint16(b[2:])))])
}

// simpleBlock reads a block that has no time and no captured length: that is the
// interface's bound, or what the block holds.
func (f *framing) simpleBlock(b []byte, r *record) error {
	if len(b) < 4 {
		return corrupt("frame %d has a block of %d bytes, which is too short", f.frames, len(b))
	}
	i, err := f.iface(0)
	if err != nil {
		return err
	}
	length := f.order.uint32(b)
	captured := int64(length)
	if i.snap != 0 {
		captured = min(captured, int64(i.snap))
	}
	captured = min(captured, int64(len(b)-4))
	if captured > maxFrame {
		return corrupt("frame %d claims to hold %d bytes", f.frames, captured)
	}
	r.kind, r.frame, r.link, r.noTime = recordFrame, f.frames, i.link, true
	r.data, r.length = b[4:4+captured], int(min(length, 1<<31-1))
	return nil
}

// secretsBlock reads a decryption secrets block. Secrets of other protocols are
// passed over.
func (f *framing) secretsBlock(b []byte, r *record) {
	if len(b) < 8 || f.order.uint32(b) != secretsTLS {
		return
	}
	n := min(int64(f.order.uint32(b[4:])), int64(len(b)-8))
	r.kind, r.data = recordSecrets, b[8:8+n]
}
