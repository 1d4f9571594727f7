package tlswire

// ssl2 reads a message of SSL 2.0 with its record's header of two bytes, and returns
// its name. Only messages in the clear come here.
func (s *treeScope) ssl2() string {
	f := s.number("record_length", KindLength, SSL2HeaderLen)
	if f == nil {
		return ContentTypeHandshake.String()
	}
	f.Uint &= 0x7fff
	length, here := int(f.Uint), len(s.rest)
	body := s.enter(min(length, here))
	t := treeTag[SSL2MessageType](&body, "msg_type", 1)
	switch t {
	case SSL2ClientHello:
		body.ssl2ClientHello()
	case SSL2ServerHello:
		body.ssl2ServerHello()
	case SSL2ClientMasterKey:
		body.ssl2ClientMasterKey()
	case SSL2Error: // draft-hickman-netscape-ssl-00 section 3.8
		treeCode[treeSSL2Error](&body, "error_code", 2)
	default:
		body.remaining(treeBody)
	}
	body.finish()
	if here < length && !body.broken {
		s.fail("body", "length %d, but %d left", length, here)
	}
	return t.String()
}

// ssl2Lengths reads the lengths of the parts that end a message.
func (s *treeScope) ssl2Lengths(names ...string) (lengths [3]int) {
	for i, name := range names {
		if f := s.number(name, KindLength, 2); f != nil {
			lengths[i] = int(f.Uint)
		}
	}
	return lengths
}

// ssl2Ciphers reads n bytes of ciphers.
func (s *treeScope) ssl2Ciphers(n int) {
	if n > len(s.rest) {
		s.fail("cipher_specs", "length %d, but %d left", n, len(s.rest))
		return
	}
	list := s.begin()
	list.limit = list.start + n
	list.rest = s.rest[:n]
	for list.more() {
		list.ssl2Cipher("cipher_spec")
	}
	if s.broken {
		return
	}
	fields := s.decoder.pop(list.mark)
	s.rest = s.rest[n:]
	s.push("cipher_specs", KindList, n).Fields = fields
}

func (s *treeScope) ssl2Cipher(name string) {
	if f := s.number(name, KindCode, 3); f != nil {
		f.Text = SSL2CipherKind(f.Uint).String()
	}
}

// ssl2ClientHello reads RFC 5246 appendix E.2.
func (s *treeScope) ssl2ClientHello() {
	treeCode[Version](s, "version", 2)
	n := s.ssl2Lengths("cipher_spec_length", "session_id_length", "challenge_length")
	s.ssl2Ciphers(n[0])
	s.bytes("session_id", n[1])
	s.bytes("challenge", n[2])
}

// ssl2ServerHello reads draft-hickman-netscape-ssl-00 section 2.6.
func (s *treeScope) ssl2ServerHello() {
	s.uint("session_id_hit", 1)
	s.uint("certificate_type", 1)
	treeCode[Version](s, "server_version", 2)
	n := s.ssl2Lengths("certificate_length", "cipher_specs_length", "connection_id_length")
	if f := s.leaf("certificate", KindEncoded, n[0]); f != nil && n[0] > 0 {
		s.tellCertificate(f.Bytes)
	}
	s.ssl2Ciphers(n[1])
	s.bytes("connection_id", n[2])
}

// ssl2ClientMasterKey reads draft-hickman-netscape-ssl-00 section 2.5.
func (s *treeScope) ssl2ClientMasterKey() {
	s.ssl2Cipher("cipher_kind")
	n := s.ssl2Lengths("clear_key_length", "encrypted_key_length", "key_arg_length")
	s.bytes("clear_key", n[0])
	s.bytes("encrypted_key", n[1])
	s.bytes("key_arg", n[2])
}
