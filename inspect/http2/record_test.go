package http2

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	xhttp2 "golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"tlsmitm/inspect/httpmsg"
	"tlsmitm/inspect/internal/codes"
)

// met are the anomalies that tests have met.
var met = make(map[httpmsg.AnomalyCode]bool)

// TestMain holds, where all tests run, that they meet every anomaly.
func TestMain(m *testing.M) { codes.Main(m, Codes(), met) }

// recorder writes down what it is told, a line each; content that comes in pieces
// is one line.
type recorder struct {
	lines []string
	part  struct {
		name string
		x    httpmsg.Exchange
		up   bool
		b    []byte
		n    int64
	}
	total int64 // of content
}

func arrow(up bool) string {
	if up {
		return ">"
	}
	return "<"
}

func (r *recorder) flush() {
	p := &r.part
	switch p.name {
	case "":
	case "skipped":
		r.lines = append(r.lines, fmt.Sprintf("%s %d skipped %d", arrow(p.up), p.x, p.n))
	default:
		r.lines = append(r.lines, fmt.Sprintf("%s %d %s %q", arrow(p.up), p.x, p.name, p.b))
	}
	p.name, p.b, p.n = "", nil, 0
}

func (r *recorder) say(up bool, format string, args ...any) {
	r.flush()
	r.lines = append(r.lines, arrow(up)+" "+fmt.Sprintf(format, args...))
}

func (r *recorder) piece(name string, x httpmsg.Exchange, up bool, b []byte, n int64) {
	p := &r.part
	if p.name != name || p.x != x || p.up != up {
		r.flush()
	}
	p.name, p.x, p.up, p.b, p.n = name, x, up, append(p.b, b...), p.n+n
	r.total += n
}

func fieldLines(f httpmsg.Fields) string {
	var b strings.Builder
	for _, f := range f {
		fmt.Fprintf(&b, " %s=%q", f.Name, f.Value)
	}
	return b.String()
}

func (r *recorder) Head(x httpmsg.Exchange, up bool, h *httpmsg.Head) {
	var b strings.Builder
	if h.Protocol != httpmsg.HTTP2 {
		fmt.Fprintf(&b, " %s", h.Protocol)
	}
	if up {
		fmt.Fprintf(&b, " %s %s://%s%s", h.Method, h.Scheme, h.Authority, h.Path)
	} else {
		fmt.Fprintf(&b, " %d", h.Status)
	}
	if h.Connect != "" {
		fmt.Fprintf(&b, " connect=%s", h.Connect)
	}
	if h.Promised {
		b.WriteString(" promised")
	}
	fmt.Fprintf(&b, "%s", fieldLines(h.Fields))
	r.say(up, "%d head%s", x, b.String())
}
func (r *recorder) Body(x httpmsg.Exchange, up bool, b []byte) {
	r.piece("body", x, up, b, int64(len(b)))
}
func (r *recorder) Tunnel(x httpmsg.Exchange, up bool, b []byte) {
	r.piece("tunnel", x, up, b, int64(len(b)))
}
func (r *recorder) Skipped(x httpmsg.Exchange, up bool, n int64) {
	r.piece("skipped", x, up, nil, n)
}
func (r *recorder) Trailers(x httpmsg.Exchange, up bool, f httpmsg.Fields) {
	r.say(up, "%d trailers%s", x, fieldLines(f))
}
func (r *recorder) End(x httpmsg.Exchange, up bool, e httpmsg.End) {
	how := ""
	if e.Cut {
		how += " cut"
	}
	if e.Reset {
		how += " reset"
	}
	if e.Name != "" {
		how += fmt.Sprintf(" %s (%d)", e.Name, e.Code)
	}
	r.say(up, "%d end%s", x, how)
}
func (r *recorder) Switch(x httpmsg.Exchange, protocol string) {
	r.flush()
	r.lines = append(r.lines, fmt.Sprintf("  %d switch %s", x, protocol))
}
func (r *recorder) Anomaly(x httpmsg.Exchange, up bool, a httpmsg.Anomaly) {
	met[a.Code] = true
	r.say(up, "%d anomaly %s", x, strings.TrimSpace(string(a.Code)+": "+a.Detail))
}
func (r *recorder) Frame(up bool, f *httpmsg.Frame) {
	r.say(up, "frame %s flags=%x stream=%d length=%d payload=%x %s", f.Name, f.Flags, f.Stream, f.Length, f.Payload, f.Summary)
}
func (r *recorder) Failed(up bool, why string) { r.say(up, "failed: %s", why) }

// codes returns the codes of the anomalies.
func (r *recorder) codes() (codes []string) {
	for _, line := range r.lines {
		if _, code, ok := strings.Cut(line, " anomaly "); ok {
			code, _, _ = strings.Cut(code, ":")
			codes = append(codes, code)
		}
	}
	return codes
}

// about returns the lines that contain all of the words.
func (r *recorder) about(words ...string) (lines []string) {
	for _, line := range r.lines {
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(line, w) }) {
			lines = append(lines, line)
		}
	}
	return lines
}

// talk is a connection that is written down, in the order in which it passes.
type talk struct {
	t     testing.TB
	steps []step
	// up and down write frames.
	up, down *side
}

type step struct {
	up bool
	b  []byte
}

// side writes one direction with golang.org/x/net's framer and encoder.
type side struct {
	*xhttp2.Framer
	talk *talk
	is   bool // up
	enc  *hpack.Encoder
	buf  bytes.Buffer
}

func (s *side) Write(b []byte) (int, error) {
	s.talk.steps = append(s.talk.steps, step{s.is, bytes.Clone(b)})
	return len(b), nil
}

// raw writes bytes as they are.
func (s *side) raw(b ...byte) { s.Write(b) }

// frame writes a frame whatever it says.
func (s *side) frame(kind FrameType, flags uint8, stream uint32, payload ...byte) {
	n := len(payload)
	b := []byte{byte(n >> 16), byte(n >> 8), byte(n), byte(kind), flags, byte(stream >> 24), byte(stream >> 16), byte(stream >> 8), byte(stream)}
	s.Write(append(b, payload...))
}

// encode returns a field block; fields are names and values by turns.
func (s *side) encode(fields ...string) []byte {
	s.buf.Reset()
	for i := 0; i < len(fields); i += 2 {
		if err := s.enc.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]}); err != nil {
			s.talk.t.Fatal(err)
		}
	}
	return bytes.Clone(s.buf.Bytes())
}

func (s *side) headers(stream uint32, end bool, fields ...string) {
	flags := uint8(flagEndHeaders)
	if end {
		flags |= flagEndStream
	}
	s.frame(FrameHeaders, flags, stream, s.encode(fields...)...)
}

func (s *side) data(stream uint32, end bool, content string) {
	flags := uint8(0)
	if end {
		flags = flagEndStream
	}
	s.frame(FrameData, flags, stream, []byte(content)...)
}

// bare returns a talk in which nothing has been said.
func bare(t testing.TB) *talk {
	c := &talk{t: t}
	c.up, c.down = &side{talk: c, is: true}, &side{talk: c}
	for _, s := range []*side{c.up, c.down} {
		s.Framer = xhttp2.NewFramer(s, nil)
		s.AllowIllegalWrites = true
		s.enc = hpack.NewEncoder(&s.buf)
	}
	return c
}

// begun returns a talk in which the preface and SETTINGS have passed.
func begun(t testing.TB) *talk {
	c := bare(t)
	c.up.raw([]byte(preface)...)
	c.up.frame(FrameSettings, 0, 0)
	c.down.frame(FrameSettings, 0, 0)
	c.up.frame(FrameSettings, flagAck, 0)
	c.down.frame(FrameSettings, flagAck, 0)
	return c
}

var get = []string{":method", "GET", ":scheme", "https", ":authority", "example.com", ":path", "/"}

// read feeds a talk, each step cut into runs of size bytes, and ends it unless it
// is open. It holds what holds for every talk: Σ content, and that each direction
// of an exchange has one End.
func (c *talk) read(o Options, size int, open bool) *recorder {
	c.t.Helper()
	r := new(recorder)
	conn := New(r, o)
	c.feed(conn, size)
	if !open {
		conn.End(true)
		conn.End(false)
	}
	r.flush()
	if !open {
		c.checkEnds(r)
	}
	return r
}

func (c *talk) feed(conn *Conn, size int) {
	for _, s := range c.steps {
		for b := range slices.Chunk(s.b, max(1, size)) {
			b = bytes.Clone(b)
			conn.Feed(s.up, b)
			for i := range b {
				b[i] = 0xee // it is the caller's again
			}
		}
	}
}

// checkEnds holds that every exchange of which a head was told has one End each
// way, and that no other has.
func (c *talk) checkEnds(r *recorder) {
	c.t.Helper()
	ends := map[string]int{}
	heads := map[string]bool{}
	for _, line := range r.lines {
		words := strings.Fields(line)
		switch {
		case len(words) > 2 && words[2] == "head":
			heads[words[1]] = true
		case len(words) > 2 && words[2] == "end":
			ends[words[0]+words[1]]++
		}
	}
	for x := range heads {
		if ends[">"+x] != 1 || ends["<"+x] != 1 {
			c.t.Errorf("exchange %s: %d ends up and %d down\n%s", x, ends[">"+x], ends["<"+x], strings.Join(r.lines, "\n"))
		}
	}
	for x := range ends {
		if !heads[x[1:]] {
			c.t.Errorf("exchange %s ended without having begun", x[1:])
		}
	}
}

// want holds a talk against the lines that are expected of it, however it is cut.
func (c *talk) want(o Options, open bool, lines ...string) {
	c.t.Helper()
	for _, size := range []int{1 << 20, 1, 2, 3, 7, 11} {
		got := c.read(o, size, open).lines
		if !slices.Equal(got, lines) {
			c.t.Fatalf("cut to %d bytes:\n%s\nnot\n%s", size, strings.Join(got, "\n"), strings.Join(lines, "\n"))
		}
	}
}
