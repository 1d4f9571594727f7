package explain

import (
	"strconv"
	"strings"
	"time"
)

// Number writes n with a comma between every three digits.
func Number(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	var b strings.Builder
	b.WriteString(sign)
	for i := range len(s) {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// Bytes writes a count of bytes in full.
func Bytes(n int64) string { return Number(n) + " B" }

// Elapsed writes a duration as short as it stays exact enough to compare.
func Elapsed(d time.Duration) string {
	d = d.Truncate(time.Microsecond) // as it is saved, so that it reads the same later
	switch {
	case d < 0:
		return "0 ms"
	case d < 10*time.Millisecond:
		return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', 1, 64) + " ms"
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	case d < time.Minute:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	}
	s := int64(d / time.Second)
	switch {
	case s < 3600:
		return strconv.FormatInt(s/60, 10) + " min " + strconv.FormatInt(s%60, 10) + " s"
	default:
		return strconv.FormatInt(s/3600, 10) + " h " + strconv.FormatInt(s/60%60, 10) + " min"
	}
}

// span writes a lifetime given in seconds in the largest two units that it fills.
func (say *catalogue) span(seconds int64) string {
	units := []struct {
		size int64
		name func(n int64) string
	}{
		{86400, say.days}, {3600, say.hours}, {60, say.minutes}, {1, say.seconds},
	}
	for i, u := range units {
		if seconds < u.size && u.size > 1 {
			continue
		}
		s := u.name(seconds / u.size)
		if i+1 < len(units) {
			if rest := seconds % u.size / units[i+1].size; rest > 0 {
				s += " " + units[i+1].name(rest)
			}
		}
		return s
	}
	return ""
}

// list joins values as they are.
func list[T any](values []T, text func(T) string) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = text(v)
	}
	return strings.Join(texts, ", ")
}
