package body

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"strconv"
	"strings"
)

// imageSize reads how large an image is from its header: nothing is decoded. It
// returns zeros where the header does not say, or is not all there.
func imageSize(format string, b []byte) (width, height int) {
	var decode func(io.Reader) (image.Config, error)
	switch format {
	case "PNG":
		decode = png.DecodeConfig
	case "JPEG":
		decode = jpeg.DecodeConfig
	case "GIF":
		decode = gif.DecodeConfig
	case "WebP":
		return webpSize(b)
	case "AVIF", "HEIC", "HEIF":
		return heifSize(b)
	case "ICO", "CUR":
		return iconSize(b)
	case "BMP":
		return bmpSize(b)
	case "SVG":
		return svgSize(b)
	default:
		return 0, 0
	}
	config, err := decode(bytes.NewReader(b))
	if err != nil {
		return 0, 0
	}
	return config.Width, config.Height
}

// webpSize reads the first chunk, RFC 9649 section 2.
func webpSize(b []byte) (width, height int) {
	if len(b) < 30 {
		return 0, 0
	}
	le := binary.LittleEndian
	switch data := b[20:]; string(b[12:16]) {
	case "VP8 ": // a key frame, RFC 6386 section 9.1
		if data[0]&1 == 0 && bytes.Equal(data[3:6], []byte{0x9d, 0x01, 0x2a}) {
			return int(le.Uint16(data[6:]) & 0x3fff), int(le.Uint16(data[8:]) & 0x3fff)
		}
	case "VP8L": // RFC 9649 section 3.4
		if v := le.Uint32(data[1:]); data[0] == 0x2f {
			return int(v&0x3fff) + 1, int(v>>14&0x3fff) + 1
		}
	case "VP8X": // section 2.7
		return (int(data[4]) | int(data[5])<<8 | int(data[6])<<16) + 1, (int(data[7]) | int(data[8])<<8 | int(data[9])<<16) + 1
	}
	return 0, 0
}

// iconSize returns the largest of the images in an icon.
func iconSize(b []byte) (width, height int) {
	if len(b) < 6 {
		return 0, 0
	}
	entries := b[6:]
	for range binary.LittleEndian.Uint16(b[4:]) {
		if len(entries) < 16 {
			break
		}
		w, h := int(entries[0]), int(entries[1])
		if w == 0 {
			w = 256
		}
		if h == 0 {
			h = 256
		}
		if w*h > width*height {
			width, height = w, h
		}
		entries = entries[16:]
	}
	return width, height
}

// bmpSize reads the header of a Windows bitmap; a negative height means that the
// lines begin at the top.
func bmpSize(b []byte) (width, height int) {
	if len(b) < 26 || binary.LittleEndian.Uint32(b[14:]) < 40 {
		return 0, 0
	}
	width, height = int(int32(binary.LittleEndian.Uint32(b[18:]))), int(int32(binary.LittleEndian.Uint32(b[22:])))
	return max(width, 0), max(height, -height)
}

// isSVG says whether a document's first element is svg.
func isSVG(b []byte) bool { return svgTag(b) != "" }

// svgTag returns the document's first tag if it is an svg element.
func svgTag(b []byte) string {
	b = bytes.TrimPrefix(b[:min(len(b), sniffed)], []byte("\ufeff"))
	for len(b) > 0 {
		m := nextMarkup(b, "")
		switch {
		case m.kind == markupText && len(trimSpace(m.raw)) > 0:
			return ""
		case m.kind == markupOpen || m.kind == markupEmpty:
			if m.name == "svg" || strings.HasSuffix(m.name, ":svg") {
				return string(m.raw)
			}
			return ""
		}
		b = b[len(m.raw):]
	}
	return ""
}

// svgSize reads the size in CSS pixels (SVG 2, section 8.2), or the size of the
// view box.
func svgSize(b []byte) (width, height int) {
	tag := svgTag(b)
	width, height = pixels(attribute(tag, "width")), pixels(attribute(tag, "height"))
	if width > 0 && height > 0 {
		return width, height
	}
	box := strings.FieldsFunc(attribute(tag, "viewBox"), func(r rune) bool { return strings.ContainsRune(" ,\t\r\n", r) })
	if len(box) != 4 {
		return 0, 0
	}
	return pixels(box[2]), pixels(box[3])
}

// pixels reads a length without a unit, or in pixels.
func pixels(s string) int {
	v, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(s), "px"), 64)
	if err != nil || !(v >= 0 && v < 1<<31) {
		return 0
	}
	return int(v + 0.5)
}
