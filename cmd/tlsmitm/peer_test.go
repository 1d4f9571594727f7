package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long a test waits for another program before it calls it stuck.
const patience = 2 * time.Minute

// needTool skips a test whose outside program is missing, or fails it where
// TLSMITM_REQUIRE_TOOLS says that it must be there.
func needTool(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err == nil {
			continue
		}
		if os.Getenv("TLSMITM_REQUIRE_TOOLS") == "1" {
			t.Fatalf("%s is not installed, and TLSMITM_REQUIRE_TOOLS=1", name)
		}
		t.Skipf("%s is not installed: this comparison with it is left out", name)
	}
}

// builtBinary is the program under test, built once.
var builtBinary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "tlsmitm-test")
	if err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "tlsmitm.exe")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %v\n%s", err, out)
	}
	return bin, nil
})

// freeAddress is for a program that cannot choose a port by itself.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	defer l.Close()
	return l.Addr().String()
}

// peer is a child process whose output is read as it comes.
type peer struct {
	t     *testing.T
	name  string
	cmd   *exec.Cmd
	stdin io.WriteCloser
	mu    sync.Mutex
	out   bytes.Buffer
	grown chan struct{}
	ended chan struct{}
}

func startProgram(t *testing.T, name string, env []string, args ...string) *peer {
	t.Helper()
	p := &peer{t: t, name: filepath.Base(name), cmd: exec.Command(name, args...), grown: make(chan struct{}, 1), ended: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stdout, p.cmd.Stderr = p, p
	var err error
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.cmd.Wait(); close(p.ended) }()
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		<-p.ended
		if t.Failed() {
			t.Logf("%s %s:\n%s", p.name, strings.Join(args, " "), p.output())
		}
	})
	return p
}

func (p *peer) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case p.grown <- struct{}{}:
	default:
	}
	return p.out.Write(b)
}

func (p *peer) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

// expect waits until the output contains s, and returns the output.
func (p *peer) expect(s string) string {
	p.t.Helper()
	deadline := time.After(patience)
	for {
		if out := p.output(); strings.Contains(out, s) {
			return out
		}
		select {
		case <-p.grown:
		case <-p.ended:
			if out := p.output(); strings.Contains(out, s) {
				return out
			}
			p.t.Fatalf("%s ended without saying %q", p.name, s)
		case <-deadline:
			p.t.Fatalf("%s did not say %q", p.name, s)
		}
	}
}

func (p *peer) say(s string) {
	p.t.Helper()
	if _, err := io.WriteString(p.stdin, s); err != nil {
		p.t.Fatalf("%s: %v", p.name, err)
	}
}

// wait closes the input and waits for the end.
func (p *peer) wait() {
	p.t.Helper()
	p.stdin.Close()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.t.Fatalf("%s does not end", p.name)
	}
}

// event is a line of --json.
type event struct {
	Time        string
	Event       string
	Conn        int
	Leg         string
	From, To    string
	No          int
	ContentType int `json:"content_type"`
	Type        *typeNumber
	Name        string
	Encrypted   bool
	Length      int
	Records     int
	Reason      string
	Text        string
	Base64      []byte
	Truncated   bool
	Fields      json.RawMessage
	Listen      string
	Cause       string
	Code        any
	Confidence  string
	Resumed     bool
	Mode        string
	Target      string
	Client      string
	Via         string
	Alpn        string
	Ok          bool
	Error       string
	Alert       *struct{ Value int }
	Flows       []struct {
		Leg, From string
		Data      int64
	}
	line string
}

// typeNumber is a handshake type. What has a type of another kind, as frames of
// HTTP/2 do, has none.
type typeNumber int

func (n *typeNumber) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '{' {
		*n = -1
		return nil
	}
	return json.Unmarshal(b, (*int)(n))
}

// proxyUnderTest is a running tlsmitm with its own CA.
type proxyUnderTest struct {
	*peer
	addr, ca, events string
}

// startProxy runs the built program with --json and the further arguments. In
// the end, all that it has written must fit the published schema.
func startProxy(t *testing.T, args ...string) *proxyUnderTest {
	t.Helper()
	bin, err := builtBinary()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	p := &proxyUnderTest{events: filepath.Join(dir, "events.jsonl"), ca: filepath.Join(dir, "ca", "ca.pem")}
	args = append([]string{"run", "--listen", "127.0.0.1:0", "--ca-dir", filepath.Dir(p.ca), "--view", "none", "--json", p.events}, args...)
	p.peer = startProgram(t, bin, []string{"HTTPS_PROXY=", "HTTP_PROXY="}, args...)
	for _, e := range p.until(func(e event) bool { return e.Event == "run.start" }) {
		if e.Event == "run.start" {
			p.addr = e.Listen
		}
	}
	t.Cleanup(func() { fitsSchema(t, p.read()) })
	return p
}

func (p *proxyUnderTest) read() (all []event) {
	f, err := os.Open(p.events)
	if err != nil {
		return nil
	}
	defer f.Close()
	lines := bufio.NewReader(f)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return all // an unfinished line comes whole the next time
		}
		e := event{line: string(line)}
		if err := json.Unmarshal(line, &e); err != nil {
			p.t.Fatalf("%s: %v\n%s", p.events, err, line)
		}
		all = append(all, e)
	}
}

// until waits for an event, and returns all up to now.
func (p *proxyUnderTest) until(is func(event) bool) []event {
	p.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		all := p.read()
		for _, e := range all {
			if is(e) {
				return all
			}
		}
		select {
		case <-p.ended:
			p.t.Fatalf("tlsmitm ended:\n%s", p.output())
		default:
		}
	}
	p.t.Fatal("the event that is waited for did not come")
	return nil
}

// closed waits for the n-th connection's end and returns its events.
func (p *proxyUnderTest) closed(n int) (of []event) {
	p.t.Helper()
	for _, e := range p.until(func(e event) bool { return e.Event == "conn.close" && e.Conn == n }) {
		if e.Conn == n {
			of = append(of, e)
		}
	}
	return of
}

// types lists the handshake types that one end of a leg sent.
func types(events []event, leg, from string) (list []int) {
	for _, e := range events {
		if e.Event == "tls.message" && e.Leg == leg && e.From == from && e.Type != nil {
			list = append(list, int(*e.Type))
		}
	}
	return list
}

// text joins the text of one direction's data.
func text(events []event, leg, from string) string {
	var b strings.Builder
	for _, e := range events {
		if e.Event == "tls.data" && e.Leg == leg && e.From == from {
			b.WriteString(e.Text)
		}
	}
	return b.String()
}
