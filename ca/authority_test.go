package ca

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestLoadUsersCA(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, _ := ed25519.GenerateKey(rand.Reader)
	p384, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	p521, _ := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	p256 := p256(t)
	sec1 := func(k *ecdsa.PrivateKey) []byte {
		der, err := x509.MarshalECPrivateKey(k)
		if err != nil {
			t.Fatal(err)
		}
		return pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})
	}
	oid, _ := asn1.Marshal(asn1.ObjectIdentifier{1, 2, 840, 10045, 3, 1, 7})
	params := pem.EncodeToMemory(&pem.Block{Type: "EC PARAMETERS", Bytes: oid})
	for _, tc := range []struct {
		name string
		key  crypto.Signer
		pem  []byte
	}{
		{"RSA, PKCS #8", rsaKey, pkcs8PEM(t, rsaKey)},
		{"RSA, PKCS #1", rsaKey, pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(rsaKey)})},
		{"P-256, PKCS #8", p256, pkcs8PEM(t, p256)},
		{"P-256, SEC 1 after parameters", p256, append(params, sec1(p256)...)},
		{"P-384, SEC 1", p384, sec1(p384)},
		{"P-521, with Windows line ends", p521, bytes.ReplaceAll(sec1(p521), []byte("\n"), []byte("\r\n"))},
		{"Ed25519, PKCS #8", edKey, pkcs8PEM(t, edKey)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir, cert := userCA(t, tc.key, nil)
			write(t, filepath.Join(dir, keyFile), tc.pem, 0o600)
			os.Chmod(filepath.Join(dir, certFile), 0o600)
			a, err := Load(dir)
			if err != nil {
				t.Fatal(err)
			}
			if a.Created() || !bytes.Equal(a.DER(), cert.Raw) {
				t.Error("this is not the user's CA")
			}
			for _, r := range []LeafRequest{{Name: "example.com"}, {Name: "example.com", RSA: true}} {
				leaf, err := a.Leaf(context.Background(), r)
				if err != nil {
					t.Fatal(err)
				}
				verify(t, a, leaf, "example.com")
			}
		})
	}
}

func TestFurtherCertificatesGoIntoTheChain(t *testing.T) {
	rootKey, upperKey, key := p256(t), p256(t), p256(t)
	_, root := userCA(t, rootKey, nil)
	upper := intermediate(t, "upper", root, rootKey, upperKey.Public())
	issuer := intermediate(t, "issuer", upper, upperKey, key.Public())
	file := pkcs8PEM(t, key) // a key in the wrong file must not get out of it
	for _, c := range []*x509.Certificate{issuer, upper, root} {
		file = append(file, certPEM(c)...)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, certFile), file, 0o644)
	write(t, filepath.Join(dir, keyFile), pkcs8PEM(t, key), 0o600)
	a, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	chain := leafOf(t, a, LeafRequest{Name: "example.com"}).Certificate
	if len(chain) != 3 || !bytes.Equal(chain[1], issuer.Raw) || !bytes.Equal(chain[2], upper.Raw) {
		t.Errorf("the chain has %d certificates, want the leaf and both intermediates", len(chain))
	}
	if want := slices.Concat(certPEM(issuer), certPEM(upper), certPEM(root)); !bytes.Equal(a.PEM(), want) {
		t.Error("PEM() is not the certificates, and nothing but them")
	}
}

func TestRootWithoutKeyIdentifier(t *testing.T) {
	key := p256(t)
	dir, cert := userCA(t, key, func(c *x509.Certificate) { c.ExtraExtensions = nil })
	// Only a hand-made root lacks one: crypto/x509 always adds it.
	stripped := stripSKI(t, cert, key)
	write(t, filepath.Join(dir, certFile), certPEM(stripped), 0o644)
	a, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := a.Leaf(context.Background(), LeafRequest{Name: "example.com"})
	if err != nil {
		t.Fatal(err)
	}
	if len(leaf.Leaf.AuthorityKeyId) != 20 {
		t.Errorf("authority key identifier %x", leaf.Leaf.AuthorityKeyId)
	}
	verify(t, a, leaf, "example.com")
}

// stripSKI re-signs c without a subject key identifier.
func stripSKI(t *testing.T, c *x509.Certificate, key crypto.Signer) *x509.Certificate {
	t.Helper()
	leafy := *c
	leafy.IsCA, leafy.SubjectKeyId, leafy.BasicConstraintsValid = false, nil, false
	leafy.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 19}, Critical: true, Value: []byte{0x30, 3, 1, 1, 0xff}}}
	got := sign(t, &leafy, &leafy, key.Public(), key)
	if len(got.SubjectKeyId) != 0 || !got.IsCA {
		t.Fatalf("SKI %x, CA %v", got.SubjectKeyId, got.IsCA)
	}
	return got
}

func TestUnusableCAs(t *testing.T) {
	good := p256(t)
	other := p256(t)
	p224, _ := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	//lint:ignore SA1019 the old form is what is tested
	encrypted, err := x509.EncryptPEMBlock(rand.Reader, "EC PRIVATE KEY", []byte("secret"), []byte("pass"), x509.PEMCipherAES256)
	if err != nil {
		t.Fatal(err)
	}
	put := func(name string, b []byte) func(*testing.T, string) {
		return func(t *testing.T, dir string) { write(t, filepath.Join(dir, name), b, 0o600) }
	}
	remove := func(name string) func(*testing.T, string) {
		return func(_ *testing.T, dir string) { os.Remove(filepath.Join(dir, name)) }
	}
	mode := func(m os.FileMode) func(*testing.T, string) {
		return func(_ *testing.T, dir string) { os.Chmod(filepath.Join(dir, keyFile), m) }
	}
	garbage := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("garbage")})
	garbageKey := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("garbage")})
	for _, tc := range []struct {
		name string
		edit func(*x509.Certificate)
		harm func(*testing.T, string)
		want Reason
		says string
	}{
		{"group can read the key", nil, mode(0o640), ReasonExposed, "chmod 600"},
		{"all can read the key", nil, mode(0o604), ReasonExposed, "0604"},
		{"key of another", nil, put(keyFile, pkcs8PEM(t, other)), ReasonMismatch, keyFile},
		{"no key", nil, remove(keyFile), ReasonIncomplete, keyFile},
		{"no certificate", nil, remove(certFile), ReasonIncomplete, certFile},
		{"expired", func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }, nil, ReasonExpired, "expired on"},
		{"not yet valid", func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) }, nil, ReasonNotYetValid, "clock"},
		{"not a CA", func(c *x509.Certificate) { c.IsCA = false }, nil, ReasonNotCA, "CA:TRUE"},
		{"no basic constraints", func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = false, false }, nil, ReasonNotCA, "CA:TRUE"},
		{"may not sign", func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature }, nil, ReasonNotCA, "keyCertSign"},
		{"for clients alone", func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }, nil, ReasonNotCA, "serverAuth"},
		{"certificate in DER", nil, put(certFile, []byte{0x30, 0x82, 1, 1}), ReasonMalformed, "PEM"},
		{"certificate garbage", nil, put(certFile, garbage), ReasonMalformed, "parsed"},
		{"certificate empty", nil, put(certFile, nil), ReasonMalformed, "PEM"},
		{"key empty", nil, put(keyFile, nil), ReasonMalformed, "PEM"},
		{"key garbage", nil, put(keyFile, garbageKey), ReasonMalformed, "parsed"},
		{"key encrypted, PKCS #8", nil, put(keyFile, pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("x")})), ReasonEncrypted, "openssl pkey"},
		{"key encrypted, old form", nil, put(keyFile, pem.EncodeToMemory(encrypted)), ReasonEncrypted, "openssl pkey"},
		{"key on a curve that TLS lacks", nil, put(keyFile, pkcs8PEM(t, p224)), ReasonUnsupported, "P-224"},
		{"a directory in the key's place", nil, func(t *testing.T, dir string) {
			os.Remove(filepath.Join(dir, keyFile))
			os.Mkdir(filepath.Join(dir, keyFile), 0o700)
		}, ReasonUnreadable, keyFile},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.want == ReasonExposed && runtime.GOOS == "windows" {
				t.Skip("files have no mode here, so none exposes the key")
			}
			dir, _ := userCA(t, good, tc.edit)
			if tc.harm != nil {
				tc.harm(t, dir)
			}
			before := snapshot(t, dir)
			_, err := Load(dir)
			if got := reasonOf(t, err); got != tc.want {
				t.Errorf("reason %s, want %s: %v", got, tc.want, err)
			}
			if !strings.Contains(err.Error(), tc.says) {
				t.Errorf("error does not say %q: %v", tc.says, err)
			}
			if after := snapshot(t, dir); after != before {
				t.Errorf("the directory was changed from\n%s\nto\n%s", before, after)
			}
		})
	}
}

func snapshot(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		content, _ := os.ReadFile(filepath.Join(dir, e.Name()))
		info, _ := e.Info()
		b.WriteString(e.Name() + " " + info.Mode().String() + "\n" + string(content))
	}
	return b.String()
}
