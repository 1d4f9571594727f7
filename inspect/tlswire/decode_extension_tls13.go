package tlswire

import (
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
)

// keyShare reads key_share (RFC 8446 section 4.2.8): the client's keys, the server's
// key, or the group that a Hello Retry Request asks for.
func (s *treeScope) keyShare(name string) {
	switch s.decoder.message {
	case HandshakeTypeClientHello:
		list := s.open(name, 2)
		for list.more() {
			entry := list.begin()
			entry.keyShareEntry()
			list.end("key_share_entry", KindStruct, &entry)
		}
		s.close(name, KindList, &list)
	case HandshakeTypeHelloRetryRequest:
		treeCode[NamedGroup](s, "selected_group", 2)
	default:
		s.keyShareEntry()
	}
}

func (s *treeScope) keyShareEntry() {
	treeCode[NamedGroup](s, "group", 2)
	s.opaque("key_exchange", 2)
}

// draftKeyShare reads what was key_share up to draft 22 of TLS 1.3. The number
// has had other users: what does not read as a key share is opaque.
func (s *treeScope) draftKeyShare(name string) {
	trial := s.begin()
	trial.keyShare(name)
	trial.finish()
	whole := Field{Fields: s.decoder.pop(trial.mark)}
	if whole.Malformed() == nil {
		s.keyShare(name)
	} else {
		s.remaining(treeData)
	}
}

// preSharedKey reads pre_shared_key (RFC 8446 section 4.2.11).
func (s *treeScope) preSharedKey(string) {
	if s.decoder.message != HandshakeTypeClientHello {
		s.uint("selected_identity", 2)
		return
	}
	list := s.open("identities", 2)
	for list.more() {
		identity := list.begin()
		identity.opaque("identity", 2)
		identity.uint("obfuscated_ticket_age", 4)
		list.end("psk_identity", KindStruct, &identity)
	}
	s.close("identities", KindList, &list)
	s.opaques("binders", "psk_binder_entry", 2, 1)
}

// earlyData reads early_data (RFC 8446 section 4.2.10): a limit beside a ticket, else
// without content.
func (s *treeScope) earlyData(name string) {
	if s.decoder.message == HandshakeTypeNewSessionTicket {
		s.uint("max_early_data_size", 4)
	} else {
		s.flag(name)
	}
}

// cookie reads cookie (RFC 8446 section 4.2.2).
func (s *treeScope) cookie(name string) { s.opaque(name, 2) }

// authorities reads certificate_authorities (RFC 8446 section 4.2.4).
func (s *treeScope) authorities(name string) { s.distinguishedNames(name) }

// oidFilters reads oid_filters (RFC 8446 section 4.2.5).
func (s *treeScope) oidFilters(name string) {
	list := s.open(name, 2)
	for list.more() {
		filter := list.begin()
		filter.oid("certificate_extension_oid")
		filter.opaque("certificate_extension_values", 2)
		list.end("oid_filter", KindStruct, &filter)
	}
	s.close(name, KindList, &list)
}

// oid reads an object identifier in DER, with a length prefix of one byte.
func (s *treeScope) oid(name string) {
	f := s.opaque(name, 1)
	if f == nil {
		return
	}
	der := cryptobyte.String(f.Bytes)
	var id asn1.ObjectIdentifier
	if der.ReadASN1ObjectIdentifier(&id) && der.Empty() {
		f.Kind, f.Text = KindText, id.String()
	}
}

// delegatedCredential reads delegated_credential (RFC 9345 section 4): the schemes
// that the client accepts, or the credential beside a certificate.
func (s *treeScope) delegatedCredential(name string) {
	if s.decoder.message != HandshakeTypeCertificate {
		treeCodes[SignatureScheme](s, name, "signature_scheme", 2, 2)
		return
	}
	s.uint("valid_time", 4)
	treeCode[SignatureScheme](s, "dc_cert_verify_algorithm", 2)
	s.publicKeyInfo("asn1_subject_public_key_info", 3)
	treeCode[SignatureScheme](s, "algorithm", 2)
	s.opaque("signature", 2)
}
