package explain

import (
	"slices"
	"strings"

	"tlsmitm/inspect"
	"tlsmitm/inspect/tlswire"
)

// clientHello tells what a Client Hello offers. How the proxy's own differs from the
// client's is told after it.
func (c *Conversation) clientHello(e *inspect.Event, m *inspect.Message) (n Note) {
	h := m.ClientHello
	switch {
	case m.Inner:
		n.say(c.say.helloInside)
	case m.Context.Version.Is13():
		n.say(c.say.helloAgain) // only a Hello Retry Request leads here
	case m.Context.Version != 0:
		n.say(c.say.helloAnew)
	}
	c.broken(&n, h.Malformed)
	if e.From == inspect.PartyProxy {
		n.say(c.say.ownHello)
	}
	n.say(versions(h))
	n.say(c.say.suites(len(suites(h))))
	n.say(c.sni(h))
	n.say(c.alpn(h))
	return append(n, c.helloState(h, m.Inner)...)
}

// helloState tells what a hello brings to this one handshake.
func (c *Conversation) helloState(h *tlswire.ClientHello, inner bool) (n Note) {
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
	if h.HasExtension(tlswire.ExtensionTypeEncryptedClientHello) && !inner {
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

func suites(h *tlswire.ClientHello) []uint16 { return real(h.CipherSuites) }
func shares(h *tlswire.ClientHello) (out []tlswire.NamedGroup) {
	for _, s := range h.KeyShares {
		if !s.Group.IsGREASE() {
			out = append(out, s.Group)
		}
	}
	return out
}

// greases says whether the hello holds values that only keep servers tolerant.
func greases(h *tlswire.ClientHello) bool {
	return len(suites(h)) < len(h.CipherSuites) ||
		slices.ContainsFunc(h.Extensions, func(x tlswire.Extension) bool { return x.Type.IsGREASE() })
}
