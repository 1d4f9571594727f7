package main

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"

	"tlsmitm/ca"
)

func wrongFormat(got string) error {
	return fmt.Errorf("flag --format wants pem or der, not `%s`", got)
}

func derToTerminal() error {
	return errors.New("DER is binary and would garble the terminal; name a file with --out FILE, or send it into a pipe")
}

func exportOverCA(path string) error {
	return fmt.Errorf("`%s` is the CA's own file and must stay as it is; choose another with --out FILE", path)
}

const madeCA = "There was no CA yet, so a new one was made."

// aboutCA describes the root certificate.
func aboutCA(a *ca.Authority, now time.Time) string {
	c := a.Certificate()
	var b strings.Builder
	for _, row := range [][2]string{
		{"Subject", subject(c)},
		{"Certificate", a.CertPath()},
		{"Private key", a.KeyPath()},
		{"SHA-256", a.Fingerprint()},
		{"Key", keyKind(c.PublicKey)},
		{"Valid", fmt.Sprintf("%s to %s (%s left)", c.NotBefore.Format(time.DateOnly), c.NotAfter.Format(time.DateOnly), days(c.NotAfter.Sub(now)))},
	} {
		fmt.Fprintf(&b, "%-12s %s\n", row[0], row[1])
	}
	return b.String()
}

// subject names a certificate as trust stores do.
func subject(c *x509.Certificate) string {
	if c.Subject.CommonName != "" {
		return c.Subject.CommonName
	}
	return c.Subject.String()
}

func days(d time.Duration) string {
	if n := int(d.Hours() / 24); n != 1 {
		return fmt.Sprintf("%d days", n)
	}
	return "1 day"
}

func keyKind(key any) string {
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		return "ECDSA " + k.Curve.Params().Name
	case ed25519.PublicKey:
		return "Ed25519"
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d bits", k.N.BitLen())
	default:
		return fmt.Sprintf("%T", key)
	}
}
