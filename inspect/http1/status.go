package http1

import (
	"strings"

	"tlsmitm/inspect/httpmsg"
)

// icy stands in place of a version in the status lines of SHOUTcast servers,
// which are like HTTP/1.0 otherwise.
const icy httpmsg.Protocol = "ICY"

// statusLine reads a status line (RFC 9112, section 4). It returns nil where
// there is none: no version, or no code of three digits.
func statusLine(line string, f *findings) *httpmsg.Head {
	i := strings.IndexAny(line, lineSpace)
	if i < 0 || !isVersion(line[:i]) && line[:i] != string(icy) {
		return nil
	}
	h := &httpmsg.Head{Protocol: httpmsg.Protocol(line[:i])}
	rest := strings.TrimLeft(line[i:], lineSpace)
	digits := 0
	for digits < len(rest) && rest[digits] >= '0' && rest[digits] <= '9' {
		h.Status = h.Status*10 + int(rest[digits]-'0')
		if digits++; digits > 3 {
			return nil
		}
	}
	if digits != 3 {
		return nil
	}
	if len(line)-len(rest) != i+1 || line[i] != ' ' {
		f.add(StatusLineWhitespace, "before the code")
	}
	code, rest := rest[:3], rest[3:]
	switch {
	case rest == "":
		f.add(StatusLineWhitespace, "none after the code")
	case rest[0] == ' ':
		h.Reason = rest[1:]
	default:
		h.Reason = strings.TrimLeft(rest, lineSpace)
		f.add(StatusLineWhitespace, "after the code")
	}
	if h.Status < 100 || h.Status > 599 {
		f.add(StatusOdd, code)
	}
	checkVersion(h.Protocol, f)
	f.text(h.Reason, "reason")
	return h
}

// text finds the characters that a value or a reason must not have (RFC 9110,
// section 5.5).
func (f *findings) text(s, name string) {
	var cr, nul, other bool
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 0x20 && c != 0x7f || c == '\t':
		case c == '\r':
			cr = true
		case c == 0:
			nul = true
		default:
			other = true
		}
	}
	if cr {
		f.add(BareCR, "in "+quoted(name))
	}
	if nul {
		f.add(NUL, "in "+quoted(name))
	}
	if other {
		f.add(ControlCharacter, "in "+quoted(name))
	}
}
