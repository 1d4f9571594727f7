package inspect

import (
	"time"

	"tlsmitm/inspect/tlscrypt"
)

// suspect is a part of a message in which a bit may have been flipped after it was
// sent, or before it was captured: a signature that does not verify, a binder that
// nobody can check.
type suspect struct{ part, from, to int }

// maxSuspects bounds them.
const maxSuspects = 8

// suspect notes a part of the message that is added next.
func (p *prover) suspect(from, to int) {
	if len(p.suspects) < maxSuspects && len(p.transcripts) > 0 && from < to {
		p.suspects = append(p.suspects, suspect{p.transcripts[0].Parts(), from, to})
	}
}

// mend goes on with the handshake as its ends saw it, where a single bit of a
// suspect is all that keeps a check of the transcript from succeeding: the one fault
// that was found is not told again of everything that covers it. That such a check
// succeeds by chance is out of the question.
func (c *conversation) mend(at time.Time, right func(*tlscrypt.Transcript) bool) bool {
	p := &c.proofs
	suspects := p.suspects
	p.suspects = nil
	for _, s := range suspects {
		for _, t := range p.transcripts {
			if !c.d.signatures().may(at) {
				return false
			}
			mended := t.Mend(s.part, s.from, s.to, right)
			if mended != nil {
				p.transcripts = []*tlscrypt.Transcript{mended}
				return true
			}
		}
	}
	return false
}
