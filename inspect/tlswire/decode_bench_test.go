package tlswire

import (
	"testing"
)

func benchmarkSample(b *testing.B, file string, t HandshakeType) treeSample {
	b.Helper()
	for _, s := range treeSamples(b, "testdata/decode/"+file+".hex") {
		if s.ct == ContentTypeHandshake && HandshakeType(s.raw[0]) == t {
			return s
		}
	}
	b.Fatalf("%s holds no %s", file, t)
	return treeSample{}
}

func BenchmarkDecode(b *testing.B) {
	for _, c := range []struct {
		name, file string
		t          HandshakeType
	}{
		{"BrowserHello", "client_chromium", HandshakeTypeClientHello},
		{"ServerHello", "tls13_client_certificate", HandshakeTypeServerHello},
		{"Certificate", "quic_ech_accepted", HandshakeTypeCertificate},
		{"NewSessionTicket", "tls13_client_certificate", HandshakeTypeNewSessionTicket},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := benchmarkSample(b, c.file, c.t)
			b.ReportAllocs()
			b.SetBytes(int64(len(s.raw)))
			var dst []byte
			for b.Loop() {
				tree := Decode(s.ctx, s.ct, s.raw)
				dst = tree.AppendJSON(dst[:0])
			}
		})
	}
}
