package tlswire

// serverKeyExchange reads a Server Key Exchange (RFC 5246 section 7.4.3,
// RFC 8422 section 5.4, RFC 4279 section 2, RFC 5054 section 2.8.2), whose form
// only the cipher suite tells.
func (s *treeScope) serverKeyExchange() {
	suite := s.decoder.ctx.CipherSuite
	switch suite.KeyExchange() {
	case KexRSA: // for export, RFC 2246 section 7.4.3
		s.opaque("rsa_modulus", 2)
		s.opaque("rsa_exponent", 2)
	case KexDHE, KexDHAnon:
		s.serverDHParams()
	case KexECDHE, KexECDHAnon:
		s.serverECDHParams()
	case KexPSK, KexRSAPSK:
		s.text("psk_identity_hint", 2)
	case KexDHEPSK:
		s.text("psk_identity_hint", 2)
		s.serverDHParams()
	case KexECDHEPSK:
		s.text("psk_identity_hint", 2)
		s.serverECDHParams()
	case KexSRP:
		s.opaque("srp_N", 2)
		s.opaque("srp_g", 2)
		s.opaque("srp_s", 1)
		s.opaque("srp_B", 2)
	default:
		s.remaining(treeBody)
		return
	}
	if suite.signsKeyExchange() {
		s.certificateVerify() // the same structure, RFC 5246 section 4.7
	}
}

// serverDHParams reads ServerDHParams (RFC 5246 section 7.4.3).
func (s *treeScope) serverDHParams() {
	s.opaque("dh_p", 2)
	s.opaque("dh_g", 2)
	s.opaque("dh_Ys", 2)
}

// serverECDHParams reads ServerECDHParams (RFC 8422 section 5.4).
func (s *treeScope) serverECDHParams() {
	s.curve()
	s.opaque("public", 1)
}

// curve reads ECParameters (RFC 8422 section 5.4). The explicit forms are those of
// RFC 4492 section 5.4.
func (s *treeScope) curve() {
	switch treeCode[ECCurveType](s, "curve_type", 1) {
	case ECCurveTypeNamedCurve:
		treeCode[NamedGroup](s, "named_curve", 2)
		return
	case ECCurveTypeExplicitPrime:
		s.opaque("prime_p", 1)
	case ECCurveTypeExplicitChar2:
		s.uint("m", 2)
		switch basis := treeCode[treeCurveBasis](s, "basis", 1); basis {
		case treeTrinomial:
			s.opaque("k", 1)
		case treePentanomial:
			s.opaque("k1", 1)
			s.opaque("k2", 1)
			s.opaque("k3", 1)
		default:
			s.fail("basis", "%s", basis)
		}
	default:
		s.fail("curve_params", "the form of this curve type is not defined")
	}
	s.opaque("a", 1)
	s.opaque("b", 1)
	s.opaque("base", 1)
	s.opaque("order", 1)
	s.opaque("cofactor", 1)
}

// clientKeyExchange reads a Client Key Exchange (RFC 5246 section 7.4.7,
// RFC 8422 section 5.7, RFC 4279 section 2, RFC 5054 section 2.8.3).
func (s *treeScope) clientKeyExchange() {
	switch s.decoder.ctx.CipherSuite.KeyExchange() {
	case KexRSA:
		s.encryptedSecret()
	case KexDH, KexDHE, KexDHAnon:
		s.clientPublic("dh_Yc", 2)
	case KexECDH, KexECDHE, KexECDHAnon:
		s.clientPublic("ecdh_Yc", 1)
	case KexPSK:
		s.text("psk_identity", 2)
	case KexRSAPSK:
		s.text("psk_identity", 2)
		s.encryptedSecret()
	case KexDHEPSK:
		s.text("psk_identity", 2)
		s.clientPublic("dh_Yc", 2)
	case KexECDHEPSK:
		s.text("psk_identity", 2)
		s.clientPublic("ecdh_Yc", 1)
	case KexSRP:
		s.opaque("srp_A", 2)
	default:
		s.remaining(treeBody)
	}
}

// encryptedSecret reads an EncryptedPreMasterSecret (RFC 5246 section 7.4.7.1),
// which has no length in SSL 3.0 (RFC 6101 section 5.6.7.1).
func (s *treeScope) encryptedSecret() {
	if s.decoder.ctx.Version == VersionSSL30 {
		s.remaining("encrypted_pre_master_secret")
	} else {
		s.opaque("encrypted_pre_master_secret", 2)
	}
}

// clientPublic reads the client's public key, unless it is in its certificate
// (RFC 5246 section 7.4.7.2).
func (s *treeScope) clientPublic(name string, size int) {
	if s.more() {
		s.opaque(name, size)
	}
}
