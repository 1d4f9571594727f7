package tlswire

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"strings"
	"testing"
	"time"
)

// issue makes a certificate for a key of its own.
func issue(t *testing.T, template *x509.Certificate) []byte {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(0x0a0b)
	template.NotBefore = time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600))
	template.NotAfter = time.Date(2056, 1, 2, 3, 4, 5, 0, time.UTC)
	der, err := x509.CreateCertificate(rand.Reader, template, template, crypto.Signer(key).Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func certificateJSON(t *testing.T, der []byte) string {
	t.Helper()
	raw := msg(HandshakeTypeCertificate, vec(3, vec(3, der)))
	tree := Decode(tree12, ContentTypeHandshake, raw)
	checkTree(t, raw, &tree)
	return string(tree.AppendJSON(nil))
}

func mustContain(t *testing.T, got string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(got, part) {
			t.Errorf("%s is missing in %s", part, got)
		}
	}
}

// TestDecodeCertificateAuthority shows what a certificate for signing says.
func TestDecodeCertificateAuthority(t *testing.T) {
	got := certificateJSON(t, issue(t, &x509.Certificate{
		Subject:               pkix.Name{CommonName: "root\x1b[2J\"", Organization: []string{"Prüfstelle"}},
		BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
		KeyUsage:           x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		ExtKeyUsage:        []x509.ExtKeyUsage{x509.ExtKeyUsageAny, x509.ExtKeyUsageOCSPSigning},
		UnknownExtKeyUsage: []asn1.ObjectIdentifier{{1, 2, 3}},
	}))
	mustContain(t, got,
		`"subject":"CN=root\u001b[2J\\\",O=Prüfstelle"`, `"serial_number":"0a0b"`,
		`"not_before":"2026-01-02T02:04:05Z","not_after":"2056-01-02T03:04:05Z"`,
		`"public_key":"Ed25519","signature_algorithm":"Ed25519","is_ca":true,"path_length":0`,
		`"key_usage":["keyCertSign","cRLSign"],"ext_key_usage":["anyExtendedKeyUsage","OCSPSigning","1.2.3"]`)
}

// TestDecodeEmbeddedTimestamps shows the certificate's own timestamps.
func TestDecodeEmbeddedTimestamps(t *testing.T) {
	sct := vec(2, vec(2, hx("00"), make([]byte, 32), hx("0000018bcfe56800"), vec(2), hx("0403"), vec(2, hx("5151"))))
	extension := func(list []byte) []byte {
		value, err := asn1.Marshal(list)
		if err != nil {
			t.Fatal(err)
		}
		return issue(t, &x509.Certificate{ExtraExtensions: []pkix.Extension{{Id: treeTimestampsOID, Value: value}}})
	}
	mustContain(t, certificateJSON(t, extension(sct)),
		`"embedded_scts":[{"version":{"value":0,"name":"v1"},"log_id":"`+strings.Repeat("00", 32)+
			`","timestamp":"2023-11-14T22:13:20.000Z","extensions":"","algorithm":{"value":1027,"name":"ecdsa_secp256r1_sha256"},"signature":"5151"}]`)
	mustContain(t, certificateJSON(t, extension(sct[:20])), `"malformed":"embedded_scts: length `)
}

// TestDecodeUnknownAlgorithms shows algorithms that crypto/x509 does not know
// by their object identifiers.
func TestDecodeUnknownAlgorithms(t *testing.T) {
	der := issue(t, &x509.Certificate{})
	known := []byte{0x06, 0x03, 0x2b, 0x65, 0x70} // Ed25519: key, and signature twice
	for i := range der {
		if strings.HasPrefix(string(der[i:]), string(known)) {
			der[i+4] = 0x7f
		}
	}
	mustContain(t, certificateJSON(t, der),
		`"public_key":"unknown (1.3.101.127)"`, `"signature_algorithm":"unknown (1.3.101.127)"`)
}
