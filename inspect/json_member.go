package inspect

import (
	"encoding/base64"
	"strconv"
	"time"

	"tlsmitm/inspect/tlswire"
)

// jsonWriter appends members to an object that has one already.
type jsonWriter struct {
	b       []byte
	encoder *Encoder
}

func (w *jsonWriter) raw(s string) { w.b = append(w.b, s...) }

func (w *jsonWriter) key(k string) {
	w.b = append(w.b, `,"`...)
	w.b = append(w.b, k...)
	w.b = append(w.b, `":`...)
}

func (w *jsonWriter) str(k, v string) { w.key(k); w.quote(v) }

// opt appends a member unless it is empty.
func (w *jsonWriter) opt(k, v string) {
	if v != "" {
		w.str(k, v)
	}
}

func (w *jsonWriter) strings(k string, v []string) {
	if len(v) == 0 {
		return
	}
	w.key(k)
	for i, s := range v {
		w.raw("[,"[min(i, 1):][:1])
		w.quote(s)
	}
	w.raw("]")
}

func (w *jsonWriter) uint(k string, v uint64) { w.key(k); w.b = strconv.AppendUint(w.b, v, 10) }
func (w *jsonWriter) int(k string, v int64)   { w.key(k); w.b = strconv.AppendInt(w.b, v, 10) }
func (w *jsonWriter) bool(k string, v bool)   { w.key(k); w.b = strconv.AppendBool(w.b, v) }

func (w *jsonWriter) code(k string, v uint64, name string) {
	w.key(k)
	w.codeValue(v, name)
}

func (w *jsonWriter) codeValue(v uint64, name string) {
	w.raw(`{"value":`)
	w.b = strconv.AppendUint(w.b, v, 10)
	w.str("name", name)
	w.raw("}")
}

// duration appends milliseconds.
func (w *jsonWriter) duration(d time.Duration) {
	w.key("duration_ms")
	w.b = appendMilliseconds(w.b, d)
}

func (w *jsonWriter) bytes(k string, v []byte) {
	w.key(k)
	w.b = append(w.b, '"')
	w.b = base64.StdEncoding.AppendEncode(w.b, v)
	w.b = append(w.b, '"')
}

func (w *jsonWriter) quote(s string) { w.b = tlswire.AppendJSONString(w.b, s) }

// time appends RFC 3339, in UTC and with nine digits of a second.
func (w *jsonWriter) time(t time.Time) {
	n := w.encoder
	if n == nil {
		n = new(Encoder)
	}
	if s := t.Unix(); s != n.second || n.clock[0] == 0 { // events come many a second
		n.second = s
		t = t.UTC()
		year, month, day := t.Date()
		hour, minute, second := t.Clock()
		dst := appendDigits(n.clock[:0], year, 4)
		dst = appendDigits(append(dst, '-'), int(month), 2)
		dst = appendDigits(append(dst, '-'), day, 2)
		dst = appendDigits(append(dst, 'T'), hour, 2)
		dst = appendDigits(append(dst, ':'), minute, 2)
		appendDigits(append(dst, ':'), second, 2)
	}
	w.b = append(append(w.b, n.clock[:]...), '.')
	w.b = append(appendDigits(w.b, t.Nanosecond(), 9), 'Z')
}

// appendMilliseconds appends d in milliseconds with three digits after the point.
func appendMilliseconds(dst []byte, d time.Duration) []byte {
	us := d.Microseconds()
	if us < 0 {
		dst, us = append(dst, '-'), -us
	}
	dst = strconv.AppendInt(dst, us/1000, 10)
	return appendDigits(append(dst, '.'), int(us%1000), 3)
}

// appendDigits appends n in so many decimal digits.
func appendDigits(dst []byte, n, digits int) []byte {
	dst = append(dst, "000000000"[:digits]...)
	for i := len(dst) - 1; n > 0 && digits > 0; i, digits = i-1, digits-1 {
		dst[i] = byte('0' + n%10)
		n /= 10
	}
	return dst
}
