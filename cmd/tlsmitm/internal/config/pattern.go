package config

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// Pattern names hosts: one host or IP address, the hosts under a name as
// "*.example.com", or every host as "*"; each with a port after it, or with
// every port.
type Pattern string

// UnmarshalText checks the form.
func (p *Pattern) UnmarshalText(b []byte) error {
	s := string(b)
	if strings.Contains(s, "/") {
		return wrongPattern(s, patternURL)
	}
	host, port := Pattern(s).split()
	if n, err := strconv.ParseUint(port, 10, 16); port != "" && (err != nil || n == 0) {
		return wrongPattern(s, patternPort)
	}
	if _, err := netip.ParseAddr(host); err == nil || host == "*" {
		*p = Pattern(s)
		return nil
	}
	name := strings.TrimPrefix(host, "*.")
	switch {
	case strings.Trim(name, ".") == "":
		return wrongPattern(s, patternEmpty)
	case strings.Contains(name, "*"):
		return wrongPattern(s, patternStar)
	case strings.ContainsAny(s, " \t\r\n,;"):
		return wrongPattern(s, patternSpace)
	case strings.ContainsAny(name, `:[]\?#@<>"`) || strings.HasPrefix(name, ".") || len(name) > 253:
		return wrongPattern(s, patternName)
	}
	*p = Pattern(s)
	return nil
}

// split returns the host, without the brackets of an IPv6 address, and the port
// or "".
func (p Pattern) split() (host, port string) {
	s := string(p)
	if h, pt, err := net.SplitHostPort(s); err == nil && pt != "" {
		return h, pt
	}
	if h, ok := strings.CutPrefix(s, "["); ok && strings.HasSuffix(h, "]") {
		return h[:len(h)-1], ""
	}
	return s, ""
}

// Specificity orders patterns: of two that match the same host, the one with
// the greater number says more about it. A host or address goes before hosts
// under a name, more labels before fewer, and one port before every port.
func (p Pattern) Specificity() int {
	host, port := p.split()
	n := 0
	if name, below := strings.CutPrefix(host, "*."); below {
		n = 2 * (1 + strings.Count(strings.TrimSuffix(name, "."), "."))
	} else if host != "*" {
		n = 1 << 10
	}
	if port != "" {
		n++
	}
	return n
}
