package http1

import (
	"fmt"
	"strings"

	"tlsmitm/inspect/httpmsg"
)

// ows is optional whitespace (RFC 9110, section 5.6.3).
const ows = " \t"

// maxLatest bounds the field lines that are kept for the next head.
const maxLatest = 4 << 10

// latest are field lines that nothing is wrong with.
type latest struct {
	text   string
	fields httpmsg.Fields
}

// fields reads the field lines in text. The heads on a kept connection mostly have
// the same as the one before, which are not read again.
func (d *direction) fields(text []byte) httpmsg.Fields {
	if string(text) == d.latest.text {
		return d.latest.fields
	}
	s := string(text)
	fields := fieldLines(s, d.lines, &d.found)
	if d.state == inHead && len(d.found.told) == 0 && len(s) <= maxLatest {
		d.latest = latest{s, fields}
	}
	return fields
}

// fieldLines reads the field lines in s (RFC 9112, section 5), which are count
// at most, up to the empty line.
func fieldLines(s string, count int, f *findings) httpmsg.Fields {
	fields := make(httpmsg.Fields, 0, count)
	for s != "" {
		var line string
		line, s = cutLine(s, f)
		if line == "" {
			break
		}
		if isFold(line) {
			// Only the first can come here: what follows a field is taken with it.
			f.add(SpaceBeforeFields, "")
			for isFold(s) {
				_, s = cutLine(s, f)
			}
			continue
		}
		if isFold(s) {
			line, s = unfold(line, s, f)
		}
		fields = append(fields, fieldLine(line, f))
	}
	return fields
}

func isFold(s string) bool { return s != "" && (s[0] == ' ' || s[0] == '\t') }

// cutLine takes the first line off s, without its end.
func cutLine(s string, f *findings) (line, rest string) {
	line, rest, _ = strings.Cut(s, "\n")
	if n := len(line); n > 0 && line[n-1] == '\r' {
		return line[:n-1], rest
	}
	f.add(BareLF, "")
	return line, rest
}

// unfold joins to a line those that continue it, by one space each (RFC 9112,
// section 5.2), and returns what follows them.
func unfold(line, s string, f *findings) (joined, rest string) {
	var b strings.Builder
	b.WriteString(strings.TrimRight(line, ows))
	for isFold(s) {
		line, s = cutLine(s, f)
		if line = strings.Trim(line, ows); line != "" {
			b.WriteByte(' ')
			b.WriteString(line)
		}
	}
	joined = b.String()
	if name, _, ok := strings.Cut(joined, ":"); ok {
		f.quote(ObsFold, strings.TrimRight(name, ows))
	} else {
		f.add(ObsFold, "")
	}
	return joined, s
}

// fieldLine reads one field line, unfolded.
func fieldLine(line string, f *findings) httpmsg.Field {
	colon := strings.IndexByte(line, ':')
	if colon == 0 {
		if second := strings.IndexByte(line[1:], ':'); second > 0 && isToken(line[1:1+second]) {
			f.quote(PseudoField, line[:1+second])
			colon = 1 + second
		}
	}
	if colon < 0 {
		f.add(FieldWithoutColon, "")
		f.text(line, "")
		return httpmsg.Field{Value: line}
	}
	name, value := line[:colon], strings.Trim(line[colon+1:], ows)
	if trimmed := strings.TrimRight(name, ows); len(trimmed) != len(name) {
		name = trimmed
		if isToken(name) {
			f.quote(SpaceBeforeColon, name)
		} else {
			f.add(SpaceBeforeColon, "")
		}
	}
	if !isToken(strings.TrimPrefix(name, ":")) {
		f.add(FieldNameInvalid, invalidIn(name))
		f.text(name, "field name")
		f.text(value, "field")
	} else {
		f.text(value, name)
	}
	checkFraming(name, line[colon+1:], f)
	return httpmsg.Field{Name: name, Value: value}
}

// invalidIn says where a name stops to be one. What follows may be a value whose
// colon comes late.
func invalidIn(name string) string {
	i := 0
	for i < len(name) && tokenChar[name[i]] {
		i++
	}
	if i == len(name) {
		return ""
	}
	return fmt.Sprintf("%s, then 0x%02x", quoted(name[:i]), name[i])
}

// checkFraming looks at how the fields are written that others may take for the
// length of the content, or may not.
func checkFraming(name, raw string, f *findings) {
	if len(name) < len("ContentLength") || len(name) > len("Transfer-Encoding")+8 {
		return
	}
	switch {
	case httpmsg.SameName(name, "Content-Length"):
		// One space after the colon is usual.
		if value := strings.Trim(raw, ows); len(strings.TrimPrefix(raw, " ")) != len(value) || len(value) > 1 && value[0] == '0' && strings.Trim(value, "0123456789") == "" {
			f.quote(ContentLengthPadded, raw)
		}
	case httpmsg.SameName(name, "Transfer-Encoding"):
		if value := strings.Trim(raw, ows); len(strings.TrimPrefix(raw, " ")) != len(value) {
			f.quote(TransferEncodingObfuscated, raw)
		}
	case httpmsg.SameName(name, "Content-Encoding"):
		if strings.Contains(httpmsg.Lower(raw), "chunked") {
			f.quote(FieldNameLookalike, name)
		}
	case looksLike(name, "contentlength") || looksLike(name, "transferencoding"):
		f.quote(FieldNameLookalike, name)
	}
}

// looksLike says whether nothing but the letters of want are left of a name.
func looksLike(name, want string) bool {
	n := 0
	for i := range len(name) {
		c := name[i] | 0x20
		if c < 'a' || c > 'z' {
			continue
		}
		if n == len(want) || c != want[n] {
			return false
		}
		n++
	}
	return n == len(want)
}
