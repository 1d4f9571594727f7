package ca

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"
)

// leafLifetime is how long a leaf is valid in all, its backdating included:
// less than any client's limit, those announced for the years to come too.
const leafLifetime = 45 * 24 * time.Hour

// LeafRequest says what a leaf is to stand for.
type LeafRequest struct {
	// Upstream is the server's own certificate, as crypto/x509 parsed it: the
	// leaf takes over its names. Nil if there is none.
	Upstream *x509.Certificate
	// Name is the host that the client asked for: a host name (Unicode or
	// A-labels, a trailing dot or not), or an IP address. It may be empty if
	// Upstream has names.
	Name string
	// RSA asks for an RSA key, for a client that takes no ECDSA signature.
	RSA bool
}

// Leaf returns a certificate for r, signed by the CA, with its chain and the
// parsed leaf. It is shared with other callers and must not be altered. The
// error is an [Error] for a name that can't be in a certificate and for a CA
// that has expired meanwhile, and ctx's cause if that ends first.
func (a *Authority) Leaf(ctx context.Context, r LeafRequest) (*tls.Certificate, error) {
	asked, err := parseHost(r.Name)
	if err != nil {
		return nil, err
	}
	if r.Upstream != nil && !asked.isZero() && r.Upstream.VerifyHostname(asked.String()) == nil {
		asked = host{} // then the leaf does not depend on it
	}
	keys := &a.ecdsa
	if r.RSA {
		keys = &a.rsa
	}
	key, id, err := keys.get(ctx)
	if err != nil {
		return nil, fmt.Errorf("ca: waiting for the leaf key: %w", err)
	}
	mint := func() (*tls.Certificate, error) { return a.mint(r.Upstream, asked, key, id) }
	leaf := leafID{host: asked, rsa: r.RSA}
	if r.Upstream != nil {
		if len(r.Upstream.Raw) == 0 {
			return mint() // not from the wire: nothing tells it from another
		}
		leaf.upstream = sha256.Sum256(r.Upstream.Raw)
	}
	return a.leaves.get(ctx, leaf, a.now(), mint)
}

// mint makes and signs a leaf.
func (a *Authority) mint(upstream *x509.Certificate, asked host, key crypto.Signer, id []byte) (*tls.Certificate, error) {
	now := a.now()
	if err := a.store.checkValidity(a.issuer, now); err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          newSerial(),
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		SubjectKeyId:          id,
		AuthorityKeyId:        a.keyID,
	}
	if _, ok := key.(*rsa.PrivateKey); ok { // RFC 5246, section 7.4.2: RSA key exchange
		template.KeyUsage |= x509.KeyUsageKeyEncipherment
	}
	template.NotBefore, template.NotAfter = a.validity(upstream, now)
	template.Subject = pkix.Name{CommonName: commonName(upstream, asked)}
	setNames(template, upstream, asked)
	if len(template.DNSNames)+len(template.IPAddresses)+len(template.EmailAddresses)+len(template.URIs) == 0 {
		return nil, errName("", "none was asked for, and the server's certificate has none")
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.issuer, key.Public(), a.key)
	if err != nil {
		return nil, fmt.Errorf("ca: making a leaf for %q: %w", asked, err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("ca: making a leaf for %q: %w", asked, err)
	}
	return &tls.Certificate{Certificate: append([][]byte{der}, a.chain...), PrivateKey: key, Leaf: leaf}, nil
}

// validity is never longer than leafLifetime, never outside the root's, and
// ends with the upstream's. An upstream that has ended is an exception that the
// user made: its leaf is good, or the client could not follow.
func (a *Authority) validity(upstream *x509.Certificate, now time.Time) (notBefore, notAfter time.Time) {
	now = now.UTC().Truncate(time.Second)
	notBefore = now.Add(-backdating)
	notAfter = notBefore.Add(leafLifetime - time.Second) // both ends count: RFC 5280, section 4.1.2.5
	if notBefore.Before(a.issuer.NotBefore) {
		notBefore = a.issuer.NotBefore
	}
	if notAfter.After(a.issuer.NotAfter) {
		notAfter = a.issuer.NotAfter
	}
	if upstream != nil && upstream.NotAfter.After(now) && notAfter.After(upstream.NotAfter) {
		notAfter = upstream.NotAfter
	}
	return notBefore, notAfter
}

// commonName is the upstream's, or the asked name; "" if that can't be one.
func commonName(upstream *x509.Certificate, asked host) string {
	cn := asked.String()
	if upstream != nil {
		cn = upstream.Subject.CommonName
	}
	if len(cn) > maxCommonName || printable(cn) != cn {
		return "" // RFC 5280, section 4.2.1.6: the names are then a critical extension
	}
	return cn
}

// setNames gives the template the upstream's subject alternative names that a
// certificate can hold (RFC 5280, section 4.2.1.6), and the asked one.
func setNames(template, upstream *x509.Certificate, asked host) {
	if upstream != nil {
		template.DNSNames = keep(upstream.DNSNames, isVisibleASCII)
		template.EmailAddresses = keep(upstream.EmailAddresses, isVisibleASCII)
		template.IPAddresses = keep(upstream.IPAddresses, func(ip net.IP) bool { return len(ip) == net.IPv4len || len(ip) == net.IPv6len })
		template.URIs = keep(upstream.URIs, func(u *url.URL) bool {
			again, err := url.Parse(u.String())
			return err == nil && isVisibleASCII(u.String()) && !strings.HasSuffix(again.Host, ".")
		})
	}
	if asked.dns != "" {
		template.DNSNames = append(template.DNSNames, asked.dns)
	}
	if asked.ip.IsValid() {
		template.IPAddresses = append(template.IPAddresses, asked.ip.AsSlice())
	}
}

func keep[T any](from []T, ok func(T) bool) []T {
	var kept []T
	for _, v := range from {
		if ok(v) {
			kept = append(kept, v)
		}
	}
	return kept
}

func isVisibleASCII(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool { return r < 0x21 || r > 0x7e }) < 0
}
