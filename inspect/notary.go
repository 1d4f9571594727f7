package inspect

import (
	"crypto/sha256"
	"crypto/x509"
	"sync"
	"sync/atomic"
	"time"

	"tlsmitm/inspect/tlscrypt"
)

const (
	// notaryCertificates bounds the certificates that are remembered, of at most
	// notaryCertificateSize each.
	notaryCertificates    = 512
	notaryCertificateSize = 8 << 10
	// notaryBurst is how many seconds' worth of signatures may come at once.
	notaryBurst = 5
)

// reasonBusy is why a signature is not checked where more come than may be.
const reasonBusy = "too many signatures at once (inspect.signatures_per_second)"

// notary checks signatures for all connections. What it found out of certificates it
// remembers, and it bounds how many signatures are checked in a time: one costs about
// as much as everything else that is done about a handshake. It is safe for
// concurrent use.
type notary struct {
	certs  *recent[parsedCertificate]
	issued *recent[error]

	mu        sync.Mutex
	perSecond float64 // negative: no bound
	tokens    float64
	since     time.Time

	tries atomic.Int64 // of bits, where there is no bound on signatures
}

// parsedCertificate is a certificate as it was sent.
type parsedCertificate struct {
	cert *x509.Certificate // nil if it cannot be parsed
	sum  [32]byte          // of its bytes
}

// newNotary bounds checks to so many a second in the long run; a negative number is
// no bound.
func newNotary(perSecond int) *notary {
	return &notary{
		certs: newRecent[parsedCertificate](notaryCertificates), issued: newRecent[error](notaryCertificates),
		perSecond: float64(perSecond), tokens: float64(perSecond) * notaryBurst,
	}
}

// may says whether another signature may be checked at a time, which never goes back
// much.
func (n *notary) may(at time.Time) bool { return n.perSecond < 0 || n.spend(at, 1) }

// What it costs to try a bit: a MAC over a handshake is cheap against a signature.
const (
	tryMAC       = 1
	trySignature = 16
	// triesPerSignature is how many MACs take as long as a signature.
	triesPerSignature = 16
	// maxTries bounds the searches for flipped bits where signatures are not bounded,
	// to some ten seconds all together.
	maxTries = 1 << 22
)

// mayMend says whether a flipped bit may be sought in so many bytes at a time.
func (n *notary) mayMend(at time.Time, size, try int) bool {
	cost := 8 * size * try
	if n.perSecond >= 0 {
		return n.spend(at, float64(cost)/triesPerSignature)
	}
	return n.tries.Add(int64(cost)) <= maxTries
}

// spend says whether so many signatures may be checked.
func (n *notary) spend(at time.Time, cost float64) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.since.IsZero() {
		n.since = at
	}
	if d := at.Sub(n.since); d > 0 {
		n.tokens = min(n.tokens+d.Seconds()*n.perSecond, n.perSecond*notaryBurst)
		n.since = at
	}
	if n.tokens < cost {
		return false
	}
	n.tokens -= cost
	return true
}

// certificate parses one, or remembers it.
func (n *notary) certificate(der []byte) parsedCertificate {
	p := parsedCertificate{sum: sha256.Sum256(der)}
	if known, ok := n.certs.get(p.sum); ok {
		return known
	}
	if cert, err := x509.ParseCertificate(der); err == nil {
		p.cert = cert
	}
	if len(der) <= notaryCertificateSize {
		n.certs.put(p.sum, p)
	}
	return p
}

// checkIssued is tlscrypt.CheckIssued, done once for each pair.
func (n *notary) checkIssued(at time.Time, cert, issuer parsedCertificate) error {
	key := sha256.Sum256(append(cert.sum[:], issuer.sum[:]...))
	if err, ok := n.issued.get(key); ok {
		return err
	}
	if !n.may(at) {
		return &tlscrypt.UncheckedError{Reason: reasonBusy}
	}
	err := tlscrypt.CheckIssued(cert.cert, issuer.cert)
	n.issued.put(key, err)
	return err
}
