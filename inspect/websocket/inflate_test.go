package websocket

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
)

// inflateAll feeds b in runs of size bytes.
func inflateAll(f *inflater, b []byte, size int) (out []byte, err error) {
	for len(b) > 0 {
		n := min(size, len(b))
		if _, err := f.feed(bytes.Clone(b[:n]), func(b []byte) bool { out = append(out, b...); return true }); err != nil {
			return out, err
		}
		b = b[n:]
	}
	return out, nil
}

// contents are of many kinds: what repeats near and far, what does not, and what
// is longer than the window.
func contents() [][]byte {
	rnd := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 100_000)
	for i := range noise {
		noise[i] = byte(rnd.Uint32())
	}
	var words bytes.Buffer
	for words.Len() < 200_000 {
		fmt.Fprintf(&words, `{"id":%d,"name":"item %d","price":%d.50},`, rnd.IntN(1000), rnd.IntN(10), rnd.IntN(100))
	}
	far := append(append(bytes.Clone(noise[:1000]), make([]byte, windowSize-1000)...), noise[:1000]...)
	return [][]byte{nil, []byte("a"), []byte("Hello"), make([]byte, 300_000), noise, words.Bytes(), far, bytes.Repeat([]byte("abc"), 30_000)}
}

func TestInflate(t *testing.T) {
	for i, content := range contents() {
		for _, level := range []int{flate.HuffmanOnly, flate.NoCompression, flate.BestSpeed, flate.DefaultCompression, flate.BestCompression} {
			var buf bytes.Buffer
			w, err := flate.NewWriter(&buf, level)
			if err != nil {
				t.Fatal(err)
			}
			w.Write(content[:len(content)/2])
			w.Flush()
			w.Write(content[len(content)/2:])
			w.Close()
			for _, size := range []int{1, 2, 7, 1000, 1 << 20} {
				got, err := inflateAll(new(inflater), buf.Bytes(), size)
				if err != nil || !bytes.Equal(got, content) {
					t.Errorf("content %d, level %d, in runs of %d: %d bytes, %v, not %d", i, level, size, len(got), err, len(content))
				}
			}
		}
	}
}

// theirs is what compress/flate makes of a stream, what it leaves of b, and what
// is wrong: io.ErrUnexpectedEOF if the stream does not end.
func theirs(b []byte) (out []byte, rest int, err error) {
	in := bytes.NewReader(b)
	out, err = io.ReadAll(io.LimitReader(flate.NewReader(in), 1<<20))
	return out, in.Len(), err
}

// compare holds the inflater against compress/flate, for one stream.
func compare(t *testing.T, b []byte, size int) {
	t.Helper()
	want, rest, wrong := theirs(b)
	if len(want) == 1<<20 {
		return
	}
	f := new(inflater)
	got, err := inflateAll(f, b[:len(b)-rest], size)
	n := min(len(got), len(want))
	ok := bytes.Equal(got[:n], want[:n])
	switch wrong {
	case nil:
		ok = ok && err == nil && len(got) == len(want)
	case io.ErrUnexpectedEOF: // they keep a symbol back that is shorter than the one of a block's end
		ok = ok && (err != nil || len(got) >= len(want))
	default: // we may want the rest of a code before we say so
		if err == nil {
			_, err = inflateAll(f, b[len(b)-rest:], size)
		}
		ok = ok && (err != nil || f.have < maxCodeLen)
	}
	if !ok {
		t.Errorf("%x, in runs of %d: %x, %v, not %x, %v", b, size, got, err, want, wrong)
	}
}

func FuzzInflate(f *testing.F) {
	for i, content := range contents() {
		var buf bytes.Buffer
		w, _ := flate.NewWriter(&buf, i%4)
		w.Write(content[:min(len(content), 3000)])
		w.Close()
		f.Add(buf.Bytes(), uint8(3))
	}
	f.Add([]byte("\x05\xe0\x81\x00\x00\x00\x00\x00\x10\xff\xd5\xff\xa7\x05\x40"), uint8(0))
	f.Fuzz(func(t *testing.T, b []byte, size uint8) { compare(t, b, int(size)+1) })
}

// TestDamaged damages streams in every byte.
func TestDamaged(t *testing.T) {
	for i, content := range contents() {
		var buf bytes.Buffer
		w, _ := flate.NewWriter(&buf, 6)
		w.Write(content[:min(len(content), 700)])
		w.Close()
		for at := range buf.Len() {
			for _, bit := range []byte{1, 0x10, 0x80} {
				b := bytes.Clone(buf.Bytes())
				b[at] ^= bit
				compare(t, b, 1+i)
			}
		}
	}
}

func TestNotDeflate(t *testing.T) {
	for name, b := range map[string][]byte{
		"a block of kind 3":       {0x07},
		"a stored block's length": {0x01, 0x05, 0x00, 0x05, 0x00},
		"287 literals":            {0xf5, 0x00, 0x00, 0x00},
		"31 distances":            {0x05, 0x1e, 0x00, 0x00},
		"a code without a symbol": {0x05, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00},
		"a match before anything": {0x03, 0x02, 0x00},
	} {
		if _, _, err := theirs(b); err == nil || err == io.ErrUnexpectedEOF {
			t.Errorf("%s: compress/flate says %v", name, err)
		}
		if got, err := inflateAll(new(inflater), b, 1); err == nil {
			t.Errorf("%s: read as %x", name, got)
		}
	}
}

func BenchmarkInflate(b *testing.B) {
	content := contents()[5]
	var buf bytes.Buffer
	w, _ := flate.NewWriter(&buf, 6)
	w.Write(content)
	w.Close()
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	f := new(inflater)
	for b.Loop() {
		f.reset()
		if _, err := f.feed(buf.Bytes(), func([]byte) bool { return true }); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkBomb is zeros, compressed.
func BenchmarkBomb(b *testing.B) {
	var buf bytes.Buffer
	w, _ := flate.NewWriter(&buf, 9)
	w.Write(make([]byte, 1<<20))
	w.Close()
	b.SetBytes(1 << 20)
	f := new(inflater)
	for b.Loop() {
		f.reset()
		if _, err := f.feed(buf.Bytes(), func([]byte) bool { return true }); err != nil {
			b.Fatal(err)
		}
	}
}
