package websocket

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"tlsmitm/inspect/internal/talks"
)

// A recorded talk is its extensions and a line end, and then what was said.

func (c *talk) record() []byte {
	b := []byte(c.extensions + "\n")
	for _, r := range c.steps {
		b = talks.Append(b, r.up, r.b)
	}
	return b
}

func replay(b []byte) *talk {
	header, b, _ := bytes.Cut(b, []byte("\n"))
	c := &talk{extensions: string(header)}
	for up, said := range talks.Runs(b) {
		c.steps = append(c.steps, run{up, said})
	}
	return c
}

// FuzzConn feeds two directions of arbitrary bytes, and holds what must hold for
// all.
func FuzzConn(f *testing.F) {
	for _, b := range talks.Recorded(f) {
		f.Add(b, uint8(3))
	}
	f.Fuzz(func(t *testing.T, b []byte, size uint8) { holds(t, replay(b), size) })
}

// FuzzFrames does so with frames that are whole, and seldom right.
func FuzzFrames(f *testing.F) {
	for seed := range uint64(100) {
		f.Add(seed, uint8(seed))
	}
	f.Fuzz(func(t *testing.T, seed uint64, size uint8) { holds(t, random(seed), size) })
}

// holds holds that a talk is the same however it is cut, that no more is told
// than came, and that what is skipped changes no more than it must.
func holds(t *testing.T, c *talk, size uint8) {
	t.Helper()
	for _, limit := range []int{0, 5} {
		c.options.Limit = limit
		once, again := c.read(1<<20), c.read(1+int(size))
		if a, b := lines(once), lines(again); !slices.Equal(a, b) {
			t.Errorf("cut to %d bytes:\n%s\nnot\n%s", 1+int(size), strings.Join(b, "\n"), strings.Join(a, "\n"))
		}
		var told, came int64
		for _, m := range once {
			told += m.Length
			if len(m.Data) > c.options.Limit && limit > 0 || !m.Truncated && int64(len(m.Data)) != m.Decoded && !m.Undecoded {
				t.Errorf("%s", line(m))
			}
		}
		for _, r := range c.steps {
			came += int64(len(r.b))
		}
		if told > came {
			t.Errorf("%d bytes told of %d", told, came)
		}
		if skipped := c.readSkipping(uint64(size)); !slices.Equal(lines(skipped), lines(once)) {
			t.Errorf("with content skipped:\n%s\nnot\n%s", strings.Join(lines(skipped), "\n"), strings.Join(lines(once), "\n"))
		}
	}
}

// readSkipping reads a talk, and skips what can be skipped, or a part of it.
func (c *talk) readSkipping(seed uint64) (messages []Message) {
	rnd := rand.New(rand.NewPCG(seed, 1))
	conn := New(c.extensions, c.options, func(m Message) { messages = append(messages, m) })
	for _, r := range c.steps {
		for b := r.b; len(b) > 0; {
			n := min(1+rnd.IntN(20), len(b))
			if can := conn.Skippable(r.up); can > 0 && rnd.IntN(2) == 0 {
				n = int(min(can, int64(n)))
				conn.Skip(r.up, int64(n))
			} else {
				conn.Feed(r.up, bytes.Clone(b[:n]))
			}
			b = b[n:]
		}
	}
	conn.End(true)
	conn.End(false)
	return messages
}

// random returns a talk of random frames.
func random(seed uint64) *talk {
	rnd := rand.New(rand.NewPCG(seed, 2))
	c := &talk{extensions: []string{"", "permessage-deflate", "permessage-deflate; server_no_context_takeover", "permessage-deflate; client_no_context_takeover"}[rnd.IntN(4)]}
	compress := map[bool]*deflater{true: newDeflater(false), false: newDeflater(false)}
	for range rnd.IntN(30) {
		up := rnd.IntN(2) == 0
		payload := make([]byte, rnd.IntN(40))
		for i := range payload {
			payload[i] = byte('a' + rnd.IntN(3))
		}
		op := []Opcode{OpContinuation, OpContinuation, OpText, OpText, OpBinary, OpPing, OpClose, Opcode(rnd.IntN(16))}[rnd.IntN(8)]
		rsv := uint8(0)
		switch rnd.IntN(4) {
		case 0:
			rsv = rsv1
			payload = compress[up].message(bytes.Repeat(payload, rnd.IntN(5)))
		case 1:
			rsv = uint8(rnd.IntN(8))
		}
		b := encode(up != (rnd.IntN(20) == 0), rnd.IntN(3) > 0, rsv, op, payload)
		if rnd.IntN(15) == 0 {
			b[rnd.IntN(len(b))] ^= 1 << rnd.IntN(8)
		}
		c.raw(up, b...)
	}
	return c
}
