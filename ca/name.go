package ca

import (
	"net/netip"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// host is a name that a certificate is asked for, in the form in which it goes
// into the certificate. It is comparable; the zero value is no name.
type host struct {
	dns string     // lower case, no trailing dot, internationalised labels as A-labels
	ip  netip.Addr // without zone, IPv4 as such
}

// Limits of RFC 1035, section 2.3.4, as they are for names written as text.
const (
	maxLabel = 63
	maxName  = 253
)

// parseHost reads what a client asked for: the host of a CONNECT, or a server
// name indication. "" is the zero host.
func parseHost(raw string) (host, error) {
	s := raw
	if len(s) > 4*maxName {
		return host{}, errName(raw, "it is too long for a host name")
	}
	if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") { // RFC 3986, section 3.2.2
		s = s[1 : len(s)-1]
	}
	if strings.ContainsRune(s, utf8.RuneError) { // which bytes that are no UTF-8 read as, too
		return host{}, errName(raw, "it is not text in UTF-8")
	}
	if strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) >= 0 {
		// RFC 5891, section 5, with the mapping that browsers apply (UTS #46) and
		// without its restriction to letters, digits and hyphens: "_" is in use.
		ascii, err := idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false)).ToASCII(s)
		if err != nil {
			return host{}, errName(raw, "it is not a valid internationalised name: "+err.Error())
		}
		s = ascii
	}
	s = strings.ToLower(strings.TrimSuffix(s, "."))
	if s == "" && raw == "" {
		return host{}, nil
	}
	if ip, err := netip.ParseAddr(s); err == nil {
		return host{ip: ip.WithZone("").Unmap()}, nil
	}
	if why := invalidDNS(s); why != "" {
		return host{}, errName(raw, why)
	}
	return host{dns: s}, nil
}

// invalidDNS says why s can't be asked for as a host name; "" if it can. It is
// as lenient as resolvers are: underscores and hyphens anywhere are in use.
func invalidDNS(s string) string {
	if len(s) > maxName {
		return "it is longer than the 253 bytes that a host name can have"
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" {
			return "it has an empty label"
		}
		if len(label) > maxLabel {
			return "it has a label longer than 63 bytes"
		}
		for _, c := range []byte(label) {
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
				return "it holds a character that no host name has"
			}
		}
	}
	return ""
}

func (h host) isZero() bool { return h == host{} }

func (h host) String() string {
	if h.ip.IsValid() {
		return h.ip.String()
	}
	return h.dns
}
