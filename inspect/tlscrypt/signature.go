package tlscrypt

import (
	"crypto"
	"crypto/dsa" //lint:ignore SA1019 old handshakes are signed with it
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/asn1"
	"fmt"
	"math/big"

	"tlsmitm/inspect/tlswire"
)

// content is what a signature is over.
type content interface {
	sum(h crypto.Hash) ([]byte, error)
	bytes() ([]byte, error)
}

// plainContent is content in one piece.
type plainContent []byte

func (c plainContent) bytes() ([]byte, error) { return c, nil }

func (c plainContent) sum(h crypto.Hash) ([]byte, error) {
	t := Transcript{parts: [][]byte{c}}
	return t.Sum(h)
}

// transcriptContent is a handshake.
type transcriptContent struct{ t *Transcript }

func (c transcriptContent) bytes() ([]byte, error)            { return c.t.content() }
func (c transcriptContent) sum(h crypto.Hash) ([]byte, error) { return c.t.Sum(h) }

// algorithm is a kind of signature, and its hash.
type algorithm struct {
	kind keyKind
	hash crypto.Hash
	pss  bool
	salt int // of PSS in bytes; 0 is as long as the hash
	// curve is the one that the scheme asks for from TLS 1.3 on; nil for any.
	curve elliptic.Curve
}

// keyKind is a kind of public key.
type keyKind string

const (
	kindRSA     keyKind = "RSA"
	kindDSA     keyKind = "DSA"
	kindECDSA   keyKind = "ECDSA"
	kindEd25519 keyKind = "Ed25519"
)

// algorithms is what is verified of the TLS SignatureScheme registry (RFC 8446
// 4.2.3), and of the pairs of hash and signature that TLS 1.2 has besides (RFC 5246
// 7.4.1.4.1).
var algorithms = map[tlswire.SignatureScheme]algorithm{
	0x0101:                             {kind: kindRSA, hash: crypto.MD5},
	tlswire.SchemeRSAPKCS1SHA1:         {kind: kindRSA, hash: crypto.SHA1},
	0x0301:                             {kind: kindRSA, hash: crypto.SHA224},
	tlswire.SchemeRSAPKCS1SHA256:       {kind: kindRSA, hash: crypto.SHA256},
	tlswire.SchemeRSAPKCS1SHA384:       {kind: kindRSA, hash: crypto.SHA384},
	tlswire.SchemeRSAPKCS1SHA512:       {kind: kindRSA, hash: crypto.SHA512},
	0x0420:                             {kind: kindRSA, hash: crypto.SHA256}, // RFC 9963: clients with old keys
	0x0520:                             {kind: kindRSA, hash: crypto.SHA384},
	0x0620:                             {kind: kindRSA, hash: crypto.SHA512},
	tlswire.SchemeRSAPSSRSAESHA256:     {kind: kindRSA, hash: crypto.SHA256, pss: true},
	tlswire.SchemeRSAPSSRSAESHA384:     {kind: kindRSA, hash: crypto.SHA384, pss: true},
	tlswire.SchemeRSAPSSRSAESHA512:     {kind: kindRSA, hash: crypto.SHA512, pss: true},
	tlswire.SchemeRSAPSSPSSSHA256:      {kind: kindRSA, hash: crypto.SHA256, pss: true},
	tlswire.SchemeRSAPSSPSSSHA384:      {kind: kindRSA, hash: crypto.SHA384, pss: true},
	tlswire.SchemeRSAPSSPSSSHA512:      {kind: kindRSA, hash: crypto.SHA512, pss: true},
	0x0202:                             {kind: kindDSA, hash: crypto.SHA1},
	0x0302:                             {kind: kindDSA, hash: crypto.SHA224},
	0x0402:                             {kind: kindDSA, hash: crypto.SHA256},
	0x0502:                             {kind: kindDSA, hash: crypto.SHA384},
	0x0602:                             {kind: kindDSA, hash: crypto.SHA512},
	tlswire.SchemeECDSASHA1:            {kind: kindECDSA, hash: crypto.SHA1},
	0x0303:                             {kind: kindECDSA, hash: crypto.SHA224},
	tlswire.SchemeECDSASecp256r1SHA256: {kind: kindECDSA, hash: crypto.SHA256, curve: elliptic.P256()},
	tlswire.SchemeECDSASecp384r1SHA384: {kind: kindECDSA, hash: crypto.SHA384, curve: elliptic.P384()},
	tlswire.SchemeECDSASecp521r1SHA512: {kind: kindECDSA, hash: crypto.SHA512, curve: elliptic.P521()},
	tlswire.SchemeEd25519:              {kind: kindEd25519},
}

// kindOf tells the kind of a key.
func kindOf(key crypto.PublicKey) (keyKind, bool) {
	switch key.(type) {
	case *rsa.PublicKey:
		return kindRSA, true
	case *dsa.PublicKey:
		return kindDSA, true
	case *ecdsa.PublicKey:
		return kindECDSA, true
	case ed25519.PublicKey:
		return kindEd25519, true
	}
	return "", false
}

// implied is how a key signs before TLS 1.2, where no scheme is told (RFC 4346
// 7.4.3, RFC 8422 section 5.4).
func implied(key crypto.PublicKey) (algorithm, error) {
	switch kind, ok := kindOf(key); {
	case !ok || kind == kindEd25519:
		return algorithm{}, unchecked(ReasonKeyAlgorithm, string(kind))
	case kind == kindRSA:
		return algorithm{kind: kind, hash: crypto.MD5SHA1}, nil
	default:
		return algorithm{kind: kind, hash: crypto.SHA1}, nil
	}
}

// algorithmOf returns how a scheme signs in a version. A key that is not of its kind
// cannot have made the signature.
func algorithmOf(v tlswire.Version, scheme tlswire.SignatureScheme, key crypto.PublicKey) (algorithm, error) {
	a, ok := algorithms[scheme]
	if !ok {
		return algorithm{}, unchecked(ReasonScheme, scheme.String())
	}
	kind, ok := kindOf(key)
	switch {
	case !ok:
		return algorithm{}, unchecked(ReasonKeyAlgorithm, "")
	case kind != a.kind:
		return algorithm{}, &MismatchError{Reason: fmt.Sprintf("the key is %s, the scheme %s", kind, scheme)}
	}
	if k, ok := key.(*ecdsa.PublicKey); ok && v.Is13() && a.curve != nil && k.Curve != a.curve {
		return algorithm{}, &MismatchError{Reason: fmt.Sprintf("the key is on %s, the scheme %s", k.Curve.Params().Name, scheme)}
	}
	return a, nil
}

// The sizes of keys, in bits, beyond which a signature is not checked: what a
// stranger sends must not cost much.
const (
	maxRSABits = 8192
	maxDSABits = 3072
)

// verify checks one signature.
func (a algorithm) verify(key crypto.PublicKey, c content, signature []byte) error {
	if k, ok := key.(ed25519.PublicKey); ok {
		b, err := c.bytes()
		if err == nil && !ed25519.Verify(k, b, signature) {
			err = errMismatch
		}
		return err
	}
	digest, err := c.sum(a.hash)
	if err != nil {
		return err
	}
	switch k := key.(type) {
	case *rsa.PublicKey:
		return verifyRSA(k, a, digest, signature)
	case *dsa.PublicKey:
		return verifyDSA(k, digest, signature)
	case *ecdsa.PublicKey:
		if !ecdsa.VerifyASN1(k, digest, signature) {
			return errMismatch
		}
		return nil
	}
	return unchecked(ReasonKeyAlgorithm, "")
}

// legacyRSABits is the size below which crypto/rsa refuses a key.
const legacyRSABits = 1024

func verifyRSA(key *rsa.PublicKey, a algorithm, digest, signature []byte) error {
	bits := key.N.BitLen()
	if bits > maxRSABits || bits < legacyRSABits && a.pss {
		return unchecked(ReasonKeySize, fmt.Sprintf("RSA of %d bits", bits))
	}
	var err error
	switch {
	case a.pss:
		salt := rsa.PSSSaltLengthEqualsHash
		if a.salt > 0 {
			salt = a.salt
		}
		err = rsa.VerifyPSS(key, a.hash, digest, signature, &rsa.PSSOptions{SaltLength: salt})
	case bits < legacyRSABits:
		return verifyShortRSA(key, a.hash, digest, signature)
	default:
		err = rsa.VerifyPKCS1v15(key, a.hash, digest, signature)
	}
	if err != nil {
		return errMismatch
	}
	return nil
}

// digestInfo is what stands before a digest in a PKCS #1 signature (RFC 8017 9.2,
// note 1). That of MD5 and SHA-1 together has nothing before it.
var digestInfo = map[crypto.Hash]string{
	crypto.MD5:     "\x30\x20\x30\x0c\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x05\x05\x00\x04\x10",
	crypto.SHA1:    "\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14",
	crypto.SHA224:  "\x30\x2d\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x04\x05\x00\x04\x1c",
	crypto.SHA256:  "\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20",
	crypto.SHA384:  "\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30",
	crypto.SHA512:  "\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40",
	crypto.MD5SHA1: "",
}

// verifyShortRSA verifies PKCS #1 v1.5 with a key that the library takes for too
// short, as old ones are (RFC 8017 8.2.2).
func verifyShortRSA(key *rsa.PublicKey, h crypto.Hash, digest, signature []byte) error {
	size := (key.N.BitLen() + 7) / 8
	prefix, ok := digestInfo[h]
	padding := size - 3 - len(prefix) - len(digest)
	if !ok || padding < 8 || key.E < 2 || len(signature) != size {
		return errMismatch
	}
	s := new(big.Int).SetBytes(signature)
	if s.Cmp(key.N) >= 0 {
		return errMismatch
	}
	want := []byte{0, 1}
	for range padding {
		want = append(want, 0xff)
	}
	want = append(append(append(want, 0), prefix...), digest...)
	if new(big.Int).Exp(s, big.NewInt(int64(key.E)), key.N).Cmp(new(big.Int).SetBytes(want)) != 0 {
		return errMismatch
	}
	return nil
}

// verifyDSA verifies a Dss-Sig-Value (RFC 3279 2.2.2).
func verifyDSA(key *dsa.PublicKey, digest, signature []byte) error {
	if key.P.BitLen() > maxDSABits || key.Q.BitLen() > 256 || key.G.Cmp(key.P) >= 0 || key.Y.Cmp(key.P) >= 0 || key.Q.Sign() <= 0 {
		return unchecked(ReasonKeySize, fmt.Sprintf("DSA of %d bits", key.P.BitLen()))
	}
	var value struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(signature, &value); err != nil || len(rest) > 0 {
		return errMismatch
	}
	if size := (key.Q.BitLen() + 7) / 8; len(digest) > size {
		digest = digest[:size] // FIPS 186-4 section 4.6
	}
	if !dsa.Verify(key, digest, value.R, value.S) {
		return errMismatch
	}
	return nil
}
