package explain

import (
	"strconv"

	"tlsmitm/inspect"
	"tlsmitm/inspect/tlswire"
)

// serverKeyExchange is the server's key for this one connection, and its
// signature on it (RFC 5246, 7.4.3).
func (c *Conversation) serverKeyExchange(e *inspect.Event, m *inspect.Message, body []byte) (n Note) {
	msg, err := tlswire.ParseServerKeyExchange(m.Context.Version, m.Context.CipherSuite, body)
	if err != nil {
		return nil
	}
	parts := c.say.parts(e.From, e.To)
	switch msg.KeyExchange {
	case tlswire.KexECDHE, tlswire.KexECDHAnon, tlswire.KexECDHEPSK:
		n.say(c.say.ephemeral("ECDHE", msg.Group.String()))
	case tlswire.KexDHE, tlswire.KexDHAnon, tlswire.KexDHEPSK:
		n.say(c.say.ephemeral("DHE", strconv.Itoa(msg.DHPrimeBits)+" bit"))
	default:
		return nil
	}
	switch msg.KeyExchange {
	case tlswire.KexECDHAnon, tlswire.KexDHAnon:
		n.tone(Warning, c.say.unsigned.with(parts))
	case tlswire.KexECDHE, tlswire.KexDHE:
		if msg.HasScheme {
			n.say(c.say.signed(msg.Scheme.String()))
		} else {
			n.say(c.say.signedPlainly)
		}
	}
	return n
}

// clientKeyExchange is the client's part of the secret: its own key, or the
// secret itself under the certificate's (RFC 5246, 7.4.7).
func (c *Conversation) clientKeyExchange(e *inspect.Event, m *inspect.Message) (n Note) {
	kex := m.Context.CipherSuite.KeyExchange()
	switch kex {
	case tlswire.KexECDHE, tlswire.KexECDHAnon, tlswire.KexECDHEPSK, tlswire.KexECDH,
		tlswire.KexDHE, tlswire.KexDHAnon, tlswire.KexDHEPSK, tlswire.KexDH:
		n.say(c.say.half(kex.String()).with(c.say.parts(e.From, e.To)))
		if m.Group != 0 {
			n.say(m.Group.String())
		}
	case tlswire.KexRSA, tlswire.KexRSAPSK:
		n.say(c.say.rsaPremaster)
		n.tone(Warning, c.say.noPFS)
	}
	return n
}
