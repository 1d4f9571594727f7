package tlswire

// CertificateRequest is a Certificate Request, RFC 8446 section 4.3.2 and RFC
// 5246 section 7.4.4. Its slices alias the message and are read-only.
type CertificateRequest struct {
	RequestContext   []byte                  // certificate_request_context, TLS 1.3 alone
	CertificateTypes []ClientCertificateType // up to TLS 1.2
	SignatureSchemes []SignatureScheme       // from TLS 1.2 on
	Authorities      [][]byte                // distinguished names in DER that a certificate may lead up to; any if empty
	Extensions       []Extension             // TLS 1.3 alone

	// Malformed is what breaks a rule but leaves the rest readable.
	Malformed []ParseError
}

// ParseCertificateRequest reads the body of a Certificate Request. A version of
// zero reads as TLS 1.2.
func ParseCertificateRequest(version Version, body []byte) (*CertificateRequest, error) {
	m := new(CertificateRequest)
	r := newReader("Certificate Request", body)
	if version.Is13() {
		m.RequestContext = r.vector8("certificate_request_context")
		m.Extensions = r.extensions(&m.Malformed, func(t ExtensionType, r *reader) {
			switch t {
			case ExtensionTypeSignatureAlgorithms:
				m.SignatureSchemes = codes16[SignatureScheme](r, "supported_signature_algorithms")
			case ExtensionTypeCertificateAuthorities: // RFC 8446 section 4.2.4
				m.Authorities = r.distinguishedNames("authorities")
			}
		})
	} else {
		types := r.sub8("certificate_types")
		m.CertificateTypes = list8[ClientCertificateType](&types)
		if version.is12() {
			schemes := r.sub16("supported_signature_algorithms")
			m.SignatureSchemes = list16[SignatureScheme](&schemes, "supported_signature_algorithms")
			r.join(&schemes)
		}
		m.Authorities = r.distinguishedNames("certificate_authorities")
	}
	r.end("certificate_authorities")
	if err := r.failure(); err != nil {
		return nil, err
	}
	return m, nil
}

// distinguishedNames reads a vector of DistinguishedName, RFC 5246 section 7.4.4.
func (r *reader) distinguishedNames(field string) (names [][]byte) {
	list := r.sub16(field)
	for list.more() {
		names = append(names, list.vector16("distinguished_name"))
	}
	r.join(&list)
	r.end(field)
	return names
}
