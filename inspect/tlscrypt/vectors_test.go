package tlscrypt

import (
	"bytes"
	"crypto/aes"
	"encoding/hex"
	"strings"
	"testing"

	"tlsmitm/inspect/tlswire"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The traffic secrets of RFC 8448 section 3, the keys that it derives from them,
// and records that it seals under those.
func TestTraceOfRFC8448(t *testing.T) {
	var counted []byte // the application data of the trace: 00 01 02 … 31
	for i := range 50 {
		counted = append(counted, byte(i))
	}
	finished := "14000020 a8ec436d677634ae525ac1fcebe11a039ec17694fac6e98527b642f2edd5ce61"
	for _, tc := range []struct {
		name, secret, iv string
		records          []string
		types            []tlswire.ContentType
		plain            []string
	}{
		{
			"client handshake", "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21", "5bd3c71b836e0b76bb73265f",
			[]string{"1703030035 75ec4dc238cce60b298044a71e219c56cc77b0517fe9b93c7a4bfc44d87f38f80338ac98fc46deb384bd1caeacab6867d726c40546"},
			[]tlswire.ContentType{tlswire.ContentTypeHandshake}, []string{finished},
		},
		{
			"client application", "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5", "5b78923dee08579033e523d9",
			[]string{
				"1703030043 a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20441e2b62974e1f5a6292a2977014bd1e3deae63aeebb21694915e4",
				"1703030013 c9872760655666b74d7ff1153efd6db6d0b0e3",
			},
			[]tlswire.ContentType{tlswire.ContentTypeApplicationData, tlswire.ContentTypeAlert}, []string{hex.EncodeToString(counted), "0100"},
		},
	} {
		o, err := NewTLS13(tlswire.TLS_AES_128_GCM_SHA256, unhex(t, tc.secret))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(o.iv[:], unhex(t, tc.iv)) {
			t.Errorf("%s: IV %x, want %s", tc.name, o.iv, tc.iv)
		}
		for i, record := range tc.records {
			rec, _, err := tlswire.ParseRecord(unhex(t, record))
			if err != nil {
				t.Fatal(err)
			}
			ct, plain, err := o.Open(rec)
			if err != nil || ct != tc.types[i] || !bytes.Equal(plain, unhex(t, tc.plain[i])) {
				t.Errorf("%s, record %d: %v %x (%v), want %v %s", tc.name, i, ct, plain, err, tc.types[i], tc.plain[i])
			}
		}
	}
}

// NIST SP 800-38C, example 3: the one with a nonce of 12 bytes.
func TestCCMOfSP80038C(t *testing.T) {
	block, err := aes.NewCipher(unhex(t, "404142434445464748494a4b4c4d4e4f"))
	if err != nil {
		t.Fatal(err)
	}
	nonce := [12]byte(unhex(t, "101112131415161718191a1b"))
	aad := unhex(t, "000102030405060708090a0b0c0d0e0f10111213")
	sealed := unhex(t, "e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5 484392fbc1b09951")
	c := newCCM(block, 8)
	plain, err := c.open(&nonce, bytes.Clone(sealed), aad)
	if err != nil || !bytes.Equal(plain, unhex(t, "202122232425262728292a2b2c2d2e2f3031323334353637")) {
		t.Errorf("opened %x (%v)", plain, err)
	}
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 0x10
		if _, err := c.open(&nonce, bad, aad); err == nil {
			t.Errorf("byte %d altered, and it opens", i)
		}
	}
	aad[19] ^= 1
	if _, err := c.open(&nonce, sealed, aad); err == nil {
		t.Error("other additional data, and it opens")
	}
	if _, err := c.open(&nonce, make([]byte, 7), nil); err == nil {
		t.Error("shorter than its tag, and it opens")
	}
}
