package proxy

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// clientQuiet is how long a client may say nothing before the server is listened
// to as well. A client that opens with a Client Hello does so at once; where the
// server speaks first, everybody waits for it.
const clientQuiet = 150 * time.Millisecond

// sniffSize is what the buffer for the first bytes begins with: room for any
// Client Hello of today.
const sniffSize = 4 << 10

// sniffed is what became known of a connection before anything was passed on.
// The bytes in it are still to be passed on.
type sniffed struct {
	what firstBytes
	scan helloScan
	at   time.Time // when the last of the client's bytes came
	err  error     // what reading the client ended with, if it did

	server    []byte // what the server said first
	serverErr error  // what reading the server ended with, if it did
}

// sniff reads the beginning of what the client sends until it is clear what it
// is, or until the server speaks first, or until the deadline; early was read
// before. It passes nothing on, and leaves both connections without a deadline.
func sniff(client, server net.Conn, early []byte, limit time.Duration) *sniffed {
	s := &sniffed{at: time.Now()}
	s.scan.buf = append(make([]byte, 0, max(sniffSize, len(early))), early...)
	if s.what = s.scan.next(); s.what != firstUndecided {
		return s
	}
	deadline := time.Now().Add(limit)
	defer client.SetReadDeadline(time.Time{})
	client.SetReadDeadline(time.Now().Add(min(clientQuiet, limit)))
	s.read(client)
	if !s.waits() {
		return s
	}
	client.SetReadDeadline(deadline)
	watch := watchServer(client, server, deadline)
	s.err = nil
	s.read(client)
	s.server, s.serverErr = watch.stop()
	spoke := len(s.server) > 0 // and so does not wait for a Client Hello, sent or not
	if spoke || s.serverErr != nil && s.what == firstUndecided {
		s.what, s.err = firstOther, clearTimeout(s.err)
	}
	return s
}

// waits reports whether the client has just said nothing for a while.
func (s *sniffed) waits() bool {
	return s.what == firstUndecided && errors.Is(s.err, os.ErrDeadlineExceeded)
}

func clearTimeout(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	return err
}

// read reads on until it is clear what the bytes are, or a read fails.
func (s *sniffed) read(client net.Conn) {
	for s.what == firstUndecided && s.err == nil {
		b := s.scan.buf
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
		n, err := client.Read(b[len(b):cap(b)])
		s.scan.buf, s.err = b[:len(b)+n], err
		if n > 0 {
			s.at = time.Now()
			s.what = s.scan.next()
		}
	}
	if s.err == io.EOF && len(s.scan.buf) < 2 {
		// Nobody can say that this was TLS: what the server answers to it is
		// not for the proxy to decide.
		s.what = firstOther
	}
}

// serverWatch listens for a server that speaks first.
type serverWatch struct {
	server net.Conn
	done   chan struct{}
	b      []byte
	err    error

	mu      sync.Mutex
	stopped bool
}

// watchServer reads from the server once, until the deadline, and interrupts the
// read that waits for the client as soon as the server has spoken or gone.
func watchServer(client, server net.Conn, deadline time.Time) *serverWatch {
	w := &serverWatch{server: server, done: make(chan struct{}), b: make([]byte, sniffSize)}
	server.SetReadDeadline(deadline)
	go func() {
		defer close(w.done)
		n, err := server.Read(w.b)
		w.b, w.err = w.b[:n], clearTimeout(err)
		w.mu.Lock()
		defer w.mu.Unlock()
		if !w.stopped && (n > 0 || w.err != nil) {
			client.SetReadDeadline(time.Unix(1, 0))
		}
	}()
	return w
}

// stop ends the watch and returns what the server has said.
func (w *serverWatch) stop() ([]byte, error) {
	w.mu.Lock()
	w.stopped = true
	w.mu.Unlock()
	w.server.SetReadDeadline(time.Unix(1, 0))
	<-w.done
	w.server.SetReadDeadline(time.Time{})
	return w.b, w.err
}
