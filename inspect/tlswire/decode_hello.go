package tlswire

// clientHello reads a Client Hello (RFC 8446 section 4.1.2; RFC 5246 section 7.4.1.2). What
// RFC 8446 calls legacy_session_id is session_id here, whatever the version.
func (s *treeScope) clientHello() {
	treeCode[Version](s, "legacy_version", 2)
	s.bytes("random", 32)
	s.opaque("session_id", 1)
	treeCodes[CipherSuite](s, "cipher_suites", "cipher_suite", 2, 2)
	treeCodes[CompressionMethod](s, "compression_methods", "compression_method", 1, 1)
	s.optionalExtensions()
}

// serverHello reads a Server Hello or a Hello Retry Request (RFC 8446 section 4.1.3;
// RFC 5246 section 7.4.1.3). Up to draft 21 of TLS 1.3 it had its own version number
// here, and neither a session id nor a compression method.
func (s *treeScope) serverHello() {
	version := treeCode[Version](s, "legacy_version", 2)
	draft := version.Draft() != 0
	if f := s.bytes("random", len(helloRetryRandom)); f != nil && string(f.Bytes) == helloRetryRandom {
		s.decoder.message = HandshakeTypeHelloRetryRequest
	}
	if !draft {
		s.opaque("session_id", 1)
	}
	treeCode[CipherSuite](s, "cipher_suite", 2)
	if !draft {
		treeCode[CompressionMethod](s, "compression_method", 1)
	}
	s.optionalExtensions()
}

// draftHelloRetryRequest reads the message of type 6 that asked for another
// Client Hello up to draft 21 of TLS 1.3 (draft-ietf-tls-tls13-21 section 4.1.4). The
// suite came with draft 19.
func (s *treeScope) draftHelloRetryRequest() {
	version := treeCode[Version](s, "server_version", 2)
	if version.Draft() == 0 || version.Draft() >= draftSuiteInRetry {
		treeCode[CipherSuite](s, "cipher_suite", 2)
	}
	s.extensions()
}

// optionalExtensions reads the extensions of a message that may end before them
// (RFC 5246 section 7.4.1.2).
func (s *treeScope) optionalExtensions() {
	if s.more() {
		s.extensions()
	}
}
