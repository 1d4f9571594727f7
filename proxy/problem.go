package proxy

import (
	"context"
	"errors"
	"net"
	"os"

	"tlsmitm/inspect"
	"tlsmitm/inspect/tlswire"
)

// problem is a failure as it is told: in the log, in the answer to a request, on
// the page that stands in for a server's. The words in it are from words.go.
type problem struct {
	cause  inspect.Cause
	status int    // of the HTTP answer, where one can be given
	what   string // what failed, on what
	why    string // the reason
	next   string // what to do next
	facts  []fact // what the reason rests on
	err    error  // the underlying error, if any

	// alert is what a client is told that speaks TLS and no HTTP; 0, which is
	// close_notify, stands for internal_error.
	alert tlswire.AlertDescription
}

// fact is one line of evidence.
type fact struct{ name, value string }

// Error makes a problem an error, so that it can come back through net/http.
func (p *problem) Error() string { return p.what + ": " + p.why }
func (p *problem) Unwrap() error { return p.err }

// isTimeout reports whether err says that a deadline has passed.
func isTimeout(err error) bool {
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	ne, ok := errors.AsType[net.Error](err)
	return ok && ne.Timeout()
}

// asProblem returns the problem that err is or wraps.
func asProblem(err error) (*problem, bool) { return errors.AsType[*problem](err) }
