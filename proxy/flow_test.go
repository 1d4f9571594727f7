package proxy

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"tlsmitm/inspect/tlswire"
)

// crypto/tls must go on where it was when a read has answered errNoWait: in the
// middle of a record, between records, and among handshake messages. The relay
// rests on it.
func TestNoWaitMidRecord(t *testing.T) {
	for _, v := range []uint16{tls.VersionTLS10, tls.VersionTLS12, tls.VersionTLS13} {
		for _, server := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s server=%v", tls.VersionName(v), server), func(t *testing.T) {
				a, b := net.Pipe()
				cert := pki.leaf(nil, "origin.example")
				stutter := &stutterConn{}
				scfg := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS10, MaxVersion: v}
				ccfg := &tls.Config{ServerName: "origin.example", RootCAs: pki.pool, MinVersion: tls.VersionTLS10}
				var reader, writer *tls.Conn
				if server {
					stutter.Conn = a
					reader, writer = tls.Server(stutter, scfg), tls.Client(b, ccfg)
				} else {
					stutter.Conn = b
					reader, writer = tls.Client(stutter, ccfg), tls.Server(a, scfg)
				}
				done := make(chan error, 1)
				go func() { done <- writer.Handshake() }()
				if err := reader.Handshake(); err != nil {
					t.Fatal(err)
				}
				if err := <-done; err != nil {
					t.Fatal(err)
				}
				stutter.on = true
				const size = 300 << 10
				go func() {
					io.Copy(writer, noise(size, 7))
					writer.CloseWrite()
				}()
				stops := 0
				err := sameBytes(readerFunc(func(p []byte) (int, error) {
					for {
						n, err := reader.Read(p)
						if errors.Is(err, errNoWait) {
							if stops++; n == 0 {
								continue
							}
							err = nil
						}
						return n, err
					}
				}), noise(size, 7))
				if err != nil {
					t.Error(err)
				}
				if stops < 100 {
					t.Errorf("only %d reads answered that nothing is ready: the test tests nothing", stops)
				}
				a.Close()
				b.Close()
			})
		}
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

// stutterConn answers every other read with errNoWait, and gives few bytes.
type stutterConn struct {
	net.Conn
	on   bool
	odd  bool
	turn int
}

func (s *stutterConn) Read(b []byte) (int, error) {
	if !s.on {
		return s.Conn.Read(b)
	}
	if s.odd = !s.odd; s.odd {
		return 0, errNoWait
	}
	s.turn = s.turn*7%1999 + 1
	return s.Conn.Read(b[:min(len(b), s.turn)])
}

func TestFlowAlert(t *testing.T) {
	alert := []byte{21, 3, 3, 0, 2, 2, 48}
	for _, c := range []struct {
		name string
		read []string
		want bool
	}{
		{"alone", []string{string(alert)}, true},
		{"behind a change cipher spec", []string{"\x14\x03\x03\x00\x01\x01" + string(alert)}, true},
		{"in pieces", []string{string(alert[:3]), string(alert[3:6]), string(alert[6:])}, true},
		{"close_notify", []string{string(alert[:5]) + "\x01\x00"}, false},
		{"with more behind it", []string{string(alert), "x"}, false},
		{"half", []string{string(alert[:6])}, false},
		{"nothing", nil, false},
	} {
		f := &flow{watch: true}
		for _, b := range c.read {
			f.note([]byte(b), nil)
		}
		if d, ok := f.alert(); ok != c.want || ok && d != tlswire.AlertUnknownCA {
			t.Errorf("%s: %v %v", c.name, d, ok)
		}
	}
}
