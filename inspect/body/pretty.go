package body

import (
	"fmt"
)

// Pretty lays a body out for people to read, in lines of together at most limit
// bytes; a last line "…" says that the limit cut them. The body must be free of
// content codings, and may end anywhere. ok is false if there is no better way to
// show it than as text or in hexadecimal.
//
// Whatever the layout, order, numbers, duplicates and mistakes stay as they are. It
// is not for machines: nothing promises that the same body looks the same in
// another version.
func Pretty(kind Kind, contentType string, b []byte, limit int) (lines string, ok bool) {
	p := &printer{limit: max(limit, 0)}
	if !p.pretty(0, 0, kind, contentType, b) {
		return "", false
	}
	return p.String(), true
}

// pretty prints b if it can.
func (p *printer) pretty(base, nesting int, kind Kind, contentType string, b []byte) bool {
	return p.try(func() bool {
		switch kind {
		case Multipart:
			return prettyMultipart(p, base, nesting, contentType, b)
		case CBOR:
			return prettyCBOR(p, base, b)
		case MessagePack:
			return prettyMessagePack(p, base, b)
		case Protobuf:
			return prettyProtobuf(p, base, b)
		case JSON, NDJSON, XML, HTML, Form:
		case Image:
			if !isSVG(b) {
				return false
			}
		default:
			return false
		}
		if (kind == JSON || kind == NDJSON) && mediaType(contentType) == "" {
			contentType = "application/json"
		}
		text, _, ok := Charset(contentType, b)
		if !ok || len(trimSpace(text)) == 0 {
			return false
		}
		switch kind {
		case JSON:
			return prettyJSON(p, base, text)
		case NDJSON:
			return prettyNDJSON(p, base, text)
		case Form:
			return prettyForm(p, base, text)
		}
		prettyMarkup(p, base, text, kind == HTML)
		return true
	})
}

// nested prints what is within another body: if it cannot be laid out, as text, or
// as what it is and its size, or the beginning in hexadecimal.
func (p *printer) nested(base, nesting int, contentType string, b []byte) {
	kind := KindOf(contentType, b)
	if kind == Empty || p.pretty(base, nesting+1, kind, contentType, b) {
		return
	}
	if text, _, ok := Charset(contentType, b); ok && (kind.Textual() || isText(b)) {
		p.text(base, text)
		p.endLine()
		return
	}
	if c := Look(kind, b); c.Format != "" {
		p.line(base, fmt.Sprintf("[%s, %d B]", c, len(b)))
		return
	}
	const shown, row = 256, 16
	for at := 0; at < min(len(b), shown); at += row {
		p.line(base, fmt.Sprintf("%04x  % x", at, b[at:min(at+row, len(b))]))
	}
	if len(b) > shown {
		p.line(base, fmt.Sprintf("[%s, %d B]", cutMark, len(b)))
	}
}
