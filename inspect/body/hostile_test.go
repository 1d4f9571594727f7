package body

import (
	"bytes"
	"slices"
	"testing"
)

// hostile is a quarter of a megabyte of each thing that a careless reader would take too long
// for, or too much memory.
func hostile() map[string][]byte {
	const size = 256 << 10
	repeat := func(s string) []byte { return bytes.Repeat([]byte(s), size/len(s)+1)[:size] }
	return map[string][]byte{
		"brackets": repeat("["), "braces": repeat(`{"a":`), "arrays": repeat("[],"), "quotes": repeat(`"`), "escapes": append([]byte(`"`), repeat(`\`)...),
		"digits": repeat("1"), "angles": repeat("<"), "starts": repeat("<a>"), "names": repeat("<a<b"), "ends": repeat("</a>"),
		"end of another": append(repeat("<a>"), repeat("</b>")...), "comments": repeat("<!--"), "dashes": append([]byte("<!--"), repeat("-")...),
		"instructions": repeat("<?"), "types": repeat("<!x ["), "sections": repeat("<![CDATA["), "quoted": repeat(`<a b="`), "slashes": repeat("</"),
		"scripts": repeat("<script>"), "items": repeat("<li>"), "inline": repeat("<b>x"), "spaces": repeat(" "), "lines": repeat("\n"),
		"ampersands": repeat("&"), "pairs": repeat("a=%41&"), "boundaries": repeat("--b"), "delimiters": repeat("--b\r\n"), "parts": repeat("--b\n\n--b\nContent-Type: multipart/mixed; boundary=b\n\n"),
		"folds": append([]byte("--b\nContent-Type: x"), repeat("\n y")...), "heads": append([]byte("--b\n"), repeat("a:b\n")...),
		"open": repeat("\x9f"), "tags": repeat("\xc1"), "embedded": repeat("\xd8\x18\x5a\x00\x00\xff\xff"), "embedded in place": embedded(size), "huge string": append([]byte{0x7b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, repeat("a")...),
		"huge array": append([]byte{0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, repeat("\x80")...), "bignum": append([]byte{0xc2, 0x5a, 0, 0x03, 0, 0}, repeat("\xff")...),
		"chunks": append([]byte{0x7f}, repeat("\x60")...), "array32": repeat("\xdd\xff\xff\xff\xff"), "map32": repeat("\xdf\xff\xff\xff\xff"), "ext32": repeat("\xc9\xff\xff\xff\xff"), "nested": repeat("\x91"),
		"fields": repeat("\x08\x01"), "groups": repeat("\x0b"), "messages": repeat("\x0a\x7f"), "empty messages": repeat("\x0a\x00"), "zeros": make([]byte, size),
		"boxes": append([]byte("\x00\x00\x00\x18ftypavif\x00\x00\x00\x00avifmif1"), repeat("\x00\x00\x00\x08meta")...), "segments": append([]byte{0xff, 0xd8}, repeat("\xff\xe0\x00\x02")...),
		"icons": append([]byte{0, 0, 1, 0, 0xff, 0xff}, repeat("\x01")...), "continuations": repeat("\x80"), "marks": repeat("\xff\xfe"),
		"meta": append([]byte("<html>"), repeat("<meta ")...), "parameters": repeat("a=\";"), "separators": repeat("\x1e"),
	}
}

// embedded is CBOR in a byte string in CBOR, as deep as size allows.
func embedded(size int) []byte {
	b := []byte{0}
	for len(b) < size {
		head := []byte{0xd8, 24, 0x5a, byte(len(b) >> 24), byte(len(b) >> 16), byte(len(b) >> 8), byte(len(b))}
		b = append(head, b...)
		if len(b) > 64<<10 { // deeper is refused anyway
			b = slices.Concat(b, make([]byte, max(0, size-len(b))))
		}
	}
	return b
}

// laidOut are the kinds that Pretty does something about.
var laidOut = []Kind{JSON, NDJSON, XML, HTML, Form, Multipart, Protobuf, CBOR, MessagePack, Image}

// TestHostile gives everything to everyone. That it ends is what is tested: a
// reader that goes over its input again and again would not, within the time that
// a test has.
func TestHostile(t *testing.T) {
	for name, b := range hostile() {
		for _, limit := range []int{100, 256 << 10} {
			for _, k := range laidOut {
				var lines string
				n := allocated(func() { lines, _ = Pretty(k, "x/y; boundary=b", b, limit) })
				if len(lines) > limit+len("\n"+cutMark) {
					t.Errorf("%s as %s: %d bytes, more than %d", name, k, len(lines), limit)
				}
				if n > 24<<20 {
					t.Errorf("%s as %s: %d MiB allocated", name, k, n>>20)
				}
			}
		}
		Describe(Binary, b)
		for _, contentType := range []string{"", "text/plain", "text/html", "application/octet-stream", "text/plain; charset=utf-16", string(b)} {
			KindOf(contentType, b)
			Charset(contentType, b)
		}
	}
}
