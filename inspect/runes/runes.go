// Package runes says whether bytes are text, and deals with UTF-8 that comes in pieces.
//
//	runes.Whole([]byte("caf\xc3"))              // "caf"
//	runes.Lines.IsText([]byte("caf\xc3"), true) // true: the rest of é may come
//
// What counts as text differs by what is decided with it: whether a person can read it,
// or what it was meant as, or whether a secret may hide in it. Who asks names the
// control characters that it may have.
//
// It promises never to copy, and never to panic.
package runes

import "unicode/utf8"

// Whole leaves out a character that the end of s cuts. What is not UTF-8 stays.
func Whole[T ~[]byte | ~string](s T) T {
	for i := len(s) - 1; i >= 0 && i >= len(s)-utf8.UTFMax; i-- {
		if utf8.RuneStart(s[i]) {
			if !utf8.FullRune([]byte(s[i:])) {
				return s[:i]
			}
			break
		}
	}
	return s
}
