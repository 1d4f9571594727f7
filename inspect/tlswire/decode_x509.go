package tlswire

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
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
		s.note(Field{Name: "cert_data", Kind: KindMalformed, Text: "cert_data: " + err.Error()})
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
			s.note(Field{Name: "path_length", Kind: KindUint, Uint: uint64(cert.MaxPathLen)})
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

func (s *treeScope) noteText(name, text string) {
	s.note(Field{Name: name, Kind: KindText, Text: text})
}

// noteTexts notes a list of texts, if there are any.
func (s *treeScope) noteTexts(name string, texts []string) {
	if len(texts) == 0 || s.broken {
		return
	}
	at := s.offset()
	list := make([]Field, len(texts))
	for i, text := range texts {
		list[i] = Field{Name: name, Offset: at, Kind: KindText, Text: text}
	}
	s.note(Field{Name: name, Kind: KindList, Fields: list})
}

func (s *treeScope) noteBool(name string, v bool) {
	f := Field{Name: name, Kind: KindBool}
	if v {
		f.Uint = 1
	}
	s.note(f)
}

func (s *treeScope) noteHex(name string, b []byte) {
	if len(b) > 0 {
		s.noteText(name, hex.EncodeToString(b))
	}
}

func (s *treeScope) noteDigest(raw []byte) {
	sum := sha256.Sum256(raw)
	s.noteHex("sha256", sum[:])
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
		sub := treeScope{decoder: s.decoder, rest: list, limit: len(list)}
		sub.timestampList("embedded_scts")
		sub.finish()
		for _, f := range sub.fields {
			f.settle(s.offset())
			s.note(f)
		}
		return
	}
}

// settle makes f and all below it cover no bytes, at the given offset: they
// were read from bytes that another leaf covers.
func (f *Field) settle(offset int) {
	f.Offset, f.Length = offset, 0
	for i := range f.Fields {
		f.Fields[i].settle(offset)
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
