package packed

import (
	"encoding/binary"

	"golang.org/x/crypto/cryptobyte"
)

// The major types (RFC 8949, section 3.1).
const (
	cborUnsigned = iota
	cborNegative
	cborBytes
	cborText
	cborArray
	cborMap
	cborTag
	cborSimple
)

// What the additional information says that is not the argument itself (RFC 8949, section 3).
const (
	size1      = 24 // the argument is in the byte that follows; 25, 26, 27: in 2, 4, 8
	indefinite = 31 // there is none; the end is marked by a break
)

// breakByte ends what is of indefinite length (RFC 8949, section 3.2.1).
const breakByte = cborSimple<<5 | indefinite

var cborKinds = [...]Kind{Unsigned, Negative, Bytes, Text, Array, Map, Tag, Simple}

// readCBOR reads a head of CBOR (RFC 8949, section 3).
func (h *Head) readCBOR(s *cryptobyte.String) error {
	var initial uint8
	if !s.ReadUint8(&initial) {
		return ErrEnd
	}
	major, info := initial>>5, initial&31
	h.Kind = cborKinds[major]
	switch {
	case info < size1:
		h.Arg = uint64(info)
	case info < size1+4:
		if major == cborSimple && info > size1 {
			h.Kind = Float
		}
		return h.argument(s, 1<<(info-size1))
	case initial == breakByte:
		h.Kind = Break
	case info < indefinite || major <= cborNegative || major == cborTag:
		return ErrMalformed
	default:
		h.Indefinite = true
	}
	return nil
}

// IsBreak says whether b begins with the end of what is of indefinite length.
func IsBreak(b []byte) bool { return len(b) > 0 && b[0] == breakByte }

func appendCBORHead(b []byte, kind Kind, n int) []byte {
	major := byte(cborText << 5)
	if kind == Bytes {
		major = cborBytes << 5
	}
	switch {
	case n < size1:
		return append(b, major|byte(n))
	case n < 1<<8:
		return append(b, major|size1, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, major|(size1+1)), uint16(n))
	}
	return binary.BigEndian.AppendUint32(append(b, major|(size1+2)), uint32(n))
}
