package inspect

import (
	"sync"
	"time"
)

// acceptanceSize bounds how many clients' acceptances are remembered.
const acceptanceSize = 4096

// acceptances remember which clients talk over our certificate for which names.
// Browsers open connections ahead of need and drop those that they do not use: a
// client that talks over another one meanwhile has not rejected the certificate.
type acceptances struct {
	mu   sync.Mutex
	seen map[acceptor]*acceptance
}

// acceptor is a client, as well as it can be told from others, and a name.
type acceptor struct{ host, userAgent, name string }

type acceptance struct {
	open   int       // connections that carry its data
	closed time.Time // when one of them last ended
}

// begin counts a connection that the client has sent data on.
func (a *acceptances) begin(k acceptor) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.seen == nil || len(a.seen) >= acceptanceSize {
		a.seen = make(map[acceptor]*acceptance) // what was known is learnt again
	}
	if a.seen[k] == nil {
		a.seen[k] = &acceptance{}
	}
	a.seen[k].open++
}

// end takes back what begin counted.
func (a *acceptances) end(k acceptor, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if s := a.seen[k]; s != nil {
		s.open = max(0, s.open-1)
		s.closed = at
	}
}

// since reports whether the client has talked at any time from then on.
func (a *acceptances) since(k acceptor, then time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.seen[k]
	return s != nil && (s.open > 0 || s.closed.After(then))
}
