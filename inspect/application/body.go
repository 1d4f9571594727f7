package application

import (
	"strings"
	"unicode/utf8"

	"tlsmitm/inspect/body"
	"tlsmitm/inspect/runes"
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

// isText says whether events have b as text and not in base64, so that a person who
// reads them sees all of it. A character that the end cuts counts if the end is no end.
func isText(b []byte, cut bool) bool { return runes.Lines.IsText(b, cut) }
