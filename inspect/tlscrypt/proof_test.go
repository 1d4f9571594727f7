package tlscrypt

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"math/big"
	"testing"

	"tlsmitm/inspect/tlswire"
)

// The handshake of RFC 8448 section 3, its secrets, and the hello of section 4, which
// takes up the session.
const (
	traceClientHello = "010000c00303cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece7000006130113031302010000910000000b0009000006736572766572ff01000100000a00140012001d0017001800190100010101020103010400230000003300260024001d002099381de560e4bd43d23d8e435a7dbafeb3c06e51c13cae4d5413691e529aaf2c002b0003020304000d0020001e040305030603020308040805080604010501060102010402050206020202002d00020101001c00024001"
	traceServerHello = "020000560303a6af06a4121860dc5e6e60249cd34c95930c8ac5cb1434dac155772ed3e2692800130100002e00330024001d0020c9828876112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e751f0f002b00020304"
	traceExtensions  = "080000240022000a00140012001d00170018001901000101010201030104001c0002400100000000"
	traceCertificate = "0b0001b9000001b50001b0308201ac30820115a003020102020102300d06092a864886f70d01010b0500300e310c300a06035504031303727361301e170d3136303733303031323335395a170d3236303733303031323335395a300e310c300a0603550403130372736130819f300d06092a864886f70d010101050003818d0030818902818100b4bb498f8279303d980836399b36c6988c0c68de55e1bdb826d3901a2461eafd2de49a91d015abbc9a95137ace6c1af19eaa6af98c7ced43120998e187a80ee0ccb0524b1b018c3e0b63264d449a6d38e22a5fda430846748030530ef0461c8ca9d9efbfae8ea6d1d03e2bd193eff0ab9a8002c47428a6d35a8d88d79f7f1e3f0203010001a31a301830090603551d1304023000300b0603551d0f0404030205a0300d06092a864886f70d01010b05000381810085aad2a0e5b9276b908c65f73a7267170618a54c5f8a7b337d2df7a594365417f2eae8f8a58c8f8172f9319cf36b7fd6c55b80f21a03015156726096fd335e5e67f2dbf102702e608ccae6bec1fc63a42a99be5c3eb7107c3c54e9b9eb2bd5203b1c3b84e0a8b2f759409ba3eac9d91d402dcc0cc8f8961229ac9187b42b4de10000"
	traceVerify      = "0f000084080400805a747c5d88fa9bd2e55ab085a61015b7211f824cd484145ab3ff52f1fda8477b0b7abc90db78e2d33a5c141a078653fa6bef780c5ea248eeaaa785c4f394cab6d30bbe8d4859ee511f602957b15411ac027671459e46445c9ea58c181e818e95b8c3fb0bf3278409d3be152a3da5043e063dda65cdf5aea20d53dfacd42f74f3"
	traceFinished    = "140000209b9b141d906337fbd2cbdce71df4deda4ab42c309572cb7fffee5454b78f0718"
	traceFinishedUp  = "14000020a8ec436d677634ae525ac1fcebe11a039ec17694fac6e98527b642f2edd5ce61"

	traceSecretServer = "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38"
	traceSecretClient = "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21"

	tracePSK          = "4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3"
	traceResumption   = "010001fc03031bc3ceb6bbe39cff938355b5a50adb6db21b7a6af649d7b4bc419d7876487d95000006130113031302010001cd0000000b0009000006736572766572ff01000100000a00140012001d00170018001901000101010201030104003300260024001d0020e4ffb68ac05f8d96c99da26698346c6be16482badddafe051a66b4f18d668f0b002a0000002b0003020304000d0020001e040305030603020308040805080604010501060102010402050206020202002d00020101001c0002400100150057000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000002900dd00b800b22c035d829359ee5ff7af4ec900000000262a6494dc486d2c8a34cb33fa90bf1b0070ad3c498883c9367c09a2be785abc55cd226097a3a982117283f82a03a143efd3ff5dd36d64e861be7fd61d2827db279cce145077d454a3664d4e6da4d29ee03725a6a4dafcd0fc67d2aea70529513e3da2677fa5906c5b3f7d8f92f228bda40dda721470f9fbf297b5aea617646fac5c03272e970727c621a79141ef5f7de6505e5bfbc388e93343694093934ae4d357fad6aacb" + "002120" + "3add4fb2d8fdf822a0ca3cf7678ef5e88dae990141c5924d57bb6fa31b9e5f9d"
	resumptionBinders = 35 // bytes of the list of binders
)

func transcriptOf(t testing.TB, messages ...string) *Transcript {
	t.Helper()
	tr := new(Transcript)
	for _, m := range messages {
		tr.Add(unhex(t, m))
	}
	return tr
}

// eachFlip calls f with every copy of b in which one bit is flipped.
func eachFlip(b []byte, f func(bit int, flipped []byte)) {
	for bit := range 8 * len(b) {
		c := bytes.Clone(b)
		c[bit/8] ^= 1 << (bit % 8)
		f(bit, c)
	}
}

func TestTraceIsProved(t *testing.T) {
	upTo := []string{traceClientHello, traceServerHello, traceExtensions, traceCertificate, traceVerify, traceFinished}
	for _, c := range []struct {
		finished, secret string
		before           int
	}{{traceFinished, traceSecretServer, 5}, {traceFinishedUp, traceSecretClient, 6}} {
		want, err := Finished13(tlswire.VersionTLS13, tlswire.TLS_AES_128_GCM_SHA256, unhex(t, c.secret), transcriptOf(t, upTo[:c.before]...))
		if err != nil {
			t.Fatal(err)
		}
		body := unhex(t, c.finished)[4:]
		if err := CheckFinished(body, want); err != nil {
			t.Errorf("Finished %d: %v", c.before, err)
		}
		eachFlip(body, func(bit int, flipped []byte) {
			if CheckFinished(flipped, want) == nil {
				t.Errorf("Finished %d matches with bit %d flipped", c.before, bit)
			}
		})
	}

	key := traceKey(t)
	cv, err := tlswire.ParseCertificateVerify(tlswire.VersionTLS13, unhex(t, traceVerify)[4:])
	if err != nil {
		t.Fatal(err)
	}
	check := func(cv *tlswire.CertificateVerify, fromServer bool) error {
		return CheckCertificateVerify(tlswire.VersionTLS13, tlswire.TLS_AES_128_GCM_SHA256, cv, key, fromServer, transcriptOf(t, upTo[:4]...), nil)
	}
	if err := check(cv, true); err != nil {
		t.Errorf("Certificate Verify: %v", err)
	}
	if check(cv, false) == nil {
		t.Error("the server's Certificate Verify passes for a client's")
	}
	eachFlip(cv.Signature, func(bit int, flipped []byte) {
		if !isMismatch(check(&tlswire.CertificateVerify{Scheme: cv.Scheme, HasScheme: true, Signature: flipped}, true)) {
			t.Errorf("the signature verifies with bit %d flipped", bit)
		}
	})
}

func isMismatch(err error) bool {
	var m *MismatchError
	return errors.As(err, &m)
}

func traceKey(t testing.TB) crypto.PublicKey {
	t.Helper()
	m, err := tlswire.ParseCertificate(tlswire.VersionTLS13, unhex(t, traceCertificate)[4:])
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(m.Entries[0].Data)
	if err != nil {
		t.Fatal(err)
	}
	if err := CheckIssued(cert, cert); err != nil {
		t.Errorf("the certificate's own signature: %v", err)
	}
	eachFlip(cert.Signature, func(bit int, flipped []byte) {
		forged := *cert
		forged.Signature = flipped
		if !isMismatch(CheckIssued(&forged, cert)) {
			t.Errorf("the certificate's signature verifies with bit %d flipped", bit)
		}
	})
	return cert.PublicKey
}

func TestTraceBinder(t *testing.T) {
	hello := unhex(t, traceResumption)
	parsed, err := tlswire.ParseClientHello(hello[4:])
	if err != nil {
		t.Fatal(err)
	}
	if len(parsed.Binders) != 1 || parsed.BindersLen != resumptionBinders {
		t.Fatalf("%d binders in a list of %d bytes", len(parsed.Binders), parsed.BindersLen)
	}
	partial, binder, psk := hello[:len(hello)-parsed.BindersLen], parsed.Binders[0], unhex(t, tracePSK)
	if err := CheckBinder(psk, binder, new(Transcript), partial); err != nil {
		t.Error(err)
	}
	eachFlip(binder, func(bit int, flipped []byte) {
		if !isMismatch(CheckBinder(psk, flipped, new(Transcript), partial)) {
			t.Errorf("the binder matches with bit %d flipped", bit)
		}
	})
	eachFlip(psk, func(bit int, flipped []byte) {
		if !isMismatch(CheckBinder(flipped, binder, new(Transcript), partial)) {
			t.Errorf("the binder matches with bit %d of the key flipped", bit)
		}
	})
	if err := CheckBinder(psk, binder[1:], new(Transcript), partial); !isMismatch(err) {
		t.Errorf("a binder cut short: %v", err)
	}
}

// TestTranscript holds the running hashes against hashing all at once.
func TestTranscript(t *testing.T) {
	parts := [][]byte{[]byte("one"), []byte("two"), []byte("three"), []byte("four")}
	tr := new(Transcript)
	for i, p := range parts {
		tr.Add(p)
		all := bytes.Join(parts[:i+1], nil)
		for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA1, crypto.MD5SHA1} {
			want := hashed(h, all)
			if got, err := tr.Sum(h); err != nil || !bytes.Equal(got, want) {
				t.Errorf("after %d: %s is %x (%v), not %x", i+1, h, got, err, want)
			}
			want = hashed(h, append(bytes.Clone(all), "more"...))
			if got, err := tr.Sum(h, []byte("mo"), []byte("re")); err != nil || !bytes.Equal(got, want) {
				t.Errorf("after %d and more: %s is %x (%v), not %x", i+1, h, got, err, want)
			}
		}
	}
	fork, err := tr.Fork()
	if err != nil {
		t.Fatal(err)
	}
	fork.Add([]byte("five"))
	tr.Trim(crypto.SHA256)
	tr.Add([]byte("six"))
	for _, c := range []struct {
		tr   *Transcript
		want string
	}{{tr, "onetwothreefoursix"}, {fork, "onetwothreefourfive"}} {
		if got, err := c.tr.Sum(crypto.SHA256); err != nil || !bytes.Equal(got, hashed(crypto.SHA256, []byte(c.want))) {
			t.Errorf("%s: %x, %v", c.want, got, err)
		}
	}
	if _, err := tr.Sum(crypto.SHA384); err == nil {
		t.Error("a trimmed transcript has another hash")
	}
}

func hashed(h crypto.Hash, b []byte) []byte {
	if h == crypto.MD5SHA1 {
		return append(hashed(crypto.MD5, b), hashed(crypto.SHA1, b)...)
	}
	d := h.New()
	d.Write(b)
	return d.Sum(nil)
}

// TestTranscriptBound: a handshake without end is not kept, and said to be too long.
func TestTranscriptBound(t *testing.T) {
	tr := new(Transcript)
	part := make([]byte, MaxTranscript/2)
	for range 5 {
		tr.Add(part)
	}
	if reason, ok := IsUnchecked(sumErr(tr)); !ok || reason != ReasonTranscriptLong || len(tr.parts) > 0 {
		t.Errorf("%q, %v, %d parts", reason, ok, len(tr.parts))
	}
}

func sumErr(t *Transcript) error { _, err := t.Sum(crypto.SHA256); return err }

// TestRetry: what a Hello Retry Request makes of the first hello (RFC 8446 4.4.1).
func TestRetry(t *testing.T) {
	tr := transcriptOf(t, traceClientHello)
	if err := tr.Retry(tlswire.VersionTLS13, crypto.SHA256); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(unhex(t, traceClientHello))
	want := sha256.Sum256(append([]byte{254, 0, 0, 32}, sum[:]...))
	if got, err := tr.Sum(crypto.SHA256); err != nil || !bytes.Equal(got, want[:]) {
		t.Errorf("%x, %v, not %x", got, err, want)
	}
}

// TestMend finds the one bit that is wrong, and nothing where two are.
func TestMend(t *testing.T) {
	want, err := transcriptOf(t, traceClientHello, traceServerHello, traceExtensions).Sum(crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	right := func(t *Transcript) bool {
		got, err := t.Sum(crypto.SHA256)
		return err == nil && bytes.Equal(got, want)
	}
	mend := func(bits ...int) *Transcript {
		b := unhex(t, traceServerHello)
		for _, bit := range bits {
			b[bit/8] ^= 1 << (bit % 8)
		}
		tr := new(Transcript)
		tr.Add(unhex(t, traceClientHello))
		tr.Add(b)
		tr.Add(unhex(t, traceExtensions))
		sumErr(tr)
		return tr.Mend(1, 10, 20, right)
	}
	if fixed := mend(8*15 + 3); fixed == nil || !right(fixed) {
		t.Error("one bit is not mended")
	}
	if mend(8*15+3, 8*16) != nil || mend(8*9) != nil || mend(8*20) != nil {
		t.Error("more was mended than one bit of the given bytes")
	}
}

// TestSchemes signs with every algorithm that the library has a signer for.
func TestSchemes(t *testing.T) {
	rs, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	signers := []crypto.Signer{rs}
	for _, c := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		k, err := ecdsa.GenerateKey(c, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		signers = append(signers, k)
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signers = append(signers, ed)
	tried := 0
	for scheme := range algorithms {
		for _, k := range signers {
			for _, v := range []tlswire.Version{tlswire.VersionTLS12, tlswire.VersionTLS13} {
				a, err := algorithmOf(v, scheme, k.Public())
				if err != nil {
					if !isMismatch(err) {
						t.Errorf("%s with %T: %v", scheme, k, err)
					}
					continue
				}
				tried++
				checkScheme(t, scheme, a, k)
			}
		}
	}
	if tried < 30 {
		t.Errorf("only %d signatures tried", tried)
	}
}

func checkScheme(t *testing.T, scheme tlswire.SignatureScheme, a algorithm, k crypto.Signer) {
	t.Helper()
	content := plainContent("the content")
	digest, opts := []byte(content), crypto.SignerOpts(crypto.Hash(0))
	if a.kind != kindEd25519 {
		digest, _ = content.sum(a.hash)
		opts = a.hash
	}
	if a.pss {
		opts = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: a.hash}
	}
	sig, err := k.Sign(rand.Reader, digest, opts)
	if err != nil {
		t.Errorf("%s: %v", scheme, err)
		return
	}
	if err := a.verify(k.Public(), content, sig); err != nil {
		t.Errorf("%s: %v", scheme, err)
	}
	sig[len(sig)/2] ^= 1
	if err := a.verify(k.Public(), content, sig); !isMismatch(err) {
		t.Errorf("%s with a flipped bit: %v", scheme, err)
	}
}

// TestShortRSA verifies with a key of 512 bits, as export suites and old
// certificates have them: the library signs with none, so the test does.
func TestShortRSA(t *testing.T) {
	p, err := rand.Prime(rand.Reader, 256)
	if err != nil {
		t.Fatal(err)
	}
	q, err := rand.Prime(rand.Reader, 256)
	if err != nil {
		t.Fatal(err)
	}
	one := big.NewInt(1)
	n, e := new(big.Int).Mul(p, q), big.NewInt(65537)
	phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
	d := new(big.Int).ModInverse(e, phi)
	if d == nil {
		t.Skip("the primes do not fit the exponent this time")
	}
	digest := bytes.Repeat([]byte{7}, 20)
	size := (n.BitLen() + 7) / 8
	encoded := append([]byte{0, 1}, bytes.Repeat([]byte{0xff}, size-3-15-20)...)
	encoded = append(append(append(encoded, 0), digestInfo[crypto.SHA1]...), digest...)
	sig := new(big.Int).Exp(new(big.Int).SetBytes(encoded), d, n).FillBytes(make([]byte, size))
	key := &rsa.PublicKey{N: n, E: 65537}
	a := algorithm{kind: kindRSA, hash: crypto.SHA1}
	if err := a.verify(key, digestContent(digest), sig); err != nil {
		t.Error(err)
	}
	eachFlip(sig, func(bit int, flipped []byte) {
		if !isMismatch(a.verify(key, digestContent(digest), flipped)) {
			t.Errorf("verifies with bit %d flipped", bit)
		}
	})
}

// TestUnchecked: what nothing here can check is no failure.
func TestUnchecked(t *testing.T) {
	huge := &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), maxRSABits+1), E: 3}
	for name, err := range map[string]error{
		"a key of no known kind": func() error {
			_, err := algorithmOf(tlswire.VersionTLS12, tlswire.SchemeRSAPKCS1SHA1, struct{}{})
			return err
		}(),
		"Ed448": func() error {
			_, err := algorithmOf(tlswire.VersionTLS13, tlswire.SchemeEd448, &rsa.PublicKey{N: big.NewInt(1), E: 3})
			return err
		}(),
		"a huge key": algorithm{kind: kindRSA, hash: crypto.SHA1}.verify(huge, digestContent(make([]byte, 20)), nil),
		"no key":     func() error { _, err := ParsePublicKey([]byte{0x30, 0}); return err }(),
		"a gap":      func() error { tr := new(Transcript); tr.Break(ReasonTranscript); return sumErr(tr) }(),
	} {
		if reason, ok := IsUnchecked(err); !ok || reason == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestMendAnywhere finds the one bit that is wrong, wherever it lies: in a message, in one after
// a trim, in the hello that a message_hash stands for.
func TestMendAnywhere(t *testing.T) {
	said := func(messages ...string) *Transcript {
		tr := new(Transcript)
		for i, m := range messages {
			switch m {
			case "RETRY":
				if err := tr.Retry(tlswire.VersionTLS13, crypto.SHA256); err != nil {
					t.Fatal(err)
				}
			case "TRIM":
				if _, err := tr.Sum(crypto.SHA256); err != nil {
					t.Fatal(err)
				}
				tr.Trim(crypto.SHA256)
			default:
				tr.Add([]byte(messages[i]))
			}
		}
		return tr
	}
	for _, c := range []struct {
		right, wrong []string
		part         Part
		found        bool
	}{
		{[]string{"hello", "there", "you"}, []string{"hello", "thepe", "you"}, 1, true},
		{[]string{"hello", "there", "you"}, []string{"hello", "thepe", "you"}, 0, false},
		{[]string{"hello", "there", "you"}, []string{"hello", "thepe", "yow"}, 1, false},
		{[]string{"hello", "there", "you"}, []string{"hello", "thepe", "you"}, 3, false},
		{[]string{"hello", "TRIM", "there", "you"}, []string{"hello", "TRIM", "thepe", "you"}, 0, true},
		{[]string{"hello", "RETRY", "there", "you"}, []string{"hellg", "RETRY", "there", "you"}, PartRetried, true},
		{[]string{"hello", "RETRY", "there", "you"}, []string{"hello", "RETRY", "there", "yox"}, 2, false},
		{[]string{"hello", "RETRY", "there", "yog"}, []string{"hello", "RETRY", "there", "yoe"}, 2, true},
		{[]string{"hello", "there"}, []string{"hellg", "there"}, PartRetried, false},
	} {
		want, err := said(c.right...).Sum(crypto.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		wrong := said(c.wrong...)
		end := len(wrong.message(c.part))
		got := wrong.Mend(c.part, 0, end, func(tr *Transcript) bool {
			sum, err := tr.Sum(crypto.SHA256)
			return err == nil && bytes.Equal(sum, want)
		})
		if (got != nil) != c.found {
			t.Errorf("%q from %q, message %d: %v", c.right, c.wrong, c.part, got)
		}
		if got == nil {
			continue
		}
		got.Add([]byte("more"))
		right := said(append(c.right, "more")...)
		if a, b := sumOf(t, got), sumOf(t, right); !bytes.Equal(a, b) {
			t.Errorf("%q goes on as another", c.right)
		}
	}
	if said(string(make([]byte, MaxMend))).Mend(0, 0, MaxMend, func(*Transcript) bool { return true }) != nil {
		t.Error("more is tried than may be")
	}
	tr := said("one", "two", "three")
	if got, err := tr.Prefix(2).Sum(crypto.SHA256); err != nil || !bytes.Equal(got, hashed(crypto.SHA256, []byte("onetwo"))) {
		t.Errorf("the first two: %x, %v", got, err)
	}
}

func sumOf(t *testing.T, tr *Transcript) []byte {
	sum, err := tr.Sum(crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}
