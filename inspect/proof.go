package inspect

import (
	"tlsmitm/inspect/tlscrypt"
)

// ProofKind says what about a message is proved.
type ProofKind string

// The kinds of proof. docs/events.md says what each one covers.
const (
	ProofFinished             ProofKind = "finished"
	ProofSignature            ProofKind = "signature"
	ProofChain                ProofKind = "chain"
	ProofBinder               ProofKind = "binder"
	ProofHelloRetry           ProofKind = "hello_retry_transcript"
	ProofExtendedMasterSecret ProofKind = "extended_master_secret"
	ProofDelegatedCredential  ProofKind = "delegated_credential"
	ProofRenegotiation        ProofKind = "renegotiation_info"
)

// ProofStatus says what came of a check.
type ProofStatus string

const (
	ProofVerified  ProofStatus = "verified"
	ProofFailed    ProofStatus = "failed"
	ProofUnchecked ProofStatus = "not checked"
)

// Proof is one check of a message.
type Proof struct {
	What   ProofKind
	Status ProofStatus
	// Reason is why it was not checked, or what failed beyond a mere mismatch.
	Reason string
}

// LegProof is a proof in the summary of a leg's handshake.
type LegProof struct {
	From    Party
	Message string // the name of the message that was checked
	Proof
}

// Why something was not checked, beside the reasons of tlscrypt. These are part of
// the events.
const (
	reasonNoKey       = "no certificate of its sender was seen"
	reasonNoPSK       = "the pre-shared key is not known"
	reasonNoPremaster = "the premaster secret is not known"
	reasonNotCovered  = "no check that covers it succeeded"
	reasonMended      = "but for one bit of a signature before it"
	reasonFlipped     = "one bit of a signature or binder before it is wrong"
	reasonNoBefore    = "the handshake before it was not seen"
	reasonDelegated   = "the delegated credential cannot be read"
)

// maxProofs bounds what a message, and a leg's summary, list.
const maxProofs = 32

// proved turns the result of a check into a proof.
func proved(what ProofKind, err error) Proof {
	p := Proof{What: what, Status: ProofVerified}
	if err == nil {
		return p
	}
	if reason, ok := tlscrypt.IsUnchecked(err); ok {
		p.Status, p.Reason = ProofUnchecked, reason
		return p
	}
	p.Status, p.Reason = ProofFailed, tlscrypt.MismatchReason(err)
	return p
}

func unproved(what ProofKind, reason string) Proof {
	return Proof{What: what, Status: ProofUnchecked, Reason: reason}
}

func (m *Message) addProof(p Proof) {
	if len(m.Proof) < maxProofs {
		m.Proof = append(m.Proof, p)
	}
}
