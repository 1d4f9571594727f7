package tlswire

// CertificateVerify is a Certificate Verify, RFC 8446 section 4.4.3 and RFC 5246
// section 7.4.8.
type CertificateVerify struct {
	Scheme    SignatureScheme
	HasScheme bool   // from TLS 1.2 on the scheme is told; before, the key implies it
	Signature []byte // aliases the message
}

// ParseCertificateVerify reads the body of a Certificate Verify. A version of
// zero reads as TLS 1.2.
func ParseCertificateVerify(version Version, body []byte) (*CertificateVerify, error) {
	m := new(CertificateVerify)
	r := newReader("Certificate Verify", body)
	if version.is12() || version.Is13() {
		m.Scheme, m.HasScheme = SignatureScheme(r.uint16("algorithm")), true
	}
	m.Signature = r.vector16("signature")
	r.end("signature")
	if err := r.failure(); err != nil {
		return nil, err
	}
	return m, nil
}
