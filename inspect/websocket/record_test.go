package websocket

import (
	"bytes"
	"compress/flate"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tlsmitm/inspect/internal/codes"
)

// met are the anomalies that tests have met.
var met = make(map[string]bool)

// TestMain holds, where all tests run, that they meet every anomaly.
func TestMain(m *testing.M) { codes.Main(m, Codes(), met) }

// line is a message on a line.
func line(m Message) string {
	var b strings.Builder
	way := "<"
	if m.Up {
		way = ">"
	}
	fmt.Fprintf(&b, "%s %v", way, m.Opcode)
	if len(m.Data) > 100 {
		fmt.Fprintf(&b, " %q… (%d)", m.Data[:20], len(m.Data))
	} else if len(m.Data) > 0 {
		fmt.Fprintf(&b, " %q", m.Data)
	}
	fmt.Fprintf(&b, " %d", m.Length)
	if m.Decoded != m.Length {
		fmt.Fprintf(&b, "→%d", m.Decoded)
	}
	if m.Fragments != 1 {
		fmt.Fprintf(&b, " in %d", m.Fragments)
	}
	for _, word := range []struct {
		is  bool
		say string
	}{{m.Compressed, "compressed"}, {m.Undecoded, "undecoded"}, {m.Truncated, "truncated"}, {m.Cut, "cut"}} {
		if word.is {
			b.WriteString(" " + word.say)
		}
	}
	if m.CloseCode != 0 {
		fmt.Fprintf(&b, " code=%d reason=%q", m.CloseCode, m.CloseReason)
	}
	if len(m.Anomalies) > 0 {
		fmt.Fprintf(&b, " %s", m.Anomalies)
	}
	return b.String()
}

// run is a run of bytes of one direction.
type run struct {
	up bool
	b  []byte
}

// talk is what both sides say.
type talk struct {
	extensions string
	options    Options
	steps      []run
}

// frame says a frame as it should be: the client's are masked.
func (c *talk) frame(up, fin bool, rsv uint8, op Opcode, payload []byte) {
	c.raw(up, encode(up, fin, rsv, op, payload)...)
}

func (c *talk) raw(up bool, b ...byte) { c.steps = append(c.steps, run{up, b}) }

// encode writes a frame (RFC 6455, section 5.2).
func encode(masked, fin bool, rsv uint8, op Opcode, payload []byte) []byte {
	b := []byte{rsv<<4 | byte(op), 0}
	if fin {
		b[0] |= 0x80
	}
	switch n := len(payload); {
	case n < 126:
		b[1] = byte(n)
	case n < 1<<16:
		b[1] = 126
		b = append(b, byte(n>>8), byte(n))
	default:
		b[1] = 127
		b = append(b, 0, 0, 0, 0, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	if masked {
		b[1] |= 0x80
		mask := [4]byte{0x37, 0xfa, 0x21, byte(len(payload))}
		b = append(b, mask[:]...)
		payload = bytes.Clone(payload)
		for i := range payload {
			payload[i] ^= mask[i%4]
		}
	}
	return append(b, payload...)
}

// read feeds a talk in runs of size bytes, and ends it.
func (c *talk) read(size int) (messages []Message) {
	conn := New(c.extensions, c.options, func(m Message) {
		for _, code := range m.Anomalies {
			met[code] = true
		}
		messages = append(messages, m)
	})
	for _, s := range c.steps {
		for b := range slices.Chunk(s.b, size) {
			b = bytes.Clone(b)
			conn.Feed(s.up, b)
			for i := range b {
				b[i] = 0xee // it is the caller's again
			}
		}
	}
	conn.End(true)
	conn.End(false)
	return messages
}

func lines(messages []Message) (all []string) {
	for _, m := range messages {
		all = append(all, line(m))
	}
	return all
}

// want holds a talk against what is expected of it, however it is cut.
func (c *talk) want(t *testing.T, name string, want ...string) {
	t.Helper()
	for _, size := range []int{1 << 20, 1, 2, 3, 7, 100} {
		if got := lines(c.read(size)); !slices.Equal(got, want) {
			t.Errorf("%s, cut to %d bytes:\n%s\nnot\n%s", name, size, strings.Join(got, "\n"), strings.Join(want, "\n"))
			return
		}
	}
}

// deflater compresses messages as RFC 7692, section 7.2.1 says.
type deflater struct {
	w      *flate.Writer
	buf    bytes.Buffer
	forget bool
}

func newDeflater(forget bool) *deflater {
	d := &deflater{forget: forget}
	d.w, _ = flate.NewWriter(&d.buf, flate.DefaultCompression)
	return d
}

func (d *deflater) message(content []byte) []byte {
	d.buf.Reset()
	if d.forget {
		d.w.Reset(&d.buf)
	}
	d.w.Write(content)
	d.w.Flush()
	return bytes.Clone(bytes.TrimSuffix(d.buf.Bytes(), []byte{0, 0, 0xff, 0xff}))
}
