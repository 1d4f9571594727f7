package ca

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Authority is a CA that has been loaded and checked. Its methods may be
// called from several goroutines. The slices that they return are the
// caller's; the certificates are shared and must not be altered.
type Authority struct {
	store   store
	now     func() time.Time
	issuer  *x509.Certificate
	key     crypto.Signer
	keyID   []byte // what a leaf's authority key identifier says
	pem     []byte
	chain   [][]byte // what follows the leaf on the wire
	created bool

	ecdsa, rsa leafKey
	leaves     cache
}

// Load returns the CA in dir, and makes one on first use: ca.pem, and
// ca-key.pem which only the owner may read. Whatever stands in the way of using
// files that are there is an [Error]; they are never replaced.
func Load(dir string) (*Authority, error) {
	return load(dir, time.Now)
}

func load(dir string, now func() time.Time) (*Authority, error) {
	s := store{dir}
	p, created, err := s.open(func() (pair, error) { return newRoot(now()) })
	if err != nil {
		return nil, err
	}
	a := &Authority{store: s, now: now, created: created}
	a.ecdsa.generate = newECDSAKey
	a.rsa.generate = newRSAKey
	certs, err := s.parseCertificates(p.cert)
	if err != nil {
		return nil, err
	}
	a.issuer = certs[0]
	if a.key, err = s.parseKey(p.key); err != nil {
		return nil, err
	}
	if err := s.check(a.issuer, a.key, now()); err != nil {
		return nil, err
	}
	if a.keyID = a.issuer.SubjectKeyId; len(a.keyID) == 0 {
		// RFC 5280, section 4.2.1.1 wants an identifier in the leaf all the same.
		if a.keyID, err = keyID(a.issuer.PublicKey); err != nil {
			return nil, err
		}
	}
	for i, c := range certs {
		a.pem = append(a.pem, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
		// RFC 8446, section 4.4.2: a root may be left out, clients have it. The
		// issuer stays, so that whoever looks at the chain sees who signed.
		if i == 0 || !selfIssued(c) {
			a.chain = append(a.chain, c.Raw)
		}
	}
	return a, nil
}

// parseCertificates returns the certificates of a PEM file, at least one.
func (s store) parseCertificates(data []byte) ([]*x509.Certificate, error) {
	var certs []*x509.Certificate
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, s.errMalformed(s.certPath(), fmt.Sprintf("certificate %d in it can't be parsed", len(certs)+1), err)
		}
		certs = append(certs, c)
	}
	if len(certs) == 0 {
		return nil, s.errMalformed(s.certPath(), "no certificate in PEM form in it", nil)
	}
	return certs, nil
}

// check says whether server certificates can be signed with c and key.
func (s store) check(c *x509.Certificate, key crypto.Signer, now time.Time) error {
	pub, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !pub.Equal(c.PublicKey) {
		return s.errMismatch()
	}
	// RFC 5280, sections 4.2.1.3, 4.2.1.9 and 4.2.1.12.
	switch {
	case !c.BasicConstraintsValid || !c.IsCA:
		return s.errNotCA("this certificate is not a CA's (basicConstraints does not say CA:TRUE)")
	case c.KeyUsage != 0 && c.KeyUsage&x509.KeyUsageCertSign == 0:
		return s.errNotCA("this CA certificate may not sign certificates (keyUsage lacks keyCertSign)")
	case len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) > 0 &&
		!slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageServerAuth) && !slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageAny):
		return s.errNotCA("this CA certificate may not sign for servers (extendedKeyUsage lacks serverAuth)")
	}
	return s.checkValidity(c, now)
}

// checkValidity says whether now lies in c's validity.
func (s store) checkValidity(c *x509.Certificate, now time.Time) error {
	if now.After(c.NotAfter) {
		return s.errExpired(c.NotAfter.UTC().Format(time.RFC1123))
	}
	if now.Before(c.NotBefore) {
		return s.errNotYetValid(c.NotBefore.UTC().Format(time.RFC1123))
	}
	return nil
}

func selfIssued(c *x509.Certificate) bool { return bytes.Equal(c.RawIssuer, c.RawSubject) }

// Certificate returns the certificate that signs.
func (a *Authority) Certificate() *x509.Certificate { return a.issuer }

// PEM returns the certificates of the CA's file, the one that signs first:
// what a client is given to trust.
func (a *Authority) PEM() []byte { return bytes.Clone(a.pem) }

// DER returns the certificate that signs, as trust stores take it that know no PEM.
func (a *Authority) DER() []byte { return bytes.Clone(a.issuer.Raw) }

// Created tells that this call of Load made the CA, so that no client trusts
// it yet. Of processes that start at once, it is true in one.
func (a *Authority) Created() bool { return a.created }

// CertPath returns where the certificate is.
func (a *Authority) CertPath() string { return a.store.certPath() }

// KeyPath returns where the private key is.
func (a *Authority) KeyPath() string { return a.store.keyPath() }

// Fingerprint returns the SHA-256 of the certificate that signs, as trust
// stores show it: "AA:BB:…".
func (a *Authority) Fingerprint() string {
	sum := sha256.Sum256(a.issuer.Raw)
	return strings.ToUpper(strings.ReplaceAll(fmt.Sprintf("% x", sum), " ", ":"))
}

// FingerprintHex returns the same in lower-case hex without separators.
func (a *Authority) FingerprintHex() string {
	sum := sha256.Sum256(a.issuer.Raw)
	return hex.EncodeToString(sum[:])
}
