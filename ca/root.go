package ca

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"os/user"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Validity of a root made here. Both ends of the period count (RFC 5280,
// section 4.1.2.5), so it is a second short of ten years.
const (
	rootYears = 10
	// backdating lets clients whose clock is behind use a new certificate.
	backdating = 48 * time.Hour
)

// maxCommonName is ub-common-name of RFC 5280, appendix A.1. The limit is in
// characters; counting bytes keeps readers right that count bytes.
const maxCommonName = 64

// newRoot makes a CA and returns it in PEM.
func newRoot(now time.Time) (pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return pair{}, fmt.Errorf("ca: making a key: %w", err)
	}
	skid, err := keyID(key.Public())
	if err != nil {
		return pair{}, err
	}
	notBefore := now.Add(-backdating).UTC().Truncate(time.Second)
	template := &x509.Certificate{
		SerialNumber:          newSerial(),
		Subject:               pkix.Name{Organization: []string{"tlsmitm"}, CommonName: rootName(now)},
		NotBefore:             notBefore,
		NotAfter:              notBefore.AddDate(rootYears, 0, 0).Add(-time.Second),
		IsCA:                  true,
		MaxPathLenZero:        true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		SubjectKeyId:          skid,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return pair{}, fmt.Errorf("ca: making the root certificate: %w", err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return pair{}, fmt.Errorf("ca: encoding the key: %w", err)
	}
	return pair{
		cert: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		key:  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}),
	}, nil
}

// rootName says in a trust store's list whose CA this is and when it was made.
// The random end keeps two made by one user on one day apart.
func rootName(now time.Time) string {
	var id [4]byte
	rand.Read(id[:])
	who := ""
	if host, err := os.Hostname(); err == nil {
		who = printable(host)
	}
	if u, err := user.Current(); err == nil {
		name := u.Username[strings.LastIndexByte(u.Username, '\\')+1:] // DOMAIN\name
		who = strings.TrimSpace(who + " " + printable(name))
	}
	end := now.UTC().Format(time.DateOnly) + ", " + hex.EncodeToString(id[:]) + ")"
	const start = "tlsmitm root CA ("
	if who = shortened(who, maxCommonName-len(start)-len(end)-1); who != "" {
		who += " "
	}
	return start + who + end
}

// printable drops what can't be shown on one line.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
}

// shortened cuts s to at most n bytes, between characters.
func shortened(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// newSerial returns a positive number of at most 128 random bits, 17 bytes as
// an INTEGER: RFC 5280, section 4.1.2.2 allows 20.
func newSerial() *big.Int {
	var b [16]byte
	for {
		rand.Read(b[:])
		if n := new(big.Int).SetBytes(b[:]); n.Sign() > 0 {
			return n
		}
	}
}

// keyID is method 1 of RFC 7093, section 2: the leftmost 160 bits of the
// SHA-256 of the subjectPublicKey bit string.
func keyID(pub crypto.PublicKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		return nil, fmt.Errorf("ca: encoding a public key: %w", err)
	}
	var spki struct {
		Algorithm pkix.AlgorithmIdentifier
		PublicKey asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &spki); err != nil {
		return nil, fmt.Errorf("ca: encoding a public key: %w", err)
	}
	sum := sha256.Sum256(spki.PublicKey.Bytes)
	return sum[:20], nil
}
