package inspect

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"tlsmitm/inspect/tlswire"
)

// delegate makes a delegated credential (RFC 9345 section 4): a key that signs for a
// certificate's.
func delegate(t *testing.T, leaf []byte, signer, to crypto.Signer, server bool) []byte {
	t.Helper()
	spki, err := x509.MarshalPKIXPublicKey(to.Public())
	if err != nil {
		t.Fatal(err)
	}
	n := len(spki)
	dc := append([]byte{0, 0, 0x0e, 0x10, 4, 3, byte(n >> 16), byte(n >> 8), byte(n)}, spki...)
	dc = append(dc, 4, 3)
	context := "TLS, client delegated credentials"
	if server {
		context = "TLS, server delegated credentials"
	}
	digest := sha256.Sum256(slices.Concat(bytes.Repeat([]byte{0x20}, 64), []byte(context), []byte{0}, leaf, dc))
	signature, err := signer.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	dc = binary.BigEndian.AppendUint16(dc, uint16(len(signature)))
	return append(dc, signature...)
}

// TestDelegatedCredentials: a credential is held against the certificate's key, and what
// is signed against the credential's; a bit that is wrong in its signature fails it alone.
func TestDelegatedCredentials(t *testing.T) {
	key := testKeys()["ecdsa"]
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s := &setup{name: "delegated", server: tls.Config{Certificates: []tls.Certificate{key}}}
	rec := s.run(t)
	said := func(change func(dc []byte) []byte) []spoken {
		return withCertificates(t, rec, rec.said(LegServer, newMasterStore(1)), func(_ bool, raw []byte) []byte {
			msg, err := tlswire.ParseCertificate(tlswire.VersionTLS13, raw[tlswire.HandshakeHeaderLen:])
			if err != nil || !bytes.HasSuffix(raw, []byte{0, 0}) {
				t.Fatal("the certificate has extensions, or cannot be read")
			}
			dc := change(delegate(t, msg.Entries[0].Data, key.PrivateKey.(crypto.Signer), own, true))
			n := len(dc)
			raw = append(bytes.Clone(raw[:len(raw)-2]), byte((n+4)>>8), byte(n+4), 0, 34, byte(n>>8), byte(n))
			raw = append(raw, dc...)
			binary.BigEndian.PutUint16(raw[2:], uint16(len(raw)-4))
			binary.BigEndian.PutUint16(raw[6:], uint16(len(raw)-8))
			return raw
		}, own)
	}
	proofs := func(list []spoken) []string { return proofsOf(rec.retell(LegServer, newMasterStore(1), list)) }
	right := said(func(dc []byte) []byte { return dc })
	want := []string{"Certificate chain verified", "Certificate delegated_credential verified", "Certificate Verify signature verified",
		"Finished finished verified", "Finished finished verified"}
	if got := proofs(right); !slices.Equal(got, want) {
		t.Errorf("proved %q", got)
	}
	failed := slices.Clone(want)
	failed[1] = "Certificate delegated_credential failed"
	// Wrong from the beginning, and altered on the way.
	if got := proofs(said(func(dc []byte) []byte { dc[len(dc)-1] ^= 2; return dc })); !slices.Equal(got, failed) {
		t.Errorf("a wrong credential: proved %q", got)
	}
	at := slices.IndexFunc(right, func(m spoken) bool { return m.raw[0] == byte(tlswire.HandshakeTypeCertificate) })
	for _, back := range []int{1, 20, 60} {
		altered := slices.Clone(right)
		altered[at].raw = bytes.Clone(altered[at].raw)
		altered[at].raw[len(altered[at].raw)-back] ^= 8
		got := proofs(altered)
		for i := range got {
			got[i] = strings.TrimSuffix(got[i], ": "+reasonMended)
		}
		if !slices.Equal(got, failed) {
			t.Errorf("altered %d bytes before its end: proved %q", back, got)
		}
	}
	// What cannot be read vouches for nobody.
	got := proofs(said(func(dc []byte) []byte { return dc[:9] }))
	if len(got) != len(want) || got[1] != "Certificate delegated_credential not checked: "+reasonDelegated || got[3] != want[3] {
		t.Errorf("half a credential: proved %q", got)
	}
}
