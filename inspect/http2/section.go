package http2

import (
	"fmt"
	"strconv"
	"strings"

	"tlsmitm/inspect/httpmsg"
)

// sectionKind says what a field section belongs to.
type sectionKind uint8

const (
	requestSection sectionKind = iota
	responseSection
	trailerSection
)

// pseudoField is one of the pseudo-header fields (RFC 9113, section 8.3).
type pseudoField uint8

const (
	pseudoMethod pseudoField = iota
	pseudoScheme
	pseudoAuthority
	pseudoPath
	pseudoProtocol // RFC 8441, section 4
	pseudoStatus
	pseudoFields // how many there are
)

var pseudoNames = [pseudoFields]string{":method", ":scheme", ":authority", ":path", ":protocol", ":status"}

// pseudo returns the pseudo-header field of that name, if this kind of section
// may have it.
func (k sectionKind) pseudo(name string) (p pseudoField, ok bool) {
	for p, known := range pseudoNames {
		if name == known {
			p := pseudoField(p)
			return p, k == responseSection && p == pseudoStatus || k == requestSection && p != pseudoStatus
		}
	}
	return 0, false
}

// section is a field section that has been looked at.
type section struct {
	kind   sectionKind
	pseudo [pseudoFields]string
	set    uint8 // a bit for each that is there
	// fields are the others, and those pseudo-header fields that pseudo has no
	// place for.
	fields httpmsg.Fields
	status int
	length int64 // Content-Length, or -1
	host   *string
	odds   findings
}

func (s *section) has(p pseudoField) bool { return s.set&(1<<p) != 0 }

func (s *section) odd(code httpmsg.AnomalyCode, detail string) { s.odds.add(code, detail) }

// oddField is odd with a field's name. There may be thousands.
func (s *section) oddField(code httpmsg.AnomalyCode, name string) {
	if !s.odds.full(code) {
		s.odd(code, quoted(name))
	}
}

// readSection takes the pseudo-header fields out of a field section, and checks
// all of it (RFC 9113, sections 8.2 and 8.3). The fields are copied.
func readSection(kind sectionKind, fields []httpmsg.Field, whole bool) section {
	s := section{kind: kind, length: -1}
	if len(fields) > 0 {
		s.fields = make(httpmsg.Fields, 0, len(fields))
	}
	regular := false
	for _, f := range fields {
		if strings.HasPrefix(f.Name, ":") {
			s.takePseudo(f, regular)
			continue
		}
		regular = true
		name := s.checkName(f.Name)
		s.checkValue(f)
		s.checkField(name, f)
		s.fields = append(s.fields, f)
	}
	if !whole {
		s.odd(FieldsTooLong, strconv.Itoa(maxList))
		return s
	}
	switch kind {
	case requestSection:
		s.checkRequest()
	case responseSection:
		s.checkStatus()
	}
	return s
}

// takePseudo takes a pseudo-header field; late says that it comes after fields
// that are none.
func (s *section) takePseudo(f httpmsg.Field, late bool) {
	p, ok := s.kind.pseudo(f.Name)
	if late {
		s.oddField(PseudoLate, f.Name)
	}
	switch {
	case !ok:
		s.oddField(PseudoUnknown, f.Name)
	case s.has(p):
		s.oddField(PseudoRepeated, f.Name)
	default:
		s.set |= 1 << p
		s.pseudo[p] = f.Value
		s.checkValue(f)
		return
	}
	s.fields = append(s.fields, f)
}

// checkName is RFC 9113, section 8.2.1, and RFC 9110, section 5.1. It returns the
// name in lower case.
func (s *section) checkName(name string) string {
	uppercase, wrong := false, name == ""
	for i := range len(name) {
		b := name[i]
		uppercase = uppercase || b >= 'A' && b <= 'Z'
		wrong = wrong || !tokenBytes[b]
	}
	if wrong {
		s.oddField(FieldNameInvalid, name)
	}
	if !uppercase {
		return name
	}
	s.oddField(FieldNameUppercase, name)
	return strings.ToLower(name)
}

// tokenBytes are those of RFC 9110, section 5.6.2.
var tokenBytes = func() (is [256]bool) {
	for b := range is {
		c := byte(b)
		is[b] = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
	}
	return is
}()

// checkValue is RFC 9113, section 8.2.1.
func (s *section) checkValue(f httpmsg.Field) {
	for i := range len(f.Value) {
		if b := f.Value[i]; control(b) {
			s.checkControls(f, i)
			break
		}
	}
	if n := len(f.Value); n > 0 && (space(f.Value[0]) || space(f.Value[n-1])) {
		s.oddField(FieldValueSpace, f.Name)
	}
}

// checkControls is for a value whose first control character is at i.
func (s *section) checkControls(f httpmsg.Field, i int) {
	code := ControlCharacter
	if j := strings.IndexAny(f.Value[i:], "\r\n\x00"); j >= 0 {
		code, i = FieldValueInvalid, i+j
	}
	if !s.odds.full(code) {
		s.odd(code, fmt.Sprintf("%s: %q at %d", quoted(f.Name), f.Value[i:i+1], i))
	}
}

func space(b byte) bool { return b == ' ' || b == '\t' }

// control is a control character that no value has (RFC 9110, section 5.5).
func control(b byte) bool { return b < ' ' && b != '\t' || b == 0x7f }

// checkField looks at the fields that have a meaning for the message itself.
func (s *section) checkField(name string, f httpmsg.Field) {
	switch name {
	case "connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade": // RFC 9113, section 8.2.2
		s.oddField(FieldConnectionSpecific, f.Name)
	case "te":
		if !strings.EqualFold(f.Value, "trailers") {
			s.oddField(FieldConnectionSpecific, f.Name)
		}
	case "host":
		if s.kind == trailerSection {
			s.oddField(TrailerForbidden, f.Name)
		}
		if s.host != nil && !s.odds.full(HostRepeated) {
			s.odd(HostRepeated, hosts(*s.host, f.Value))
		}
		s.host = &f.Value
	case "content-length":
		if s.kind == trailerSection {
			s.oddField(TrailerForbidden, f.Name)
			return
		}
		s.takeLength(f.Value)
	}
}

// takeLength is RFC 9110, section 8.6.
func (s *section) takeLength(value string) {
	n, err := strconv.ParseUint(value, 10, 63)
	if err != nil || value[0] == '+' {
		s.odd(ContentLengthInvalid, "")
		return
	}
	switch {
	case s.length < 0:
		s.length = int64(n)
	case s.length == int64(n):
		s.odd(ContentLengthRepeated, value)
	default:
		s.odd(ContentLengthDiffers, fmt.Sprintf("%d and %d", s.length, n))
	}
}

// checkStatus is RFC 9113, section 8.3.2.
func (s *section) checkStatus() {
	v := s.pseudo[pseudoStatus]
	if !s.has(pseudoStatus) {
		s.odd(PseudoMissing, ":status")
		return
	}
	n, err := strconv.Atoi(v)
	if err != nil || len(v) != 3 || n < 100 {
		s.odd(StatusOdd, quoted(v))
		return
	}
	if s.status = n; n > 599 {
		s.odd(StatusOdd, v)
	}
}

// checkRequest is RFC 9113, sections 8.3.1 and 8.5, and RFC 8441, section 4.
func (s *section) checkRequest() {
	connect := s.pseudo[pseudoMethod] == "CONNECT"
	extended := s.has(pseudoProtocol)
	need := []pseudoField{pseudoMethod, pseudoScheme, pseudoPath}
	switch {
	case connect && extended:
		need = []pseudoField{pseudoScheme, pseudoAuthority, pseudoPath}
	case connect:
		need = []pseudoField{pseudoAuthority}
		s.forbid(pseudoScheme)
		s.forbid(pseudoPath)
	default:
		s.forbid(pseudoProtocol)
	}
	for _, p := range need {
		if !s.has(p) {
			s.odd(PseudoMissing, pseudoNames[p])
		}
	}
	s.checkPseudoValues(connect && !extended)
	s.checkAuthority()
}

func (s *section) forbid(p pseudoField) {
	if s.has(p) {
		s.odd(PseudoUnexpected, pseudoNames[p])
	}
}

// checkPseudoValues looks at the values for what could be taken for the end of
// one and the beginning of something else where HTTP/1 is made of them. They are
// not quoted: a path can have secrets.
func (s *section) checkPseudoValues(connect bool) {
	method, scheme, path := s.pseudo[pseudoMethod], s.pseudo[pseudoScheme], s.pseudo[pseudoPath]
	if s.has(pseudoMethod) && !isToken(method) {
		s.odd(MethodInvalid, quoted(method))
	}
	if s.has(pseudoScheme) && !schemeName(scheme) {
		s.odd(PseudoInvalid, ":scheme "+quoted(scheme))
	}
	if s.has(pseudoProtocol) && !isToken(s.pseudo[pseudoProtocol]) {
		s.odd(PseudoInvalid, ":protocol "+quoted(s.pseudo[pseudoProtocol]))
	}
	if connect || !s.has(pseudoPath) {
		return
	}
	web := scheme == "http" || scheme == "https"
	switch i := strings.IndexFunc(path, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '#' }); {
	case i >= 0:
		s.odd(TargetInvalid, fmt.Sprintf("%q at %d", path[i:i+1], i))
	case web && !strings.HasPrefix(path, "/") && !(path == "*" && method == "OPTIONS"):
		s.odd(TargetInvalid, "no slash in front")
	}
}

// isToken is RFC 9110, section 5.6.2.
func isToken(s string) bool {
	for i := range len(s) {
		if !tokenBytes[s[i]] {
			return false
		}
	}
	return s != ""
}

// schemeName is RFC 3986, section 3.1.
func schemeName(s string) bool {
	for i := range len(s) {
		b := s[i] | 0x20
		if b >= 'a' && b <= 'z' || i > 0 && (s[i] >= '0' && s[i] <= '9' || strings.IndexByte("+-.", s[i]) >= 0) {
			continue
		}
		return false
	}
	return s != ""
}

// checkAuthority is RFC 9113, section 8.3.1.
func (s *section) checkAuthority() {
	authority := s.pseudo[pseudoAuthority]
	if strings.ContainsFunc(authority, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("@/?#\\", r) }) {
		s.odd(AuthorityInvalid, "")
	}
	scheme := s.pseudo[pseudoScheme]
	switch {
	case s.host == nil && authority == "" && (scheme == "http" || scheme == "https") && !s.has(pseudoProtocol):
		s.odd(PseudoMissing, ":authority, and Host")
	case s.host != nil && s.has(pseudoAuthority) && !strings.EqualFold(*s.host, authority):
		s.odd(HostDiffers, hosts(authority, *s.host))
	}
}

// hosts shows two authorities, without the passwords that should not be in them.
func hosts(a, b string) string {
	bare := func(s string) string { return s[strings.LastIndexByte(s, '@')+1:] }
	return quoted(bare(a)) + " and " + quoted(bare(b))
}
