package explain

import (
	"hash/maphash"

	"tlsmitm/inspect"
)

// Conversation explains the events of one connection, given in order. It
// remembers what later sentences refer to, within fixed bounds, and is used
// from one goroutine.
type Conversation struct {
	say          *catalogue
	target       string
	mode         inspect.Mode
	frames       map[flow]*http2Flow
	passed       []passed
	seed         maphash.Seed
	verification *inspect.Verification
	diagnosed    bool
}

// Conversation begins to explain a connection.
func (w *Words) Conversation() *Conversation {
	return &Conversation{say: w.say, frames: make(map[flow]*http2Flow), seed: maphash.MakeSeed()}
}

// Note says what an event means; the note is empty for those that mean nothing
// to a reader. Data events go either here or to Data, once.
func (c *Conversation) Note(e *inspect.Event) Note {
	switch b := e.Body.(type) {
	case *inspect.ConnOpen:
		c.target, c.mode = b.Target, b.Mode
	case *inspect.Message:
		return c.message(e, b)
	case *inspect.Data:
		return c.Data(e).Note
	case *inspect.Verification:
		c.verification = b
		return c.verified(b)
	case *inspect.Difference:
		return c.difference(b)
	case *inspect.Established:
		return c.established(b)
	case *inspect.Malformed:
		return c.malformed(b)
	case *inspect.Diagnosis:
		return c.diagnosis(b).note()
	case *inspect.Loss:
		return c.loss(b)
	case *inspect.ConnClose:
		return c.closed(b)
	default:
		return c.carried(e)
	}
	return nil
}

func (c *Conversation) malformed(m *inspect.Malformed) (n Note) {
	n.tone(Warning, c.say.unreadable(c.say.reason(m.Reason)))
	return n
}

func (c *Conversation) loss(l *inspect.Loss) (n Note) {
	why, ok := c.say.lost[l.Reason]
	if !ok {
		why = Value(string(l.Reason))
	}
	if l.Bytes > 0 {
		n.tone(Warning, c.say.notInspected(Bytes(l.Bytes)))
	}
	n.tone(Warning, why)
	n.say(c.say.lossHarmless)
	return n
}

// established sums a handshake up.
func (c *Conversation) established(s *inspect.Established) (n Note) {
	n.say(s.Version.String())
	n.say(s.CipherSuite.String())
	if s.Group != 0 {
		n.say(s.Group.String())
	}
	if s.ALPN != "" {
		n.say("ALPN " + Value(s.ALPN))
	}
	if s.Resumed {
		n.say(c.say.resumed)
	}
	if s.HelloRetry {
		n.say(c.say.afterRetry)
	}
	if s.EncryptedHello {
		n.say(c.say.echAccepted)
	}
	switch {
	case s.ClientCertSent:
		n.say(c.say.clientCertSent)
	case s.ClientCertAsk:
		n.tone(Warning, c.say.clientCertMissing)
	}
	c.proven(&n, s.Proof)
	n.say(Elapsed(s.Duration))
	return n
}

// closed tells why a connection ended, how long it was, and what passed.
func (c *Conversation) closed(cl *inspect.ConnClose) (n Note) {
	words, ok := c.say.causes[cl.Cause]
	text := words.closed
	if !ok {
		text = Value(string(cl.Cause))
	}
	tone := Plain
	if cl.Cause != inspect.CauseOK && cl.Cause != inspect.CauseShutdown {
		tone = Warning
	}
	n.tone(tone, text)
	if cl.Error != "" && !c.diagnosed {
		n.tone(Faint, Value(cl.Error))
	}
	n.say(Elapsed(cl.Duration))
	up, down := c.passedBytes(cl.Flows)
	if up != 0 || down != 0 {
		n.say(c.say.transferred(Bytes(up), Bytes(down)))
	}
	return n
}

// passedBytes returns what the client sent and got: on the leg that it is on,
// or the server's leg if there was none.
func (c *Conversation) passedBytes(flows []inspect.FlowTotal) (up, down int64) {
	at := inspect.LegServer
	for _, f := range flows {
		if f.Leg != inspect.LegServer && f.Bytes > 0 {
			at = f.Leg
		}
	}
	for _, f := range flows {
		switch {
		case f.Leg != at:
		case f.From == inspect.PartyClient || f.To == inspect.PartyServer:
			up += f.Bytes
		default:
			down += f.Bytes
		}
	}
	return up, down
}
