package body

import (
	"bytes"

	"tlsmitm/inspect/runes"
)

// signature is how files of a format begin.
type signature struct {
	offset int
	magic  string
	kind   Kind
	format string
}

// signatures are the ones of formats that are on the web. The first that fits
// counts.
var signatures = []signature{
	{0, "\x89PNG\r\n\x1a\n", Image, "PNG"},
	{0, "\xff\xd8\xff", Image, "JPEG"},
	{0, "GIF87a", Image, "GIF"},
	{0, "GIF89a", Image, "GIF"},
	{8, "WEBP", Image, "WebP"}, // after RIFF and a size
	{0, "BM", Image, "BMP"},    // with more conditions, see formatOf
	{0, "\x00\x00\x01\x00", Image, "ICO"},
	{0, "\x00\x00\x02\x00", Image, "CUR"},
	{0, "II*\x00", Image, "TIFF"},
	{0, "MM\x00*", Image, "TIFF"},
	{0, "\xff\x0a", Image, "JPEG XL"},
	{0, "\x00\x00\x00\x0cJXL \r\n\x87\n", Image, "JPEG XL"},
	{0, "8BPS", Image, "Photoshop"},
	{4, "ftypavif", Image, "AVIF"},
	{4, "ftypavis", Image, "AVIF"},
	{4, "ftypheic", Image, "HEIC"},
	{4, "ftypheix", Image, "HEIC"},
	{4, "ftypmif1", Image, "HEIF"},
	{4, "ftypM4A ", Audio, "MPEG-4"},
	{4, "ftypqt  ", Video, "QuickTime"},
	{4, "ftyp", Video, "MPEG-4"},
	{4, "styp", Video, "MPEG-4 segment"},
	{4, "moof", Video, "MPEG-4 fragment"},
	{0, "\x1a\x45\xdf\xa3", Video, "Matroska or WebM"},
	{8, "AVI ", Video, "AVI"},
	{0, "FLV\x01", Video, "FLV"},
	{8, "WAVE", Audio, "WAV"},
	{0, "OggS", Audio, "Ogg"},
	{0, "fLaC", Audio, "FLAC"},
	{0, "ID3", Audio, "MP3"},
	{0, "\xff\xfb", Audio, "MP3"},
	{0, "\xff\xf1", Audio, "AAC"},
	{0, "MThd", Audio, "MIDI"},
	{0, "wOFF", Font, "WOFF"},
	{0, "wOF2", Font, "WOFF2"},
	{0, "\x00\x01\x00\x00\x00", Font, "TrueType"},
	{0, "OTTO", Font, "OpenType"},
	{0, "%PDF-", PDF, "PDF"},
	{0, "PK\x03\x04", Archive, "ZIP"},
	{0, "PK\x05\x06", Archive, "ZIP"},
	{0, "\x1f\x8b\x08", Archive, "gzip"},
	{0, "\x28\xb5\x2f\xfd", Archive, "zstd"},
	{0, "\xfd7zXZ\x00", Archive, "xz"},
	{0, "BZh", Archive, "bzip2"},
	{0, "7z\xbc\xaf\x27\x1c", Archive, "7z"},
	{0, "Rar!\x1a\x07", Archive, "RAR"},
	{257, "ustar", Archive, "tar"},
	{0, "\x00asm", Binary, "WebAssembly"},
	{0, "SQLite format 3\x00", Binary, "SQLite"},
	{0, "\x7fELF", Binary, "ELF"},
	{0, "\xd9\xd9\xf7", CBOR, "CBOR"}, // RFC 8949 section 3.4.6
}

// formatOf returns the format by whose signature b begins.
func formatOf(b []byte) (signature, bool) {
	for i := range signatures {
		s := &signatures[i]
		if len(b) <= s.offset || b[s.offset] != s.magic[0] || !bytes.HasPrefix(b[s.offset:], []byte(s.magic)) {
			continue
		}
		switch s.format {
		case "BMP": // two letters are too few: the reserved fields must be zero too
			if len(b) < 18 || b[6]|b[7]|b[8]|b[9] != 0 {
				continue
			}
		case "WebP", "AVI", "WAV":
			if !bytes.HasPrefix(b, []byte("RIFF")) {
				continue
			}
		case "bzip2":
			if len(b) < 4 || b[3] < '1' || b[3] > '9' {
				continue
			}
		}
		return *s, true
	}
	return signature{}, false
}

// sniffed bounds how much of a body is looked at to find out what it is.
const sniffed = 64 << 10

// sniff says what a body is by its content alone.
func sniff(b []byte) Kind {
	if s, ok := formatOf(b); ok && (s.kind != Audio || !isText(b)) {
		return s.kind
	}
	if bomCharset(b) == "" && !isText(b) {
		return Binary
	}
	text, _, ok := Charset("", b[:min(len(b), sniffed)])
	if !ok {
		return Binary
	}
	text = bytes.TrimLeft(text, " \t\r\n\ufeff")
	if len(text) == 0 {
		return Text
	}
	switch text[0] {
	case '{', '[':
		if k, ok := sniffJSON(text); ok {
			return k
		}
	case '<':
		return sniffMarkup(text)
	}
	return Text
}

// sniffMarkup looks at what begins with an angle bracket.
func sniffMarkup(text []byte) Kind {
	head := bytes.ToLower(text[:min(len(text), 64)])
	for _, tag := range []string{"<!doctype html", "<html", "<head", "<body", "<title", "<script", "<div", "<meta", "<!-- html"} {
		if rest, ok := bytes.CutPrefix(head, []byte(tag)); ok && (len(rest) == 0 || bytes.IndexByte([]byte(" \t\r\n>/"), rest[0]) >= 0) {
			return HTML
		}
	}
	if isSVG(text) {
		return Image
	}
	if bytes.HasPrefix(head, []byte("<?xml")) || bytes.HasPrefix(head, []byte("<!doctype")) {
		return XML
	}
	if t := nextMarkup(text, ""); t.kind == markupOpen && t.name != "" && t.whole {
		return XML
	}
	return Text
}

// isText says whether b is text as files have it, as far as it is looked at.
func isText(b []byte) bool { return runes.Files.IsText(b[:min(len(b), sniffed)], true) }
