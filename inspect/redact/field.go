package redact

import "bytes"

// fieldValue begins the value of a header field that is a secret.
func (s *scanner) fieldValue() {
	s.words, s.soft, s.field = 0, false, true
	switch s.rule.form {
	case formAuth:
		s.state, s.spaced = inScheme, false
	case formCookie, formSetCookie:
		s.state = inCookieName
	default:
		s.state = separated
	}
}

// schemes are those of RFC 9110, section 16.4.1's registry, and others in use.
// What is none of them may itself be the secret.
var schemes = []string{
	"apikey", "aws4-hmac-sha256", "aws", "basic", "bearer", "digest", "dpop", "gnap", "googlelogin", "hawk", "hmac", "hoba",
	"jwt", "mac", "mutual", "negotiate", "ntlm", "oauth", "privatetoken", "scram-sha-1", "scram-sha-256", "sharedkey",
	"sharedkeylite", "signature", "token", "vapid",
}

// scheme follows the first word of credentials (RFC 9110, section 11.4), which
// stays if it is a scheme.
func (s *scanner) scheme(src []byte, i int) int {
	for ; i < len(src); i++ {
		c := src[i]
		blank := c == ' ' || c == '\t' || c == '\r' || c == '\n'
		switch {
		case blank && s.spaced && c != '\n', s.words == 0 && blank && c != '\n':
			// before the word, or after the scheme
		case s.spaced || s.words == 0 && blank:
			s.begin(inLine, i, encodedNot, shapeLong)
			return i
		case blank && isScheme(s.word[:s.words]):
			s.spaced, s.open, s.cut = true, -1, false
			if c == '\n' {
				s.begin(inLine, i, encodedNot, shapeLong)
				return i
			}
		case blank:
			s.state = inLine
			return i
		default:
			if s.words == 0 {
				s.begin(inScheme, i, encodedNot, shapeLong)
			}
			s.word[s.words] = lower(c)
			if s.words++; !mayBeScheme(s.word[:s.words]) {
				s.state = inLine
				return i
			}
		}
	}
	return i
}

func isScheme(word []byte) bool {
	for _, name := range schemes {
		if name == string(word) {
			return true
		}
	}
	return false
}

func mayBeScheme(word []byte) bool {
	for _, name := range schemes {
		if len(word) <= len(name) && name[:len(word)] == string(word) {
			return true
		}
	}
	return false
}

// cookieName follows what is a cookie's name if a = comes, and else its value
// (RFC 6265, section 4.2.1).
func (s *scanner) cookieName(src []byte, i int) int {
	for ; i < len(src); i++ {
		c := src[i]
		if s.open < 0 && (c == ' ' || c == '\t' || c == ';') {
			continue
		}
		if s.open < 0 && c != '=' && c != '\r' && c != '\n' {
			s.begin(inCookieName, i, encodedNot, shapeLong)
		}
		switch c {
		case '=':
			s.begin(inCookieValue, i+1, encodedNot, shapeLong)
			s.inner, s.last = false, 0
			return i + 1
		case ';':
			s.endCookie(src, i)
			return i + 1
		case '\n':
			if s.open < 0 {
				s.open = i
			}
			s.endLine(src, i)
			return i + 1
		}
	}
	return i
}

func (s *scanner) cookieValue(src []byte, i int) int {
	if s.open < 0 { // after a fold
		s.begin(inCookieValue, i, encodedNot, shapeLong)
	}
	for ; i < len(src); i++ {
		switch c := src[i]; {
		case c == '"' && (s.inner || s.last == 0):
			s.inner = !s.inner
		case c == ';' && !s.inner:
			s.endCookie(src, i)
			return i + 1
		case c == '\n':
			s.endLine(src, i)
			return i + 1
		}
		s.last = src[i]
	}
	return i
}

// endCookie ends a cookie before a semicolon. What follows it in Set-Cookie is
// no secret (RFC 6265, section 4.1.1).
func (s *scanner) endCookie(src []byte, i int) {
	s.end(src, trimRight(src, s.open, i))
	if s.rule.form == formCookie {
		s.state = inCookieName
	}
}

// colon sees whether // follows a colon, and so the authority of a URL.
func (s *scanner) colon(src []byte, i int) int {
	if src[i] != '/' {
		s.state = idle
		return i
	}
	if s.match++; s.match == 2 {
		s.rule, s.kind, s.match = nil, "userinfo", 0
		s.begin(inAuthority, i+1, encodedPercent, shapeUser)
	}
	return i + 1
}

const maxAuthority = 2048

// authority follows the authority of a URL (RFC 3986, section 3.2), whose
// userinfo is a secret. Until its end it is not known whether there is one.
func (s *scanner) authority(src []byte, i int) int {
	for ; i < len(src); i++ {
		c := src[i]
		s.match++
		if c > ' ' && c < 0x7f && !authorityEnd[c] && s.match <= maxAuthority {
			continue
		}
		s.endAuthority(src, i)
		return i
	}
	return i
}

// endAuthority leaves all of an authority but its userinfo.
func (s *scanner) endAuthority(src []byte, i int) {
	at := bytes.LastIndexByte(src[s.open:i], '@')
	if s.state = idle; at >= 0 {
		s.end(src, s.open+at)
	}
	s.open, s.cut = -1, false
}

var authorityEnd = stops("/?#\"'<>\\`,()[]{}|;")
