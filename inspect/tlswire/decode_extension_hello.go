package tlswire

// serverName reads server_name (RFC 6066 section 3): the names that the client asks
// for, of which only host_name is defined, or a server's empty answer.
func (s *treeScope) serverName(name string) {
	if s.decoder.message != HandshakeTypeClientHello {
		s.flag(name)
		return
	}
	n, _ := s.length("server_name_list", 2)
	list := s.enter(n)
	for i := 0; list.more(); i++ {
		switch t := treeTag[ServerNameType](&list, "name_type", 1); {
		case t != 0:
			list.fail(name, "name type %d is not defined", t)
		case i > 0:
			list.fail(name, "a second host name")
		}
		list.text(name, 2)
	}
	list.finish()
}

// statusRequest reads status_request (RFC 6066 section 8; RFC 8446 section 4.4.2.1): what the
// client asks for, the status itself beside a certificate, or an empty answer.
func (s *treeScope) statusRequest(name string) {
	switch {
	case s.decoder.message == HandshakeTypeCertificate:
		s.certificateStatus()
	case s.decoder.message == HandshakeTypeClientHello || s.more():
		treeCode[CertificateStatusType](s, "status_type", 1)
		s.ocspStatusRequest()
	default:
		s.flag(name)
	}
}

// statusRequestV2 reads status_request_v2 (RFC 6961 section 2.2).
func (s *treeScope) statusRequestV2(name string) {
	if s.decoder.message != HandshakeTypeClientHello {
		s.flag(name)
		return
	}
	list := s.open(name, 2)
	for list.more() {
		item := list.begin()
		treeCode[CertificateStatusType](&item, "status_type", 1)
		n, _ := item.length("request", 2)
		request := item.enter(n)
		request.ocspStatusRequest()
		request.finish()
		list.end("certificate_status_req_item", KindStruct, &item)
	}
	s.close(name, KindList, &list)
}

// ocspStatusRequest reads an OCSPStatusRequest (RFC 6066 section 8).
func (s *treeScope) ocspStatusRequest() {
	s.opaques("responder_id_list", "responder_id", 2, 2)
	s.opaque("request_extensions", 2)
}

// opaques reads a vector of opaque vectors.
func (s *treeScope) opaques(name, element string, prefix, size int) {
	list := s.open(name, prefix)
	for list.more() {
		list.opaque(element, size)
	}
	s.close(name, KindList, &list)
}

// texts reads a vector of vectors of text.
func (s *treeScope) texts(name, element string, prefix, size int) {
	list := s.open(name, prefix)
	for list.more() {
		list.text(element, size)
	}
	s.close(name, KindList, &list)
}

// srpUser reads the name that the client logs in with (RFC 5054 section 2.8.1).
func (s *treeScope) srpUser(name string) { s.text(name, 1) }

// useSRTP reads use_srtp (RFC 5764 section 4.1.1).
func (s *treeScope) useSRTP(string) {
	treeCodes[SRTPProtectionProfile](s, "srtp_protection_profiles", "srtp_protection_profile", 2, 2)
	s.opaque("srtp_mki", 1)
}

// protocolNames reads application_layer_protocol_negotiation (RFC 7301 section 3.1).
func (s *treeScope) protocolNames(name string) { s.texts(name, "protocol_name", 2, 1) }

// nextProtocols reads next_protocol_negotiation
// (draft-agl-tls-nextprotoneg-04 section 3): empty from the client, the names that the
// server speaks in its answer.
func (s *treeScope) nextProtocols(name string) {
	if !s.more() {
		s.flag(name)
		return
	}
	list := s.begin()
	for list.more() {
		list.text("protocol_name", 1)
	}
	s.end(name, KindList, &list)
}

// applicationSettings reads application_settings (draft-vvv-tls-alps-01 section 4):
// the protocols for which the client has settings, then the settings.
func (s *treeScope) applicationSettings(name string) {
	if s.decoder.message == HandshakeTypeClientHello {
		s.texts(name, "protocol_name", 2, 1)
	} else {
		s.remaining(name)
	}
}

// paddingExtension reads padding (RFC 7685 section 3), which shows only if it is not
// zero as it must be.
func (s *treeScope) paddingExtension(name string) {
	kind := KindPadding
	for _, b := range s.rest {
		if b != 0 {
			kind = KindBytes
		}
	}
	s.leaf(name, kind, len(s.rest))
}

// recordSizeLimit reads record_size_limit (RFC 8449 section 4).
func (s *treeScope) recordSizeLimit(name string) { s.uint(name, 2) }

// sessionTicket reads session_ticket (RFC 5077 section 3.2): empty from who has none.
func (s *treeScope) sessionTicket(name string) { s.remaining(name) }

// renegotiationInfo reads renegotiation_info (RFC 5746 section 3.2).
func (s *treeScope) renegotiationInfo(name string) { s.opaque(name, 1) }
