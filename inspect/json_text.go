package inspect

import (
	"unicode/utf8"

	"tlsmitm/inspect/runes"
)

// How a byte stands in a string of text.
const (
	plainByte  = iota // as it is
	escapeByte        // after a backslash
	runeByte          // as part of a character of several bytes
	noText            // not at all: a control character
)

var textBytes = func() (class [256]uint8) {
	for c := range class {
		switch {
		case c == '"' || c == '\\' || c == '\n' || c == '\r' || c == '\t':
			class[c] = escapeByte
		case c < ' ' || c == 0x7f:
			class[c] = noText
		case c >= utf8.RuneSelf:
			class[c] = runeByte
		}
	}
	return class
}()

// text appends data as a string if a person could read it: UTF-8 without control
// characters. A character that the cut went through is left out. It appends
// nothing where it returns false.
func (w *jsonWriter) text(k string, b []byte, cut bool) bool {
	if cut {
		b = runes.Whole(b)
	}
	before := len(w.b)
	w.key(k)
	w.b = append(w.b, '"')
	start := 0 // of what is not appended yet
	for i := 0; i < len(b); {
		switch textBytes[b[i]] {
		case escapeByte:
			w.b = append(append(w.b, b[start:i]...), '\\', escaped(b[i]))
			i++
			start = i
		case runeByte:
			r, size := utf8.DecodeRune(b[i:])
			if r == utf8.RuneError && size == 1 {
				w.b = w.b[:before]
				return false
			}
			i += size
		case noText:
			w.b = w.b[:before]
			return false
		default:
			for i++; i < len(b) && textBytes[b[i]] == plainByte; i++ {
			}
		}
	}
	w.b = append(append(w.b, b[start:]...), '"')
	return true
}

// escaped is what follows the backslash.
func escaped(c byte) byte {
	switch c {
	case '\n':
		return 'n'
	case '\r':
		return 'r'
	case '\t':
		return 't'
	}
	return c
}
