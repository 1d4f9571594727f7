package inspect

import (
	"time"

	"tlsmitm/inspect/tlswire"
)

// maxTickets bounds the TLS 1.2 tickets that wait for their master secret.
const maxTickets = 8

// handshake takes a handshake record's payload, which may hold several messages
// or a part of one (RFC 8446 5.1).
func (f *flow) handshake(seg segment, b []byte, n int, sealed bool) {
	f.overhead += n - len(b)
	if b = f.afterCut(seg, b); len(b) == 0 && n > 0 && f.overhead == 0 {
		return
	}
	joined := len(f.hand) > 0
	if joined {
		f.hand = append(f.hand, b...)
		b = f.hand
	}
	for len(b) > 0 {
		h, n, err := tlswire.ParseHandshake(b)
		if err != nil {
			f.malformed(seg, tlswire.ContentTypeHandshake, b, len(b)+f.overhead, err.Error())
			f.hand, f.overhead = nil, 0
			return
		}
		if n == 0 {
			break
		}
		f.handshakeMessage(seg, clone(h.Raw), sealed)
		b = b[n:]
	}
	f.hand = append(f.hand[:0], b...)
	if len(b) == 0 {
		f.hand = nil
	}
}

// handshakeMessage takes one whole message with its header.
func (f *flow) handshakeMessage(seg segment, raw []byte, sealed bool) {
	h, _, err := tlswire.ParseHandshake(raw)
	if err != nil {
		return // it was parsed a moment ago
	}
	m := &Message{
		ContentType: tlswire.ContentTypeHandshake, Type: h.Type, HasType: true, Name: h.Type.String(),
		Encrypted: sealed, Length: len(raw), Wire: len(raw) + f.overhead, Raw: raw,
	}
	f.overhead = 0
	f.conv.note(f, m, h.Body, seg.at)
	if m.ClientHello != nil || m.ServerHello != nil {
		f.conv.noteHello(m)
	}
	m.Group, m.Resumed = f.conv.group, f.conv.resumed
	m.Context = f.context()
	f.conv.prove(f, m, h.Body, seg.at)
	f.conv.proofs.conclude(f, m)
	f.message(seg, m)
	if c := f.conv; m.ClientHello != nil && c.name == LegServer && !c.retried {
		if client := c.d.find(LegClient); client != nil && client.hello != nil {
			c.d.send(f, seg.at, seg.row, KindTLSDiff, differ(client.hello, m.ClientHello))
		}
	}
	f.after(m, seg)
}

// note takes in what a message says about the handshake. What cannot be parsed
// is shown as it is, and says nothing.
func (c *conversation) note(f *flow, m *Message, body []byte, at time.Time) {
	switch m.Type {
	case tlswire.HandshakeTypeClientHello:
		if h, err := tlswire.ParseClientHello(body); err == nil {
			c.clientHello(m, h, at)
		}
	case tlswire.HandshakeTypeServerHello:
		if h, err := tlswire.ParseServerHello(body); err == nil {
			c.serverHello(m, h)
			if !h.HasPSK {
				c.answerEarly(false, at) // RFC 8446 4.2.10
			}
		}
	case tlswire.HandshakeTypeHelloRetryRequest:
		if h, err := tlswire.ParseDraftHelloRetryRequest(body); err == nil {
			c.answer, c.version, c.suite = h, h.LegacyVersion, h.CipherSuite
			c.retried, c.group = true, h.KeyShare.Group
		}
	case tlswire.HandshakeTypeEncryptedExtensions:
		if ee, err := tlswire.ParseEncryptedExtensions(body); err == nil {
			c.alpn = ee.ALPN
			c.answerEarly(ee.EarlyData, at)
			c.certTypes = [2]tlswire.CertificateType{ee.ClientCertificateType, ee.ServerCertificateType}
		}
	case tlswire.HandshakeTypeCertificate:
		if f.up {
			cert, err := parseCertificate(f.context(), body)
			c.certSent = err == nil && len(cert.Entries) > 0
			return
		}
		c.rejectable = true
		if !c.version.Is13() {
			c.resumed = false // the server declined after all
		}
	case tlswire.HandshakeTypeCertificateRequest:
		c.certAsked = true
	case tlswire.HandshakeTypeServerKeyExchange:
		if ske, err := tlswire.ParseServerKeyExchange(c.version, c.suite, body); err == nil {
			c.group = ske.Group
		}
	case tlswire.HandshakeTypeClientKeyExchange:
		c.exchanged = true
		c.watchPremaster(body)
	case tlswire.HandshakeTypeFinished:
		// Without a key exchange it can only be an earlier session, which a ticket may
		// have named alone (RFC 5077 3.4).
		if !c.version.Is13() && c.answer != nil && !c.exchanged {
			c.resumed = true
		}
	case tlswire.HandshakeTypeNewSessionTicket:
		c.ticket(body)
	}
}

func (c *conversation) clientHello(m *Message, h *tlswire.ClientHello, at time.Time) {
	m.ClientHello = h
	c.hello = h
	defer c.watchKeys()
	if c.retried && c.answer != nil && c.answer.IsHelloRetryRequest() {
		return // the same handshake goes on
	}
	c.helloAt, c.answer = at, nil
	c.retried, c.resumed, c.exchanged, c.done = false, false, false, false
	c.finished = [2]bool{}
	c.flows[0].early = earlyData{}
}

func (c *conversation) serverHello(m *Message, h *tlswire.ServerHello) {
	m.ServerHello = h
	c.answer = h
	c.version, c.suite = h.Version(), h.CipherSuite
	if h.IsHelloRetryRequest() {
		m.Name = "Hello Retry Request"
		c.retried, c.group = true, h.KeyShare.Group
		return
	}
	c.group = h.KeyShare.Group
	if c.version.Is13() {
		c.resumed = h.HasPSK
	} else {
		c.alpn = h.ALPN
		c.resumed = c.isResumption12(h)
		c.certTypes = [2]tlswire.CertificateType{h.ClientCertificateType, h.ServerCertificateType}
	}
}

// ticket remembers a TLS 1.2 session ticket until its master secret is known.
func (c *conversation) ticket(body []byte) {
	if c.version.Is13() || len(c.tickets) >= maxTickets {
		return
	}
	if t, err := tlswire.ParseNewSessionTicket(c.version, body); err == nil && len(t.Ticket) > 0 {
		c.tickets = append(c.tickets, t.Ticket)
		c.bindTickets()
	}
}

// after does what follows once a message has been told of: keys change, and the
// handshake may be complete.
func (f *flow) after(m *Message, seg segment) {
	c := f.conv
	switch m.Type {
	case tlswire.HandshakeTypeFinished:
		if c.version.Is13() && !f.traffic {
			f.traffic, f.opener, f.missed = true, nil, 0
		}
		if f.up {
			c.finished[0] = true
		} else {
			c.finished[1] = true
		}
		if c.finished == [2]bool{true, true} && !c.done {
			c.done, c.doneAt = true, seg.at
			c.bindTickets()
			c.established(f, seg)
			c.proofs.rest(c)
		}
	case tlswire.HandshakeTypeEndOfEarlyData:
		f.early.over = true
	case tlswire.HandshakeTypeKeyUpdate:
		if f.opener == nil {
			return
		}
		if next, err := f.opener.NextGeneration(); err == nil {
			f.opener = next
		}
	}
}

// established sums the handshake up.
func (c *conversation) established(f *flow, seg segment) {
	e := &Established{
		Version: c.version, CipherSuite: c.suite, Group: c.group, ALPN: c.alpn,
		Resumed: c.resumed, HelloRetry: c.retried, ClientCertAsk: c.certAsked, ClientCertSent: c.certSent,
		EncryptedHello: c.ech.accepted, Duration: seg.at.Sub(c.helloAt), Proof: c.proofs.summary,
	}
	if h := c.offered(); h != nil {
		e.ServerName = h.ServerName
	}
	if !e.Version.Is13() && c.resumed {
		e.Group = 0 // no key was exchanged
	}
	c.d.send(f, seg.at, seg.row, KindTLSEstablished, e)
}
