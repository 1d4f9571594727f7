package inspect

import (
	"bytes"
	"time"

	"tlsmitm/inspect/tlscrypt"
	"tlsmitm/inspect/tlswire"
)

// maxRequests bounds the requests for a certificate that a client may leave
// unanswered after the handshake.
const maxRequests = 4

// postHandshake is the authentication of a client after the handshake (RFC 8446
// 4.6.2). Its transcript is that of the handshake, then a request, then the answer.
type postHandshake struct {
	requests []certificateRequest
	answer   readings // of the handshake with the answer in progress
	shown    shownKey
}

// certificateRequest is one that is not answered yet.
type certificateRequest struct{ context, raw []byte }

// provePost checks messages of TLS 1.3 after the handshake.
func (c *conversation) provePost(f *flow, m *Message, body []byte, at time.Time) {
	p := &c.proofs
	switch m.Type {
	case tlswire.HandshakeTypeCertificateRequest:
		if r, err := tlswire.ParseCertificateRequest(c.version, body); err == nil && !f.up && len(p.post.requests) < maxRequests {
			p.post.requests = append(p.post.requests, certificateRequest{r.RequestContext, m.Raw})
		}
	case tlswire.HandshakeTypeCertificate, tlswire.HandshakeTypeCompressedCertificate:
		c.beginPost(m)
		p.post.shown = c.proveCertificate(f, m, at, &p.post.answer)
		p.post.answer.add(m.Raw)
	case tlswire.HandshakeTypeCertificateVerify:
		c.proveCertificateVerify(f, m, body, at, &p.post.answer, p.post.shown)
		p.post.answer.add(m.Raw)
	case tlswire.HandshakeTypeFinished:
		m.addProof(c.checkPostFinished(f, body, at))
		p.post.answer, p.post.shown = readings{}, shownKey{}
	}
}

// beginPost begins the transcript of an answer: its context says to which request.
func (c *conversation) beginPost(m *Message) {
	post := &c.proofs.post
	post.answer = readings{}
	msg := m.CertificateMessage()
	if msg == nil {
		return
	}
	for i, r := range post.requests {
		if !bytes.Equal(r.context, msg.RequestContext) {
			continue
		}
		for _, t := range c.proofs.all {
			if fork, err := t.Fork(); err == nil {
				fork.Add(r.raw)
				post.answer.all = append(post.answer.all, fork)
			}
		}
		post.requests = append(post.requests[:i:i], post.requests[i+1:]...)
		return
	}
}

// checkPostFinished checks the Finished of an answer, whose key comes from the
// current secret (RFC 8446 4.4.4).
func (c *conversation) checkPostFinished(f *flow, body []byte, at time.Time) Proof {
	r := &c.proofs.post.answer
	if len(r.all) == 0 {
		return unproved(ProofFinished, reasonNoBefore)
	}
	if f.opener == nil || f.opener.TrafficSecret() == nil {
		return unproved(ProofFinished, tlscrypt.ReasonNoSecret)
	}
	check := func(t *tlscrypt.Transcript) error {
		want, err := tlscrypt.Finished13(c.version, c.suite, f.opener.TrafficSecret(), t)
		if err == nil {
			err = tlscrypt.CheckFinished(body, want)
		}
		return err
	}
	var failed error
	for i, t := range r.all {
		err := check(t)
		if err == nil {
			return proved(ProofFinished, nil)
		}
		if i == 0 {
			failed = err
		}
	}
	proof := proved(ProofFinished, failed)
	if proof.Status == ProofFailed {
		proof = mended(proof, c.mend(r, at, tryMAC, func(t *tlscrypt.Transcript) bool { return check(t) == nil }))
	}
	return proof
}
