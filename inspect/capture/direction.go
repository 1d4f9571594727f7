package capture

import (
	"bytes"
	"net/netip"
)

const (
	// maxEarly and maxEarlySegments bound what is kept of a connection whose client
	// is not known yet, and earlyPatience for how long.
	maxEarly         = 32 << 10
	maxEarlySegments = 32
	earlyPatience    = 1e9
)

// decide says which end of a connection is the client, -1 if that cannot be told
// yet: who sends the first SYN; else who says what only a client says; else who
// has the higher port.
func (c *connection) decide(s *segment) int {
	switch {
	case s.has(flagSYN) && s.has(flagACK):
		return 1 - s.side
	case s.has(flagSYN):
		return s.side
	}
	switch spokenBy(s.b) {
	case speaksClient:
		return s.side
	case speaksServer:
		return 1 - s.side
	}
	if side, sure := c.byPort(); sure || s.has(flagRST) || c.tired(s) {
		return side
	}
	return -1
}

// tired tells whether the client has been looked for long enough.
func (c *connection) tired(s *segment) bool {
	size := len(s.b)
	for i := range c.early {
		size += len(c.early[i].b)
	}
	return size > maxEarly || len(c.early) >= maxEarlySegments || s.at-c.first >= earlyPatience
}

// byPort guesses the client by the ports. It is sure if one alone is a port that
// only servers listen on.
func (c *connection) byPort() (client int, sure bool) {
	a, b := c.key[0].port, c.key[1].port
	if x, y := serverPort(a), serverPort(b); x != y {
		if x {
			return 1, true
		}
		return 0, true
	}
	if a < b {
		return 1, false
	}
	return 0, false
}

// serverPort tells of the ports that systems give to no client, and of some that
// TLS is spoken on.
func serverPort(p uint16) bool {
	switch p {
	case 1433, 3128, 3306, 3389, 4433, 4443, 5222, 5223, 5269, 5432, 6443, 6697, 8080, 8443, 8883, 9443:
		return true
	}
	return p < 1024
}

type speaker uint8

const (
	speaksUnknown speaker = iota
	speaksClient
	speaksServer
)

// spokenBy tells from its first bytes who sends a segment.
func spokenBy(b []byte) speaker {
	switch {
	case len(b) >= 6 && b[0] == 22 && b[1] == 3 && b[2] <= 4: // RFC 8446 section 5.1
		return spokenByMessages(b)
	case len(b) >= 5 && b[0]&0x80 != 0 && b[2] == 1 && (b[3] == 3 || b[3] == 0 && b[4] == 2): // SSL 2.0's hello
		return speaksClient
	case begins(b, "GET ", "POST ", "PUT ", "HEAD ", "CONNECT ", "OPTIONS ", "PRI * HTTP/2", "EHLO ", "HELO "):
		return speaksClient
	case begins(b, "HTTP/1.", "220 ", "220-", "* OK", "+OK"):
		return speaksServer
	}
	return speaksUnknown
}

// spokenByMessages tells from the first handshake messages in the clear, each of them whole
// in a record, who sends records (RFC 8446 section 4, RFC 5246 section 7.4). Both ends send
// certificates, and a client alone has none to send. A record that is encrypted may begin
// with anything, above all with zeros, which look like a Hello Request.
func spokenByMessages(b []byte) speaker {
	for len(b) >= 5 && b[0] == 22 && b[1] == 3 && b[2] <= 4 {
		end := min(5+int(b[3])<<8+int(b[4]), len(b))
		record := b[5:end]
		b = b[end:]
		for len(record) > 0 {
			if len(record) >= 2 && record[1] != 0 {
				return speaksUnknown // too long for any message
			}
			switch record[0] {
			case 1, 15, 16: // Client Hello, Certificate Verify, Client Key Exchange
				return speaksClient
			case 2, 4, 12, 13, 14, 22: // Server Hello, New Session Ticket, Server Key Exchange, Certificate Request, Server Hello Done, Certificate Status
				return speaksServer
			case 11:
				if bytes.HasPrefix(record[1:], []byte{0, 0, 3, 0, 0, 0}) {
					return speaksClient
				}
			default:
				return speaksUnknown
			}
			if len(record) < 4 || 4+int(record[2])<<8+int(record[3]) > len(record) {
				return speaksUnknown
			}
			record = record[4+int(record[2])<<8+int(record[3]):]
		}
	}
	return speaksUnknown
}

func begins(b []byte, with ...string) bool {
	for _, w := range with {
		if bytes.HasPrefix(b, []byte(w)) {
			return true
		}
	}
	return false
}

// open begins the connection's stream, once its client is known.
func (c *connection) open() {
	client, server := c.key[c.client], c.key[1-c.client]
	c.stream = c.a.open(Opening{
		Client: netip.AddrPortFrom(client.addr(), client.port),
		Server: netip.AddrPortFrom(server.addr(), server.port),
		At:     timeOf(c.first),
		Midway: !c.begun, Comment: c.comment,
	})
}

// replay takes what came while the client was not known.
func (c *connection) replay() {
	early := c.early
	c.early = nil
	for i := range early {
		c.take(&early[i])
	}
}
