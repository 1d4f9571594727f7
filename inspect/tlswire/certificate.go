package tlswire

// Certificate is a Certificate message, RFC 8446 section 4.4.2. Its slices alias
// the message and are read-only.
type Certificate struct {
	RequestContext []byte // certificate_request_context, TLS 1.3 alone
	Entries        []CertificateEntry
}

// CertificateEntry is one certificate of the chain, leaf first.
type CertificateEntry struct {
	Data       []byte      // DER, or a public key where RFC 7250 was negotiated
	Extensions []Extension // TLS 1.3 alone
}

// ParseCertificate reads the body of a Certificate message. Up to TLS 1.2, and
// for a version of zero, it is a mere list: RFC 5246 section 7.4.2.
func ParseCertificate(version Version, body []byte) (*Certificate, error) {
	m := new(Certificate)
	r := newReader("Certificate", body)
	if version.Is13() {
		m.RequestContext = r.vector8("certificate_request_context")
	}
	list := r.sub24("certificate_list")
	for list.more() {
		offset := list.offset()
		entry := CertificateEntry{Data: list.vector24("cert_data")}
		if !list.failed && len(entry.Data) == 0 {
			list.fail("cert_data", offset, reasonEmpty)
		}
		if version.Is13() {
			var unchecked []ParseError // no content is read
			entry.Extensions = list.extensions(&unchecked, nil)
		}
		m.Entries = append(m.Entries, entry)
	}
	r.join(&list)
	r.end("certificate_list")
	if err := r.failure(); err != nil {
		return nil, err
	}
	return m, nil
}

// ParseRawPublicKey reads the body of a Certificate message up to TLS 1.2 that holds a
// key in the place of certificates, as one entry, or none (RFC 7250 section 3).
func ParseRawPublicKey(body []byte) (*Certificate, error) {
	m := new(Certificate)
	r := newReader("Certificate", body)
	key := r.vector24("subject_public_key_info")
	r.end("subject_public_key_info")
	if err := r.failure(); err != nil {
		return nil, err
	}
	if len(key) > 0 {
		m.Entries = []CertificateEntry{{Data: key}}
	}
	return m, nil
}

// CompressedCertificate is a Compressed Certificate message, RFC 8879 section 4.
type CompressedCertificate struct {
	Algorithm          CertificateCompressionAlgorithm
	UncompressedLength uint32
	Data               []byte // the compressed Certificate message; aliases the message
}

// ParseCompressedCertificate reads the body of a Compressed Certificate message.
func ParseCompressedCertificate(body []byte) (*CompressedCertificate, error) {
	r := newReader("Compressed Certificate", body)
	m := &CompressedCertificate{
		Algorithm:          CertificateCompressionAlgorithm(r.uint16("algorithm")),
		UncompressedLength: r.uint24("uncompressed_length"),
		Data:               r.vector24("compressed_certificate_message"),
	}
	r.end("compressed_certificate_message")
	if err := r.failure(); err != nil {
		return nil, err
	}
	return m, nil
}

// CertificateStatus is a Certificate Status message, RFC 6066 section 8, or the
// content of a status_request in a TLS 1.3 certificate's extensions.
type CertificateStatus struct {
	Type CertificateStatusType
	// Responses are OCSP responses in DER: one, or with ocsp_multi (RFC 6961
	// section 2.2) one per certificate, empty where there is none.
	Responses [][]byte
}

// ParseCertificateStatus reads the body of a Certificate Status message.
func ParseCertificateStatus(body []byte) (*CertificateStatus, error) {
	r := newReader("Certificate Status", body)
	m := &CertificateStatus{Type: CertificateStatusType(r.uint8("status_type"))}
	if m.Type == CertificateStatusTypeOCSPMulti {
		list := r.sub24("ocsp_response_list")
		for list.more() {
			m.Responses = append(m.Responses, list.vector24("response"))
		}
		r.join(&list)
	} else {
		m.Responses = [][]byte{r.vector24("response")}
	}
	r.end("response")
	if err := r.failure(); err != nil {
		return nil, err
	}
	return m, nil
}
