package body

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"time"
)

// prettyMessagePack prints values (spec.md of msgpack/msgpack), one after another,
// like JSON. What JSON has not is as in CBOR's diagnostic notation: h'…' are bytes,
// and any value can be a key.
func prettyMessagePack(p *printer, base int, b []byte) bool {
	m := &msgpackReader{notation{p: p, b: b}}
	return m.values(base, m.value)
}

type msgpackReader struct{ notation }

// value prints one value. Its first line is begun.
func (m *msgpackReader) value(depth int) error {
	var c uint8
	if !m.b.ReadUint8(&c) {
		return errEnd
	}
	switch {
	case c < 0x80: // positive fixint
		m.p.write(strconv.Itoa(int(c)))
	case c < 0x90: // fixmap
		return m.mapping(depth, uint64(c&15))
	case c < 0xa0: // fixarray
		return m.array(depth, uint64(c&15))
	case c < 0xc0: // fixstr
		return m.text(uint64(c & 31))
	case c >= 0xe0: // negative fixint
		m.p.write(strconv.Itoa(int(int8(c))))
	default:
		return m.long(depth, c)
	}
	return nil
}

// long prints what begins with a byte from 0xc0 to 0xdf.
func (m *msgpackReader) long(depth int, c byte) error {
	switch c {
	case 0xc0:
		m.p.write("null")
		return nil
	case 0xc1: // never used
		return errMalformed
	case 0xc2:
		m.p.write("false")
		return nil
	case 0xc3:
		m.p.write("true")
		return nil
	case 0xd4, 0xd5, 0xd6, 0xd7, 0xd8: // fixext 1, 2, 4, 8, 16
		return m.extension(1 << (c - 0xd4))
	}
	v, err := m.number(msgpackSize(c))
	if err != nil {
		return err
	}
	switch c {
	case 0xc4, 0xc5, 0xc6: // bin
		return m.hex(v)
	case 0xc7, 0xc8, 0xc9: // ext
		return m.extension(v)
	case 0xca:
		m.p.write(float32Text(math.Float32frombits(uint32(v))))
	case 0xcb:
		m.p.write(float(math.Float64frombits(v)))
	case 0xcc, 0xcd, 0xce, 0xcf: // uint
		m.p.write(strconv.FormatUint(v, 10))
	case 0xd0:
		m.p.write(strconv.Itoa(int(int8(v))))
	case 0xd1:
		m.p.write(strconv.Itoa(int(int16(v))))
	case 0xd2:
		m.p.write(strconv.Itoa(int(int32(v))))
	case 0xd3:
		m.p.write(strconv.FormatInt(int64(v), 10))
	case 0xd9, 0xda, 0xdb: // str
		return m.text(v)
	case 0xdc, 0xdd:
		return m.array(depth, v)
	case 0xde, 0xdf:
		return m.mapping(depth, v)
	}
	return nil
}

// msgpackSize is how many bytes of length or number follow the first byte.
func msgpackSize(c byte) int {
	switch c {
	case 0xc4, 0xc7, 0xcc, 0xd0, 0xd9:
		return 1
	case 0xc5, 0xc8, 0xcd, 0xd1, 0xda, 0xdc, 0xde:
		return 2
	case 0xc6, 0xc9, 0xca, 0xce, 0xd2, 0xdb, 0xdd, 0xdf:
		return 4
	}
	return 8 // 0xcb, 0xcf, 0xd3
}

func (m *msgpackReader) array(depth int, n uint64) error {
	return m.list(depth, "[", "]", func(i uint64) (bool, error) { return i < n, nil }, func() error { return m.value(depth + 1) })
}

func (m *msgpackReader) mapping(depth int, n uint64) error {
	return m.list(depth, "{", "}", func(i uint64) (bool, error) { return i < n, nil }, func() error {
		if err := m.value(depth + 1); err != nil {
			return err
		}
		m.p.write(": ")
		return m.value(depth + 1)
	})
}

// extension prints a type and its data, of which -1 is a time.
func (m *msgpackReader) extension(size uint64) error {
	typ, err := m.number(1)
	if err != nil {
		return err
	}
	b, err := m.take(size)
	if t, ok := msgpackTime(b); ok && int8(typ) == -1 && err == nil {
		m.p.write("timestamp(" + t.Format(time.RFC3339Nano) + ")")
		return nil
	}
	m.p.write(fmt.Sprintf("ext(%d, %s)", int8(typ), hexed(clip(b, m.p))))
	return err
}

// msgpackTime reads a timestamp of 32, 64 or 96 bits.
func msgpackTime(b []byte) (time.Time, bool) {
	var sec int64
	var nano uint32
	switch len(b) {
	case 4:
		sec = int64(binary.BigEndian.Uint32(b))
	case 8:
		v := binary.BigEndian.Uint64(b)
		sec, nano = int64(v&(1<<34-1)), uint32(v>>34)
	case 12:
		nano, sec = binary.BigEndian.Uint32(b), int64(binary.BigEndian.Uint64(b[4:]))
	default:
		return time.Time{}, false
	}
	t := time.Unix(sec, int64(nano)).UTC()
	return t, nano < 1e9 && t.Year() > 0 && t.Year() < 10000
}

// float32Text writes the shortest number that is that float.
func float32Text(v float32) string {
	short, err := strconv.ParseFloat(strconv.FormatFloat(float64(v), 'g', -1, 32), 64)
	if err != nil {
		return float(float64(v)) // NaN and the infinities are fine with either
	}
	return float(short)
}
