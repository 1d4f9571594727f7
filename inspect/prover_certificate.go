package inspect

import (
	"bytes"
	"crypto/x509"
	"time"

	"tlsmitm/inspect/tlscrypt"
	"tlsmitm/inspect/tlswire"
)

// proveCertificate checks the signatures of a chain, and returns the key that its
// sender has to prove that it holds.
func (c *conversation) proveCertificate(f *flow, m *Message, at time.Time) shownKey {
	entries := m.certificateEntries()
	if len(entries) == 0 {
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
	bad, err := c.checkChain(sent, certs, at)
	chain := proved(ProofChain, err)
	m.addProof(chain)
	if chain.Status == ProofFailed {
		cert := certs[bad]
		end := bytes.Index(m.Raw, cert.Raw) + len(cert.Raw)
		c.proofs.suspect(end-len(cert.Signature), end)
	}
	if certs[0] == nil {
		return shownKey{shown: true, err: &tlscrypt.UncheckedError{Reason: tlscrypt.ReasonCertificate}}
	}
	key := shownKey{shown: true}
	key.key, key.err = tlscrypt.PublicKey(certs[0])
	if data := entries[0].DelegatedCredential(); data != nil {
		return c.proveDelegated(f, m, data, certs[0], key, at)
	}
	return key
}

// checkChain follows a chain from the leaf to where it ends, and checks each
// signature on the way. It returns the certificate at which it stopped.
func (c *conversation) checkChain(sent []parsedCertificate, certs []*x509.Certificate, at time.Time) (i int, err error) {
	for range certs {
		if certs[i] == nil {
			return i, &tlscrypt.UncheckedError{Reason: tlscrypt.ReasonCertificate}
		}
		issuer := tlscrypt.PathIndex(certs, i)
		if issuer < 0 {
			if i == 0 {
				return i, &tlscrypt.UncheckedError{Reason: tlscrypt.ReasonNoIssuer}
			}
			return i, nil // as usual: the root is not sent
		}
		if err := c.d.signatures().checkIssued(at, sent[i], sent[issuer]); err != nil || issuer == i {
			return i, err
		}
		i = issuer
	}
	return i, nil
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
func (c *conversation) proveDelegated(f *flow, m *Message, data []byte, leaf *x509.Certificate, key shownKey, at time.Time) shownKey {
	dc, err := tlswire.ParseDelegatedCredential(data)
	if err != nil {
		m.addProof(unproved(ProofDelegatedCredential, reasonDelegated))
		return shownKey{shown: true, err: &tlscrypt.UncheckedError{Reason: reasonDelegated}}
	}
	err = key.err
	if err == nil {
		err = c.mayVerify(at, func() error { return tlscrypt.CheckDelegatedCredential(dc, leaf.Raw, key.key, !f.up) })
	}
	m.addProof(proved(ProofDelegatedCredential, err))
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
	if err != nil || len(ske.Signature) == 0 || c.hello == nil || c.answer == nil {
		return
	}
	shown := c.proofs.shown[1]
	switch {
	case !shown.shown:
		m.addProof(unproved(ProofSignature, reasonNoKey))
	case shown.err != nil:
		m.addProof(proved(ProofSignature, shown.err))
	default:
		proof := proved(ProofSignature, c.mayVerify(at, func() error {
			return tlscrypt.CheckServerKeyExchange(c.version, ske, shown.key, c.hello.Random, c.answer.Random)
		}))
		m.addProof(proof)
		if proof.Status == ProofFailed {
			c.proofs.suspect(len(m.Raw)-len(ske.Signature), len(m.Raw))
		}
	}
}

// proveCertificateVerify checks that an end holds the key that it showed.
func (c *conversation) proveCertificateVerify(f *flow, m *Message, body []byte, at time.Time, readings []*tlscrypt.Transcript, shown shownKey) {
	cv, err := tlswire.ParseCertificateVerify(c.version, body)
	switch {
	case err != nil:
		return
	case len(readings) == 0:
		err = &tlscrypt.UncheckedError{Reason: reasonNoBefore}
	case !shown.shown:
		err = &tlscrypt.UncheckedError{Reason: reasonNoKey}
	case shown.err != nil:
		err = shown.err
	case shown.scheme != 0 && cv.Scheme != shown.scheme:
		err = &tlscrypt.MismatchError{Reason: "a delegated credential for " + shown.scheme.String() + " does not sign with " + cv.Scheme.String()}
	default:
		err = c.mayVerify(at, func() error { return c.checkCertificateVerify(f, cv, shown, readings) })
	}
	proof := proved(ProofSignature, err)
	if proof.Status == ProofFailed && !c.done && c.mend(at, func(t *tlscrypt.Transcript) bool {
		return c.d.signatures().may(at) && c.checkCertificateVerify(f, cv, shown, []*tlscrypt.Transcript{t}) == nil
	}) {
		proof.Status, proof.Reason = ProofVerified, reasonMended
	}
	m.addProof(proof)
	switch {
	case c.done: // of an answer after the handshake, whose transcript is its own
	case proof.Status == ProofVerified:
		c.proofs.covered = true
	case proof.Status == ProofFailed:
		c.proofs.suspect(len(m.Raw)-len(cv.Signature), len(m.Raw))
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
