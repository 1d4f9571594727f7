package http1

import (
	"strings"

	"tlsmitm/inspect/httpmsg"
)

// lineSpace is what a lenient reader of start lines takes for whitespace
// (RFC 9112, section 3).
const lineSpace = " \t\v\f\r"

// requestLine reads a request line (RFC 9112, section 3). Of the words in it the
// first is the method and the last the version; what is between them is the
// target, spaces or not. It returns nil where that makes no request line.
func requestLine(line string, f *findings) *httpmsg.Head {
	s := strings.Trim(line, lineSpace)
	i, j := strings.IndexAny(s, lineSpace), strings.LastIndexAny(s, lineSpace)
	if i < 0 || !isVersion(s[j+1:]) {
		return nil
	}
	h := &httpmsg.Head{Method: s[:i], Target: strings.Trim(s[i:j+1], lineSpace), Protocol: httpmsg.Protocol(s[j+1:])}
	if len(s) != len(line) || s[i] != ' ' || s[j] != ' ' || i != j && len(h.Target) != j-i-1 {
		f.add(RequestLineWhitespace, "")
	}
	if strings.IndexByte(line, '\r') >= 0 {
		f.add(BareCR, "in \"request line\"")
	}
	if strings.IndexByte(line, 0) >= 0 {
		f.add(NUL, "in \"request line\"")
	}
	if !isToken(h.Method) {
		f.quote(MethodInvalid, h.Method)
	}
	checkVersion(h.Protocol, f)
	readTarget(h, f)
	return h
}

// isVersion says whether a word is meant as an HTTP version: the name, in any
// letter case, and a digit (RFC 9112, section 2.3).
func isVersion(s string) bool {
	return len(s) >= 6 && len(s) <= 16 && httpmsg.SameName(s[:5], "HTTP/") && s[5] >= '0' && s[5] <= '9'
}

func checkVersion(p httpmsg.Protocol, f *findings) {
	if p != httpmsg.HTTP11 && p != httpmsg.HTTP10 {
		f.quote(VersionOdd, string(p))
	}
}

// isHTTP10 says whether a message is of a version before HTTP/1.1. One that is
// none, or later, is read as HTTP/1.1.
func isHTTP10(p httpmsg.Protocol) bool {
	return p == httpmsg.HTTP10 || p == icy || len(p) > 6 && httpmsg.SameName(string(p[:7]), "HTTP/0.") || httpmsg.SameName(string(p), "HTTP/1.0")
}

// readTarget takes the request target apart: origin-form, absolute-form,
// authority-form or asterisk-form (RFC 9112, section 3.2).
func readTarget(h *httpmsg.Head, f *findings) {
	target := h.Target
	scheme, rest, absolute := strings.Cut(target, "://")
	absolute = absolute && isScheme(scheme)
	switch {
	case strings.HasPrefix(target, "/"):
		h.Path = target
		if h.Method == "CONNECT" {
			f.add(TargetInvalid, "CONNECT with a path")
		}
	case absolute:
		h.Scheme = scheme
		h.Authority, h.Path = rest, "/"
		if i := strings.IndexAny(rest, "/?#"); i >= 0 {
			h.Authority, h.Path = rest[:i], rest[i:]
			if h.Path[0] != '/' {
				h.Path = "/" + h.Path
			}
		} else if h.Method == "OPTIONS" {
			h.Path = "*" // RFC 9112, section 3.2.4
		}
		if h.Method == "CONNECT" {
			f.add(TargetInvalid, "CONNECT with a URI")
		}
	case h.Method == "CONNECT":
		h.Authority = target
		if _, port, ok := splitPort(target); !ok || port == "" {
			f.add(TargetInvalid, "CONNECT without a port")
		}
	case target == "*":
		h.Path = target
		if h.Method != "OPTIONS" {
			f.add(TargetInvalid, "* is for OPTIONS")
		}
	default:
		h.Path = target
		f.add(TargetInvalid, "neither a path nor a URI")
	}
	if i := strings.LastIndexByte(h.Authority, '@'); i >= 0 {
		h.Authority = h.Authority[i+1:]
		f.add(TargetInvalid, "user information")
	}
	if _, _, ok := splitPort(h.Authority); !ok && h.Path != target {
		f.add(TargetInvalid, "the host or the port")
	}
	if why := unencoded(target); why != "" {
		f.add(TargetInvalid, why)
	}
}

// unencoded says which character of a target must have been percent-encoded
// (RFC 3986, section 2). Those that browsers leave alone in a path or query,
// | ^ ` { } and brackets, pass: nothing is delimited by them.
func unencoded(target string) string {
	for i := range len(target) {
		switch c := target[i]; {
		case c == ' ' || c == '\t':
			return "whitespace"
		case c < 0x20 || c == 0x7f:
			return "a control character"
		case c >= 0x80:
			return "a byte that is not ASCII"
		case c == '#':
			return "a fragment"
		case c == '"' || c == '<' || c == '>' || c == '\\':
			return "the character " + quoted(target[i:i+1])
		}
	}
	return ""
}

// isScheme: RFC 3986, section 3.1.
func isScheme(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		if c >= 'a' && c <= 'z' || i > 0 && (s[i] >= '0' && s[i] <= '9' || s[i] == '+' || s[i] == '-' || s[i] == '.') {
			continue
		}
		return false
	}
	return s != ""
}

// checkHost holds Host against the rules and against the target's authority
// (RFC 9112, section 3.2; RFC 9110, section 7.2).
func checkHost(h *httpmsg.Head, host string, hosts int, f *findings) {
	switch {
	case hosts == 0:
		if !isHTTP10(h.Protocol) {
			f.add(HostMissing, "")
		}
		return
	case hosts > 1:
		f.add(HostRepeated, "")
	}
	if _, _, ok := splitPort(host); !ok {
		if i := strings.LastIndexByte(host, '@'); i >= 0 {
			host = host[i+1:] // what is in front of it may be a password
		}
		f.quote(HostInvalid, host)
	} else if h.Authority != "" && !sameAuthority(h.Scheme, h.Authority, host) {
		f.add(HostDiffers, quoted(h.Authority)+", Host "+quoted(host))
	}
}

// sameAuthority compares without regard to letter case and to the scheme's own
// port; a CONNECT has no scheme, and there a missing port is like any.
func sameAuthority(scheme, a, b string) bool {
	hostA, portA, okA := splitPort(a)
	hostB, portB, okB := splitPort(b)
	if !okA || !okB || !httpmsg.SameName(hostA, hostB) {
		return false
	}
	usual := map[string]string{"http": "80", "https": "443"}[httpmsg.Lower(scheme)]
	if portA == "" {
		portA = usual
	}
	if portB == "" {
		portB = usual
	}
	return portA == portB || scheme == "" && (portA == "" || portB == "")
}

// splitPort reads uri-host [ ":" port ] (RFC 3986, sections 3.2.2 and 3.2.3).
func splitPort(s string) (host, port string, ok bool) {
	host = s
	if i := strings.LastIndexByte(s, ':'); i >= 0 && i > strings.LastIndexByte(s, ']') {
		host, port = s[:i], s[i+1:]
		for _, c := range []byte(port) {
			if c < '0' || c > '9' {
				return "", "", false
			}
		}
	}
	name := host
	if strings.HasPrefix(host, "[") {
		if !strings.HasSuffix(host, "]") {
			return "", "", false
		}
		name = host[1:len(host)-1] + "x" // an address may have the colons that a name must not
		name = strings.ReplaceAll(name, ":", "x")
	}
	return host, port, name != "" && isHostName(name)
}

// isHostName: reg-name, RFC 3986, section 3.2.2.
func isHostName(s string) bool {
	for _, c := range []byte(s) {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9'
		if !letter && !strings.ContainsRune("-._~%!$&'()*+,;=", rune(c)) {
			return false
		}
	}
	return true
}

// isToken: RFC 9110, section 5.6.2.
func isToken(s string) bool {
	for i := range len(s) {
		if !tokenChar[s[i]] {
			return false
		}
	}
	return s != ""
}

var tokenChar = func() (is [256]bool) {
	for c := range is {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9'
		is[c] = letter || c < 0x80 && strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c))
	}
	return is
}()
