package body

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// prettyForm prints application/x-www-form-urlencoded (URL Standard, section 5.1)
// as lines of name = value, decoded. What is no UTF-8 when decoded stays encoded.
func prettyForm(p *printer, base int, b []byte) bool {
	if b = trimSpace(b); bytes.IndexByte(b, 0) >= 0 || !utf8.Valid(b) {
		return false
	}
	for pair := range bytes.SplitSeq(b, []byte("&")) {
		if p.full {
			break
		}
		if len(pair) == 0 {
			continue
		}
		name, value, assigned := bytes.Cut(pair, []byte("="))
		p.indent(base)
		p.write(lined(unescape(name), base))
		if assigned {
			p.write(" = ")
			p.write(lined(unescape(value), base))
		}
		p.write("\n")
	}
	return true
}

// lined indents what follows a line break.
func lined(s string, base int) string {
	if !strings.ContainsAny(s, "\r\n") {
		return s
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.ReplaceAll(s, "\n", "\n"+strings.Repeat("  ", min(base, maxIndent)+2))
}

// unescape takes percent-encoding and plus signs off. A percent sign that begins
// no escape stays.
func unescape(b []byte) string {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		c := b[i]
		if c == '+' {
			c = ' '
		} else if c == '%' && i+2 < len(b) && isHex(b[i+1]) && isHex(b[i+2]) {
			c = fromHex(b[i+1])<<4 | fromHex(b[i+2])
			i += 2
		}
		out = append(out, c)
	}
	if !utf8.Valid(out) {
		return string(b)
	}
	return string(out)
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}

func fromHex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}
