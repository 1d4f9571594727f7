package proxy

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"tlsmitm/inspect/tlswire"
)

const (
	// waitSize is the buffer with which a direction waits for its next byte:
	// all that an idle connection holds of buffers here.
	waitSize = 512
	// bulkSize is what is moved at once while there is more.
	bulkSize = 64 << 10
	// maxPlaintext is the most that a TLS record holds (RFC 8446, section 5.1).
	maxPlaintext = 1 << 14
	// bulkPatience is how long a raw direction keeps a bulk buffer without a byte.
	bulkPatience = 20 * time.Millisecond
	// lastBytes is how long a peer that can no longer be written to may still
	// say what it has to say.
	lastBytes = 5 * time.Second
)

// bulk is what is borrowed for moving much at once.
type bulk struct {
	plain [bulkSize]byte
	wire  [bulkSize + bulkSize/32]byte // the same in TLS records
}

var bulks = sync.Pool{New: func() any { return new(bulk) }}

// end is one of a relay's two ends: TLS over a flow, or the flow itself.
type end struct {
	io.ReadWriter
	flow *flow
	tls  *tls.Conn   // nil if the flow is raw
	done atomic.Bool // the peer has said that it will send nothing more
	cut  atomic.Bool // the peer has closed without saying so before
}

// relay passes bytes between two ends, verbatim, until both directions are over.
// How a direction ends is passed on, too: an end that was announced by
// close_notify is announced, one that was not is not, and a reset is a reset.
type relay struct {
	c              *connection
	client, server end
	waits          [2][waitSize]byte
	halves         atomic.Int32 // directions in which nothing more will come
	running        atomic.Int32 // goroutines

	mu     sync.Mutex
	failed *problem // the first failure
	reset  bool     // the ends are to be closed with a reset
}

// relay passes bytes between the two in goroutines of its own, so that the stack
// that the caller's has grown for the handshakes is not held as long as the
// connection is. The last of them finishes the connection.
func (c *connection) relay(client, server io.ReadWriter) {
	c.client.watch, c.server.watch = false, false
	r := &relay{c: c}
	r.client.ReadWriter, r.client.flow = client, &c.client
	r.server.ReadWriter, r.server.flow = server, &c.server
	r.client.tls, _ = client.(*tls.Conn)
	r.server.tls, _ = server.(*tls.Conn)
	r.running.Store(2)
	c.relaying.Store(true)
	go r.run(&r.server, &r.client, r.waits[0][:])
	go r.run(&r.client, &r.server, r.waits[1][:])
}

// run is one direction, from its first byte to its end.
func (r *relay) run(dst, src *end, wait []byte) {
	defer func() {
		if v := recover(); v != nil {
			r.fail(wordsPanic(r.c.target, v, debug.Stack()), false)
			r.close()
		}
		if r.running.Add(-1) == 0 {
			r.c.finish(r.failed)
		}
	}()
	if early := r.c.early; src == &r.server && len(early) > 0 {
		if _, err := dst.Write(early); err != nil {
			r.unwritable(dst, err)
			return
		}
	}
	for {
		n, rerr := src.Read(wait)
		var werr error
		if n == len(wait) && rerr == nil {
			rerr, werr = src.move(dst, wait)
		} else if n > 0 {
			_, werr = dst.Write(wait[:n])
		}
		if werr != nil {
			r.unwritable(dst, werr)
			return
		}
		if rerr != nil {
			r.ended(dst, src, rerr, wait)
			return
		}
	}
}

// move passes on first, and whatever can be had after it without waiting for long,
// in as few writes as it takes.
func (src *end) move(dst *end, first []byte) (rerr, werr error) {
	if src.tls == nil {
		if _, werr = dst.Write(first); werr != nil {
			return nil, werr
		}
	}
	b := bulks.Get().(*bulk)
	if src.tls == nil {
		rerr, werr = src.moveRaw(dst, b.plain[:])
	} else {
		rerr, werr = src.moveTLS(dst, first, b)
	}
	bulks.Put(b) // not after a panic: the flow may still hold it
	return rerr, werr
}

// moveTLS takes what crypto/tls has read from the socket already: the rest of a
// record, and the records behind it.
func (src *end) moveTLS(dst *end, first []byte, b *bulk) (rerr, werr error) {
	n := copy(b.plain[:], first)
	src.flow.noWait = true
	for n < len(b.plain) && rerr == nil {
		var m int
		m, rerr = src.Read(b.plain[n:])
		n += m
	}
	src.flow.noWait = false
	if errors.Is(rerr, errNoWait) {
		rerr = nil
	}
	if n <= maxPlaintext {
		_, werr = dst.Write(b.plain[:n])
		return rerr, werr
	}
	dst.flow.cork(b.wire[:])
	_, werr = dst.Write(b.plain[:n])
	if err := dst.flow.uncork(); werr == nil {
		werr = err
	}
	return rerr, werr
}

// moveRaw goes on until nothing comes for a moment: only the socket knows whether
// there is more, and only by being read.
func (src *end) moveRaw(dst *end, buf []byte) (rerr, werr error) {
	for {
		src.flow.raw.SetReadDeadline(time.Now().Add(bulkPatience))
		n, rerr := src.Read(buf)
		if n > 0 {
			if _, werr := dst.Write(buf[:n]); werr != nil {
				return nil, werr
			}
		}
		if rerr != nil {
			src.flow.raw.SetReadDeadline(time.Time{})
			if isTimeout(rerr) {
				rerr = nil
			}
			return rerr, nil
		}
	}
}

// ended passes on how src has ended its direction.
func (r *relay) ended(dst, src *end, err error, wait []byte) {
	switch {
	case err == io.EOF && src.tls != nil && !src.flow.fin.Load():
		src.done.Store(true)
		dst.tls.CloseWrite()
		if r.half() {
			r.awaitFIN(dst, src, wait)
		}
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		// Cut off: the other side must not take it for complete.
		src.cut.Store(true)
		src.done.Store(true)
		dst.flow.CloseWrite()
		r.half()
	case src.flow.reset.Load():
		r.fail(r.gone(src, err), true)
		r.close()
	default:
		r.fail(r.broken(src, err), false)
		r.close()
	}
}

// half counts a direction that has ended, closes both sockets if it is the
// second, and reports whether it was the first.
func (r *relay) half() bool {
	if r.halves.Add(1) == 1 {
		return true
	}
	r.close()
	return false
}

// awaitFIN waits for a peer that has announced its end to end the TCP connection
// too, which is then passed on. RFC 8446, section 6.1: data after the
// announcement is ignored.
func (r *relay) awaitFIN(dst, src *end, scratch []byte) {
	for {
		switch _, err := src.flow.Read(scratch); {
		case err == nil:
		case err == io.EOF:
			dst.flow.CloseWrite()
			return
		default:
			if src.flow.reset.Load() {
				r.fail(r.gone(src, err), true)
				r.close()
			}
			return
		}
	}
}

// unwritable ends the direction to a peer that takes nothing more. What it may
// still have to say is waited for.
func (r *relay) unwritable(dst *end, err error) {
	if isReset(err) {
		r.fail(r.gone(dst, err), true)
	} else {
		r.fail(r.broken(dst, err), false)
	}
	dst.flow.raw.SetReadDeadline(time.Now().Add(lastBytes))
	r.half()
}

// gone is the failure that a peer's disappearance is: none, if it or the other one
// had said before that it would send nothing more. A client that closes with the
// server's close_notify unread makes its system send a reset.
func (r *relay) gone(e *end, err error) *problem {
	switch {
	case r.client.done.Load() || r.server.done.Load():
		return nil
	case e == &r.client:
		return wordsClientReset(r.c.target, r.c.from(), err)
	default:
		return wordsServerReset(r.c.target, err)
	}
}

// broken is the failure of an end that did not just go: none, if it was closed here,
// which has its reason elsewhere, or if it complains that the other one has closed
// without close_notify. OpenSSL answers that with an alert, and many programs always
// close so.
func (r *relay) broken(e *end, err error) *problem {
	d, alerted := remoteAlert(err)
	switch {
	case errors.Is(err, net.ErrClosed):
		return nil
	case alerted && e == &r.client && r.server.cut.Load(), alerted && e == &r.server && r.client.cut.Load():
		return nil
	case e == &r.client && alerted && rejectsCertificate(d):
		return wordsClientRejected(r.c.target, r.c.from(), d, r.c.p.page(), err)
	case e == &r.client:
		return wordsClientBroke(r.c.target, r.c.from(), err)
	case alerted && (d == tlswire.AlertCertificateRequired || rejectsCertificate(d)):
		// Under TLS 1.3 a server looks at the client's certificate, or at there
		// being none, when the handshake is over for the client.
		return wordsUpstreamAlert(r.c.target, d, err)
	default:
		return wordsServerBroke(r.c.target, err)
	}
}

// fail keeps the first failure.
func (r *relay) fail(prob *problem, reset bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failed == nil {
		r.failed = prob
	}
	r.reset = r.reset || reset
}

// close closes both sockets, which ends both directions.
func (r *relay) close() {
	r.mu.Lock()
	reset := r.reset
	r.mu.Unlock()
	if reset {
		r.client.flow.abort()
		r.server.flow.abort()
		return
	}
	r.client.flow.raw.Close()
	r.server.flow.raw.Close()
}
