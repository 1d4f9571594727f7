package inspect

import (
	"bytes"

	"tlsmitm/inspect/tlswire"
)

// TLS may begin in a connection that spoke another protocol before: a client says
// STARTTLS in mail, news, directory and message protocols, asks a database for it, or
// has a proxy connect it. It is found by what it looks like, on any port.
//
// After the server has spoken, a hello that is whole and sound is enough: nothing else
// has the form. A client may say it without waiting, too, right behind its own words
// (MySQL, a proxy protocol's header, a CONNECT in haste). There it must be confirmed by
// a server that answers as TLS does, since a file that is sent may hold anything, such
// as a capture.

// maxUnconfirmed bounds what is held of a client after what may be a hello, until the
// server's answer tells.
const maxUnconfirmed = 1 << 16

// lateStart is where TLS may begin in a conversation that is something else so far.
type lateStart struct {
	spoke     *flow // which of the flows had bytes last
	afterTurn bool  // what the client's flow holds began when the server had spoken
	unheard   bool  // what the client said last was not captured: the server may answer a hello
	found     bool  // what it holds begins with a sound hello, to be confirmed
	heard     int   // bytes of the server since then that are no answer
}

// other takes bytes of a conversation that is not TLS, so far.
func (f *flow) other(seg segment, b []byte) {
	l := &f.conv.start
	if len(f.rest) == 0 && (!f.up && !l.found && !l.unheard || f.up && bytes.IndexByte(b, byte(tlswire.ContentTypeHandshake)) < 0) {
		if !f.up {
			f.conv.flow(true).release()
		}
		l.spoke = f
		f.data(seg, b, seg.n, 0, "")
		return
	}
	f.segs = append(f.segs, seg)
	f.rest = append(f.rest, b...)
	f.look(len(b))
}

// look searches what the flow holds, of which the last n bytes have just come.
func (f *flow) look(n int) {
	l := &f.conv.start
	turned := l.spoke != nil && l.spoke != f
	l.spoke = f
	switch {
	case f.up:
		if len(f.rest) == n {
			l.afterTurn = turned
		}
		f.search()
	case l.found:
		f.answer()
	case l.unheard:
		f.answerUnheard()
	default:
		f.conv.flow(true).release() // it may have been about to say hello, but was not waited for
		f.let(len(f.rest))
	}
}

// search looks for a hello in what a client says, and lets go of what is before it. One
// that too much follows before the server has answered was none.
func (f *flow) search() {
	l := &f.conv.start
	at := 0
	if l.found {
		if len(f.rest) <= maxUnconfirmed {
			return
		}
		l.found, at = false, 1
	}
	if l.afterTurn {
		switch likeHello(f.rest) {
		case yes:
			f.conv.turnToTLS()
			return
		case maybe:
			return
		}
		l.afterTurn, at = false, 1
	}
	for at < len(f.rest) {
		next := bytes.IndexByte(f.rest[at:], byte(tlswire.ContentTypeHandshake))
		if next < 0 {
			break
		}
		at += next
		v := likeHello(f.rest[at:])
		if v == maybe || v == yes && len(f.rest)-at <= maxUnconfirmed {
			f.let(at)
			l.found, l.heard = v == yes, 0
			return
		}
		at++
	}
	f.let(len(f.rest))
}

// answer looks for an answer to the client's hello in what the server says. What is
// before it is let go, and if that is too much, the hello was none.
func (f *flow) answer() {
	l := &f.conv.start
	at, v := 0, no
	for ; at < len(f.rest) && l.heard+at <= maxUnconfirmed; at++ {
		if v = likeAnswer(f.rest[at:]); v != no {
			break
		}
	}
	switch {
	case l.heard+at > maxUnconfirmed:
		f.conv.flow(true).release()
		f.let(len(f.rest))
	case v == yes:
		f.let(at)
		f.conv.turnToTLS()
	default:
		l.heard += at
		f.let(at)
	}
}

// answerUnheard looks whether the server answers a hello that was not captured.
func (f *flow) answerUnheard() {
	switch likeHandshake(f.rest, tlswire.HandshakeTypeServerHello) {
	case yes:
		f.conv.turnToTLS()
	case no:
		f.conv.start.unheard = false
		f.let(len(f.rest))
	}
}

// let tells of the first n bytes that the flow holds: they are not TLS.
func (f *flow) let(n int) {
	if n == 0 {
		return
	}
	f.data(f.consume(n), f.rest[:n], n, 0, "")
	if f.rest = f.rest[n:]; len(f.rest) == 0 {
		f.rest = nil
	}
}

// release gives up that what the client's flow holds is a hello.
func (f *flow) release() {
	if len(f.rest) == 0 || !f.raw {
		return
	}
	f.conv.start.found, f.conv.start.afterTurn = false, false
	f.let(len(f.rest))
	other := f.conv.flow(!f.up)
	other.let(len(other.rest))
}

// gapInOther takes that n bytes are missing of a conversation that is not TLS, so far.
// They may have been the server's part before the client's hello, or the hello.
func (f *flow) gapInOther(seg segment, n int64) {
	client := f.conv.flow(true)
	if !f.up && client.isHello() {
		f.conv.turnToTLS()
		f.hole(seg, n)
		return
	}
	client.release()
	f.let(len(f.rest))
	f.conv.start.spoke, f.conv.start.unheard = f, f.up
}

// isHello tells whether what the client's flow holds is a hello with nothing behind it,
// which waits to be confirmed.
func (f *flow) isHello() bool { return f.conv.start.found && len(f.rest) == recordLen(f.rest) }

// turnToTLS has both directions read as TLS, from what they hold on.
func (c *conversation) turnToTLS() {
	c.d.flushData()
	c.start = lateStart{}
	for _, f := range c.flows {
		f.raw, f.began = false, true
	}
	c.process()
}

// leaveTLS takes b, which comes after a close_notify and is no record, for data in the
// clear: so it is with FTP, whose client may end TLS and go on (RFC 4217 section 12.3).
func (f *flow) leaveTLS(b []byte) {
	f.conv.d.flushData()
	f.raw = true
	f.data(f.consume(len(b)), b, len(b), 0, "")
}

// endOther decides what becomes of a hello that nobody answered: with nothing behind it,
// it is one.
func (f *flow) endOther() {
	if f.up && f.isHello() {
		f.conv.turnToTLS()
		return
	}
	f.let(len(f.rest))
}
