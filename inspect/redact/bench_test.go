package redact

import (
	"bytes"
	"fmt"
	"testing"
)

func prose() []byte {
	return bytes.Repeat([]byte("The quick brown fox jumps over the lazy dog, while nobody asked whether it should; "+
		"then again, being asked seldom changes what is done. "), 500)
}

func manyKeys() []byte {
	var b bytes.Buffer
	for i := range 500 {
		fmt.Fprintf(&b, `{"id": %d, "name": "user %d", "email": "user%d@example.com", "url": "https://example.com/users/%d?page=2", "active": true},`, i, i, i, i)
	}
	return b.Bytes()
}

func BenchmarkMask(b *testing.B) {
	r := newDefault(b)
	for _, c := range []struct {
		name string
		kind Kind
		head string
		text []byte
	}{
		{"prose", Text, "", prose()},
		{"JSON", Text, "", manyKeys()},
		{"HTTP1-JSON", HTTP1, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n", manyKeys()},
		{"HTTP1-image", HTTP1, "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n", manyKeys()},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := r.Stream(c.kind)
			s.Mask(nil, []byte(c.head))
			dst := make([]byte, 16<<10)
			b.SetBytes(int64(len(c.text)))
			for b.Loop() {
				for t := c.text; len(t) > 0; {
					n := min(len(t), len(dst))
					s.Mask(dst, t[:n])
					t = t[n:]
				}
			}
		})
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		newDefault(b)
	}
}

func BenchmarkHeader(b *testing.B) {
	r := newDefault(b)
	b.Run("harmless", func(b *testing.B) {
		for b.Loop() {
			r.Header("Content-Type", "text/html; charset=utf-8")
		}
	})
	b.Run("secret", func(b *testing.B) {
		for b.Loop() {
			r.Header("Cookie", "session=0123456789abcdef; theme=dark")
		}
	})
}
