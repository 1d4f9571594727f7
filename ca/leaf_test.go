package ca

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"net"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// verify checks a leaf as a Go client does, and over a real handshake.
func verify(t *testing.T, a *Authority, cert *tls.Certificate, name string) {
	t.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(a.PEM()) {
		t.Fatal("PEM() holds no certificate")
	}
	if _, err := cert.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: name, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}); err != nil {
		t.Fatalf("Go's verification: %v", err)
	}
	client, server := net.Pipe()
	defer client.Close()
	go func() {
		defer server.Close()
		tls.Server(server, &tls.Config{Certificates: []tls.Certificate{*cert}}).Handshake()
	}()
	if err := tls.Client(client, &tls.Config{RootCAs: roots, ServerName: name}).Handshake(); err != nil {
		t.Fatalf("Go's handshake: %v", err)
	}
}

func leafOf(t testing.TB, a *Authority, r LeafRequest) *tls.Certificate {
	t.Helper()
	cert, err := a.Leaf(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func TestLeafMirrorsUpstream(t *testing.T) {
	a := newAuthority(t)
	uri := &url.URL{Scheme: "spiffe", Host: "example.org", Path: "/web"}
	upstream := serverCert(t, func(c *x509.Certificate) {
		c.Subject = pkix.Name{CommonName: "www.example.com", Organization: []string{"Example"}}
		c.DNSNames = []string{"www.example.com", "*.example.net", "odd_name.example"}
		c.IPAddresses = []net.IP{net.IPv4(192, 0, 2, 1).To4(), net.ParseIP("2001:db8::1")}
		c.EmailAddresses = []string{"admin@example.com"}
		c.URIs = []*url.URL{uri}
	})
	for _, tc := range []struct {
		asked string
		extra string // what the leaf has beyond the upstream's names
		ip    net.IP
	}{
		{"www.example.com", "", nil},
		{"WWW.example.com.", "", nil},
		{"api.example.net", "", nil},
		{"192.0.2.1", "", nil},
		{"[2001:db8::1]", "", nil},
		{"", "", nil},
		{"a.b.example.net", "a.b.example.net", nil},
		{"bücher.example", "xn--bcher-kva.example", nil},
		{"192.0.2.2", "", net.IPv4(192, 0, 2, 2)},
	} {
		t.Run(tc.asked, func(t *testing.T) {
			cert := leafOf(t, a, LeafRequest{Upstream: upstream, Name: tc.asked})
			leaf := cert.Leaf
			dns, ips := upstream.DNSNames, upstream.IPAddresses
			if tc.extra != "" {
				dns = append(slices.Clone(dns), tc.extra)
			}
			if tc.ip != nil {
				ips = append(slices.Clone(ips), tc.ip)
			}
			if leaf.Subject.String() != "CN=www.example.com" || !slices.Equal(leaf.DNSNames, dns) ||
				!slices.EqualFunc(leaf.IPAddresses, ips, net.IP.Equal) || !slices.Equal(leaf.EmailAddresses, upstream.EmailAddresses) ||
				len(leaf.URIs) != 1 || leaf.URIs[0].String() != uri.String() {
				t.Errorf("leaf has %v, %v, %v, %v, %v", leaf.Subject, leaf.DNSNames, leaf.IPAddresses, leaf.EmailAddresses, leaf.URIs)
			}
			if tc.asked != "" {
				if h, _ := parseHost(tc.asked); leaf.VerifyHostname(h.String()) != nil {
					t.Errorf("the leaf does not cover %s", h)
				}
			}
			verify(t, a, cert, "www.example.com")
		})
	}
}

func TestLeafProfile(t *testing.T) {
	a := newAuthority(t)
	for _, rsaKey := range []bool{false, true} {
		cert := leafOf(t, a, LeafRequest{Name: "example.com", RSA: rsaKey})
		leaf := cert.Leaf
		usage := x509.KeyUsageDigitalSignature
		switch key := leaf.PublicKey.(type) {
		case *ecdsa.PublicKey:
			if rsaKey || key.Curve != elliptic.P256() {
				t.Errorf("RSA asked for: %v, and the curve is %v", rsaKey, key.Curve)
			}
		case *rsa.PublicKey:
			usage |= x509.KeyUsageKeyEncipherment
			if !rsaKey || key.N.BitLen() != 2048 {
				t.Errorf("RSA asked for: %v, and it has %d bits", rsaKey, key.N.BitLen())
			}
		}
		if leaf.KeyUsage != usage || !slices.Equal(leaf.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}) {
			t.Errorf("key usage %b, extended %v", leaf.KeyUsage, leaf.ExtKeyUsage)
		}
		if leaf.IsCA || !leaf.BasicConstraintsValid {
			t.Error("basic constraints do not say that this is no CA")
		}
		if !bytes.Equal(leaf.AuthorityKeyId, a.Certificate().SubjectKeyId) || len(leaf.SubjectKeyId) != 20 ||
			bytes.Equal(leaf.SubjectKeyId, leaf.AuthorityKeyId) {
			t.Errorf("key identifiers %x, %x", leaf.SubjectKeyId, leaf.AuthorityKeyId)
		}
		if leaf.SerialNumber.Sign() <= 0 || leaf.SerialNumber.BitLen() > 19*8 || leaf.SerialNumber.BitLen() < 64 {
			t.Errorf("serial number %x", leaf.SerialNumber)
		}
		if len(cert.Certificate) != 2 || !bytes.Equal(cert.Certificate[0], leaf.Raw) || !bytes.Equal(cert.Certificate[1], a.DER()) {
			t.Error("the chain is not the leaf and the root")
		}
		if leaf.Subject.CommonName != "example.com" {
			t.Errorf("common name %q", leaf.Subject.CommonName)
		}
		verify(t, a, cert, "example.com")
	}
}

func TestLeafValidity(t *testing.T) {
	const most = 45 * 24 * time.Hour
	now := time.Now().UTC().Truncate(time.Second)
	a := newAuthority(t)
	for name, tc := range map[string]struct {
		upstreamEnds time.Duration // from now; 0: no upstream
		ends         time.Duration // 0: at the longest
	}{
		"none":         {0, 0},
		"lasts longer": {300 * 24 * time.Hour, 0},
		"ends sooner":  {3 * time.Hour, 3 * time.Hour},
		"has ended":    {-time.Hour, 0},
	} {
		r := LeafRequest{Name: "example.com"}
		if tc.upstreamEnds != 0 {
			r.Upstream = serverCert(t, func(c *x509.Certificate) {
				c.DNSNames = []string{name + ".example"}
				c.NotBefore, c.NotAfter = now.Add(-24*time.Hour), now.Add(tc.upstreamEnds)
			})
		}
		leaf := leafOf(t, a, r).Leaf
		if leaf.NotAfter.Sub(leaf.NotBefore)+time.Second > most {
			t.Errorf("%s: valid for %v in all", name, leaf.NotAfter.Sub(leaf.NotBefore))
		}
		if back := now.Sub(leaf.NotBefore); back < 24*time.Hour || back > 49*time.Hour {
			t.Errorf("%s: backdated by %v", name, back)
		}
		if want := now.Add(tc.ends); tc.ends != 0 && !leaf.NotAfter.Equal(want) {
			t.Errorf("%s: ends %v, want %v", name, leaf.NotAfter, want)
		}
		if tc.ends == 0 && leaf.NotAfter.Sub(now) < 42*24*time.Hour {
			t.Errorf("%s: ends in %v", name, leaf.NotAfter.Sub(now))
		}
	}
}

func TestLeafStaysWithinTheRootsValidity(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	from, to := now.Add(-time.Minute), now.Add(time.Hour)
	dir, _ := userCA(t, p256(t), func(c *x509.Certificate) { c.NotBefore, c.NotAfter = from, to })
	a, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	leaf := leafOf(t, a, LeafRequest{Name: "example.com"}).Leaf
	if !leaf.NotBefore.Equal(from) || !leaf.NotAfter.Equal(to) {
		t.Errorf("valid from %v to %v, the root from %v to %v", leaf.NotBefore, leaf.NotAfter, from, to)
	}
	a.now = func() time.Time { return to.Add(time.Second) }
	_, err = a.Leaf(context.Background(), LeafRequest{Name: "example.com"})
	if got := reasonOf(t, err); got != ReasonExpired {
		t.Errorf("after the root's end: %v", err)
	}
}

func TestLongNamesStayOutOfTheCommonName(t *testing.T) {
	a := newAuthority(t)
	long := strings.Repeat("a", 60) + ".example.com"
	cert := leafOf(t, a, LeafRequest{Name: long})
	if cert.Leaf.Subject.CommonName != "" {
		t.Errorf("common name %q", cert.Leaf.Subject.CommonName)
	}
	critical := false
	for _, e := range cert.Leaf.Extensions {
		critical = critical || e.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, 17}) && e.Critical
	}
	if !critical {
		t.Error("the subject is empty, and the alternative names are not critical (RFC 5280, section 4.2.1.6)")
	}
	verify(t, a, cert, long)
	exact := strings.Repeat("b", 52) + ".example.com"
	if got := leafOf(t, a, LeafRequest{Name: exact}).Leaf.Subject.CommonName; got != exact {
		t.Errorf("a name of 64 bytes became %q", got)
	}
}

func TestUpstreamNamesThatNoCertificateHolds(t *testing.T) {
	a := newAuthority(t)
	for name, upstream := range map[string]*x509.Certificate{
		"not IA5": {DNSNames: []string{"bücher.example", "good.example", "", "a b"}, EmailAddresses: []string{"ü@example.com"},
			URIs: []*url.URL{{Scheme: "a", Opaque: "ü"}, {Scheme: "https", Host: "example.com."}}, IPAddresses: []net.IP{{1, 2, 3}}},
		"broken common name": {Subject: pkix.Name{CommonName: "a\x00\xff"}, DNSNames: []string{"good.example"}},
		"long common name":   {Subject: pkix.Name{CommonName: strings.Repeat("x", 65)}, DNSNames: []string{"good.example"}},
	} {
		cert := leafOf(t, a, LeafRequest{Upstream: upstream, Name: "asked.example"})
		if want := []string{"good.example", "asked.example"}; !slices.Equal(cert.Leaf.DNSNames, want) || cert.Leaf.Subject.CommonName != "" {
			t.Errorf("%s: %v, %q", name, cert.Leaf.DNSNames, cert.Leaf.Subject.CommonName)
		}
		verify(t, a, cert, "asked.example")
	}
}

func TestUpstreamWithoutNames(t *testing.T) {
	a := newAuthority(t)
	upstream := serverCert(t, func(c *x509.Certificate) { c.Subject.CommonName = "old.example" })
	cert := leafOf(t, a, LeafRequest{Upstream: upstream, Name: "old.example"})
	if !slices.Equal(cert.Leaf.DNSNames, []string{"old.example"}) {
		t.Errorf("names %v", cert.Leaf.DNSNames)
	}
	for _, r := range []LeafRequest{{}, {Upstream: upstream}, {Name: "a b"}, {Upstream: upstream, Name: "*.example"}} {
		_, err := a.Leaf(context.Background(), r)
		if got := reasonOf(t, err); got != ReasonName {
			t.Errorf("%+v: %v", r, err)
		}
	}
}

func TestUnparsedUpstreamsAreKeptApart(t *testing.T) {
	a := newAuthority(t)
	for _, name := range []string{"a.example", "b.example"} {
		cert := leafOf(t, a, LeafRequest{Upstream: &x509.Certificate{DNSNames: []string{name}}, Name: name})
		if !slices.Equal(cert.Leaf.DNSNames, []string{name}) {
			t.Errorf("%s got a leaf for %v", name, cert.Leaf.DNSNames)
		}
	}
}
