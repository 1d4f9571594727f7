package ca

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// loadDirEnv makes the test binary a program that loads a CA, for tests that
// need processes of their own.
const loadDirEnv = "TLSMITM_TEST_LOAD_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(loadDirEnv); dir != "" {
		os.Exit(loadAndPrint(dir))
	}
	os.Exit(m.Run())
}

// loadAndPrint waits for its start signal, so that many processes load at once.
func loadAndPrint(dir string) int {
	fmt.Println("ready")
	var b [1]byte
	os.Stdin.Read(b[:])
	a, err := Load(dir)
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	fmt.Println(a.FingerprintHex(), a.Created())
	return 0
}

// tool returns the path of a program that a test needs beside Go.
func tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv("TLSMITM_REQUIRE_TOOLS") == "1" {
		t.Fatalf("%s is not installed, and TLSMITM_REQUIRE_TOOLS=1 asks for it", name)
	}
	t.Skipf("%s is not installed, so what it thinks of our certificates is not checked", name)
	return ""
}

func newAuthority(t testing.TB) *Authority {
	t.Helper()
	a, err := Load(filepath.Join(t.TempDir(), "tlsmitm"))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// userCA writes a CA of the user's into a new directory. edit may alter the
// template.
func userCA(t testing.TB, key crypto.Signer, edit func(*x509.Certificate)) (dir string, cert *x509.Certificate) {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "user's CA"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * 365 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	if edit != nil {
		edit(template)
	}
	dir = t.TempDir()
	cert = sign(t, template, template, key.Public(), key)
	write(t, filepath.Join(dir, certFile), certPEM(cert), 0o644)
	write(t, filepath.Join(dir, keyFile), pkcs8PEM(t, key), 0o600)
	return dir, cert
}

// intermediate makes a CA certificate under parent.
func intermediate(t testing.TB, name string, parent *x509.Certificate, parentKey crypto.Signer, pub crypto.PublicKey) *x509.Certificate {
	t.Helper()
	return sign(t, &x509.Certificate{
		SerialNumber: newSerial(), Subject: pkix.Name{CommonName: name}, NotBefore: parent.NotBefore, NotAfter: parent.NotAfter,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}, parent, pub, parentKey)
}

// serverCert makes a certificate as an upstream server has one.
func serverCert(t testing.TB, edit func(*x509.Certificate)) *x509.Certificate {
	t.Helper()
	key := p256(t)
	template := &x509.Certificate{
		SerialNumber: newSerial(), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(80 * 24 * time.Hour),
	}
	edit(template)
	return sign(t, template, template, key.Public(), key)
}

func sign(t testing.TB, template, parent *x509.Certificate, pub crypto.PublicKey, key crypto.Signer) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, pub, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func p256(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func certPEM(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

func pkcs8PEM(t testing.TB, key crypto.Signer) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func write(t testing.TB, path string, b []byte, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// reasonOf fails the test unless err is an Error with a way out.
func reasonOf(t *testing.T, err error) Reason {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v (%T), want an *Error", err, err)
	}
	if e.Reason != ReasonName && (e.Path == "" || e.Fix == "") {
		t.Errorf("error does not name the file and the way out: %v", err)
	}
	return e.Reason
}
