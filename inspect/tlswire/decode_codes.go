package tlswire

import "fmt"

// The code points that only the tree shows.

// treeNumbered writes a code point that has no name of its own.
func treeNumbered(what string, v uint64, digits int) string {
	return fmt.Sprintf("%s (0x%0*x)", what, digits, v)
}

// treeChangeCipherSpec is the type of a ChangeCipherSpec (RFC 5246 section 7.1).
type treeChangeCipherSpec uint8

func (t treeChangeCipherSpec) String() string {
	if t == 1 {
		return "change_cipher_spec"
	}
	return unknown8(uint8(t))
}

// treeCertChainType is a CertChainType (RFC 6066 section 5).
type treeCertChainType uint8

func (t treeCertChainType) String() string {
	switch t {
	case 0:
		return "individual_certs"
	case 1:
		return "pkipath"
	}
	return unknown8(uint8(t))
}

// treeHeartbeatType is a HeartbeatMessageType (RFC 6520 section 3).
type treeHeartbeatType uint8

func (t treeHeartbeatType) String() string {
	switch t {
	case 1:
		return "heartbeat_request"
	case 2:
		return "heartbeat_response"
	}
	return unknown8(uint8(t))
}

// treeSSL2Error is an error of SSL 2.0 (draft-hickman-netscape-ssl-00 appendix C.5).
type treeSSL2Error uint16

func (e treeSSL2Error) String() string {
	switch e {
	case 1:
		return "SSL_PE_NO_CIPHER"
	case 2:
		return "SSL_PE_NO_CERTIFICATE"
	case 4:
		return "SSL_PE_BAD_CERTIFICATE"
	case 6:
		return "SSL_PE_UNSUPPORTED_CERTIFICATE_TYPE"
	}
	return unknown16(uint16(e))
}

// treeSCTVersion is the version of a signed certificate timestamp (RFC 6962 section 3.2).
type treeSCTVersion uint8

func (v treeSCTVersion) String() string {
	if v == 0 {
		return "v1"
	}
	return unknown8(uint8(v))
}

// treeCurveBasis is an ECBasisType (RFC 4492 section 5.4).
type treeCurveBasis uint8

const (
	treeTrinomial   treeCurveBasis = 1
	treePentanomial treeCurveBasis = 2
)

func (b treeCurveBasis) String() string {
	switch b {
	case treeTrinomial:
		return "ec_basis_trinomial"
	case treePentanomial:
		return "ec_basis_pentanomial"
	}
	return unknown8(uint8(b))
}

// treeSupplementalDataType is a SupplementalDataType (RFC 4680 section 2).
type treeSupplementalDataType uint16

func (t treeSupplementalDataType) String() string {
	switch t {
	case 0:
		return "user_mapping_data" // RFC 4681 section 3
	case 16386:
		return "authz_data" // RFC 5878 section 3
	}
	return unknown16(uint16(t))
}

// treeOCSPStatus is an OCSPResponseStatus (RFC 6960 section 4.2.1).
type treeOCSPStatus int

func (s treeOCSPStatus) String() string {
	switch s {
	case 0:
		return "successful"
	case 1:
		return "malformedRequest"
	case 2:
		return "internalError"
	case 3:
		return "tryLater"
	case 5:
		return "sigRequired"
	case 6:
		return "unauthorized"
	}
	return fmt.Sprintf("unknown (%d)", int(s))
}

// treeECHVersion is the version of an ECHConfig (RFC 9849 section 4).
type treeECHVersion uint16

const treeECHVersionFinal treeECHVersion = 0xfe0d

func (v treeECHVersion) String() string {
	if v == treeECHVersionFinal {
		return "ECH"
	}
	return unknown16(uint16(v))
}

// treeHPKEKEM is a key encapsulation mechanism (RFC 9180 section 7.1).
type treeHPKEKEM uint16

func (k treeHPKEKEM) String() string {
	switch k {
	case 0x0010:
		return "DHKEM(P-256, HKDF-SHA256)"
	case 0x0011:
		return "DHKEM(P-384, HKDF-SHA384)"
	case 0x0012:
		return "DHKEM(P-521, HKDF-SHA512)"
	case 0x0020:
		return "DHKEM(X25519, HKDF-SHA256)"
	case 0x0021:
		return "DHKEM(X448, HKDF-SHA512)"
	}
	return unknown16(uint16(k))
}
