// Package proxy is an HTTP proxy that ends the TLS of its clients and opens its
// own to the servers, so that both conversations can be inspected.
//
//	authority, err := ca.Load(dir)
//	p, err := proxy.New(proxy.Config{}, proxy.Deps{Authority: authority, Inspector: inspector})
//	ln, err := net.Listen("tcp", "127.0.0.1:8080")
//	go p.Serve(ctx, ln)
//	// … until it is enough …
//	p.Shutdown(ctx)
//
// It parses no application data but the requests that name a target, stores
// nothing, decides nothing by itself that the policy does not say, and never uses
// another proxy.
//
// Promises: bytes are relayed verbatim, and so is the way in which each direction
// ends; nothing of what a client says goes to a server that could not be verified;
// every wait has a limit, and every connection ends in one named cause, in the log
// and in inspection; a bug while serving a connection ends that one; when Shutdown
// has returned, no goroutine and no connection is left.
package proxy

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"tlsmitm/ca"
	"tlsmitm/inspect"
)

// Config says how a Proxy treats what comes. The zero value intercepts everything,
// for TLS 1.2 and 1.3, and trusts the system's roots.
type Config struct {
	// Listen is the address on which the proxy is reached, as it is told to
	// people; "" means the first listener's.
	Listen   string
	Limits   Limits
	TLS      TLS
	Upstream Upstream
	Policy   []Rule
	// Dial reaches servers; nil means the network. With it set, the proxy does
	// not see when it would call itself.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// TLS says which TLS the proxy speaks.
type TLS struct {
	// MinVersion is the oldest version, on both legs; 0 means TLS 1.2.
	MinVersion uint16
}

// Upstream says which servers are trusted.
type Upstream struct {
	// RootCAs are trusted to vouch for servers; nil means the system's.
	RootCAs *x509.CertPool
	// InsecureHosts are patterns as in Rule.Host, of servers whose certificate
	// is checked, but used whatever the check finds.
	InsecureHosts []string
}

// Authority mints the certificates that clients are shown; *ca.Authority is one.
type Authority interface {
	// Leaf returns a certificate for what req says. It is shared and read-only.
	Leaf(ctx context.Context, req ca.LeafRequest) (*tls.Certificate, error)
	// Certificate returns the root, and PEM the same for a file.
	Certificate() *x509.Certificate
	PEM() []byte
}

// Deps are what a Proxy works with. Only Authority is required.
type Deps struct {
	Authority Authority
	Inspector *inspect.Inspector // nil inspects nothing
	// ClientKeys is where the clients that are observed tell their secrets; nil
	// where none does.
	ClientKeys *inspect.KeyStore
	Logger     zerolog.Logger
	// Hide hides the secrets in a URL, or in what is no address, before it is told to
	// anyone; nil hides nothing.
	Hide    func(url string) string
	Version string // of the program, for the proxy's page
}

// Proxy serves clients. Make one with New.
type Proxy struct {
	limits     Limits
	minVersion uint16
	trust      trust
	insecure   patterns
	policy     policy
	listen     atomic.Pointer[string]

	authority  Authority
	inspector  *inspect.Inspector
	clientKeys *inspect.KeyStore
	logger     zerolog.Logger
	hide       func(string) string
	version    string

	suites   suites
	greeter  *greeter
	dialer   dialer
	http     *http.Server
	refusals *refusals
	open     registry

	ctx    context.Context // of everything the proxy does; ends when the grace is over
	cancel context.CancelFunc

	janitor struct {
		once sync.Once
		quit chan struct{}
		done chan struct{}
	}
	stop sync.Once
}

// New makes a Proxy that serves nobody yet. It fails on a limit, a pattern, an
// action or a version that makes no sense.
func New(cfg Config, deps Deps) (*Proxy, error) {
	if deps.Authority == nil {
		return nil, errors.New("proxy: an authority is required")
	}
	p := &Proxy{
		minVersion: cfg.TLS.MinVersion, trust: trust{roots: cfg.Upstream.RootCAs}, suites: newSuites(),
		authority: deps.Authority, inspector: deps.Inspector, clientKeys: deps.ClientKeys, logger: deps.Logger, hide: deps.Hide, version: deps.Version,
		dialer: dialer{dial: cfg.Dial},
	}
	if p.hide == nil {
		p.hide = func(s string) string { return s }
	}
	if p.minVersion == 0 {
		p.minVersion = tls.VersionTLS12
	}
	if p.minVersion < tls.VersionTLS10 || p.minVersion > tls.VersionTLS13 {
		return nil, fmt.Errorf("proxy: minimum TLS version 0x%04x is not one from TLS 1.0 to TLS 1.3", p.minVersion)
	}
	var err error
	if p.limits, err = cfg.Limits.withDefaults(); err != nil {
		return nil, err
	}
	if p.insecure, err = parsePatterns(cfg.Upstream.InsecureHosts); err != nil {
		return nil, err
	}
	if p.policy, err = parsePolicy(cfg.Policy); err != nil {
		return nil, err
	}
	if p.greeter, err = newGreeter(p.authority, p.minVersion, p.suites.all); err != nil {
		return nil, err
	}
	if cfg.Listen != "" {
		p.listen.Store(&cfg.Listen)
	}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.janitor.quit, p.janitor.done = make(chan struct{}), make(chan struct{})
	p.http = newDoor(p)
	p.refusals = newRefusals(p.limits.Header, p.http.ErrorLog)
	return p, nil
}

// Serve lets clients in through ln, until Shutdown, which makes it return nil, or
// until ln fails. It closes ln. When ctx ends, it shuts the proxy down itself. It
// may be called for several listeners at once.
func (p *Proxy) Serve(ctx context.Context, ln net.Listener) error {
	p.dialer.own.add(ln.Addr())
	own := ln.Addr().String()
	p.listen.CompareAndSwap(nil, &own)
	p.janitor.once.Do(func() { go p.open.janitor(p.limits.Idle, p.janitor.quit, p.janitor.done) })
	stop := context.AfterFunc(ctx, func() { p.Shutdown(context.WithoutCancel(ctx)) })
	defer stop()
	err := p.http.Serve(newGate(ln, p.limits.Connections))
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("proxy: %w", err)
}

// lastBreath is how long connections may take to notice that they have been closed.
const lastBreath = 5 * time.Second

// Shutdown lets nobody in any more, lets what is under way end by itself for as
// long as the grace lasts and ctx does, and then ends it. When it has returned nil,
// nothing of the proxy runs. It fails if something does not let itself be ended,
// such as a relay whose inspection waits for a sink that hangs.
func (p *Proxy) Shutdown(ctx context.Context) error {
	grace, cancel := context.WithTimeout(ctx, p.limits.ShutdownGrace)
	defer cancel()
	p.http.Shutdown(grace)
	p.open.wait(grace)
	p.open.close(inspect.CauseShutdown)
	p.cancel()
	p.http.Close()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastBreath)
	defer cancel()
	err := p.open.wait(last)
	p.stop.Do(func() {
		p.refusals.close()
		p.janitor.once.Do(func() { close(p.janitor.done) }) // it never ran
		close(p.janitor.quit)
	})
	<-p.janitor.done
	if err != nil {
		return fmt.Errorf("proxy: connections that were closed %v ago have not ended: %w", lastBreath, err)
	}
	return nil
}

// listenHostPort is where people are told to reach the proxy.
func (p *Proxy) listenHostPort() string {
	l := p.listen.Load()
	if l == nil {
		return "localhost"
	}
	if ap, err := netip.ParseAddrPort(*l); err == nil && ap.Addr().IsUnspecified() {
		return net.JoinHostPort("localhost", strconv.Itoa(int(ap.Port())))
	}
	return *l
}

// page is the address of the proxy's own page.
func (p *Proxy) page() string { return "http://" + p.listenHostPort() + "/" }
