package main

import (
	"bufio"
	"compress/gzip"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// sameLines A B: every line of A that tells of a connection is in B, too.
func scriptSameLines(ts *testscript.TestScript, neg bool, args []string) {
	b := ts.ReadFile(args[1])
	lines := 0
	for s := range strings.Lines(ts.ReadFile(args[0])) {
		if lines++; !strings.Contains(b, s) {
			ts.Fatalf("%s lacks %q", args[1], s)
		}
	}
	if lines < 50 {
		ts.Fatalf("only %d lines in %s", lines, args[0])
	}
}

// gzip FROM TO compresses a file.
func scriptGzip(ts *testscript.TestScript, neg bool, args []string) {
	var b strings.Builder
	z := gzip.NewWriter(&b)
	_, err := io.WriteString(z, ts.ReadFile(args[0]))
	ts.Check(err)
	ts.Check(z.Close())
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(b.String()), 0o600))
}

// truncate N FROM TO copies the first bytes of a file.
func scriptTruncate(ts *testscript.TestScript, neg bool, args []string) {
	n := 0
	for _, c := range args[0] {
		n = n*10 + int(c-'0')
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(ts.ReadFile(args[1])[:n]), 0o600))
}

// TestShowIsLive: what comes through a pipe is shown as it comes.
func TestShowIsLive(t *testing.T) {
	lines, err := os.ReadFile("../../inspect/saved/testdata/run.jsonl")
	check(t, err)
	first, rest, found := strings.Cut(string(lines), `"name":"Server Hello"`)
	if !found {
		t.Fatal("no Server Hello was saved")
	}
	inRead, inWrite, err := os.Pipe()
	check(t, err)
	outRead, outWrite, err := os.Pipe()
	check(t, err)
	ended := make(chan int, 1)
	go func() {
		p := &app{stdin: inRead, stdout: outWrite, stderr: os.Stderr, lookupEnv: func(string) (string, bool) { return "", false }}
		ended <- p.main([]string{"show", "-"})
		outWrite.Close()
	}()
	io.WriteString(inWrite, first)
	out := bufio.NewReader(outRead)
	for {
		s, err := out.ReadString('\n')
		check(t, err)
		if strings.HasPrefix(s, "   2  proxy   server  Client Hello") {
			break // although the row might go on
		}
	}
	go func() {
		io.WriteString(inWrite, `"name":"Server Hello"`+rest)
		inWrite.Close()
	}()
	after, err := io.ReadAll(out)
	check(t, err)
	if status := <-ended; status != 0 || !strings.Contains(string(after), "#3  shop.example:443  client rejected the certificate") {
		t.Errorf("status %d after\n%s", status, after)
	}
}
