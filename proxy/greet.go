package proxy

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"time"

	"tlsmitm/ca"
	"tlsmitm/inspect"
)

// greeting is what a client is to be greeted with, once crypto/tls asks.
type greeting struct {
	ctx      context.Context
	upstream *x509.Certificate // mirrored; nil if there is none worth it
	name     string            // that the client asked for
	alpn     string            // what the server chose; "" for no ALPN
	leg      *inspect.Leg
	failed   error // why no certificate could be minted
}

// greeter ends clients' TLS. It keeps one configuration for all of them, with the
// keys of the session tickets in it: a client can resume on a later connection
// what it began on an earlier one. The rest is decided for each connection anew.
type greeter struct {
	authority  Authority
	minVersion uint16
	suites     []uint16
	base       *tls.Config
	probe      *tls.Certificate // stands for any ECDSA P-256 certificate
}

func newGreeter(a Authority, minVersion uint16, suites []uint16) (*greeter, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	g := &greeter{authority: a, minVersion: minVersion, suites: suites, probe: &tls.Certificate{PrivateKey: key}}
	g.base = &tls.Config{MinVersion: minVersion, CipherSuites: suites, GetConfigForClient: g.configFor}
	return g, nil
}

// configFor makes the configuration of one client's handshake.
func (g *greeter) configFor(hello *tls.ClientHelloInfo) (*tls.Config, error) {
	f, ok := hello.Conn.(*flow)
	if !ok || f.owner.greets == nil {
		return nil, errors.New("proxy: a client is greeted that nobody has asked to greet")
	}
	w := f.owner.greets
	leaf, err := g.authority.Leaf(w.ctx, ca.LeafRequest{Upstream: w.upstream, Name: w.name, RSA: !g.takesECDSA(hello)})
	if err != nil {
		w.failed = err
		return nil, err
	}
	cfg := &tls.Config{
		Certificates:                []tls.Certificate{*leaf},
		MinVersion:                  g.minVersion,
		CipherSuites:                g.suites,
		KeyLogWriter:                w.leg.KeyLog(),
		WrapSession:                 g.ticket(w.leg),
		DynamicRecordSizingDisabled: true,
	}
	if w.alpn != "" {
		cfg.NextProtos = []string{w.alpn}
	}
	return cfg, nil
}

// takesECDSA reports whether the client can be shown an ECDSA certificate: whether
// it offers such a signature scheme and, before TLS 1.3, a suite that uses one.
func (g *greeter) takesECDSA(hello *tls.ClientHelloInfo) bool {
	anyName := *hello
	anyName.ServerName = ""
	return anyName.SupportsCertificate(g.probe) == nil
}

// greet ends the client's TLS with a certificate that mirrors the server's.
func (c *connection) greet(upstream *x509.Certificate, name, alpn string) (*tls.Conn, *problem) {
	c.greets = &greeting{
		ctx: c.p.ctx, upstream: upstream, name: name, alpn: alpn,
		leg: c.session.Leg(inspect.LegClient),
	}
	down := tls.Server(&c.client, c.p.greeter.base)
	c.client.raw.SetDeadline(time.Now().Add(c.p.limits.Handshake))
	err := down.Handshake()
	c.client.raw.SetDeadline(time.Time{})
	failed := c.greets.failed
	c.greets = nil
	if err == nil {
		return down, nil
	}
	alert, alerted := peerAlert(err, &c.client)
	switch {
	case failed != nil:
		return nil, wordsMint(c.target, name, failed)
	case alerted && rejectsCertificate(alert):
		return nil, wordsClientRejected(c.target, c.from(), alert, c.p.page(), err)
	case alerted:
		return nil, wordsClientAlert(c.target, c.from(), alert, err)
	case isTimeout(err):
		return nil, wordsClientSilent(c.target, c.from(), c.p.limits.Handshake, err)
	case closedBy(&c.client, err):
		return nil, wordsClientClosed(c.target, c.from(), c.p.page(), err)
	}
	return nil, wordsClientFailed(c.target, c.from(), err)
}
