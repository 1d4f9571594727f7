package tlswire

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"math/big"
	"slices"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"
)

// ocspResponseDER makes the response of a responder.
func ocspResponseDER(t *testing.T, status int, next time.Time) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC)
	responder := &x509.Certificate{RawSubject: hx("3000"), RawSubjectPublicKeyInfo: hx("300a 3005 0603 2b6570 0301 00")}
	der, err := ocsp.CreateResponse(responder, responder, ocsp.Response{
		Status: status, SerialNumber: big.NewInt(0x80), ThisUpdate: at, NextUpdate: next, RevokedAt: at.Add(-time.Hour),
	}, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestDecodeOCSPResponse(t *testing.T) {
	next := time.Date(2026, 1, 9, 3, 4, 0, 0, time.UTC)
	for _, c := range []struct {
		name, want string
		der        []byte
	}{
		{"good", `"serial_number":"80","cert_status":"good","this_update":"2026-01-02T03:04:00Z","next_update":"2026-01-09T03:04:00Z"}]}}`,
			ocspResponseDER(t, ocsp.Good, next)},
		{"revoked", `"serial_number":"80","cert_status":"revoked","revocation_time":"2026-01-02T02:04:00Z","this_update":"2026-01-02T03:04:00Z",`,
			ocspResponseDER(t, ocsp.Revoked, next)},
		{"unknown", `"serial_number":"80","cert_status":"unknown","this_update":"2026-01-02T03:04:00Z",`,
			ocspResponseDER(t, ocsp.Unknown, next)},
	} {
		t.Run(c.name, func(t *testing.T) {
			raw := msg(HandshakeTypeCertificateStatus, hx("01"), vec(3, c.der))
			tree := Decode(tree12, ContentTypeHandshake, raw)
			checkTree(t, raw, &tree)
			if bad := tree.Malformed(); bad != nil {
				t.Error(bad.Text)
			}
			mustContain(t, string(tree.AppendJSON(nil)), c.want, `"response_status":{"value":0,"name":"successful"}`)
		})
	}
}

// TestDecodeOCSPDamaged flips each byte of a response: that it tells less is
// all that may happen.
func TestDecodeOCSPDamaged(t *testing.T) {
	der := ocspResponseDER(t, ocsp.Revoked, time.Time{})
	for i := range der {
		for _, mask := range []byte{0x01, 0x20, 0xff} {
			damaged := slices.Clone(der)
			damaged[i] ^= mask
			raw := msg(HandshakeTypeCertificateStatus, hx("01"), vec(3, damaged))
			tree := Decode(tree12, ContentTypeHandshake, raw)
			checkTree(t, raw, &tree)
		}
	}
}
