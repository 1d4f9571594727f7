package explain

import (
	"slices"
	"strings"

	"tlsmitm/inspect"
	"tlsmitm/inspect/tlswire"
)

// clientHello tells what a Client Hello offers. Of the proxy's own it tells what
// is offered in the client's place, and how that differs.
func (c *Conversation) clientHello(e *inspect.Event, m *inspect.Message) (n Note) {
	h := m.ClientHello
	switch {
	case m.Context.Version.Is13():
		n.say(c.say.helloAgain) // only a Hello Retry Request leads here
	case m.Context.Version != 0:
		n.say(c.say.helloAnew)
	}
	c.broken(&n, h.Malformed)
	if m.Offered != nil && e.From == inspect.PartyProxy {
		return append(n, c.ownHello(h, m.Offered)...)
	}
	n.say(versions(h))
	n.say(c.say.suites(len(suites(h))))
	n.say(c.sni(h))
	n.say(c.alpn(h))
	return append(n, c.helloState(h)...)
}

// helloState tells what a hello brings to this one handshake.
func (c *Conversation) helloState(h *tlswire.ClientHello) (n Note) {
	if slices.ContainsFunc(h.SupportedVersions, tlswire.Version.Is13) {
		if shares := shares(h); len(shares) > 0 {
			n.say(c.say.shares(list(shares, tlswire.NamedGroup.String)))
		} else {
			n.say(c.say.noShares)
		}
	}
	switch {
	case len(h.PSKIdentities) > 0:
		n.say(c.say.resumePSK)
	case len(h.SessionTicket) > 0:
		n.say(c.say.resumeTicket)
	case len(h.SessionID) > 0 && len(h.SupportedVersions) == 0:
		n.say(c.say.resumeSessionID) // otherwise it is for middleboxes: RFC 8446, D.4
	}
	if h.EarlyData {
		n.tone(Warning, c.say.earlyData)
	}
	if h.ECH {
		n.say(c.say.ech)
	}
	if greases(h) {
		n.say("GREASE")
	}
	if ja4, _ := h.JA4(); ja4 != "" && !h.SSL2 {
		n.tone(Faint, "JA4 "+ja4)
	}
	return n
}

func (c *Conversation) sni(h *tlswire.ClientHello) string {
	if h.ServerName == "" {
		return c.say.noSNI
	}
	return "SNI " + Value(h.ServerName)
}

func (c *Conversation) alpn(h *tlswire.ClientHello) string {
	if len(h.ALPN) == 0 {
		return c.say.noALPN
	}
	return "ALPN " + Value(strings.Join(h.ALPN, ", "))
}

// ownHello compares the proxy's hello with the client's.
func (c *Conversation) ownHello(ours, theirs *tlswire.ClientHello) (n Note) {
	n.say(c.say.ownHello)
	var alike []string
	compare := func(name, ours, theirs string) {
		switch {
		case ours != theirs:
			n.say(c.say.clients(ours, theirs))
		case name != "":
			alike = append(alike, name)
		default:
			n.say(ours)
		}
	}
	compare("", versions(ours), versions(theirs))
	n.say(c.counts(c.say.suites, suites(ours), suites(theirs), &alike, "cipher_suites"))
	n.say(c.counts(c.say.groups, groups(ours), groups(theirs), &alike, "supported_groups"))
	n.say(c.counts(c.say.schemes, schemes(ours), schemes(theirs), &alike, "signature_algorithms"))
	compare("SNI", c.sni(ours), c.sni(theirs))
	compare("ALPN", c.alpn(ours), c.alpn(theirs))
	if len(alike) > 0 {
		n.say(c.say.alike(strings.Join(alike, ", ")))
	}
	mine, others := extensions(ours), extensions(theirs)
	if names := missing(others, mine); len(names) > 0 {
		n.say(c.say.without(c.names(names)))
	}
	if names := missing(mine, others); len(names) > 0 {
		n.say(c.say.added(c.names(names)))
	}
	return append(n, c.helloState(ours)...)
}

// counts says how many we offer of how many, unless both lists are the same.
func (c *Conversation) counts(count func(int) string, ours, theirs []uint16, alike *[]string, name string) string {
	if slices.Equal(ours, theirs) {
		if len(ours) > 0 {
			*alike = append(*alike, name)
		}
		return ""
	}
	return c.say.clients(count(len(ours)), Number(int64(len(theirs))))
}

// maxNames bounds the extensions that a sentence names.
const maxNames = 12

func (c *Conversation) names(types []tlswire.ExtensionType) string {
	rest := len(types) - maxNames
	if rest <= 0 {
		return list(types, tlswire.ExtensionType.String)
	}
	return list(types[:maxNames], tlswire.ExtensionType.String) + ", … (+" + Number(int64(rest)) + ")"
}

// missing returns what is in a and not in b.
func missing(a, b []tlswire.ExtensionType) (out []tlswire.ExtensionType) {
	for _, t := range a {
		if !slices.Contains(b, t) {
			out = append(out, t)
		}
	}
	return out
}

// versions lists the versions offered, as "TLS 1.3, 1.2".
func versions(h *tlswire.ClientHello) string {
	var names []string
	for _, v := range h.SupportedVersions {
		if !v.IsGREASE() {
			names = append(names, v.String())
		}
	}
	if len(names) == 0 {
		names = append(names, h.LegacyVersion.String())
	}
	const family = "TLS "
	for i := 1; i < len(names); i++ {
		if strings.HasPrefix(names[i-1], family) || i > 1 {
			names[i] = strings.TrimPrefix(names[i], family)
		}
	}
	return strings.Join(names, ", ")
}

// codePoint is a code point of which some values stand for nothing (RFC 8701, 2).
type codePoint interface {
	~uint16
	IsGREASE() bool
}

// real returns the code points that mean something.
func real[T codePoint](values []T) (out []uint16) {
	for _, v := range values {
		if !v.IsGREASE() {
			out = append(out, uint16(v))
		}
	}
	return out
}

func suites(h *tlswire.ClientHello) []uint16  { return real(h.CipherSuites) }
func groups(h *tlswire.ClientHello) []uint16  { return real(h.SupportedGroups) }
func schemes(h *tlswire.ClientHello) []uint16 { return real(h.SignatureSchemes) }

func shares(h *tlswire.ClientHello) (out []tlswire.NamedGroup) {
	for _, s := range h.KeyShares {
		if !s.Group.IsGREASE() {
			out = append(out, s.Group)
		}
	}
	return out
}

// extensions returns the extensions that mean something.
func extensions(h *tlswire.ClientHello) (out []tlswire.ExtensionType) {
	for _, x := range h.Extensions {
		if !x.Type.IsGREASE() && x.Type != tlswire.ExtensionTypePadding {
			out = append(out, x.Type)
		}
	}
	return out
}

// greases says whether the hello holds values that only keep servers tolerant.
func greases(h *tlswire.ClientHello) bool {
	return len(suites(h)) < len(h.CipherSuites) ||
		slices.ContainsFunc(h.Extensions, func(x tlswire.Extension) bool { return x.Type.IsGREASE() })
}
