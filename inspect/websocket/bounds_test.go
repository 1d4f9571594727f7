package websocket

import (
	"bytes"
	"compress/flate"
	"runtime"
	"slices"
	"testing"
)

// heap returns the bytes that are in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// bomb is zeros that were compressed: half a megabyte makes hundreds.
func bomb(t *testing.T, size int) []byte {
	var buf bytes.Buffer
	w, err := flate.NewWriter(&buf, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 1<<20)
	for n := 0; n < size; n += len(zeros) {
		w.Write(zeros)
	}
	w.Flush()
	return bytes.TrimSuffix(buf.Bytes(), []byte{0, 0, 0xff, 0xff})
}

func TestBomb(t *testing.T) {
	if testing.Short() {
		t.Skip("bombs take seconds")
	}
	bomb := bomb(t, 2*maxDecoded)
	for _, forget := range []bool{false, true} {
		c := &talk{extensions: "permessage-deflate"}
		if forget {
			c.extensions += "; server_no_context_takeover"
		}
		c.frame(false, true, rsv1, OpBinary, bomb)
		c.frame(false, true, rsv1, OpText, newDeflater(true).message([]byte("after")))
		for _, size := range []int{1000, 1 << 20} {
			var got []Message
			before := heap()
			conn := New(c.extensions, Options{}, func(m Message) { got = append(got, m) })
			for _, r := range c.steps {
				for b := range slices.Chunk(r.b, size) {
					conn.Feed(false, bytes.Clone(b))
				}
			}
			grown := heap() - before
			runtime.KeepAlive(conn)
			decoded, after := int64(maxDecoded), []string{DeflateContextLost}
			if forget {
				decoded, after = defaultLimit+1, nil
			}
			if len(got) != 2 || got[0].Decoded != decoded || len(got[0].Data) != defaultLimit || got[0].Length != int64(len(bomb)) ||
				!got[0].Truncated || !slices.Equal(got[1].Anomalies, after) || (after == nil) != (string(got[1].Data) == "after") {
				t.Errorf("forget: %t: %q", forget, lines(got))
			}
			if !forget {
				met[DeflateTooLarge] = slices.Equal(got[0].Anomalies, []string{DeflateTooLarge})
			}
			if grown > 4<<20 {
				t.Errorf("forget: %t: %d bytes more", forget, grown)
			}
		}
	}
}

// TestManyBombs has them each small enough: together they are too large.
func TestManyBombs(t *testing.T) {
	if testing.Short() {
		t.Skip("bombs take seconds")
	}
	bomb := bomb(t, 1<<20)
	var last Message
	var decoded, sent int64
	c := New("permessage-deflate; server_no_context_takeover", Options{}, func(m Message) {
		last = m
		decoded += m.Decoded
		sent += m.Length
	})
	frame := encode(false, true, rsv1, OpBinary, bomb)
	for range 400 {
		c.Feed(false, frame)
	}
	if !slices.Equal(last.Anomalies, []string{DeflateTooLarge}) || !last.Undecoded || decoded > 2*maxDecoded+maxRatio*sent+1<<20 {
		t.Errorf("%d bytes are made of %d: %s", decoded, sent, line(last))
	}
}

// TestLengthsCostNothing announces much, and sends none of it.
func TestLengthsCostNothing(t *testing.T) {
	before := heap()
	var conns []*Conn
	for range 100 {
		c := New("permessage-deflate", Options{}, func(Message) {})
		c.Feed(true, []byte("\xc2\xff\x7f\xff\xff\xff\xff\xff\xff\xffmask"))
		c.Feed(false, []byte("\x89\x7f\x7f\xff\xff\xff\xff\xff\xff\xffab"))
		conns = append(conns, c)
	}
	if grown := (heap() - before) / 100; grown > 120_000 {
		t.Errorf("%d bytes for each", grown)
	}
	runtime.KeepAlive(conns)
}

// TestEndlessFragments sends one message of very many frames.
func TestEndlessFragments(t *testing.T) {
	var got []Message
	c := New("", Options{}, func(m Message) { got = append(got, m) })
	before := heap()
	c.Feed(false, encode(false, false, 0, OpText, []byte("a")))
	more := bytes.Repeat(encode(false, false, 0, OpContinuation, []byte("b")), 1000)
	for range 1100 {
		c.Feed(false, more)
	}
	if grown := heap() - before; grown > 3<<20 {
		t.Errorf("%d bytes more", grown)
	}
	c.End(false)
	if len(got) != 1 || got[0].Fragments != 1_100_001 || got[0].Length != 1_100_001 || len(got[0].Data) != defaultLimit {
		t.Errorf("%q", lines(got))
	}
}

// BenchmarkBulk is what is not kept, and what is.
func BenchmarkBulk(b *testing.B) {
	for name, limit := range map[string]int{"kept": 1 << 20, "passed": 100} {
		b.Run(name, func(b *testing.B) {
			c := New("", Options{Limit: limit}, func(Message) {})
			frame := encode(true, true, 0, OpBinary, make([]byte, 1<<18))
			b.SetBytes(int64(len(frame)))
			b.ReportAllocs()
			for b.Loop() {
				c.Feed(true, frame)
			}
		})
	}
}
