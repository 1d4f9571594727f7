package saved

import (
	"bytes"

	"tlsmitm/inspect"
	"tlsmitm/inspect/tlswire"
)

// reasonNotSaved stands where a message's own bytes are not in its line, as in
// lines that somebody took them out of.
const reasonNotSaved = "its bytes were not saved"

// maxRaw is how long a message is at most: decoding takes several times that.
const maxRaw = tlswire.HandshakeHeaderLen + tlswire.MaxHandshake

// message reads a tls.message. Its fields are read from its raw bytes again.
func message(m *members, e *inspect.Event) any {
	msg := &inspect.Message{
		ContentType: tlswire.ContentType(m.uint("content_type", 255)), Name: m.str("name"),
		Encrypted: m.flag("encrypted"), Length: m.count("length"), Wire: m.count("wire"), Reason: m.str("reason"),
	}
	if m.get("type") != nil {
		msg.Type, msg.HasType = tlswire.HandshakeType(m.uint("type", 255)), true
	}
	context := m.object("context")
	msg.Context.Version, msg.Context.CipherSuite, msg.Group = context.agreed()
	msg.Resumed = context.flag("resumed")
	if n, ok := context.code("certificate_type", 255); ok {
		msg.Context.CertificateType = tlswire.CertificateType(n)
	}
	m.within("context", &context)
	msg.Context.FromServer = fromServer(e)
	msg.SSL2, msg.Inner = m.flag("ssl2"), m.flag("inner")
	msg.Context.SSL2 = msg.SSL2
	msg.Proof = proofs(m)
	if msg.Reason != "" {
		return msg
	}
	if m.get("raw") == nil {
		msg.Reason = reasonNotSaved
		msg.Fields = bytes.Clone(m.get("fields"))
		return msg
	}
	if msg.Raw = m.bytes("raw"); len(msg.Raw) > maxRaw {
		m.fail("raw", "is longer than a message can be: %d bytes", len(msg.Raw))
		return nil
	}
	typed(msg)
	return msg
}

// fromServer says whether the end of a leg that speaks as the server sent e.
func fromServer(e *inspect.Event) bool {
	return e.From == inspect.PartyServer || e.From == inspect.PartyProxy && e.Leg == inspect.LegClient
}

// typed sets a message's typed form, where it has one.
func typed(msg *inspect.Message) {
	if !msg.HasType || msg.ContentType != tlswire.ContentTypeHandshake {
		return
	}
	if msg.SSL2 {
		typedSSL2(msg)
		return
	}
	h, n, err := tlswire.ParseHandshake(msg.Raw)
	if err != nil || n == 0 || h.Type != msg.Type {
		return
	}
	switch h.Type {
	case tlswire.HandshakeTypeClientHello:
		if hello, err := tlswire.ParseClientHello(h.Body); err == nil {
			msg.ClientHello = hello
		}
	case tlswire.HandshakeTypeServerHello:
		if hello, err := tlswire.ParseServerHello(h.Body); err == nil {
			msg.ServerHello = hello
		}
	}
}

// typedSSL2 does the same for a message of SSL 2.0.
func typedSSL2(msg *inspect.Message) {
	if tlswire.SSL2MessageType(msg.Type) != tlswire.SSL2ClientHello || len(msg.Raw) < tlswire.SSL2HeaderLen {
		return
	}
	if hello, err := tlswire.ParseSSL2ClientHello(msg.Raw[tlswire.SSL2HeaderLen:]); err == nil {
		msg.ClientHello = hello
	}
}
