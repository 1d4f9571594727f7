package capture

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	clientAt = "192.0.2.1:40000"
	serverAt = "192.0.2.2:443"
)

func TestConnectionInOrder(t *testing.T) {
	for _, ends := range [][2]string{{clientAt, serverAt}, {serverAt, clientAt}, {"[2001:db8::2]:9000", "[2001:db8::1]:9001"}} {
		k := newTalk(ends[0], ends[1])
		s := listen(slices.Concat(k.open(), [][]byte{k.up("hello"), k.down("world"), k.ack(true), k.up("!")}, k.close())...).one(t)
		s.want(t, "hello!", "world", EndFinished)
		if s.Client.String() != ends[0] || s.Server.String() != ends[1] || s.Midway || s.At != timeOf(begin) {
			t.Errorf("%+v", s.Opening)
		}
		if want := []string{`true 4 "hello"`, `false 5 "world"`, `true 7 "!"`}; !slices.Equal(s.log, want) {
			t.Errorf("got %q, want %q", s.log, want)
		}
	}
}

// TestDisorder plays what networks and captures do to segments.
func TestDisorder(t *testing.T) {
	type step func(k *talk) [][]byte
	one := func(f func(k *talk) []byte) step { return func(k *talk) [][]byte { return [][]byte{f(k)} } }
	for _, c := range []struct {
		name     string
		steps    []step
		up, down string
		end      End
	}{
		{"sent again", []step{func(k *talk) [][]byte { a := k.up("abc"); return [][]byte{a, a, k.up("def"), a} }}, "abcdef", "", EndUnseen},
		{"out of order", []step{func(k *talk) [][]byte { a, b, c := k.up("a"), k.up("b"), k.up("c"); return [][]byte{c, b, a} }}, "abc", "", EndUnseen},
		{"sent again in other pieces", []step{func(k *talk) [][]byte {
			a, b := k.up("abc"), k.up("def")
			return [][]byte{a, b, k.at(true, flagACK, 1002, 5001, "bcdefg"), k.at(true, flagACK, 1003, 5001, "cdefghi")}
		}}, "abcdefghi", "", EndUnseen},
		{"overlapping behind a hole", []step{func(k *talk) [][]byte {
			a := k.up("abc")
			return [][]byte{k.at(true, flagACK, 1004, 5001, "de"), k.at(true, flagACK, 1005, 5001, "efgh"), k.at(true, flagACK, 1004, 5001, "d"), k.at(true, flagACK, 1004, 5001, "def"), a}
		}}, "abcdefgh", "", EndUnseen},
		{"keep-alives", []step{one(func(k *talk) []byte { return k.up("a") }), func(k *talk) [][]byte {
			return [][]byte{k.at(true, flagACK, 1001, 5001, ""), k.ack(false), k.at(true, flagACK, 1001, 5001, "\x00"), k.ack(false), k.up("b")}
		}}, "ab", "", EndUnseen},
		{"segments without data", []step{func(k *talk) [][]byte { return [][]byte{k.ack(true), k.up(""), k.up("a"), k.ack(false), k.down("")} }}, "a", "", EndUnseen},
		{"SYN sent again", []step{func(k *talk) [][]byte {
			return [][]byte{k.at(true, flagSYN, 1000, 0, ""), k.at(false, flagSYN|flagACK, 5000, 1001, ""), k.up("a")}
		}}, "a", "", EndUnseen},
		{"FIN with data, and overtaken", []step{func(k *talk) [][]byte {
			a, b := k.up("a"), k.say(true, flagFIN|flagACK, "b")
			return [][]byte{b, a, k.say(false, flagFIN|flagACK, "z"), k.ack(true)}
		}}, "ab", "z", EndFinished},
		{"half closed", []step{func(k *talk) [][]byte {
			return [][]byte{k.say(true, flagFIN|flagACK, "question"), k.down("an"), k.down("swer"), k.say(false, flagFIN|flagACK, "")}
		}}, "question", "answer", EndFinished},
		{"FIN sent again", []step{func(k *talk) [][]byte {
			f, g := k.say(true, flagFIN|flagACK, "x"), k.say(false, flagFIN|flagACK, "y")
			return [][]byte{f, f, g, f, g, k.ack(true)}
		}}, "x", "y", EndFinished},
		{"the answer is captured before the question", []step{func(k *talk) [][]byte {
			q, a := k.up("question"), k.down("answer")
			return [][]byte{a, q, k.up("!")}
		}}, "question!", "answer", EndUnseen},
		{"reset by the client", []step{func(k *talk) [][]byte { return [][]byte{k.up("a"), k.say(true, flagRST, "")} }}, "a", "", EndClientReset},
		{"reset by the server", []step{func(k *talk) [][]byte { return [][]byte{k.up("a"), k.say(false, flagRST|flagACK, "")} }}, "a", "", EndServerReset},
		{"data that a reset overtook", []step{func(k *talk) [][]byte {
			a := k.up("a")
			return [][]byte{k.up("b"), k.say(false, flagRST, ""), a}
		}}, "ab", "", EndServerReset},
	} {
		k := newTalk(clientAt, serverAt)
		packets := k.open()
		for _, s := range c.steps {
			packets = append(packets, s(k)...)
		}
		t.Run(c.name, func(t *testing.T) { listen(packets...).one(t).want(t, c.up, c.down, c.end) })
	}
}

func TestHoles(t *testing.T) {
	t.Run("acknowledged, so that it will not be filled", func(t *testing.T) {
		k := newTalk(clientAt, serverAt)
		packets := append(k.open(), k.up("abc"))
		k.up("lost")
		packets = append(packets, k.up("def"), k.ack(false))
		for range orderSegments {
			packets = append(packets, k.ack(false))
		}
		packets = append(packets, k.up("ghi"))
		s := listen(packets...).one(t)
		s.want(t, "abc«4»defghi", "", EndUnseen)
		if want := fmt.Sprint(true, " ", 5+orderSegments, " gap 4"); !slices.Contains(s.log, want) {
			t.Errorf("it is not told while the connection goes on, at frame %d: %q", 5+orderSegments, s.log)
		}
	})
	t.Run("never acknowledged", func(t *testing.T) {
		k := newTalk(clientAt, serverAt)
		packets := append(k.open(), k.up("abc"))
		k.up("lost")
		packets = append(packets, k.up("def"))
		listen(packets...).one(t).want(t, "abc«4»def", "", EndUnseen)
	})
	t.Run("filled before anybody gives up", func(t *testing.T) {
		k := newTalk(clientAt, serverAt)
		packets := append(k.open(), k.up("abc"))
		late := k.up("late")
		packets = append(packets, k.up("def"))
		for range 3 * orderSegments { // the receiver goes on asking for it
			packets = append(packets, k.at(false, flagACK, 5001, 1004, ""))
		}
		listen(append(packets, late)...).one(t).want(t, "abclatedef", "", EndUnseen)
	})
	t.Run("at the end", func(t *testing.T) {
		k := newTalk(clientAt, serverAt)
		packets := append(k.open(), k.up("abc"))
		k.up("lost")
		listen(append(packets, k.ack(false))...).one(t).want(t, "abc«4»", "", EndUnseen)
	})
	t.Run("a FIN that was not captured is no hole", func(t *testing.T) {
		k := newTalk(clientAt, serverAt)
		packets := append(k.open(), k.up("abc"))
		k.say(true, flagFIN|flagACK, "")
		listen(append(packets, k.down("x"), k.say(false, flagFIN|flagACK, ""))...).one(t).want(t, "abc", "x", EndFinished)
	})
	t.Run("before a FIN", func(t *testing.T) {
		for _, acknowledged := range []bool{true, false} {
			k := newTalk(clientAt, serverAt)
			packets := append(k.open(), k.up("abc"))
			k.up("lost")
			packets = append(packets, k.say(true, flagFIN|flagACK, ""))
			if !acknowledged {
				k.seq[0] -= 5
			}
			packets = append(packets, k.say(false, flagFIN|flagACK, ""))
			listen(packets...).one(t).want(t, "abc«4»", "", EndFinished)
		}
	})
	t.Run("a huge one before a FIN", func(t *testing.T) {
		const lost = implausible * 4
		k := newTalk(clientAt, serverAt)
		packets := append(k.open(), k.up("abc"))
		k.seq[0] += lost
		listen(append(packets, k.close()...)...).one(t).want(t, fmt.Sprintf("abc«%d»", lost), "", EndFinished)
	})
	t.Run("an answer to what was not captured", func(t *testing.T) {
		k := newTalk(clientAt, serverAt)
		packets := k.open()
		for range 3 {
			k.up("question")
			packets = append(packets, k.down("answer"))
		}
		s := listen(packets...).one(t)
		s.want(t, "«8»«8»«8»", "answeransweranswer", EndUnseen)
	})
	t.Run("the other direction goes on", func(t *testing.T) {
		k := newTalk(clientAt, serverAt)
		packets := append(k.open(), k.up("abc"))
		missing := k.seq[0]
		k.seq[0] += 4
		packets = append(packets, k.up("def"))
		for i := range 5 {
			packets = append(packets, k.at(false, flagACK, k.seq[1], missing, "x"))
			k.seq[1]++
			_ = i
		}
		s := listen(packets...).one(t)
		s.want(t, "abc«4»def", "xxxxx", EndUnseen)
		if s.log[1] != `false 6 "x"` {
			t.Errorf("%q", s.log)
		}
	})
	t.Run("frames cut short", func(t *testing.T) {
		k := newTalk(clientAt, serverAt)
		h := &heard{}
		a := NewAssembler(h.open)
		for i, p := range append(k.open(), k.up("abcdefgh"), k.up("ijklmnop"), k.down("123456")) {
			a.frame(&record{kind: recordFrame, frame: i + 1, time: begin, link: LinkRaw, length: len(p), data: p[:min(len(p), 43)]})
		}
		a.end()
		h.one(t).want(t, "abc«5»ijk«5»", "123«3»", EndUnseen)
		if a.Counts().Lost != 13 {
			t.Errorf("%+v", a.Counts())
		}
	})
}

func TestHeldSegmentsAreBounded(t *testing.T) {
	k := newTalk(clientAt, serverAt)
	c := &counting{}
	a := NewAssembler(func(Opening) Stream { return c })
	frame := 0
	feed := func(p []byte) {
		frame++
		a.frame(&record{kind: recordFrame, frame: frame, time: begin, link: LinkRaw, length: len(p), data: p})
	}
	for _, p := range k.open() {
		feed(p)
	}
	k.seq[0] += 100
	piece := strings.Repeat("x", 10000)
	for range 2 * maxHeld / len(piece) {
		feed(k.up(piece))
		if a.held > maxHeld+len(piece) {
			t.Fatalf("%d bytes are held", a.held)
		}
	}
	a.end()
	if a.held != 0 {
		t.Errorf("%d bytes are held in the end", a.held)
	}
	if want := int64(2 * maxHeld / len(piece) * len(piece)); c.bytes != want || c.gaps != 100 {
		t.Errorf("%d bytes came, and %d are missing", c.bytes, c.gaps)
	}

	// Very many small segments behind a hole.
	k = newTalk(clientAt, serverAt)
	h := &heard{}
	a = NewAssembler(h.open)
	for _, p := range k.open() {
		feed(p)
	}
	k.seq[0]++
	for range maxHeldSegments + 10 {
		feed(k.up("x"))
	}
	if got := len(h.streams[0].data[0]); got == 0 {
		t.Errorf("nothing came behind the hole, and %d segments are held", len(a.latest.half[0].held))
	}
}

func TestMidway(t *testing.T) {
	hello := "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03"
	t.Run("the client says hello", func(t *testing.T) {
		k := newTalk("192.0.2.9:50000", "192.0.2.1:50001")
		s := listen(k.up(hello), k.down("x")).one(t)
		s.want(t, hello, "x", EndUnseen)
		if s.Client != k.client || !s.Midway {
			t.Errorf("%+v", s.Opening)
		}
	})
	t.Run("the server speaks first, on the higher port", func(t *testing.T) {
		k := newTalk("192.0.2.9:2000", "192.0.2.1:50001")
		if s := listen(k.down("220 mail ready\r\n"), k.up("EHLO me\r\n")).one(t); s.Client != k.client {
			t.Errorf("%+v", s.Opening)
		}
	})
	t.Run("one port is a server's", func(t *testing.T) {
		k := newTalk("192.0.2.9:2000", serverAt)
		if s := listen(k.down("\x17\x03\x03"), k.up("\x17\x03\x03")).one(t); s.Client != k.client {
			t.Errorf("%+v", s.Opening)
		}
	})
	t.Run("what comes first is kept until somebody says who is who", func(t *testing.T) {
		k := newTalk("192.0.2.9:2000", "192.0.2.1:50001")
		s := listen(k.up("x"), k.down("y"), k.up("z"), k.up(hello), k.down("w")).one(t)
		s.want(t, "xz"+hello, "yw", EndUnseen)
		if s.Client != k.client || s.log[0] != `true 1 "x"` || s.At != timeOf(begin) {
			t.Errorf("%+v %q", s.Opening, s.log)
		}
	})
	t.Run("nobody says", func(t *testing.T) {
		k := newTalk("192.0.2.9:50000", "192.0.2.1:50001")
		s := listen(k.down("x"), k.up("y")).one(t)
		if s.Server != k.client { // the lower port
			t.Errorf("%+v", s.Opening)
		}
		s.want(t, "x", "y", EndUnseen)
	})
	t.Run("the answer to SYN comes first", func(t *testing.T) {
		k := newTalk("192.0.2.9:2000", "192.0.2.1:50001")
		k.seq[0]++
		s := listen(k.say(false, flagSYN|flagACK, ""), k.ack(true), k.up("a")).one(t)
		s.want(t, "a", "", EndUnseen)
		if s.Client != k.client || s.Midway {
			t.Errorf("%+v", s.Opening)
		}
	})
	t.Run("SYN is captured late", func(t *testing.T) {
		k := newTalk(clientAt, serverAt)
		o := k.open()
		listen(o[1], k.up("abc"), o[0], k.up("def")).one(t).want(t, "abcdef", "", EndUnseen)
	})
	t.Run("a stray acknowledgement is no connection", func(t *testing.T) {
		k := newTalk(clientAt, serverAt)
		if h := listen(k.ack(true), k.ack(false), k.say(true, flagRST, "")); len(h.streams) != 0 {
			t.Errorf("%+v", h.streams[0])
		}
	})
	t.Run("the first segment lost, its start known from the handshake", func(t *testing.T) {
		k := newTalk(clientAt, serverAt)
		o := k.open()
		k.up("lost")
		listen(o[0], o[2], k.up("abc")).one(t).want(t, "«4»abc", "", EndUnseen)
	})
}

func TestPortsAreUsedAgain(t *testing.T) {
	first, second := newTalk(clientAt, serverAt), newTalk(clientAt, serverAt)
	second.seq = [2]uint32{900000, 70}
	both := func(close [][]byte) []*heardStream {
		a := slices.Concat(first.open(), [][]byte{first.up("one"), first.down("uno")}, close)
		b := slices.Concat(second.open(), [][]byte{second.up("two"), second.down("due")}, second.close())
		h := listen(slices.Concat(a, b)...)
		first.seq, second.seq = [2]uint32{1000, 5000}, [2]uint32{900000, 70}
		return h.streams
	}
	for name, want := range map[string]End{"closed": EndFinished, "reset": EndClientReset, "nothing": EndUnseen} {
		close := map[string][][]byte{"reset": {first.at(true, flagRST, 1004, 0, "")}, "nothing": nil,
			"closed": {first.at(true, flagFIN|flagACK, 1004, 5004, ""), first.at(false, flagFIN|flagACK, 5004, 1005, ""), first.at(true, flagACK, 1005, 5005, "")}}[name]
		streams := both(close)
		if len(streams) != 2 {
			t.Fatalf("%s: %d connections", name, len(streams))
		}
		streams[0].want(t, "one", "uno", want)
		streams[1].want(t, "two", "due", EndFinished)
	}
}

func TestLateSegmentsOpenNoConnection(t *testing.T) {
	k := newTalk(clientAt, serverAt)
	a := k.up("abc")
	k.seq[0] -= 3
	packets := slices.Concat(k.open(), [][]byte{k.up("abc"), k.down("x")}, k.close())
	fin := packets[len(packets)-3]
	listen(append(packets, fin, k.ack(false), k.at(true, flagACK, 1001, 5001, "abc"), k.at(true, flagRST, 1005, 0, ""))...).one(t).want(t, "abc", "x", EndFinished)
	_ = a
	// But something new does, though its SYN is missing.
	k2 := newTalk(clientAt, serverAt)
	k2.seq = [2]uint32{80000000, 90000000}
	if h := listen(append(packets, k2.up("GET / "))...); len(h.streams) != 2 || h.streams[1].data[0] != "GET / " {
		t.Errorf("%d connections", len(h.streams))
	}
}

func TestRefusedAndUnanswered(t *testing.T) {
	k := newTalk(clientAt, serverAt)
	syn := k.at(true, flagSYN, 1000, 0, "")
	listen(syn, k.at(false, flagRST|flagACK, 0, 1001, "")).one(t).want(t, "", "", EndServerReset)
	listen(syn, syn, syn).one(t).want(t, "", "", EndUnseen)
	// Tried again with another number.
	if h := listen(syn, k.at(false, flagRST|flagACK, 0, 1001, ""), k.at(true, flagSYN, 2000, 0, "")); len(h.streams) != 2 {
		t.Errorf("%d connections", len(h.streams))
	}
}

func TestDataInTheSYN(t *testing.T) {
	k := newTalk(clientAt, serverAt)
	syn := k.at(true, flagSYN, 1000, 0, "early")
	answer := k.at(false, flagSYN|flagACK, 5000, 1006, "")
	listen(syn, answer, k.at(true, flagACK, 1006, 5001, "later")).one(t).want(t, "earlylater", "", EndUnseen)
	// Not accepted, so sent again.
	answer = k.at(false, flagSYN|flagACK, 5000, 1001, "")
	listen(syn, answer, k.at(true, flagACK, 1001, 5001, "early"), k.at(true, flagACK, 1006, 5001, "later")).one(t).want(t, "earlylater", "", EndUnseen)
}

// TestSequenceNumbersWrap crosses 2^32, in and out of order.
func TestSequenceNumbersWrap(t *testing.T) {
	k := newTalk(clientAt, serverAt)
	k.seq = [2]uint32{1<<32 - 4, 1<<32 - 1}
	packets := k.open()
	a, b, c := k.up("abc"), k.up("defg"), k.up("hij")
	packets = append(packets, c, a, b, a, k.down("0123"), k.down("456"))
	listen(append(packets, k.close()...)...).one(t).want(t, "abcdefghij", "0123456", EndFinished)
}

// TestLongConnection sends more than 4 GiB in one direction: the numbers wrap, and
// nothing is counted from the beginning.
func TestLongConnection(t *testing.T) {
	k := newTalk(clientAt, serverAt)
	h := &counting{}
	a := NewAssembler(func(Opening) Stream { return h })
	for _, p := range k.open() {
		a.frame(&record{kind: recordFrame, frame: 1, time: begin, link: LinkRaw, length: len(p), data: p})
	}
	big := k.down(strings.Repeat("x", 60000))
	k.seq[1] -= 60000
	for range 80000 {
		be.PutUint32(big[24:], k.seq[1])
		k.seq[1] += 60000
		a.frame(&record{kind: recordFrame, frame: 1, time: begin, link: LinkRaw, length: len(big), data: big})
	}
	a.end()
	if h.bytes != 80000*60000 || h.gaps != 0 {
		t.Errorf("%d bytes came, and %d are missing", h.bytes, h.gaps)
	}
}

type counting struct {
	Stream
	bytes, gaps int64
	heardStream
}

func (c *counting) Segment(_ bool, _ time.Time, _ int, b []byte) { c.bytes += int64(len(b)) }
func (c *counting) Gap(_ bool, _ time.Time, _ int, n int64)      { c.gaps += n }
func (c *counting) Close(time.Time, End)                         {}

func TestConnectionsAreBounded(t *testing.T) {
	h := &tally{}
	a := NewAssembler(func(Opening) Stream { h.open++; h.most = max(h.most, h.open); return h })
	k := newTalk(clientAt, serverAt)
	for i := range maxConnections + 5000 {
		p := k.at(true, flagSYN, uint32(i), 0, "")
		be.PutUint16(p[20:], uint16(i))
		p[15] = byte(i >> 16)
		a.frame(&record{kind: recordFrame, frame: i + 1, time: begin + int64(i), link: LinkRaw, length: len(p), data: p})
	}
	if h.most > maxConnections+1 || h.crowded != 5000 {
		t.Errorf("%d were open at once, and %d given up", h.most, h.crowded)
	}
	a.end()
	if h.open != 0 || len(a.table) > maxClosed {
		t.Errorf("%d are open and %d known in the end", h.open, len(a.table))
	}
}

type tally struct {
	Stream
	open, most, crowded int
}

func (h *tally) Close(_ time.Time, end End) {
	h.open--
	if end == EndCrowded {
		h.crowded++
	}
}

// TestTimePasses: what waits for time is done though the connection says no more.
func TestTimePasses(t *testing.T) {
	h := &heard{}
	a := NewAssembler(h.open)
	k := newTalk(clientAt, serverAt)
	missing := k.open()
	for i, p := range missing {
		a.frame(&record{kind: recordFrame, frame: i + 1, time: begin, link: LinkRaw, length: len(p), data: p})
	}
	k.up("lost")
	for i, p := range [][]byte{k.up("abc"), k.ack(false)} {
		a.frame(&record{kind: recordFrame, frame: i + 4, time: begin, link: LinkRaw, length: len(p), data: p})
	}
	if got := h.streams[0].data[0]; got != "" {
		t.Errorf("%q came at once", got)
	}
	a.tick(begin + orderPatience + lookEvery)
	if got := h.streams[0].data[0]; got != "«4»abc" {
		t.Errorf("%q came in the end", got)
	}
	p := k.say(true, flagRST, "")
	a.frame(&record{kind: recordFrame, frame: 6, time: begin + 1e9, link: LinkRaw, length: len(p), data: p})
	if h.streams[0].ended {
		t.Error("a reset ends it at once")
	}
	a.tick(begin + 1e9 + resetPatience + lookEvery)
	if !h.streams[0].ended || len(a.watched) != 0 {
		t.Error("a reset does not end it")
	}
}

// FuzzReassembly sends two streams of bytes in segments that are cut, doubled, swapped
// and widened as the input says. Whatever it says, the same bytes come out.
func FuzzReassembly(f *testing.F) {
	f.Add(uint64(1), uint32(1<<32-50), 40, 30)
	f.Add(uint64(2), uint32(7), 500, 1)
	f.Add(uint64(3), uint32(1<<31-10), 0, 90)
	f.Fuzz(func(t *testing.T, seed uint64, isn uint32, up, down int) {
		up, down = up&1023, down&1023
		rnd := rand.New(rand.NewPCG(seed, uint64(isn)))
		text := [2]string{noise(rnd, up), noise(rnd, down)}
		k := newTalk(clientAt, serverAt)
		k.seq = [2]uint32{isn, isn * 3}
		packets := k.open()
		start := k.seq
		var list [][]byte
		for i, s := range text {
			for at := 0; at < len(s); {
				n := min(len(s)-at, 1+rnd.IntN(60))
				from, to := at, at+n
				if rnd.IntN(4) == 0 { // and some of what is around it
					from, to = max(0, from-rnd.IntN(20)), min(len(s), to+rnd.IntN(20))
				}
				p := k.at(i == 0, flagACK, start[i]+uint32(from), start[1-i], s[from:to])
				list = append(list, p)
				if rnd.IntN(5) == 0 {
					list = append(list, p)
				}
				at += n
			}
			k.seq[i] += uint32(len(s))
		}
		// Swap, within what a network does.
		for i := range list {
			j := min(len(list)-1, i+rnd.IntN(8))
			list[i], list[j] = list[j], list[i]
		}
		packets = append(append(packets, list...), k.close()...)
		listen(packets...).one(t).want(t, text[0], text[1], EndFinished)
	})
}

func noise(rnd *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('a' + rnd.IntN(26))
	}
	return string(b)
}

// FuzzSegments feeds arbitrary segments of one connection: it must not panic, hold no
// more than its bounds, and account for all in the end.
func FuzzSegments(f *testing.F) {
	f.Add([]byte("\x00\x02\x00\x00\x00\x01\x12\x00\x01\x05\x00\x10\x01\x01\x20\x01\x10\x40\x01\x05\x00\x04\x01\x01\x01"))
	f.Fuzz(func(t *testing.T, script []byte) {
		h := &heard{}
		a := NewAssembler(h.open)
		k := newTalk(clientAt, serverAt)
		at := begin
		for i := 0; len(script) >= 5; i++ {
			c := script[:5]
			script = script[5:]
			at += int64(c[4]) * 1e7
			p := k.at(c[0]&1 == 0, c[1]&0x1f, 1000+uint32(c[2])<<(c[0]>>3), 1000+uint32(c[3])<<(c[0]>>3&15), strings.Repeat("x", int(c[0]>>1&3)*5))
			a.frame(&record{kind: recordFrame, frame: i + 1, time: at, link: LinkRaw, length: len(p), data: p})
		}
		a.end()
		if a.held != 0 {
			t.Errorf("%d bytes are held in the end", a.held)
		}
		for _, s := range h.streams {
			if !s.ended {
				t.Error("a connection did not end")
			}
		}
	})
}

// TestConnectionCapturedTwice is that of a firewall which makes up sequence numbers: its
// frames are in the capture before and behind it, mixed.
func TestConnectionCapturedTwice(t *testing.T) {
	near, far := newTalk(clientAt, serverAt), newTalk(clientAt, serverAt)
	far.seq = [2]uint32{1 << 30, 3 << 30}
	packets := near.open()
	far.open()
	for range 3 {
		// What the server says is seen twice, what the client says on the near side.
		packets = append(packets, near.up("ab"))
		far.up("ab")
		packets = append(packets, far.down("cde"), near.down("cde"), near.ack(true))
	}
	packets = append(packets, near.close()...)
	h := listen(packets...)
	if len(h.streams) != 2 {
		t.Fatalf("%d connections", len(h.streams))
	}
	h.streams[0].want(t, "ababab", "cdecdecde", EndFinished)
	h.streams[1].want(t, "", "cdecdecde", EndUnseen)
}

// TestLengthsThatCannotBe has packets that claim to be longer than their frames were.
func TestLengthsThatCannotBe(t *testing.T) {
	for _, addresses := range [][2]string{{clientAt, serverAt}, {"[2001:db8::1]:40000", "[2001:db8::2]:443"}} {
		k := newTalk(addresses[0], addresses[1])
		packets := slices.Concat(k.open(), [][]byte{k.up("abc"), k.down("xyz")}, k.close())
		if synAck := packets[1]; synAck[0]>>4 == 4 {
			be.PutUint16(synAck[2:], 4148)
		} else {
			be.PutUint16(synAck[4:], 4148)
		}
		listen(packets...).one(t).want(t, "abc", "xyz", EndFinished)
	}
}

// TestResetThatWasNone has an end go on after a reset in its name, as of one that was made
// up by another, or did not arrive. What the other end still had under way is no such sign.
func TestResetThatWasNone(t *testing.T) {
	for name, up := range map[string]bool{"goes on": true, "under way": false} {
		k := newTalk(clientAt, serverAt)
		packets := append(k.open(), k.at(true, flagRST|flagACK, k.seq[0], k.seq[1], ""))
		for range 600 { // some time passes
			packets = append(packets, ip(v4a, v4b, protoUDP, make([]byte, 8)))
		}
		packets = append(packets, k.say(up, flagACK, "GET / HTTP/1.1"))
		h := listen(packets...)
		h.streams[0].want(t, "", "", EndClientReset)
		if want := 1 + side(!up); len(h.streams) != want {
			t.Errorf("%s: %d connections, not %d", name, len(h.streams), want)
		}
	}
}
