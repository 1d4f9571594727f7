package main

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// capturedTalk is a conversation of crypto/tls with itself, as a capture has it.
type capturedTalk struct {
	mu     sync.Mutex
	keys   bytes.Buffer
	frames [][]byte
	seq    [2]uint32
	port   uint16
}

func (c *capturedTalk) Write(line []byte) (int, error) { return c.keys.Write(line) }

// capturedConn records at the client's end.
type capturedConn struct {
	net.Conn
	to *capturedTalk
}

func (c capturedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.to.segments(1, b[:n])
	return n, err
}

func (c capturedConn) Write(b []byte) (int, error) {
	c.to.segments(0, b)
	return c.Conn.Write(b)
}

func (c *capturedTalk) segments(side int, b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for ; len(b) > 0; b = b[min(len(b), 1460):] {
		c.segment(side, 0x18, b[:min(len(b), 1460)])
	}
}

// segment adds a frame: Ethernet, IPv4, TCP. Side 0 is the client.
func (c *capturedTalk) segment(side int, flags byte, data []byte) {
	be := binary.BigEndian
	f := make([]byte, 54, 54+len(data))
	be.PutUint16(f[12:], 0x0800)
	f[14] = 0x45
	be.PutUint16(f[16:], uint16(40+len(data)))
	f[22], f[23] = 64, 6
	copy(f[26:], []byte{192, 0, 2, byte(1 + side), 192, 0, 2, byte(2 - side)})
	ports := [2]uint16{c.port, 443}
	be.PutUint16(f[34:], ports[side])
	be.PutUint16(f[36:], ports[1-side])
	be.PutUint32(f[38:], c.seq[side])
	be.PutUint32(f[42:], c.seq[1-side])
	f[46], f[47] = 5<<4, flags
	c.frames = append(c.frames, append(f, data...))
	c.seq[side] += uint32(len(data))
	if flags&3 != 0 {
		c.seq[side]++
	}
}

// captured has a client ask and a server answer, and returns what a capture of it
// would hold.
func captured(question, answer string) (*capturedTalk, error) {
	return capturedBetween(&tls.Config{}, &tls.Config{}, question, answer)
}

// capturedBetween does so with settings.
func capturedBetween(ask, serve *tls.Config, question, answer string) (*capturedTalk, error) {
	c := &capturedTalk{port: 40000, seq: [2]uint32{100, 7000}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer l.Close()
	a, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		return nil, err
	}
	defer a.Close()
	b, err := l.Accept()
	if err != nil {
		return nil, err
	}
	c.segment(0, 2, nil)
	c.segment(1, 0x12, nil)
	c.segment(0, 0x10, nil)
	served := make(chan error, 1)
	go func() {
		defer b.Close()
		serve.Certificates = []tls.Certificate{capturedCertificate()}
		s := tls.Server(b, serve)
		_, err := io.ReadFull(s, make([]byte, len(question)))
		if err == nil {
			_, err = io.WriteString(s, answer)
		}
		s.Close()
		served <- err
	}()
	ask.InsecureSkipVerify, ask.ServerName, ask.KeyLogWriter = true, "captured.example", c
	client := tls.Client(capturedConn{a, c}, ask)
	if _, err := io.WriteString(client, question); err != nil {
		return nil, err
	}
	if _, err := io.ReadAll(client); err != nil {
		return nil, err
	}
	client.Close()
	for side := range 2 {
		c.segment(side, 0x11, nil)
	}
	return c, <-served
}

// pcap is the file of it.
func (c *capturedTalk) pcap() []byte {
	le := binary.LittleEndian
	b := le.AppendUint32(nil, 0xa1b2c3d4)
	b = append(b, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0)
	for i, f := range c.frames {
		b = le.AppendUint32(le.AppendUint32(b, 1700000000), uint32(i*1000))
		b = le.AppendUint32(le.AppendUint32(b, uint32(len(f))), uint32(len(f)))
		b = append(b, f...)
	}
	return b
}

var capturedCertificate = sync.OnceValue(func() tls.Certificate {
	cert, _, err := demoCertificate(time.Now())
	if err != nil {
		panic(err)
	}
	return cert
})

const (
	capturedQuestion = "GET /captured HTTP/1.1\r\nHost: captured.example\r\n\r\n"
	capturedAnswer   = "HTTP/1.1 200 OK\r\nContent-Length: 17\r\nContent-Type: text/plain\r\n\r\nhello from a file"
)

// capture FILE KEYS writes a capture of an HTTPS request, and its keys.
func scriptCapture(ts *testscript.TestScript, neg bool, args []string) {
	c, err := captured(capturedQuestion, capturedAnswer)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), c.pcap(), 0o644))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), c.keys.Bytes(), 0o600))
}

// shorten FILE NEW N writes FILE without its last N bytes, or, if N is negative, its
// first -N alone.
func scriptShorten(ts *testscript.TestScript, neg bool, args []string) {
	n, err := strconv.Atoi(args[2])
	ts.Check(err)
	b := []byte(ts.ReadFile(args[0]))
	if n < 0 {
		n += len(b)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b[:len(b)-n], 0o644))
}

// relink FILE NEW N writes a capture with another link type.
func scriptRelink(ts *testscript.TestScript, neg bool, args []string) {
	n, err := strconv.Atoi(args[2])
	ts.Check(err)
	b := []byte(ts.ReadFile(args[0]))
	binary.LittleEndian.PutUint32(b[20:], uint32(n))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b, 0o644))
}

// TestReadIsLive reads from a pipe: what has come is shown before there is more, and
// secrets that come later open what waits.
func TestReadIsLive(t *testing.T) {
	c, err := captured(capturedQuestion, capturedAnswer)
	if err != nil {
		t.Fatal(err)
	}
	keys := filepath.Join(t.TempDir(), "keys.log")
	in, feed, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, shown, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p := &app{stdin: in, stdout: shown, stderr: os.Stderr, lookupEnv: func(string) (string, bool) { return "", false }}
	status := make(chan int, 1)
	go func() {
		status <- p.main([]string{"read", "--view", "lines", "--keylog", keys, "-"})
		shown.Close()
	}()
	file := c.pcap()
	// Everything but the end of the last frame.
	if _, err := feed.Write(file[:len(file)-10]); err != nil {
		t.Fatal(err)
	}
	lines := newLineReader(out)
	lines.await(t, "Client Hello")
	if err := os.WriteFile(keys, c.keys.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	lines.await(t, "HTTP/1.1 200 OK")
	feed.Write(file[len(file)-10:])
	feed.Close()
	lines.await(t, "closed")
	if got := <-status; got != exitDone {
		t.Errorf("it ended with status %d", got)
	}
}

// lineReader collects what a program writes.
type lineReader struct {
	mu   sync.Mutex
	text strings.Builder
}

func newLineReader(from io.Reader) *lineReader {
	l := &lineReader{}
	go func() {
		b := make([]byte, 4096)
		for {
			n, err := from.Read(b)
			l.mu.Lock()
			l.text.Write(b[:n])
			l.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return l
}

// await waits until it has written something.
func (l *lineReader) await(t *testing.T, what string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(2 * time.Millisecond) {
		l.mu.Lock()
		text := l.text.String()
		l.mu.Unlock()
		if strings.Contains(text, what) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%q does not appear in:\n%s", what, text)
		}
	}
}
