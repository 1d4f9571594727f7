package tlswire

// RenegotiationInfo returns what a renegotiation_info among a hello's extensions
// holds, RFC 5746 section 3.2: the Finished of the handshake before, or nothing in a
// first one. It is nil if there is none, or none that can be read.
func RenegotiationInfo(extensions []Extension) []byte {
	x := findExtension(extensions, ExtensionTypeRenegotiationInfo)
	if x == nil {
		return nil
	}
	r := newReader("", x.Data)
	info := r.vector8("renegotiated_connection")
	r.end("renegotiated_connection")
	if r.failure() != nil {
		return nil
	}
	return info[:len(info):len(info)]
}
