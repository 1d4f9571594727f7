package explain

import (
	"fmt"

	"tlsmitm/inspect"
	"tlsmitm/inspect/tlswire"
)

// Words for a difference name at most so many values of a list.
const maxNames = 6

// difference tells how the proxy's hello differs from the client's, and what that
// changes.
func (c *Conversation) difference(d *inspect.Difference) (n Note) {
	if len(d.Effects) == 0 {
		n.say(c.say.sameHello)
		return n
	}
	n.say(c.say.otherHello)
	for _, e := range d.Effects {
		tone := Warning
		if e == inspect.EffectFingerprint {
			tone = Faint
		}
		n.tone(tone, c.say.effects[e])
	}
	onlyIn(c, &n, "supported_versions", d.Versions)
	onlyIn(c, &n, "cipher_suites", d.CipherSuites)
	onlyIn(c, &n, "supported_groups", d.SupportedGroups)
	onlyIn(c, &n, "key_share", d.KeyShares)
	onlyIn(c, &n, "signature_algorithms", d.SignatureSchemes)
	// Extensions have no order that matters, and every stack has its own.
	onlyIn(c, &n, "extensions", inspect.OnlyIn[tlswire.ExtensionType]{Client: d.Extensions.Client, Proxy: d.Extensions.Proxy})
	onlyIn(c, &n, "ALPN", inspect.OnlyIn[protocol]{Client: protocols(d.ALPN.Client), Proxy: protocols(d.ALPN.Proxy), Reordered: d.ALPN.Reordered})
	if d.ClientName != d.ProxyName {
		n.say(c.say.clients("SNI "+Value(d.ProxyName), Value(d.ClientName)))
	}
	return n
}

// protocol is a name in ALPN.
type protocol string

func (p protocol) String() string { return Value(string(p)) }

func protocols(names []string) (list []protocol) {
	for _, name := range names {
		list = append(list, protocol(name))
	}
	return list
}

// onlyIn tells what only one of two lists has.
func onlyIn[T interface {
	comparable
	fmt.Stringer
}](c *Conversation, n *Note, name string, o inspect.OnlyIn[T]) {
	if len(o.Client) > 0 {
		n.say(name + c.say.because(c.say.without(someOf(o.Client))))
	}
	if len(o.Proxy) > 0 {
		n.say(name + c.say.because(c.say.added(someOf(o.Proxy))))
	}
	if o.Reordered {
		n.say(name + c.say.because(c.say.reordered))
	}
}

// someOf names the first values of a list.
func someOf[T fmt.Stringer](values []T) string {
	rest := len(values) - maxNames
	if rest <= 0 {
		return list(values, T.String)
	}
	return list(values[:maxNames], T.String) + ", … (+" + Number(int64(rest)) + ")"
}
