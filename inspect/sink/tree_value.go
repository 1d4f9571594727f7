package sink

import (
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"tlsmitm/inspect/explain"
	"tlsmitm/inspect/tlswire"
)

const (
	// wholeBytes is up to how many opaque bytes a tree shows, and shownBytes how
	// many of more: they are all there where bytes are wanted.
	wholeBytes = 48
	shownBytes = 24
	// maxText bounds a text from the network, in runes. None in use is as long.
	maxText = 2000
)

// value is what stands beside a leaf's name.
func (t *tree) value(f *tlswire.Field) []unit {
	switch f.Kind {
	case tlswire.KindCode, tlswire.KindTag:
		spans := codeSpans(f)
		if t.bytes && f.Length > 0 {
			spans = spans[1:] // its number is in the bytes
		}
		return joined(spans)
	case tlswire.KindLength:
		return []unit{{text: strconv.FormatUint(f.Uint, 10), style: styleFaint}}
	case tlswire.KindUint:
		return []unit{{text: strconv.FormatUint(f.Uint, 10)}}
	case tlswire.KindBool:
		return []unit{{text: strconv.FormatBool(f.Uint != 0)}}
	case tlswire.KindText, tlswire.KindTime:
		return textUnits(f.Text, false)
	case tlswire.KindEncoded:
		return []unit{{text: t.words.DER(len(f.Bytes))}}
	case tlswire.KindPadding:
		return []unit{{text: explain.Bytes(int64(f.Length)), style: styleFaint}}
	case tlswire.KindMalformed:
		why := t.words.Unreadable(strings.TrimPrefix(f.Text, f.Name+": "))
		us := styled(units("✗ "+why), styleFatal)
		if t.bytes || len(f.Bytes) == 0 {
			return us
		}
		return append(us, t.opaque(f.Bytes, " ")...)
	case tlswire.KindList, tlswire.KindExtensions:
		return amount(0)
	}
	return t.opaque(f.Bytes, "")
}

// opaque shows bytes in hexadecimal: only how many there are, where all are shown
// beside.
func (t *tree) opaque(b []byte, glue string) []unit {
	size := unit{text: explain.Bytes(int64(len(b))), glue: glue, style: styleFaint}
	switch {
	case len(b) == 0, t.bytes:
		return []unit{size}
	case len(b) <= wholeBytes:
		return hexUnits(b, glue)
	}
	size.glue = "… "
	return append(hexUnits(b[:shownBytes], glue), size)
}

// hexUnits writes bytes in hexadecimal that may be broken every 16 bytes.
func hexUnits(b []byte, glue string) (us []unit) {
	for chunk := range slices.Chunk(b, 16) {
		us = append(us, unit{text: hex.EncodeToString(chunk), glue: glue})
		glue = ""
	}
	return us
}

// fingerprintUnits lets a fingerprint, or what it is the digest of, be broken after
// each of its parts.
func fingerprintUnits(text string) (us []unit) {
	for text != "" {
		n := strings.IndexAny(text, ",_-") + 1
		if n == 0 {
			n = len(text)
		}
		us, text = append(us, unit{text: text[:n]}), text[n:]
	}
	return us
}

// amount is a number of things.
func amount(n int) []unit { return []unit{{text: strconv.Itoa(n), style: styleFaint}} }

// textUnits shows a text from the network; after another of its list, if it says so.
func textUnits(text string, another bool) []unit {
	if len(text) > maxText {
		text = string([]rune(text)[:min(maxText, len([]rune(text)))]) + "…"
	}
	us := units(explain.Clean(text))
	if b, err := hex.DecodeString(text); err == nil && len(b) > 0 {
		us = hexUnits(b, "") // as digests and serial numbers are told
	}
	if len(us) == 0 {
		us = []unit{{text: `""`, style: styleFaint}}
	}
	if another {
		us = append([]unit{{text: "·", glue: " ", style: styleFaint}}, us...)
		us[1].glue = " "
	}
	return us
}

func styled(us []unit, style string) []unit {
	for i := range us {
		us[i].style = style
	}
	return us
}

// joined makes a value of spans.
func joined(spans []span) (us []unit) {
	for i, s := range spans {
		u := unit{text: s.text, style: s.style}
		if i > 0 {
			u.glue = " "
		}
		us = append(us, u)
	}
	return us
}

// numbered is the end of a name that has no name but its number.
var numbered = regexp.MustCompile(` \(0x[0-9a-f]+\)$`)

const grease = "GREASE"

// codeName takes the number off a code point's name, and says whether it is one
// that means nothing.
func codeName(name string) (text string, isGREASE bool) {
	text = numbered.ReplaceAllString(name, "")
	return explain.Clean(text), text == grease
}

// codeNumber writes a code point as its registry does: those of two bytes in
// hexadecimal.
func codeNumber(v uint64, size int) string {
	if size == 2 {
		return fmt.Sprintf("0x%04x", v)
	}
	return strconv.FormatUint(v, 10)
}

// codeSpans are a code point's number and name.
func codeSpans(f *tlswire.Field) []span {
	name, isGREASE := codeName(f.Text)
	style := ""
	if isGREASE {
		style = styleFaint
	}
	return []span{{codeNumber(f.Uint, f.Length), styleFaint}, {name, style}}
}
