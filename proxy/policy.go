package proxy

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// Action is what the policy does with a connection.
type Action string

const (
	// ActionIntercept ends the client's TLS here and opens another to the server.
	ActionIntercept Action = "intercept"
	// ActionTunnel passes the bytes untouched.
	ActionTunnel Action = "tunnel"
	// ActionObserve passes the bytes untouched, to be opened with the secrets that
	// the client tells.
	ActionObserve Action = "observe"
	// ActionRefuse lets nothing pass.
	ActionRefuse Action = "refuse"
)

// strictness orders the actions by how little of a connection they let the proxy
// have: where two rules speak of one connection, the stricter one holds.
func (a Action) strictness() int {
	switch a {
	case ActionRefuse:
		return 3
	case ActionTunnel:
		return 2
	case ActionObserve:
		return 1
	default:
		return 0
	}
}

func stricter(a, b Action) Action {
	if b.strictness() > a.strictness() {
		return b
	}
	return a
}

// Rule says what to do with the hosts that a pattern matches. The first rule that
// matches holds; without one, connections are intercepted.
type Rule struct {
	// Host is a name ("bank.example"), every name below one ("*.bank.example"),
	// an IP address, or "*"; each may carry a port ("*:8443", "[::1]:8443").
	// Case and a trailing dot make no difference, nor whether an
	// internationalised name is written in Unicode or in Punycode.
	Host   string
	Action Action
}

// pattern is a host pattern, parsed.
type pattern struct {
	name  string // in the form that hostName gives; for below, without "*."
	any   bool
	below bool
	port  uint16 // 0 matches every port
}

func parsePattern(s string) (pattern, error) {
	var p pattern
	host, port := strings.TrimSpace(s), ""
	switch colon := strings.LastIndexByte(host, ':'); {
	case strings.HasPrefix(host, "["):
		end := strings.IndexByte(host, ']')
		if end < 0 {
			return p, fmt.Errorf("proxy: host pattern %q: missing ]", s)
		}
		port = host[end+1:]
		host = host[1:end]
		if port != "" && port[0] != ':' {
			return p, fmt.Errorf("proxy: host pattern %q: %q after the address", s, port)
		}
		port = strings.TrimPrefix(port, ":")
	case colon >= 0 && strings.IndexByte(host, ':') == colon:
		if host, port = host[:colon], host[colon+1:]; port == "" {
			return p, fmt.Errorf("proxy: host pattern %q: no port after the colon", s)
		}
	}
	if port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return p, fmt.Errorf("proxy: host pattern %q: port %q is not a number from 1 to 65535", s, port)
		}
		p.port = uint16(n)
	}
	if host == "*" {
		p.any = true
		return p, nil
	}
	host, p.below = strings.CutPrefix(host, "*.")
	if strings.Contains(host, "*") {
		return p, fmt.Errorf(`proxy: host pattern %q: "*" may only stand alone or as the first label`, s)
	}
	name, err := hostName(host)
	if err != nil {
		return p, fmt.Errorf("proxy: host pattern %q: %w", s, err)
	}
	p.name = name
	return p, nil
}

// matches takes a host in the form that hostName gives.
func (p pattern) matches(host string, port uint16) bool {
	switch {
	case p.port != 0 && p.port != port:
		return false
	case p.any:
		return true
	case p.below:
		above, ok := strings.CutSuffix(host, p.name)
		return ok && len(above) > 1 && above[len(above)-1] == '.'
	default:
		return host == p.name
	}
}

// patterns is a list of which any may match.
type patterns []pattern

func parsePatterns(list []string) (patterns, error) {
	ps := make(patterns, 0, len(list))
	for _, s := range list {
		p, err := parsePattern(s)
		if err != nil {
			return nil, err
		}
		ps = append(ps, p)
	}
	return ps, nil
}

func (ps patterns) match(host string, port uint16) bool {
	for _, p := range ps {
		if p.matches(host, port) {
			return true
		}
	}
	return false
}

// policy is the list of rules, parsed.
type policy []struct {
	pattern
	action Action
}

func parsePolicy(rules []Rule) (policy, error) {
	pol := make(policy, len(rules))
	for i, r := range rules {
		p, err := parsePattern(r.Host)
		if err != nil {
			return nil, err
		}
		switch r.Action {
		case ActionIntercept, ActionObserve, ActionTunnel, ActionRefuse:
		default:
			return nil, fmt.Errorf("proxy: policy for %q: unknown action %q (want %s, %s, %s or %s)",
				r.Host, r.Action, ActionIntercept, ActionObserve, ActionTunnel, ActionRefuse)
		}
		pol[i].pattern, pol[i].action = p, r.Action
	}
	return pol, nil
}

func (pol policy) action(host string, port uint16) Action {
	for _, r := range pol {
		if r.matches(host, port) {
			return r.action
		}
	}
	return ActionIntercept
}

var (
	errNoHost  = errors.New("there is no host name in it")
	errBadHost = errors.New("the host name has characters that no host name has")
	errLongDNS = errors.New("the host name is longer than the 253 characters of the DNS")
)

// punycode maps an internationalised name as browsers do (UTS 46, not
// transitional), but leaves underscores and the like alone: they are in use.
var punycode = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false))

// hostName returns the one form of a host name or IP address in which they are
// compared, minted and verified: lower case, Punycode, no trailing dot, IP
// addresses as RFC 5952 writes them.
func hostName(s string) (string, error) {
	if ip, err := netip.ParseAddr(s); err == nil {
		return ip.Unmap().String(), nil
	}
	s = strings.TrimSuffix(s, ".")
	ascii := true
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 0x80:
			ascii = false
		case c <= ' ' || c == 0x7f || strings.IndexByte(`/\?#@:[]<>"`, c) >= 0:
			return "", errBadHost
		}
	}
	if !ascii {
		p, err := punycode.ToASCII(s)
		if err != nil {
			return "", fmt.Errorf("the host name is no valid internationalised name: %w", err)
		}
		s = p
	}
	switch {
	case s == "" || s[0] == '.':
		return "", errNoHost
	case len(s) > 253:
		return "", errLongDNS
	}
	return strings.ToLower(s), nil
}
