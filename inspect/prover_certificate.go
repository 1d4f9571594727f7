package inspect

import (
	"bytes"
	"crypto/x509"
	"slices"
	"time"

	"tlsmitm/inspect/tlscrypt"
	"tlsmitm/inspect/tlswire"
)

// proveCertificate checks the signatures of a chain, and returns the key that its
// sender has to prove that it holds.
func (c *conversation) proveCertificate(f *flow, m *Message, at time.Time, r *readings) shownKey {
	entries := m.certificateEntries()
	if len(entries) == 0 {
		if m.Type == tlswire.HandshakeTypeCompressedCertificate { // it may be a bit that keeps it closed
			r.suspect(tlswire.HandshakeHeaderLen, len(m.Raw), false)
		}
		return shownKey{}
	}
	if c.rawKey(f) {
		key, err := tlscrypt.ParsePublicKey(entries[0].Data)
		return shownKey{shown: true, key: key, err: err}
	}
	sent := make([]parsedCertificate, len(entries))
	certs := make([]*x509.Certificate, len(entries))
	for i, entry := range entries {
		sent[i] = c.d.signatures().certificate(entry.Data)
		certs[i] = sent[i].cert
	}
	m.certs.set(certs)
	checked, bad, err := c.checkChain(sent, certs, at)
	chain := proved(ProofChain, err)
	m.addProof(chain)
	if chain.Status != ProofFailed {
		bad = -1
	}
	suspectCertificates(r, m, certs, checked, bad)
	if certs[0] == nil {
		return shownKey{shown: true, err: &tlscrypt.UncheckedError{Reason: tlscrypt.ReasonCertificate}}
	}
	key := shownKey{shown: true}
	key.key, key.err = tlscrypt.PublicKey(certs[0])
	if data := entries[0].DelegatedCredential(); data != nil {
		return c.proveDelegated(f, m, data, certs[0], key, at, r)
	}
	return key
}

// checkChain follows a chain from the leaf to where it ends, and checks each
// signature on the way. It returns which are right, and the certificate at which it
// stopped.
func (c *conversation) checkChain(sent []parsedCertificate, certs []*x509.Certificate, at time.Time) (checked []bool, i int, err error) {
	checked = make([]bool, len(certs))
	for range certs {
		if certs[i] == nil {
			return checked, i, &tlscrypt.UncheckedError{Reason: tlscrypt.ReasonCertificate}
		}
		issuer := tlscrypt.PathIndex(certs, i)
		if issuer < 0 {
			if i == 0 {
				return checked, i, &tlscrypt.UncheckedError{Reason: tlscrypt.ReasonNoIssuer}
			}
			return checked, i, nil // as usual: the root is not sent
		}
		err := c.d.signatures().checkIssued(at, sent[i], sent[issuer])
		checked[i] = err == nil
		if err != nil || issuer == i {
			return checked, i, err
		}
		i = issuer
	}
	return checked, i, nil
}

// suspectCertificates suspects the signatures of certificates that are not known to be
// right. Where the one at bad does not verify, the fault may be elsewhere in it.
func suspectCertificates(r *readings, m *Message, certs []*x509.Certificate, checked []bool, bad int) {
	if m.Type == tlswire.HandshakeTypeCompressedCertificate {
		if bad >= 0 || slices.Contains(checked, false) {
			r.suspect(tlswire.HandshakeHeaderLen, len(m.Raw), bad >= 0)
		}
		return
	}
	for i, cert := range certs {
		if cert == nil || checked[i] {
			continue
		}
		start := bytes.Index(m.Raw, cert.Raw)
		end := start + len(cert.Raw)
		r.suspect(end-len(cert.Signature), end, i == bad)
		if i == bad {
			r.suspect(start, end-len(cert.Signature), true)
		}
	}
}

// rawKey says whether an end shows a key in the place of certificates (RFC 7250).
func (c *conversation) rawKey(f *flow) bool {
	if f.up {
		return c.certTypes[0] == tlswire.CertificateTypeRawPublicKey
	}
	return c.certTypes[1] == tlswire.CertificateTypeRawPublicKey
}

// proveDelegated checks that a certificate's key vouches for a delegated credential,
// and returns the credential's key, which signs in its place (RFC 9345 4.1.3).
func (c *conversation) proveDelegated(f *flow, m *Message, data []byte, leaf *x509.Certificate, key shownKey, at time.Time, r *readings) shownKey {
	dc, err := tlswire.ParseDelegatedCredential(data)
	if err != nil {
		m.addProof(unproved(ProofDelegatedCredential, reasonDelegated))
		return shownKey{shown: true, err: &tlscrypt.UncheckedError{Reason: reasonDelegated}}
	}
	err = key.err
	if err == nil {
		err = c.mayVerify(at, func() error { return tlscrypt.CheckDelegatedCredential(dc, leaf.Raw, key.key, !f.up) })
	}
	proof := proved(ProofDelegatedCredential, err)
	m.addProof(proof)
	if start := bytes.Index(m.Raw, data); proof.Status != ProofVerified && start >= 0 { // its signature ends it
		r.suspect(start+len(data)-len(dc.Signature), start+len(data), proof.Status == ProofFailed)
	}
	own := shownKey{shown: true, scheme: dc.VerifyAlgorithm}
	own.key, own.err = tlscrypt.ParsePublicKey(dc.PublicKey)
	return own
}

// mayVerify checks a signature, unless too many come.
func (c *conversation) mayVerify(at time.Time, check func() error) error {
	if !c.d.signatures().may(at) {
		return &tlscrypt.UncheckedError{Reason: reasonBusy}
	}
	return check()
}

// proveServerKeyExchange checks the signature on the server's part of a key exchange.
func (c *conversation) proveServerKeyExchange(m *Message, body []byte, at time.Time) {
	ske, err := tlswire.ParseServerKeyExchange(c.version, c.suite, body)
	if err != nil || len(ske.Signature) == 0 {
		return
	}
	if c.hello == nil || c.answer == nil {
		m.addProof(unproved(ProofSignature, reasonNoBefore))
		return
	}
	shown := c.proofs.shown[1]
	switch {
	case !shown.shown:
		m.addProof(unproved(ProofSignature, reasonNoKey))
	case shown.err != nil:
		m.addProof(proved(ProofSignature, shown.err))
	default:
		m.addProof(proved(ProofSignature, c.mayVerify(at, func() error {
			return tlscrypt.CheckServerKeyExchange(c.version, ske, shown.key, c.hello.Random, c.answer.Random)
		})))
	}
	if last := m.Proof[len(m.Proof)-1]; last.Status != ProofVerified {
		c.proofs.suspect(len(m.Raw)-len(ske.Signature), len(m.Raw), last.Status == ProofFailed)
	}
}

// proveCertificateVerify checks that an end holds the key that it showed.
func (c *conversation) proveCertificateVerify(f *flow, m *Message, body []byte, at time.Time, r *readings, shown shownKey) {
	cv, err := tlswire.ParseCertificateVerify(c.version, body)
	switch {
	case err != nil:
		return
	case len(r.all) == 0:
		err = &tlscrypt.UncheckedError{Reason: reasonNoBefore}
	case !shown.shown:
		err = &tlscrypt.UncheckedError{Reason: reasonNoKey}
	case shown.err != nil:
		err = shown.err
	case shown.scheme != 0 && cv.Scheme != shown.scheme:
		err = &tlscrypt.MismatchError{Reason: "a delegated credential for " + shown.scheme.String() + " does not sign with " + cv.Scheme.String()}
	default:
		err = c.mayVerify(at, func() error { return c.checkCertificateVerify(f, cv, shown, r.all) })
	}
	proof := proved(ProofSignature, err)
	told := proof.Status == ProofFailed
	if told && proof.Reason == "" {
		found := c.mend(r, at, trySignature, func(t *tlscrypt.Transcript) bool {
			return c.checkCertificateVerify(f, cv, shown, []*tlscrypt.Transcript{t}) == nil
		})
		if proof = mended(proof, found); found != mendedNot {
			c.proofs.rebind()
			m.addProof(proof)
			c.proofs.covered = c.proofs.covered || !c.done
			return
		}
	}
	m.addProof(proof)
	if proof.Status != ProofVerified {
		r.suspect(len(m.Raw)-len(cv.Signature), len(m.Raw), told)
	} else if !c.done {
		c.proofs.covered = true
	}
}

func (c *conversation) checkCertificateVerify(f *flow, cv *tlswire.CertificateVerify, shown shownKey, readings []*tlscrypt.Transcript) (err error) {
	master := []byte(nil)
	if c.version == tlswire.VersionSSL30 {
		master = c.master()
	}
	for i, t := range readings {
		again := tlscrypt.CheckCertificateVerify(c.version, c.suite, cv, shown.key, !f.up, t, master)
		if again == nil {
			return nil
		}
		if i == 0 {
			err = again
		}
	}
	return err
}
