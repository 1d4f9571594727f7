package tlswire

// encryptedClientHello reads encrypted_client_hello (RFC 9849 section 5): the outer
// or inner form in a Client Hello, the confirmation in a Hello Retry Request,
// the configurations to retry with in Encrypted Extensions.
func (s *treeScope) encryptedClientHello(string) {
	switch s.decoder.message {
	case HandshakeTypeClientHello:
		if treeCode[ECHClientHelloType](s, "type", 1) == ECHInner {
			return
		}
		suite := s.begin()
		suite.hpkeSuite()
		s.end("cipher_suite", KindStruct, &suite)
		s.uint("config_id", 1)
		s.opaque("enc", 2)
		s.opaque("payload", 2)
	case HandshakeTypeHelloRetryRequest:
		s.bytes("confirmation", 8)
	default:
		s.echConfigs("retry_configs")
	}
}

func (s *treeScope) hpkeSuite() {
	treeCode[HPKEKDF](s, "kdf_id", 2)
	treeCode[HPKEAEAD](s, "aead_id", 2)
}

// echConfigs reads an ECHConfigList (RFC 9849 section 4).
func (s *treeScope) echConfigs(name string) {
	list := s.open(name, 2)
	for list.more() {
		config := list.begin()
		version := treeCode[treeECHVersion](&config, "version", 2)
		n, _ := config.length("contents", 2)
		contents := config.enter(n)
		if version == treeECHVersionFinal {
			contents.echConfigContents()
		} else {
			contents.remaining("contents")
		}
		contents.finish()
		list.end("ech_config", KindStruct, &config)
	}
	s.close(name, KindList, &list)
}

func (s *treeScope) echConfigContents() {
	s.uint("config_id", 1)
	treeCode[treeHPKEKEM](s, "kem_id", 2)
	s.opaque("public_key", 2)
	suites := s.open("cipher_suites", 2)
	for suites.more() {
		suite := suites.begin()
		suite.hpkeSuite()
		suites.end("cipher_suite", KindStruct, &suite)
	}
	s.close("cipher_suites", KindList, &suites)
	s.uint("maximum_name_length", 1)
	s.text("public_name", 1)
	s.opaque("extensions", 2)
}
