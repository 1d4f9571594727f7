package inspect

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"slices"
	"testing"

	"tlsmitm/inspect/tlswire"
)

// TestRawPublicKeys: a key that is shown in the place of certificates is read as one, and
// what it signs is held against it (RFC 7250).
func TestRawPublicKeys(t *testing.T) {
	key := testKeys()["ecdsa"]
	s := &setup{name: "raw key", server: tls.Config{Certificates: []tls.Certificate{key}}}
	rec := s.run(t)
	spki, err := x509.MarshalPKIXPublicKey(key.PrivateKey.(crypto.Signer).Public())
	if err != nil {
		t.Fatal(err)
	}
	list := rec.said(LegServer, newMasterStore(1))
	for i, m := range list {
		if m.raw[0] == byte(tlswire.HandshakeTypeEncryptedExtensions) {
			raw := append(bytes.Clone(m.raw), 0, 20, 0, 1, byte(tlswire.CertificateTypeRawPublicKey))
			binary.BigEndian.PutUint16(raw[2:], uint16(len(raw)-4))
			binary.BigEndian.PutUint16(raw[4:], uint16(len(raw)-6))
			list[i].raw = raw
		}
	}
	list = withCertificates(t, rec, list, func(bool, []byte) []byte {
		n := len(spki)
		body := append([]byte{0, 0, byte((n + 5) >> 8), byte(n + 5), 0, byte(n >> 8), byte(n)}, spki...)
		body = append(body, 0, 0)
		return append([]byte{byte(tlswire.HandshakeTypeCertificate), 0, byte(len(body) >> 8), byte(len(body))}, body...)
	}, key.PrivateKey.(crypto.Signer))
	events := rec.retell(LegServer, newMasterStore(1), list)
	want := []string{"Certificate Verify signature verified", "Finished finished verified", "Finished finished verified"}
	if got := proofsOf(events); !slices.Equal(got, want) {
		t.Errorf("proved %q", got)
	}
	found := 0
	for _, e := range events {
		line := e.AppendJSON(nil)
		if m, ok := e.Body.(*Message); ok && m.Type == tlswire.HandshakeTypeCertificate && m.HasType {
			found++
			tree := m.Tree()
			if bad := tree.Malformed(); bad != nil || tree.CheckCoverage() != nil {
				t.Errorf("%v, %v", bad, tree.CheckCoverage())
			}
			for _, part := range []string{`"certificate_type":{"value":2,`, `"public_key":"ECDSA P-256"`} {
				if !bytes.Contains(line, []byte(part)) {
					t.Errorf("no %s in %s", part, line)
				}
			}
		} else if bytes.Contains(line, []byte(`"certificate_type"`)) {
			t.Errorf("%s", line)
		}
	}
	if found != 1 {
		t.Errorf("%d certificates", found)
	}
	// Up to TLS 1.2 there is no list around it.
	n := len(spki)
	raw := append([]byte{byte(tlswire.HandshakeTypeCertificate), 0, 0, byte(n + 3), 0, 0, byte(n)}, spki...)
	m := &Message{ContentType: tlswire.ContentTypeHandshake, HasType: true, Type: tlswire.HandshakeTypeCertificate, Raw: raw,
		Context: tlswire.Context{Version: tlswire.VersionTLS12, CertificateType: tlswire.CertificateTypeRawPublicKey}}
	if msg := m.CertificateMessage(); msg == nil || len(msg.Entries) != 1 || !bytes.Equal(msg.Entries[0].Data, spki) {
		t.Errorf("%+v", msg)
	}
	tree := m.Tree()
	if bad := tree.Malformed(); bad != nil || tree.CheckCoverage() != nil {
		t.Errorf("%v, %v", bad, tree.CheckCoverage())
	}
	m.Raw = []byte{byte(tlswire.HandshakeTypeCertificate), 0, 0, 3, 0, 0, 0}
	if msg := m.CertificateMessage(); msg == nil || len(msg.Entries) != 0 {
		t.Errorf("none: %+v", msg)
	}
}
