package proxy

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
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

// verifyChain checks a server's chain as crypto/tls does by default: RFC 5280,
// and the name as RFC 9525 has it.
func verifyChain(chain []*x509.Certificate, name string, roots *x509.CertPool) error {
	opts := x509.VerifyOptions{Roots: roots, DNSName: name, Intermediates: x509.NewCertPool()}
	for _, c := range chain[1:] {
		opts.Intermediates.AddCert(c)
	}
	_, err := chain[0].Verify(opts)
	return err
}

// asUnverified returns the failed check in err, or nil if it is another failure.
func asUnverified(err error, name string) *unverified {
	if u, ok := errors.AsType[*unverified](err); ok {
		return u
	}
	v, ok := errors.AsType[*tls.CertificateVerificationError](err)
	if !ok {
		return nil
	}
	return newUnverified(v.UnverifiedCertificates, name, v.Err)
}

func newUnverified(chain []*x509.Certificate, name string, err error) *unverified {
	return &unverified{code: failedCheck(chain[0], err), name: name, chain: chain, err: err}
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
