package body

import (
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"

	"tlsmitm/inspect/packed"
)

// errDeep is about values that nest deeper than anybody looks.
var errDeep = errors.New("nested too deeply")

// maxDepth bounds nesting in binary formats.
const maxDepth = 64

// notation prints the values of a binary format, as CBOR's diagnostic notation has
// them (RFC 8949, section 8), which is JSON with more kinds of values. It is here, and
// not a library, because what is shown may end anywhere, and is laid out in lines.
type notation struct {
	p      *printer
	format packed.Format
	b      cryptobyte.String
}

// values prints one value after another. It returns false if the bytes are
// malformed; where they end early, or nest too deeply, all before that is shown.
func (n *notation) values(base int) bool {
	some := false
	for !n.b.Empty() && !n.p.full {
		n.p.indent(base)
		err := n.value(base)
		n.p.write("\n")
		some = true
		if errors.Is(err, packed.ErrMalformed) {
			return false
		}
		if err != nil {
			n.p.line(base, cutMark)
			break
		}
	}
	return some
}

// head takes the head of the next value, and says how long it was.
func (n *notation) head() (h packed.Head, size int, err error) {
	if h, size, err = n.format.Head(n.b); err == nil {
		n.b.Skip(size)
	}
	return h, size, err
}

// value prints one value. Its first line is begun.
func (n *notation) value(depth int) error {
	h, size, err := n.head()
	if err != nil {
		return err
	}
	switch h.Kind {
	case packed.Unsigned, packed.Negative:
		n.p.write(h.Integer())
	case packed.Float:
		n.p.write(floatText(n.format, h.Arg, size-1))
	case packed.Simple:
		return n.simple(h.Arg, size)
	case packed.Bytes, packed.Text:
		return n.str(depth, h)
	case packed.Array:
		return n.list(depth, bracket("[", h), "]", n.more(h), func() error { return n.value(depth + 1) })
	case packed.Map:
		return n.list(depth, bracket("{", h), "}", n.more(h), func() error { return n.pair(depth + 1) })
	case packed.Tag:
		return n.tagged(depth, h.Arg)
	case packed.Extension:
		return n.extension(h)
	default: // a break where none can be
		return packed.ErrMalformed
	}
	return nil
}

func (n *notation) pair(depth int) error {
	if err := n.value(depth); err != nil {
		return err
	}
	n.p.write(": ")
	return n.value(depth)
}

// more tells whether a value follows the i values before, of an array or a map, or of
// a string of indefinite length.
func (n *notation) more(h packed.Head) func(i uint64) (bool, error) {
	return func(i uint64) (bool, error) {
		switch {
		case !h.Indefinite:
			return i < h.Arg, nil
		case n.b.Empty():
			return false, packed.ErrEnd
		}
		return !n.atBreak(), nil
	}
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

// take reads size bytes, or as many as there are and an error.
func (n *notation) take(size uint64) (b []byte, err error) {
	if size > uint64(len(n.b)) {
		b, n.b = n.b, nil
		return b, packed.ErrEnd
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

// simple prints a simple value (RFC 8949, section 3.3), whose head is of that size.
func (n *notation) simple(v uint64, size int) error {
	if size > 1 && v < 32 {
		return packed.ErrMalformed
	}
	switch v {
	case packed.False:
		n.p.write("false")
	case packed.True:
		n.p.write("true")
	case packed.Null:
		n.p.write("null")
	case packed.Undefined:
		n.p.write("undefined")
	default:
		n.p.write("simple(" + strconv.FormatUint(v, 10) + ")")
	}
	return nil
}
