package tlswire

// CertificateType is what a Certificate message carries, RFC 7250 section 3.
type CertificateType uint8

// The TLS Certificate Types registry.
const (
	CertificateTypeX509         CertificateType = 0 // RFC 6091
	CertificateTypeOpenPGP      CertificateType = 1 // RFC 6091
	CertificateTypeRawPublicKey CertificateType = 2 // RFC 7250
	CertificateType1609Dot2     CertificateType = 3 // RFC 8902
)

// String returns the type's name in the registry.
func (t CertificateType) String() string {
	switch t {
	case CertificateTypeX509:
		return "X509"
	case CertificateTypeOpenPGP:
		return "OpenPGP"
	case CertificateTypeRawPublicKey:
		return "RawPublicKey"
	case CertificateType1609Dot2:
		return "1609Dot2"
	}
	return unknown8(uint8(t))
}

// CertificateStatusType is a kind of certificate status, RFC 6066 section 8.
type CertificateStatusType uint8

// The TLS Certificate Status Types registry.
const (
	CertificateStatusTypeOCSP      CertificateStatusType = 1 // RFC 6066 section 8
	CertificateStatusTypeOCSPMulti CertificateStatusType = 2 // RFC 6961 section 2.2
)

// String returns the type's name in the registry.
func (t CertificateStatusType) String() string {
	switch t {
	case CertificateStatusTypeOCSP:
		return "ocsp"
	case CertificateStatusTypeOCSPMulti:
		return "ocsp_multi"
	}
	return unknown8(uint8(t))
}

// CertificateCompressionAlgorithm compresses a Certificate message, RFC 8879 section 3.
type CertificateCompressionAlgorithm uint16

// The TLS Certificate Compression Algorithm IDs registry.
const (
	CertificateCompressionZlib   CertificateCompressionAlgorithm = 1
	CertificateCompressionBrotli CertificateCompressionAlgorithm = 2
	CertificateCompressionZstd   CertificateCompressionAlgorithm = 3
)

// String returns the algorithm's name in the registry.
func (a CertificateCompressionAlgorithm) String() string {
	switch a {
	case CertificateCompressionZlib:
		return "zlib"
	case CertificateCompressionBrotli:
		return "brotli"
	case CertificateCompressionZstd:
		return "zstd"
	}
	return unknown16(uint16(a))
}

// ClientCertificateType is a kind of certificate that a server takes from a
// client, RFC 5246 section 7.4.4.
type ClientCertificateType uint8

// String returns the type's name in the TLS ClientCertificateType Identifiers
// registry: "rsa_sign".
func (t ClientCertificateType) String() string {
	if name, ok := lookup(clientCertificateTypes, uint16(t)); ok {
		return name
	}
	return unknown8(uint8(t))
}

// clientCertificateTypes is the TLS ClientCertificateType Identifiers registry,
// and two GOST types of before it.
var clientCertificateTypes = []registered{
	// RFC 5246 section 7.4.4
	{1, "rsa_sign"},
	{2, "dss_sign"},
	{3, "rsa_fixed_dh"},
	{4, "dss_fixed_dh"},
	{5, "rsa_ephemeral_dh"},
	{6, "dss_ephemeral_dh"},
	{20, "fortezza_dms"},
	{21, "gostr341094"},
	{22, "gostr34102001"},
	// RFC 8422 section 5.5
	{64, "ecdsa_sign"},
	{65, "rsa_fixed_ecdh"},
	{66, "ecdsa_fixed_ecdh"},
	// RFC 9189
	{67, "gost_sign256"},
	{68, "gost_sign512"},
	// GB/T 38636
	{80, "ibc_params"},
}
