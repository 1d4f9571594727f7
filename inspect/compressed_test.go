package inspect

import (
	"bytes"
	"compress/zlib"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"slices"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"tlsmitm/inspect/tlscrypt"
	"tlsmitm/inspect/tlswire"
)

// compressions make what a Compressed Certificate holds (RFC 8879).
var compressions = map[tlswire.CertificateCompressionAlgorithm]func([]byte) []byte{
	tlswire.CertificateCompressionZlib: func(b []byte) []byte {
		var out bytes.Buffer
		w := zlib.NewWriter(&out)
		w.Write(b)
		w.Close()
		return out.Bytes()
	},
	tlswire.CertificateCompressionBrotli: func(b []byte) []byte {
		var out bytes.Buffer
		w := brotli.NewWriter(&out)
		w.Write(b)
		w.Close()
		return out.Bytes()
	},
	tlswire.CertificateCompressionZstd: func(b []byte) []byte {
		w, _ := zstd.NewWriter(nil)
		return w.EncodeAll(b, nil)
	},
}

// compress makes a Compressed Certificate of a Certificate.
func compress(alg tlswire.CertificateCompressionAlgorithm, raw []byte) []byte {
	body := raw[tlswire.HandshakeHeaderLen:]
	data := compressions[alg](body)
	n, size := len(body), len(data)
	out := []byte{25, 0, byte((size + 8) >> 8), byte(size + 8), byte(alg >> 8), byte(alg), byte(n >> 16), byte(n >> 8), byte(n), byte(size >> 16), byte(size >> 8), byte(size)}
	return append(out, data...)
}

// withCertificates makes what was said be said with other certificates: signed and
// finished anew, since that covers them.
func withCertificates(t *testing.T, rec *recording, list []spoken, other func(up bool, raw []byte) []byte, signer crypto.Signer) []spoken {
	t.Helper()
	w := new(rewriter)
	for _, p := range rec.parts {
		if line, err := tlscrypt.ParseKeyLogLine(p.b); p.secret && err == nil {
			w.lines = append(w.lines, line)
		}
	}
	said, suite := new(tlscrypt.Transcript), tlswire.CipherSuite(0)
	list = slices.Clone(list)
	for i, m := range list {
		raw, body := m.raw, m.raw[tlswire.HandshakeHeaderLen:]
		switch tlswire.HandshakeType(raw[0]) {
		case tlswire.HandshakeTypeClientHello:
			w.hello, _ = tlswire.ParseClientHello(body)
		case tlswire.HandshakeTypeServerHello:
			answer, _ := tlswire.ParseServerHello(body)
			suite = answer.CipherSuite
		case tlswire.HandshakeTypeCertificate:
			raw = other(m.up, raw)
		case tlswire.HandshakeTypeCertificateVerify:
			who := "server"
			if m.up {
				who = "client"
			}
			sum, err := said.Sum(tlscrypt.Hash(tlswire.VersionTLS13, suite))
			if err != nil {
				t.Fatal(err)
			}
			digest := sha256.Sum256(slices.Concat(bytes.Repeat([]byte{' '}, 64), []byte("TLS 1.3, "+who+" CertificateVerify\x00"), sum))
			signature, err := signer.Sign(rand.Reader, digest[:], crypto.SHA256)
			if err != nil {
				t.Fatal(err)
			}
			n := len(signature)
			raw = append([]byte{15, 0, byte((n + 4) >> 8), byte(n + 4), 4, 3, byte(n >> 8), byte(n)}, signature...)
		case tlswire.HandshakeTypeFinished:
			label := tlscrypt.LabelServerHandshake
			if m.up {
				label = tlscrypt.LabelClientHandshake
			}
			sum, err := tlscrypt.Finished13(tlswire.VersionTLS13, suite, w.secret(label), said)
			if err != nil {
				t.Fatal(err)
			}
			raw = slices.Concat(raw[:tlswire.HandshakeHeaderLen], sum)
		case tlswire.HandshakeTypeNewSessionTicket:
			continue
		}
		list[i].raw = raw
		said.Add(raw)
	}
	return list
}

// TestCompressedCertificates: certificates that come compressed prove what others do, and
// are shown as they are; a flipped bit in what is compressed is told once.
func TestCompressedCertificates(t *testing.T) {
	key := testKeys()["ecdsa"]
	s := &setup{name: "compressed", client: tls.Config{Certificates: []tls.Certificate{key}}, server: tls.Config{Certificates: []tls.Certificate{key}, ClientAuth: tls.RequireAnyClientCert}}
	rec := s.run(t)
	plain := rec.said(LegServer, newMasterStore(1))
	want := []string{"Compressed Certificate chain verified", "Certificate Verify signature verified", "Finished finished verified",
		"Compressed Certificate chain verified", "Certificate Verify signature verified", "Finished finished verified"}
	for alg := range compressions {
		list := withCertificates(t, rec, plain, func(_ bool, raw []byte) []byte { return compress(alg, raw) }, key.PrivateKey.(crypto.Signer))
		events := rec.retell(LegServer, newMasterStore(1), list)
		if got := proofsOf(events); !slices.Equal(got, want) {
			t.Errorf("%s: proved %q", alg, got)
		}
		for _, e := range events {
			if m, ok := e.Body.(*Message); ok && m.Type == tlswire.HandshakeTypeCompressedCertificate {
				if certs := m.Certificates(); len(certs) != 1 || certs[0] == nil || certs[0].Subject.CommonName != "leaf.example" {
					t.Errorf("%s: %v", alg, certs)
				}
				if line := e.AppendJSON(nil); !bytes.Contains(line, []byte(`"certificate_list":[{"subject":"CN=leaf.example"`)) {
					t.Errorf("%s: %.900s", alg, line)
				}
			}
		}
		// Whether or not it can be read still, the fault is told once.
		for i, m := range list {
			if m.raw[0] != byte(tlswire.HandshakeTypeCompressedCertificate) || m.up {
				continue
			}
			changed := slices.Clone(list)
			changed[i].raw = bytes.Clone(m.raw)
			changed[i].raw[len(m.raw)-20] ^= 1
			failed := 0
			for _, p := range proofsOf(rec.retell(LegServer, newMasterStore(1), changed)) {
				if bytes.Contains([]byte(p), []byte(" failed")) {
					failed++
				}
			}
			if failed != 1 {
				t.Errorf("%s: %d checks failed", alg, failed)
			}
		}
	}
}
