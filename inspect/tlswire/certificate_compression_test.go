package tlswire

import (
	"bytes"
	"compress/zlib"
	"encoding/json"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// compressions are those of RFC 8879.
var compressions = map[CertificateCompressionAlgorithm]func([]byte) []byte{
	CertificateCompressionZlib: func(b []byte) []byte {
		var out bytes.Buffer
		w := zlib.NewWriter(&out)
		w.Write(b)
		w.Close()
		return out.Bytes()
	},
	CertificateCompressionBrotli: func(b []byte) []byte {
		var out bytes.Buffer
		w := brotli.NewWriter(&out)
		w.Write(b)
		w.Close()
		return out.Bytes()
	},
	CertificateCompressionZstd: func(b []byte) []byte {
		w, err := zstd.NewWriter(nil)
		if err != nil {
			panic(err)
		}
		return w.EncodeAll(b, nil)
	},
}

// compressed is a Compressed Certificate of a Certificate's body.
func compressed(alg CertificateCompressionAlgorithm, body []byte) []byte {
	n := len(body)
	return msg(HandshakeTypeCompressedCertificate, []byte{byte(alg >> 8), byte(alg), byte(n >> 16), byte(n >> 8), byte(n)}, vec(3, compressions[alg](body)))
}

// certificateMessages are the Certificates of TLS 1.3 among the samples.
func certificateMessages(t testing.TB) (all []treeSample) {
	for _, file := range treeSampleFiles(t) {
		for _, s := range treeSamples(t, file) {
			if s.ct == ContentTypeHandshake && s.ctx.Version.Is13() && len(s.raw) > 0 && s.raw[0] == byte(HandshakeTypeCertificate) {
				all = append(all, s)
			}
		}
	}
	if len(all) < 3 {
		t.Fatalf("%d certificates", len(all))
	}
	return all
}

// TestCompressedCertificateSaysTheSame: what a Certificate says is said of it compressed,
// too, and every byte is covered once.
func TestCompressedCertificateSaysTheSame(t *testing.T) {
	for _, s := range certificateMessages(t) {
		var want map[string]any
		if err := json.Unmarshal(append(AppendMessageJSON([]byte("{"), s.ctx, s.ct, s.raw), '}'), &want); err != nil {
			t.Fatal(err)
		}
		for alg := range compressions {
			raw := compressed(alg, s.raw[HandshakeHeaderLen:])
			tree := Decode(s.ctx, s.ct, raw)
			checkTree(t, raw, &tree)
			if bad := tree.Malformed(); bad != nil {
				t.Errorf("%s: %s", alg, bad.Text)
			}
			var got map[string]any
			if err := json.Unmarshal(append(AppendMessageJSON([]byte("{"), s.ctx, s.ct, raw), '}'), &got); err != nil {
				t.Fatal(err)
			}
			for _, own := range []string{"algorithm", "uncompressed_length", "compressed_certificate_message"} {
				if got[own] == nil {
					t.Errorf("%s: no %s", alg, own)
				}
				delete(got, own)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %v\nnot %v", alg, got, want)
			}
		}
	}
}

// TestCompressedCertificateOfAStream: who compresses as the bytes come does not say how many
// there are, and asks for a window that would do for many.
func TestCompressedCertificateOfAStream(t *testing.T) {
	body := certificateMessages(t)[0].raw[HandshakeHeaderLen:]
	for _, window := range []int{1 << 20, 8 << 20, 16 << 20} {
		var out bytes.Buffer
		w, err := zstd.NewWriter(&out, zstd.WithWindowSize(window))
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range body {
			w.Write([]byte{b})
			w.Flush()
		}
		w.Close()
		got, err := (&CompressedCertificate{Algorithm: CertificateCompressionZstd, UncompressedLength: uint32(len(body)), Data: out.Bytes()}).Decompress()
		if small := window <= zstdWindow; small != (err == nil) || small && !bytes.Equal(got, body) {
			t.Errorf("with a window of %d: %d bytes, %v", window, len(got), err)
		}
	}
}

// TestCompressedCertificateThatIsWrong: what cannot be decompressed is said to be so, and
// every byte is covered still.
func TestCompressedCertificateThatIsWrong(t *testing.T) {
	s := certificateMessages(t)[0]
	body := s.raw[HandshakeHeaderLen:]
	for alg := range compressions {
		good := compressed(alg, body)
		for name, raw := range map[string][]byte{
			"a shorter length":  bytes.Replace(good, []byte{byte(len(body) >> 8), byte(len(body))}, []byte{byte(len(body) >> 8), byte(len(body)) - 1}, 1),
			"a longer length":   bytes.Replace(good, []byte{byte(len(body) >> 8), byte(len(body))}, []byte{byte(len(body) >> 8), byte(len(body)) + 1}, 1),
			"cut short":         msg(HandshakeTypeCompressedCertificate, good[4:9], vec(3, good[12:len(good)-9])),
			"garbage":           msg(HandshakeTypeCompressedCertificate, good[4:9], vec(3, bytes.Repeat([]byte{0xff}, 30))),
			"nothing":           msg(HandshakeTypeCompressedCertificate, good[4:9], vec(3)),
			"another algorithm": append([]byte{good[0], good[1], good[2], good[3], 0x7f}, good[5:]...),
			"no certificate":    compressed(alg, []byte("no certificate at all")),
		} {
			tree := Decode(s.ctx, s.ct, raw)
			checkTree(t, raw, &tree)
			bad := tree.Malformed()
			if bad == nil {
				t.Errorf("%s, %s: nothing is wrong", alg, name)
			} else if strings.Contains(bad.Text, "tlswire") {
				t.Errorf("%s, %s: %s", alg, name, bad.Text)
			}
		}
	}
}

// TestCompressedCertificateBombs: what grows without end costs no more than a message may
// be long, whatever length it says.
func TestCompressedCertificateBombs(t *testing.T) {
	zeros := make([]byte, 32<<20)
	for alg, compress := range compressions {
		bomb := compress(zeros)
		for _, length := range []int{100, MaxHandshake, MaxHandshake + 1, 1<<24 - 1} {
			raw := msg(HandshakeTypeCompressedCertificate, []byte{byte(alg >> 8), byte(alg), byte(length >> 16), byte(length >> 8), byte(length)}, vec(3, bomb))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			tree := Decode(Context{Version: VersionTLS13, FromServer: true}, ContentTypeHandshake, raw)
			runtime.ReadMemStats(&after)
			checkTree(t, raw, &tree)
			if tree.Malformed() == nil {
				t.Errorf("%s of %d bytes: nothing is wrong", alg, length)
			}
			if took := after.TotalAlloc - before.TotalAlloc; took > 24<<20 {
				t.Errorf("%s of %d bytes: %d bytes of memory", alg, length, took)
			}
		}
	}
}
