package tlscrypt

import (
	"bytes"
	"fmt"
	"testing"

	"tlsmitm/inspect/tlswire"
)

func BenchmarkNewTLS13(b *testing.B) {
	for _, id := range []tlswire.CipherSuite{tlswire.TLS_AES_128_GCM_SHA256, tlswire.TLS_AES_256_GCM_SHA384, tlswire.TLS_CHACHA20_POLY1305_SHA256} {
		b.Run(id.String(), func(b *testing.B) {
			s, _ := lookup(id)
			secret := make([]byte, s.prf.Size())
			b.ReportAllocs()
			for b.Loop() {
				if _, err := NewTLS13(id, secret); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkNewTLS12(b *testing.B) {
	// GCM with SHA-256 and SHA-384, ChaCha20, CBC
	for _, id := range []tlswire.CipherSuite{0xc02f, 0xc030, 0xcca8, 0xc013} {
		b.Run(id.String(), func(b *testing.B) {
			p := params12(tlswire.VersionTLS12, id, true)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := NewTLS12(p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkOpen(b *testing.B) {
	for _, id := range []tlswire.CipherSuite{tlswire.TLS_AES_128_GCM_SHA256, tlswire.TLS_AES_256_GCM_SHA384, tlswire.TLS_CHACHA20_POLY1305_SHA256} {
		for _, size := range []int{200, 1 << 14} {
			b.Run(fmt.Sprintf("%s/%d", id, size), func(b *testing.B) {
				o := makeOpener(b, tlswire.VersionTLS13, id)
				sealed := seal(o, tlswire.ContentTypeApplicationData, make([]byte, size), 0)
				rec := sealed
				rec.Fragment = bytes.Clone(sealed.Fragment)
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					copy(rec.Fragment, sealed.Fragment)
					o.seq = 0
					if _, _, err := o.Open(rec); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkOpenLegacy is of the suites without an AEAD, in a form that CBC and
// NULL allow: TLS 1.2 carries the IV, so a record opens again and again.
func BenchmarkOpenLegacy(b *testing.B) {
	for _, id := range []tlswire.CipherSuite{0xc013, 0xc027, 0xc028, 0x003b} {
		b.Run(id.String(), func(b *testing.B) {
			o := makeOpener(b, tlswire.VersionTLS12, id)
			rec := tlswire.Record{Type: tlswire.ContentTypeApplicationData, Version: tlswire.VersionTLS12, Fragment: make([]byte, 1<<14)}
			b.SetBytes(1 << 14)
			b.ReportAllocs()
			for b.Loop() {
				clear(rec.Fragment)
				if _, reason := o.legacy.authenticate(0, rec, rec.Fragment); reason != ReasonAuthentication {
					b.Fatal(reason)
				}
				if o.legacy.cbc != nil {
					o.legacy.decrypt(rec.Fragment)
				}
			}
		})
	}
}

func BenchmarkPeek(b *testing.B) {
	for _, id := range []tlswire.CipherSuite{tlswire.TLS_AES_128_GCM_SHA256, tlswire.TLS_CHACHA20_POLY1305_SHA256} {
		b.Run(id.String(), func(b *testing.B) {
			o := makeOpener(b, tlswire.VersionTLS13, id)
			rec := seal(o, tlswire.ContentTypeApplicationData, make([]byte, 1<<14), 0)
			b.ReportAllocs()
			for b.Loop() {
				if _, _, ok := o.Peek(rec); !ok {
					b.Fatal("Peek says nothing")
				}
			}
		})
	}
}
