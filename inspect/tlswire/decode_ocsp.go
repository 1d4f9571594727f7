package tlswire

import (
	"encoding/asn1"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"
)

// treeOCSPBasic identifies the one type of response in use (RFC 6960 section 4.2.1).
var treeOCSPBasic = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 1}

// ocspResponse reads the rest of s as an OCSP response in DER (RFC 6960 section 4.2.1)
// and notes what it says. Its signature is not checked.
func (s *treeScope) ocspResponse() {
	f := s.remaining("der")
	if f == nil {
		return
	}
	raw := cryptobyte.String(f.Bytes)
	var response, basic cryptobyte.String
	var status int
	if !raw.ReadASN1(&response, der.SEQUENCE) || !response.ReadASN1Enum(&status) {
		s.noteMalformed("der", "not an OCSP response (RFC 6960 section 4.2.1)")
		return
	}
	s.noteCode("response_status", uint64(status), treeOCSPStatus(status).String())
	if response.Empty() { // only a successful response has a body
		return
	}
	if !treeReadBasicOCSP(&response, &basic) {
		s.noteMalformed("der", "not a basic OCSP response (RFC 6960 section 4.2.1)")
		return
	}
	if !s.ocspData(&basic) {
		s.noteMalformed("der", "not the data of an OCSP response (RFC 6960 section 4.2.1)")
	}
}

// treeReadBasicOCSP finds the ResponseData in ResponseBytes.
func treeReadBasicOCSP(response, data *cryptobyte.String) bool {
	var explicit, bytes, octets, basic cryptobyte.String
	var id asn1.ObjectIdentifier
	return response.ReadASN1(&explicit, der.Tag(0).Constructed().ContextSpecific()) &&
		explicit.ReadASN1(&bytes, der.SEQUENCE) &&
		bytes.ReadASN1ObjectIdentifier(&id) && id.Equal(treeOCSPBasic) &&
		bytes.ReadASN1(&octets, der.OCTET_STRING) &&
		octets.ReadASN1(&basic, der.SEQUENCE) &&
		basic.ReadASN1(data, der.SEQUENCE)
}

// ocspData notes what a ResponseData says.
func (s *treeScope) ocspData(data *cryptobyte.String) bool {
	var responder, responses cryptobyte.String
	var tag der.Tag
	var produced time.Time
	if !data.SkipOptionalASN1(der.Tag(0).Constructed().ContextSpecific()) || // version
		!data.ReadAnyASN1(&responder, &tag) ||
		!data.ReadASN1GeneralizedTime(&produced) ||
		!data.ReadASN1(&responses, der.SEQUENCE) {
		return false
	}
	s.noteText("produced_at", produced.UTC().Format(time.RFC3339))
	list, ok := s.begin(), true
	for ok && !responses.Empty() {
		single := list.begin()
		ok = single.ocspSingle(&responses)
		list.end("single_response", KindStruct, &single)
	}
	s.end("responses", KindList, &list)
	return ok
}

// ocspSingle notes what a SingleResponse says of one certificate.
func (s *treeScope) ocspSingle(responses *cryptobyte.String) bool {
	var single, id, status cryptobyte.String
	var tag der.Tag
	serial := new(big.Int)
	var this, next time.Time
	if !responses.ReadASN1(&single, der.SEQUENCE) || !single.ReadASN1(&id, der.SEQUENCE) ||
		!id.SkipASN1(der.SEQUENCE) || !id.SkipASN1(der.OCTET_STRING) || !id.SkipASN1(der.OCTET_STRING) ||
		!id.ReadASN1Integer(serial) ||
		!single.ReadAnyASN1(&status, &tag) || !single.ReadASN1GeneralizedTime(&this) {
		return false
	}
	s.noteText("serial_number", treeSerial(serial))
	s.noteText("cert_status", treeOCSPCertStatus(tag))
	if tag == treeOCSPRevoked {
		var revoked time.Time
		if !status.ReadASN1GeneralizedTime(&revoked) {
			return false
		}
		s.noteText("revocation_time", revoked.UTC().Format(time.RFC3339))
	}
	s.noteText("this_update", this.UTC().Format(time.RFC3339))
	var update cryptobyte.String
	var present bool
	if !single.ReadOptionalASN1(&update, &present, der.Tag(0).Constructed().ContextSpecific()) {
		return false
	}
	if present {
		if !update.ReadASN1GeneralizedTime(&next) {
			return false
		}
		s.noteText("next_update", next.UTC().Format(time.RFC3339))
	}
	return true
}

// The choices of CertStatus (RFC 6960 section 4.2.1).
const (
	treeOCSPGood    = der.Tag(0 | 0x80)
	treeOCSPRevoked = der.Tag(1 | 0xa0)
	treeOCSPUnknown = der.Tag(2 | 0x80)
)

func treeOCSPCertStatus(tag der.Tag) string {
	switch tag {
	case treeOCSPGood:
		return "good"
	case treeOCSPRevoked:
		return "revoked"
	case treeOCSPUnknown:
		return "unknown"
	}
	return unknown8(uint8(tag))
}
