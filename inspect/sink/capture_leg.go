package sink

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"tlsmitm/inspect"
	"tlsmitm/inspect/tlscrypt"
)

// capturedConn is a connection of which packets are written.
type capturedConn struct {
	id   uint64
	open inspect.ConnOpen
	legs []*capturedLeg
	last int64 // of its packets, in nanoseconds since 1970: within a connection they never go back
}

// capturedLeg is a leg as a connection of TCP.
type capturedLeg struct {
	conn    *capturedConn
	name    inspect.LegName
	client  tcpEnd
	server  tcpEnd
	begun   bool            // the three packets that open it are written
	waits   bool            // secrets are still to come
	early   bool            // the client sends data before the server has answered
	random  string          // of the handshake that labels is about
	labels  map[string]bool // the secrets that have come
	unacked int
}

func (c *capturedConn) leg(name inspect.LegName) *capturedLeg {
	for _, l := range c.legs {
		if l.name == name {
			return l
		}
	}
	l := &capturedLeg{conn: c, name: name}
	l.between(netip.AddrPort{}, netip.AddrPort{})
	c.legs = append(c.legs, l)
	return l
}

// between sets the addresses. One that is not known is from the range that is for
// examples (RFC 5737), with a port of its own.
func (l *capturedLeg) between(client, server netip.AddrPort) {
	if !client.IsValid() {
		client = netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, 1}), uint16(49152+l.conn.id%16384))
	}
	if !server.IsValid() {
		server = netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, 2}), 443)
	}
	l.client.address, l.server.address = client, server
}

func (l *capturedLeg) begin() {
	l.begun = true
	// Where the sequence numbers begin makes no difference, but that a port that
	// is used again begins elsewhere.
	l.client.next, l.server.next = uint32(l.conn.id)*2654435761, uint32(l.conn.id)*2246822519
}

func (l *capturedLeg) end(client bool) *tcpEnd {
	if client {
		return &l.client
	}
	return &l.server
}

// number is that of the leg's interface.
func (l *capturedLeg) number() int {
	for i, name := range interfaces {
		if name == l.name {
			return i
		}
	}
	return len(interfaces) - 1
}

// comment is what the leg's first packet says, so that the legs of a connection can
// be put together again. preface counts the bytes of each direction, of the client
// and of the server, that connect has made up.
func (l *capturedLeg) comment() string {
	o := l.conn.open
	s := fmt.Sprintf("tlsmitm conn=%d leg=%s", l.conn.id, l.name)
	if ask, answer := l.connect(); ask != "" {
		s += fmt.Sprintf(" preface=%d/%d", len(ask), len(answer))
	}
	for _, word := range []struct{ key, value string }{{"via", string(o.Via)}, {"mode", string(o.Mode)}, {"client", o.Client}, {"target", o.Target}} {
		if word.value != "" {
			s += " " + word.key + "=" + oneWord(word.value)
		}
	}
	if o.UserAgent != "" {
		s += " agent=" + url.QueryEscape(o.UserAgent[:min(len(o.UserAgent), 512)])
	}
	return s
}

// connect is the request for a tunnel with which the leg began, and its answer, as they
// may have been: "" where there was none. Analysers take what comes to a proxy's port
// for HTTP, and look for TLS inside it only behind these.
func (l *capturedLeg) connect() (ask, answer string) {
	o := l.conn.open
	if l.name != inspect.LegClient || l.server.address.Port() == portHTTPS {
		return "", ""
	}
	target := oneWord(o.Target)
	return "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n\r\n", "HTTP/1.1 200 Connection established\r\n\r\n"
}

// portHTTPS is where analysers expect TLS right away.
const portHTTPS = 443

// oneWord is s without what would end it.
func oneWord(s string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r >= 0x7f {
			return '?'
		}
		return r
	}, s[:min(len(s), 512)])
}

// shows notes what an event says about whether secrets are still to come. Some that are
// there open what comes first, and analysers want all of them before the handshake ends.
func (l *capturedLeg) shows(body any) {
	switch b := body.(type) {
	case *inspect.Message:
		switch {
		case b.Reason != "":
			l.waits = false // nobody has them
		case b.ClientHello != nil && !b.Inner:
			l.named(hex.EncodeToString(b.ClientHello.Random))
			l.early = b.ClientHello.EarlyData
			l.waits = l.early && !l.complete()
		case b.ServerHello != nil && !b.ServerHello.IsHelloRetryRequest():
			l.early = false
			l.waits = !l.complete()
		}
	case *inspect.Data:
		if b.Reason != "" || len(l.labels) == 0 { // or it takes none
			l.waits = false
		}
	case *inspect.Established:
		if len(l.labels) == 0 {
			l.waits = false
		}
	case *inspect.Malformed:
		l.waits = false
	}
}

// named begins a handshake, if its client's random is another than before.
func (l *capturedLeg) named(random string) {
	if !strings.EqualFold(random, l.random) {
		l.random, l.labels = random, make(map[string]bool, 4)
	}
}

// told notes a secret.
func (l *capturedLeg) told(line string) {
	words := strings.Fields(line)
	if len(words) < 2 {
		return
	}
	l.named(words[1])
	l.labels[words[0]] = true
	if l.complete() {
		l.waits = false
	}
}

// complete reports whether all secrets are there that what has passed of a handshake
// calls for.
func (l *capturedLeg) complete() bool {
	switch {
	case l.labels[string(tlscrypt.LabelClientRandom)]:
		return true
	case l.early:
		return l.labels[string(tlscrypt.LabelClientEarly)]
	}
	for _, label := range trafficLabels {
		if !l.labels[string(label)] {
			return false
		}
	}
	return true
}

// trafficLabels are the secrets that open what TLS 1.3 sends after the Server Hello.
var trafficLabels = [...]tlscrypt.Label{
	tlscrypt.LabelClientHandshake, tlscrypt.LabelServerHandshake, tlscrypt.LabelClientTraffic, tlscrypt.LabelServerTraffic,
}
