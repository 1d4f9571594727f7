package application

import (
	"strings"
	"unicode/utf8"

	"tlsmitm/inspect/body"
)

// decode takes the content codings off what was kept, says what it is, and hides
// the secrets in it.
func (c *content) decode(cut bool) *Body {
	o := &c.e.l.c.options
	out := &Body{Size: c.size, Truncated: c.size > int64(len(c.kept))}
	bytes := c.kept
	c.kept = nil
	if len(c.encodings) > 0 {
		d := body.Decode(c.encodings, bytes, o.BodyBytes)
		bytes, out.Encoding = d.Bytes, d.Codings
		if d.Err != nil && !cut && !out.Truncated {
			out.Error = d.Err.Error()
		}
		out.Truncated = out.Truncated || d.Truncated
	}
	if d, ok := c.messages.(*decoding); ok && out.Error == "" && d.stream.Err() != nil {
		out.Error = d.stream.Err().Error() // its parts were told up to there
	}
	out.DecodedSize = int64(len(bytes))
	if len(out.Encoding) == 0 {
		out.DecodedSize = out.Size // what was not kept needs no decoding to be counted
	}
	kind := body.KindOf(c.mediaType, bytes)
	out.Kind = kind.String()
	if d := body.Describe(kind, bytes); !strings.EqualFold(d, out.Kind) {
		out.Description = d
	}
	if !utf8.Valid(bytes) {
		_, out.Charset, _ = body.Charset(c.mediaType, bytes)
	}
	out.Bytes, out.Text = bytes, isText(bytes, out.Truncated)
	out.hide(o.Redact, c.mediaType, c.secret)
	return out
}

// same says whether a and b are one slice.
func same(a, b []byte) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// isText says whether b is UTF-8 without control characters other than tab, CR
// and LF. If it is cut, a character that the cut went through does not count.
func isText(b []byte, cut bool) bool {
	for len(b) > 0 {
		if c := b[0]; c < utf8.RuneSelf {
			if c < ' ' && c != '\t' && c != '\r' && c != '\n' || c == 0x7f {
				return false
			}
			b = b[1:]
			continue
		}
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			return cut && !utf8.FullRune(b)
		}
		b = b[n:]
	}
	return true
}
