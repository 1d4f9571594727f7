package capture

import "slices"

const (
	// maxHeld and maxHeldSegments bound what one direction holds back behind a hole,
	// and maxHeldTotal what all do.
	maxHeld         = 4 << 20
	maxHeldSegments = 8192
	maxHeldTotal    = 32 << 20
	// A hole that the receiver has acknowledged will not be filled any more, unless
	// frames were captured out of order: for so long, and so many, they may be.
	orderPatience = 100e6
	orderSegments = 64
	// resendPatience is how long a sender may take to send again what was lost.
	resendPatience = 30e9
	// implausible is how far from what is expected a sequence number must lie to be
	// of another connection between the same ends.
	implausible = 1 << 28
)

// half is what one end sends: it puts the bytes into order.
type half struct {
	started bool   // next is known
	next    uint32 // the sequence number that is expected
	syn     bool
	isn     uint32
	fin     bool
	finSeq  uint32
	done    bool // all has come, up to the FIN
	acks    bool
	acked   uint32 // what the other end has acknowledged
	data    bool   // any has been delivered

	held  []segment // by sequence number
	bytes int       // of held
}

func (h *half) start(seq uint32) { h.started, h.next = true, seq }

func (h *half) acknowledge(ack uint32) {
	if !h.acks || distance(h.acked, ack) > 0 {
		h.acks, h.acked = true, ack
	}
}

// silent reports whether nothing has come.
func (h *half) silent() bool { return !h.data && len(h.held) == 0 }

// reached is the highest acknowledgement that the bytes so far explain: a FIN
// counts as one.
func (h *half) reached() uint32 {
	if h.done {
		return h.next + 1
	}
	return h.next
}

// missing is how many bytes the other end has acknowledged that did not come: one
// alone is a FIN that was not captured. One that was captured is none of them.
func (h *half) missing(ack uint32) int {
	if !h.started {
		return 0
	}
	if h.fin && !h.done && distance(h.finSeq, ack) == 1 {
		ack = h.finSeq
	}
	return distance(h.reached(), ack)
}

// lacks is how many bytes did not come in the end, behind those that did: up to the FIN,
// or as far as the other end has acknowledged them. However many they are, if both say so.
func (h *half) lacks() int {
	n := 0
	switch {
	case h.done || !h.started:
	case h.fin && h.acks && distance(h.finSeq, h.acked) == 1:
		return max(0, distance(h.next, h.finSeq))
	case h.fin:
		n = distance(h.next, h.finSeq)
	case h.acks && h.missing(h.acked) > 1: // one is a FIN
		n = h.missing(h.acked)
	}
	if n < 0 || n >= implausible {
		return 0
	}
	return n
}

// hold keeps a segment for later.
func (h *half) hold(s *segment) {
	at := len(h.held)
	for at > 0 && distance(s.seq, h.held[at-1].seq) > 0 {
		at--
	}
	if at > 0 && h.held[at-1].seq == s.seq && h.held[at-1].length >= s.length && len(h.held[at-1].b) >= len(s.b) {
		return // sent again
	}
	h.held = slices.Insert(h.held, at, s.keep())
	h.bytes += len(s.b)
}

// pop takes the first of what is held.
func (h *half) pop() segment {
	s := h.held[0]
	h.held[0] = segment{}
	h.held = h.held[1:]
	h.bytes -= len(s.b)
	if len(h.held) == 0 {
		h.held = nil
	}
	return s
}

// hole is the number of bytes missing before the first segment that is held.
func (h *half) hole() int { return max(0, distance(h.next, h.held[0].seq)) }

// impatient tells whether the first segment that is held has waited for long enough
// for what is missing before it. taken counts the connection's segments, and total
// what all connections hold.
func (h *half) impatient(now int64, taken, total int) bool {
	if h.bytes > maxHeld || len(h.held) > maxHeldSegments || total > maxHeldTotal {
		return true
	}
	first := &h.held[0]
	waited := now - first.at
	if h.hole() == 0 || h.acks && distance(first.seq, h.acked) >= 0 {
		return waited >= orderPatience || taken-first.number >= orderSegments
	}
	return waited >= resendPatience
}
