package http2

import (
	"testing"

	"tlsmitm/inspect/httpmsg"
)

// TestDataAllocatesNothing holds that DATA, and the frames that go with them, cost
// no allocation.
func TestDataAllocatesNothing(t *testing.T) {
	conn, frames := download(t)
	if n := testing.AllocsPerRun(100, func() { conn.Feed(false, frames); conn.Feed(true, windowUpdates) }); n > 0 {
		t.Errorf("%v allocations for %d bytes of DATA", n, len(frames))
	}
}

var windowUpdates = []byte{0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 4, 8, 0, 0, 0, 0, 1, 0, 1, 0, 0}

// download returns a Conn in whose middle four DATA frames may come again and
// again.
func download(t testing.TB) (*Conn, []byte) {
	c := begun(t)
	c.up.headers(1, true, get...)
	c.down.headers(1, false, ":status", "200")
	conn := New(httpmsg.Ignore{}, Options{})
	c.feed(conn, 1<<20)
	c.steps = nil
	for range 4 {
		c.down.data(1, false, string(make([]byte, 16_000)))
	}
	return conn, join(c, false)
}

func BenchmarkData(b *testing.B) {
	conn, frames := download(b)
	b.SetBytes(int64(len(frames)))
	b.ReportAllocs()
	for b.Loop() {
		conn.Feed(false, frames)
		conn.Feed(true, windowUpdates)
	}
}

// BenchmarkExchange is a request and a response as browsers and servers write
// them, most of whose fields are in the tables.
func BenchmarkExchange(b *testing.B) {
	c := begun(b)
	ask := func(id uint32) {
		c.up.headers(id, true, with("user-agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36", "accept", "*/*", "accept-encoding", "gzip, deflate, br, zstd", "cookie", "session=0123456789abcdef")...)
		c.down.headers(id, false, ":status", "200", "content-type", "application/json", "content-length", "5", "date", "Mon, 21 Oct 2013 20:13:21 GMT", "cache-control", "no-store")
		c.down.data(id, true, "hello")
	}
	ask(1)
	conn := New(httpmsg.Ignore{}, Options{})
	c.feed(conn, 1<<20)
	c.steps = nil
	ask(3)
	up, down := join(c, true), join(c, false)
	b.ReportAllocs()
	id := uint32(3)
	for b.Loop() {
		for _, frames := range [][]byte{up, down} {
			frames[5], frames[6], frames[7], frames[8] = byte(id>>24), byte(id>>16), byte(id>>8), byte(id)
		}
		copy(down[len(down)-9:], up[5:9])
		conn.Feed(true, up)
		conn.Feed(false, down)
		id += 2
	}
}

// BenchmarkFullTable has the smallest entries make room in the largest table.
func BenchmarkFullTable(b *testing.B) {
	d := newFieldDecoder(maxTable)
	block := make([]byte, 0, 3<<14)
	for range 1 << 14 {
		block = append(block, 0x40, 0, 0)
	}
	b.SetBytes(int64(len(block)))
	for b.Loop() {
		if err := d.decode(block, func(httpmsg.Field) bool { return true }); err != nil {
			b.Fatal(err)
		}
	}
}
