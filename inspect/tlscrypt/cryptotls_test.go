package tlscrypt

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"testing"

	"tlsmitm/inspect/internal/selfsigned"
	"tlsmitm/inspect/tlswire"
)

// tapped is the client's end of a connection; what passes goes into a capture.
type tapped struct {
	net.Conn
	c *capture
}

func (t tapped) Read(b []byte) (int, error) {
	n, err := t.Conn.Read(b)
	t.c.add(1, b[:n])
	return n, err
}

func (t tapped) Write(b []byte) (int, error) {
	t.c.add(0, b)
	return t.Conn.Write(b)
}

// sizes of what each end sends in turn: around the ciphers' blocks, a whole
// record, and one that takes two.
var sizes = []int{1, 15, 16, 17, 63, 64, 65, 300, 1 << 14, 1<<14 + 1}

// talk runs a connection between two ends of crypto/tls, and returns it.
func talk(t *testing.T, version uint16, suite uint16) *capture {
	t.Helper()
	c := new(capture)
	ec, rs := selfsigned.ECDSA(), selfsigned.RSA()
	client, server := net.Pipe()
	defer client.Close()
	c.sent[0], c.sent[1] = noise(1), noise(2)
	done := make(chan error, 1)
	go func() {
		defer server.Close()
		s := tls.Server(server, &tls.Config{Certificates: []tls.Certificate{ec, rs}, MinVersion: version, MaxVersion: version, CipherSuites: []uint16{suite}})
		done <- exchange(s, c.sent[0], c.sent[1], true)
	}()
	end := tls.Client(tapped{client, c}, &tls.Config{InsecureSkipVerify: true, MinVersion: version, MaxVersion: version,
		CipherSuites: []uint16{suite}, KeyLogWriter: c})
	if err := exchange(end, c.sent[1], c.sent[0], false); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return c
}

// noise is the bytes of all sizes.
func noise(seed byte) []byte {
	n := 0
	for _, size := range sizes {
		n += size
	}
	b := make([]byte, n)
	for i := range b {
		b[i] = seed + byte(i*i>>7)
	}
	return b
}

// exchange reads and writes in turn, a size at a time.
func exchange(c *tls.Conn, read, write []byte, first bool) error {
	for _, n := range sizes {
		for range 2 {
			if first = !first; first {
				if _, err := c.Write(write[:n]); err != nil {
					return err
				}
				write = write[n:]
				continue
			}
			got := make([]byte, n)
			if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, read[:n]) {
				return fmt.Errorf("reading %d bytes: %w", n, err)
			}
			read = read[n:]
		}
	}
	return nil
}

func TestAgainstCryptoTLS(t *testing.T) {
	tried := 0
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		for _, version := range s.SupportedVersions {
			if version == tls.VersionTLS13 && s.ID != tls.TLS_AES_128_GCM_SHA256 {
				continue // crypto/tls leaves no choice there
			}
			tried++
			t.Run(fmt.Sprintf("%s %s", tlswire.Version(version), s.Name), func(t *testing.T) {
				r := talk(t, version, s.ID).replay(t)
				r.check()
				if version != tls.VersionTLS13 && r.answer.CipherSuite != tlswire.CipherSuite(s.ID) {
					t.Fatalf("they chose %s", r.answer.CipherSuite)
				}
			})
		}
	}
	if tried < 40 {
		t.Errorf("crypto/tls has %d pairs of version and suite, fewer than this was written for", tried)
	}
}
