package capture

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"tlsmitm/inspect"
	"tlsmitm/inspect/internal/selfsigned"
)

// spoken is a conversation of crypto/tls with itself.
type spoken struct {
	mu    sync.Mutex
	parts []spokenPart
	keys  bytes.Buffer
	sent  [2]string
}

type spokenPart struct {
	up bool
	b  string
}

func (s *spoken) Write(line []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keys.Write(line)
}

// spokenConn records at the client's end.
type spokenConn struct {
	net.Conn
	to *spoken
}

func (c spokenConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.to.add(false, b[:n])
	return n, err
}

func (c spokenConn) Write(b []byte) (int, error) {
	c.to.add(true, b)
	return c.Conn.Write(b)
}

func (s *spoken) add(up bool, b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.parts = append(s.parts, spokenPart{up, string(b)})
}

// speak has a client and a server of crypto/tls talk: the client asks, the server
// answers, and each says goodbye.
func speak(t testing.TB, client, server *tls.Config, up, down string) *spoken {
	t.Helper()
	s := &spoken{sent: [2]string{up, down}}
	a, b := net.Pipe()
	client, server = client.Clone(), server.Clone()
	client.InsecureSkipVerify, client.ServerName, client.KeyLogWriter = true, "leaf.example", s
	if server.Certificates == nil {
		server.Certificates = []tls.Certificate{selfsigned.ECDSA()}
	}
	failed := make(chan error, 1)
	go func() {
		defer b.Close()
		c := tls.Server(b, server)
		got := make([]byte, len(up))
		_, err := io.ReadFull(c, got)
		if err == nil {
			_, err = io.WriteString(c, down)
		}
		if err == nil {
			err = c.Close()
		}
		failed <- err
	}()
	c := tls.Client(spokenConn{a, s}, client)
	if _, err := io.WriteString(c, up); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(c); err != nil || string(got) != down {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	c.Close()
	if err := <-failed; err != nil {
		t.Fatal(err)
	}
	return s
}

// packets puts the conversation into segments of at most n bytes.
func (s *spoken) packets(k *talk, n int) [][]byte {
	all := k.open()
	for _, p := range s.parts {
		for at := 0; at < len(p.b); at += n {
			all = append(all, k.say(p.up, flagACK, p.b[at:min(at+n, len(p.b))]))
		}
	}
	return append(all, k.close()...)
}

func (s *spoken) frames(k *talk, n int) (frames [][]byte) {
	for _, p := range s.packets(k, n) {
		frames = append(frames, etherOf(p))
	}
	return frames
}

// collected is a sink.
type collected struct {
	mu     sync.Mutex
	events []*inspect.Event
}

func (c *collected) Name() string                  { return "collected" }
func (c *collected) Flush(time.Time) (bool, error) { return false, nil }
func (c *collected) Close() error                  { return nil }
func (c *collected) all() []*inspect.Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.events)
}
func (c *collected) Write(batch []*inspect.Event) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.events = append(c.events, batch...)
	return nil
}

// lines returns the events as JSON.
func (c *collected) lines() string {
	var b []byte
	for _, e := range c.all() {
		if n := len(b); e.Kind != inspect.KindSecret {
			b = append(e.AppendJSON(b), '\n')
			_ = n
		}
	}
	return string(b)
}

// read reads files and returns the events.
func read(t testing.TB, keys string, files ...[]byte) *collected {
	t.Helper()
	c := &collected{}
	store := inspect.NewKeyStore()
	store.AddText([]byte(keys))
	for _, f := range files {
		Secrets(context.Background(), bytes.NewReader(f), store)
	}
	store.Complete()
	in := inspect.New(inspect.Options{Sinks: []inspect.Sink{c}, DataBytes: -1, OnPanic: func(conn uint64, v any, stack []byte) { t.Errorf("conn %d: %v\n%s", conn, v, stack) }})
	r := NewReader(Options{Inspector: in, Keys: store})
	for _, f := range files {
		if err := r.ReadFile(context.Background(), bytes.NewReader(f)); err != nil {
			t.Fatal(err)
		}
	}
	finish(t, in, r)
	return c
}

func finish(t testing.TB, in *inspect.Inspector, r *Reader) {
	t.Helper()
	r.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if err := in.Close(ctx); err != nil {
		t.Fatal(err)
	}
}

// plaintext joins the data of one end of a connection.
func (c *collected) plaintext(conn uint64, from inspect.Party) string {
	var b strings.Builder
	for _, e := range c.all() {
		if d, ok := e.Body.(*inspect.Data); ok && e.Conn == conn && e.From == from {
			b.Write(d.Bytes)
		}
	}
	return b.String()
}

// messages lists the handshake messages and others of one end, with their rows.
func (c *collected) messages(conn uint64, from inspect.Party) (list []string) {
	for _, e := range c.all() {
		if m, ok := e.Body.(*inspect.Message); ok && e.Conn == conn && e.From == from {
			list = append(list, fmt.Sprintf("%d %s", e.No, m.Name))
		}
	}
	return list
}

func modern() (*tls.Config, *tls.Config) {
	return &tls.Config{NextProtos: []string{"h2"}}, &tls.Config{NextProtos: []string{"h2"}}
}

func TestReadDecrypts(t *testing.T) {
	client, server := modern()
	older := client.Clone()
	older.MaxVersion = tls.VersionTLS12
	for name, c := range map[string]*tls.Config{"TLS 1.3": client, "TLS 1.2": older} {
		s := speak(t, c, server, strings.Repeat("question", 1000), strings.Repeat("answer!", 30000))
		frames := s.frames(newTalk(clientAt, serverAt), 1460)
		for form, file := range map[string][]byte{
			"pcap":          pcapOf(littleEndian, 0xa1b2c3d4, LinkEthernet, frames),
			"nanoseconds":   pcapOf(bigEndian, 0xa1b23c4d, LinkEthernet, frames),
			"gzip":          zip(pcapOf(littleEndian, 0xa1b2c3d4, LinkEthernet, frames)),
			"pcapng":        pcapngOf(bigEndian, frames, ""),
			"keys in front": pcapngOf(littleEndian, frames, s.keys.String()),
		} {
			keys := s.keys.String()
			if form == "keys in front" {
				keys = ""
			}
			got := read(t, keys, file)
			if up, down := got.plaintext(1, inspect.PartyClient), got.plaintext(1, inspect.PartyServer); up != s.sent[0] || down != s.sent[1] {
				t.Errorf("%s, %s: %d and %d bytes, want %d and %d", name, form, len(up), len(down), len(s.sent[0]), len(s.sent[1]))
			}
			all := got.all()
			first, last := all[0], all[len(all)-1]
			if o, ok := first.Body.(*inspect.ConnOpen); !ok || *o != (inspect.ConnOpen{Client: clientAt, Target: serverAt, Via: inspect.ViaCapture, Mode: inspect.ModeCapture}) || !first.Time.Equal(timeOf(begin)) {
				t.Errorf("%s, %s: begins with %+v %+v", name, form, first, first.Body)
			}
			if c, ok := last.Body.(*inspect.ConnClose); !ok || c.Cause != inspect.CauseOK {
				t.Errorf("%s, %s: ends with %+v", name, form, last.Body)
			}
		}
	}
}

func pcapngOf(o order, frames [][]byte, secrets string) []byte {
	b := append(sectionOf(o), interfaceOf(o, LinkEthernet, 0, optionOf(o, optionResolution, []byte{9}))...)
	if secrets != "" {
		b = append(b, secretsOf(o, secretsTLS, secrets)...)
	}
	for i, f := range frames {
		b = append(b, enhancedOf(o, 0, uint64(begin+int64(i)*1e6), len(f), f)...)
	}
	return b
}

// TestRowsAreFrames: a message's row is the frame that it ended in.
func TestRowsAreFrames(t *testing.T) {
	client, server := modern()
	client.MaxVersion = tls.VersionTLS12
	s := speak(t, client, server, "q", "a")
	k := newTalk(clientAt, serverAt)
	got := read(t, s.keys.String(), pcapOf(littleEndian, 0xa1b2c3d4, LinkEthernet, s.frames(k, 100)))
	// Where each byte went, worked out by hand from what was said.
	ends := func(up bool) (list []int) {
		frame := 3
		for _, p := range s.parts {
			for at := 0; at < len(p.b); at += 100 {
				if frame++; p.up == up {
					list = append(list, slices.Repeat([]int{frame}, min(100, len(p.b)-at))...)
				}
			}
		}
		return list
	}
	for _, from := range []inspect.Party{inspect.PartyClient, inspect.PartyServer} {
		frames, at := ends(from == inspect.PartyClient), 0
		for _, e := range got.all() {
			n := 0
			switch b := e.Body.(type) {
			case *inspect.Message:
				n = b.Wire
			case *inspect.Data:
				n = b.Wire
			}
			if e.From != from || n == 0 {
				continue
			}
			if at += n; e.No != frames[at-1] {
				t.Errorf("from the %s: %s ends in frame %d, and has %d", from, e.Kind, frames[at-1], e.No)
			}
		}
		if at != len(frames) {
			t.Errorf("from the %s: events tell of %d bytes, want %d", from, at, len(frames))
		}
	}
}

// TestLiveIsTheSame reads a capture as it grows, in pieces of many sizes.
func TestLiveIsTheSame(t *testing.T) {
	client, server := modern()
	s := speak(t, client, server, strings.Repeat("q", 40000), strings.Repeat("a", 70000))
	file := pcapngOf(littleEndian, s.frames(newTalk(clientAt, serverAt), 1000), s.keys.String())
	want := read(t, "", file)
	for name, from := range map[string]io.Reader{
		"whole":   bytes.NewReader(file),
		"halves":  iotest.HalfReader(bytes.NewReader(file)),
		"packets": &pieceReader{file, 1100},
		"small":   &pieceReader{file, 37},
		"gzip":    &pieceReader{zip(file), 100},
	} {
		got := readLive(t, from)
		for _, party := range []inspect.Party{inspect.PartyClient, inspect.PartyServer} {
			if a, b := got.messages(1, party), want.messages(1, party); !slices.Equal(a, b) {
				t.Errorf("%s: from the %s %q, want %q", name, party, a, b)
			}
			if a, b := got.plaintext(1, party), want.plaintext(1, party); a != b {
				t.Errorf("%s: from the %s %d bytes, want %d", name, party, len(a), len(b))
			}
		}
	}
}

// readLive reads a capture as it grows.
func readLive(t *testing.T, from io.Reader) *collected {
	t.Helper()
	c := &collected{}
	store := inspect.NewKeyStore()
	in := inspect.New(inspect.Options{Sinks: []inspect.Sink{c}, DataBytes: -1})
	r := NewReader(Options{Inspector: in, Keys: store, Clock: new(Clock)})
	if err := r.ReadLive(context.Background(), from); err != nil {
		t.Fatal(err)
	}
	finish(t, in, r)
	return c
}

// TestLiveWaitsForNothing: what has been captured is told while the capture goes on,
// and time passes though nothing comes.
func TestLiveWaitsForNothing(t *testing.T) {
	client, server := modern()
	s := speak(t, client, server, "question", "answer")
	file := pcapngOf(littleEndian, s.frames(newTalk(clientAt, serverAt), 1400), s.keys.String())
	from, to := io.Pipe()
	c := &collected{}
	in := inspect.New(inspect.Options{Sinks: []inspect.Sink{c}, DataBytes: -1})
	r := NewReader(Options{Inspector: in, Keys: inspect.NewKeyStore(), Clock: new(Clock)})
	done := make(chan error, 1)
	go func() { done <- r.ReadLive(context.Background(), from) }()
	cut := len(file) - 3*90 // in the middle of the end: all data have passed
	to.Write(file[:cut])
	for deadline := time.Now().Add(20 * time.Second); c.plaintext(1, inspect.PartyServer) != "answer"; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("what came is not told: %s", c.lines())
		}
	}
	to.Write(file[cut:])
	to.Close()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	finish(t, in, r)
}

// TestKeysWhereverTheyStand has the secrets in front, in the middle and at the end,
// of a file and of one that is read as it grows.
func TestKeysWhereverTheyStand(t *testing.T) {
	client, server := modern()
	s := speak(t, client, server, "question", "answer")
	frames := s.frames(newTalk(clientAt, serverAt), 1400)
	for _, at := range []int{0, 4, len(frames) / 2, len(frames)} {
		file := slices.Concat(pcapngOf(littleEndian, frames[:at], ""), secretsOf(littleEndian, secretsTLS, s.keys.String()))
		rest := pcapngOf(littleEndian, frames, "")[len(pcapngOf(littleEndian, frames[:at], "")):]
		file = append(file, rest...)
		for name, got := range map[string]*collected{"file": read(t, "", file), "live": readLive(t, bytes.NewReader(file))} {
			if up, down := got.plaintext(1, inspect.PartyClient), got.plaintext(1, inspect.PartyServer); up != "question" || down != "answer" {
				t.Errorf("%s, before frame %d: %q, %q", name, at+1, up, down)
			}
		}
	}
}

// TestSameFileSameEvents: the same capture gives the same events in the same order,
// of many connections that alternate.
func TestSameFileSameEvents(t *testing.T) {
	client, server := modern()
	var frames [][]byte
	var keys string
	var lists [][][]byte
	for i := range 20 {
		s := speak(t, client, server, strings.Repeat("q", 1000*i), strings.Repeat("a", 3000*i))
		lists = append(lists, s.frames(newTalk(fmt.Sprintf("192.0.2.1:%d", 40000+i), serverAt), 500))
		keys += s.keys.String()
	}
	for more := true; more; {
		more = false
		for i := range lists {
			if n := min(len(lists[i]), 3); n > 0 {
				frames, lists[i], more = append(frames, lists[i][:n]...), lists[i][n:], true
			}
		}
	}
	file := pcapOf(littleEndian, 0xa1b2c3d4, LinkEthernet, frames)
	want := read(t, keys, file).lines()
	if n := strings.Count(want, `"event":"conn.close"`); n != 20 {
		t.Errorf("%d connections", n)
	}
	for range 3 {
		if got := read(t, keys, file).lines(); got != want {
			t.Fatal("read again, it gives other events")
		}
	}
}

// TestResumedSession: TLS 1.2 names no secret of a session that is taken up again;
// it is known from the connection before.
func TestResumedSession(t *testing.T) {
	client, server := modern()
	client.MaxVersion = tls.VersionTLS12
	client.ClientSessionCache = tls.NewLRUClientSessionCache(4)
	server.SetSessionTicketKeys([][32]byte{{1}})
	first := speak(t, client, server, "one", "eins")
	second := speak(t, client, server, "two", "zwei")
	file := pcapOf(littleEndian, 0xa1b2c3d4, LinkEthernet, append(first.frames(newTalk(clientAt, serverAt), 1400), second.frames(newTalk("192.0.2.1:40001", serverAt), 1400)...))
	got := read(t, first.keys.String(), file)
	if up, down := got.plaintext(2, inspect.PartyClient), got.plaintext(2, inspect.PartyServer); up != "two" || down != "zwei" {
		t.Errorf("%q, %q\n%s", up, down, got.lines())
	}
}

// TestSeveralFiles: a connection goes on in the next file of a capture that was cut
// into files, and ends where another begins.
func TestSeveralFiles(t *testing.T) {
	client, server := modern()
	s := speak(t, client, server, "question", "answer")
	frames := s.frames(newTalk(clientAt, serverAt), 1400)
	whole := pcapngOf(littleEndian, frames, "")
	head := len(pcapngOf(littleEndian, nil, ""))
	cut := len(pcapngOf(littleEndian, frames[:7], ""))
	second := append(slices.Clone(whole[:head]), whole[cut:]...)
	got := read(t, s.keys.String(), whole[:cut], second)
	if down := got.plaintext(1, inspect.PartyServer); down != "answer" || got.plaintext(2, inspect.PartyServer) != "" {
		t.Errorf("the answer is %q\n%s", down, got.lines())
	}
	// The same file twice is not one capture in two parts.
	got = read(t, s.keys.String(), whole, whole)
	for conn := range uint64(2) {
		if down := got.plaintext(conn+1, inspect.PartyServer); down != "answer" {
			t.Errorf("connection %d: %q", conn+1, down)
		}
	}
	// Neither are two that lie a day apart.
	later := slices.Concat(sectionOf(littleEndian), interfaceOf(littleEndian, LinkEthernet, 0, slices.Concat(optionOf(littleEndian, optionResolution, []byte{9}), optionOf(littleEndian, optionOffset, littleEndian.append64(nil, 86400)))), whole[cut:])
	got = read(t, s.keys.String(), whole[:cut], later)
	if got.plaintext(1, inspect.PartyServer) != "" || !strings.Contains(got.lines(), `"cause":"end_not_captured"`) {
		t.Errorf("%s", got.lines())
	}
}
