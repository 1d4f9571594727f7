package explain

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"strings"
	"testing"
	"time"

	"tlsmitm/inspect"
	"tlsmitm/inspect/internal/handmade"
	"tlsmitm/inspect/tlswire"
)

// now is when the events of these tests happen.
var now = time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)

// Messages are written by hand, in parts.
var (
	hx, vec = handmade.Hex, handmade.Vector
	ext     = handmade.Extension[tlswire.ExtensionType]
)

// handshake is a handshake message as the dissector tells of it.
func handshake(ctx tlswire.Context, t tlswire.HandshakeType, body ...[]byte) *inspect.Message {
	raw := append([]byte{byte(t)}, vec(3, body...)...)
	m := &inspect.Message{
		ContentType: tlswire.ContentTypeHandshake, Type: t, HasType: true, Name: t.String(),
		Length: len(raw), Raw: raw, Context: ctx,
	}
	switch t {
	case tlswire.HandshakeTypeClientHello:
		m.ClientHello, _ = tlswire.ParseClientHello(raw[tlswire.HandshakeHeaderLen:])
	case tlswire.HandshakeTypeServerHello:
		m.ServerHello, _ = tlswire.ParseServerHello(raw[tlswire.HandshakeHeaderLen:])
	}
	return m
}

// hello is a Client Hello, in parts.
func hello(sessionID, suites []byte, extensions ...[]byte) *inspect.Message {
	return handshake(tlswire.Context{}, tlswire.HandshakeTypeClientHello,
		hx("0303"), make([]byte, 32), vec(1, sessionID), vec(2, suites), hx("0100"), vec(2, extensions...))
}

// serverHello is a Server Hello with the end of its random given.
func serverHello(v tlswire.Version, suite tlswire.CipherSuite, randomEnd string, extensions ...[]byte) *inspect.Message {
	random := append(make([]byte, 32-len(randomEnd)), randomEnd...)
	return handshake(tlswire.Context{Version: v, CipherSuite: suite, FromServer: true}, tlswire.HandshakeTypeServerHello,
		hx("0303"), random, hx("00"), []byte{byte(suite >> 8), byte(suite), 0}, vec(2, extensions...))
}

func alert(level tlswire.AlertLevel, d tlswire.AlertDescription, v tlswire.Version) *inspect.Message {
	return &inspect.Message{ContentType: tlswire.ContentTypeAlert, Name: "Alert", Raw: []byte{byte(level), byte(d)},
		Length: 2, Context: tlswire.Context{Version: v}}
}

func changeCipherSpec(v tlswire.Version) *inspect.Message {
	return &inspect.Message{ContentType: tlswire.ContentTypeChangeCipherSpec, Name: "Change Cipher Spec", Raw: []byte{1},
		Length: 1, Context: tlswire.Context{Version: v}}
}

// certificates is a Certificate message.
func certificates(v tlswire.Version, chain ...[]byte) *inspect.Message {
	var context, list []byte
	if v == tlswire.VersionTLS13 {
		context = []byte{0}
	}
	for _, der := range chain {
		list = append(list, vec(3, der)...)
		if v == tlswire.VersionTLS13 {
			list = append(list, 0, 0)
		}
	}
	return handshake(tlswire.Context{Version: v, FromServer: true}, tlswire.HandshakeTypeCertificate, context, vec(3, list))
}

// leaf is a certificate with a year to live before the given time. Its issuer
// is itself if none is given.
func leaf(t *testing.T, subject, issuer string, notAfter time.Time, bits int) []byte {
	t.Helper()
	ca, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	var public any = &ca.PublicKey
	if bits > 0 {
		key, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			t.Fatal(err)
		}
		public = &key.PublicKey
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: notAfter.AddDate(-1, 0, 0), NotAfter: notAfter}
	if strings.HasPrefix(subject, "CN=") {
		template.Subject.CommonName = subject[3:]
	} else {
		template.DNSNames = []string{subject}
	}
	parent := template
	if issuer != "" {
		parent = &x509.Certificate{Subject: pkix.Name{CommonName: issuer}}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, ca)
	if err != nil {
		t.Fatal(err)
	}
	return der
}
