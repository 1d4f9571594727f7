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

// Certificates returns the certificates of a Certificate message, leaf first,
// and nil for other messages. An entry that crypto/x509 refuses is nil.
// The result is shared and read-only.
func (m *Message) Certificates() []*x509.Certificate {
	if !m.HasType || m.Type != tlswire.HandshakeTypeCertificate {
		return nil
	}
	m.certs.once.Do(func() {
		h, n, err := tlswire.ParseHandshake(m.Raw)
		if err != nil || n == 0 {
			return
		}
		msg, err := tlswire.ParseCertificate(m.Context.Version, h.Body)
		if err != nil {
			return
		}
		for _, entry := range msg.Entries {
			cert, err := x509.ParseCertificate(entry.Data)
			if err != nil {
				cert = nil
			}
			m.certs.list = append(m.certs.list, cert)
		}
	})
	return m.certs.list
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
