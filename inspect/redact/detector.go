package redact

import (
	"regexp/syntax"
	"slices"
	"sync"
	"sync/atomic"
	"unicode"
	"unicode/utf8"
)

// detector follows all patterns at once over bytes that come in pieces, to tell
// where a match may be under way: package regexp can only look at what is all
// there. It is an automaton of more than the patterns match, since the patterns
// themselves have the last word: repetitions have no counts, what looks at
// neighbours (\b, ^, $) always holds, and all of what is not ASCII is one letter.
//
// Its states are made when they are first come to. They are shared by all streams.
type detector struct {
	progs   []*syntax.Prog
	base    []int  // where each program's places begin in the numbering
	places  int    // of all programs together
	start   []int  // the places from which every pattern may begin
	open    []bool // by place: what it takes is no secret yet, but how one begins
	class   [256]uint8
	classes int
	letters []byte // one of each class; word letters and others are never in one
	clean   *detectorState
	pair    []beginning // of two classes, those of the first together: where a match may begin with them
	single  []beginning // of a class: where one may begin whose second letter is to come
	word    [256]bool   // letters, digits and _

	mu     sync.Mutex
	states map[string]*detectorState
	seen   []uint32 // by place: the latest step that came by
	steps  uint32
}

// beginning says where a match may begin.
type beginning uint8

const (
	nowhere  beginning = iota
	atWord             // not where a letter, digit or _ comes before
	anywhere           // there, too
)

// detectorState is a set of places. Each is there up to three times: by itself
// where a match may begin, which is so in every state; with places added where
// one is under way; and with that added twice where some of a secret has come.
type detectorState struct {
	set    []int
	hits   uint64 // the patterns that may have matched on arriving
	secret bool   // some of a secret may have come
	next   []atomic.Pointer[detectorState]
}

const (
	// maxDetectorStates bounds what is remembered; then it is begun anew.
	maxDetectorStates = 2048
	lastHit           = 63 // the bit that all patterns from there on share
)

// newDetector takes expressions that are known to be such.
func newDetector(patterns []pattern) *detector {
	d := &detector{states: map[string]*detectorState{}}
	for i := range patterns {
		p := relaxed(patterns[i].re.String())
		d.open = append(d.open, opening(p, &patterns[i])...)
		d.progs, d.base = append(d.progs, p), append(d.base, d.places)
		d.places += len(p.Inst)
	}
	d.seen = make([]uint32, 3*d.places)
	d.classify()
	d.steps++
	for i, p := range d.progs {
		d.start, _ = d.closure(d.start, 0, i, int(p.Start), 0)
	}
	slices.Sort(d.start)
	d.clean = d.state(d.start, 0)
	inner := d.startInWord()
	d.pair, d.single = make([]beginning, d.classes*d.classes), make([]beginning, d.classes)
	for a := range d.classes {
		from := inner
		if !syntax.IsWordChar(rune(d.letters[a])) { // there \b holds after a letter
			from = d.start
		}
		for b := range d.classes {
			switch {
			case d.beginsWith(from, a, b):
				d.pair[a*d.classes+b] = anywhere
			case d.beginsWith(d.start, a, b):
				d.pair[a*d.classes+b] = atWord
			}
			d.single[a] = max(d.single[a], d.pair[a*d.classes+b])
		}
	}
	for c := range byte(utf8.RuneSelf) {
		d.word[c] = syntax.IsWordChar(rune(c))
	}
	return d
}

// startInWord returns the places from which a pattern may begin within a word:
// not those behind a \b.
func (d *detector) startInWord() (set []int) {
	d.steps++
	for i, p := range d.progs {
		for pc := range p.Inst {
			if in := &p.Inst[pc]; in.Op == syntax.InstEmptyWidth && syntax.EmptyOp(in.Arg)&syntax.EmptyWordBoundary != 0 {
				d.seen[d.base[i]+pc] = d.steps // as if that way had been taken
			}
		}
		set, _ = d.closure(set, 0, i, int(p.Start), 0)
	}
	return set
}

// beginsWith says whether a match from one of the places may begin with letters
// of two classes.
func (d *detector) beginsWith(from []int, a, b int) bool {
	first, hits := d.step(from, d.letters[a], nil)
	second, more := d.step(first, d.letters[b], nil)
	return hits|more != 0 || len(second) > 0
}

// relaxed compiles an expression without its counts.
func relaxed(expr string) *syntax.Prog {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err == nil {
		uncount(re)
		if p, err := syntax.Compile(re.Simplify()); err == nil {
			return p
		}
	}
	panic("redact: a compiled pattern does not compile: " + expr)
}

func uncount(re *syntax.Regexp) {
	for _, sub := range re.Sub {
		uncount(sub)
	}
	if re.Op == syntax.OpRepeat {
		if re.Op = syntax.OpPlus; re.Min == 0 {
			re.Op = syntax.OpStar
		}
		re.Min, re.Max = 0, 0
	}
}

// opening says of a program's instructions which take what comes before a secret:
// what stands before the group that is hidden, or else, in the patterns known
// here, what stands before the first that takes one of many characters.
func opening(p *syntax.Prog, pat *pattern) []bool {
	open := make([]bool, len(p.Inst))
	group := pat.group
	if group == 0 {
		if pat.known {
			openUntilMany(p, p.Start, open)
		}
		return open
	}
	reach := func(from int, set []bool) {
		for todo := []int{from}; len(todo) > 0; {
			pc := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			in := &p.Inst[pc]
			if set[pc] || in.Op == syntax.InstCapture && int(in.Arg) == 2*group && pc != from {
				continue
			}
			set[pc] = true
			switch in.Op {
			case syntax.InstAlt, syntax.InstAltMatch:
				todo = append(todo, int(in.Out), int(in.Arg))
			case syntax.InstMatch, syntax.InstFail:
			default:
				todo = append(todo, int(in.Out))
			}
		}
	}
	reach(p.Start, open)
	for pc := range p.Inst {
		if in := &p.Inst[pc]; in.Op == syntax.InstCapture && int(in.Arg) == 2*group {
			after := make([]bool, len(p.Inst))
			reach(pc, after)
			for i := range open {
				open[i] = open[i] && !after[i]
			}
		}
	}
	return open
}

func openUntilMany(p *syntax.Prog, pc int, open []bool) {
	const many = 7
	in := &p.Inst[pc]
	n := 0 // characters that it takes
	for c := range byte(utf8.RuneSelf) {
		if takes(in, c) {
			n++
		}
	}
	if open[pc] || n >= many || in.Op == syntax.InstMatch || in.Op == syntax.InstFail {
		return
	}
	open[pc] = true
	openUntilMany(p, int(in.Out), open)
	if in.Op == syntax.InstAlt || in.Op == syntax.InstAltMatch {
		openUntilMany(p, int(in.Arg), open)
	}
}

// classify puts bytes that no instruction tells apart into one class. Bytes
// that are not ASCII are class 0.
func (d *detector) classify() {
	signs := map[string]uint8{}
	d.letters = []byte{utf8.RuneSelf}
	for c := range utf8.RuneSelf {
		sign := []byte{'0'}
		if syntax.IsWordChar(rune(c)) {
			sign[0] = '1'
		}
		for _, p := range d.progs {
			for i := range p.Inst {
				if takes(&p.Inst[i], byte(c)) {
					sign = append(sign, '1')
				} else {
					sign = append(sign, '0')
				}
			}
		}
		class, ok := signs[string(sign)]
		if !ok {
			class = uint8(len(d.letters))
			signs[string(sign)] = class
			d.letters = append(d.letters, byte(c))
		}
		d.class[c] = class
	}
	d.classes = len(d.letters)
}

// takes says whether an instruction goes on after a byte.
func takes(in *syntax.Inst, c byte) bool {
	switch in.Op {
	case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
	default:
		return false
	}
	if c < utf8.RuneSelf {
		return in.MatchRune(rune(c))
	}
	if in.Op == syntax.InstRuneAny || in.Op == syntax.InstRuneAnyNotNL || len(in.Rune) == 0 {
		return true
	}
	if len(in.Rune) == 1 && syntax.Flags(in.Arg)&syntax.FoldCase != 0 {
		return foldsBeyondASCII(in.Rune[0])
	}
	return in.Rune[len(in.Rune)-1] >= utf8.RuneSelf
}

// foldsBeyondASCII says whether r, or what is the same but for its case, is not
// ASCII: that is so of k and s, too, but of no other letter.
func foldsBeyondASCII(r rune) bool {
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		if f >= utf8.RuneSelf {
			return true
		}
	}
	return r >= utf8.RuneSelf
}

// closure adds what can be reached from an instruction without a byte, level
// times places up, and says whether the pattern's end is among it.
func (d *detector) closure(set []int, level, prog, pc int, hits uint64) ([]int, uint64) {
	id := d.base[prog] + pc + level*d.places
	if d.seen[id] == d.steps {
		return set, hits
	}
	d.seen[id] = d.steps
	in := &d.progs[prog].Inst[pc]
	switch in.Op {
	case syntax.InstAlt, syntax.InstAltMatch:
		set, hits = d.closure(set, level, prog, int(in.Out), hits)
		return d.closure(set, level, prog, int(in.Arg), hits)
	case syntax.InstCapture, syntax.InstNop, syntax.InstEmptyWidth:
		return d.closure(set, level, prog, int(in.Out), hits)
	case syntax.InstMatch:
		return set, hits | 1<<min(prog, lastHit)
	case syntax.InstFail:
		return set, hits
	default:
		return append(set, id), hits
	}
}

// step adds to a set what is under way after a byte.
func (d *detector) step(set []int, c byte, to []int) (_ []int, hits uint64) {
	d.steps++
	for _, id := range set {
		prog, pc := d.locate(id % d.places)
		if in := &d.progs[prog].Inst[pc]; takes(in, c) {
			level := 2
			if id < 2*d.places && d.open[id%d.places] {
				level = 1
			}
			var hit uint64
			to, hit = d.closure(to, level, prog, int(in.Out), 0)
			hits |= hit
		}
		if c >= utf8.RuneSelf && id >= d.places && d.seen[id] != d.steps { // a rune may have more bytes
			d.seen[id] = d.steps
			to = append(to, id)
		}
	}
	return to, hits
}

func (d *detector) locate(place int) (prog, pc int) {
	prog, found := slices.BinarySearch(d.base, place)
	if !found {
		prog--
	}
	return prog, place - d.base[prog]
}

// advance returns the state after a byte.
func (d *detector) advance(s *detectorState, c byte) *detectorState {
	if next := s.next[d.class[c]].Load(); next != nil {
		return next
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	set, hits := d.step(s.set, d.letters[d.class[c]], append([]int(nil), d.start...))
	slices.Sort(set)
	next := d.state(set, hits)
	s.next[d.class[c]].Store(next)
	return next
}

// state returns the state of a set. The same set reached with and without a
// match is two.
func (d *detector) state(set []int, hits uint64) *detectorState {
	key := make([]byte, 0, 8+3*len(set))
	for i := range 8 {
		key = append(key, byte(hits>>(8*i)))
	}
	for _, id := range set {
		key = append(key, byte(id), byte(id>>8), byte(id>>16))
	}
	if s := d.states[string(key)]; s != nil {
		return s
	}
	if hits == 0 && d.clean != nil && len(set) == len(d.start) {
		return d.clean // it may have been forgotten
	}
	if len(d.states) >= maxDetectorStates {
		clear(d.states)
		for i := range d.clean.next {
			d.clean.next[i].Store(nil)
		}
	}
	last := len(set) - 1
	s := &detectorState{set: set, hits: hits, secret: last >= 0 && set[last] >= 2*d.places, next: make([]atomic.Pointer[detectorState], d.classes)}
	d.states[string(key)] = s
	return s
}
