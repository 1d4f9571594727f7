package explain

import (
	"tlsmitm/inspect"
	"tlsmitm/inspect/tlswire"
)

// message explains a handshake message, an alert or a change cipher spec.
func (c *Conversation) message(e *inspect.Event, m *inspect.Message) (n Note) {
	switch {
	case !m.Opened() && !m.Encrypted:
		n.tone(Warning, c.say.reason(m.Reason))
		return n
	case !m.Opened():
		n.tone(Faint, c.notOpened(e.Leg, m.Reason))
		return n
	}
	switch m.ContentType {
	case tlswire.ContentTypeChangeCipherSpec:
		return c.changeCipherSpec(e, m)
	case tlswire.ContentTypeAlert:
		return c.alert(e, m)
	case tlswire.ContentTypeHeartbeat:
		return c.heartbeat(m)
	}
	switch {
	case m.SSL2:
		n = c.ssl2(e, m)
	case m.HasType:
		if n = c.handshake(e, m); len(n) == 0 {
			n.say(c.generic(e, m.Type))
			tree := m.Tree()
			if bad := tree.Malformed(); bad != nil {
				n.tone(Warning, c.say.unreadable(Value(bad.Text)))
			}
		}
	}
	c.proofs(&n, m.Proof)
	return n
}

// heartbeat explains a heartbeat message (RFC 6520, 4). One that asks for more than it
// brings is to be thrown away; who answers it tells what is none of the sender's business.
func (c *Conversation) heartbeat(m *inspect.Message) (n Note) {
	const head = 3 // its type and the payload's length
	request := len(m.Raw) >= head && m.Raw[0] == 1
	if !request {
		n.say(c.say.heartbeat)
		return n
	}
	asked, brought := int(m.Raw[1])<<8|int(m.Raw[2]), len(m.Raw)-head
	if asked > brought {
		n.tone(Fatal, c.say.heartbleed(Bytes(int64(asked)), Bytes(int64(brought))))
		return n
	}
	n.say(c.say.heartbeat)
	return n
}

// ssl2 explains a message of SSL 2.0.
func (c *Conversation) ssl2(e *inspect.Event, m *inspect.Message) (n Note) {
	n.tone(Warning, c.say.ssl2Form)
	if m.ClientHello != nil {
		return append(n, c.clientHello(e, m)...)
	}
	if s, ok := c.say.ssl2[tlswire.SSL2MessageType(m.Type)]; ok {
		n.say(s.with(c.say.parts(e.From, e.To)))
	}
	return n
}

// notOpened says why something protected stays closed. On a leg that the proxy
// only forwards it cannot be otherwise.
func (c *Conversation) notOpened(leg inspect.LegName, why string) string {
	if leg == inspect.LegDirect {
		switch {
		case c.mode == inspect.ModeTunnel:
			return c.say.tunnelled
		case c.mode == inspect.ModeObserve && inspect.IsSecretMissing(why):
			return c.say.notLogged
		}
	}
	return c.say.notOpened(c.say.reason(why))
}

// generic says what a type of message is for.
func (c *Conversation) generic(e *inspect.Event, t tlswire.HandshakeType) string {
	s, ok := c.say.handshake[t]
	if !ok {
		return c.say.handshakeOther
	}
	return s.with(c.say.parts(e.From, e.To))
}

// handshake says what the values in a handshake message mean. The note is empty
// for messages without values, and for those that cannot be parsed.
func (c *Conversation) handshake(e *inspect.Event, m *inspect.Message) Note {
	if m.ClientHello != nil {
		return c.clientHello(e, m)
	}
	if m.ServerHello != nil {
		return c.serverHello(m)
	}
	h, n, err := tlswire.ParseHandshake(m.Raw)
	if err != nil || n == 0 {
		return nil
	}
	switch m.Type {
	case tlswire.HandshakeTypeEncryptedExtensions:
		return c.encryptedExtensions(h.Body)
	case tlswire.HandshakeTypeCertificate, tlswire.HandshakeTypeCompressedCertificate:
		return c.certificate(e, m)
	case tlswire.HandshakeTypeCertificateRequest:
		return c.certificateRequest(e, m, h.Body)
	case tlswire.HandshakeTypeCertificateStatus:
		return c.certificateStatus(h.Body)
	case tlswire.HandshakeTypeCertificateVerify:
		return c.certificateVerify(e, m, h.Body)
	case tlswire.HandshakeTypeServerKeyExchange:
		return c.serverKeyExchange(e, m, h.Body)
	case tlswire.HandshakeTypeClientKeyExchange:
		return c.clientKeyExchange(e, m)
	case tlswire.HandshakeTypeNewSessionTicket:
		return c.newSessionTicket(m, h.Body)
	case tlswire.HandshakeTypeKeyUpdate:
		return c.keyUpdate(e, h.Body)
	}
	return nil
}

// changeCipherSpec is the switch of keys up to TLS 1.2 (RFC 5246, 7.1), and
// nothing at all in TLS 1.3 (RFC 8446, D.4). One that comes before a version is
// agreed can only be the latter, but of a capture the agreement may be missing.
func (c *Conversation) changeCipherSpec(e *inspect.Event, m *inspect.Message) (n Note) {
	switch v := m.Context.Version; {
	case v == 0 && c.mode == inspect.ModeCapture:
		n.say(c.say.encryptsPerhaps.with(c.say.parts(e.From, e.To)))
		return n
	case v == 0 || v.Is13():
		n.tone(Faint, c.say.compatibility)
		return n
	}
	n.say(c.say.encryptsNow.with(c.say.parts(e.From, e.To)))
	return n
}

// broken tells the first rule that a hello breaks, if it breaks any.
func (c *Conversation) broken(n *Note, faults []tlswire.ParseError) {
	if len(faults) > 0 {
		n.tone(Warning, c.say.breaksRule(Value(faults[0].Error())))
	}
}

// alert says what an alert means and whom it came from. TLS 1.3 gives the level
// no meaning: all but two end the connection (RFC 8446, 6).
func (c *Conversation) alert(e *inspect.Event, m *inspect.Message) (n Note) {
	a, ok := m.Alert()
	if !ok {
		return nil
	}
	tone, name := Fatal, a.String()
	switch {
	case a.Description == tlswire.AlertCloseNotify:
		tone, name = Plain, a.Description.String() // its level, "warning", would only alarm
	case a.Description == tlswire.AlertUserCanceled,
		a.Level == tlswire.AlertLevelWarning && !m.Context.Version.Is13():
		tone = Warning
	}
	n.tone(tone, name)
	n.tone(tone, c.alertSentence(a.Description, e.From, e.To))
	return n
}

func (c *Conversation) keyUpdate(e *inspect.Event, body []byte) (n Note) {
	request, err := tlswire.ParseKeyUpdate(body)
	if err != nil {
		return nil
	}
	s := c.say.keyUpdate
	if request == tlswire.KeyUpdateRequested {
		s = c.say.keyUpdateBoth
	}
	n.say(s.with(c.say.parts(e.From, e.To)))
	return n
}

// newSessionTicket tells how long the session may be resumed: 0 leaves that to
// the client in TLS 1.2 (RFC 5077, 3.3), and forbids it in TLS 1.3 (RFC 8446,
// 4.6.1).
func (c *Conversation) newSessionTicket(m *inspect.Message, body []byte) (n Note) {
	t, err := tlswire.ParseNewSessionTicket(m.Context.Version, body)
	if err != nil {
		return nil
	}
	switch {
	case t.Lifetime > 0:
		n.say(c.say.ticket(c.say.span(int64(t.Lifetime))))
	case m.Context.Version.Is13():
		n.say(c.say.ticketOff)
	default:
		n.say(c.say.ticketOpen)
	}
	if t.MaxEarlyData > 0 {
		n.say(c.say.ticketEarly(Bytes(int64(t.MaxEarlyData))))
	}
	return n
}
