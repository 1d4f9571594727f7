package inspect

import (
	"time"

	"tlsmitm/inspect/tlscrypt"
	"tlsmitm/inspect/tlswire"
)

// earlyData is what a client sends before it has heard from the server, under the
// keys of the session that it takes up again (RFC 8446 2.3).
type earlyData struct {
	opener *tlscrypt.Opener
	over   bool // the client has said so, or goes on under its handshake's keys
	answer earlyAnswer
	// What the data say waits for the answer, since a client says it again that is
	// turned down.
	held   []heldEarly
	size   int
	missed bool // some of it was not opened, or is too much to hold
}

// earlyAnswer is what a server says to early data.
type earlyAnswer uint8

const (
	earlyUnanswered earlyAnswer = iota
	earlyAccepted
	earlyRejected
)

// heldEarly is a record's data.
type heldEarly struct {
	seg segment
	b   []byte
}

// maxEarly bounds what is held of them.
const maxEarly = 256 << 10

// inEarly says whether the flow's protected records are early data still.
func (f *flow) inEarly() bool {
	c := f.conv
	return f.up && !f.traffic && !f.early.over && c.hello != nil && c.hello.EarlyData && (c.version == 0 || c.version.Is13())
}

// tellEarly takes early data that could be opened, or could not.
func (f *flow) tellEarly(seg segment, b []byte, wire int, reason string) {
	f.pending(seg, b, wire, 1, reason)
	e, k := &f.early, f.conv.d.carried
	switch {
	case k == nil || e.answer == earlyRejected:
	case reason != "" || e.size+len(b) > maxEarly:
		e.missed = true
		if e.answer == earlyAccepted {
			k.lost(f, seg.at)
		}
	case e.answer == earlyAccepted:
		k.data(f, seg, b)
	default:
		e.held, e.size = append(e.held, heldEarly{seg, clone(b)}), e.size+len(b)
	}
}

// answerEarly takes what the server says to early data.
func (c *conversation) answerEarly(accepted bool, at time.Time) {
	f := c.flows[0]
	e, k := &f.early, c.d.carried
	if c.hello == nil || !c.hello.EarlyData || e.answer != earlyUnanswered {
		return
	}
	held := e.held
	e.held = nil
	if !accepted {
		e.answer, f.mask = earlyRejected, nil
		return
	}
	e.answer = earlyAccepted
	if k == nil {
		return
	}
	for _, h := range held {
		k.data(f, h.seg, h.b)
	}
	if e.missed {
		k.lost(f, at)
	}
}

// endOfEarlyData is the message that ends early data (RFC 8446 4.5).
var endOfEarlyData = []byte{byte(tlswire.HandshakeTypeEndOfEarlyData), 0, 0, 0}

// supplyEnd puts the end of early data into the transcript where it went by unopened:
// a server that accepted them has got it, and there is only one form of it.
func (c *conversation) supplyEnd(f *flow) {
	if !f.inEarly() {
		return
	}
	f.early.over = true // whatever comes is of the handshake
	if f.early.answer == earlyAccepted {
		c.proofs.add(endOfEarlyData)
	}
}

// mayBeEarly tells whether a protected record may be early data: the client has
// offered some, and its handshake's own keys are not in use yet. A server that
// turns it down passes over it, so it may come after the Server Hello, too
// (RFC 8446 4.2.10).
func (f *flow) mayBeEarly() bool {
	return f.opener == nil && f.inEarly()
}

// openEarly opens a record of early data. It returns false if it is none, or cannot
// be opened; wait says that its secret may still come.
func (f *flow) openEarly(rec tlswire.Record) (ct tlswire.ContentType, plain []byte, ok, wait bool) {
	c := f.conv
	if c.lookup(tlscrypt.LabelClientEarly) == nil {
		c.nameEarly(rec)
	}
	secret := c.lookup(tlscrypt.LabelClientEarly)
	if secret == nil {
		// A client that has told what follows tells none of early data any more.
		told := c.lookup(tlscrypt.LabelClientHandshake) != nil || c.lookup(tlscrypt.LabelServerHandshake) != nil
		return 0, nil, false, c.keyed && c.keys != nil && !told
	}
	if f.early.opener != nil {
		fragment := clone(rec.Fragment) // opening destroys what it cannot open
		ct, plain, err := f.early.opener.Open(tlswire.Record{Type: rec.Type, Version: rec.Version, Fragment: fragment})
		return ct, plain, err == nil, false
	}
	o := c.earlyOpener(secret, rec)
	if o == nil {
		return 0, nil, false, false
	}
	f.early.opener = o
	ct, plain, err := o.Open(tlswire.Record{Type: rec.Type, Version: rec.Version, Fragment: clone(rec.Fragment)})
	return ct, plain, err == nil, false
}

// earlyOpener returns what opens the first record of early data, nil if secret is not its:
// the suite is that of the earlier session, which no message names.
func (c *conversation) earlyOpener(secret []byte, rec tlswire.Record) *tlscrypt.Opener {
	for _, suite := range c.hello.CipherSuites {
		o, err := tlscrypt.NewTLS13Draft(c.version13(), suite, secret)
		if err == nil && opens(o, rec) {
			o, _ = tlscrypt.NewTLS13Draft(c.version13(), suite, secret) // the trial has used the record's number up
			return o
		}
	}
	return nil
}

// version13 is the version of what is under keys of TLS 1.3.
func (c *conversation) version13() tlswire.Version {
	if c.version == 0 {
		return tlswire.VersionTLS13
	}
	return c.version
}
