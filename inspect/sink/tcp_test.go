package sink

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// sumOneByOne is RFC 1071 as it is written: 16 bits at a time, and every carry at once.
func sumOneByOne(sum uint32, b []byte) uint32 {
	for i := 0; i < len(b); i += 2 {
		sum += uint32(b[i]) << 8
		if i+1 < len(b) {
			sum += uint32(b[i+1])
		}
		if sum > 0xffff {
			sum -= 0xffff
		}
	}
	return sum
}

// TestChecksum: many bytes at once give the sum that they give one by one.
func TestChecksum(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 300 {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		for _, b := range [][]byte{b, bytes.Repeat([]byte{0xff}, n), make([]byte, n)} {
			for _, sum := range []uint32{0, 1, 0xfffe, 0xffff} {
				if got, want := add(sum, b), sumOneByOne(sum, b); got != want {
					t.Fatalf("%d bytes onto %#x: %#x, not %#x", n, sum, got, want)
				}
			}
		}
	}
}

func BenchmarkChecksum(b *testing.B) {
	p := make([]byte, maxSegment)
	b.SetBytes(maxSegment)
	for b.Loop() {
		add(0, p)
	}
}
