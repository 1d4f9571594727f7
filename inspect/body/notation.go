package body

import (
	"encoding/hex"
	"errors"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
)

// errDeep is about values that nest deeper than anybody looks.
var errDeep = errors.New("nested too deeply")

// errMalformed is about bytes that no value begins with.
var errMalformed = errors.New("malformed")

// maxDepth bounds nesting in binary formats.
const maxDepth = 64

// notation prints the values of a binary format.
type notation struct {
	p *printer
	b cryptobyte.String
}

// values prints one value after another. It returns false if the bytes are
// malformed; where they end early, or nest too deeply, all before that is shown.
func (n *notation) values(base int, value func(depth int) error) bool {
	some := false
	for !n.b.Empty() && !n.p.full {
		n.p.indent(base)
		err := value(base)
		n.p.write("\n")
		some = true
		if errors.Is(err, errMalformed) {
			return false
		}
		if err != nil {
			n.p.line(base, cutMark)
			break
		}
	}
	return some
}

// list prints values between brackets, one a line, as long as there are more.
func (n *notation) list(depth int, open, end string, more func(i uint64) (bool, error), value func() error) error {
	if depth >= maxDepth {
		return errDeep
	}
	n.p.write(open)
	for i := uint64(0); !n.p.full; i++ {
		ok, err := more(i)
		if err != nil {
			return err
		}
		if !ok {
			if i > 0 {
				n.p.write("\n")
				n.p.indent(depth)
			}
			n.p.write(end)
			return nil
		}
		if i > 0 {
			n.p.write(",")
		}
		n.p.write("\n")
		n.p.indent(depth + 1)
		if err := value(); err != nil {
			return err
		}
	}
	return nil
}

// number reads an unsigned integer of 1, 2, 4 or 8 bytes.
func (n *notation) number(size int) (v uint64, err error) {
	var b []byte
	if !n.b.ReadBytes(&b, size) {
		n.b = nil
		return 0, errEnd
	}
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	return v, nil
}

// take reads size bytes, or as many as there are and errEnd.
func (n *notation) take(size uint64) (b []byte, err error) {
	if size > uint64(len(n.b)) {
		b, n.b = n.b, nil
		return b, errEnd
	}
	n.b.ReadBytes(&b, int(size))
	return b, nil
}

// text prints a string of size bytes, as JSON has it.
func (n *notation) text(size uint64) error {
	b, err := n.take(size)
	n.p.write(quoted(clip(b, n.p)))
	return err
}

// hex prints size bytes as CBOR's diagnostic notation has them.
func (n *notation) hex(size uint64) error {
	b, err := n.take(size)
	n.p.write(hexed(clip(b, n.p)))
	return err
}

// clip spares work for what the printer has no room for.
func clip(b []byte, p *printer) []byte { return b[:min(len(b), max(p.limit-len(p.out), 0)+1)] }

// hexed is RFC 8949's section 8.
func hexed(b []byte) string { return "h'" + hex.EncodeToString(b) + "'" }

// quoted writes a string with JSON's escapes, and with \x for what is no UTF-8.
func quoted(b []byte) string {
	const digits = "0123456789abcdef"
	var s strings.Builder
	s.Grow(len(b) + 2)
	s.WriteByte('"')
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch c := b[0]; {
		case r == utf8.RuneError && n == 1:
			s.WriteString(`\x` + string(digits[c>>4]) + string(digits[c&15]))
		case c == '"' || c == '\\':
			s.WriteByte('\\')
			s.WriteByte(c)
		case c == '\n':
			s.WriteString(`\n`)
		case c == '\r':
			s.WriteString(`\r`)
		case c == '\t':
			s.WriteString(`\t`)
		case c < ' ' || c == 0x7f:
			s.WriteString(`\u00` + string(digits[c>>4]) + string(digits[c&15]))
		default:
			s.Write(b[:n])
		}
		b = b[n:]
	}
	s.WriteByte('"')
	return s.String()
}

// float writes a number so that it is seen to be no integer.
func float(v float64) string {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 1):
		return "Infinity"
	case math.IsInf(v, -1):
		return "-Infinity"
	}
	format := byte('f')
	if a := math.Abs(v); a != 0 && (a < 1e-6 || a >= 1e21) {
		format = 'e'
	}
	s := strconv.FormatFloat(v, format, -1, 64)
	mantissa, exponent, ok := strings.Cut(s, "e")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	if ok { // without the zero that Go puts before a single digit
		return mantissa + "e" + exponent[:1] + strings.TrimPrefix(exponent[1:], "0")
	}
	return mantissa
}
