package saved

import "tlsmitm/inspect"

// proofs reads what was checked of a message.
func proofs(m *members) (all []inspect.Proof) {
	m.eachObject("proof", func(o *members) { all = append(all, proof(o)) })
	return all
}

// legProofs reads what was checked of a leg.
func legProofs(m *members) (all []inspect.LegProof) {
	m.eachObject("proof", func(o *members) {
		all = append(all, inspect.LegProof{From: o.party("from"), Message: o.str("message"), Proof: proof(o)})
	})
	return all
}

func proof(o *members) inspect.Proof {
	return inspect.Proof{
		What:   inspect.ProofKind(o.str("what")),
		Status: oneOf(o, "status", inspect.ProofVerified, inspect.ProofFailed, inspect.ProofUnchecked),
		Reason: o.str("reason"),
	}
}

// eachObject calls yield for every object of a list.
func (m *members) eachObject(key string, yield func(o *members)) {
	m.elements(key, func(v []byte) {
		o, err := parseMembers(v)
		if err != nil {
			m.mistyped(key, "objects", v)
			return
		}
		yield(&o)
		m.within(key, &o)
	})
}
