package body

import (
	"math"
	"math/big"
	"strconv"
)

// prettyCBOR prints the diagnostic notation (RFC 8949, section 8) of data items,
// one after another (RFC 8742), an element a line.
func prettyCBOR(p *printer, base int, b []byte) bool {
	c := &cborReader{notation{p: p, b: b}}
	return c.values(base, c.item)
}

// cborReader is here, and not a library, because what is shown may end anywhere,
// and is laid out in lines.
type cborReader struct{ notation }

// The major types, RFC 8949 section 3.1.
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

// indefinite is the additional information of a string, array or map whose end is
// marked by a break, RFC 8949 section 3.2.
const indefinite = 31

// head reads an initial byte and its argument, RFC 8949 section 3.
func (c *cborReader) head() (major int, info byte, arg uint64, err error) {
	var initial uint8
	if !c.b.ReadUint8(&initial) {
		return 0, 0, 0, errEnd
	}
	major, info = int(initial>>5), initial&31
	switch {
	case info < 24:
		arg = uint64(info)
	case info < 28:
		arg, err = c.number(1 << (info - 24))
	case info < indefinite || major == cborUnsigned || major == cborNegative || major == cborTag:
		err = errMalformed
	}
	return major, info, arg, err
}

// item prints one data item. Its first line is begun.
func (c *cborReader) item(depth int) error {
	major, info, arg, err := c.head()
	if err != nil {
		return err
	}
	switch major {
	case cborUnsigned:
		c.p.write(strconv.FormatUint(arg, 10))
	case cborNegative:
		if arg > math.MaxInt64 {
			c.p.write(new(big.Int).Not(new(big.Int).SetUint64(arg)).String())
		} else {
			c.p.write(strconv.FormatInt(^int64(arg), 10))
		}
	case cborBytes, cborText:
		return c.str(depth, major, info, arg)
	case cborArray:
		return c.list(depth, bracket("[", info), "]", c.more(info, arg), func() error { return c.item(depth + 1) })
	case cborMap:
		return c.list(depth, bracket("{", info), "}", c.more(info, arg), func() error {
			if err := c.item(depth + 1); err != nil {
				return err
			}
			c.p.write(": ")
			return c.item(depth + 1)
		})
	case cborTag:
		return c.tagged(depth, arg)
	default:
		return c.simple(info, arg)
	}
	return nil
}

func bracket(open string, info byte) string {
	if info == indefinite {
		return open + "_"
	}
	return open
}

// more tells whether an element follows the i elements before.
func (c *cborReader) more(info byte, arg uint64) func(uint64) (bool, error) {
	return func(i uint64) (bool, error) {
		if info != indefinite {
			return i < arg, nil
		}
		if c.b.Empty() {
			return false, errEnd
		}
		if c.b[0] == cborSimple<<5|indefinite {
			c.b.Skip(1)
			return false, nil
		}
		return true, nil
	}
}

// str prints a string; one of indefinite length by its chunks, which must be
// definite and of the same type, RFC 8949 section 3.2.3.
func (c *cborReader) str(depth, major int, info byte, arg uint64) error {
	if info != indefinite {
		if major == cborText {
			return c.text(arg)
		}
		return c.hex(arg)
	}
	if !c.b.Empty() && c.b[0] == cborSimple<<5|indefinite { // or the notation would not say which type it is
		c.b.Skip(1)
		c.p.write([...]string{cborBytes: "''_", cborText: `""_`}[major])
		return nil
	}
	return c.list(depth, "(_", ")", c.more(info, 0), func() error {
		chunk, info, arg, err := c.head()
		if err != nil {
			return err
		}
		if chunk != major || info == indefinite {
			return errMalformed
		}
		return c.str(depth, major, info, arg)
	})
}

// tagged prints a tag's number and content: bignums (RFC 8949, section 3.4.3) as
// numbers, encoded CBOR (section 3.4.5.1) as the items that it is.
func (c *cborReader) tagged(depth int, tag uint64) error {
	if depth >= maxDepth {
		return errDeep
	}
	if tag == 2 || tag == 3 {
		if v, ok := c.bignum(tag); ok {
			c.p.write(v)
			return nil
		}
	}
	c.p.write(strconv.FormatUint(tag, 10) + "(")
	if tag != 24 || !c.embedded(depth) {
		if err := c.item(depth + 1); err != nil { // takes no line, but nests
			return err
		}
	}
	c.p.write(")")
	return nil
}

// maxBignum is the most bytes of a number that is worth reading in decimal.
const maxBignum = 64

// bignum reads a byte string of a reasonable length as a number.
func (c *cborReader) bignum(tag uint64) (string, bool) {
	ahead := &cborReader{notation{p: c.p, b: c.b}}
	b, ok := ahead.octets(maxBignum)
	if !ok {
		return "", false
	}
	c.b = ahead.b
	v := new(big.Int).SetBytes(b)
	if tag == 3 {
		v.Not(v)
	}
	return v.String(), true
}

// octets takes a byte string of at most that many bytes, its chunks joined.
func (c *cborReader) octets(most int) ([]byte, bool) {
	major, info, arg, err := c.head()
	if err != nil || major != cborBytes {
		return nil, false
	}
	if info != indefinite {
		b, err := c.take(arg)
		return b, err == nil && len(b) <= most
	}
	var all []byte
	for more := c.more(info, 0); ; {
		if another, err := more(0); !another {
			return all, err == nil
		}
		major, info, arg, err := c.head()
		if err != nil || major != cborBytes || info == indefinite {
			return nil, false
		}
		b, err := c.take(arg)
		if all = append(all, b...); err != nil || len(all) > most {
			return nil, false
		}
	}
}

// embedded prints a byte string that holds CBOR, if it does.
func (c *cborReader) embedded(depth int) bool {
	ahead := &cborReader{notation{p: c.p, b: c.b}}
	major, info, arg, err := ahead.head()
	if err != nil || major != cborBytes || info == indefinite {
		return false
	}
	b, err := ahead.take(arg)
	if err != nil || len(b) == 0 {
		return false
	}
	ok := c.p.try(func() bool {
		inner := &cborReader{notation{p: c.p, b: b}}
		c.p.write("<<")
		for i := 0; !inner.b.Empty() && !c.p.full; i++ {
			if i > 0 {
				c.p.write(", ")
			}
			if inner.item(depth+1) != nil {
				return false
			}
		}
		c.p.write(">>")
		return true
	})
	if ok {
		c.b = ahead.b
	}
	return ok
}

// simple prints a simple value or a floating-point number, RFC 8949 section 3.3.
func (c *cborReader) simple(info byte, arg uint64) error {
	switch info {
	case 20:
		c.p.write("false")
	case 21:
		c.p.write("true")
	case 22:
		c.p.write("null")
	case 23:
		c.p.write("undefined")
	case 25:
		c.p.write(float(half(uint16(arg))))
	case 26:
		c.p.write(float(float64(math.Float32frombits(uint32(arg)))))
	case 27:
		c.p.write(float(math.Float64frombits(arg)))
	case indefinite: // a break where none can be
		return errMalformed
	default:
		if info == 24 && arg < 32 {
			return errMalformed
		}
		c.p.write("simple(" + strconv.FormatUint(arg, 10) + ")")
	}
	return nil
}

// half converts a float of 16 bits, RFC 8949 appendix D.
func half(h uint16) float64 {
	exponent, mantissa := int(h>>10&31), float64(h&1023)
	var v float64
	switch exponent {
	case 0:
		v = math.Ldexp(mantissa, -24)
	case 31:
		if v = math.Inf(1); mantissa != 0 {
			v = math.NaN()
		}
	default:
		v = math.Ldexp(mantissa+1024, exponent-25)
	}
	if h&0x8000 != 0 {
		return -v
	}
	return v
}
