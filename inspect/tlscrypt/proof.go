package tlscrypt

import "errors"

// What a handshake proves is checked by functions that return nil where it holds,
// an *UncheckedError where that cannot be told, and another error where it does not
// hold: a *MismatchError, unless something in it cannot even be read.

// UncheckedError says why something was not checked. It is no failure.
type UncheckedError struct{ Reason string }

// Error implements error.
func (e *UncheckedError) Error() string { return "tlscrypt: not checked: " + e.Reason }

// The reasons that an UncheckedError gives, some of them followed by a colon and
// what they are about.
const (
	ReasonNoSecret       = "its secret is not known"
	ReasonHash           = "the hash of its cipher suite is not supported"
	ReasonTranscript     = "not all of the handshake before it was read"
	ReasonTranscriptLong = "the handshake before it is too long to keep"
	ReasonNoIssuer       = "its issuer's certificate was not sent"
	ReasonCertificate    = "a certificate cannot be parsed"
	ReasonKeyAlgorithm   = "keys of this kind are not supported"
	ReasonKeySize        = "a key of this size is not checked"
	ReasonScheme         = "this signature algorithm is not supported"
)

func unchecked(reason, about string) error {
	if about != "" {
		reason += ": " + about
	}
	return &UncheckedError{Reason: reason}
}

// MismatchError says that a signature or a MAC is another than it would have to be.
type MismatchError struct {
	// Reason is what is wrong beyond that; usually there is nothing to say.
	Reason string
}

// Error implements error.
func (e *MismatchError) Error() string {
	if e.Reason == "" {
		return "tlscrypt: does not match"
	}
	return "tlscrypt: does not match: " + e.Reason
}

var errMismatch = &MismatchError{}

// MismatchReason returns what an error says beyond that something does not match.
func MismatchReason(err error) string {
	var m *MismatchError
	if errors.As(err, &m) {
		return m.Reason
	}
	return err.Error()
}

// IsUnchecked returns the reason of an UncheckedError, and whether err is one.
func IsUnchecked(err error) (reason string, ok bool) {
	var u *UncheckedError
	if errors.As(err, &u) {
		return u.Reason, true
	}
	return "", false
}
