package tlscrypt

import (
	"regexp"
	"testing"

	"tlsmitm/inspect/tlswire"
)

// Every suite of the registry that names a cipher and a MAC of ours must open,
// and no other.
func TestSupported(t *testing.T) {
	before := regexp.MustCompile(`^TLS_[A-Za-z0-9_]+_WITH_(` +
		`RC4_128_(MD5|SHA)|3DES_EDE_CBC_(MD5|SHA)|DES_CBC_(MD5|SHA)|NULL_(MD5|SHA|SHA256|SHA384)|AES_(128|256)_CBC_(SHA|SHA256|SHA384)|` +
		`AES_(128|256)_GCM_SHA(256|384)|AES_(128|256)_CCM(_8)?(_SHA256|_SHA384)?|CHACHA20_POLY1305_SHA256)$`)
	ssl := regexp.MustCompile(`_(MD5|SHA)$`)
	aead := regexp.MustCompile(`_(GCM|CCM|POLY1305)`)
	count := map[tlswire.Version]int{}
	for n := range 1 << 16 {
		id := tlswire.CipherSuite(n)
		name := id.String()
		for v, want := range map[tlswire.Version]bool{
			tlswire.VersionSSL20:  false,
			tlswire.VersionSSL30:  before.MatchString(name) && ssl.MatchString(name),
			tlswire.VersionTLS10:  before.MatchString(name) && !aead.MatchString(name),
			tlswire.VersionTLS11:  before.MatchString(name) && !aead.MatchString(name),
			tlswire.VersionTLS12:  before.MatchString(name),
			tlswire.VersionTLS13:  n >= 0x1301 && n <= 0x1305,
			0x7f11:                false, // draft 17
			0x7f12:                n >= 0x1301 && n <= 0x1305,
			0x7f1c:                n >= 0x1301 && n <= 0x1305,
			tlswire.VersionDTLS12: false,
		} {
			if got := Supported(v, id); got != want {
				t.Errorf("%s in %s: %v, want %v", name, v, got, want)
			}
			if want {
				count[v]++
				makeOpener(t, v, id)
			}
		}
	}
	if count[tlswire.VersionTLS13] != 5 || count[tlswire.VersionTLS12] < 150 {
		t.Errorf("suites by version: %v", count)
	}
}

// makeOpener fails the test if the keys can't be made, for either direction.
func makeOpener(t testing.TB, v tlswire.Version, id tlswire.CipherSuite) *Opener {
	t.Helper()
	var o *Opener
	var err error
	if v.Is13() {
		s, _ := lookup(id)
		if o, err = NewTLS13Draft(v, id, make([]byte, s.prf.Size())); err == nil {
			_, err = o.NextGeneration()
		}
	} else {
		for _, fromServer := range []bool{true, false} {
			if o, err = NewTLS12(params12(v, id, fromServer)); err != nil {
				break
			}
		}
	}
	if err != nil {
		t.Fatalf("%s in %s: %v", id, v, err)
	}
	return o
}

func params12(v tlswire.Version, id tlswire.CipherSuite, fromServer bool) TLS12Params {
	return TLS12Params{Version: v, CipherSuite: id, MasterSecret: make([]byte, 48), ClientRandom: make([]byte, 32), ServerRandom: make([]byte, 32), FromServer: fromServer}
}

func TestOpenersThatCannotBe(t *testing.T) {
	const gcm12 = tlswire.CipherSuite(0xc02f)
	for name, make13 := range map[string]func() (*Opener, error){
		"suite of TLS 1.2":  func() (*Opener, error) { return NewTLS13(gcm12, make([]byte, 32)) },
		"unknown suite":     func() (*Opener, error) { return NewTLS13(0x13ff, make([]byte, 32)) },
		"short secret":      func() (*Opener, error) { return NewTLS13(tlswire.TLS_AES_128_GCM_SHA256, make([]byte, 31)) },
		"secret of SHA-256": func() (*Opener, error) { return NewTLS13(tlswire.TLS_AES_256_GCM_SHA384, make([]byte, 32)) },
		"suite of TLS 1.3":  func() (*Opener, error) { return NewTLS12(params12(tlswire.VersionTLS12, 0x1301, true)) },
		"TLS 1.3":           func() (*Opener, error) { return NewTLS12(params12(tlswire.VersionTLS13, 0x1301, true)) },
		"SSL 2.0":           func() (*Opener, error) { return NewTLS12(params12(tlswire.VersionSSL20, 0x0005, true)) },
		"AEAD in TLS 1.1":   func() (*Opener, error) { return NewTLS12(params12(tlswire.VersionTLS11, gcm12, true)) },
		"no secret in TLS 1.2": func() (*Opener, error) {
			return NewTLS12(TLS12Params{Version: tlswire.VersionTLS12, CipherSuite: gcm12})
		},
		"key update before": func() (*Opener, error) {
			return makeOpener(t, tlswire.VersionTLS12, gcm12).NextGeneration()
		},
	} {
		if o, err := make13(); err == nil || o != nil {
			t.Errorf("%s: %v, %v", name, o, err)
		}
	}
}

// The secret is the caller's, who may use it again for something else.
func TestSecretIsCopied(t *testing.T) {
	secret := make([]byte, 32)
	o, err := NewTLS13(tlswire.TLS_AES_128_GCM_SHA256, secret)
	if err != nil {
		t.Fatal(err)
	}
	want, err := o.NextGeneration()
	if err != nil {
		t.Fatal(err)
	}
	clear(secret)
	secret[0] = 1
	if got, err := o.NextGeneration(); err != nil || got.iv != want.iv {
		t.Errorf("the next generation's IV is %x (%v), and was %x", got.iv, err, want.iv)
	}
}
