package body

import (
	"math/big"
	"strconv"

	"tlsmitm/inspect/packed"
)

// prettyCBOR prints the diagnostic notation (RFC 8949, section 8) of data items,
// one after another (RFC 8742), an element a line.
func prettyCBOR(p *printer, base int, b []byte) bool {
	return (&notation{p: p, format: packed.CBOR, b: b}).values(base)
}

func bracket(open string, h packed.Head) string {
	if h.Indefinite {
		return open + "_"
	}
	return open
}

// atBreak takes the end of what is of indefinite length.
func (n *notation) atBreak() bool { return packed.IsBreak(n.b) && n.b.Skip(1) }

// str prints a string; one of indefinite length by its chunks, which must be
// definite and of the same type, RFC 8949 section 3.2.3.
func (n *notation) str(depth int, h packed.Head) error {
	switch {
	case !h.Indefinite && h.Kind == packed.Text:
		return n.text(h.Arg)
	case !h.Indefinite:
		return n.hex(h.Arg)
	case n.atBreak(): // or the notation would not say which type it is
		n.p.write(map[packed.Kind]string{packed.Bytes: "''_", packed.Text: `""_`}[h.Kind])
		return nil
	}
	return n.list(depth, "(_", ")", n.more(h), func() error {
		chunk, _, err := n.head()
		if err != nil {
			return err
		}
		if chunk.Kind != h.Kind || chunk.Indefinite {
			return packed.ErrMalformed
		}
		return n.str(depth, chunk)
	})
}

// The tags of numbers in bytes, RFC 8949 section 3.4.3.
const (
	bignum         = 2
	negativeBignum = 3
)

// tagged prints a tag's number and content: bignums as numbers, encoded CBOR (RFC 8949,
// section 3.4.5.1) as the items that it is.
func (n *notation) tagged(depth int, tag uint64) error {
	if depth >= maxDepth {
		return errDeep
	}
	if tag == bignum || tag == negativeBignum {
		if v, ok := n.bignum(); ok {
			if tag == negativeBignum {
				v.Not(v)
			}
			n.p.write(v.String())
			return nil
		}
	}
	n.p.write(strconv.FormatUint(tag, 10) + "(")
	if tag != packed.EmbeddedCBOR || !n.embedded(depth) {
		if err := n.value(depth + 1); err != nil { // takes no line, but nests
			return err
		}
	}
	n.p.write(")")
	return nil
}

// maxBignum is the most bytes of a number that is worth reading in decimal.
const maxBignum = 64

// bignum reads a byte string of a reasonable length as a number.
func (n *notation) bignum() (*big.Int, bool) {
	ahead := *n
	b, ok := ahead.octets(maxBignum)
	if !ok {
		return nil, false
	}
	n.b = ahead.b
	return new(big.Int).SetBytes(b), true
}

// octets takes a byte string of at most that many bytes, its chunks joined.
func (n *notation) octets(most int) ([]byte, bool) {
	h, _, err := n.head()
	if err != nil || h.Kind != packed.Bytes {
		return nil, false
	}
	if !h.Indefinite {
		b, err := n.take(h.Arg)
		return b, err == nil && len(b) <= most
	}
	var all []byte
	for more := n.more(h); ; {
		if another, err := more(0); !another {
			return all, err == nil
		}
		chunk, _, err := n.head()
		if err != nil || chunk.Kind != packed.Bytes || chunk.Indefinite {
			return nil, false
		}
		b, err := n.take(chunk.Arg)
		if all = append(all, b...); err != nil || len(all) > most {
			return nil, false
		}
	}
}

// embedded prints a byte string that holds CBOR, if it does.
func (n *notation) embedded(depth int) bool {
	ahead := *n
	h, _, err := ahead.head()
	if err != nil || h.Kind != packed.Bytes || h.Indefinite {
		return false
	}
	b, err := ahead.take(h.Arg)
	if err != nil || len(b) == 0 {
		return false
	}
	ok := n.p.try(func() bool {
		inner := &notation{p: n.p, format: n.format, b: b}
		n.p.write("<<")
		for i := 0; !inner.b.Empty() && !n.p.full; i++ {
			if i > 0 {
				n.p.write(", ")
			}
			if inner.value(depth+1) != nil {
				return false
			}
		}
		n.p.write(">>")
		return true
	})
	if ok {
		n.b = ahead.b
	}
	return ok
}
