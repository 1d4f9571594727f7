package explain

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"math"
	"strconv"
	"time"

	"tlsmitm/inspect"
	"tlsmitm/inspect/tlswire"
)

// certificate tells whose certificate is shown, who issued it and how long it
// is still good, as of the event.
func (c *Conversation) certificate(e *inspect.Event, m *inspect.Message) (n Note) {
	msg := m.CertificateMessage()
	if msg == nil {
		return nil
	}
	if len(msg.Entries) == 0 {
		n.tone(Warning, c.say.noCertificate.with(c.say.parts(e.From, e.To)))
		return n
	}
	if m.Context.CertificateType == tlswire.CertificateTypeRawPublicKey {
		n.say(c.say.rawKey)
		if key, err := x509.ParsePKIXPublicKey(msg.Entries[0].Data); err == nil {
			n.say(keyOf(&x509.Certificate{PublicKey: key}))
		}
		return n
	}
	certs := m.Certificates()
	if len(certs) == 0 || certs[0] == nil {
		n.tone(Warning, c.say.unreadableCertificate)
		return n
	}
	leaf := certs[0]
	switch subject := subjectOf(leaf); {
	case minted(e):
		n.say(c.say.minted(subject))
	case string(leaf.RawSubject) == string(leaf.RawIssuer):
		n.say(c.say.selfIssued(subject))
	default:
		n.say(c.say.issued(subject, issuerOf(leaf)))
	}
	c.validity(&n, leaf, e.Time)
	n.say(keyOf(leaf))
	n.say(c.say.chain(len(msg.Entries)))
	for _, x := range msg.Entries[0].Extensions {
		if x.Type == tlswire.ExtensionTypeStatusRequest {
			n.say(c.say.stapled)
		}
	}
	return n
}

// minted says whether a certificate is one that the proxy made.
func minted(e *inspect.Event) bool {
	return e.Leg == inspect.LegClient && e.From == inspect.PartyProxy
}

// soonDays is how many days before its end a certificate is worth a warning.
const soonDays = 14

func (c *Conversation) validity(n *Note, cert *x509.Certificate, now time.Time) {
	days := func(d time.Duration) int { return int(math.Ceil(d.Hours() / 24)) }
	switch {
	case now.Before(cert.NotBefore):
		n.tone(Fatal, c.say.validFrom(cert.NotBefore.UTC().Format(time.DateOnly)))
	case now.After(cert.NotAfter):
		n.tone(Fatal, c.say.expired(days(now.Sub(cert.NotAfter))))
	default:
		hours := int(cert.NotAfter.Sub(now).Hours())
		tone := Plain
		if hours < 24*soonDays {
			tone = Warning
		}
		if hours < 48 {
			n.tone(tone, c.say.hoursLeft(hours))
		} else {
			n.tone(tone, c.say.daysLeft(hours/24))
		}
	}
}

// subjectOf names a certificate by its common name or, as many have none any
// more, by the first of its other names.
func subjectOf(cert *x509.Certificate) string {
	switch {
	case cert.Subject.CommonName != "":
		return "CN=" + Value(cert.Subject.CommonName)
	case len(cert.DNSNames) > 0:
		return Value(cert.DNSNames[0])
	case len(cert.IPAddresses) > 0:
		return cert.IPAddresses[0].String()
	}
	return Value(cert.Subject.String())
}

func issuerOf(cert *x509.Certificate) string {
	if cn := cert.Issuer.CommonName; cn != "" {
		return Value(cn)
	}
	return Value(cert.Issuer.String())
}

// keyOf names a certificate's public key by kind and size.
func keyOf(cert *x509.Certificate) string {
	switch key := cert.PublicKey.(type) {
	case *ecdsa.PublicKey:
		return "ECDSA " + key.Curve.Params().Name
	case *rsa.PublicKey:
		return "RSA " + strconv.Itoa(key.N.BitLen())
	case ed25519.PublicKey:
		return "Ed25519"
	}
	return ""
}

func (c *Conversation) certificateRequest(e *inspect.Event, m *inspect.Message, body []byte) (n Note) {
	msg, err := tlswire.ParseCertificateRequest(m.Context.Version, body)
	if err != nil {
		return nil
	}
	n.say(c.say.asksCertificate.with(c.say.parts(e.From, e.To)))
	if len(msg.SignatureSchemes) > 0 {
		n.say(c.say.schemes(len(msg.SignatureSchemes)))
	}
	if len(msg.Authorities) > 0 {
		n.say(c.say.authorities(len(msg.Authorities)))
	} else {
		n.say(c.say.anyAuthority)
	}
	return n
}

// certificateStatus tells of an OCSP answer that came along (RFC 6066, 8).
func (c *Conversation) certificateStatus(body []byte) (n Note) {
	msg, err := tlswire.ParseCertificateStatus(body)
	if err != nil {
		return nil
	}
	size := 0
	for _, r := range msg.Responses {
		size += len(r)
	}
	n.say(c.say.ocsp(Bytes(int64(size))))
	return n
}

// certificateVerify is the signature that goes with a certificate.
func (c *Conversation) certificateVerify(e *inspect.Event, m *inspect.Message, body []byte) (n Note) {
	msg, err := tlswire.ParseCertificateVerify(m.Context.Version, body)
	if err != nil {
		return nil
	}
	if msg.HasScheme {
		n.say(msg.Scheme.String())
	}
	s := c.say.proves
	if minted(e) {
		s = c.say.provesMinted
	}
	n.say(s.with(c.say.parts(e.From, e.To)))
	return n
}
