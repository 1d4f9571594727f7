package tlswire

// extensions reads a block of extensions (RFC 8446 section 4.2).
func (s *treeScope) extensions() {
	list := s.open("extensions", 2)
	var seen treeExtensionSet
	for list.more() {
		list.extension(&seen)
	}
	s.close("extensions", KindExtensions, &list)
}

// treeExtensionSet is the set of the extension types met in a block.
type treeExtensionSet [1 << 16 / 64]uint64

// add adds t and says whether it was new.
func (e *treeExtensionSet) add(t ExtensionType) bool {
	word, bit := &e[t/64], uint64(1)<<(t%64)
	fresh := *word&bit == 0
	*word |= bit
	return fresh
}

// extension reads one extension into a field of KindExtension or, if not even
// its type and length can be read, into a structure.
func (s *treeScope) extension(seen *treeExtensionSet) {
	ext := s.begin()
	t := treeTag[ExtensionType](&ext, "extension_type", 2)
	n, ok := ext.length("extension_data", 2)
	if !ok {
		s.end("extension", KindStruct, &ext)
		return
	}
	name := t.String()
	if t == ExtensionTypeKeyShareOld {
		name = ExtensionTypeKeyShare.String()
	}
	content := ext.enter(n)
	data := []byte(content.rest)
	decode := treeExtensions[t]
	switch {
	case !seen.add(t):
		content.fail(treeData, "a second extension of this type (RFC 8446 section 4.2)")
	case decode != nil:
		decode(&content, name)
	case n > 0:
		content.remaining(treeData)
	}
	content.finish()
	f := s.end(name, KindExtension, &ext)
	f.Uint, f.Text, f.Bytes = uint64(t), f.Fields[0].Text, data
}

// treeExtensions holds how the content of each extension is read. Most have
// other forms in other messages, which the functions choose by the decoder's
// message. A function gives the field that is the whole content the
// extension's own name.
var treeExtensions = map[ExtensionType]func(s *treeScope, name string){
	ExtensionTypeServerName:                   (*treeScope).serverName,
	ExtensionTypeMaxFragmentLength:            treeSingle[MaxFragmentLength](1), // RFC 6066 section 4
	ExtensionTypeStatusRequest:                (*treeScope).statusRequest,
	ExtensionTypeSupportedGroups:              treeMany[NamedGroup]("named_group", 2, 2),        // RFC 8446 section 4.2.7
	ExtensionTypeECPointFormats:               treeMany[ECPointFormat]("ec_point_format", 1, 1), // RFC 8422 section 5.1.2
	ExtensionTypeSRP:                          (*treeScope).srpUser,
	ExtensionTypeSignatureAlgorithms:          treeMany[SignatureScheme]("signature_scheme", 2, 2), // RFC 8446 section 4.2.3
	ExtensionTypeUseSRTP:                      (*treeScope).useSRTP,
	ExtensionTypeHeartbeat:                    treeSingle[HeartbeatMode](1), // RFC 6520 section 2
	ExtensionTypeALPN:                         (*treeScope).protocolNames,
	ExtensionTypeStatusRequestV2:              (*treeScope).statusRequestV2,
	ExtensionTypeSignedCertificateTimestamp:   (*treeScope).timestamps,
	ExtensionTypeClientCertificateType:        treeOffer[CertificateType]("certificate_type", 1, 1), // RFC 7250 section 3
	ExtensionTypeServerCertificateType:        treeOffer[CertificateType]("certificate_type", 1, 1),
	ExtensionTypePadding:                      (*treeScope).paddingExtension,
	ExtensionTypeEncryptThenMAC:               (*treeScope).flag,                                            // RFC 7366 section 2
	ExtensionTypeExtendedMasterSecret:         (*treeScope).flag,                                            // RFC 7627 section 5.1
	ExtensionTypeCompressCertificate:          treeMany[CertificateCompressionAlgorithm]("algorithm", 1, 2), // RFC 8879 section 3
	ExtensionTypeRecordSizeLimit:              (*treeScope).recordSizeLimit,
	ExtensionTypeDelegatedCredential:          (*treeScope).delegatedCredential,
	ExtensionTypeSessionTicket:                (*treeScope).sessionTicket,
	ExtensionTypePreSharedKey:                 (*treeScope).preSharedKey,
	ExtensionTypeEarlyData:                    (*treeScope).earlyData,
	ExtensionTypeSupportedVersions:            treeOffer[Version]("version", 1, 2), // RFC 8446 section 4.2.1
	ExtensionTypeCookie:                       (*treeScope).cookie,
	ExtensionTypePSKKeyExchangeModes:          treeMany[PSKKeyExchangeMode]("psk_key_exchange_mode", 1, 1), // RFC 8446 section 4.2.9
	ExtensionTypeCertificateAuthorities:       (*treeScope).authorities,
	ExtensionTypeOIDFilters:                   (*treeScope).oidFilters,
	ExtensionTypePostHandshakeAuth:            (*treeScope).flag,                                   // RFC 8446 section 4.2.6
	ExtensionTypeSignatureAlgorithmsCert:      treeMany[SignatureScheme]("signature_scheme", 2, 2), // RFC 8446 section 4.2.3
	ExtensionTypeKeyShare:                     (*treeScope).keyShare,
	ExtensionTypeKeyShareOld:                  (*treeScope).draftKeyShare,
	ExtensionTypeQUICTransportParameters:      (*treeScope).quicTransportParameters,
	ExtensionTypeQUICTransportParametersDraft: (*treeScope).quicTransportParameters,
	ExtensionTypeNextProtocolNegotiation:      (*treeScope).nextProtocols,
	ExtensionTypeApplicationSettingsOld:       (*treeScope).applicationSettings,
	ExtensionTypeApplicationSettings:          (*treeScope).applicationSettings,
	ExtensionTypeEncryptedClientHello:         (*treeScope).encryptedClientHello,
	ExtensionTypeECHOuterExtensions:           treeMany[ExtensionType]("extension_type", 1, 2), // RFC 9849 section 5.1
	ExtensionTypeRenegotiationInfo:            (*treeScope).renegotiationInfo,
}

// treeSingle reads an extension that is one code point.
func treeSingle[T treeCodePoint](size int) func(*treeScope, string) {
	return func(s *treeScope, name string) { treeCode[T](s, name, size) }
}

// treeMany reads an extension that is a vector of code points.
func treeMany[T treeCodePoint](element string, prefix, size int) func(*treeScope, string) {
	return func(s *treeScope, name string) { treeCodes[T](s, name, element, prefix, size) }
}

// treeOffer reads an extension in which a client offers a vector of code points
// and a server answers with one of them.
func treeOffer[T treeCodePoint](element string, prefix, size int) func(*treeScope, string) {
	return func(s *treeScope, name string) {
		if s.decoder.message == HandshakeTypeClientHello {
			treeCodes[T](s, name, element, prefix, size)
		} else {
			treeCode[T](s, name, size)
		}
	}
}
