package main

import (
	"bytes"
	"net"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// stop sends a signal to the proxy.
func (p *proxyUnderTest) stop(t *testing.T, sig os.Signal) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("this system has no signals to send to another process")
	}
	check(t, p.cmd.Process.Signal(sig))
}

// exits wants the proxy to end by itself, and well.
func (p *proxyUnderTest) exits(t *testing.T) {
	t.Helper()
	p.wait()
	if status := p.cmd.ProcessState.ExitCode(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

// lastWord checks that the events are whole: the run's end is the last of them,
// and every connection has ended before. It returns why the first one did.
func (p *proxyUnderTest) lastWord(t *testing.T) (cause string) {
	t.Helper()
	all := p.read()
	open := map[int]bool{}
	for _, e := range all {
		switch e.Event {
		case "conn.open":
			open[e.Conn] = true
		case "conn.close":
			delete(open, e.Conn)
			if e.Conn == 1 {
				cause = e.Cause
			}
		}
	}
	if last := all[len(all)-1]; last.Event != "run.end" || len(open) > 0 {
		t.Errorf("the last event is %s, and %d connections have no end", last.Event, len(open))
	}
	if b, err := os.ReadFile(p.events); err != nil || !bytes.HasSuffix(b, []byte("}\n")) {
		t.Errorf("the file ends in %q, %v", b[max(0, len(b)-20):], err)
	}
	return cause
}

// gone waits until the proxy lets nobody in any more.
func (p *proxyUnderTest) gone(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		c, err := net.Dial("tcp", p.addr)
		if err != nil {
			return
		}
		c.Close()
		if time.Now().After(deadline) {
			t.Fatal("the proxy still listens")
		}
	}
}

// TestSignalLosesNoEvent stops the proxy under a connection that rests, under
// one that does not, and under none.
func TestSignalLosesNoEvent(t *testing.T) {
	o := makeOrigin(t)
	for name, sig := range map[string]os.Signal{"SIGINT": os.Interrupt, "SIGTERM": syscall.SIGTERM} {
		t.Run(name+" with a connection at rest", func(t *testing.T) {
			t.Parallel()
			p := startProxy(t, append(settings(t, "limits:\n  shutdown_grace: 300ms\n"), "--upstream-ca", o.ca)...)
			pingPong(t, p.secured(t, echo(t, o.tls(t))))
			p.stop(t, sig)
			p.exits(t)
			if cause := p.lastWord(t); cause != "shutdown" {
				t.Errorf("the connection ended because %s", cause)
			}
		})
		t.Run(name+" with a transfer under way", func(t *testing.T) {
			t.Parallel()
			p := startProxy(t, append(settings(t, "limits:\n  shutdown_grace: 10m\n"), "--upstream-ca", o.ca)...)
			c := p.secured(t, echo(t, o.tls(t)))
			pingPong(t, c)
			p.stop(t, sig)
			p.gone(t)
			pingPong(t, c)
			c.Close()
			p.exits(t)
			if cause := p.lastWord(t); cause != "ok" {
				t.Errorf("the connection ended because %s", cause)
			}
		})
		t.Run(name+" with nothing to do", func(t *testing.T) {
			t.Parallel()
			p := startProxy(t)
			p.stop(t, sig)
			p.exits(t)
			p.lastWord(t)
		})
	}
}
