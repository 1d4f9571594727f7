package inspect

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// opensslFiles makes certificates and keys of every kind.
func opensslFiles(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	openssl := program(t, "openssl")
	for name, options := range map[string][]string{
		"rsa": {"-newkey", "rsa:2048"}, "ed25519": {"-newkey", "ed25519"}, "ed448": {"-newkey", "ed448"},
		"pss": {"-newkey", "rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"}, "short": {"-newkey", "rsa:512", "-sha1"},
	} {
		opensslReq(t, openssl, dir, name, options)
	}
	if out, err := exec.Command(openssl, "dsaparam", "-genkey", "-out", dir+"/dsa.key", "1024").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	opensslReq(t, openssl, dir, "dsa", []string{"-key", dir + "/dsa.key", "-sha1"})
	chainFiles(t, dir)
	return dir
}

func opensslReq(t *testing.T, openssl, dir, name string, options []string) {
	t.Helper()
	args := slices.Concat([]string{"req", "-x509", "-nodes", "-subj", "/CN=" + name, "-days", "30", "-out", dir + "/" + name + ".pem"}, options)
	if !slices.Contains(options, "-key") {
		args = append(args, "-keyout", dir+"/"+name+".key")
	}
	if out, err := exec.Command(openssl, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// chainFiles makes a chain whose links are signed in different ways.
func chainFiles(t *testing.T, dir string) {
	t.Helper()
	rs, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ec, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	leafKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	made := map[string]*x509.Certificate{}
	issue := func(name, by string, key, signer any) {
		template := &x509.Certificate{
			SerialNumber: big.NewInt(int64(len(made) + 1)), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour),
			NotAfter: time.Now().Add(time.Hour), IsCA: name != "leaf", BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		}
		if name == "root" {
			template.SignatureAlgorithm = x509.SHA512WithRSAPSS
		}
		parent := made[by]
		if parent == nil {
			parent = template
		}
		der, err := x509.CreateCertificate(rand.Reader, template, parent, key, signer)
		if err != nil {
			t.Fatal(err)
		}
		if made[name], err = x509.ParseCertificate(der); err != nil {
			t.Fatal(err)
		}
	}
	issue("root", "root", &rs.PublicKey, rs)
	issue("first", "root", &ec.PublicKey, rs)
	issue("second", "first", public, ec)
	issue("leaf", "second", &leafKey.PublicKey, ed)
	write := func(file string, names ...string) {
		var b []byte
		for _, name := range names {
			b = append(b, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: made[name].Raw})...)
		}
		if err := os.WriteFile(filepath.Join(dir, file), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("leaf.pem", "leaf")
	write("chain.pem", "second", "first")
	write("reversed.pem", "root", "first", "second")
	der, err := x509.MarshalPKCS8PrivateKey(leafKey)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "leaf.key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}
