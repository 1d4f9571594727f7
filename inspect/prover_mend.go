package inspect

import (
	"math/bits"
	"time"

	"tlsmitm/inspect/tlscrypt"
)

// readings are what a handshake so far may be to its ends. There is more than one only
// after a Finished or a binder that is not what it would have to be: then what comes
// later may have been made over the right one as well as over what passed.
type readings struct {
	all []*tlscrypt.Transcript
	// suspects are where a bit may have been flipped on the way.
	suspects []suspect
}

// suspect is a part of a message in which a bit may have been flipped after it was
// sent, or before it was captured: a signature that does not verify, or one that
// nobody can check.
type suspect struct {
	part     tlscrypt.Part
	from, to int
	told     bool // a check has failed for it already
}

// maxSuspects bounds them.
const maxSuspects = 16

// suspect notes a part of the message that is added next.
func (r *readings) suspect(from, to int, told bool) {
	if len(r.suspects) < maxSuspects && len(r.all) > 0 && 0 <= from && from < to {
		r.suspects = append(r.suspects, suspect{tlscrypt.Part(r.all[0].Parts()), from, to, told})
	}
}

// add appends a message to all readings.
func (r *readings) add(raw []byte) {
	for _, t := range r.all {
		t.Add(raw)
	}
}

// addOr adds a message and, if it is not what it would have to be, follows a second
// reading, in which that stands in its place.
func (r *readings) addOr(raw, right []byte) {
	var second *tlscrypt.Transcript
	if right != nil && len(r.all) > 0 && len(r.all) < maxTranscripts {
		second, _ = r.all[0].Fork() // it cannot fail with the hashes of crypto
	}
	r.add(raw)
	if second != nil {
		second.Add(right)
		r.all = append(r.all, second)
	}
}

// mending is what came of the search for a flipped bit.
type mending uint8

const (
	mendedNot    mending = iota
	mendedTold           // found, and a check has failed for it before
	mendedUntold         // found, and no check before would have shown it
)

// mend goes on with the handshake as its ends saw it, where a single bit of a
// suspect is all that keeps a check of the transcript from succeeding: the one fault
// that was found is not told again of everything that covers it. That such a check
// succeeds by chance is out of the question.
func (c *conversation) mend(r *readings, at time.Time, try int, right func(*tlscrypt.Transcript) bool) mending {
	suspects := r.suspects
	r.suspects = nil
	for _, s := range suspects {
		for _, t := range r.all {
			if !c.d.signatures().mayMend(at, s.to-s.from, try) {
				return mendedNot
			}
			mended := t.Mend(s.part, s.from, s.to, right)
			if mended == nil {
				continue
			}
			r.all = []*tlscrypt.Transcript{mended}
			if s.told {
				return mendedTold
			}
			return mendedUntold
		}
	}
	return mendedNot
}

// mended is a proof that failed, after the search for a flipped bit before it.
func mended(p Proof, m mending) Proof {
	switch m {
	case mendedTold:
		p.Status, p.Reason = ProofVerified, reasonMended
	case mendedUntold:
		p.Reason = reasonFlipped
	}
	return p
}

// oneBitApart tells whether two values of a length differ in one bit: the one is the
// other then, but for a fault.
func oneBitApart(a, b []byte) bool {
	if len(a) != len(b) {
		return false
	}
	n := 0
	for i := range a {
		n += bits.OnesCount8(a[i] ^ b[i])
	}
	return n == 1
}
