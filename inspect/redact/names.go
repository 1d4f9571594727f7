package redact

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// place says where a name stands.
type place uint8

const (
	placeField place = iota // before a colon, as an element, as an attribute
	placeQuery              // before =, as in queries and forms
)

// form is how a secret value is written under its name.
type form uint8

const (
	formWhole     form = iota // all of it is secret
	formAuth                  // a scheme, then the secret (RFC 9110, section 11.4)
	formCookie                // name=secret; name=secret
	formSetCookie             // name=secret; attribute …
)

// secretName is a rule about a name.
type secretName struct {
	kind   string // what masks call it
	form   form
	header bool
	query  bool // counts only before =
}

// names finds the rule that a name falls under.
type names struct {
	exact map[string]*secretName // by canonical name
	wild  []wildName
	not   map[string]bool
	never []string // patterns of names that are no secrets
	// ends has the last letters of every rule, so that most names are told apart
	// by a look at theirs; every is set if a rule has no such end.
	ends  [1 << 16 / 64]uint64
	every bool
}

type wildName struct {
	pattern string // lower case, - for _
	suffix  string // canonical: what follows the only *, which begins the rule
	*secretName
}

const maxName = 128 // bytes of a name that are looked at, its last ones

// maxKind keeps masks short.
const maxKind = 20

func (n *names) add(list, rule string) {
	not := strings.HasPrefix(rule, prefixNot)
	rule = strings.TrimPrefix(rule, prefixNot)
	query := strings.HasPrefix(strings.ToLower(rule), prefixQuery)
	if query {
		rule = rule[len(prefixQuery):]
	}
	s := &secretName{kind: kindOf(rule), query: query, header: list == "headers"}
	canon := string(canonical(nil, []byte(rule)))
	if s.header {
		switch canon {
		case "authorization", "proxyauthorization", "xauthorization", "authentication", "xauthentication":
			s.form, s.kind = formAuth, "credentials"
		case "cookie", "cookie2":
			s.form = formCookie
		case "setcookie", "setcookie2":
			s.form, s.kind = formSetCookie, "cookie"
		}
	}
	wild := strings.ReplaceAll(strings.ToLower(rule), "_", "-")
	switch {
	case not && strings.Contains(rule, "*"):
		n.never = append(n.never, wild)
		return
	case not:
		n.not[canon] = true
		return
	case strings.Contains(rule, "*"):
		w := wildName{pattern: wild, secretName: s}
		if suffix := canon[1:]; canon[0] == '*' && !strings.Contains(suffix, "*") {
			w.suffix = suffix
		}
		n.wild = append(n.wild, w)
	case n.exact[canon] == nil || s.header && !n.exact[canon].header || n.exact[canon].query:
		n.exact[canon] = s
	}
	n.mark(canon)
}

// endLetters is how many letters of an end are looked at.
const endLetters = 3

func (n *names) mark(canon string) {
	var last [endLetters]byte
	for k := range last {
		i := len(canon) - 1 - k
		switch {
		case i < 0:
			n.every = n.every || k < 2 // names of two letters are told apart, too
		case canon[i] == '*':
			n.every = true
			return
		default:
			last[endLetters-1-k] = canon[i]
		}
	}
	i := endHash(last)
	n.ends[i/64] |= 1 << (i % 64)
}

func endHash(last [endLetters]byte) uint {
	return (uint(last[0])<<11 ^ uint(last[1])<<6 ^ uint(last[2])) & (1<<16 - 1)
}

// mayEnd says whether a rule ends as name does.
func (n *names) mayEnd(name []byte) bool {
	if n.every {
		return true
	}
	var last [endLetters]byte
	k := endLetters
	for i := len(name) - 1; i >= 0 && k > 0; i-- {
		if c := name[i]; c != '-' && c != '_' {
			k--
			last[k] = lower(c)
		}
	}
	i := endHash(last)
	return n.ends[i/64]&(1<<(i%64)) != 0
}

// escapeReach is more than the letters that one letter of a name may be written with:
// \u0025 is a percent sign, and that may be encoded three times over.
const escapeReach = 16

// mayPrecede says whether a name that b ends with, in quotes or not and with blanks
// after it or not, may fall under a rule. It looks at the last letters alone, and
// where these do not say, it may.
func (n *names) mayPrecede(b []byte) bool {
	end := len(b)
	for end > 0 && isSpace(b[end-1]) {
		end--
	}
	if end > 0 && (b[end-1] == '"' || b[end-1] == '\'' || b[end-1] == '`') {
		end--
	}
	var last [endLetters]byte
	i := end
	for k := endLetters; k > 0; i-- {
		switch {
		case i == 0:
			return true
		case letters[b[i-1]]:
			k--
			last[k] = lower(b[i-1])
		case b[i-1] != '-' && b[i-1] != '_':
			return true
		}
	}
	for _, c := range b[max(0, i-escapeReach):i] {
		if c == '%' || c == '\\' {
			return true
		}
	}
	h := endHash(last)
	return n.every || n.ends[h/64]&(1<<(h%64)) != 0
}

// letters are those of ASCII, and digits.
var letters = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
	}
	return t
}()

// find returns the rule that a name falls under, or nil. The name may be encoded
// as in a URL or a JSON string, and may be a path, such as user[password] and
// spring.datasource.password, whose last part counts as well.
func (n *names) find(name []byte, at place) *secretName {
	if len(name) > maxName {
		name = name[len(name)-maxName:]
	}
	if len(name) == 0 {
		return nil
	}
	plain := bytes.IndexByte(name, '%') < 0 && bytes.IndexByte(name, '\\') < 0
	if end := name[len(name)-1]; plain && end < utf8.RuneSelf && nameBytes[end] && end != ']' {
		if !n.mayEnd(name) {
			return nil
		}
	} else if name = bare(name); !n.mayEnd(name) {
		return nil
	}
	if s := n.one(name, at); s != nil {
		return s
	}
	if i := bytes.LastIndexAny(name, `.[/:?&#"'{`); i >= 0 {
		return n.one(name[i+1:], at)
	}
	return nil
}

// bare undoes the ways in which a name may be written.
func bare(name []byte) []byte {
	if bytes.IndexByte(name, '\\') >= 0 {
		name = unescapeJSON(name)
	}
	for range 3 {
		if bytes.IndexByte(name, '%') < 0 {
			break
		}
		name = unescapePercent(name)
	}
	return trimIndex(name)
}

func (n *names) one(name []byte, at place) *secretName {
	if len(name) == 0 {
		return nil
	}
	var buf [maxName]byte
	canon := canonical(buf[:0], name)
	if n.not[string(canon)] {
		return nil
	}
	for _, p := range n.never {
		if like(p, name) {
			return nil
		}
	}
	if s := n.exact[string(canon)]; s != nil && (at == placeQuery || !s.query) {
		return s
	}
	for i := range n.wild {
		w := &n.wild[i]
		if at != placeQuery && w.query {
			continue
		}
		if w.suffix != "" && bytes.HasSuffix(canon, []byte(w.suffix)) || w.suffix == "" && like(w.pattern, name) {
			return w.secretName
		}
	}
	return nil
}

// like matches a name, as it is and with - where its letters turn from small to
// capital, with a pattern in lower case.
func like(pattern string, name []byte) bool {
	var plain, split [2 * maxName]byte
	a, b := plain[:0], split[:0]
	for i, c := range name {
		if c == '_' {
			c = '-'
		}
		if i > 0 && c >= 'A' && c <= 'Z' && name[i-1] >= 'a' && name[i-1] <= 'z' {
			b = append(b, '-')
		}
		a, b = append(a, lower(c)), append(b, lower(c))
	}
	if glob(pattern, a) || (len(a) != len(b) && glob(pattern, b)) {
		return true
	}
	// Only what may begin with anything is right to be found inside a word.
	return pattern[0] == '*' && glob(strings.ReplaceAll(pattern, "-", ""), canonical(a[:0], name))
}

// glob matches s with a pattern in which * stands for any bytes.
func glob(pattern string, s []byte) bool {
	p, i, star, from := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, i
			p++
		case p < len(pattern) && pattern[p] == s[i]:
			p++
			i++
		case star >= 0:
			from++
			p, i = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// canonical appends a name in lower case without - and _.
func canonical(dst, name []byte) []byte {
	for _, c := range name {
		if c != '-' && c != '_' {
			dst = append(dst, lower(c))
		}
	}
	return dst
}

// kindOf is what masks call a secret that stands under a name.
func kindOf(rule string) string {
	var b []byte
	for _, c := range []byte(strings.ToLower(rule)) {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			b = append(b, c)
		case len(b) > 0 && b[len(b)-1] != '-':
			b = append(b, '-')
		}
	}
	b = bytes.Trim(b[:min(len(b), maxKind)], "-")
	if len(b) == 0 {
		return "secret"
	}
	return string(b)
}

// trimIndex takes indices off the end: password[0], password[].
func trimIndex(name []byte) []byte {
	name = bytes.Trim(name, " \t\r\n\"'")
	for bytes.HasSuffix(name, []byte("]")) {
		i := bytes.LastIndexByte(name, '[')
		if i < 0 {
			return name[:len(name)-1]
		}
		inner := bytes.Trim(name[i+1:len(name)-1], `"'`)
		if len(bytes.Trim(inner, "0123456789")) > 0 {
			return append(append([]byte(nil), name[:i+1]...), inner...)
		}
		name = name[:i]
	}
	return name
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
