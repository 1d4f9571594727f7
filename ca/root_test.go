package ca

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestRootIsAsClientsWantIt(t *testing.T) {
	a := newAuthority(t)
	c := a.Certificate()
	if key, ok := c.PublicKey.(*ecdsa.PublicKey); !ok || key.Curve != elliptic.P256() {
		t.Errorf("public key is %T, want ECDSA on P-256", c.PublicKey)
	}
	if !c.IsCA || !c.BasicConstraintsValid || c.MaxPathLen != 0 || !c.MaxPathLenZero {
		t.Errorf("CA %v, path length %d (zero %v), want a CA with path length 0", c.IsCA, c.MaxPathLen, c.MaxPathLenZero)
	}
	if c.KeyUsage != x509.KeyUsageCertSign|x509.KeyUsageCRLSign {
		t.Errorf("key usage %b", c.KeyUsage)
	}
	for _, e := range c.Extensions {
		if id := e.Id.String(); (id == "2.5.29.15" || id == "2.5.29.19") && !e.Critical {
			t.Errorf("extension %s is not critical", id)
		}
	}
	if len(c.SubjectKeyId) != 20 {
		t.Errorf("subject key identifier is %x", c.SubjectKeyId)
	}
	if now := time.Now(); now.Before(c.NotBefore) || c.NotAfter.After(c.NotBefore.AddDate(10, 0, 0)) || c.NotAfter.Before(now.AddDate(9, 11, 0)) {
		t.Errorf("valid from %v to %v", c.NotBefore, c.NotAfter)
	}
	if c.SerialNumber.Sign() <= 0 || c.SerialNumber.BitLen() > 128 || c.SerialNumber.BitLen() < 64 {
		t.Errorf("serial number %x", c.SerialNumber)
	}
	if err := c.CheckSignatureFrom(c); err != nil {
		t.Error(err)
	}
}

func TestTwoInstallsDiffer(t *testing.T) {
	a, b := newAuthority(t), newAuthority(t)
	for _, x := range []*Authority{a, b} {
		cn := x.Certificate().Subject.CommonName
		if len(cn) > 64 || !strings.HasPrefix(cn, "tlsmitm root CA (") || !strings.Contains(cn, time.Now().UTC().Format("2006-")) {
			t.Errorf("common name %q", cn)
		}
	}
	if bytes.Equal(a.Certificate().RawSubject, b.Certificate().RawSubject) {
		t.Errorf("both subjects are %v", a.Certificate().Subject)
	}
	if bytes.Equal(a.Certificate().SubjectKeyId, b.Certificate().SubjectKeyId) {
		t.Error("both keys are the same")
	}
}

func TestShortenedKeepsCharactersWhole(t *testing.T) {
	for n := range 12 {
		got := shortened("aéあ😀b", n)
		if len(got) > n || !utf8.ValidString(got) || !strings.HasPrefix("aéあ😀b", got) {
			t.Errorf("%d bytes: %q", n, got)
		}
	}
}

func TestFilesOfANewCA(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "config", "tlsmitm")
	a, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !a.Created() {
		t.Error("Created is false on first use")
	}
	again, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if again.Created() || again.FingerprintHex() != a.FingerprintHex() {
		t.Error("the second Load did not return the first one's CA")
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("the directory holds %v (%v), want the two files alone", entries, err)
	}
	onDisk, err := os.ReadFile(a.CertPath())
	if err != nil || !bytes.Equal(onDisk, a.PEM()) {
		t.Errorf("PEM() is not what %s holds (%v)", a.CertPath(), err)
	}
	if block, _ := pem.Decode(onDisk); block == nil || !bytes.Equal(block.Bytes, a.DER()) {
		t.Error("DER() is not the certificate")
	}
	if key, _ := os.ReadFile(a.KeyPath()); !bytes.HasPrefix(key, []byte("-----BEGIN PRIVATE KEY-----")) {
		t.Error("the key is not PKCS #8 in PEM")
	}
	if runtime.GOOS == "windows" {
		return // its files have no mode
	}
	for path, want := range map[string]os.FileMode{dir: 0o700, a.CertPath(): 0o644, a.KeyPath(): 0o600} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v (%v), want %v", path, info.Mode().Perm(), err, want)
		}
	}
}

func TestFingerprint(t *testing.T) {
	a := newAuthority(t)
	sum := sha256.Sum256(a.DER())
	if a.FingerprintHex() != hex.EncodeToString(sum[:]) {
		t.Errorf("FingerprintHex is %s", a.FingerprintHex())
	}
	got := a.Fingerprint()
	if len(got) != 95 || strings.ToUpper(got) != got || !strings.EqualFold(strings.ReplaceAll(got, ":", ""), a.FingerprintHex()) {
		t.Errorf("Fingerprint is %s", got)
	}
}
