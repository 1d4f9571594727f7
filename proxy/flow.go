package proxy

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"

	"tlsmitm/inspect/tlswire"
)

// errNoWait is what a flow answers instead of waiting. It is temporary, which
// crypto/tls takes as leave to go on with the same record later.
var errNoWait net.Error = noWaitError{}

type noWaitError struct{}

func (noWaitError) Error() string   { return "proxy: nothing is ready" }
func (noWaitError) Timeout() bool   { return true }
func (noWaitError) Temporary() bool { return true }

// alertRecordLen is a plaintext alert's size on the wire: a record header, a
// level and a description (RFC 8446, sections 5.1 and 6).
const alertRecordLen = tlswire.RecordHeaderLen + 2

// flow is a peer's connection as crypto/tls, or a raw relay, sees it: the tapped
// socket, with what was read in order to sniff given out once more before it.
// One goroutine reads and another may write.
type flow struct {
	net.Conn          // the tap, or the socket where nothing is inspected
	raw      net.Conn // the socket: for half-close, linger and deadlines

	// What was read before the flow existed. The tap knows these bytes already.
	replay    []byte
	replayErr error // what the read after them answered; nil if there was none

	owner  *connection
	out    sync.Mutex // guards corked, and the order of what is written
	corked []byte     // collects writes; nil while they go out one by one
	noWait bool       // answer errNoWait instead of touching the socket
	watch  bool       // remember the last bytes, for an alert among them
	last   [alertRecordLen]byte

	fin   atomic.Bool // the peer has ended its side of the TCP connection
	reset atomic.Bool // the peer has reset it

	received, sent atomic.Int64 // bytes on the wire
}

// start makes the flow that of raw, through tapped.
func (f *flow) start(raw, tapped net.Conn) {
	f.raw, f.Conn, f.watch = raw, tapped, true
}

// Read gives the sniffed bytes first, and then what comes from the peer.
func (f *flow) Read(b []byte) (int, error) {
	if len(f.replay) > 0 {
		n := copy(b, f.replay)
		if f.replay = f.replay[n:]; len(f.replay) == 0 {
			f.replay = nil
		}
		f.note(b[:n], nil)
		return n, nil
	}
	if f.replayErr != nil {
		f.note(nil, f.replayErr)
		return 0, f.replayErr
	}
	if f.noWait {
		return 0, errNoWait
	}
	n, err := f.Conn.Read(b)
	f.note(b[:n], err)
	return n, err
}

// note keeps what an error of crypto/tls does not tell.
func (f *flow) note(b []byte, err error) {
	if len(b) > 0 {
		f.received.Add(int64(len(b)))
		if f.watch {
			if len(b) < alertRecordLen {
				copy(f.last[:], f.last[len(b):])
				copy(f.last[alertRecordLen-len(b):], b)
			} else {
				copy(f.last[:], b[len(b)-alertRecordLen:])
			}
		}
	}
	if err != nil {
		if err == io.EOF {
			f.fin.Store(true)
		} else if isReset(err) {
			f.reset.Store(true)
		}
	}
}

// Write sends b to the peer, or keeps it while the flow is corked.
func (f *flow) Write(b []byte) (int, error) {
	f.out.Lock()
	defer f.out.Unlock()
	if f.corked != nil {
		f.corked = append(f.corked, b...)
		return len(b), nil
	}
	return f.send(b)
}

func (f *flow) send(b []byte) (int, error) {
	n, err := f.Conn.Write(b)
	f.sent.Add(int64(n))
	return n, err
}

// cork collects what is written from now on in buf, until uncork sends it at once.
func (f *flow) cork(buf []byte) {
	f.out.Lock()
	f.corked = buf[:0]
	f.out.Unlock()
}

// uncork sends what has been collected.
func (f *flow) uncork() error {
	f.out.Lock()
	defer f.out.Unlock()
	b := f.corked
	f.corked = nil
	if len(b) == 0 {
		return nil
	}
	_, err := f.send(b)
	return err
}

// alert returns the plaintext alert that ended what the peer has sent. A TLS 1.3
// client of OpenSSL's sends one where crypto/tls expects an encrypted record and
// reports no more than a bad one.
func (f *flow) alert() (tlswire.AlertDescription, bool) {
	rec, n, err := tlswire.ParseRecord(f.last[:])
	if err != nil || n != alertRecordLen || rec.Type != tlswire.ContentTypeAlert {
		return 0, false
	}
	a, err := tlswire.ParseAlert(rec.Fragment)
	return a.Description, err == nil && a.Description != tlswire.AlertCloseNotify
}

// CloseWrite ends this side of the TCP connection. Where the socket cannot be
// half-closed it is closed: the peer must learn that nothing more will come.
func (f *flow) CloseWrite() error {
	if c, ok := f.raw.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return f.raw.Close()
}

// abort closes the connection with a reset.
func (f *flow) abort() {
	if c, ok := f.raw.(interface{ SetLinger(sec int) error }); ok {
		c.SetLinger(0)
	}
	f.raw.Close()
}

// What Windows calls a reset; numbers that no other system uses.
const (
	wsaConnAborted = syscall.Errno(10053)
	wsaConnReset   = syscall.Errno(10054)
)

// isReset reports whether err says that the peer has reset the connection, or is
// no longer there to be written to.
func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) ||
		errors.Is(err, wsaConnReset) || errors.Is(err, wsaConnAborted)
}
