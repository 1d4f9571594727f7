package http2

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"tlsmitm/inspect/internal/talks"
)

func (c *talk) record() (b []byte) {
	for _, s := range c.steps {
		b = talks.Append(b, s.up, s.b)
	}
	return b
}

func replay(t testing.TB, b []byte) *talk {
	c := &talk{t: t}
	for up, said := range talks.Runs(b) {
		c.steps = append(c.steps, step{up, said})
	}
	return c
}

// FuzzConn feeds two directions of arbitrary bytes, and holds what must hold for
// all: no panic, the same calls however the bytes are cut, an End each way for
// every exchange, and no more told than has come.
func FuzzConn(f *testing.F) {
	for _, b := range talks.Recorded(f) {
		f.Add(b, uint8(3))
	}
	for _, c := range handmade(f) {
		f.Add(c.record(), uint8(3))
	}
	f.Fuzz(func(t *testing.T, b []byte, size uint8) { holds(t, replay(t, b), size) })
}

// FuzzFrames does so with frames that are whole, and seldom right.
func FuzzFrames(f *testing.F) {
	for seed := range uint64(100) {
		f.Add(seed, uint8(seed))
	}
	f.Fuzz(func(t *testing.T, seed uint64, size uint8) { holds(t, random(t, seed), size) })
}

// holds holds a talk against what holds for all.
func holds(t *testing.T, c *talk, size uint8) {
	t.Helper()
	once := c.read(Options{Frames: true}, 1<<20, false)
	again := c.read(Options{Frames: true}, 1+int(size), false)
	if !slices.Equal(once.lines, again.lines) {
		t.Errorf("cut to %d bytes:\n%s\nnot\n%s", 1+int(size), strings.Join(again.lines, "\n"), strings.Join(once.lines, "\n"))
	}
	if all := len(join(c, true)) + len(join(c, false)); once.total > int64(all) {
		t.Errorf("%d bytes of content in %d", once.total, all)
	}
	skipped := c.readSkipping(uint64(size))
	if skipped.total != once.total {
		t.Errorf("with content skipped: %d bytes of it, not %d", skipped.total, once.total)
	}
	if a, b := withoutContent(skipped.lines), withoutContent(once.lines); !slices.Equal(a, b) {
		t.Errorf("with content skipped:\n%s\nnot\n%s", strings.Join(a, "\n"), strings.Join(b, "\n"))
	}
}

// random returns a talk of frames about few streams.
func random(t testing.TB, seed uint64) *talk {
	rnd := rand.New(rand.NewPCG(seed, 2))
	c := begun(t)
	if rnd.IntN(4) == 0 {
		c.steps = c.steps[2+rnd.IntN(2):] // the client is seen late
	}
	pick := func(all ...string) string { return all[rnd.IntN(len(all))] }
	for range rnd.IntN(60) {
		s, id := c.up, uint32(rnd.IntN(12))
		if rnd.IntN(2) == 0 {
			s = c.down
		}
		if rnd.IntN(5) > 0 {
			id |= 1
		}
		end := rnd.IntN(3) == 0
		payload := make([]byte, rnd.IntN(12))
		for i := range payload {
			payload[i] = byte(rnd.IntN(5) * rnd.IntN(60))
		}
		switch rnd.IntN(14) {
		case 0, 1, 2:
			s.headers(id, end, request(pick("GET", "POST", "CONNECT", "HEAD"), pick("https", ""), pick("a", ""), pick("/", ""), "content-length", pick("0", "3"))...)
		case 3, 4, 5:
			s.headers(id, end, ":status", pick("100", "200", "204", "304"), pick("a", "A", ":a"), pick("b", "c\r"))
		case 6:
			s.headers(id, end, "trailer", pick("a", "b"))
		case 7, 8:
			s.data(id, end, pick("", "abc", "abcdefgh"))
		case 9:
			s.RST(id, uint32(rnd.IntN(20)))
		case 10:
			s.frame(FramePushPromise, flagEndHeaders, id, append([]byte{0, 0, 0, byte(rnd.IntN(12))}, s.encode(get...)...)...)
		case 11:
			s.goAway(uint32(rnd.IntN(12)), uint32(rnd.IntN(15)), pick("", "bye"))
		case 12:
			s.frame(FrameSettings, uint8(rnd.IntN(2)), 0, []byte(pick("", "\x00\x01\x00\x00\x00\x10", "\x00\x04\x00\x00\x00\x02", "\x00\x03\x00\x00\x00\x01"))...)
		default:
			kind := FrameType(rnd.IntN(18))
			if kind == FrameContinuation && rnd.IntN(4) > 0 {
				kind = FrameData
			}
			s.frame(kind, uint8(rnd.IntN(256)), id, payload...)
		}
	}
	return c
}

// handmade are talks with what real ones seldom have.
func handmade(t testing.TB) []*talk {
	first := bare(t)
	first.down.frame(FrameSettings, 0, 0)
	first.down.headers(1, false, ":status", "200")
	first.down.headers(3, true, ":status", "200")
	first.down.RST(5, 8)
	first.up.raw([]byte(preface)...)
	first.up.frame(FrameSettings, 0, 0)
	first.up.headers(1, true, get...)
	first.up.headers(5, false, get...)

	padded := begun(t)
	padded.up.headers(1, false, request("POST", "https", "a", "/", "content-length", "4")...)
	padded.up.frame(FrameData, flagPadded, 1, 2, 'a', 'b', 0, 1)
	padded.up.frame(FrameData, flagPadded|flagEndStream, 1, 5, 0)
	padded.down.frame(FramePushPromise, flagEndHeaders, 1, append([]byte{0, 0, 0, 2}, padded.down.encode(get...)...)...)
	padded.down.headers(1, false, ":status", "200")
	padded.down.headers(1, true, "x", "y")
	padded.down.data(2, true, "x")

	away := begun(t)
	away.up.headers(1, false, request("CONNECT", "", "a", "")...)
	away.up.headers(3, false, get...)
	away.down.headers(1, false, ":status", "200")
	away.down.goAway(1, 2, "bye")
	away.up.data(1, false, "abc")
	away.up.RST(1, 8)
	away.up.goAway(0, 0, "")
	away.down.frame(FrameSettings, 0, 0, 0, 1, 0, 0, 0, 0)
	away.up.frame(FrameSettings, flagAck, 0)
	away.up.headers(5, true, get...)
	return []*talk{first, padded, away}
}

// readSkipping reads a talk, and skips what can be skipped, or a part of it.
func (c *talk) readSkipping(seed uint64) *recorder {
	rnd := rand.New(rand.NewPCG(seed, 1))
	r := new(recorder)
	conn := New(r, Options{Frames: true})
	for _, s := range c.steps {
		for b := s.b; len(b) > 0; {
			n := min(1+rnd.IntN(20), len(b))
			if can := conn.Skippable(s.up); can > 0 && rnd.IntN(2) == 0 {
				n = int(min(can, int64(n)))
				conn.Skip(s.up, int64(n))
			} else {
				conn.Feed(s.up, bytes.Clone(b[:n]))
			}
			b = b[n:]
		}
	}
	conn.End(true)
	conn.End(false)
	r.flush()
	return r
}

// withoutContent returns the lines that tell of no content.
func withoutContent(lines []string) []string {
	return slices.DeleteFunc(slices.Clone(lines), func(line string) bool {
		words := strings.Fields(line)
		return len(words) > 2 && (words[2] == "body" || words[2] == "tunnel" || words[2] == "skipped")
	})
}

// TestTalks replays what real clients and servers have said.
func TestTalks(t *testing.T) {
	for name, b := range talks.Recorded(t) {
		c := replay(t, b)
		r := c.read(Options{}, 1<<20, false)
		if len(r.about(" head ")) == 0 || len(r.about("anomaly")) > 0 || len(r.about("failed")) > 0 {
			t.Errorf("%s:\n%s", name, strings.Join(r.lines, "\n"))
		}
		for _, size := range []int{1, 2, 5, 17, 100} {
			if again := c.read(Options{}, size, false); !slices.Equal(again.lines, r.lines) {
				t.Errorf("%s, cut to %d bytes:\n%s\nnot\n%s", name, size, strings.Join(again.lines, "\n"), strings.Join(r.lines, "\n"))
			}
		}
	}
}
