package tlswire

// ClientHello is a Client Hello, RFC 8446 section 4.1.2. Its slices alias the
// message and are read-only.
type ClientHello struct {
	LegacyVersion      Version
	Random             []byte // 32 bytes
	SessionID          []byte // legacy_session_id
	CipherSuites       []CipherSuite
	CompressionMethods []CompressionMethod
	Extensions         []Extension // in wire order, GREASE and unknown ones too; nil if there is no list

	// What the extensions say, with GREASE values as they are; zero for those
	// that are absent.

	ServerName           string                            // the host_name, RFC 6066 section 3; as it is, not checked
	ALPN                 []string                          // RFC 7301 section 3.1
	SupportedVersions    []Version                         // RFC 8446 section 4.2.1
	SupportedGroups      []NamedGroup                      // RFC 8446 section 4.2.7
	SignatureSchemes     []SignatureScheme                 // RFC 8446 section 4.2.3
	SignatureSchemesCert []SignatureScheme                 // RFC 8446 section 4.2.3
	KeyShares            []KeyShare                        // RFC 8446 section 4.2.8
	SessionTicket        []byte                            // RFC 5077 section 3.2
	HasSessionTicket     bool                              // the extension is there, empty if there is no ticket yet
	PSKIdentities        [][]byte                          // RFC 8446 section 4.2.11
	Binders              [][]byte                          // one for each identity
	BindersLen           int                               // of the list of binders, with its length: it ends the hello
	PSKModes             []PSKKeyExchangeMode              // RFC 8446 section 4.2.9
	EarlyData            bool                              // RFC 8446 section 4.2.10
	Cookie               []byte                            // RFC 8446 section 4.2.2
	ExtendedMasterSecret bool                              // RFC 7627 section 5.1
	EncryptThenMAC       bool                              // RFC 7366 section 2
	StatusRequest        bool                              // RFC 6066 section 8
	ECPointFormats       []ECPointFormat                   // RFC 8422 section 5.1.2
	CertCompression      []CertificateCompressionAlgorithm // RFC 8879 section 3

	// SSL2 says that the hello came in the form of SSL 2.0, RFC 5246 appendix E.2.
	SSL2 bool

	// Malformed is what breaks a rule but leaves the rest readable: the content
	// of an extension, a duplicate, an empty list. What could be read before
	// the fault is in the fields above.
	Malformed []ParseError
}

// ParseClientHello reads the body of a Client Hello. It copies no bytes: the
// result aliases body. It fails with a *ParseError where the message's own
// structure is broken. Rules that are broken within it, such as by the content
// of one extension, are told in Malformed.
func ParseClientHello(body []byte) (*ClientHello, error) {
	h := new(ClientHello)
	r := newReader("Client Hello", body)
	h.LegacyVersion = Version(r.uint16("legacy_version"))
	h.Random = r.bytes("random", 32)
	h.SessionID = r.sessionID(&h.Malformed)

	offset := r.offset()
	suites := r.sub16("cipher_suites")
	h.CipherSuites = list16[CipherSuite](&suites, "cipher_suites")
	r.join(&suites)
	h.rule(len(h.CipherSuites) > 0 || r.failed, "cipher_suites", offset, reasonEmpty)

	offset = r.offset()
	methods := r.sub8("legacy_compression_methods")
	h.CompressionMethods = list8[CompressionMethod](&methods)
	h.rule(len(h.CompressionMethods) > 0 || r.failed, "legacy_compression_methods", offset, reasonEmpty)

	if r.more() { // up to TLS 1.2 the list may be absent, RFC 5246 section 7.4.1.2
		h.Extensions = r.extensions(&h.Malformed, h.extension)
		r.end("extensions")
	}
	if err := r.failure(); err != nil {
		return nil, err
	}
	return h, nil
}

// sessionID reads legacy_session_id, at most 32 bytes.
func (r *reader) sessionID(malformed *[]ParseError) []byte {
	offset := r.offset()
	id := r.vector8("legacy_session_id")
	if len(id) > 32 {
		note(malformed, ParseError{r.message, "legacy_session_id", offset, "longer than 32 bytes"})
	}
	return id
}

// rule notes a rule that is broken unless ok.
func (h *ClientHello) rule(ok bool, field string, offset int, reason string) {
	if !ok {
		note(&h.Malformed, ParseError{"Client Hello", field, offset, reason})
	}
}

// extension reads the content of an extension that is seen for the first time.
func (h *ClientHello) extension(t ExtensionType, r *reader) {
	// RFC 8446 section 4.2.11: its binders cover the hello up to there.
	h.rule(h.PSKIdentities == nil, "pre_shared_key", r.offset(), "is not the last extension")
	switch t {
	case ExtensionTypeServerName:
		h.serverName(r)
	case ExtensionTypeALPN:
		h.ALPN = r.protocolNames()
	case ExtensionTypeSupportedVersions:
		h.SupportedVersions = codes16In8[Version](r, "versions")
	case ExtensionTypeSupportedGroups:
		h.SupportedGroups = codes16[NamedGroup](r, "named_group_list")
	case ExtensionTypeSignatureAlgorithms:
		h.SignatureSchemes = codes16[SignatureScheme](r, "supported_signature_algorithms")
	case ExtensionTypeSignatureAlgorithmsCert:
		h.SignatureSchemesCert = codes16[SignatureScheme](r, "supported_signature_algorithms")
	case ExtensionTypeKeyShare:
		h.keyShares(r)
	case ExtensionTypeKeyShareOld:
		if trial := *r; len(h.KeyShares) == 0 { // the number has had other uses
			shares := new(ClientHello)
			if shares.keyShares(&trial); !trial.failed {
				h.KeyShares = shares.KeyShares
			}
		}
	case ExtensionTypeSessionTicket:
		h.SessionTicket, h.HasSessionTicket = r.all(), true
	case ExtensionTypePreSharedKey:
		h.preSharedKey(r)
	case ExtensionTypePSKKeyExchangeModes:
		h.PSKModes = codes8[PSKKeyExchangeMode](r, "ke_modes")
	case ExtensionTypeEarlyData:
		h.EarlyData = r.empty(t)
	case ExtensionTypeCookie:
		h.Cookie = r.vector16("cookie")
		r.end("cookie")
	case ExtensionTypeExtendedMasterSecret:
		h.ExtendedMasterSecret = r.empty(t)
	case ExtensionTypeEncryptThenMAC:
		h.EncryptThenMAC = r.empty(t)
	case ExtensionTypeStatusRequest:
		h.StatusRequest = true
	case ExtensionTypeECPointFormats:
		h.ECPointFormats = codes8[ECPointFormat](r, "ec_point_format_list")
	case ExtensionTypeCompressCertificate:
		h.CertCompression = codes16In8[CertificateCompressionAlgorithm](r, "algorithms")
	}
}

// serverName reads a ServerNameList, RFC 6066 section 3. Of names of other types
// than host_name, none of which is defined, it skips the bytes.
func (h *ClientHello) serverName(r *reader) {
	list := r.sub16("server_name_list")
	if len(list.rest) == 0 {
		list.fail("server_name_list", list.offset(), reasonEmpty)
	}
	seen := false
	for list.more() {
		offset := list.offset()
		typ := ServerNameType(list.uint8("name_type"))
		name := list.vector16("host_name")
		if list.failed || typ != ServerNameTypeHostName {
			continue
		}
		switch {
		case seen:
			list.fail("host_name", offset, "is there twice")
		case len(name) == 0:
			list.fail("host_name", offset, reasonEmpty)
		}
		if !seen {
			h.ServerName, seen = string(name), true
		}
	}
	r.join(&list)
	r.end("server_name_list")
}

// keyShares reads a KeyShareClientHello, RFC 8446 section 4.2.8. It may be empty,
// to ask for a Hello Retry Request.
func (h *ClientHello) keyShares(r *reader) {
	list := r.sub16("client_shares")
	for list.more() {
		share := KeyShare{Group: NamedGroup(list.uint16("group")), KeyExchange: list.vector16("key_exchange")}
		if !list.failed {
			h.KeyShares = append(h.KeyShares, share)
		}
	}
	r.join(&list)
	r.end("client_shares")
}

// preSharedKey reads an OfferedPsks, RFC 8446 section 4.2.11.
func (h *ClientHello) preSharedKey(r *reader) {
	identities := r.sub16("identities")
	for identities.more() {
		identity := identities.vector16("identity")
		identities.uint32("obfuscated_ticket_age")
		if !identities.failed {
			h.PSKIdentities = append(h.PSKIdentities, identity)
		}
	}
	r.join(&identities)

	offset := r.offset()
	h.BindersLen = len(r.rest)
	binders := r.sub16("binders")
	for binders.more() {
		if b := binders.vector8("binder"); !binders.failed {
			h.Binders = append(h.Binders, b)
		}
	}
	r.join(&binders)
	if len(h.Binders) != len(h.PSKIdentities) {
		r.fail("binders", offset, "are not as many as the identities")
	}
	r.end("binders")
}

// codes16 reads the rest of r as one vector of two-byte code points whose length
// takes two bytes, codes16In8 one whose length takes one, and codes8 one of
// one-byte code points. An empty vector fails r: no such list may be empty.

func codes16[T ~uint16](r *reader, field string) []T {
	offset := r.offset()
	list := r.sub16(field)
	return finishCodes(r, &list, list16[T](&list, field), field, offset)
}

func codes16In8[T ~uint16](r *reader, field string) []T {
	offset := r.offset()
	list := r.sub8(field)
	return finishCodes(r, &list, list16[T](&list, field), field, offset)
}

func codes8[T ~uint8](r *reader, field string) []T {
	offset := r.offset()
	list := r.sub8(field)
	return finishCodes(r, &list, list8[T](&list), field, offset)
}

func finishCodes[T any](r, list *reader, codes []T, field string, offset int) []T {
	r.join(list)
	if len(codes) == 0 {
		r.fail(field, offset, reasonEmpty)
	}
	r.end(field)
	return codes
}

// HasExtension says whether the hello has an extension of that type, whatever
// its content.
func (h *ClientHello) HasExtension(t ExtensionType) bool {
	return findExtension(h.Extensions, t) != nil
}

// VersionRange returns the lowest and the highest version that the client is
// ready to negotiate, of SSL 3.0 to TLS 1.3; zero if it offers none of these.
//
// With supported_versions it is the range of that list without GREASE, drafts
// and unknown versions (RFC 8446 section 4.2.1). Without, it reaches to
// legacy_version, at most TLS 1.2 (RFC 8446 appendix D.2), and as such a client
// has no way to say where it begins, from TLS 1.0, or SSL 3.0 if that is all.
func (h *ClientHello) VersionRange() (lowest, highest Version) {
	if !h.HasExtension(ExtensionTypeSupportedVersions) {
		highest = min(h.LegacyVersion, VersionTLS12)
		if !highest.known() {
			return 0, 0
		}
		return min(highest, VersionTLS10), highest
	}
	for _, v := range h.SupportedVersions {
		if !v.known() {
			continue
		}
		if lowest == 0 || v < lowest {
			lowest = v
		}
		highest = max(highest, v)
	}
	return lowest, highest
}
