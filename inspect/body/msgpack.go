package body

import (
	"encoding/binary"
	"fmt"
	"time"

	"tlsmitm/inspect/packed"
)

// prettyMessagePack prints values (spec.md of msgpack/msgpack), one after another,
// like JSON. What JSON has not is as in CBOR's diagnostic notation: h'…' are bytes,
// and any value can be a key.
func prettyMessagePack(p *printer, base int, b []byte) bool {
	return (&notation{p: p, format: packed.MessagePack, b: b}).values(base)
}

// extension prints a type and its data, of which -1 is a time.
func (n *notation) extension(h packed.Head) error {
	b, err := n.take(h.Arg)
	if t, ok := msgpackTime(b); ok && h.Type == -1 && err == nil {
		n.p.write("timestamp(" + t.Format(time.RFC3339Nano) + ")")
		return nil
	}
	n.p.write(fmt.Sprintf("ext(%d, %s)", h.Type, hexed(clip(b, n.p))))
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
