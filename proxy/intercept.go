package proxy

import (
	"context"
	"net"
	"runtime/debug"
	"time"

	"tlsmitm/inspect"
	"tlsmitm/inspect/tlswire"
)

// arrival is a client that a door has let in, with what the door has learned.
type arrival struct {
	conn   net.Conn // the client's socket, which now belongs to the connection
	early  []byte   // what was read from it beyond the client's request
	target Target
	bad    *problem // what the door found wrong with it; nil if nothing
	// What the door's protocol says to a client whose target was reached, and
	// to one whose target was not.
	accepted []byte
	rejected func(*problem) []byte
}

// intercept serves a client until it has gone: the one call that every door ends
// in. It returns at once; the connection goes on in goroutines of its own.
func (p *Proxy) intercept(ctx context.Context, a *arrival) {
	action := p.policy.action(a.target.Host, a.target.Port)
	c := p.openConnection(a.conn, a.target, inspect.Mode(action))
	if !p.open.add(c) || !c.adopt(a.conn) {
		c.end(inspect.CauseShutdown)
		c.finish(nil)
		return
	}
	go func() {
		relayed := false
		var prob *problem
		defer func() {
			if v := recover(); v != nil {
				c.finish(wordsPanic(c.target, v, debug.Stack()))
			} else if !relayed {
				c.finish(prob)
			}
		}()
		relayed, prob = c.serve(ctx, a, action)
	}()
}

// serve brings the connection as far as its relay, which then goes on by itself;
// relayed is false where it never came so far.
func (c *connection) serve(ctx context.Context, a *arrival, action Action) (relayed bool, prob *problem) {
	raw, prob := c.connect(ctx, a, action)
	if prob != nil {
		c.lastWords(a.rejected(prob))
		return false, prob
	}
	if !c.adopt(raw) {
		return false, nil
	}
	c.server.start(raw, raw)
	if _, err := a.conn.Write(a.accepted); err != nil {
		return false, wordsClientReset(c.target, c.from(), err)
	}
	if action == ActionTunnel {
		c.passUntouched(&sniffed{scan: helloScan{buf: a.early}, at: time.Now()}, inspect.ModeTunnel)
		return true, nil
	}
	s := sniff(a.conn, raw, a.early, c.p.limits.Sniff)
	switch {
	case s.what == firstHello:
		return c.serveHello(s, action)
	case action == ActionObserve:
		s.err = clearTimeout(s.err) // whoever is only observed may take any time
		c.passUntouched(s, inspect.ModeObserve)
		return true, nil
	}
	switch s.what {
	case firstOther:
		c.passUntouched(s, inspect.ModeTunnel)
		return true, nil
	case firstMalformed, firstTooLarge:
		c.tapClient(s)
		prob = wordsBadHello(c.target, s.what, s.scan.err)
		c.lastWords(fatalAlert(nil, prob.alert))
		return false, prob
	}
	return false, c.sniffedNothing(s)
}

// connect reaches the client's target, unless that is a bad one or refused.
func (c *connection) connect(ctx context.Context, a *arrival, action Action) (net.Conn, *problem) {
	switch {
	case a.bad != nil:
		return nil, a.bad
	case action == ActionRefuse:
		return nil, wordsRefused(c.target)
	}
	return c.p.reach(ctx, c.target)
}

// sniffedNothing says why a client's first bytes never became clear.
func (c *connection) sniffedNothing(s *sniffed) *problem {
	partial := len(s.scan.buf)
	if partial > 0 {
		c.tapClient(s)
	}
	switch {
	case isTimeout(s.err):
		return wordsSniffTimeout(c.target, c.p.limits.Sniff, partial)
	case isReset(s.err):
		return wordsSniffReset(c.target, s.err)
	default:
		return wordsHalfHello(c.target, partial)
	}
}

// serveHello serves a client that speaks TLS.
func (c *connection) serveHello(s *sniffed, action Action) (relayed bool, prob *problem) {
	hello := s.scan.hello
	name := verifiedName(hello, c.target)
	switch stricter(action, c.p.policy.action(name, c.target.Port)) {
	case ActionTunnel:
		c.passUntouched(s, inspect.ModeTunnel)
		return true, nil
	case ActionObserve:
		c.passUntouched(s, inspect.ModeObserve)
		return true, nil
	case ActionRefuse:
		c.mode = inspect.ModeRefuse
		c.tapClient(s)
		prob = wordsRefusedSNI(c.target, name)
		c.lastWords(fatalAlert(hello, prob.alert))
		return false, prob
	}
	c.tapClient(s)
	if _, _, ok := versions(hello, c.p.minVersion); !ok {
		prob = wordsNoVersion(c.target, hello, c.p.minVersion)
		c.lastWords(fatalAlert(hello, prob.alert))
		return false, prob
	}
	c.server.start(c.server.raw, c.tapServer(c.server.raw))
	c.server.replayErr = s.serverErr
	up, prob := c.handshakeUpstream(hello)
	if prob != nil {
		c.server.raw.Close()
		c.refuse(hello, name, prob)
		return false, prob
	}
	chosen := up.ConnectionState()
	down, prob := c.greet(chosen.PeerCertificates[0], name, chosen.NegotiatedProtocol)
	if prob != nil {
		up.Close()
		return false, prob
	}
	c.relay(down, up)
	return true, nil
}

// tapClient makes the client's flow that of the leg client, from its first byte.
func (c *connection) tapClient(s *sniffed) {
	leg := c.session.Leg(inspect.LegClient)
	leg.Sockets(c.client.raw.RemoteAddr(), c.client.raw.LocalAddr())
	leg.Sniffed(s.at, s.scan.buf)
	c.client.start(c.client.raw, leg.Tap(c.client.raw))
	c.client.replay = s.scan.buf
}

// tapServer makes what passes on raw that of the leg server.
func (c *connection) tapServer(raw net.Conn) net.Conn {
	leg := c.session.Leg(inspect.LegServer)
	leg.Sockets(raw.LocalAddr(), raw.RemoteAddr())
	return leg.Tap(raw)
}

// passUntouched relays what the client and the server say to each other as it is.
// One tap sees both directions: it sits on the client's socket. What is observed
// is opened with the secrets that the client tells.
func (c *connection) passUntouched(s *sniffed, mode inspect.Mode) {
	c.mode = mode
	leg := c.session.Leg(inspect.LegDirect)
	leg.Sockets(c.client.raw.RemoteAddr(), c.server.raw.RemoteAddr())
	if mode == inspect.ModeObserve {
		leg.UseKeys(c.p.clientKeys)
	}
	if len(s.scan.buf) > 0 {
		leg.Sniffed(s.at, s.scan.buf)
	}
	c.client.start(c.client.raw, leg.Tap(c.client.raw))
	c.client.replay, c.client.replayErr = s.scan.buf, s.err
	c.server.replay, c.server.replayErr = s.server, s.serverErr
	c.relay(&c.client, &c.server)
}

const (
	// lingerTime and lingerBytes bound what is still read from a client that has
	// been told the end: closing with bytes unread would reset the connection,
	// and that could destroy what the client has not read yet.
	lingerTime  = time.Second
	lingerBytes = 256 << 10
)

// lastWords sends the client the last that it will hear, and sees it off.
func (c *connection) lastWords(b []byte) {
	c.client.raw.SetDeadline(time.Now().Add(lingerTime))
	if _, err := c.client.Write(b); err != nil {
		return
	}
	c.client.CloseWrite()
	c.client.replay = nil
	var scratch [waitSize]byte
	for read := 0; read < lingerBytes; {
		n, err := c.client.Read(scratch[:])
		if read += n; err != nil {
			return
		}
	}
}

// reach connects to the target.
func (p *Proxy) reach(ctx context.Context, t Target) (net.Conn, *problem) {
	ctx, cancel := context.WithTimeout(ctx, p.limits.Dial)
	defer cancel()
	conn, err := p.dialer.reach(ctx, t.dialAddress())
	switch {
	case err == nil:
		return conn, nil
	case err == errLoop:
		return nil, wordsLoop(t, p.page())
	default:
		return nil, wordsUnreachable(t, p.limits.Dial, err)
	}
}

// refuse tells a client that speaks TLS why it gets no further: on a page, if it
// speaks HTTP, else by an alert. Nothing goes to the server.
func (c *connection) refuse(hello *tlswire.ClientHello, name string, prob *problem) {
	alpn, ok := refusalProtocol(hello, c.target.Port)
	if !ok {
		d := prob.alert
		if d == tlswire.AlertCloseNotify {
			d = tlswire.AlertInternalError
		}
		c.lastWords(fatalAlert(hello, d))
		return
	}
	if down, failed := c.greet(nil, name, alpn); failed == nil {
		c.p.refusals.serve(c, down, prob)
	}
}
