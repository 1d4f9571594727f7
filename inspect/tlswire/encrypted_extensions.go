package tlswire

// EncryptedExtensions is an Encrypted Extensions message, RFC 8446 section
// 4.3.1. Its slices alias the message and are read-only.
type EncryptedExtensions struct {
	Extensions []Extension // in wire order

	ALPN            string       // the protocol that the server chose, RFC 7301 section 3.1
	ServerName      bool         // the server used the name, RFC 6066 section 3
	SupportedGroups []NamedGroup // what the server would prefer next time, RFC 8446 section 4.2.7
	EarlyData       bool         // the server takes the early data, RFC 8446 section 4.2.10

	// What each end will show in its Certificate, X.509 unless another was agreed
	// on: RFC 7250 section 4.2.

	ClientCertificateType CertificateType
	ServerCertificateType CertificateType

	// Malformed is what breaks a rule but leaves the rest readable.
	Malformed []ParseError
}

// ParseEncryptedExtensions reads the body of an Encrypted Extensions message.
func ParseEncryptedExtensions(body []byte) (*EncryptedExtensions, error) {
	m := new(EncryptedExtensions)
	r := newReader("Encrypted Extensions", body)
	m.Extensions = r.extensions(&m.Malformed, func(t ExtensionType, r *reader) {
		switch t {
		case ExtensionTypeALPN:
			m.ALPN = r.protocolName()
		case ExtensionTypeServerName:
			m.ServerName = r.empty(t)
		case ExtensionTypeSupportedGroups:
			m.SupportedGroups = codes16[NamedGroup](r, "named_group_list")
		case ExtensionTypeEarlyData:
			m.EarlyData = r.empty(t)
		case ExtensionTypeClientCertificateType:
			m.ClientCertificateType = CertificateType(r.uint8("client_certificate_type"))
			r.end("client_certificate_type")
		case ExtensionTypeServerCertificateType:
			m.ServerCertificateType = CertificateType(r.uint8("server_certificate_type"))
			r.end("server_certificate_type")
		}
	})
	r.end("extensions")
	if err := r.failure(); err != nil {
		return nil, err
	}
	return m, nil
}
