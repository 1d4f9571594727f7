package redact

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
)

// shape is how a mask is written.
type shape uint8

const (
	shapeLong  shape = iota // ‹password, 8 bytes, #5c1f0e›
	shapeShort              // ‹password-8-5c1f0e›: in URLs and forms, where # and blanks mean something
	shapeBare               // as the long one, in quotes: where JSON had a number
	shapeUser               // (password-8-5c1f0e): in the userinfo of a URL, which bears nothing else
)

const (
	maskOpen  = "‹"
	maskClose = "›"
	hashBytes = 3
	maxMask   = 64 // a longer one is none
)

// mask appends the mask of a secret.
func (r *Redactor) mask(dst []byte, kind string, value []byte, how encoding, form shape) []byte {
	value = plain(value, how)
	sum := r.hash(value)
	switch form {
	case shapeShort:
		return append(appendShort(append(dst, maskOpen...), kind, len(value), sum), maskClose...)
	case shapeUser:
		return append(appendShort(append(dst, '('), kind, len(value), sum), ')')
	case shapeBare:
		dst = append(dst, '"')
		return append(appendLong(dst, kind, len(value), sum), '"')
	default:
		return appendLong(dst, kind, len(value), sum)
	}
}

func appendLong(dst []byte, kind string, n int, sum [2 * hashBytes]byte) []byte {
	dst = append(append(dst, maskOpen...), kind...)
	dst = strconv.AppendInt(append(dst, ", "...), int64(n), 10)
	if n == 1 {
		dst = append(dst, " byte, #"...)
	} else {
		dst = append(dst, " bytes, #"...)
	}
	return append(append(dst, sum[:]...), maskClose...)
}

func appendShort(dst []byte, kind string, n int, sum [2 * hashBytes]byte) []byte {
	dst = strconv.AppendInt(append(append(dst, kind...), '-'), int64(n), 10)
	return append(append(dst, '-'), sum[:]...)
}

// hash is the beginning of the value's hash under the run's salt, in hex.
func (r *Redactor) hash(value []byte) (sum [2 * hashBytes]byte) {
	var room [256]byte // for most values
	all := sha256.Sum256(append(append(room[:0], r.salt[:]...), value...))
	hex.Encode(sum[:], all[:hashBytes])
	return sum
}

// overwrite puts a mask of the same length over a secret: as much of it as fits,
// and stars. A mask that is there already stays.
func (r *Redactor) overwrite(dst, secret []byte, sp span) {
	if sp.whole && isMask(secret) {
		return
	}
	var buf [96]byte
	at := 0
	if sp.whole && !r.stars && len(dst) == len(secret) && len(secret) >= 2*hashBytes+len(maskOpen)+len(maskClose) {
		value := plain(secret, sp.how)
		sum := r.hash(value)
		m := appendLong(buf[:0], sp.kind, len(value), sum)
		if len(m) > len(dst) || sp.form == shapeShort || sp.form == shapeUser {
			m = append(appendShort(append(buf[:0], maskOpen...), sp.kind, len(value), sum), maskClose...)
		}
		if len(m) > len(dst) {
			m = append(append(append(buf[:0], maskOpen...), sum[:]...), maskClose...)
		}
		if len(m) <= len(dst) {
			at = copy(dst, m)
		}
	}
	for i := at; i < len(dst); i++ {
		dst[i] = '*'
	}
}

// inMask says that the bytes of b from a place on stand in a mask, or are one.
func inMask(b []byte, from int) bool {
	start := max(0, from-maxMask)
	open := bytes.LastIndex(b[start:min(len(b), from+len(maskOpen))], []byte(maskOpen))
	if open < 0 || bytes.Contains(b[start+open:max(from, start+open)], []byte(maskClose)) {
		return false
	}
	open += start
	end := bytes.Index(b[from:min(len(b), open+maxMask)], []byte(maskClose))
	return end >= 0 && isMask(b[open:from+end+len(maskClose)])
}

// isMask says that a value is hidden already.
func isMask(b []byte) bool {
	if len(b) == 0 {
		return true
	}
	b = bytes.TrimRight(b, "*")
	if len(b) == 0 {
		return true
	}
	inner, ok := bytes.CutPrefix(b, []byte(maskOpen))
	if ok {
		inner, ok = bytes.CutSuffix(inner, []byte(maskClose))
	} else if inner, ok = bytes.CutPrefix(b, []byte("(")); ok {
		inner, ok = bytes.CutSuffix(inner, []byte(")"))
	}
	if !ok || len(inner) > maxMask || len(inner) < 2*hashBytes {
		return false
	}
	head, sum := inner[:len(inner)-2*hashBytes], inner[len(inner)-2*hashBytes:]
	for _, c := range sum {
		if hexDigit(c) < 0 || c >= 'A' && c <= 'F' {
			return false
		}
	}
	if len(head) == 0 {
		return true
	}
	for _, tail := range []string{" bytes, #", " byte, #", "-"} {
		h, ok := bytes.CutSuffix(head, []byte(tail))
		if !ok {
			continue
		}
		n := bytes.TrimRight(h, "0123456789")
		if len(n) == len(h) {
			continue
		}
		sep := "-"
		if tail != "-" {
			sep = ", "
		}
		kind, ok := bytes.CutSuffix(n, []byte(sep))
		return ok && len(kind) > 0 && len(bytes.Trim(kind, "abcdefghijklmnopqrstuvwxyz0123456789-")) == 0
	}
	return false
}
