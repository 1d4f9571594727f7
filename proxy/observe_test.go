package proxy

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tlsmitm/inspect"
)

// keyWriter is a client's key log that reaches the store, at once or when it ends.
type keyWriter struct {
	keys *inspect.KeyStore
	late bool
	text []byte
}

func (w *keyWriter) Write(b []byte) (int, error) {
	if w.text = append(w.text, b...); !w.late {
		w.flush()
	}
	return len(b), nil
}

func (w *keyWriter) flush() {
	w.keys.AddText(w.text)
	w.text = nil
}

// heard keeps what is read from a connection.
type heard struct {
	net.Conn
	mu sync.Mutex
	b  []byte
}

func (h *heard) Read(b []byte) (int, error) {
	n, err := h.Conn.Read(b)
	h.mu.Lock()
	h.b = append(h.b, b[:n]...)
	h.mu.Unlock()
	return n, err
}

// said keeps what is written to a connection.
type said struct {
	net.Conn
	b []byte
}

func (s *said) Write(b []byte) (int, error) {
	s.b = append(s.b, b...)
	return s.Conn.Write(b)
}

// TestObserved: every byte reaches the other end as it was sent, and everything is
// opened with the secrets that the client tells, however late.
func TestObserved(t *testing.T) {
	for name, late := range map[string]bool{"in time": false, "when all is over": true} {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			t.Run(tls.VersionName(version)+" "+name, func(t *testing.T) {
				cert := pki.leaf(nil, "origin.example")
				server := make(chan *heard, 1)
				ln := serveEach(t, func(c net.Conn) {
					h := &heard{Conn: c}
					echoTLS(tls.Server(h, &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2"}}))
					server <- h
				})
				keys := inspect.NewKeyStore()
				log := &keyWriter{keys: keys, late: late}
				client := &said{}
				sink := &memory{}
				in := inspect.New(inspect.Options{Sinks: []inspect.Sink{sink}, DataBytes: -1})
				h := start(t, Config{Policy: []Rule{{"*", ActionObserve}}}, Deps{Inspector: in, ClientKeys: keys})
				client.Conn = h.connect("origin.example:" + port(ln))
				// It trusts the world's CA alone: ours it would reject.
				conn := tls.Client(client, &tls.Config{ServerName: "origin.example", RootCAs: pki.pool, KeyLogWriter: log, MaxVersion: version, NextProtos: []string{"h2"}})
				exchange(t, conn, "hello "+strings.Repeat("and so on ", 5000))
				conn.CloseWrite()
				io.Copy(io.Discard, conn)
				client.Conn.Close()
				if l := h.want(inspect.CauseOK); l.Mode != "observe" {
					t.Errorf("logged %+v", l)
				}
				log.flush()
				if err := in.Close(context.Background()); err != nil {
					t.Fatal(err)
				}
				if got := <-server; !bytes.Equal(got.b, client.b) {
					t.Errorf("the server got %d bytes, not the %d that the client sent", len(got.b), len(client.b))
				}
				checkObserved(t, sink.events, client.b)
			})
		}
	}
}

func checkObserved(t *testing.T, events []*inspect.Event, sent []byte) {
	t.Helper()
	var names []string
	var up, down string
	wire := 0
	for _, e := range events {
		if e.Leg != "" && e.Leg != inspect.LegDirect {
			t.Errorf("%s on the leg %s", e.Kind, e.Leg)
		}
		fromClient := e.From == inspect.PartyClient
		switch b := e.Body.(type) {
		case *inspect.ConnOpen:
			if b.Mode != inspect.ModeObserve {
				t.Errorf("opened as %s", b.Mode)
			}
		case *inspect.Message:
			names = append(names, b.Name)
			if b.Reason != "" {
				t.Errorf("%s: %s", b.Name, b.Reason)
			}
			if fromClient {
				wire += b.Wire
			}
		case *inspect.Data:
			if fromClient {
				up += string(b.Bytes)
				wire += b.Wire
			} else {
				down += string(b.Bytes)
			}
		}
	}
	if want := "hello " + strings.Repeat("and so on ", 5000); up != want || down != want {
		t.Errorf("%d bytes of data up, %d down", len(up), len(down))
	}
	if wire != len(sent) {
		t.Errorf("%d bytes from the client are accounted for, of %d", wire, len(sent))
	}
	finished := 0
	for _, n := range names {
		if n == "Finished" {
			finished++
		}
	}
	if finished != 2 || !slices.Contains(names, "Certificate") {
		t.Errorf("messages %q", names)
	}
}

// TestObservedIsLetPass: a client that is observed may say anything, or nothing.
func TestObservedIsLetPass(t *testing.T) {
	hello := captureHello(t, &tls.Config{ServerName: "origin.example"})
	for name, b := range map[string][]byte{
		"a malformed hello": {22, 3, 1, 0, 5, 1, 0, 0, 1, 9}, "half a hello": hello[:100],
		"one byte of it": hello[:1], "something else": []byte("EHLO there\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t, Config{Limits: Limits{Sniff: 100 * time.Millisecond}, Policy: []Rule{{"*", ActionObserve}}}, Deps{})
			c := h.connect("origin.example:" + port(serveEach(t, echo)))
			exchange(t, c, string(b))
			exchange(t, c, "and more")
			c.Close()
			if l := h.want(inspect.CauseOK); l.Mode != "observe" || l.Up != int64(len(b)+8) {
				t.Errorf("logged %+v", l)
			}
		})
	}
	t.Run("half a hello, and the end", func(t *testing.T) {
		h := start(t, Config{Policy: []Rule{{"*", ActionObserve}}}, Deps{})
		c := h.connect("origin.example:"+port(serveEach(t, echo)), hello[:100]...)
		c.CloseWrite()
		if got, err := io.ReadAll(c); err != nil || !bytes.Equal(got, hello[:100]) {
			t.Errorf("the echo is %d bytes, %v", len(got), err)
		}
		h.want(inspect.CauseOK)
	})
}

// TestPolicyOfObserving: of the rule for the target and the one for the name in the
// hello, the stricter holds.
func TestPolicyOfObserving(t *testing.T) {
	p := origin(t, nil, "origin.example", "seen.example", "bank.example", "evil.example")
	rules := []Rule{{"seen.example", ActionObserve}, {"bank.example", ActionTunnel}, {"evil.example", ActionRefuse}}
	for _, c := range []struct {
		target, sni, mode string
		cause             inspect.Cause
	}{
		{"seen.example", "seen.example", "observe", inspect.CauseOK},
		{"seen.example", "origin.example", "observe", inspect.CauseOK},
		{"origin.example", "seen.example", "observe", inspect.CauseOK},
		{"seen.example", "bank.example", "tunnel", inspect.CauseOK},
		{"bank.example", "seen.example", "tunnel", inspect.CauseOK},
		{"seen.example", "evil.example", "refuse", inspect.CausePolicy},
	} {
		t.Run(c.target+" "+c.sni, func(t *testing.T) {
			h := start(t, Config{Policy: rules}, Deps{ClientKeys: inspect.NewKeyStore()})
			h.visit(c.target+":"+p, c.sni, pki.pool, c.cause)
			if l := h.want(c.cause); l.Mode != c.mode {
				t.Errorf("mode %s, want %s", l.Mode, c.mode)
			}
		})
	}
}
