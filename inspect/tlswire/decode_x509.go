package tlswire

import (
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"time"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"
)

// tellCertificate notes what a certificate says. One that crypto/x509 refuses
// is noted as malformed: the message around it is not.
func (s *treeScope) tellCertificate(raw []byte) {
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		s.noteMalformed("cert_data", err.Error())
		s.noteDigest(raw)
		return
	}
	s.noteText("subject", cert.Subject.String())
	s.noteText("issuer", cert.Issuer.String())
	s.noteText("serial_number", treeSerial(cert.SerialNumber))
	s.noteText("not_before", cert.NotBefore.UTC().Format(time.RFC3339))
	s.noteText("not_after", cert.NotAfter.UTC().Format(time.RFC3339))
	s.noteTexts("dns_names", cert.DNSNames)
	s.noteTexts("ip_addresses", treeStrings(cert.IPAddresses))
	s.noteTexts("email_addresses", cert.EmailAddresses)
	s.noteTexts("uris", treeStrings(cert.URIs))
	s.noteText("public_key", treePublicKey(cert.PublicKey, cert.RawSubjectPublicKeyInfo))
	s.noteText("signature_algorithm", treeSignatureAlgorithm(cert))
	if cert.BasicConstraintsValid {
		s.noteBool("is_ca", cert.IsCA)
		if cert.MaxPathLen > 0 || cert.MaxPathLenZero {
			s.note("path_length", KindUint).Uint = uint64(cert.MaxPathLen)
		}
	}
	s.noteTexts("key_usage", treeKeyUsages(cert.KeyUsage))
	s.noteTexts("ext_key_usage", treeExtKeyUsages(cert))
	s.noteHex("subject_key_id", cert.SubjectKeyId)
	s.noteHex("authority_key_id", cert.AuthorityKeyId)
	s.noteTexts("ocsp_servers", cert.OCSPServer)
	s.noteTexts("issuing_certificate_urls", cert.IssuingCertificateURL)
	s.noteTexts("crl_distribution_points", cert.CRLDistributionPoints)
	s.noteTexts("policies", treeStrings(cert.Policies))
	s.noteEmbeddedTimestamps(cert)
	s.noteDigest(raw)
}

// treeTimestampsOID marks the certificate extension that holds timestamps of
// certificate transparency logs (RFC 6962 section 3.3).
var treeTimestampsOID = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2}

// noteEmbeddedTimestamps notes the certificate's own timestamps.
func (s *treeScope) noteEmbeddedTimestamps(cert *x509.Certificate) {
	for _, ext := range cert.Extensions {
		if !ext.Id.Equal(treeTimestampsOID) {
			continue
		}
		value := cryptobyte.String(ext.Value)
		var list cryptobyte.String
		if !value.ReadASN1(&list, der.OCTET_STRING) {
			continue
		}
		mark := len(s.decoder.stack)
		sub := treeScope{decoder: s.decoder, rest: list, limit: len(list), mark: mark}
		sub.timestampList("embedded_scts")
		sub.finish()
		notes := s.decoder.stack[mark:]
		for i := range notes {
			notes[i].settle(s.offset())
		}
		return
	}
}

// treeStrings returns the items in words.
func treeStrings[T fmt.Stringer](items []T) []string {
	texts := make([]string, len(items))
	for i, item := range items {
		texts[i] = item.String()
	}
	return texts
}
