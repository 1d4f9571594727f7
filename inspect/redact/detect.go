package redact

import "slices"

const (
	// minUnderWay is how much of a possible match may show at a cut.
	minUnderWay = 6
	maxCarry    = 1 << 10
)

// underWay is a possible match of a pattern that a cut went through.
type underWay struct {
	state  *detectorState // nil: none is
	hits   uint64
	secret bool   // some of a secret may have come
	n      int    // bytes so far
	carry  []byte // those bytes, and one before them; the first ones of them
	last   byte   // the latest byte before the piece
	any    bool   // there was one
}

// detect finds what has the form of a secret in the next piece. final says that
// nothing follows.
func (s *scanner) detect(src []byte, final bool) {
	d, u := s.r.detector, &s.under
	if len(s.r.patterns) == 0 || len(src) == 0 {
		return
	}
	begin, i := 0, 0
	state := u.state
	if state == nil {
		state = d.clean
	}
	for i < len(src) {
		if state == d.clean {
			if i = d.find(src, i, u.last); i == len(src) {
				break
			}
			begin, u.hits, u.secret, u.n, u.carry = i, 0, false, 0, u.carry[:0]
		}
		state = d.advance(state, src[i])
		u.hits, u.secret = u.hits|state.hits, u.secret || state.secret
		i++
		if state == d.clean && u.hits != 0 {
			s.settle(src, begin, i)
		}
	}
	u.state = state
	if state != d.clean {
		s.unsettled(src, begin, final)
	}
	u.last, u.any = src[len(src)-1], true
}

// unsettled hides what is under way at the end of a piece.
func (s *scanner) unsettled(src []byte, begin int, final bool) {
	u := &s.under
	if final && u.hits != 0 && s.settle(src, begin, len(src)) {
		return
	}
	if u.secret && u.n+len(src)-begin >= minUnderWay {
		s.found = append(s.found, span{from: begin, to: len(src), kind: "secret", whole: final && u.n == 0})
	}
	u.keep(src, begin)
}

// find returns where from i on a match may begin. before is the byte before src.
func (d *detector) find(src []byte, i int, before byte) int {
	if i == len(src) {
		return i
	}
	begins := func(i int, where beginning) bool {
		if where == atWord {
			if i > 0 {
				before = src[i-1]
			}
			return !d.word[before]
		}
		return where == anywhere
	}
	class := int(d.class[src[i]])
	for ; i+1 < len(src); i++ {
		next := int(d.class[src[i+1]])
		if where := d.pair[class*d.classes+next]; where != nowhere && begins(i, where) {
			return i
		}
		class = next
	}
	if !begins(i, d.single[class]) {
		i++ // nothing begins with the last byte
	}
	return i
}

// keep remembers what is under way for the next piece.
func (u *underWay) keep(src []byte, begin int) {
	if u.n == 0 {
		before := byte('\n')
		if begin > 0 {
			before = src[begin-1]
		} else if u.any {
			before = u.last
		}
		u.carry = append(u.carry[:0], before)
	}
	u.n += len(src) - begin
	if room := maxCarry - len(u.carry); room > 0 {
		u.carry = append(u.carry, src[begin:min(len(src), begin+room)]...)
	}
}

// settle asks the patterns themselves about what the detector took for a match,
// between begin and end and what was carried before it.
func (s *scanner) settle(src []byte, begin, end int) bool {
	u := &s.under
	var text []byte
	base := begin - 1 // of text in src
	switch {
	case u.n >= maxCarry: // too long to be looked at again
		s.found = append(s.found, span{from: 0, to: end, kind: "secret"})
		return true
	case u.n > 0:
		text = append(u.carry[:len(u.carry):len(u.carry)], src[:end]...)
		base = -len(u.carry)
	case begin > 0:
		text = src[begin-1 : end]
	case u.any:
		text = append([]byte{u.last}, src[:end]...)
	default:
		text, base = src[:end], 0
	}
	found := false
	for i := range s.r.patterns {
		if u.hits&(1<<min(i, lastHit)) == 0 {
			continue
		}
		p := &s.r.patterns[i]
		for _, m := range p.re.FindAllSubmatchIndex(text, -1) {
			from, to := m[2*p.group], m[2*p.group+1]
			if from < 0 {
				from, to = m[0], m[1]
			}
			sp := span{from: from + base, to: to + base, kind: p.kind, whole: true}
			if sp.from > 0 && inMask(src, sp.from) {
				found = true
				continue
			}
			if sp.to > 0 && sp.to > sp.from {
				if sp.from < 0 {
					sp.from, sp.whole = 0, false
				}
				s.found = append(s.found, sp)
				found = true
			}
		}
	}
	return found
}

// merge puts what was found by form among what was found by name.
func (s *scanner) merge() []span {
	if len(s.found) == 0 {
		return s.spans
	}
	all := append(s.found, s.spans...)
	slices.SortStableFunc(all, func(a, b span) int {
		if a.from != b.from {
			return a.from - b.from
		}
		return b.to - a.to
	})
	out := s.spans[:0:0]
	for _, sp := range all {
		if n := len(out); n > 0 && sp.from < out[n-1].to {
			last := &out[n-1]
			if sp.from == last.from && sp.to == last.to { // by name: it knows how it is written
				if last.kind == "bearer" || last.kind == "pattern" || last.kind == "secret" {
					last.kind = sp.kind
				}
				last.form, last.how, last.whole = sp.form, sp.how, last.whole && sp.whole
				continue
			}
			if sp.to > last.to {
				last.to, last.whole = sp.to, last.whole && sp.whole
			}
			continue
		}
		out = append(out, sp)
	}
	s.spans = out
	return out
}
