package tlswire

// quicTransportParameters reads quic_transport_parameters (RFC 9001 section 8.2;
// RFC 9000 section 18).
func (s *treeScope) quicTransportParameters(name string) {
	list := s.begin()
	for list.more() {
		param := list.begin()
		var id treeQUICParameter
		if f := param.varint("id", KindCode); f != nil {
			id = treeQUICParameter(f.Uint)
			f.Text = id.String()
		}
		value := param.enter(param.varintLength("value"))
		if id.integer() {
			value.varint("value", KindUint)
		} else {
			value.remaining("value")
		}
		value.finish()
		list.end("transport_parameter", KindStruct, &param)
	}
	s.end(name, KindList, &list)
}

// varint reads a variable-length integer (RFC 9000 section 16), whose first two bits
// say how long it is.
func (s *treeScope) varint(name string, kind FieldKind) *Field {
	size := 1
	if len(s.rest) > 0 {
		size = 1 << (s.rest[0] >> 6)
	}
	b, ok := s.take(name, size)
	if !ok {
		return nil
	}
	f := s.push(name, kind, size)
	f.Uint = treeNumber(b) & (1<<(8*size-2) - 1)
	return f
}

// varintLength reads a length of that form, and checks that what it is the
// length of fits into what is left.
func (s *treeScope) varintLength(name string) int {
	f := s.varint(name, KindLength)
	if f == nil {
		return 0
	}
	n := f.Uint
	if n > uint64(len(s.rest)) {
		s.fail(name, "length %d, but %d left", n, len(s.rest))
		return 0
	}
	return int(n)
}

// treeQUICParameter is the id of a QUIC transport parameter.
type treeQUICParameter uint64

// integer says whether the parameter's value is a variable-length integer.
func (p treeQUICParameter) integer() bool {
	switch p {
	case 0x01, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0e, 0x20, 0xff04de1a, 0xff04de1b:
		return true
	}
	return false
}

// String returns the name in the registry of QUIC transport parameters.
func (p treeQUICParameter) String() string {
	switch p {
	case 0x00:
		return "original_destination_connection_id"
	case 0x01:
		return "max_idle_timeout"
	case 0x02:
		return "stateless_reset_token"
	case 0x03:
		return "max_udp_payload_size"
	case 0x04:
		return "initial_max_data"
	case 0x05:
		return "initial_max_stream_data_bidi_local"
	case 0x06:
		return "initial_max_stream_data_bidi_remote"
	case 0x07:
		return "initial_max_stream_data_uni"
	case 0x08:
		return "initial_max_streams_bidi"
	case 0x09:
		return "initial_max_streams_uni"
	case 0x0a:
		return "ack_delay_exponent"
	case 0x0b:
		return "max_ack_delay"
	case 0x0c:
		return "disable_active_migration"
	case 0x0d:
		return "preferred_address"
	case 0x0e:
		return "active_connection_id_limit"
	case 0x0f:
		return "initial_source_connection_id"
	case 0x10:
		return "retry_source_connection_id"
	case 0x11:
		return "version_information" // RFC 9368 section 10.1
	case 0x20:
		return "max_datagram_frame_size" // RFC 9221 section 3
	case 0x173e:
		return "discard"
	case 0x26ab:
		return "google_handshake_message"
	case 0x2ab2:
		return "grease_quic_bit" // RFC 9287 section 3
	case 0x3127:
		return "initial_rtt"
	case 0x3128:
		return "google_connection_options"
	case 0x3129:
		return "user_agent"
	case 0x4752:
		return "google_version"
	case 0xff04de1a, 0xff04de1b:
		return "min_ack_delay"
	}
	if p%31 == 27 { // RFC 9000 section 18.1
		return treeNumbered("GREASE", uint64(p), 2)
	}
	return treeNumbered("unknown", uint64(p), 2)
}
