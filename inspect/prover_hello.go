package inspect

import (
	"slices"
	"time"

	"tlsmitm/inspect/tlscrypt"
	"tlsmitm/inspect/tlswire"
)

// proveClientHello begins a transcript, unless the hello answers a Hello Retry
// Request, and checks the hello's binders.
func (c *conversation) proveClientHello(m *Message, at time.Time) {
	p := &c.proofs
	again := c.retried && len(p.all) > 0
	if !again {
		*p = prover{before: p.verifyData, readings: readings{all: []*tlscrypt.Transcript{new(tlscrypt.Transcript)}}}
	}
	c.proveRenegotiation(c.flow(true), m)
	if m.SSL2 { // its record's header is no part of it
		p.add(m.Raw[tlswire.SSL2HeaderLen:])
		return
	}
	p.addOr(m.Raw, c.proveBinders(m, at))
}

// proveBinders checks that the client has the pre-shared keys that it offers. Where
// a binder is not what it would have to be, it returns the hello as that would be.
func (c *conversation) proveBinders(m *Message, at time.Time) (right []byte) {
	p, h := &c.proofs, m.ClientHello
	if h == nil || len(h.PSKIdentities) == 0 || len(h.Binders) != len(h.PSKIdentities) {
		return nil
	}
	start := len(m.Raw) - h.BindersLen // they end the hello (RFC 8446 4.2.11)
	offset := start + 2                // the list's length
	for i, binder := range h.Binders {
		offset += 1 + len(binder)
		psk := c.psk(h, i)
		if psk == nil {
			m.addProof(unproved(ProofBinder, reasonNoPSK))
			p.suspect(offset-len(binder), offset, false)
			continue
		}
		proof, want := checkBinder(psk, binder, p.all, m.Raw[:start])
		oneBit := oneBitApart(binder, want)
		if proof.Status == ProofFailed && !oneBit {
			found := c.mend(&p.readings, at, tryMAC, func(t *tlscrypt.Transcript) bool {
				return tlscrypt.CheckBinder(psk, binder, t, m.Raw[:start]) == nil
			})
			if proof = mended(proof, found); found != mendedNot {
				want = nil
			}
		}
		m.addProof(proof)
		if c.retried && (want == nil && proof.Status != ProofUnchecked || oneBit) {
			p.covered = true
		}
		if want != nil && !oneBit { // the key may be a wrong one, and the binder altered as well
			p.suspect(offset-len(binder), offset, true)
		}
		if want != nil {
			if right == nil {
				right = slices.Clone(m.Raw)
			}
			copy(right[offset-len(binder):], want)
		}
	}
	return right
}

// checkBinder compares a binder with what it would have to be, which it returns if that
// is something else: of what it may be for the kinds of keys, the nearest.
func checkBinder(psk, binder []byte, readings []*tlscrypt.Transcript, partial []byte) (proof Proof, want []byte) {
	var failed error
	for _, t := range readings {
		err := tlscrypt.CheckBinder(psk, binder, t, partial)
		if err == nil {
			return proved(ProofBinder, nil), nil
		}
		if failed == nil {
			failed = err
		}
		all, _ := tlscrypt.Binders(psk, binder, t, partial) // it failed already
		for _, one := range all {
			if want == nil || oneBitApart(binder, one) {
				want = one
			}
		}
	}
	return proved(ProofBinder, failed), want
}

// psk returns the pre-shared key of an identity that a client offers: known from the
// connection in which its ticket was issued, or from a key log.
func (c *conversation) psk(h *tlswire.ClientHello, i int) []byte {
	psk := c.d.masters.psk(h.PSKIdentities[i])
	if psk == nil {
		if i == 0 {
			psk = c.lookup(tlscrypt.LabelPSK)
		}
		return psk
	}
	if i == 0 && c.lookup(tlscrypt.LabelPSK) == nil {
		c.log(tlscrypt.KeyLogLine{Label: tlscrypt.LabelPSK, ClientRandom: h.Random, Secret: psk})
	}
	return psk
}
