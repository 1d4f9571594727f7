package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// running is a proxy in a process of its own whose messages are read as they come.
type running struct {
	*exec.Cmd
	address string
	lines   chan string // of standard error; closed at its end
	passed  []string    // lines that were not what was waited for
}

// runProxy starts one on a free port, after the word `run`.
func runProxy(t *testing.T, stdout *os.File, args ...string) *running {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no signals to send to a process")
	}
	args = append([]string{"run", "--listen", "127.0.0.1:0", "--ca-dir", t.TempDir()}, args...)
	r := &running{Cmd: exec.Command("tlsmitm", args...), lines: make(chan string, 100)}
	r.Stdout = stdout
	stderr, err := r.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Process.Kill() })
	go func() {
		defer close(r.lines)
		for s := bufio.NewScanner(stderr); s.Scan(); {
			r.lines <- s.Text()
		}
	}()
	r.address = r.says(t, `listens on ([0-9.:]+);`)
	return r
}

// says waits for a line of standard error, which may have come before others that
// were waited for, and returns what the group matches.
func (r *running) says(t *testing.T, pattern string) string {
	t.Helper()
	re, late := regexp.MustCompile(pattern), time.After(patience)
	for i, line := range r.passed {
		if m := re.FindStringSubmatch(line); m != nil {
			r.passed = slices.Delete(r.passed, i, i+1)
			return m[len(m)-1]
		}
	}
	for {
		select {
		case line, ok := <-r.lines:
			if !ok {
				t.Fatalf("ended without saying %q", pattern)
			}
			if m := re.FindStringSubmatch(line); m != nil {
				return m[len(m)-1]
			}
			r.passed = append(r.passed, line)
		case <-late:
			t.Fatalf("did not say %q", pattern)
		}
	}
}

// endsWith waits for the end, and checks the status.
func (r *running) endsWith(t *testing.T, want int) {
	t.Helper()
	late := time.AfterFunc(patience, func() { r.Process.Kill() })
	defer late.Stop()
	for range r.lines {
	}
	var exit *exec.ExitError
	if err := r.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if got := r.ProcessState.ExitCode(); got != want {
		t.Errorf("ended with status %d, want %d", got, want)
	}
}

// tunnel opens a connection through the proxy, and leaves it open, to a server
// that says nothing and closes when the client has.
func (r *running) tunnel(t *testing.T) net.Conn {
	t.Helper()
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	go func() {
		for {
			c, err := server.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				io.Copy(io.Discard, c)
			}()
		}
	}()
	c, err := net.Dial("tcp", r.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	fmt.Fprintf(c, "CONNECT %[1]s HTTP/1.1\r\nHost: %[1]s\r\n\r\n", server.Addr())
	head, err := bufio.NewReader(c).ReadString('\n')
	if err != nil || !strings.HasPrefix(head, "HTTP/1.1 200 ") {
		t.Fatalf("CONNECT: %q, %v", head, err)
	}
	return c
}

func settingsFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestSignalLetsTransfersEnd(t *testing.T) {
	r := runProxy(t, nil, "--config", settingsFile(t, "limits: {shutdown_grace: 10m, sniff: 10m}\n"))
	c := r.tunnel(t)
	r.Process.Signal(syscall.SIGTERM)
	r.says(t, "stopping: transfers may go on for 10m0s")
	for open, late := true, time.Now().Add(patience); open; time.Sleep(time.Millisecond) {
		probe, err := net.Dial("tcp", r.address)
		if open = err == nil; open {
			probe.Close()
		}
		if time.Now().After(late) {
			t.Fatal("the door stays open")
		}
	}
	c.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the tunnel did not stay open: %v", err)
	}
	c.Close()
	r.endsWith(t, 0)
}

func TestGraceEnds(t *testing.T) {
	for _, grace := range []string{"0s", "50ms"} {
		r := runProxy(t, nil, "--config", settingsFile(t, "limits: {shutdown_grace: "+grace+", sniff: 10m}\n"))
		c := r.tunnel(t)
		r.Process.Signal(os.Interrupt)
		r.endsWith(t, 0) // which waits for less than the tunnel would stay open
		if _, err := io.ReadAll(c); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("grace %s: the tunnel was left open", grace)
		}
	}
}

func TestSecondSignalEndsAtOnce(t *testing.T) {
	for sig, status := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143} {
		r := runProxy(t, nil, "--config", settingsFile(t, "limits: {shutdown_grace: 10m, sniff: 10m}\n"))
		r.tunnel(t)
		r.Process.Signal(sig)
		r.says(t, "stopping: ")
		r.Process.Signal(sig)
		r.endsWith(t, status)
	}
}

// What `tlsmitm | head` does: the reader goes away, the proxy does not.
func TestReaderThatGoesAwayStopsNoTraffic(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r := runProxy(t, write)
	write.Close()
	read.Close()
	first := r.tunnel(t)
	first.Close()
	r.says(t, "ERR table is switched off: nobody reads it any more; traffic goes on")
	r.tunnel(t).Close()
	r.Process.Signal(os.Interrupt)
	r.endsWith(t, 0)
}

func TestFullDiskStopsNoTraffic(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("this system has no /dev/full to stand for a full disk")
	}
	r := runProxy(t, nil, "--view", "none", "--json", "/dev/full")
	r.says(t, "ERR json is switched off: no space left on device; traffic goes on")
	r.tunnel(t).Close()
	r.Process.Signal(os.Interrupt)
	r.endsWith(t, 0)
}
