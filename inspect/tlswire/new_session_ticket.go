package tlswire

// NewSessionTicket is a New Session Ticket, RFC 8446 section 4.6.1 and RFC 5077
// section 3.3. Its slices alias the message and are read-only.
type NewSessionTicket struct {
	Lifetime     uint32 // seconds; up to TLS 1.2 a hint, and 0 says nothing
	AgeAdd       uint32 // ticket_age_add, TLS 1.3 alone
	Nonce        []byte // ticket_nonce, TLS 1.3 alone
	Ticket       []byte
	Extensions   []Extension // TLS 1.3 alone
	MaxEarlyData uint32      // max_early_data_size, RFC 8446 section 4.2.10; 0 if absent

	// Malformed is what breaks a rule but leaves the rest readable.
	Malformed []ParseError
}

// ParseNewSessionTicket reads the body of a New Session Ticket. A version of
// zero reads as TLS 1.2.
func ParseNewSessionTicket(version Version, body []byte) (*NewSessionTicket, error) {
	m := new(NewSessionTicket)
	r := newReader("New Session Ticket", body)
	m.Lifetime = r.uint32("ticket_lifetime")
	if version.Is13() {
		m.AgeAdd = r.uint32("ticket_age_add")
		m.Nonce = r.vector8("ticket_nonce")
	}
	m.Ticket = r.vector16("ticket")
	if version.Is13() {
		m.Extensions = r.extensions(&m.Malformed, func(t ExtensionType, r *reader) {
			if t == ExtensionTypeEarlyData {
				m.MaxEarlyData = r.uint32("max_early_data_size")
				r.end("max_early_data_size")
			}
		})
	}
	r.end("ticket")
	if err := r.failure(); err != nil {
		return nil, err
	}
	return m, nil
}
