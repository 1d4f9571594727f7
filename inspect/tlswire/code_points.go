package tlswire

import "fmt"

// Code points of single fields and extensions, each with the document that
// defines it.

// CompressionMethod compresses records, RFC 3749. TLS 1.3 has none.
type CompressionMethod uint8

// The TLS Compression Method Identifiers registry.
const (
	CompressionNull    CompressionMethod = 0  // RFC 3749 section 2
	CompressionDeflate CompressionMethod = 1  // RFC 3749 section 2.1
	CompressionLZS     CompressionMethod = 64 // RFC 3943
)

// String returns the method's name in the registry.
func (m CompressionMethod) String() string {
	switch m {
	case CompressionNull:
		return "null"
	case CompressionDeflate:
		return "DEFLATE"
	case CompressionLZS:
		return "LZS"
	}
	return unknown8(uint8(m))
}

// ServerNameType is the type of a name in server_name, RFC 6066 section 3.
type ServerNameType uint8

// ServerNameTypeHostName is the only type of name that was ever defined.
const ServerNameTypeHostName ServerNameType = 0

// String returns "host_name".
func (t ServerNameType) String() string {
	if t == ServerNameTypeHostName {
		return "host_name"
	}
	return unknown8(uint8(t))
}

// PSKKeyExchangeMode says what a pre-shared key is mixed with, RFC 8446 section 4.2.9.
type PSKKeyExchangeMode uint8

// The TLS PskKeyExchangeMode registry.
const (
	PSKModeKE    PSKKeyExchangeMode = 0 // nothing
	PSKModeDHEKE PSKKeyExchangeMode = 1 // an (EC)DHE exchange
)

// IsGREASE says whether m is reserved by RFC 8701 section 2 to keep peers tolerant.
func (m PSKKeyExchangeMode) IsGREASE() bool {
	switch m {
	case 0x0b, 0x2a, 0x49, 0x68, 0x87, 0xa6, 0xc5, 0xe4:
		return true
	}
	return false
}

// String returns the mode's name in the registry.
func (m PSKKeyExchangeMode) String() string {
	switch {
	case m == PSKModeKE:
		return "psk_ke"
	case m == PSKModeDHEKE:
		return "psk_dhe_ke"
	case m.IsGREASE():
		return fmt.Sprintf("GREASE (0x%02x)", uint8(m))
	}
	return unknown8(uint8(m))
}

// ECPointFormat is an encoding of points on a curve, RFC 8422 section 5.1.2.
type ECPointFormat uint8

// The TLS EC Point Formats registry.
const (
	ECPointUncompressed            ECPointFormat = 0
	ECPointANSIX962CompressedPrime ECPointFormat = 1 // RFC 4492 section 5.1.2
	ECPointANSIX962CompressedChar2 ECPointFormat = 2 // RFC 4492 section 5.1.2
)

// String returns the format's name in the registry.
func (f ECPointFormat) String() string {
	switch f {
	case ECPointUncompressed:
		return "uncompressed"
	case ECPointANSIX962CompressedPrime:
		return "ansiX962_compressed_prime"
	case ECPointANSIX962CompressedChar2:
		return "ansiX962_compressed_char2"
	}
	return unknown8(uint8(f))
}

// ECCurveType says how a Server Key Exchange gives its curve, RFC 8422 section 5.4.
type ECCurveType uint8

// The TLS EC Curve Types registry.
const (
	ECCurveTypeExplicitPrime ECCurveType = 1 // RFC 4492 section 5.4
	ECCurveTypeExplicitChar2 ECCurveType = 2 // RFC 4492 section 5.4
	ECCurveTypeNamedCurve    ECCurveType = 3
)

// String returns the type's name in the registry.
func (t ECCurveType) String() string {
	switch t {
	case ECCurveTypeExplicitPrime:
		return "explicit_prime"
	case ECCurveTypeExplicitChar2:
		return "explicit_char2"
	case ECCurveTypeNamedCurve:
		return "named_curve"
	}
	return unknown8(uint8(t))
}

// MaxFragmentLength is the limit that max_fragment_length asks for, RFC 6066 section 4.
type MaxFragmentLength uint8

// String returns the limit as the RFC writes it: "2^9" to "2^12".
func (l MaxFragmentLength) String() string {
	if l >= 1 && l <= 4 {
		return fmt.Sprintf("2^%d", 8+l)
	}
	return unknown8(uint8(l))
}

// HeartbeatMode says whether a peer may send heartbeats, RFC 6520 section 2.
type HeartbeatMode uint8

// String returns the mode's name in the registry.
func (m HeartbeatMode) String() string {
	switch m {
	case 1:
		return "peer_allowed_to_send"
	case 2:
		return "peer_not_allowed_to_send"
	}
	return unknown8(uint8(m))
}

// SRTPProtectionProfile is a profile of use_srtp, RFC 5764 section 4.1.2.
type SRTPProtectionProfile uint16

// String returns the profile's name in the registry.
func (p SRTPProtectionProfile) String() string { return name16(srtpProfiles, uint16(p)) }

// srtpProfiles is the DTLS-SRTP Protection Profiles registry.
var srtpProfiles = []registered{
	{0x0001, "SRTP_AES128_CM_HMAC_SHA1_80"},
	{0x0002, "SRTP_AES128_CM_HMAC_SHA1_32"},
	{0x0005, "SRTP_NULL_HMAC_SHA1_80"},
	{0x0006, "SRTP_NULL_HMAC_SHA1_32"},
	{0x0007, "SRTP_AEAD_AES_128_GCM"},
	{0x0008, "SRTP_AEAD_AES_256_GCM"},
	{0x0009, "DOUBLE_AEAD_AES_128_GCM_AEAD_AES_128_GCM"},
	{0x000a, "DOUBLE_AEAD_AES_256_GCM_AEAD_AES_256_GCM"},
	{0x000b, "SRTP_ARIA_128_CTR_HMAC_SHA1_80"},
	{0x000c, "SRTP_ARIA_128_CTR_HMAC_SHA1_32"},
	{0x000d, "SRTP_ARIA_256_CTR_HMAC_SHA1_80"},
	{0x000e, "SRTP_ARIA_256_CTR_HMAC_SHA1_32"},
	{0x000f, "SRTP_AEAD_ARIA_128_GCM"},
	{0x0010, "SRTP_AEAD_ARIA_256_GCM"},
}

// ECHClientHelloType says which hello carries an encrypted_client_hello, RFC
// 9849 section 5.
type ECHClientHelloType uint8

// The values of ECHClientHelloType.
const (
	ECHOuter ECHClientHelloType = 0
	ECHInner ECHClientHelloType = 1
)

// String returns "outer" or "inner".
func (t ECHClientHelloType) String() string {
	switch t {
	case ECHOuter:
		return "outer"
	case ECHInner:
		return "inner"
	}
	return unknown8(uint8(t))
}

// HPKEKDF is a key derivation function of HPKE, RFC 9180 section 7.2.
type HPKEKDF uint16

// String returns the function's name in the registry.
func (k HPKEKDF) String() string { return name16(hpkeKDFs, uint16(k)) }

// hpkeKDFs is the HPKE KDF Identifiers registry.
var hpkeKDFs = []registered{
	{0x0001, "HKDF-SHA256"},
	{0x0002, "HKDF-SHA384"},
	{0x0003, "HKDF-SHA512"},
}

// HPKEAEAD is an encryption of HPKE, RFC 9180 section 7.3.
type HPKEAEAD uint16

// String returns the encryption's name in the registry.
func (a HPKEAEAD) String() string { return name16(hpkeAEADs, uint16(a)) }

// hpkeAEADs is the HPKE AEAD Identifiers registry.
var hpkeAEADs = []registered{
	{0x0001, "AES-128-GCM"},
	{0x0002, "AES-256-GCM"},
	{0x0003, "ChaCha20Poly1305"},
	{0xffff, "Export-only"},
}
