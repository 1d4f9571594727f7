package proxy

import (
	"crypto/tls"

	"golang.org/x/crypto/cryptobyte"

	"tlsmitm/inspect"
)

// ticket seals a session into a ticket, as crypto/tls would on its own, and tells the
// leg which pre-shared key it stands for: with it, inspection can check the binder
// that the client takes the session up with.
func (g *greeter) ticket(leg *inspect.Leg) func(tls.ConnectionState, *tls.SessionState) ([]byte, error) {
	if leg == nil {
		return nil // crypto/tls does it
	}
	return func(cs tls.ConnectionState, s *tls.SessionState) ([]byte, error) {
		ticket, err := g.base.EncryptTicket(cs, s)
		if err == nil && cs.Version == tls.VersionTLS13 {
			if psk := presharedKey(s); psk != nil {
				leg.Ticket(ticket, psk)
			}
		}
		return ticket, err
	}
}

// presharedKey reads the secret of a session from its encoding, which begins as
// crypto/tls describes it beside SessionState. It is nil if that looks different.
func presharedKey(s *tls.SessionState) []byte {
	b, err := s.Bytes()
	if err != nil {
		return nil
	}
	const server = 1
	in := cryptobyte.String(b)
	var version, suite uint16
	var kind uint8
	var createdAt uint64
	var secret []byte
	if !in.ReadUint16(&version) || !in.ReadUint8(&kind) || !in.ReadUint16(&suite) || !in.ReadUint64(&createdAt) ||
		!in.ReadUint8LengthPrefixed((*cryptobyte.String)(&secret)) || version != tls.VersionTLS13 || kind != server {
		return nil
	}
	return secret
}
