package tlswire

import (
	//lint:ignore SA1019 old certificates have such keys, and they are only named
	"crypto/dsa"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"
)

// treeSerial writes a serial number in hexadecimal, in whole bytes.
func treeSerial(n *big.Int) string {
	size := max(1, (n.BitLen()+7)/8)
	return fmt.Sprintf("%0*x", 2*size, n)
}

// publicKeyInfo reads a SubjectPublicKeyInfo in DER (RFC 5280 section 4.1.2.7) and
// tells what key it is.
func (s *treeScope) publicKeyInfo(name string, prefix int) {
	f := s.opaque(name, prefix)
	if f == nil || len(f.Bytes) == 0 {
		return
	}
	info := f.Bytes
	key, _ := x509.ParsePKIXPublicKey(info)
	s.noteText("public_key", treePublicKey(key, info))
}

// treePublicKey says what key a SubjectPublicKeyInfo holds, given what
// crypto/x509 makes of it: "ECDSA P-256", "RSA 2048", or the object identifier
// of an algorithm that it does not know.
func treePublicKey(key any, info []byte) string {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d", key.N.BitLen())
	case *ecdsa.PublicKey:
		return "ECDSA " + key.Curve.Params().Name
	case ed25519.PublicKey:
		return "Ed25519"
	case *ecdh.PublicKey:
		return "X25519"
	case *dsa.PublicKey:
		return fmt.Sprintf("DSA %d", key.P.BitLen())
	}
	outer := cryptobyte.String(info)
	var spki cryptobyte.String
	if !outer.ReadASN1(&spki, der.SEQUENCE) {
		return "unknown"
	}
	return treeAlgorithm(spki)
}

// treeSignatureAlgorithm names the algorithm that signed the certificate.
func treeSignatureAlgorithm(cert *x509.Certificate) string {
	if cert.SignatureAlgorithm != x509.UnknownSignatureAlgorithm {
		return cert.SignatureAlgorithm.String()
	}
	outer := cryptobyte.String(cert.Raw)
	var whole cryptobyte.String
	if !outer.ReadASN1(&whole, der.SEQUENCE) || !whole.SkipASN1(der.SEQUENCE) {
		return "unknown"
	}
	return treeAlgorithm(whole)
}

// treeAlgorithm returns the object identifier of the AlgorithmIdentifier that
// s begins with (RFC 5280 section 4.1.1.2), as "unknown (1.2.3)".
func treeAlgorithm(s cryptobyte.String) string {
	var id asn1.ObjectIdentifier
	var algorithm cryptobyte.String
	if !s.ReadASN1(&algorithm, der.SEQUENCE) || !algorithm.ReadASN1ObjectIdentifier(&id) {
		return "unknown"
	}
	return "unknown (" + id.String() + ")"
}

// treeKeyUsages names the bits of KeyUsage (RFC 5280 section 4.2.1.3).
func treeKeyUsages(usage x509.KeyUsage) []string {
	names := [...]string{"digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment",
		"keyAgreement", "keyCertSign", "cRLSign", "encipherOnly", "decipherOnly"}
	var list []string
	for i, name := range names {
		if usage&(1<<i) != 0 {
			list = append(list, name)
		}
	}
	return list
}

// treeExtKeyUsages names the purposes of the key (RFC 5280 section 4.2.1.12).
func treeExtKeyUsages(cert *x509.Certificate) []string {
	var list []string
	for _, usage := range cert.ExtKeyUsage {
		list = append(list, treeExtKeyUsage(usage))
	}
	return append(list, treeStrings(cert.UnknownExtKeyUsage)...)
}

func treeExtKeyUsage(usage x509.ExtKeyUsage) string {
	switch usage {
	case x509.ExtKeyUsageAny:
		return "anyExtendedKeyUsage"
	case x509.ExtKeyUsageServerAuth:
		return "serverAuth"
	case x509.ExtKeyUsageClientAuth:
		return "clientAuth"
	case x509.ExtKeyUsageCodeSigning:
		return "codeSigning"
	case x509.ExtKeyUsageEmailProtection:
		return "emailProtection"
	case x509.ExtKeyUsageIPSECEndSystem:
		return "ipsecEndSystem"
	case x509.ExtKeyUsageIPSECTunnel:
		return "ipsecTunnel"
	case x509.ExtKeyUsageIPSECUser:
		return "ipsecUser"
	case x509.ExtKeyUsageTimeStamping:
		return "timeStamping"
	case x509.ExtKeyUsageOCSPSigning:
		return "OCSPSigning"
	case x509.ExtKeyUsageMicrosoftServerGatedCrypto:
		return "msServerGatedCrypto"
	case x509.ExtKeyUsageNetscapeServerGatedCrypto:
		return "nsServerGatedCrypto"
	case x509.ExtKeyUsageMicrosoftCommercialCodeSigning:
		return "msCommercialCodeSigning"
	case x509.ExtKeyUsageMicrosoftKernelCodeSigning:
		return "msKernelCodeSigning"
	}
	return fmt.Sprintf("unknown (%d)", int(usage))
}
