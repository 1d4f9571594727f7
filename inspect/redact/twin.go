package redact

import "bytes"

const (
	// maxBetween bounds the bytes that one of two twins is ahead of the other, and
	// maxStretches their pieces.
	maxBetween   = 256 << 10
	maxStretches = 256
	// roomSize is in which pieces room for them is taken.
	roomSize = 4 << 10
)

// twins are two streams that carry the same bytes, seen at two places. Secrets are
// looked for once, by whichever is ahead; what it has seen waits, as it was and as it
// is shown, for the other to come by and find the same bytes there.
type twins struct {
	front Stream // of the one ahead
	both  [2]*Stream
	ahead *Stream
	alone bool // one of the two has parted

	between []stretch
	first   int    // of these that the one behind has not seen
	bytes   int    // in these
	room    []byte // where they lie
}

// stretch is bytes that only the one ahead has come by.
type stretch struct {
	n            int
	plain, shown []byte // nil where it did not see them either
	pass         bool   // then nothing in them was to be hidden
}

// Twins returns two streams for one direction of a connection that is seen at two
// places, both from its first byte on, and used by one goroutine. Either may be ahead
// of the other. One whose bytes turn out not to be the other's goes on by itself.
func (r *Redactor) Twins(k Kind) (*Stream, *Stream) {
	if r == nil {
		return nil, nil
	}
	t := &twins{front: *r.Stream(k)}
	for i := range t.both {
		t.both[i] = &Stream{r: r, kind: k, twins: t}
	}
	return t.both[0], t.both[1]
}

// mask does what Stream.Mask does for s.
func (t *twins) mask(s *Stream, dst, src []byte) {
	for t.ahead != s && len(src) > 0 && t.first < len(t.between) {
		p := t.next(len(src))
		if p.plain != nil && !bytes.Equal(p.plain, src[:p.n]) {
			t.part(s)
			s.Mask(dst, src)
			return
		}
		p.show(dst[:min(p.n, len(dst))])
		dst, src = dst[min(p.n, len(dst)):], src[p.n:]
		s.begun = true
	}
	if len(src) == 0 {
		return
	}
	if t.leads(s, len(src)); t.alone {
		t.front.Mask(dst, src)
		return
	}
	p := stretch{n: len(src), plain: t.copy(src), shown: t.copy(src)}
	t.front.Mask(p.shown, src)
	t.between = append(t.between, p)
	t.bytes += p.n
	copy(dst, p.shown)
}

// copy puts b where it may lie until both have come by.
func (t *twins) copy(b []byte) []byte {
	if cap(t.room)-len(t.room) < len(b) {
		t.room = make([]byte, 0, max(roomSize, 2*len(b)))
	}
	from := len(t.room)
	t.room = append(t.room, b...)
	return t.room[from:]
}

// skip does what Stream.Skip does for s.
func (t *twins) skip(s *Stream, n int) {
	for t.ahead != s && n > 0 && t.first < len(t.between) {
		n -= t.next(n).n
	}
	if n == 0 {
		return
	}
	if t.leads(s, 0); !t.alone {
		t.between = append(t.between, stretch{n: n, pass: t.front.form.passes(n)})
	}
	t.front.Skip(n)
}

// leads makes s the one ahead, by so many bytes more. The other is left to itself
// where that is too far.
func (t *twins) leads(s *Stream, by int) {
	t.ahead, s.begun = s, true
	if !t.alone && (t.bytes+by > maxBetween || len(t.between)-t.first == maxStretches) {
		other := t.both[0]
		if other == s {
			other = t.both[1]
		}
		other.begun = true
		t.part(other)
	}
	if t.first >= maxStretches {
		n := copy(t.between, t.between[t.first:])
		clear(t.between[n:])
		t.between, t.first = t.between[:n], 0
	}
}

// next takes up to n bytes of what is between the two.
func (t *twins) next(n int) stretch {
	p := &t.between[t.first]
	if n >= p.n {
		n = p.n
	}
	taken := stretch{n: n, pass: p.pass}
	if p.n -= n; p.plain != nil {
		taken.plain, taken.shown = p.plain[:n], p.shown[:n]
		p.plain, p.shown = p.plain[n:], p.shown[n:]
		t.bytes -= n
	}
	if p.n == 0 {
		t.first++
	}
	if t.first == len(t.between) {
		t.clear()
	}
	return taken
}

// show shows the beginning of a stretch in dst, which has the bytes as they are.
func (p stretch) show(dst []byte) {
	switch {
	case p.plain != nil:
		copy(dst, p.shown)
	case !p.pass:
		for i := range dst {
			dst[i] = '*'
		}
	}
}

// part lets s go on by itself: from its first byte, or from where nothing is known of
// what came before.
func (t *twins) part(s *Stream) {
	s.twins, t.alone = nil, true
	if s.form = s.r.Stream(s.kind).form; s.begun {
		s.Lose()
	}
	if t.ahead != s {
		t.clear()
	}
}

// clear forgets what is between the two. Its bytes may still be looked at until more
// come.
func (t *twins) clear() {
	clear(t.between)
	t.between, t.first, t.bytes = t.between[:0], 0, 0
	if t.room = t.room[:0]; cap(t.room) > roomSize {
		t.room = nil
	}
}
