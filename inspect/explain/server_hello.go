package explain

import (
	"bytes"

	"tlsmitm/inspect"
	"tlsmitm/inspect/tlswire"
)

// serverHello tells what the server chose, or, of a Hello Retry Request, what
// it wants to be asked again with.
func (c *Conversation) serverHello(m *inspect.Message) (n Note) {
	h := m.ServerHello
	if h.IsHelloRetryRequest() {
		return c.helloRetryRequest(h)
	}
	n.say(c.say.chose(h.Version().String()))
	n.say(h.CipherSuite.String())
	if h.KeyShare.Group != 0 {
		n.say(h.KeyShare.Group.String())
	}
	if m.Resumed || h.HasPSK {
		n.say(c.say.resumes)
	}
	if h.ALPN != "" {
		n.say("ALPN " + Value(h.ALPN))
	}
	if v := downgradedFrom(h); v != 0 {
		n.tone(Warning, c.say.downgrade(v.String()))
	}
	c.broken(&n, h.Malformed)
	return n
}

// downgradedFrom returns the version that a server could have used when it set
// the mark that tells clients so (RFC 8446, 4.1.3); 0 without the mark.
func downgradedFrom(h *tlswire.ServerHello) tlswire.Version {
	switch {
	case h.Version().Is13():
		return 0
	case bytes.HasSuffix(h.Random, []byte("DOWNGRD\x01")):
		return tlswire.VersionTLS13
	case bytes.HasSuffix(h.Random, []byte("DOWNGRD\x00")):
		return tlswire.VersionTLS12
	}
	return 0
}

func (c *Conversation) helloRetryRequest(h *tlswire.ServerHello) (n Note) {
	if h.KeyShare.Group != 0 {
		n.say(c.say.asksShare(h.KeyShare.Group.String()))
	}
	if len(h.Cookie) > 0 {
		n.say(c.say.asksCookie)
	}
	n.say(c.say.chose(h.Version().String()))
	n.say(h.CipherSuite.String())
	return n
}

// encryptedExtensions tells the rest of the server's answer (RFC 8446, 4.3.1).
func (c *Conversation) encryptedExtensions(body []byte) (n Note) {
	ee, err := tlswire.ParseEncryptedExtensions(body)
	if err != nil {
		return nil
	}
	if ee.ALPN == "" {
		n.say(c.say.noALPN)
	} else {
		n.say("ALPN " + Value(ee.ALPN))
	}
	var others []tlswire.ExtensionType
	for _, x := range ee.Extensions {
		switch x.Type {
		case tlswire.ExtensionTypeALPN:
		case tlswire.ExtensionTypeEarlyData:
			n.say(c.say.acceptsEarlyData)
		case tlswire.ExtensionTypeEncryptedClientHello:
			n.say(c.say.echRetry)
		default:
			others = append(others, x.Type)
		}
	}
	if len(others) > 0 {
		n.tone(Faint, c.say.also(someOf(others)))
	}
	return n
}
