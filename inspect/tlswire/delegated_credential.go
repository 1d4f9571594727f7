package tlswire

// DelegatedCredential is a key that a certificate's key vouches for, RFC 9345
// section 4. Its slices alias the input.
type DelegatedCredential struct {
	ValidTime       uint32          // seconds after the certificate's notBefore
	VerifyAlgorithm SignatureScheme // dc_cert_verify_algorithm: what the key signs with
	PublicKey       []byte          // a SubjectPublicKeyInfo
	Algorithm       SignatureScheme // of the certificate's signature on this
	Signature       []byte

	// Signed is everything before the signature: what it covers, after a context
	// and the certificate.
	Signed []byte
}

// ParseDelegatedCredential reads what a delegated_credential extension beside a
// certificate holds.
func ParseDelegatedCredential(data []byte) (*DelegatedCredential, error) {
	r := newReader("Certificate", data)
	m := &DelegatedCredential{
		ValidTime:       r.uint32("valid_time"),
		VerifyAlgorithm: SignatureScheme(r.uint16("dc_cert_verify_algorithm")),
		PublicKey:       r.vector24("ASN1_subjectPublicKeyInfo"),
		Algorithm:       SignatureScheme(r.uint16("algorithm")),
	}
	m.Signed = data[:r.offset()]
	m.Signature = r.vector16("signature")
	r.end("signature")
	if err := r.failure(); err != nil {
		return nil, err
	}
	return m, nil
}

// DelegatedCredential returns the delegated_credential that stands beside a
// certificate, or nil.
func (e *CertificateEntry) DelegatedCredential() []byte {
	if x := findExtension(e.Extensions, ExtensionTypeDelegatedCredential); x != nil {
		return x.Data
	}
	return nil
}
