package body

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode/utf32"

	"tlsmitm/inspect/runes"
)

// Charset returns text as UTF-8, and the name of the charset that it is in: by its
// byte order mark, which is left out, by the charset parameter of the Content-Type,
// by the declaration in XML, HTML or CSS, or as UTF-8 where it is that. Text of a
// text type that says nothing and is not UTF-8 is read as windows-1252, as browsers
// do. What a charset does not allow becomes U+FFFD. UTF-16 that does not say so is
// found out in formats that begin with ASCII.
//
// ok is false, and utf8 nil, if the charset is unknown or b is no text. Where b is
// UTF-8 already, the result aliases it. A character that the end cuts is left out.
func Charset(contentType string, b []byte) (text []byte, name string, ok bool) {
	if name, marked := cutBOM(b); name != "" {
		text, ok = decodeCharset(name, marked)
		return text, name, ok
	}
	typ := mediaType(contentType)
	label := strings.TrimSpace(parameter(contentType, "charset"))
	if label == "" {
		label = declaredCharset(typ, b)
	}
	if label != "" {
		if strings.EqualFold(label, "utf-32") || strings.EqualFold(label, "utf-32be") || strings.EqualFold(label, "utf-32le") {
			name = strings.ToLower(label)
		} else if _, name = charset.Lookup(label); name == "" {
			name = strings.ToLower(label) // one that browsers do not know
		}
		text, ok = decodeCharset(name, b)
		return text, name, ok
	}
	kind, _ := declared(typ)
	if name = zeroCharset(b); name != "" && kind.Textual() {
		text, ok = decodeCharset(name, b)
		return text, name, ok
	}
	if whole := runes.Whole(b); utf8.Valid(whole) {
		// One odd byte at the end may be that of "café" in an older charset, but not
		// in formats that are UTF-8 unless they say otherwise.
		cut := len(b)-len(whole) != 1 || !isASCII(whole) || kind == JSON || kind == NDJSON || kind == XML
		if cut && runes.Files.Odd(whole) <= len(whole)/16 {
			return whole, "utf-8", true
		}
	}
	if kind.Textual() || typ == "text/plain" {
		if runes.Files.Odd(b) == 0 {
			text, ok = decodeCharset("windows-1252", b)
			return text, "windows-1252", ok
		}
	}
	return nil, "", false
}

// boms are the byte order marks, RFC 3629 section 6 and Unicode section 23.8. UTF-32's
// begins like UTF-16's.
var boms = []struct{ charset, mark string }{
	{"utf-8", "\xef\xbb\xbf"}, {"utf-32be", "\x00\x00\xfe\xff"}, {"utf-32le", "\xff\xfe\x00\x00"}, {"utf-16be", "\xfe\xff"}, {"utf-16le", "\xff\xfe"},
}

// cutBOM takes the byte order mark off, and says which charset it means; "" where
// there is none.
func cutBOM(b []byte) (charset string, rest []byte) {
	for i := range boms {
		if rest, ok := bytes.CutPrefix(b, []byte(boms[i].mark)); ok {
			return boms[i].charset, rest
		}
	}
	return "", b
}

func bomCharset(b []byte) string {
	name, _ := cutBOM(b)
	return name
}

// zeroCharset tells UTF-16 by its first two characters, of which one byte each is
// zero: JSON (RFC 4627, section 3) and XML (appendix F) begin with ASCII.
func zeroCharset(b []byte) string {
	switch {
	case len(b) < 4:
	case b[0] == 0 && b[1] != 0 && b[2] == 0 && b[3] != 0:
		return "utf-16be"
	case b[0] != 0 && b[1] == 0 && b[2] != 0 && b[3] == 0:
		return "utf-16le"
	}
	return ""
}

// declaredCharset returns what a document says of itself at its beginning.
func declaredCharset(typ string, b []byte) string {
	head := b[:min(len(b), 1024)] // as far as HTML section 13.2.3.2 looks
	if bytes.IndexByte(head, 0) >= 0 {
		return "" // UTF-16 at the earliest, which cannot say so in ASCII
	}
	if rest, ok := bytes.CutPrefix(head, []byte(`@charset "`)); ok { // CSS Syntax section 3.2
		label, _, _ := strings.Cut(string(rest), `"`)
		return label
	}
	head = bytes.TrimLeft(head, " \t\r\n")
	if !bytes.HasPrefix(head, []byte("<")) {
		return ""
	}
	k, known := declared(typ)
	if known && k != HTML && k != XML && k != Image {
		return ""
	}
	text := string(head)
	label := ""
	if strings.HasPrefix(text, "<?xml") { // XML 1.0 section 4.3.3
		decl, _, _ := strings.Cut(text, "?>")
		label = attribute(decl, "encoding")
	} else if k != XML {
		label = metaCharset(strings.ToLower(text))
	}
	if strings.HasPrefix(strings.ToLower(label), "utf-16") {
		return "utf-8" // or it could not have been read: HTML section 13.2.3.2
	}
	return label
}

// metaCharset looks for meta elements with a charset, or with http-equiv.
func metaCharset(text string) string {
	for {
		_, rest, ok := strings.Cut(text, "<meta")
		if !ok {
			return ""
		}
		tag, _, _ := strings.Cut(rest, ">")
		if label := attribute(tag, "charset"); label != "" {
			return label
		}
		if label := parameter(attribute(tag, "content"), "charset"); label != "" {
			return label
		}
		text = rest
	}
}

// attribute returns the value of an attribute in a tag or declaration.
func attribute(tag, name string) string {
	for from := 0; ; {
		i := strings.Index(tag[from:], name)
		if i < 0 {
			return ""
		}
		at := from + i
		from = at + len(name)
		rest := strings.TrimLeft(tag[from:], " \t\r\n")
		if at == 0 || !isSpace(tag[at-1]) || !strings.HasPrefix(rest, "=") {
			continue
		}
		rest = strings.TrimLeft(rest[1:], " \t\r\n")
		if rest != "" && (rest[0] == '"' || rest[0] == '\'') {
			value, _, _ := strings.Cut(rest[1:], rest[:1])
			return value
		}
		if i := strings.IndexAny(rest, " \t\r\n/>?\"'"); i >= 0 {
			rest = rest[:i]
		}
		return rest
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' }

// decodeCharset makes UTF-8 of b. It refuses what is obviously no text.
func decodeCharset(name string, b []byte) ([]byte, bool) {
	if name == "replacement" { // what browsers refuse to read
		return nil, false
	}
	if name == "utf-8" {
		b = runes.Whole(b)
		if utf8.Valid(b) {
			return b, true
		}
		if bad := invalid(b) + runes.Files.Odd(b); bad > len(b)/16+1 {
			return nil, false
		}
		return bytes.ToValidUTF8(b, []byte("\ufffd")), true
	}
	var enc encoding.Encoding
	switch name {
	case "utf-32", "utf-32be":
		enc = utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)
	case "utf-32le":
		enc = utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)
	default:
		if enc, _ = charset.Lookup(name); enc == nil {
			enc, _ = ianaindex.MIME.Encoding(name)
		}
	}
	if enc == nil {
		return nil, false
	}
	text := make([]byte, 0, len(b)+len(b)/2)
	d := enc.NewDecoder()
	for {
		if len(text)+64 > cap(text) {
			text = append(text, make([]byte, 64+len(text)/2)...)[:len(text)]
		}
		n, m, err := d.Transform(text[len(text):cap(text)], b, false)
		text, b = text[:len(text)+n], b[m:]
		if n == 0 && m == 0 || err == nil {
			break // what is left is the beginning of a character, or nothing
		}
	}
	if runes.Files.Odd(text) > len(text)/16 {
		return nil, false
	}
	return text, true
}

func isASCII(b []byte) bool {
	return !bytes.ContainsFunc(b, func(r rune) bool { return r >= utf8.RuneSelf })
}

// invalid counts the bytes that are no UTF-8.
func invalid(b []byte) int {
	n := 0
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		if r == utf8.RuneError && size == 1 {
			n++
		}
		b = b[size:]
	}
	return n
}
