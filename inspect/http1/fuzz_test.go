package http1

import (
	"fmt"
	"strings"
	"testing"

	"tlsmitm/inspect/httpmsg"
)

// FuzzConn feeds both directions with arbitrary bytes, in turns, and holds what
// must hold of all input: no panic, every byte accounted for, calls in an order
// that a receiver can rely on, the same calls wherever the bytes are cut, and the
// same again, but for the content, where content is skipped.
func FuzzConn(f *testing.F) {
	for _, c := range conversations(f) {
		var flows [2]string
		for _, s := range c.steps {
			flows[direction01(s.up)] += s.data
		}
		f.Add(flows[1], flows[0], uint16(1000), uint16(7), false)
		f.Add(flows[1], flows[0], uint16(20), uint16(19), true)
	}
	for _, c := range oddities {
		f.Add(c.up, c.down, uint16(1000), uint16(3), false)
	}
	f.Fuzz(func(t *testing.T, up, down string, turn, cut uint16, midway bool) {
		steps := turns(up, down, int(turn)+1)
		if midway {
			steps = append([]step{{do: "midway"}}, steps...)
		}
		once := play(t, steps, whole)
		checkSame(t, "cut to bytes", play(t, steps, pieces(1)), once)
		checkSame(t, fmt.Sprintf("cut to %d bytes", cut+1), play(t, steps, pieces(int(cut)+1)), once)
		checkSame(t, fmt.Sprintf("cut at %d", cut), play(t, steps, at(int(cut))), once)
		checkSame(t, "skipped", playSkipping(t, steps, int(cut)+1), sizes(once))
	})
}

// turns has the directions take turns of n bytes each, and end.
func turns(up, down string, n int) []step {
	var steps []step
	for up != "" || down != "" {
		if i := min(n, len(up)); i > 0 {
			steps = append(steps, sent(true, up[:i]))
			up = up[i:]
		}
		if i := min(n, len(down)); i > 0 {
			steps = append(steps, sent(false, down[:i]))
			down = down[i:]
		}
	}
	return append(steps, step{do: "end", up: true}, step{do: "end"})
}

// sizer is a recorder of how much content there was, told or skipped.
type sizer struct{ *recorder }

func (s sizer) Body(x httpmsg.Exchange, up bool, b []byte) {
	s.join(mark(x, up)+"body ", nil, int64(len(b)))
}
func (s sizer) Skipped(x httpmsg.Exchange, up bool, n int64) {
	s.join(mark(x, up)+"body ", nil, n)
}

// sizes has sizes in the place of content.
func sizes(lines []string) []string {
	out := append([]string(nil), lines...)
	for i, line := range out {
		if head, data, ok := strings.Cut(line, "body \""); ok && !strings.HasPrefix(line, " ") {
			var content string
			if _, err := fmt.Sscanf(`"`+data, "%q", &content); err != nil {
				panic(err)
			}
			out[i] = fmt.Sprintf("%sbody %d", head, len(content))
		}
	}
	return out
}

// playSkipping skips every other piece that is content alone.
func playSkipping(t *testing.T, steps []step, n int) []string {
	r := sizer{new(recorder)}
	c := New(r)
	skip := true
	for _, s := range steps {
		switch s.do {
		case "midway":
			c.Midway()
		case "end":
			c.End(s.up)
		}
		for data := s.data; data != ""; {
			i := min(len(data), n)
			if most := c.Skippable(s.up); most > 0 {
				if x, known := c.Stream(s.up); !known || x == 0 {
					t.Fatalf("content of exchange %d, known %t", x, known)
				}
				if i = int(min(int64(i), most)); skip {
					c.Skip(s.up, int64(i))
				} else {
					c.Feed(s.up, []byte(data[:i]))
				}
				skip = !skip
			} else {
				c.Feed(s.up, []byte(data[:i]))
			}
			data = data[i:]
		}
	}
	return r.lines
}
