package inspect

import (
	"tlsmitm/inspect/tlscrypt"
	"tlsmitm/inspect/tlswire"
)

// earlyData is what a client sends before it has heard from the server, under the
// keys of the session that it takes up again (RFC 8446 2.3).
type earlyData struct {
	opener *tlscrypt.Opener
	over   bool // the client has said so
}

// mayBeEarly tells whether a protected record may be early data: the client has
// offered some, and its handshake's own keys are not in use yet. A server that
// turns it down passes over it, so it may come after the Server Hello, too
// (RFC 8446 4.2.10).
func (f *flow) mayBeEarly() bool {
	c := f.conv
	return f.up && f.opener == nil && !f.traffic && !f.early.over && c.hello != nil && c.hello.EarlyData &&
		(c.version == 0 || c.version.Is13())
}

// openEarly opens a record of early data. It returns false if it is none, or cannot
// be opened; wait says that its secret may still come.
func (f *flow) openEarly(rec tlswire.Record) (ct tlswire.ContentType, plain []byte, ok, wait bool) {
	c := f.conv
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
	// The suite is that of the earlier session, which no message names.
	for _, suite := range c.hello.CipherSuites {
		o, err := tlscrypt.NewTLS13Draft(c.version13(), suite, secret)
		if err != nil {
			continue
		}
		ct, plain, err := o.Open(tlswire.Record{Type: rec.Type, Version: rec.Version, Fragment: clone(rec.Fragment)})
		if err == nil {
			f.early.opener = o
			return ct, plain, true, false
		}
	}
	return 0, nil, false, false
}

// version13 is the version of what is under keys of TLS 1.3.
func (c *conversation) version13() tlswire.Version {
	if c.version == 0 {
		return tlswire.VersionTLS13
	}
	return c.version
}
