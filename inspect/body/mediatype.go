package body

import "strings"

// mediaType returns the type and subtype of a Content-Type (RFC 9110, section
// 8.3.1) in lower case, whatever is wrong with the parameters.
func mediaType(contentType string) string {
	if i := strings.IndexAny(contentType, ";,"); i >= 0 {
		contentType = contentType[:i]
	}
	return strings.ToLower(strings.TrimSpace(contentType))
}

// parameter returns the value of a Content-Type's or Content-Disposition's
// parameter, or "". Quotes are taken off (RFC 9110, section 5.6.6), where they are
// missing at one end too.
func parameter(value, name string) string {
	_, rest, _ := strings.Cut(value, ";")
	for rest != "" {
		var key string
		end := strings.IndexAny(rest, "=;")
		if end < 0 {
			return ""
		}
		key = strings.TrimSpace(rest[:end])
		if rest[end] == ';' { // a name alone
			rest = rest[end+1:]
			continue
		}
		var v string
		v, rest = parameterValue(strings.TrimLeft(rest[end+1:], " \t"))
		if strings.EqualFold(key, name) {
			return v
		}
	}
	return ""
}

// parameterValue reads a token or a quoted string, and returns what follows the
// next semicolon.
func parameterValue(s string) (value, rest string) {
	if !strings.HasPrefix(s, `"`) {
		value, rest, _ = strings.Cut(s, ";")
		return strings.Trim(value, " \t\"'"), rest
	}
	var b strings.Builder
	i := 1
	for ; i < len(s) && s[i] != '"'; i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	_, rest, _ = strings.Cut(s[min(i+1, len(s)):], ";")
	return b.String(), rest
}
