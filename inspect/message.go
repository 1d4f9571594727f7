package inspect

import (
	"crypto/x509"
	"sync"

	"tlsmitm/inspect/tlswire"
)

// certificates is a message's certificate list, parsed when first asked for.
type certificates struct {
	once sync.Once
	list []*x509.Certificate
}

// set gives the certificates that were parsed already.
func (c *certificates) set(list []*x509.Certificate) {
	c.once.Do(func() { c.list = list })
}

// Certificates returns the certificates of a Certificate message, compressed or not,
// leaf first, and nil for other messages. An entry that crypto/x509 refuses is nil.
// The result is shared and read-only.
func (m *Message) Certificates() []*x509.Certificate {
	if !m.isCertificate() {
		return nil
	}
	m.certs.once.Do(func() {
		for _, entry := range m.certificateEntries() {
			cert, err := x509.ParseCertificate(entry.Data)
			if err != nil {
				cert = nil
			}
			m.certs.list = append(m.certs.list, cert)
		}
	})
	return m.certs.list
}

func (m *Message) isCertificate() bool {
	return m.HasType && (m.Type == tlswire.HandshakeTypeCertificate || m.Type == tlswire.HandshakeTypeCompressedCertificate)
}

// CertificateMessage returns what a Certificate message says, decompressed if need
// be; nil if the message is another one or cannot be read.
func (m *Message) CertificateMessage() *tlswire.Certificate {
	h, n, err := tlswire.ParseHandshake(m.Raw)
	if err != nil || n == 0 {
		return nil
	}
	body := h.Body
	switch h.Type {
	case tlswire.HandshakeTypeCertificate:
	case tlswire.HandshakeTypeCompressedCertificate:
		compressed, err := tlswire.ParseCompressedCertificate(body)
		if err != nil {
			return nil
		}
		if body, err = compressed.Decompress(); err != nil {
			return nil
		}
	default:
		return nil
	}
	msg, err := parseCertificate(m.Context, body)
	if err != nil {
		return nil
	}
	return msg
}

// parseCertificate reads the body of a Certificate, which may be a key alone.
func parseCertificate(ctx tlswire.Context, body []byte) (*tlswire.Certificate, error) {
	if ctx.CertificateType == tlswire.CertificateTypeRawPublicKey && !ctx.Version.Is13() {
		return tlswire.ParseRawPublicKey(body)
	}
	return tlswire.ParseCertificate(ctx.Version, body)
}

func (m *Message) certificateEntries() []tlswire.CertificateEntry {
	if msg := m.CertificateMessage(); msg != nil {
		return msg.Entries
	}
	return nil
}

// Opened says whether the message could be read.
func (m *Message) Opened() bool { return m.Reason == "" }

// Tree decodes the message into its fields; it costs, and is made anew each time.
func (m *Message) Tree() tlswire.Field {
	return tlswire.Decode(m.Context, m.ContentType, m.Raw)
}

// Alert returns the alert that the message is, if it is one that could be read.
func (m *Message) Alert() (tlswire.Alert, bool) {
	if m.ContentType != tlswire.ContentTypeAlert || !m.Opened() {
		return tlswire.Alert{}, false
	}
	a, err := tlswire.ParseAlert(m.Raw)
	return a, err == nil
}
