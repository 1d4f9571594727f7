package inspect

import (
	"bytes"
	"crypto"
	"slices"
	"time"

	"tlsmitm/inspect/tlscrypt"
	"tlsmitm/inspect/tlswire"
)

// maxTranscripts bounds the readings of one handshake that are followed.
const maxTranscripts = 4

// prover checks what the handshake of a leg proves, message by message.
type prover struct {
	readings // of the handshake so far
	// session is the transcript up to the Client Key Exchange, which an extended
	// master secret is bound to; nil if there is none.
	session *tlscrypt.Transcript
	// unruled is the transcript as it would be if a Hello Retry Request did not
	// rewrite it.
	unruled *tlscrypt.Transcript
	shown   [2]shownKey // by the client, by the server
	covered bool        // something that covers the whole transcript has verified
	summary []LegProof

	// verifyData is of the latest Finished, before of the handshake before: a
	// renegotiation names them (RFC 5746 3.1).
	verifyData, before [2][]byte

	post postHandshake
}

// shownKey is the key that an end has to prove that it holds.
type shownKey struct {
	shown bool
	key   crypto.PublicKey
	err   error // why it cannot be used
	// scheme is the only one that a delegated credential's key signs with.
	scheme tlswire.SignatureScheme
}

// side is the index of an end in what is kept of both.
func (f *flow) side() int {
	if f.up {
		return 0
	}
	return 1
}

// prove checks a message, and takes it into the transcript.
func (c *conversation) prove(f *flow, m *Message, body []byte, at time.Time) {
	p := &c.proofs
	if c.done && c.version.Is13() {
		c.provePost(f, m, body, at)
		return
	}
	if m.Type != tlswire.HandshakeTypeEndOfEarlyData && m.Type != tlswire.HandshakeTypeClientHello {
		c.supplyEnd(f)
	}
	switch m.Type {
	case tlswire.HandshakeTypeHelloRequest, tlswire.HandshakeTypeKeyUpdate:
		return // no part of any transcript (RFC 5246 7.4.1.1, RFC 8446 4.4.1)
	case tlswire.HandshakeTypeNewSessionTicket:
		if c.version.Is13() {
			return
		}
	case tlswire.HandshakeTypeClientHello:
		c.proveClientHello(m, at)
		return
	case tlswire.HandshakeTypeServerHello:
		if m.ServerHello != nil && m.ServerHello.IsHelloRetryRequest() {
			p.retry(c.version, tlscrypt.Hash(c.version, c.suite))
		}
		c.proveRenegotiation(f, m)
	case tlswire.HandshakeTypeHelloRetryRequest:
		p.retry(c.version, tlscrypt.Hash(c.version, c.suite)) // as drafts of TLS 1.3 had it
	case tlswire.HandshakeTypeCertificate, tlswire.HandshakeTypeCompressedCertificate:
		p.shown[f.side()] = c.proveCertificate(f, m, at, &p.readings)
	case tlswire.HandshakeTypeServerKeyExchange:
		c.proveServerKeyExchange(m, body, at)
	case tlswire.HandshakeTypeCertificateVerify:
		c.proveCertificateVerify(f, m, body, at, &p.readings, p.shown[f.side()])
	case tlswire.HandshakeTypeClientKeyExchange:
		p.add(m.Raw)
		p.snapshot(c)
		return
	case tlswire.HandshakeTypeFinished:
		c.proveFinished(f, m, body, at)
		return
	}
	p.add(m.Raw)
}

// add appends a message.
func (p *prover) add(raw []byte) {
	p.readings.add(raw)
	if p.unruled != nil {
		p.unruled.Add(raw)
	}
}

// lose says that a message of the handshake could not be read.
func (p *prover) lose() {
	for _, t := range p.all {
		t.Break(tlscrypt.ReasonTranscript)
	}
}

// retry rewrites the transcript for a Hello Retry Request, which then is added.
func (p *prover) retry(v tlswire.Version, h crypto.Hash) {
	if len(p.all) > 0 {
		p.unruled, _ = p.all[0].Fork()
	}
	for _, t := range p.all {
		if err := t.Retry(v, h); err != nil {
			t.Break(tlscrypt.ReasonTranscript)
		}
	}
	if len(p.all) > 0 && p.all[0].Retried() {
		for i := range p.suspects { // of the hello, which is all that there was
			p.suspects[i].part = tlscrypt.PartRetried
		}
	}
}

// snapshot keeps what an extended master secret is bound to.
func (p *prover) snapshot(c *conversation) {
	p.session = nil
	if c.extended() && len(p.all) > 0 {
		p.session = p.all[0].Prefix(p.all[0].Parts())
	}
}

// rebind has the master secret bound to the handshake as it was mended.
func (p *prover) rebind() {
	if p.session != nil {
		p.session = p.all[0].Prefix(p.session.Parts())
	}
}

// extended says whether the master secret is an extended one (RFC 7627 5.1).
func (c *conversation) extended() bool {
	return c.hello != nil && c.answer != nil && c.hello.ExtendedMasterSecret && c.answer.ExtendedMasterSecret
}

// addOr adds a message, and the right one in its place.
func (p *prover) addOr(raw, right []byte) {
	p.readings.addOr(raw, right)
	if p.unruled != nil {
		p.unruled.Add(raw)
	}
}

// proveFinished checks a Finished against the handshake before it.
func (c *conversation) proveFinished(f *flow, m *Message, body []byte, at time.Time) {
	p := &c.proofs
	proof, right := c.checkFinished(f, body, p.all)
	oneBit := oneBitApart(body, right)
	if proof.Status == ProofFailed && !oneBit {
		found := c.mend(&p.readings, at, tryMAC, func(t *tlscrypt.Transcript) bool { return c.matches(f, t, body) })
		proof = mended(proof, found)
		if found != mendedNot {
			right = nil
			p.rebind()
		}
	}
	m.addProof(proof)
	if proof.Status == ProofVerified || proof.Reason == reasonFlipped || oneBit {
		p.covered = true
	}
	if !c.version.Is13() {
		p.verifyData[f.side()] = body
		if oneBit {
			p.verifyData[f.side()] = right
		}
		if f.up {
			c.proveMasterSecret(m)
		}
	} else if !f.up && c.retried {
		c.proveRetry(f, m, body)
	}
	if right != nil {
		right = slices.Concat(m.Raw[:tlswire.HandshakeHeaderLen], right)
	}
	p.addOr(m.Raw, right)
}

// checkFinished compares a Finished with what it would have to be, which it returns
// if that is something else.
func (c *conversation) checkFinished(f *flow, body []byte, readings []*tlscrypt.Transcript) (proof Proof, right []byte) {
	if reason := c.precedes(f); reason != "" {
		return unproved(ProofFinished, reason), nil
	}
	var failed error
	for _, t := range readings {
		want, err := c.wantFinished(f, t)
		if err == nil {
			err = tlscrypt.CheckFinished(body, want)
		}
		if err == nil {
			return proved(ProofFinished, nil), nil
		}
		if failed == nil {
			failed, right = err, want
		}
	}
	if len(right) != len(body) {
		right = nil
	}
	return proved(ProofFinished, failed), right
}

// precedes says why what a Finished covers cannot all have been seen, or "".
func (c *conversation) precedes(f *flow) string {
	if c.hello == nil || c.answer == nil || len(c.proofs.all) == 0 {
		return reasonNoBefore
	}
	// Whose comes first: RFC 5246 7.3, RFC 8446 section 2.
	clientFirst := !c.version.Is13() && c.exchanged
	if f.up != clientFirst && !c.finished[1-f.side()] {
		return tlscrypt.ReasonTranscript
	}
	return ""
}

// wantFinished computes the verify_data of a flow's Finished.
func (c *conversation) wantFinished(f *flow, t *tlscrypt.Transcript) ([]byte, error) {
	if c.version.Is13() {
		secret := c.lookup(f.label13())
		if secret == nil {
			return nil, &tlscrypt.UncheckedError{Reason: tlscrypt.ReasonNoSecret}
		}
		return tlscrypt.Finished13(c.version, c.suite, secret, t)
	}
	master := c.master()
	if master == nil {
		return nil, &tlscrypt.UncheckedError{Reason: tlscrypt.ReasonNoSecret}
	}
	return tlscrypt.Finished12(c.version, c.suite, master, !f.up, t)
}

// proveRetry tells whether the transcript was rewritten as it must be for a Hello
// Retry Request: any check that covers all of it shows that.
func (c *conversation) proveRetry(f *flow, m *Message, body []byte) {
	switch p := &c.proofs; {
	case p.covered:
		m.addProof(proved(ProofHelloRetry, nil))
	case p.unruled != nil && c.matches(f, p.unruled, body):
		m.addProof(proved(ProofHelloRetry, &tlscrypt.MismatchError{}))
	default:
		m.addProof(unproved(ProofHelloRetry, reasonNotCovered))
	}
}

// matches tells whether a Finished is right over a transcript.
func (c *conversation) matches(f *flow, t *tlscrypt.Transcript, body []byte) bool {
	want, err := c.wantFinished(f, t)
	return err == nil && tlscrypt.CheckFinished(body, want) == nil
}

// proveMasterSecret tells whether an extended master secret is bound to the
// handshake.
func (c *conversation) proveMasterSecret(m *Message) {
	p := &c.proofs
	if c.resumed || !c.extended() {
		return
	}
	premaster, master := c.premaster(), c.master()
	switch {
	case p.session == nil:
		m.addProof(unproved(ProofExtendedMasterSecret, reasonNoBefore))
	case premaster == nil || master == nil:
		m.addProof(unproved(ProofExtendedMasterSecret, reasonNoPremaster))
	default:
		derived, err := tlscrypt.ExtendedMasterSecret(c.version, c.suite, premaster, p.session)
		if err == nil {
			err = tlscrypt.CheckMasterSecret(master, derived)
		}
		m.addProof(proved(ProofExtendedMasterSecret, err))
	}
}

// proveRenegotiation checks that a hello within a connection names the handshake
// before it (RFC 5746 3.4, 3.5, 3.7).
func (c *conversation) proveRenegotiation(f *flow, m *Message) {
	p := &c.proofs
	if p.before[0] == nil || p.before[1] == nil {
		return
	}
	var got []byte
	want := p.before[0]
	switch {
	case m.ClientHello != nil:
		got = tlswire.RenegotiationInfo(m.ClientHello.Extensions)
	case m.ServerHello != nil:
		got, want = tlswire.RenegotiationInfo(m.ServerHello.Extensions), slices.Concat(want, p.before[1])
	}
	if got == nil {
		return
	}
	var err error
	if !bytes.Equal(got, want) {
		err = &tlscrypt.MismatchError{}
	}
	m.addProof(proved(ProofRenegotiation, err))
}

// rest lets go of what a handshake that is complete needs no more. That of TLS 1.3
// may be continued.
func (p *prover) rest(c *conversation) {
	p.session, p.unruled, p.suspects, p.summary = nil, nil, nil, nil
	if !c.version.Is13() {
		p.all = nil
		return
	}
	h := tlscrypt.Hash(c.version, c.suite)
	for _, t := range p.all {
		t.Trim(h)
	}
}

// conclude adds a message's proofs to the summary of the leg.
func (p *prover) conclude(f *flow, m *Message) {
	for _, proof := range m.Proof {
		if len(p.summary) < maxProofs {
			p.summary = append(p.summary, LegProof{From: f.from, Message: m.Name, Proof: proof})
		}
	}
}
