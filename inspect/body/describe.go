package body

import (
	"bytes"
	"fmt"
)

// Content is what can be said of a body without showing it.
type Content struct {
	Kind   Kind
	Format string // "PNG"; "" where the kind says it all, or it is not known
	// Width and Height are an image's, in pixels; 0 if they are not known.
	Width, Height int
}

// Look finds out what a body of a kind is by its content. The beginning is enough.
// Where the content has the signature of another kind, or is text, it is that.
func Look(kind Kind, b []byte) Content {
	c := Content{Kind: kind}
	switch {
	case kind.Textual(), kind == Multipart, kind == Protobuf, kind == GRPC, kind == CBOR, kind == MessagePack, kind == Empty:
		return c
	}
	s, ok := formatOf(b)
	switch {
	case ok:
		c.Kind, c.Format = s.kind, s.format
		if kind == Audio && s.kind == Video { // the containers are the same
			c.Kind = Audio
		}
	case kind == Image && isSVG(b):
		c.Format = "SVG"
	case kind != Binary && len(b) > 0 && isText(b): // an error page in the place of a picture
		c.Kind = sniff(b)
	}
	switch c.Kind {
	case Image:
		c.Width, c.Height = imageSize(c.Format, b)
	case PDF:
		c.Format = pdfVersion(b)
	}
	return c
}

// pdfVersion reads the file header, ISO 32000-1 section 7.5.2.
func pdfVersion(b []byte) string {
	version, _, ok := bytes.Cut(bytes.TrimPrefix(b[:min(len(b), 12)], []byte("%PDF-")), []byte("\n"))
	version = trimSpace(version)
	if !ok && len(version) > 3 {
		version = version[:3]
	}
	if len(version) != 3 || version[1] != '.' {
		return "PDF"
	}
	return "PDF " + string(version)
}

// nouns follow the name of a format.
var nouns = map[Kind]string{Image: "image", Audio: "audio", Video: "video", Font: "font", PDF: "document", Archive: "archive"}

// titles are what kinds without a format are called.
var titles = map[Kind]string{
	Text: "text", JSON: "JSON", NDJSON: "JSON lines", XML: "XML", HTML: "HTML", CSS: "CSS", JavaScript: "JavaScript", Form: "form",
	Multipart: "multipart", Protobuf: "Protocol Buffers", GRPC: "gRPC", CBOR: "CBOR", MessagePack: "MessagePack", PDF: "PDF document",
}

// String says it in English: "PNG image, 640 × 480".
func (c Content) String() string {
	var s string
	switch noun := nouns[c.Kind]; {
	case c.Format != "" && noun != "":
		s = c.Format + " " + noun
	case c.Format != "":
		s = c.Format
	case titles[c.Kind] != "":
		s = titles[c.Kind]
	default:
		s = c.Kind.String()
	}
	if c.Width > 0 && c.Height > 0 {
		s += fmt.Sprintf(", %d × %d", c.Width, c.Height)
	}
	return s
}

// Describe says in English what a body is, such as "PNG image, 640 × 480" or "gzip
// archive".
func Describe(kind Kind, b []byte) string { return Look(kind, b).String() }
