package redact

import "strings"

// URL hides the secrets in a URL, or what should be one: userinfo, and parameters
// of the path, the query and the fragment.
func (r *Redactor) URL(raw string) string {
	if r == nil || raw == "" {
		return raw
	}
	var room [256]byte // for most of them
	out, rest := room[:0], raw
	end := func(s string, chars string) int {
		if i := strings.IndexAny(s, chars); i >= 0 {
			return i
		}
		return len(s)
	}
	head := rest[:end(rest, "?#")]
	if i := strings.Index(head, "//"); i >= 0 && (i == 0 || head[i-1] == ':') {
		out, rest = append(out, rest[:i+2]...), rest[i+2:]
		out, rest = r.authority(out, rest, end(rest, "/?#\\"))
	} else if at := end(head, "/"); strings.Contains(head[:at], "@") && !strings.HasPrefix(strings.ToLower(head), "mailto:") {
		out, rest = r.authority(out, rest, at)
	}
	path := end(rest, "?#")
	out = r.part(out, rest[:path], modePath)
	for rest = rest[path:]; rest != ""; {
		next := 1 + end(rest[1:], "#")
		out = r.part(append(out, rest[0]), rest[1:next], modeQuery)
		rest = rest[next:]
	}
	if string(out) == raw {
		return raw
	}
	return string(out)
}

// authority appends the authority of n bytes that rest begins with.
func (r *Redactor) authority(out []byte, rest string, n int) ([]byte, string) {
	if at := strings.LastIndexByte(rest[:n], '@'); at >= 0 {
		if user := rest[:at]; user != "" && !isMask([]byte(user)) {
			out = r.mask(out, "userinfo", []byte(user), encodedPercent, shapeUser)
		} else {
			out = append(out, user...)
		}
		rest, n = rest[at:], n-at
	}
	return append(out, rest[:n]...), rest[n:]
}

func (r *Redactor) part(out []byte, text string, m mode) []byte {
	s := r.scanner(m)
	defer s.done()
	s.input = append(s.input[:0], text...)
	return append(out, r.replace(s.input, s.scan(s.input, true))...)
}
