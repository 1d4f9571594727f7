package tlswire

import "bytes"

// ServerHello is a Server Hello or a Hello Retry Request, RFC 8446 sections
// 4.1.3 and 4.1.4. Its slices alias the message and are read-only.
type ServerHello struct {
	LegacyVersion     Version
	Random            []byte // 32 bytes
	SessionID         []byte // legacy_session_id_echo
	CipherSuite       CipherSuite
	CompressionMethod CompressionMethod
	Extensions        []Extension // in wire order; nil if there is no list

	// What the extensions say; zero for those that are absent.

	SelectedVersion      Version  // RFC 8446 section 4.2.1
	KeyShare             KeyShare // RFC 8446 section 4.2.8; the group alone in a Hello Retry Request
	ALPN                 string   // RFC 7301 section 3.1; in TLS 1.3 it is in the Encrypted Extensions
	HasPSK               bool     // RFC 8446 section 4.2.11
	SelectedIdentity     uint16   // which of the client's PSK identities, if HasPSK
	SessionTicket        bool     // a New Session Ticket will come, RFC 5077 section 3.2
	ExtendedMasterSecret bool     // RFC 7627 section 5.1
	EncryptThenMAC       bool     // RFC 7366 section 2
	StatusRequest        bool     // a Certificate Status will come, RFC 6066 section 8
	Cookie               []byte   // RFC 8446 section 4.2.2, in a Hello Retry Request

	// What each end will show in its Certificate, X.509 unless another was agreed
	// on: RFC 7250 section 4.2. In TLS 1.3 it is in the Encrypted Extensions.

	ClientCertificateType CertificateType
	ServerCertificateType CertificateType

	// Malformed is what breaks a rule but leaves the rest readable.
	Malformed []ParseError
}

// helloRetryRandom is the SHA-256 of "HelloRetryRequest": a Server Hello with
// this random is a Hello Retry Request, RFC 8446 section 4.1.3.
const helloRetryRandom = "\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91" +
	"\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c"

// ParseServerHello reads the body of a Server Hello or Hello Retry Request, as
// ParseClientHello does a Client Hello's.
func ParseServerHello(body []byte) (*ServerHello, error) {
	h := new(ServerHello)
	r := newReader("Server Hello", body)
	h.LegacyVersion = Version(r.uint16("legacy_version"))
	h.Random = r.bytes("random", 32)
	if h.IsHelloRetryRequest() {
		r.message = "Hello Retry Request"
	}
	draft := h.LegacyVersion.Draft() != 0 // drafts before the 22nd had a form of their own
	if !draft {
		h.SessionID = r.sessionID(&h.Malformed)
	}
	h.CipherSuite = CipherSuite(r.uint16("cipher_suite"))
	if !draft {
		h.CompressionMethod = CompressionMethod(r.uint8("legacy_compression_method"))
	}
	if r.more() { // up to TLS 1.2 the list may be absent, RFC 5246 section 7.4.1.3
		h.Extensions = r.extensions(&h.Malformed, h.extension)
		r.end("extensions")
	}
	if err := r.failure(); err != nil {
		return nil, err
	}
	return h, nil
}

// extension reads the content of an extension that is seen for the first time.
func (h *ServerHello) extension(t ExtensionType, r *reader) {
	switch t {
	case ExtensionTypeSupportedVersions:
		h.SelectedVersion = Version(r.uint16("selected_version"))
		r.end("selected_version")
	case ExtensionTypeKeyShare:
		h.keyShare(r)
	case ExtensionTypeKeyShareOld:
		if h.LegacyVersion.Draft() != 0 || h.SelectedVersion.Draft() != 0 {
			h.keyShare(r)
		}
	case ExtensionTypeALPN:
		h.ALPN = r.protocolName()
	case ExtensionTypePreSharedKey:
		h.SelectedIdentity = r.uint16("selected_identity")
		r.end("selected_identity")
		h.HasPSK = !r.failed
	case ExtensionTypeSessionTicket:
		h.SessionTicket = r.empty(t)
	case ExtensionTypeExtendedMasterSecret:
		h.ExtendedMasterSecret = r.empty(t)
	case ExtensionTypeEncryptThenMAC:
		h.EncryptThenMAC = r.empty(t)
	case ExtensionTypeStatusRequest:
		h.StatusRequest = r.empty(t)
	case ExtensionTypeCookie:
		h.Cookie = r.vector16("cookie")
		r.end("cookie")
	case ExtensionTypeClientCertificateType:
		h.ClientCertificateType = CertificateType(r.uint8("client_certificate_type"))
		r.end("client_certificate_type")
	case ExtensionTypeServerCertificateType:
		h.ServerCertificateType = CertificateType(r.uint8("server_certificate_type"))
		r.end("server_certificate_type")
	}
}

func (h *ServerHello) keyShare(r *reader) {
	if h.IsHelloRetryRequest() {
		h.KeyShare.Group = NamedGroup(r.uint16("selected_group"))
	} else {
		h.KeyShare.Group = NamedGroup(r.uint16("group"))
		h.KeyShare.KeyExchange = r.vector16("key_exchange")
	}
	r.end("key_share")
}

// draftSuiteInRetry is the draft of TLS 1.3 from which on a Hello Retry Request names
// the suite: its hash rewrites the transcript since then.
const draftSuiteInRetry = 19

// ParseDraftHelloRetryRequest reads the body of a Hello Retry Request as it was up to
// draft 21 of TLS 1.3, a message of its own: draft-ietf-tls-tls13-21 section 4.1.4. The
// result has the random of one of today.
func ParseDraftHelloRetryRequest(body []byte) (*ServerHello, error) {
	h := &ServerHello{Random: []byte(helloRetryRandom)}
	r := newReader("Hello Retry Request", body)
	h.LegacyVersion = Version(r.uint16("server_version"))
	if draft := h.LegacyVersion.Draft(); draft == 0 || draft >= draftSuiteInRetry {
		h.CipherSuite = CipherSuite(r.uint16("cipher_suite"))
	}
	h.Extensions = r.extensions(&h.Malformed, h.extension)
	r.end("extensions")
	if err := r.failure(); err != nil {
		return nil, err
	}
	return h, nil
}

// IsHelloRetryRequest says whether the message is a Hello Retry Request, which
// has a Server Hello's type and structure: RFC 8446 section 4.1.3.
func (h *ServerHello) IsHelloRetryRequest() bool {
	return bytes.Equal(h.Random, []byte(helloRetryRandom))
}

// Version returns the version that the server chose.
func (h *ServerHello) Version() Version {
	if h.SelectedVersion != 0 {
		return h.SelectedVersion
	}
	return h.LegacyVersion
}

// HasExtension says whether the hello has an extension of that type, whatever
// its content.
func (h *ServerHello) HasExtension(t ExtensionType) bool {
	return findExtension(h.Extensions, t) != nil
}
