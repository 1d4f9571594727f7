package http1

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"tlsmitm/inspect/httpmsg"
)

// recorder writes down what a Conn tells, a line a call. Content that is told in
// pieces makes one line.
type recorder struct {
	lines []string
	// the kind of the last line, where the next may add to it
	joins string
	data  []byte
	size  int64
}

func mark(x httpmsg.Exchange, up bool) string {
	if up {
		return fmt.Sprintf("%d> ", x)
	}
	return fmt.Sprintf("%d< ", x)
}

func (r *recorder) add(line string) {
	r.joins = ""
	r.lines = append(r.lines, line)
}

// join adds to the last line, if it is of the same kind.
func (r *recorder) join(what string, b []byte, n int64) {
	if r.joins != what {
		r.add("")
		r.joins, r.data, r.size = what, nil, 0
	}
	r.data = append(r.data, b...)
	r.size += n
	r.lines[len(r.lines)-1] = what + strconv.Quote(string(r.data))
	if b == nil {
		r.lines[len(r.lines)-1] = what + strconv.FormatInt(r.size, 10)
	}
}

func (r *recorder) Head(x httpmsg.Exchange, up bool, h *httpmsg.Head) {
	if up {
		line := fmt.Sprintf("head %s %s %s", h.Method, strconv.Quote(h.Target), h.Protocol)
		if h.Path != h.Target {
			line += fmt.Sprintf(" scheme %q authority %q path %q", h.Scheme, h.Authority, h.Path)
		}
		r.add(fmt.Sprintf("%s%s, %d bytes", mark(x, up), line, h.Bytes))
	} else {
		r.add(fmt.Sprintf("%shead %s %03d %q, %d bytes", mark(x, up), h.Protocol, h.Status, h.Reason, h.Bytes))
	}
	r.fields(h.Fields)
}

func (r *recorder) fields(fields httpmsg.Fields) {
	for _, f := range fields {
		name, value := strconv.Quote(f.Name), strconv.Quote(f.Value)
		r.add("     " + name[1:len(name)-1] + ": " + value[1:len(value)-1])
	}
}

func (r *recorder) Body(x httpmsg.Exchange, up bool, b []byte) { r.join(mark(x, up)+"body ", b, 0) }
func (r *recorder) Skipped(x httpmsg.Exchange, up bool, n int64) {
	r.join(mark(x, up)+"skipped ", nil, n)
}
func (r *recorder) Trailers(x httpmsg.Exchange, up bool, f httpmsg.Fields) {
	r.add(mark(x, up) + "trailers")
	r.fields(f)
}
func (r *recorder) End(x httpmsg.Exchange, up bool, e httpmsg.End) {
	if e.Cut {
		r.add(mark(x, up) + "end, cut")
	} else {
		r.add(mark(x, up) + "end")
	}
}
func (r *recorder) Switch(x httpmsg.Exchange, protocol string) {
	r.add(fmt.Sprintf("%d= switch to %q", x, protocol))
}
func (r *recorder) Tunnel(x httpmsg.Exchange, up bool, b []byte) { r.join(mark(x, up)+"tunnel ", b, 0) }
func (r *recorder) Anomaly(x httpmsg.Exchange, up bool, a httpmsg.Anomaly) {
	line := mark(x, up) + "anomaly " + string(a.Code)
	if a.Detail != "" {
		line += ": " + a.Detail
	}
	r.add(line)
}
func (r *recorder) Frame(up bool, f *httpmsg.Frame) { r.add("a frame of HTTP/2") }
func (r *recorder) Failed(up bool, why string)      { r.add(mark(0, up)[1:] + "failed: " + why) }

// step is something that happens to a connection.
type step struct {
	do   string // "feed", "skip", "lost", "end", "midway"
	up   bool
	data string
	n    int64
}

func sent(up bool, s string) step { return step{do: "feed", up: up, data: s} }

// play has the steps happen, the bytes cut by cut, and returns the calls. It holds
// that all bytes are accounted for.
func play(t testing.TB, steps []step, cut func(string) []string) []string {
	t.Helper()
	r := new(recorder)
	c := New(r)
	var fed [2]int64
	for _, s := range steps {
		switch s.do {
		case "feed":
			for _, piece := range cut(s.data) {
				b := []byte(piece)
				c.Feed(s.up, b)
				for i := range b {
					b[i] = 0xdd // they were the caller's again
				}
			}
			fed[direction01(s.up)] += int64(len(s.data))
		case "skip":
			c.Skip(s.up, s.n)
			fed[direction01(s.up)] += s.n
		case "lost":
			c.Lost(s.up)
		case "end":
			c.End(s.up)
		case "midway":
			c.Midway()
		default:
			t.Fatalf("unknown step %q", s.do)
		}
		for _, up := range []bool{true, false} {
			if got := c.Totals(up); got.Sum() != fed[direction01(up)] {
				t.Fatalf("up %t: %d bytes are accounted for, %d were fed: %+v", up, got.Sum(), fed[direction01(up)], got)
			}
		}
	}
	checkProtocol(t, r.lines)
	return r.lines
}

func direction01(up bool) int {
	if up {
		return 1
	}
	return 0
}

// checkProtocol holds that a receiver can rely on the order of the calls: content
// and End only for a message whose head was told, one End for each head, nothing
// after a failure, each Failed and Switch once.
func checkProtocol(t testing.TB, lines []string) {
	t.Helper()
	open := map[string]bool{}
	failed := map[string]bool{}
	heads := map[string]int{}
	ends := map[string]int{}
	switches := 0
	for i, line := range lines {
		bad := func(why string) { t.Errorf("call %d, %s: %s\n%s", i, line, why, strings.Join(lines, "\n")) }
		if strings.HasPrefix(line, "     ") {
			continue
		}
		who, what, _ := strings.Cut(line, " ")
		direction := who[len(who)-1:]
		if failed[direction] {
			bad("after the direction failed")
		}
		verb, rest, _ := strings.Cut(strings.TrimSuffix(what, ":"), " ")
		switch strings.TrimRight(verb, ":,") {
		case "head":
			if open[who] || ends[who] > 0 {
				bad("a second head")
			}
			if direction == ">" || !strings.Contains(rest, " 1") || !isInterim(rest) {
				open[who] = true
				heads[who]++
			}
		case "body", "trailers", "skipped":
			if !open[who] {
				bad("no message is open")
			}
		case "end":
			if !open[who] {
				bad("no message is open")
			}
			open[who] = false
			ends[who]++
		case "switch":
			if switches++; switches > 1 {
				bad("a second switch")
			}
		case "tunnel":
			if switches == 0 {
				bad("without a switch")
			}
		case "failed":
			failed[direction] = true
			for o := range open {
				if open[o] && strings.HasSuffix(o, direction) {
					bad("message " + o + " is open")
				}
			}
		}
	}
}

func isInterim(rest string) bool {
	fields := strings.Fields(rest)
	return len(fields) > 1 && len(fields[1]) == 3 && fields[1][0] == '1' && fields[1] != "101"
}

// whole cuts nothing.
func whole(s string) []string { return []string{s} }

// pieces cuts after every n bytes.
func pieces(n int) func(string) []string {
	return func(s string) (cut []string) {
		for ; len(s) > n; s = s[n:] {
			cut = append(cut, s[:n])
		}
		return append(cut, s)
	}
}

// at cuts once, at a fraction of the length that is counted over all steps.
func at(where int) func(string) []string {
	before := 0
	return func(s string) []string {
		i := where - before
		before += len(s)
		if i <= 0 || i >= len(s) {
			return []string{s}
		}
		return []string{s[:i], s[i:]}
	}
}

// checkCuts holds that the calls are the same wherever the bytes are cut.
func checkCuts(t testing.TB, steps []step, want []string) {
	t.Helper()
	size := 0
	for _, s := range steps {
		size += len(s.data)
	}
	for n := 1; n < 8; n++ {
		checkSame(t, fmt.Sprintf("cut to %d bytes", n), play(t, steps, pieces(n)), want)
	}
	for i := 1; i < min(size, 3000); i++ {
		checkSame(t, fmt.Sprintf("cut at %d", i), play(t, steps, at(i)), want)
	}
}

func checkSame(t testing.TB, how string, got, want []string) {
	t.Helper()
	if a, b := strings.Join(got, "\n"), strings.Join(want, "\n"); a != b {
		t.Fatalf("%s:\n%s\nnot\n%s", how, a, b)
	}
}
