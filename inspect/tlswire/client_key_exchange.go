package tlswire

// ClientKeyExchange is a Client Key Exchange, RFC 5246 section 7.4.7, RFC 8422
// section 5.7, RFC 4279 and RFC 5054 section 2.5.4. Which fields it has follows
// from the suite's key exchange. Its slices alias the message and are read-only.
type ClientKeyExchange struct {
	KeyExchange KeyExchange
	Identity    []byte // psk_identity of the PSK exchanges, RFC 4279 section 2
	// EncryptedPreMasterSecret is the secret under the server's RSA key.
	EncryptedPreMasterSecret []byte
	// Public is the client's public value: a point, dh_Yc, or srp_A. It is empty
	// if it is in the client's certificate.
	Public []byte
}

// ParseClientKeyExchange reads the body of a Client Key Exchange, which can't be
// done without the suite. A version of zero reads as TLS 1.2.
func ParseClientKeyExchange(version Version, suite CipherSuite, body []byte) (*ClientKeyExchange, error) {
	m := &ClientKeyExchange{KeyExchange: suite.KeyExchange()}
	r := newReader("Client Key Exchange", body)
	switch m.KeyExchange {
	case KexPSK, KexDHEPSK, KexRSAPSK, KexECDHEPSK:
		m.Identity = r.vector16("psk_identity")
	}
	switch m.KeyExchange {
	case KexPSK:
	case KexRSA:
		if version == VersionSSL30 { // without a length, RFC 6101 section 5.6.7.1
			m.EncryptedPreMasterSecret = r.all()
		} else {
			m.EncryptedPreMasterSecret = r.vector16("encrypted_pre_master_secret")
		}
	case KexRSAPSK:
		m.EncryptedPreMasterSecret = r.vector16("encrypted_pre_master_secret")
	case KexDH, KexDHE, KexDHAnon, KexDHEPSK:
		m.Public = r.implicit("dh_Yc", r.vector16)
	case KexECDH, KexECDHE, KexECDHAnon, KexECDHEPSK:
		m.Public = r.implicit("ecdh_Yc", r.vector8)
	case KexSRP:
		m.Public = r.vector16("srp_A")
	default:
		r.fail("exchange_keys", r.offset(), "unknown for "+suite.String())
	}
	r.end("exchange_keys")
	if err := r.failure(); err != nil {
		return nil, err
	}
	return m, nil
}

// implicit reads a public value that is absent where the client's certificate
// holds it, RFC 5246 section 7.4.7.2.
func (r *reader) implicit(field string, vector func(string) []byte) []byte {
	if !r.more() {
		return nil
	}
	return vector(field)
}
