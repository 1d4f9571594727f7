package tlscrypt

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	cryptobyteasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// certificateAlgorithms is how certificates are signed.
var certificateAlgorithms = map[x509.SignatureAlgorithm]algorithm{
	x509.MD5WithRSA:       {kind: kindRSA, hash: crypto.MD5},
	x509.SHA1WithRSA:      {kind: kindRSA, hash: crypto.SHA1},
	x509.SHA256WithRSA:    {kind: kindRSA, hash: crypto.SHA256},
	x509.SHA384WithRSA:    {kind: kindRSA, hash: crypto.SHA384},
	x509.SHA512WithRSA:    {kind: kindRSA, hash: crypto.SHA512},
	x509.SHA256WithRSAPSS: {kind: kindRSA, hash: crypto.SHA256, pss: true},
	x509.SHA384WithRSAPSS: {kind: kindRSA, hash: crypto.SHA384, pss: true},
	x509.SHA512WithRSAPSS: {kind: kindRSA, hash: crypto.SHA512, pss: true},
	x509.DSAWithSHA1:      {kind: kindDSA, hash: crypto.SHA1},
	x509.DSAWithSHA256:    {kind: kindDSA, hash: crypto.SHA256},
	x509.ECDSAWithSHA1:    {kind: kindECDSA, hash: crypto.SHA1},
	x509.ECDSAWithSHA256:  {kind: kindECDSA, hash: crypto.SHA256},
	x509.ECDSAWithSHA384:  {kind: kindECDSA, hash: crypto.SHA384},
	x509.ECDSAWithSHA512:  {kind: kindECDSA, hash: crypto.SHA512},
	x509.PureEd25519:      {kind: kindEd25519},
}

// CheckIssued tells whether a certificate bears the signature of another one's key.
// Whether that one may sign, or is to be trusted, it does not ask.
func CheckIssued(cert, issuer *x509.Certificate) error {
	a, ok := certificateAlgorithms[cert.SignatureAlgorithm]
	if !ok {
		var err error
		if a, err = parseAlgorithm(cert); err != nil {
			return err
		}
	}
	key, err := PublicKey(issuer)
	if err != nil {
		return err
	}
	if kind, ok := kindOf(key); !ok || kind != a.kind {
		return &MismatchError{Reason: "the issuer's key is " + string(kind) + ", the signature " + cert.SignatureAlgorithm.String()}
	}
	return a.verify(key, plainContent(cert.RawTBSCertificate), cert.Signature)
}

// parseAlgorithm reads a signature algorithm that crypto/x509 does not know: RSA-PSS
// with another salt than it expects, or one that is not supported.
func parseAlgorithm(cert *x509.Certificate) (algorithm, error) {
	var parsed struct {
		TBS       asn1.RawValue
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}
	if _, err := asn1.Unmarshal(cert.Raw, &parsed); err != nil {
		return algorithm{}, unchecked(ReasonCertificate, "")
	}
	id := parsed.Algorithm.Algorithm
	if id.Equal(oidRSAPSS) {
		if a, ok := parsePSS(parsed.Algorithm.Parameters.FullBytes); ok {
			return a, nil
		}
	}
	if cert.SignatureAlgorithm != x509.UnknownSignatureAlgorithm {
		return algorithm{}, unchecked(ReasonScheme, cert.SignatureAlgorithm.String())
	}
	return algorithm{}, unchecked(ReasonScheme, id.String())
}

// parsePSS reads RSASSA-PSS-params (RFC 4055 3.1). The mask must be made with the same
// hash.
func parsePSS(der []byte) (algorithm, bool) {
	sha1 := pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}}
	params := struct {
		Hash    pkix.AlgorithmIdentifier `asn1:"explicit,tag:0,optional"`
		MGF     pkix.AlgorithmIdentifier `asn1:"explicit,tag:1,optional"`
		Salt    int                      `asn1:"explicit,tag:2,optional,default:20"`
		Trailer int                      `asn1:"explicit,tag:3,optional,default:1"`
	}{Hash: sha1}
	if len(der) > 0 {
		if rest, err := asn1.Unmarshal(der, &params); err != nil || len(rest) > 0 {
			return algorithm{}, false
		}
	}
	mask := sha1
	if len(params.MGF.Algorithm) > 0 {
		if _, err := asn1.Unmarshal(params.MGF.Parameters.FullBytes, &mask); err != nil {
			return algorithm{}, false
		}
	}
	if len(params.Hash.Algorithm) == 0 {
		params.Hash = sha1
	}
	for id, h := range pssHashes {
		if params.Hash.Algorithm.String() == id && mask.Algorithm.String() == id && params.Trailer == 1 && params.Salt > 0 {
			return algorithm{kind: kindRSA, hash: h, pss: true, salt: params.Salt}, true
		}
	}
	return algorithm{}, false
}

// pssHashes are the hashes of PSS (RFC 4055 2.1).
var pssHashes = map[string]crypto.Hash{
	"1.3.14.3.2.26":          crypto.SHA1,
	"2.16.840.1.101.3.4.2.4": crypto.SHA224,
	"2.16.840.1.101.3.4.2.1": crypto.SHA256,
	"2.16.840.1.101.3.4.2.2": crypto.SHA384,
	"2.16.840.1.101.3.4.2.3": crypto.SHA512,
}

// PathIndex finds, in a list of certificates whose first one is the leaf, the issuer
// of the one at the given index: by name, and best the one that follows it. TLS 1.3
// leaves the order of the rest to the sender (RFC 8446 4.4.2). It returns that
// index itself for one that issued itself, and -1 where the issuer was not sent.
func PathIndex(certs []*x509.Certificate, of int) int {
	cert := certs[of]
	if bytes.Equal(cert.RawSubject, cert.RawIssuer) {
		return of
	}
	for step := 1; step < len(certs); step++ {
		i := (of + step) % len(certs)
		if c := certs[i]; c != nil && bytes.Equal(c.RawSubject, cert.RawIssuer) {
			return i
		}
	}
	return -1
}

// oidRSAPSS is id-RSASSA-PSS (RFC 4055 1.2): a key for that way to sign alone, which
// crypto/x509 does not read.
var oidRSAPSS = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}

// PublicKey returns a certificate's key.
func PublicKey(cert *x509.Certificate) (crypto.PublicKey, error) {
	if cert.PublicKey != nil {
		return cert.PublicKey, nil
	}
	return ParsePublicKey(cert.RawSubjectPublicKeyInfo)
}

// ParsePublicKey reads a SubjectPublicKeyInfo, which is also what stands in the place
// of a certificate where raw public keys were negotiated (RFC 7250). A key that
// cannot be used gives an *UncheckedError.
func ParsePublicKey(spki []byte) (crypto.PublicKey, error) {
	if key, err := x509.ParsePKIXPublicKey(spki); err == nil {
		if _, ok := kindOf(key); ok {
			return key, nil
		}
	}
	input := cryptobyte.String(spki)
	var info, alg, bits cryptobyte.String
	var oid asn1.ObjectIdentifier
	if !input.ReadASN1(&info, cryptobyteasn1.SEQUENCE) || !info.ReadASN1(&alg, cryptobyteasn1.SEQUENCE) ||
		!alg.ReadASN1ObjectIdentifier(&oid) || !info.ReadASN1(&bits, cryptobyteasn1.BIT_STRING) {
		return nil, unchecked(ReasonKeyAlgorithm, "")
	}
	if oid.Equal(oidRSAPSS) && len(bits) > 1 && bits[0] == 0 {
		if key, err := x509.ParsePKCS1PublicKey(bits[1:]); err == nil {
			return key, nil
		}
	}
	return nil, unchecked(ReasonKeyAlgorithm, oid.String())
}
