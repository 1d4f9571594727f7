package tlswire

// Decode takes a message apart: a handshake message with its header, an alert,
// a change cipher spec, a heartbeat message, or application data. It accepts
// anything: what cannot be read is a leaf of KindMalformed that takes the rest
// of the structure that it stands in. The tree aliases raw.
func Decode(ctx Context, ct ContentType, raw []byte) Field {
	d := &treeDecoder{ctx: ctx}
	s := treeScope{decoder: d, rest: raw, limit: len(raw), fields: make([]Field, 0, 12)}
	name := ct.String()
	switch ct {
	case ContentTypeHandshake:
		name = d.handshake(&s)
	case ContentTypeAlert: // RFC 8446 section 6
		treeCode[AlertLevel](&s, "level", 1)
		treeCode[AlertDescription](&s, "description", 1)
	case ContentTypeChangeCipherSpec: // RFC 5246 section 7.1
		treeCode[treeChangeCipherSpec](&s, "type", 1)
	case ContentTypeHeartbeat:
		s.heartbeat()
	default:
		s.remaining(treeData)
	}
	s.finish()
	return Field{Name: name, Length: len(raw), Kind: KindStruct, Fields: s.fields}
}

// treeDecoder is what the decoders of one message share.
type treeDecoder struct {
	ctx     Context
	message HandshakeType // HandshakeTypeHelloRetryRequest for a Server Hello that is one
}

// tls12 says whether the connection speaks TLS 1.2, or it is not known what.
func (d *treeDecoder) tls12() bool { return d.ctx.Version == VersionTLS12 || d.ctx.Version == 0 }

// draft returns the number of the TLS 1.3 draft that the connection speaks, or 0.
func (d *treeDecoder) draft() int {
	if v := d.ctx.Version; !v.is13() || v == VersionTLS13 { // draft-ietf-tls-tls13-28 section 4.2.1.1
		return 0
	}
	return int(d.ctx.Version & 0xff)
}

// handshake reads a handshake message (RFC 8446 section 4) and returns its name.
func (d *treeDecoder) handshake(s *treeScope) string {
	d.message = treeTag[HandshakeType](s, "msg_type", 1)
	length, ok := s.number("length", KindLength, 3)
	if !ok {
		return ContentTypeHandshake.String()
	}
	n := min(int(length), len(s.rest))
	body := s.enter(n)
	d.body(&body)
	s.leave(&body)
	if n < int(length) && !body.broken {
		s.fail("length", "says %d bytes, %d are there", length, n)
	}
	return d.message.String()
}

// body reads what follows the header.
func (d *treeDecoder) body(s *treeScope) {
	switch d.message {
	case HandshakeTypeHelloRequest, HandshakeTypeServerHelloDone, HandshakeTypeEndOfEarlyData:
		// RFC 5246 section 7.4.1.1 and 7.4.5; RFC 8446 section 4.5: they have no body.
	case HandshakeTypeClientHello:
		s.clientHello()
	case HandshakeTypeServerHello:
		s.serverHello()
	case HandshakeTypeHelloVerifyRequest: // RFC 6347 section 4.2.1
		treeCode[Version](s, "server_version", 2)
		s.opaque("cookie", 1)
	case HandshakeTypeNewSessionTicket:
		s.newSessionTicket()
	case HandshakeTypeHelloRetryRequest:
		s.draftHelloRetryRequest()
	case HandshakeTypeEncryptedExtensions: // RFC 8446 section 4.3.1
		s.extensions()
	case HandshakeTypeCertificate:
		s.certificate()
	case HandshakeTypeServerKeyExchange:
		s.serverKeyExchange()
	case HandshakeTypeCertificateRequest:
		s.certificateRequest()
	case HandshakeTypeCertificateVerify:
		s.certificateVerify()
	case HandshakeTypeClientKeyExchange:
		s.clientKeyExchange()
	case HandshakeTypeFinished:
		s.finished()
	case HandshakeTypeCertificateURL:
		s.certificateURL()
	case HandshakeTypeCertificateStatus: // RFC 6066 section 8
		s.certificateStatus()
	case HandshakeTypeSupplementalData:
		s.supplementalData()
	case HandshakeTypeKeyUpdate: // RFC 8446 section 4.6.3
		treeCode[KeyUpdateRequest](s, "request_update", 1)
	case HandshakeTypeCompressedCertificate: // RFC 8879 section 4
		treeCode[CertificateCompressionAlgorithm](s, "algorithm", 2)
		s.uint("uncompressed_length", 3)
		s.opaque("compressed_certificate_message", 3)
	case HandshakeTypeNextProtocol: // draft-agl-tls-nextprotoneg-04 section 3
		s.text("selected_protocol", 1)
		s.vector("padding", KindPadding, 1)
	case HandshakeTypeMessageHash: // RFC 8446 section 4.4.1
		s.remaining("hash")
	default:
		s.remaining(treeData)
	}
}
