package packed

import (
	"encoding/binary"

	"golang.org/x/crypto/cryptobyte"
)

// readMessagePack reads a first byte, and the number or length after it (spec.md of
// msgpack/msgpack, "Formats").
func (h *Head) readMessagePack(s *cryptobyte.String) error {
	var c uint8
	if !s.ReadUint8(&c) {
		return ErrEnd
	}
	switch {
	case c < 0x80: // positive fixint
		h.Kind, h.Arg = Unsigned, uint64(c)
	case c < 0x90: // fixmap
		h.Kind, h.Arg = Map, uint64(c&15)
	case c < 0xa0: // fixarray
		h.Kind, h.Arg = Array, uint64(c&15)
	case c < 0xc0: // fixstr
		h.Kind, h.Arg = Text, uint64(c&31)
	case c >= 0xe0: // negative fixint
		h.Kind, h.Arg = Negative, uint64(^c)
	default:
		return h.longMessagePack(s, c)
	}
	return nil
}

// longMessagePack reads what begins with a byte from 0xc0 to 0xdf.
func (h *Head) longMessagePack(s *cryptobyte.String, c byte) error {
	sized := func(kind Kind, size int) error {
		h.Kind = kind
		return h.argument(s, size)
	}
	switch {
	case c == 0xc0:
		h.Kind, h.Arg = Simple, Null
	case c == 0xc1: // never used
		return ErrMalformed
	case c == 0xc2:
		h.Kind, h.Arg = Simple, False
	case c == 0xc3:
		h.Kind, h.Arg = Simple, True
	case c <= 0xc6: // bin 8, 16, 32
		return sized(Bytes, 1<<(c-0xc4))
	case c <= 0xc9: // ext 8, 16, 32
		return h.extension(s, sized(Extension, 1<<(c-0xc7)))
	case c <= 0xcb: // float 32, 64
		return sized(Float, 4<<(c-0xca))
	case c <= 0xcf: // uint 8, 16, 32, 64
		return sized(Unsigned, 1<<(c-0xcc))
	case c <= 0xd3: // int 8, 16, 32, 64
		return h.signed(s, 1<<(c-0xd0))
	case c <= 0xd8: // fixext 1, 2, 4, 8, 16
		h.Kind, h.Arg = Extension, 1<<(c-0xd4)
		return h.extension(s, nil)
	case c <= 0xdb: // str 8, 16, 32
		return sized(Text, 1<<(c-0xd9))
	case c <= 0xdd: // array 16, 32
		return sized(Array, 2<<(c-0xdc))
	default: // map 16, 32
		return sized(Map, 2<<(c-0xde))
	}
	return nil
}

// extension reads the type that follows the length.
func (h *Head) extension(s *cryptobyte.String, err error) error {
	var typ uint8
	if err == nil && !s.ReadUint8(&typ) {
		err = ErrEnd
	}
	h.Type = int8(typ)
	return err
}

// signed reads an integer in two's complement.
func (h *Head) signed(s *cryptobyte.String, size int) error {
	if err := h.argument(s, size); err != nil {
		return err
	}
	h.Kind = Unsigned
	unused := 64 - 8*size
	if v := int64(h.Arg<<unused) >> unused; v < 0 {
		h.Kind, h.Arg = Negative, uint64(^v)
	}
	return nil
}

func appendMessagePackHead(b []byte, kind Kind, n int) []byte {
	first := byte(0xd9) // str 8
	if kind == Bytes {
		first = 0xc4 // bin 8
	}
	switch {
	case n < 32 && kind == Text: // fixstr
		return append(b, 0xa0|byte(n))
	case n < 1<<8:
		return append(b, first, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, first+1), uint16(n))
	}
	return binary.BigEndian.AppendUint32(append(b, first+2), uint32(n))
}
