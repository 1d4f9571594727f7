package inspect

import (
	"slices"

	"tlsmitm/inspect/tlscrypt"
	"tlsmitm/inspect/tlswire"
)

// proveClientHello begins a transcript, unless the hello answers a Hello Retry
// Request, and checks the hello's binders.
func (c *conversation) proveClientHello(m *Message) {
	p := &c.proofs
	again := c.retried && len(p.transcripts) > 0
	if !again {
		*p = prover{before: p.verifyData, transcripts: []*tlscrypt.Transcript{new(tlscrypt.Transcript)}}
	}
	c.proveRenegotiation(c.flow(true), m)
	if m.SSL2 { // its record's header is no part of it
		p.add(m.Raw[tlswire.SSL2HeaderLen:])
		return
	}
	p.addOr(m.Raw, c.proveBinders(m))
}

// proveBinders checks that the client has the pre-shared keys that it offers. Where
// a binder is not what it would have to be, it returns the hello as that would be.
func (c *conversation) proveBinders(m *Message) (right []byte) {
	h := m.ClientHello
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
			c.proofs.suspect(offset-len(binder), offset)
			continue
		}
		t := c.proofs.transcripts[0]
		err := tlscrypt.CheckBinder(psk, binder, t, m.Raw[:start])
		m.addProof(proved(ProofBinder, err))
		if err == nil {
			c.proofs.covered = c.proofs.covered || c.retried
			continue
		}
		if want, err := tlscrypt.Binder(psk, binder, t, m.Raw[:start]); err == nil && right == nil {
			right = slices.Clone(m.Raw)
			copy(right[offset-len(binder):], want)
		}
	}
	return right
}

// psk returns the pre-shared key of an identity that a client offers: known from the
// connection in which its ticket was issued, or from a key log.
func (c *conversation) psk(h *tlswire.ClientHello, i int) []byte {
	psk := c.d.masters.get(h.PSKIdentities[i])
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
