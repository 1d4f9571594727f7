package tlswire

// newSessionTicket reads a New Session Ticket (RFC 8446 section 4.6.1; RFC 5077 section 3.3,
// where ticket_lifetime is ticket_lifetime_hint). The nonce came with draft 21
// of TLS 1.3.
func (s *treeScope) newSessionTicket() {
	s.uint("ticket_lifetime", 4)
	if !s.decoder.ctx.Version.Is13() {
		s.opaque("ticket", 2)
		return
	}
	s.uint("ticket_age_add", 4)
	if draft := s.decoder.draft(); draft == 0 || draft >= 21 {
		s.opaque("ticket_nonce", 1)
	}
	s.opaque("ticket", 2)
	s.extensions()
}

// finished reads a Finished (RFC 8446 section 4.4.4; RFC 5246 section 7.4.9; RFC 6101 section 5.6.9).
func (s *treeScope) finished() {
	if s.decoder.ctx.Version == VersionSSL30 {
		s.bytes("md5_hash", 16)
		s.bytes("sha_hash", 20)
		return
	}
	s.remaining("verify_data")
}

// supplementalData reads Supplemental Data (RFC 4680 section 2).
func (s *treeScope) supplementalData() {
	list := s.open("supp_data", 3)
	for list.more() {
		entry := list.begin()
		treeCode[treeSupplementalDataType](&entry, "supp_data_type", 2)
		entry.opaque("supp_data", 2)
		list.end("supplemental_data_entry", KindStruct, &entry)
	}
	s.close("supp_data", KindList, &list)
}

// heartbeat reads a heartbeat message (RFC 6520 section 4). One whose payload_length
// is a lie is malformed.
func (s *treeScope) heartbeat() {
	treeCode[treeHeartbeatType](s, "type", 1)
	s.opaque("payload", 2)
	s.padding("padding", len(s.rest))
}

// padding reads n bytes that mean nothing.
func (s *treeScope) padding(name string, n int) { s.leaf(name, KindPadding, n) }
