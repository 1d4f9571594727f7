package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"tlsmitm": main})
}

// TestScripts plays the command lines of testdata/script.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": scriptExits, "ready": scriptReady, "origin": scriptOrigin, "get": scriptGet, "occupied": scriptOccupied,
			"mode": scriptMode, "capture": scriptCapture, "shorten": scriptShorten, "relink": scriptRelink, "sameLines": scriptSameLines, "gzip": scriptGzip, "truncate": scriptTruncate,
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir+"/home")
			e.Setenv("XDG_CONFIG_HOME", e.WorkDir+"/home/.config")
			e.Setenv("TMPDIR", e.WorkDir+"/.tmp")
			return nil
		},
	})
}

// exits STATUS PROGRAM ARG… runs a program that must end with that status.
func scriptExits(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("ended with status %d, want %d", got, want)
	}
}

// ready FILE waits for the run that writes its events to FILE, and sets $PROXY
// to its address.
func scriptReady(ts *testscript.TestScript, neg bool, args []string) {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		text, _ := os.ReadFile(ts.MkAbs(args[0]))
		line, _, whole := bytes.Cut(text, []byte("\n"))
		var start struct{ Event, Listen string }
		if !whole || json.Unmarshal(line, &start) != nil || start.Event != "run.start" {
			continue
		}
		ts.Setenv("PROXY", start.Listen)
		return
	}
	ts.Fatalf("no run.start appeared in %s", args[0])
}

// origin starts an HTTPS server, sets $ORIGIN to its URL, and writes its
// certificate to origin.pem.
func scriptOrigin(ts *testscript.TestScript, neg bool, args []string) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "hello from the origin")
	}))
	ts.Defer(s.Close)
	ts.Setenv("ORIGIN", s.URL)
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	ts.Check(os.WriteFile(ts.MkAbs("origin.pem"), cert, 0o600))
}

// get CA URL prints what is at the URL, fetched through $PROXY by a client that
// trusts the CA of that file, and no other.
func scriptGet(ts *testscript.TestScript, neg bool, args []string) {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(ts.ReadFile(args[0]))) {
		ts.Fatalf("no certificate in %s", args[0])
	}
	transport := &http.Transport{
		Proxy:           http.ProxyURL(&url.URL{Scheme: "http", Host: ts.Getenv("PROXY")}),
		TLSClientConfig: &tls.Config{RootCAs: roots},
	}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport, Timeout: patience}).Get(args[1])
	if neg != (err != nil) {
		ts.Fatalf("get: %v", err)
	}
	if err == nil {
		defer resp.Body.Close()
		_, err = io.Copy(ts.Stdout(), resp.Body)
		ts.Check(err)
	}
}

// occupied sets $OCCUPIED to an address on which something listens.
func scriptOccupied(ts *testscript.TestScript, neg bool, args []string) {
	s := httptest.NewServer(http.NotFoundHandler())
	ts.Defer(s.Close)
	ts.Setenv("OCCUPIED", s.Listener.Addr().String())
}

// mode FILE OCTAL checks a file's permissions.
func scriptMode(ts *testscript.TestScript, neg bool, args []string) {
	st, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := fmt.Sprintf("%04o", st.Mode().Perm()); got != args[1] {
		ts.Fatalf("%s has mode %s, want %s", args[0], got, args[1])
	}
}
