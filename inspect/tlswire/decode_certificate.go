package tlswire

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
)

// certificate reads a Certificate (RFC 8446 section 4.4.2; RFC 5246 section 7.4.2).
func (s *treeScope) certificate() {
	tls13 := s.decoder.ctx.Version.Is13()
	key := s.decoder.ctx.CertificateType == CertificateTypeRawPublicKey
	if key && !tls13 { // RFC 7250 section 3
		s.publicKeyInfo("subject_public_key_info", 3)
		return
	}
	if tls13 {
		s.opaque("certificate_request_context", 1)
	}
	list := s.open("certificate_list", 3)
	for list.more() {
		entry := list.begin()
		if key {
			entry.publicKeyInfo("subject_public_key_info", 3)
		} else if n, ok := entry.length("cert_data", 3); ok {
			entry.tellCertificate(entry.leaf("cert_data", KindEncoded, n).Bytes)
		}
		if tls13 {
			entry.extensions()
		}
		list.end("certificate_entry", KindStruct, &entry)
	}
	s.close("certificate_list", KindList, &list)
}

// compressedCertificate reads a Compressed Certificate (RFC 8879 section 4), and notes
// what the Certificate says that it holds.
func (s *treeScope) compressedCertificate() {
	m := CompressedCertificate{Algorithm: treeCode[CertificateCompressionAlgorithm](s, "algorithm", 2)}
	if f := s.number("uncompressed_length", KindUint, 3); f != nil {
		m.UncompressedLength = uint32(f.Uint)
	}
	f := s.opaque("compressed_certificate_message", 3)
	if f == nil {
		return
	}
	m.Data = f.Bytes
	body, err := m.Decompress()
	if err != nil {
		s.noteMalformed("compressed_certificate_message", errors.Unwrap(err).Error())
		return
	}
	d := s.decoder
	d.message = HandshakeTypeCertificate
	inner := treeScope{decoder: d, rest: body, limit: len(body), mark: len(d.stack)}
	inner.certificate()
	inner.finish()
	for i := inner.mark; i < len(d.stack); i++ {
		d.stack[i].settle(s.offset())
	}
	d.message = HandshakeTypeCompressedCertificate
}

// certificateRequest reads a Certificate Request (RFC 8446 section 4.3.2; RFC 5246 section
// 7.4.4). The signature algorithms came with TLS 1.2.
func (s *treeScope) certificateRequest() {
	if s.decoder.ctx.Version.Is13() {
		s.opaque("certificate_request_context", 1)
		s.extensions()
		return
	}
	treeCodes[ClientCertificateType](s, "certificate_types", "certificate_type", 1, 1)
	if s.decoder.tls12() {
		treeCodes[SignatureScheme](s, "supported_signature_algorithms", "signature_scheme", 2, 2)
	}
	s.distinguishedNames("certificate_authorities")
}

// distinguishedNames reads a vector of X.501 names in DER.
func (s *treeScope) distinguishedNames(name string) {
	list := s.open(name, 2)
	for list.more() {
		f := list.opaque("distinguished_name", 2)
		if f == nil {
			break
		}
		var rdn pkix.RDNSequence
		if rest, err := asn1.Unmarshal(f.Bytes, &rdn); err != nil {
			f.Kind, f.Text = KindMalformed, f.Name+": "+err.Error()
		} else if len(rest) > 0 {
			f.Kind, f.Text = KindMalformed, f.Name+": bytes after its end"
		} else {
			f.Kind, f.Text = KindText, rdn.String()
		}
	}
	s.close(name, KindList, &list)
}

// certificateVerify reads a Certificate Verify (RFC 8446 section 4.4.3; RFC 5246 section
// 7.4.8). Before TLS 1.2 it does not name the algorithm.
func (s *treeScope) certificateVerify() {
	if s.decoder.ctx.Version.Is13() || s.decoder.tls12() {
		treeCode[SignatureScheme](s, "algorithm", 2)
	}
	s.opaque("signature", 2)
}

// certificateURL reads a Certificate URL (RFC 6066 section 5).
func (s *treeScope) certificateURL() {
	treeCode[treeCertChainType](s, "type", 1)
	list := s.open("url_and_hash_list", 2)
	for list.more() {
		entry := list.begin()
		entry.text("url", 2)
		entry.leaf("padding", KindPadding, 1)
		entry.bytes("sha1_hash", 20)
		list.end("url_and_hash", KindStruct, &entry)
	}
	s.close("url_and_hash_list", KindList, &list)
}

// certificateStatus reads a CertificateStatus (RFC 6066 section 8; RFC 6961 section 2.2),
// which is a message, and in TLS 1.3 an extension beside a certificate.
func (s *treeScope) certificateStatus() {
	switch treeCode[CertificateStatusType](s, "status_type", 1) {
	case CertificateStatusTypeOCSP:
		response := s.open("response", 3)
		response.ocspResponse()
		s.close("response", KindStruct, &response)
	case CertificateStatusTypeOCSPMulti:
		list := s.open("ocsp_response_list", 3)
		for list.more() {
			response := list.begin()
			n, _ := response.length("response", 3)
			body := response.enter(n)
			body.ocspResponse()
			body.finish()
			list.end("ocsp_response", KindStruct, &response)
		}
		s.close("ocsp_response_list", KindList, &list)
	default:
		s.remaining("response")
	}
}
