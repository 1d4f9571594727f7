package sink

import "encoding/binary"

// The blocks of a capture file, as draft-ietf-opsawg-pcapng lays them out. The
// section is written in little-endian order.
const (
	blockSection   = 0x0a0d0d0a // section 4.1
	blockInterface = 1          // section 4.2
	blockPacket    = 6          // section 4.3, Enhanced Packet Block
	blockSecrets   = 10         // section 4.7, Decryption Secrets Block

	byteOrderMagic = 0x1a2b3c4d
	linkRaw        = 101        // LINKTYPE_RAW: packets begin with their IP header
	secretsTLS     = 0x544c534b // TLS key log lines
	snapLength     = 256 << 10

	optionEnd          = 0
	optionComment      = 1
	optionInterface    = 2 // if_name
	optionResolution   = 9 // if_tsresol
	optionApplication  = 4 // shb_userappl
	nanoseconds        = 9 // if_tsresol: 10^-9
	pcapngMajorVersion = 1
)

// block appends a block of a type, whose body write appends to what it is given.
// The body is padded to 32 bits (section 3.1).
func block(b []byte, kind uint32, write func([]byte) []byte) []byte {
	start := len(b)
	b = binary.LittleEndian.AppendUint32(b, kind)
	b = append(b, 0, 0, 0, 0) // the length, once it is known
	b = padded(write(b), start)
	length := uint32(len(b) + 4 - start)
	binary.LittleEndian.PutUint32(b[start+4:], length)
	return binary.LittleEndian.AppendUint32(b, length)
}

// padded fills what began at start up to a multiple of 32 bits.
func padded(b []byte, start int) []byte {
	for (len(b)-start)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

// option appends an option (section 3.5).
func option(b []byte, code uint16, value string) []byte {
	value = value[:min(len(value), 1<<16-1)]
	b = binary.LittleEndian.AppendUint16(b, code)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(value)))
	start := len(b)
	return padded(append(b, value...), start)
}

// appendSection appends the beginning of a file, with its interfaces.
func appendSection(b []byte, application string, interfaces ...string) []byte {
	b = block(b, blockSection, func(b []byte) []byte {
		b = binary.LittleEndian.AppendUint32(b, byteOrderMagic)
		b = binary.LittleEndian.AppendUint16(b, pcapngMajorVersion)
		b = binary.LittleEndian.AppendUint16(b, 0)
		b = binary.LittleEndian.AppendUint64(b, 1<<64-1) // the section's length is not known
		return option(option(b, optionApplication, application), optionEnd, "")
	})
	for _, name := range interfaces {
		b = block(b, blockInterface, func(b []byte) []byte {
			b = binary.LittleEndian.AppendUint16(b, linkRaw)
			b = binary.LittleEndian.AppendUint16(b, 0)
			b = binary.LittleEndian.AppendUint32(b, snapLength)
			b = option(b, optionInterface, name)
			return option(option(b, optionResolution, string([]byte{nanoseconds})), optionEnd, "")
		})
	}
	return b
}

// appendPacketBlock appends a packet of an interface, which write appends to what it is
// given, with a comment unless that is "". Its time is in nanoseconds since 1970.
func appendPacketBlock(b []byte, on int, at int64, comment string, write func([]byte) []byte) []byte {
	return block(b, blockPacket, func(b []byte) []byte {
		stamp := uint64(at)
		b = binary.LittleEndian.AppendUint32(b, uint32(on))
		b = binary.LittleEndian.AppendUint32(b, uint32(stamp>>32))
		b = binary.LittleEndian.AppendUint32(b, uint32(stamp))
		lengths := len(b)
		b = append(b, 0, 0, 0, 0, 0, 0, 0, 0) // as captured, and as it was
		start := len(b)
		b = write(b)
		length := uint32(len(b) - start)
		binary.LittleEndian.PutUint32(b[lengths:], length)
		binary.LittleEndian.PutUint32(b[lengths+4:], length)
		if b = padded(b, start); comment != "" {
			b = option(option(b, optionComment, comment), optionEnd, "")
		}
		return b
	})
}

// appendSecrets appends key log lines.
func appendSecrets(b []byte, lines string) []byte {
	return block(b, blockSecrets, func(b []byte) []byte {
		b = binary.LittleEndian.AppendUint32(b, secretsTLS)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(lines)))
		return append(b, lines...)
	})
}
