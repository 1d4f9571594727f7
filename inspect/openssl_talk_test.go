package inspect

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tlsmitm/inspect/tlscrypt"
)

// step is something typed into one end, and what one end says then.
type step struct {
	to    string // "client" or "server"
	text  string
	from  string // whose output is awaited; "" for nobody's
	await string
}

// record makes the conversation, through a relay.
func (r *opensslRun) record(t *testing.T, openssl, dir string) *recording {
	t.Helper()
	args := func(first []string, more []string) []string {
		list := slices.Concat(first, more)
		for i := range list {
			list[i] = strings.ReplaceAll(list[i], "%s/", dir+"/")
		}
		return list
	}
	serverArgs := []string{"s_server", "-accept", "127.0.0.1:0", "-naccept", fmt.Sprint(r.before + 1)}
	if !slices.Contains(r.server, "-cert") && !slices.Contains(r.server, "-nocert") {
		serverArgs = append(serverArgs, "-cert", "%s/rsa.pem", "-key", "%s/rsa.key")
	}
	server := startTalker(t, openssl, args(serverArgs, r.server))
	port := server.await(t, `ACCEPT .*:(\d+)`)
	rec := new(recording)
	keys := filepath.Join(t.TempDir(), "keys")
	more := r.sessions(t, openssl, port, args([]string{"s_client", "-connect", "127.0.0.1:" + port}, r.client))
	client := startTalker(t, openssl, args([]string{"s_client", "-connect", "127.0.0.1:" + relay(t, rec, port), "-keylogfile", keys}, slices.Concat(r.client, more)))
	ends := map[string]*talker{"client": client, "server": server}
	client.await(t, "^(New|Reused), ")
	for _, s := range r.steps {
		fmt.Fprintln(ends[s.to].in, s.text)
		if s.await != "" {
			ends[s.from].await(t, s.await)
		} else {
			time.Sleep(200 * time.Millisecond) // nothing says that it has come
		}
	}
	fmt.Fprintln(client.in, "Q")
	client.in.Close()
	client.wait()
	server.in.Close()
	server.wait()
	log, err := os.ReadFile(keys)
	if err != nil {
		t.Fatal(err)
	}
	rec.mu.Lock()
	defer rec.mu.Unlock()
	var secrets []part
	r.log = log
	strip := regexp.MustCompile(r.strip)
	for line := range bytes.Lines(log) {
		if !bytes.HasPrefix(line, []byte("#")) && (r.strip == "" || !strip.Match(line)) {
			secrets = append(secrets, part{secret: true, b: bytes.TrimSpace(line)})
		}
	}
	hello := rec.dissect(LegServer, newMasterStore(1), whole)[0].Body.(*Message).ClientHello
	for i, p := range secrets {
		if rsa, err := tlscrypt.ParseRSALine(p.b); err == nil {
			line := tlscrypt.KeyLogLine{Label: tlscrypt.LabelPremaster, ClientRandom: hello.Random, Secret: rsa.Premaster}
			secrets[i].b = []byte(line.String())
		}
	}
	if psk := r.resumptionKey(t, openssl, more); psk != "" {
		secrets = append(secrets, part{secret: true, b: fmt.Appendf(nil, "PRE_SHARED_KEY %x %s", hello.Random, psk)})
	}
	if r.add != "" {
		secrets = append(secrets, part{secret: true, b: fmt.Appendf(nil, r.add, hello.Random)})
	}
	rec.parts = slices.Concat(secrets, rec.parts)
	return rec
}

// sessions makes the connections before, and returns the options that take their
// session up.
func (r *opensslRun) sessions(t *testing.T, openssl, port string, args []string) []string {
	t.Helper()
	if r.before == 0 {
		return nil
	}
	dir := t.TempDir()
	session, early := filepath.Join(dir, "session"), filepath.Join(dir, "early")
	if err := os.WriteFile(early, []byte(cmp.Or(r.text, earlyText)), 0o600); err != nil {
		t.Fatal(err)
	}
	resume := []string{"-sess_in", session}
	if r.early {
		resume = append(resume, "-early_data", early)
	}
	for i := range r.before {
		options := []string{"-sess_out", session}
		if i > 0 {
			options = append(resume, "-sess_out", filepath.Join(dir, "later"))
		}
		client := startTalker(t, openssl, slices.Concat(args, options))
		awaitFile(t, options[len(options)-1]) // a ticket has come
		fmt.Fprintln(client.in, "Q")
		client.in.Close()
		client.wait()
	}
	return resume
}

func awaitFile(t *testing.T, path string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if info, err := os.Stat(path); err == nil && info.Size() > 0 {
			return
		}
	}
	t.Fatalf("%s was not written", path)
}

// resumptionKey asks OpenSSL for the key of the ticket that was offered.
func (r *opensslRun) resumptionKey(t *testing.T, openssl string, options []string) string {
	t.Helper()
	if r.before == 0 {
		return ""
	}
	out, err := exec.Command(openssl, "sess_id", "-in", options[1], "-noout", "-text").CombinedOutput()
	m := regexp.MustCompile(`Resumption PSK: ([0-9A-F]+)`).FindSubmatch(out)
	if err != nil || m == nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return strings.ToLower(string(m[1]))
}

// talker is a program that lines are typed into, and whose output is read by line.
type talker struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines chan string
	done  sync.WaitGroup
}

func startTalker(t *testing.T, path string, args []string) *talker {
	t.Helper()
	p := &talker{cmd: exec.Command(path, args...), lines: make(chan string, 10000)}
	in, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	read, write := io.Pipe()
	p.in, p.cmd.Stdout, p.cmd.Stderr = in, write, write
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	watchdog := time.AfterFunc(2*time.Minute, func() { p.cmd.Process.Kill() })
	p.done.Add(1)
	go func() {
		defer close(p.lines)
		for s := bufio.NewScanner(read); s.Scan(); {
			p.lines <- s.Text()
		}
	}()
	go func() {
		defer p.done.Done()
		p.cmd.Wait()
		watchdog.Stop()
		write.Close()
	}()
	t.Cleanup(func() { p.cmd.Process.Kill(); p.done.Wait() })
	return p
}

func (p *talker) wait() { p.done.Wait() }

// await reads lines until one matches, and returns its last group.
func (p *talker) await(t *testing.T, pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	var seen []string
	for line := range p.lines {
		if m := re.FindStringSubmatch(line); m != nil {
			return m[len(m)-1]
		}
		seen = append(seen, line)
	}
	t.Fatalf("%v: no line matches %s in\n%s", p.cmd.Args, pattern, strings.Join(seen, "\n"))
	return ""
}
