package saved

import (
	"bytes"
	"testing"
)

// BenchmarkReader is what it costs to read a saved run.
func BenchmarkReader(b *testing.B) {
	run := append(bytes.Join(savedRun(b), []byte("\n")), '\n')
	b.SetBytes(int64(len(run)))
	b.ReportAllocs()
	for b.Loop() {
		r := NewReader("f", bytes.NewReader(run))
		for {
			if _, err := r.Next(); err != nil {
				break
			}
		}
	}
}
