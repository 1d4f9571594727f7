package main

import (
	"errors"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// blackhole is an address that answers nothing: a listener that never accepts,
// with its queue full. Linux drops what comes then.
func blackhole(t *testing.T) (target string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	t.Cleanup(func() { l.Close() })
	raw, err := l.(*net.TCPListener).SyscallConn()
	check(t, err)
	var short error
	check(t, errors.Join(raw.Control(func(fd uintptr) { short = syscall.Listen(int(fd), 0) }), short))
	for range 10 {
		c, err := net.DialTimeout("tcp", l.Addr().String(), 300*time.Millisecond)
		if err != nil {
			return localhost(l)
		}
		t.Cleanup(func() { c.Close() })
	}
	t.Skip("this system's queue of connections does not fill up")
	return ""
}

// TestBlackhole connects to where nothing answers.
func TestBlackhole(t *testing.T) {
	t.Parallel()
	target := blackhole(t)
	p := startProxy(t, settings(t, "limits:\n  dial: 500ms\n")...)
	_, status, said := p.connect(t, target)
	if status != http.StatusGatewayTimeout || !strings.Contains(said, "nothing answered within 500ms") {
		t.Errorf("answered %d %q", status, said)
	}
	p.failed(t, "dial_timeout")
}
