package proxy

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"tlsmitm/inspect"
	"tlsmitm/inspect/tlswire"
)

// Every sentence that this package says to a person is in this file and in
// page.html. Each says what failed, on what, why, and what to do next.

func wordsBadTarget(asked string, err error) *problem {
	return &problem{
		cause: inspect.CauseDialFailed, status: http.StatusBadRequest, err: err,
		what: fmt.Sprintf("Cannot connect to %q", asked),
		why:  fmt.Sprintf("it is no address: %v.", err),
		next: "Ask for a host name or an IP address and a port, as in CONNECT example.com:443 or CONNECT [::1]:443.",
	}
}

func wordsBadScheme(url, scheme string) *problem {
	return &problem{
		cause: inspect.CauseDialFailed, status: http.StatusBadRequest,
		what: fmt.Sprintf("Cannot fetch %s", url),
		why:  fmt.Sprintf("a proxy is asked in the clear for http:// addresses only, and this one is %s://.", scheme),
		next: "For https:// send CONNECT host:port first and TLS after it; curl does so with -x, browsers by themselves.",
	}
}

func wordsRefused(t Target) *problem {
	return &problem{
		cause: inspect.CausePolicy, status: http.StatusForbidden, alert: tlswire.AlertAccessDenied,
		what: fmt.Sprintf("Refused to connect to %s", t.Address()),
		why:  "the policy in this proxy's configuration has a rule that refuses this host.",
		next: "If it should pass, change or remove the rule under policy in the configuration file and restart the proxy.",
	}
}

func wordsRefusedSNI(t Target, name string) *problem {
	p := wordsRefused(t)
	p.why = fmt.Sprintf("the client asked there for %s, and the policy in this proxy's configuration has a rule that refuses that host.", name)
	return p
}

func wordsLoop(t Target, page string) *problem {
	return &problem{
		cause: inspect.CauseLoop, status: http.StatusLoopDetected, err: errLoop,
		what: fmt.Sprintf("Refused to connect to %s", t.Address()),
		why:  "this is the address of the proxy itself: it would call itself without end.",
		next: fmt.Sprintf("For the proxy's own page open %s without a proxy; to reach another service, check its address and port.", page),
	}
}

func wordsUnreachable(t Target, limit time.Duration, err error) *problem {
	p := &problem{
		cause: inspect.CauseDialFailed, status: http.StatusBadGateway, err: err,
		what: fmt.Sprintf("Cannot connect to %s", t.Address()),
	}
	dns, isDNS := errors.AsType[*net.DNSError](err)
	switch {
	case isTimeout(err) && isDNS:
		p.cause, p.status = inspect.CauseDialTimeout, http.StatusGatewayTimeout
		p.why = "no name server answered in time."
		p.next = "Check this machine's network and DNS settings, then try again."
	case isTimeout(err):
		p.cause, p.status = inspect.CauseDialTimeout, http.StatusGatewayTimeout
		p.why = fmt.Sprintf("nothing answered within %v.", limit)
		p.next = "The server may be down, or a firewall drops what is sent to it. Try it from this machine without the proxy; limits.dial in the configuration file sets how long to wait."
	case isDNS && dns.IsNotFound:
		p.why = fmt.Sprintf("there is no host of the name %s.", t.Host)
		p.next = "Check the spelling. If the name is known only inside another network, this machine needs that network's DNS or an entry in its hosts file."
	case isDNS:
		p.why = fmt.Sprintf("its name could not be resolved: %s.", dns.Err)
		p.next = "Check this machine's network and DNS settings, then try again."
	case errors.Is(err, syscall.ECONNREFUSED):
		p.why = "the host is there, but nothing listens on that port: it refused the connection."
		p.next = "Check the port, and that the server runs."
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		p.why = "this machine has no route to it."
		p.next = "Check this machine's network; if the address is IPv6, whether IPv6 works here at all."
	default:
		p.why = fmt.Sprintf("%v.", err)
		p.next = "Try it from this machine without the proxy: the same error there means that it is not the proxy's."
	}
	return p
}

func wordsUnanswered(t Target, err error) *problem {
	p := &problem{
		cause: inspect.CauseServerReset, status: http.StatusBadGateway, err: err,
		what: fmt.Sprintf("No answer from %s", t.Address()),
		why:  fmt.Sprintf("the request was sent, and then the connection failed: %v.", err),
		next: "Try again; if it stays so, look at the server's own log.",
	}
	if isTimeout(err) {
		p.status = http.StatusGatewayTimeout
	}
	return p
}

func wordsBusy(limit int) *problem {
	return &problem{
		status: http.StatusServiceUnavailable,
		what:   "This proxy has no room for another connection",
		why:    fmt.Sprintf("%d are open, which is its limit.", limit),
		next:   "Close some, or raise limits.connections in the configuration file.",
	}
}

func wordsSniffTimeout(t Target, limit time.Duration, partial int) *problem {
	p := &problem{
		cause: inspect.CauseSniffTimeout,
		what:  fmt.Sprintf("Gave up on a connection to %s", t.Address()),
		why:   fmt.Sprintf("neither the client nor the server said anything within %v.", limit),
		next:  "A client that opens connections in advance does this, and it is harmless; limits.sniff in the configuration file sets how long to wait.",
	}
	if partial > 0 {
		p.why = fmt.Sprintf("the client sent %d bytes of a TLS Client Hello and then, within %v, not the rest.", partial, limit)
		p.next = "Look at the client, or at the network between it and the proxy; limits.sniff in the configuration file sets how long to wait."
	}
	return p
}

func wordsHalfHello(t Target, partial int) *problem {
	return &problem{
		cause: inspect.CauseClientClosed,
		what:  fmt.Sprintf("A client gave up on %s", t.Address()),
		why:   fmt.Sprintf("it sent %d bytes of a TLS Client Hello and closed the connection.", partial),
		next:  "Look at the client's own log for the reason.",
	}
}

func wordsSniffReset(t Target, err error) *problem {
	return &problem{
		cause: inspect.CauseClientReset, err: err,
		what: fmt.Sprintf("A client gave up on %s", t.Address()),
		why:  "it reset the connection before it had said what it wanted.",
		next: "Look at the client's own log for the reason.",
	}
}

func wordsBadHello(t Target, what firstBytes, err error) *problem {
	p := &problem{
		cause: inspect.CauseClientHelloMalformed, err: err, alert: tlswire.AlertDecodeError,
		what: fmt.Sprintf("Cannot read what a client sent to %s", t.Address()),
		why:  fmt.Sprintf("it begins like TLS but is no Client Hello: %v.", err),
		next: "If the protocol is not TLS, list this host under policy.tunnel in the configuration file.",
	}
	if what == firstTooLarge {
		p.cause, p.alert = inspect.CauseClientHelloTooLarge, tlswire.AlertRecordOverflow
		p.why = fmt.Sprintf("its Client Hello is larger than the %d bytes that are accepted: %v.", maxHello, err)
	}
	return p
}

func wordsNoVersion(t Target, hello *tlswire.ClientHello, floor uint16) *problem {
	_, hi := hello.VersionRange()
	return &problem{
		cause: inspect.CauseClientHandshakeFailed, alert: tlswire.AlertProtocolVersion,
		what: fmt.Sprintf("Cannot speak TLS with a client that wants %s", t.Address()),
		why:  fmt.Sprintf("it offers nothing newer than %s, and the oldest version that is allowed here is %s.", hi, tlswire.Version(floor)),
		next: "Update the client, or lower tls.min_version in the configuration file.",
	}
}

func wordsUnverified(t Target, u *unverified) *problem {
	leaf := u.chain[0]
	p := &problem{
		cause: inspect.CauseUpstreamUnverified, status: http.StatusBadGateway, err: u.err,
		what:  fmt.Sprintf("The certificate of %s cannot be trusted", t.Address()),
		facts: certificateFacts(leaf, u.name),
	}
	except := fmt.Sprintf("To go on in spite of it, list %q under upstream.insecure_hosts in the configuration file.", u.name)
	switch u.code {
	case checkUnknownAuthority:
		p.why = fmt.Sprintf("it is signed by %q, which is no authority that this proxy knows.", leaf.Issuer)
		p.next = "If that authority is yours, give its certificate with --upstream-ca or upstream.ca_files. If it is a public one, the server may have forgotten to send an intermediate certificate. " + except
	case checkSelfSigned:
		p.why = "it is signed by itself, and not by any authority."
		p.next = "If the server is yours, give its certificate with --upstream-ca or upstream.ca_files. " + except
	case checkExpired:
		p.why = fmt.Sprintf("it, or one that it depends on, has expired: %v.", u.err)
		p.next = "Its owner has to renew it; check this machine's clock, too. " + except
	case checkNotYetValid:
		p.why = fmt.Sprintf("it is not valid yet: %v.", u.err)
		p.next = "Check this machine's clock. " + except
	case checkNameMismatch:
		p.why = fmt.Sprintf("it is not for %s.", u.name)
		p.next = "Check the address: the host may be another one than you think, or serve this name elsewhere. " + except
	case checkIncompatibleUsage:
		p.why = "it is not meant for servers: its key usage says so."
		p.next = "The server needs a certificate with the extended key usage serverAuth. " + except
	case checkConstraintViolated:
		p.why = fmt.Sprintf("an authority in its chain was not allowed to sign it: %v.", u.err)
		p.next = "The server's owner has to get another certificate. " + except
	default:
		p.why = fmt.Sprintf("%v.", u.err)
		p.next = except
	}
	return p
}

func certificateFacts(leaf *x509.Certificate, asked string) []fact {
	names := append([]string(nil), leaf.DNSNames...)
	for _, ip := range leaf.IPAddresses {
		names = append(names, ip.String())
	}
	const few = 8
	if more := len(names) - few; more > 0 {
		names = append(names[:few], fmt.Sprintf("and %d more", more))
	}
	list := strings.Join(names, ", ")
	if list == "" {
		list = "none"
	}
	return []fact{
		{"Asked for", asked},
		{"Subject", leaf.Subject.String()},
		{"Valid for", list},
		{"Issued by", leaf.Issuer.String()},
		{"Valid from", leaf.NotBefore.UTC().Format(time.RFC1123)},
		{"Valid until", leaf.NotAfter.UTC().Format(time.RFC1123)},
	}
}

const wantsClientCertificate = "The server wants a client certificate, which the proxy does not have: list this host under policy.tunnel in the configuration file."

func wordsUpstreamAlert(t Target, d tlswire.AlertDescription, err error) *problem {
	p := &problem{
		cause: inspect.CauseUpstreamHandshakeFailed, status: http.StatusBadGateway, err: err, alert: d,
		what: fmt.Sprintf("%s refused the TLS handshake", t.Address()),
		why:  fmt.Sprintf("it sent the alert %s.", d),
		next: "The same may happen without the proxy. Compare the proxy's Client Hello with the client's to see what the server may not like.",
	}
	switch d {
	case tlswire.AlertProtocolVersion:
		p.next = "Client and server have no TLS version in common that is allowed here: see tls.min_version in the configuration file."
	case tlswire.AlertUnrecognizedName:
		p.next = "The server does not serve the name that the client asked for; check the address."
	case tlswire.AlertNoApplicationProtocol:
		p.next = "The server speaks none of the protocols that the client offered in ALPN."
	case tlswire.AlertCertificateRequired:
		p.next = wantsClientCertificate
	}
	return p
}

func wordsUpstreamSilent(t Target, limit time.Duration, err error) *problem {
	return &problem{
		cause: inspect.CauseUpstreamTimeout, status: http.StatusBadGateway, err: err,
		what: fmt.Sprintf("%s did not finish the TLS handshake", t.Address()),
		why:  fmt.Sprintf("it took the connection, but %v were not enough for the handshake.", limit),
		next: "Check that this port speaks TLS; limits.handshake in the configuration file sets how long to wait.",
	}
}

func wordsUpstreamClosed(t Target, err error) *problem {
	return &problem{
		cause: inspect.CauseUpstreamClosed, status: http.StatusBadGateway, err: err,
		what: fmt.Sprintf("%s closed the connection during the TLS handshake", t.Address()),
		why:  "it gave no reason.",
		next: "Check that this port speaks TLS, and try without the proxy: something on the way may cut the connection.",
	}
}

func wordsUpstreamFailed(t Target, err error) *problem {
	return &problem{
		cause: inspect.CauseUpstreamHandshakeFailed, status: http.StatusBadGateway, err: err,
		what: fmt.Sprintf("The TLS handshake with %s failed", t.Address()),
		why:  fmt.Sprintf("%v.", err),
		next: "Check that this port speaks TLS, and try without the proxy.",
	}
}

func wordsMint(t Target, name string, err error) *problem {
	return &problem{
		cause: inspect.CauseInternal, err: err,
		what: fmt.Sprintf("Cannot make a certificate for %s, asked for at %s", name, t.Address()),
		why:  fmt.Sprintf("%v.", err),
		next: "List this host under policy.tunnel in the configuration file to let it pass untouched.",
	}
}

func wordsClientRejected(t Target, from string, d tlswire.AlertDescription, page string, err error) *problem {
	return &problem{
		cause: inspect.CauseClientRejected, err: err, alert: d,
		what: fmt.Sprintf("The client %s did not accept the proxy's certificate for %s", from, t.Address()),
		why:  fmt.Sprintf("it sent the alert %s.", d),
		next: fmt.Sprintf("Make the client trust the root certificate (%s says how), or list this host under policy.tunnel if the client insists on one certificate.", page),
	}
}

func wordsClientAlert(t Target, from string, d tlswire.AlertDescription, err error) *problem {
	return &problem{
		cause: inspect.CauseClientHandshakeFailed, err: err, alert: d,
		what: fmt.Sprintf("The client %s broke the TLS handshake for %s off", from, t.Address()),
		why:  fmt.Sprintf("it sent the alert %s.", d),
		next: "Look at the client's own log for the reason.",
	}
}

func wordsClientSilent(t Target, from string, limit time.Duration, err error) *problem {
	return &problem{
		cause: inspect.CauseClientTimeout, err: err,
		what: fmt.Sprintf("The client %s did not finish the TLS handshake for %s", from, t.Address()),
		why:  fmt.Sprintf("%v were not enough for it.", limit),
		next: "Look at the client, or at the network between it and the proxy; limits.handshake in the configuration file sets how long to wait.",
	}
}

func wordsClientClosed(t Target, from, page string, err error) *problem {
	return &problem{
		cause: inspect.CauseClientClosed, err: err,
		what: fmt.Sprintf("The client %s closed the connection during the TLS handshake for %s", from, t.Address()),
		why:  "it gave no reason; a client that does not trust the proxy's certificate may do so.",
		next: fmt.Sprintf("Make the client trust the root certificate: %s says how.", page),
	}
}

func wordsClientFailed(t Target, from string, err error) *problem {
	return &problem{
		cause: inspect.CauseClientHandshakeFailed, err: err,
		what: fmt.Sprintf("The TLS handshake with the client %s for %s failed", from, t.Address()),
		why:  fmt.Sprintf("%v.", err),
		next: "Compare what the client offers in its Client Hello with what the proxy answers.",
	}
}

func wordsClientReset(t Target, from string, err error) *problem {
	return &problem{
		cause: inspect.CauseClientReset, err: err,
		what: fmt.Sprintf("The client %s broke its connection to %s off", from, t.Address()),
		why:  "it reset the connection.",
		next: "Clients do so when they want no more of an answer; otherwise look at the client's own log.",
	}
}

func wordsServerReset(t Target, err error) *problem {
	return &problem{
		cause: inspect.CauseServerReset, err: err,
		what: fmt.Sprintf("%s broke the connection off", t.Address()),
		why:  "it reset the connection while data were under way.",
		next: "Try again; if it stays so, look at the server's own log.",
	}
}

// wordsClientBroke tells of an error that is no reset: one of TLS, or of the system.
func wordsClientBroke(t Target, from string, err error) *problem {
	p := wordsClientReset(t, from, err)
	p.why = fmt.Sprintf("%v.", err)
	if errno := syscall.Errno(0); !errors.As(err, &errno) {
		p.cause = inspect.CauseClientTLS
		p.what = fmt.Sprintf("TLS with the client %s, for %s, broke after the handshake", from, t.Address())
		p.next = wordsRenegotiation(t) + "the client, or at what lies before it."
	}
	return p
}

// wordsServerBroke is the same of a server.
func wordsServerBroke(t Target, err error) *problem {
	p := wordsServerReset(t, err)
	p.why = fmt.Sprintf("%v.", err)
	if errno := syscall.Errno(0); !errors.As(err, &errno) {
		p.cause = inspect.CauseServerTLS
		p.what = fmt.Sprintf("TLS with %s broke after the handshake", t.Address())
		p.next = wordsRenegotiation(t) + "the server, or at what lies before it."
	}
	return p
}

func wordsRenegotiation(t Target) string {
	return fmt.Sprintf("If it must renegotiate, which this proxy does not, list %s under policy.tunnel in the configuration file; else look at ", t.Host)
}

// wordsEnded tells of a connection that the proxy itself has ended.
func wordsEnded(t Target, cause inspect.Cause, l Limits) *problem {
	p := &problem{cause: cause, what: fmt.Sprintf("Closed the connection to %s", t.Address())}
	switch cause {
	case inspect.CauseIdleTimeout:
		p.why = fmt.Sprintf("nothing has passed on it for %v.", l.Idle)
		p.next = "limits.idle in the configuration file sets how long a connection may rest."
	default:
		p.why = "the proxy stops."
		p.next = "limits.shutdown_grace in the configuration file sets how long transfers may still take then."
	}
	return p
}

func wordsPanic(t Target, value any, stack []byte) *problem {
	return &problem{
		cause: inspect.CauseInternal, status: http.StatusBadGateway, err: fmt.Errorf("panic: %v\n%s", value, stack),
		what: fmt.Sprintf("A bug in this proxy has ended the connection to %s", t.Address()),
		why:  fmt.Sprintf("%v.", value),
		next: "Other connections go on. Please report it with the stack above.",
	}
}

const (
	textMisdirected = "tlsmitm: this address belongs to a proxy, and it shows its own page only under its own name or address.\nSet it as the proxy of a program (curl -x http://%s …), or open http://%s/ to read how.\n"
	textNotFound    = "tlsmitm: there is nothing here. See http://%s/ for what this proxy has to show.\n"
	textMethod      = "tlsmitm: this page can only be read (GET or HEAD).\n"
)
