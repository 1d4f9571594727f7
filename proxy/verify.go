package proxy

import (
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"io"
	"sync"
	"time"

	"tlsmitm/inspect"
)

// The values of inspect.Verification's Code: which check of a server's
// certificate failed.
const (
	checkUnknownAuthority   = "unknown_authority"
	checkSelfSigned         = "self_signed"
	checkExpired            = "expired"
	checkNotYetValid        = "not_yet_valid"
	checkNameMismatch       = "name_mismatch"
	checkIncompatibleUsage  = "incompatible_usage"
	checkConstraintViolated = "constraint_violation"
	checkOther              = "other"
)

// unverified is a server's certificate that did not pass the check.
type unverified struct {
	code  string
	name  string // that it was to be valid for
	chain []*x509.Certificate
	err   error
}

func (u *unverified) Error() string { return u.err.Error() }
func (u *unverified) Unwrap() error { return u.err }

// trust checks servers' certificates, and remembers for a moment which were good:
// programs open several connections to one server at a time, and a check costs as
// much as the rest of a handshake.
type trust struct {
	roots *x509.CertPool // nil means the system's

	mu    sync.Mutex
	known map[trustKey]trusted
}

// trustKey stands for a chain, as it was sent, and the name that it was checked for.
type trustKey [sha256.Size]byte

type trusted struct {
	chain []*x509.Certificate // with its root
	until time.Time
}

const (
	// trustFor is how long a good check is remembered, if no certificate in the
	// chain expires before.
	trustFor = time.Minute
	// trustSize bounds how many are.
	trustSize = 1024
)

// check verifies a chain, as a server has sent it, for a name: RFC 5280, and the
// name as RFC 9525 has it. It returns the chain with its root, or an *unverified.
func (t *trust) check(sent []*x509.Certificate, name string) ([]*x509.Certificate, error) {
	key, now := newTrustKey(sent, name), time.Now()
	t.mu.Lock()
	good, ok := t.known[key]
	t.mu.Unlock()
	if ok && now.Before(good.until) {
		return good.chain, nil
	}
	opts := x509.VerifyOptions{Roots: t.roots, DNSName: name, Intermediates: x509.NewCertPool()}
	for _, c := range sent[1:] {
		opts.Intermediates.AddCert(c)
	}
	chains, err := sent[0].Verify(opts)
	if err != nil {
		return nil, &unverified{code: failedCheck(sent[0], err), name: name, chain: sent, err: err}
	}
	good = trusted{chain: chains[0], until: now.Add(trustFor)}
	for _, c := range chains[0] {
		if c.NotAfter.Before(good.until) {
			good.until = c.NotAfter
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known == nil || len(t.known) >= trustSize {
		t.known = make(map[trustKey]trusted)
	}
	t.known[key] = good
	return good.chain, nil
}

func newTrustKey(sent []*x509.Certificate, name string) trustKey {
	h := sha256.New()
	for _, c := range sent {
		h.Write(c.Raw) // DER says itself how long it is
	}
	io.WriteString(h, name)
	return trustKey(h.Sum(nil))
}

// failedCheck names the check that err, from verifying leaf, says failed.
func failedCheck(leaf *x509.Certificate, err error) string {
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return checkNameMismatch
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		if leaf.CheckSignature(leaf.SignatureAlgorithm, leaf.RawTBSCertificate, leaf.Signature) == nil {
			return checkSelfSigned
		}
		return checkUnknownAuthority
	}
	invalid, ok := errors.AsType[x509.CertificateInvalidError](err)
	if !ok {
		return checkOther
	}
	switch invalid.Reason {
	case x509.Expired:
		if c := invalid.Cert; c != nil && time.Now().Before(c.NotBefore) {
			return checkNotYetValid
		}
		return checkExpired
	case x509.IncompatibleUsage:
		return checkIncompatibleUsage
	case x509.NotAuthorizedToSign, x509.CANotAuthorizedForThisName, x509.TooManyIntermediates,
		x509.NameConstraintsWithoutSANs, x509.UnconstrainedName, x509.TooManyConstraints,
		x509.CANotAuthorizedForExtKeyUsage, x509.NoValidChains:
		return checkConstraintViolated
	}
	return checkOther
}

// verdict is what is told of a check: of the chain if err is nil, else of the failure.
func verdict(chain []*x509.Certificate, u *unverified, insecure bool) inspect.Verification {
	v := inspect.Verification{OK: u == nil, Insecure: insecure}
	if u != nil {
		v.Code, v.Error = u.code, u.err.Error()
	}
	for _, c := range chain {
		v.Chain = append(v.Chain, c.Subject.String())
	}
	return v
}
