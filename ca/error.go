package ca

import (
	"fmt"
	"strings"
)

// Reason says why a CA or a name could not be used.
type Reason string

// The reasons that an [Error] gives.
const (
	ReasonDirectory   Reason = "directory"       // the directory can't be made or written
	ReasonIncomplete  Reason = "incomplete"      // one of the two files is missing
	ReasonUnreadable  Reason = "unreadable"      // a file is there and can't be read
	ReasonMalformed   Reason = "malformed"       // a file holds no PEM, or none that parses
	ReasonEncrypted   Reason = "encrypted_key"   // the key is under a passphrase
	ReasonExposed     Reason = "exposed_key"     // others than the owner can read the key
	ReasonUnsupported Reason = "unsupported_key" // no key that clients or this package can use
	ReasonMismatch    Reason = "key_mismatch"    // the key is not the certificate's
	ReasonNotCA       Reason = "not_a_ca"        // the certificate may not sign server certificates
	ReasonExpired     Reason = "expired"         // its validity has ended
	ReasonNotYetValid Reason = "not_yet_valid"   // its validity has not begun
	ReasonName        Reason = "name"            // no certificate can be made for this name
)

// Error is a CA that can't be used, or a name that no leaf can be made for. It
// carries the way out, since nothing is repaired behind the user's back.
type Error struct {
	Reason Reason
	Path   string // the file or directory; "" for ReasonName
	Detail string // what is wrong, in words
	Fix    string // what to do next
	Err    error  // the underlying error, if any
}

// Error says what failed, on what, why, and what to do next.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("ca: ")
	if e.Path != "" {
		fmt.Fprintf(&b, "%s: ", e.Path)
	}
	b.WriteString(e.Detail)
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	if e.Fix != "" {
		fmt.Fprintf(&b, "; %s", e.Fix)
	}
	return b.String()
}

// Unwrap returns the underlying error.
func (e *Error) Unwrap() error { return e.Err }

// startOver is the way out that always works: the name of the pair is given so
// that nothing else in the directory is removed.
func (s store) startOver() string {
	return fmt.Sprintf("to start with a new CA, remove both %s and %s", s.certPath(), s.keyPath())
}

func (s store) errDirectory(err error) error {
	return &Error{ReasonDirectory, s.dir, "can't keep a CA here",
		"choose another directory, or make this one writable for you", err}
}

func (s store) errNoLinks(err error) error {
	return &Error{ReasonDirectory, s.dir, "this file system can't put a file in place without overwriting",
		"choose a directory on a local disk", err}
}

func (s store) errPending() error {
	return &Error{ReasonMalformed, s.pendingPath(), "left by a run that was cut short, and unusable",
		"remove it; no client can have trusted what it holds", nil}
}

func (s store) errIncomplete(missing, present string) error {
	return &Error{ReasonIncomplete, missing, "missing, while " + present + " is there",
		"put the missing file back, or " + s.startOver(), nil}
}

func errUnreadable(path string, err error) error {
	return &Error{ReasonUnreadable, path, "can't read it",
		"make the file readable for the user that runs this", err}
}

func (s store) errMalformed(path, detail string, err error) error {
	return &Error{ReasonMalformed, path, detail,
		"restore the file from a backup (it must be PEM, not DER), or " + s.startOver(), err}
}

func errEncrypted(path string) error {
	return &Error{ReasonEncrypted, path, "the private key is encrypted, and there is nobody to ask for the passphrase",
		fmt.Sprintf("decrypt it: openssl pkey -in %s -out decrypted.pem && chmod 600 decrypted.pem && mv decrypted.pem %s",
			quoted(path), quoted(path)), nil}
}

func errExposed(path string, mode uint32) error {
	return &Error{ReasonExposed, path, fmt.Sprintf("others can read the private key (mode %04o), and with it impersonate every site to you", mode),
		fmt.Sprintf("run: chmod 600 %s", quoted(path)), nil}
}

func (s store) errUnsupported(path, detail string) error {
	return &Error{ReasonUnsupported, path, detail,
		"use an RSA key of 2048 bits or more or an ECDSA key on P-256, P-384 or P-521, or " + s.startOver(), nil}
}

func (s store) errMismatch() error {
	return &Error{ReasonMismatch, s.keyPath(), "this is not the private key of the first certificate in " + s.certPath(),
		"put the matching file back, or " + s.startOver(), nil}
}

func (s store) errNotCA(detail string) error {
	return &Error{ReasonNotCA, s.certPath(), detail,
		"use a certificate that was made as a CA (basicConstraints CA:TRUE, keyUsage keyCertSign), or " + s.startOver(), nil}
}

func (s store) errExpired(when string) error {
	return &Error{ReasonExpired, s.certPath(), "the CA certificate expired on " + when,
		"renew it; or " + s.startOver() + ", and have the clients trust the new one", nil}
}

func (s store) errNotYetValid(when string) error {
	return &Error{ReasonNotYetValid, s.certPath(), "the CA certificate is valid only from " + when,
		"check this machine's clock; or " + s.startOver(), nil}
}

func errName(name, detail string) error {
	const most = 80 // a hostile name must not fill a log line
	if len(name) > most {
		name = name[:most] + "…"
	}
	return &Error{Reason: ReasonName, Detail: fmt.Sprintf("no certificate can be made for the name %q: %s", name, detail)}
}

// quoted makes a path safe to paste into a shell.
func quoted(path string) string {
	safe := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+:@%", r)
	}
	if path != "" && strings.IndexFunc(path, func(r rune) bool { return !safe(r) }) < 0 {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
