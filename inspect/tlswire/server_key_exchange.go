package tlswire

import "math/bits"

// ServerKeyExchange is a Server Key Exchange, RFC 5246 section 7.4.3, RFC 8422
// section 5.4, RFC 4279 and RFC 5054 section 2.5.3. Which fields it has follows
// from the suite's key exchange. Its slices alias the message and are read-only.
type ServerKeyExchange struct {
	KeyExchange  KeyExchange
	IdentityHint []byte // psk_identity_hint of the PSK exchanges, RFC 4279 section 2

	// Elliptic curves.

	CurveType ECCurveType
	Group     NamedGroup

	// Numbers: Diffie-Hellman's dh_p and dh_g, SRP's N and g, or the modulus and
	// the exponent of an export suite's RSA key.

	Prime       []byte
	Generator   []byte
	DHPrimeBits int    // the length of Prime in bits
	Salt        []byte // srp_s

	Public []byte // the server's public value: a point, dh_Ys, or srp_B

	// Params is everything before the algorithm and the signature: what is signed,
	// after both randoms.
	Params []byte

	Scheme    SignatureScheme
	HasScheme bool   // from TLS 1.2 on
	Signature []byte // empty where the suite authenticates in another way
}

// ParseServerKeyExchange reads the body of a Server Key Exchange, which can't be
// done without the suite. A version of zero reads as TLS 1.2.
func ParseServerKeyExchange(version Version, suite CipherSuite, body []byte) (*ServerKeyExchange, error) {
	m := &ServerKeyExchange{KeyExchange: suite.KeyExchange()}
	r := newReader("Server Key Exchange", body)
	m.params(&r, suite)
	m.Params = body[:r.offset()]
	if suite.signsKeyExchange() {
		if version.is12() {
			m.Scheme, m.HasScheme = SignatureScheme(r.uint16("algorithm")), true
		}
		m.Signature = r.vector16("signature")
	}
	r.end("server_key_exchange")
	if err := r.failure(); err != nil {
		return nil, err
	}
	m.DHPrimeBits = bitLen(m.Prime)
	return m, nil
}

func (m *ServerKeyExchange) params(r *reader, suite CipherSuite) {
	switch m.KeyExchange {
	case KexECDHE, KexECDHAnon:
		m.curve(r)
	case KexDHE, KexDHAnon:
		m.diffieHellman(r)
	case KexPSK, KexRSAPSK:
		m.IdentityHint = r.vector16("psk_identity_hint")
	case KexDHEPSK:
		m.IdentityHint = r.vector16("psk_identity_hint")
		m.diffieHellman(r)
	case KexECDHEPSK: // RFC 5489 section 2
		m.IdentityHint = r.vector16("psk_identity_hint")
		m.curve(r)
	case KexSRP:
		m.Prime = r.vector16("srp_N")
		m.Generator = r.vector16("srp_g")
		m.Salt = r.vector8("srp_s")
		m.Public = r.vector16("srp_B")
	case KexRSA: // RFC 2246 section 7.4.3, for export alone
		m.Prime = r.vector16("rsa_modulus")
		m.Generator = r.vector16("rsa_exponent")
	default:
		r.fail("params", r.offset(), "unknown for "+suite.String())
	}
}

// curve reads ServerECDHParams, RFC 8422 section 5.4. Curves other than named
// ones are not read: RFC 8422 took them out, and no one had ever used them.
func (m *ServerKeyExchange) curve(r *reader) {
	offset := r.offset()
	m.CurveType = ECCurveType(r.uint8("curve_type"))
	if !r.failed && m.CurveType != ECCurveTypeNamedCurve {
		r.fail("curve_type", offset, m.CurveType.String()+" can't be read")
	}
	m.Group = NamedGroup(r.uint16("namedcurve"))
	m.Public = r.vector8("public")
}

// diffieHellman reads ServerDHParams, RFC 5246 section 7.4.3.
func (m *ServerKeyExchange) diffieHellman(r *reader) {
	m.Prime = r.vector16("dh_p")
	m.Generator = r.vector16("dh_g")
	m.Public = r.vector16("dh_Ys")
}

// bitLen is the length in bits of the big-endian number b.
func bitLen(b []byte) int {
	for i, c := range b {
		if c != 0 {
			return bits.Len8(c) + 8*(len(b)-i-1)
		}
	}
	return 0
}
