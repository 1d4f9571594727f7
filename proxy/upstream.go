package proxy

import (
	"crypto/tls"
	"errors"
	"io"
	"slices"
	"time"

	"tlsmitm/inspect"
	"tlsmitm/inspect/tlswire"
)

// suites are the cipher suites that crypto/tls implements, by what it takes to
// offer them.
type suites struct {
	secure   []uint16 // offered to every server
	insecure []uint16 // offered to a server only where the client offers them
	all      []uint16 // accepted from every client
}

func newSuites() suites {
	var s suites
	for _, c := range tls.CipherSuites() {
		s.secure = append(s.secure, c.ID)
	}
	for _, c := range tls.InsecureCipherSuites() {
		s.insecure = append(s.insecure, c.ID)
	}
	s.all = slices.Concat(s.secure, s.insecure)
	return s
}

// offer returns what to offer to a server for a client that offers these.
func (s *suites) offer(offered []tlswire.CipherSuite) []uint16 {
	list := s.secure
	for _, id := range s.insecure {
		if slices.Contains(offered, tlswire.CipherSuite(id)) {
			if len(list) == len(s.secure) {
				list = slices.Clone(list)
			}
			list = append(list, id)
		}
	}
	return list
}

// classicalGroups are offered to every server, so that it finds one to choose.
var classicalGroups = []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521}

// groups returns what to offer to a server for a client that offers these: the
// classical groups, and of the others, which cost a larger key share, those that
// the client offers itself. crypto/tls takes the ones that it knows.
func groups(offered []tlswire.NamedGroup) []tls.CurveID {
	list := slices.Clone(classicalGroups)
	for _, g := range offered {
		if id := tls.CurveID(g); !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	return list
}

// versions returns the part of the client's version range in which the proxy
// handshakes; ok is false if there is none.
func versions(hello *tlswire.ClientHello, floor uint16) (lo, hi uint16, ok bool) {
	clientMin, clientMax := hello.VersionRange()
	lo, hi = max(uint16(clientMin), floor), min(uint16(clientMax), tls.VersionTLS13)
	return lo, hi, lo <= hi
}

// verifiedName is the name for which the server's certificate must be valid: the
// one that the client asked for in its hello, else the one that it connected to.
func verifiedName(hello *tlswire.ClientHello, t Target) string {
	if hello.ServerName == "" {
		return t.Host
	}
	if name, err := hostName(hello.ServerName); err == nil {
		return name
	}
	return hello.ServerName
}

// upstreamConfig is the configuration of one handshake with a server, made from
// what the client itself offers. What crypto/tls would verify is verified here: a
// client that sends no name has one all the same for which the server must be good,
// and inspection is told of the check before the handshake goes on, and so before
// the Finished that follows from it.
func (c *connection) upstreamConfig(hello *tlswire.ClientHello) *tls.Config {
	lo, hi, _ := versions(hello, c.p.minVersion)
	leg := c.session.Leg(inspect.LegServer)
	return &tls.Config{
		ServerName:                  hello.ServerName,
		NextProtos:                  hello.ALPN,
		MinVersion:                  lo,
		MaxVersion:                  hi,
		CipherSuites:                c.p.suites.offer(hello.CipherSuites),
		CurvePreferences:            groups(hello.SupportedGroups),
		DynamicRecordSizingDisabled: true,
		KeyLogWriter:                leg.KeyLog(),
		InsecureSkipVerify:          true,
		VerifyConnection:            c.verifier(verifiedName(hello, c.target), leg),
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			c.certAsked = true
			return &tls.Certificate{}, nil // there is none
		},
	}
}

// verifier returns the check of the server's certificate for a name.
func (c *connection) verifier(name string, leg *inspect.Leg) func(tls.ConnectionState) error {
	p, port := c.p, c.target.Port
	insecure := p.insecure.match(name, port) || p.insecure.match(c.target.Host, port)
	return func(cs tls.ConnectionState) error {
		if insecure && leg == nil {
			return nil
		}
		chain, err := p.trust.check(cs.PeerCertificates, name)
		if chain == nil {
			chain = cs.PeerCertificates
		}
		u, _ := errors.AsType[*unverified](err)
		if leg != nil {
			leg.Verified(verdict(chain, u, insecure))
		}
		if insecure {
			return nil
		}
		return err
	}
}

// handshakeUpstream opens TLS to the server, as the client would have.
func (c *connection) handshakeUpstream(hello *tlswire.ClientHello) (*tls.Conn, *problem) {
	up := tls.Client(&c.server, c.upstreamConfig(hello))
	c.server.raw.SetDeadline(time.Now().Add(c.p.limits.Handshake))
	err := up.Handshake()
	if err == nil && c.certAsked && up.ConnectionState().Version >= tls.VersionTLS13 {
		err = c.awaitVerdict(up)
	}
	c.server.raw.SetDeadline(time.Time{})
	if err == nil {
		return up, nil
	}
	if u, ok := errors.AsType[*unverified](err); ok {
		return nil, wordsUnverified(c.target, u)
	}
	alert, alerted := peerAlert(err, &c.server)
	switch {
	case alerted:
		prob := wordsUpstreamAlert(c.target, alert, err)
		if c.certAsked {
			prob.next = wantsClientCertificate
		}
		return nil, prob
	case isTimeout(err):
		return nil, wordsUpstreamSilent(c.target, c.p.limits.Handshake, err)
	case closedBy(&c.server, err):
		return nil, wordsUpstreamClosed(c.target, err)
	}
	return nil, wordsUpstreamFailed(c.target, err)
}

// verdictTime is how long a server has to say that it will not do without a client
// certificate.
const verdictTime = 500 * time.Millisecond

// awaitVerdict waits, for a moment, for what a TLS 1.3 server says to there being
// no client certificate: the handshake is over for the client by then (RFC 8446
// section 2), but it is not too late to tell it why it gets no answer. What
// the server sends instead is kept for the client.
func (c *connection) awaitVerdict(up *tls.Conn) error {
	c.server.raw.SetReadDeadline(time.Now().Add(min(verdictTime, c.p.limits.Handshake)))
	b := make([]byte, waitSize)
	n, err := up.Read(b)
	c.early = b[:n]
	if n > 0 || isTimeout(err) {
		return nil // an error other than that will come again
	}
	return err
}

// peerAlert returns the alert that a failed handshake's error, or what came last
// from the peer, says it sent.
func peerAlert(err error, f *flow) (tlswire.AlertDescription, bool) {
	if d, ok := remoteAlert(err); ok {
		return d, true
	}
	return f.alert()
}

// closedBy reports whether err comes from the peer having closed or reset.
func closedBy(f *flow, err error) bool {
	return f.fin.Load() || f.reset.Load() || isReset(err) || err == io.EOF
}
