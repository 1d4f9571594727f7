package websocket

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"tlsmitm/inspect/internal/outside"
	"tlsmitm/inspect/internal/talks"
)

var update = flag.Bool("update", false, "record testdata/talks anew")

// tap reads one connection that a relay takes on.
type tap struct {
	mu       sync.Mutex
	heads    [2][]byte // up to the end of HTTP
	conn     *Conn
	talk     talk
	messages []Message
}

// pass takes what a direction says.
func (p *tap) pass(t testing.TB, up bool, b []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := index(up)
	if !bytes.Contains(p.heads[i], []byte("\r\n\r\n")) {
		p.heads[i] = append(p.heads[i], b...)
		end := bytes.Index(p.heads[i], []byte("\r\n\r\n"))
		if end < 0 {
			return
		}
		b = bytes.Clone(p.heads[i][end+4:])
		if !up {
			resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(p.heads[i])), nil)
			if err != nil || resp.StatusCode != 101 {
				t.Errorf("%s: %v", p.heads[i], err)
				return
			}
			p.talk.extensions = resp.Header.Get("Sec-Websocket-Extensions")
			p.conn = New(p.talk.extensions, Options{}, func(m Message) { p.messages = append(p.messages, m) })
		}
	}
	if len(b) > 0 {
		p.conn.Feed(up, b)
		p.talk.raw(up, bytes.Clone(b)...)
	}
}

// relay takes one connection on to an address.
func relay(t testing.TB, addr string) (port string, done func() *tap) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := new(tap)
	var wg sync.WaitGroup
	wg.Go(func() {
		defer l.Close()
		client, err := l.Accept()
		if err != nil {
			return
		}
		defer client.Close()
		server, err := net.Dial("tcp", addr)
		if err != nil {
			t.Error(err)
			return
		}
		defer server.Close()
		var both sync.WaitGroup
		for _, way := range []struct {
			up       bool
			from, to net.Conn
		}{{true, client, server}, {false, server, client}} {
			both.Go(func() {
				io.Copy(way.to, io.TeeReader(way.from, writer(func(b []byte) { p.pass(t, way.up, b) })))
				way.to.(*net.TCPConn).CloseWrite()
			})
		}
		both.Wait()
	})
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port, func() *tap {
		l.Close()
		wg.Wait()
		if p.conn != nil {
			p.conn.End(true)
			p.conn.End(false)
		}
		return p
	}
}

type writer func(b []byte)

func (w writer) Write(b []byte) (int, error) { w(b); return len(b), nil }

// received is what testdata/peers.py says of a message.
type received struct {
	To, Kind, Sum string
	Length        int64
}

// TestPeers has Python's websockets talk to itself in all ways of compression.
func TestPeers(t *testing.T) {
	python := outside.Python(t, "websockets", "what it says is not read; recorded talks are")
	for name, args := range map[string][]string{
		"plain":           {"keep", "0", "40"},
		"takeover":        {"keep", "15", "60"},
		"takeover-window": {"keep", "9", "60"},
		"forget":          {"forget", "12", "60"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			said, tap := peers(t, python, args)
			if *update {
				_, small := peers(t, python, append(args[:2:2], "4"))
				if err := os.WriteFile("testdata/talks/"+name, small.talk.record(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			checkPeers(t, said, tap, args[1] != "0")
		})
	}
}

func peers(t testing.TB, python string, args []string) ([]received, *tap) {
	cmd := exec.Command(python, append([]string{"testdata/peers.py"}, args...)...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Scan()
	port, done := relay(t, "127.0.0.1:"+lines.Text())
	fmt.Fprintln(in, port)
	var said []received
	for lines.Scan() {
		var r received
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Error(err)
		}
		said = append(said, r)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	return said, done()
}

func checkPeers(t *testing.T, said []received, tap *tap, compressed bool) {
	t.Helper()
	for _, way := range []struct {
		up bool
		to string
	}{{true, "server"}, {false, "client"}} {
		var want, got []received
		for _, r := range said {
			if r.To == way.to {
				want = append(want, r)
			}
		}
		pings, pongs, closes := 0, 0, 0
		for _, m := range tap.messages {
			if len(m.Anomalies) > 0 || m.Cut || m.Truncated {
				t.Errorf("%s", line(m))
			}
			if m.Up != way.up {
				continue
			}
			switch m.Opcode {
			case OpPing:
				pings++
			case OpPong:
				pongs++
			case OpClose:
				if closes++; m.CloseCode != 4000 || m.CloseReason != "enough" {
					t.Errorf("%s", line(m))
				}
			default:
				sum := sha256.Sum256(m.Data)
				got = append(got, received{way.to, m.Opcode.String(), hex.EncodeToString(sum[:]), m.Decoded})
				if m.Compressed != compressed {
					t.Errorf("%s", line(m))
				}
			}
		}
		if len(want) == 0 || !slices.Equal(got, want) {
			t.Errorf("to the %s: %v\nnot %v", way.to, got, want)
		}
		if pings == 0 || pongs == 0 || closes != 1 {
			t.Errorf("to the %s: %d pings, %d pongs, %d closes", way.to, pings, pongs, closes)
		}
	}
}

// TestTalks replays what real peers have said.
func TestTalks(t *testing.T) {
	for name, b := range talks.Recorded(t) {
		c := replay(b)
		messages := c.read(1 << 20)
		for _, m := range messages {
			if len(m.Anomalies) > 0 || m.Cut || m.Truncated {
				t.Errorf("%s: %s", name, line(m))
			}
		}
		if len(messages) < 8 {
			t.Errorf("%s: %d messages", name, len(messages))
		}
		for _, size := range []int{1, 2, 5, 17, 100} {
			if got := lines(c.read(size)); !slices.Equal(got, lines(messages)) {
				t.Errorf("%s, cut to %d bytes:\n%s", name, size, strings.Join(got, "\n"))
			}
		}
	}
}
