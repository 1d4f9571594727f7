package tlscrypt

import (
	"bufio"
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tlsmitm/inspect/internal/outside"
	"tlsmitm/inspect/internal/selfsigned"
	"tlsmitm/inspect/tlswire"
)

var update = flag.Bool("update", false, "record the connections in testdata anew, with OpenSSL")

// run is one connection between s_client and s_server.
type run struct {
	version string   // "tls1_2"
	suite   string   // OpenSSL's name; the registry's for TLS 1.3
	both    []string // options of both ends
	client  []string // options of the client
	server  []string // options of the server
	lines   []string // sent by the client, sent back reversed; "K" and "k" are key updates
}

// longLine takes more than a few blocks, and does not end with one.
var longLine = strings.Repeat("0123456789abcdef", 187) + "x"

func (r run) String() string {
	return strings.Join(slices.Concat([]string{r.version, r.suite}, r.both, r.server), " ")
}

// peers are the files that OpenSSL's ends need.
type peers struct{ openssl, ecCert, ecKey, rsaCert, rsaKey string }

func newPeers(t testing.TB) peers {
	t.Helper()
	p := peers{openssl: outside.Program(t, "openssl", "records that it seals anew are not opened; the recorded ones are")}
	ec, rs := selfsigned.ECDSA(), selfsigned.RSA()
	put := func(name, kind string, der []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	key := func(k any) []byte {
		der, err := x509.MarshalPKCS8PrivateKey(k)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	p.ecCert, p.ecKey = put("ec.pem", "CERTIFICATE", ec.Certificate[0]), put("ec.key", "PRIVATE KEY", key(ec.PrivateKey))
	p.rsaCert, p.rsaKey = put("rsa.pem", "CERTIFICATE", rs.Certificate[0]), put("rsa.key", "PRIVATE KEY", key(rs.PrivateKey))
	return p
}

// connect makes a connection through a relay that keeps what passes.
func (p peers) connect(t testing.TB, r run) *capture {
	t.Helper()
	c := new(capture)
	keys := filepath.Join(t.TempDir(), "keys")
	suite := []string{"-cipher", r.suite + ":@SECLEVEL=0"}
	if r.version == "tls1_3" {
		suite = []string{"-ciphersuites", r.suite}
	}
	common := slices.Concat([]string{"-" + r.version}, suite, r.both)
	server := exec.Command(p.openssl, slices.Concat([]string{"s_server", "-accept", "127.0.0.1:0", "-naccept", "1", "-rev",
		"-cert", p.ecCert, "-key", p.ecKey, "-dcert", p.rsaCert, "-dkey", p.rsaKey}, common, r.server)...)
	out, stop := start(t, server, nil)
	defer stop()
	port := await(t, out, regexp.MustCompile(`ACCEPT .*:(\d+)`))

	relay, done := relayTo(t, c, "127.0.0.1:"+port)
	in, write := io.Pipe()
	client := exec.Command(p.openssl, slices.Concat([]string{"s_client", "-connect", relay, "-keylogfile", keys}, common, r.client)...)
	out, stop = start(t, client, in)
	defer stop()
	c.sent = [2][]byte{{}, {}} // known, and so far nothing
	for _, line := range r.lines {
		fmt.Fprintln(write, line)
		if line == "K" || line == "k" {
			await(t, out, regexp.MustCompile("KEYUPDATE"))
			continue
		}
		back := []byte(line)
		slices.Reverse(back)
		await(t, out, regexp.MustCompile("^"+string(back)+"$"))
		c.sent[0] = append(c.sent[0], line+"\n"...)
		c.sent[1] = append(append(c.sent[1], back...), '\n')
	}
	fmt.Fprintln(write, "Q")
	write.Close()
	<-done
	log, err := os.ReadFile(keys)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(log) {
		if bytes.HasPrefix(line, []byte("RSA ")) {
			continue // a premaster secret: the master secret has a line too
		}
		if _, err := c.Write(line); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// start runs a program whose output is read by line; stop ends it.
func start(t testing.TB, cmd *exec.Cmd, in io.Reader) (out *bufio.Scanner, stop func()) {
	t.Helper()
	read, write := io.Pipe()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, write, write
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	watchdog := time.AfterFunc(2*time.Minute, func() { cmd.Process.Kill() })
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		cmd.Wait()
		write.Close()
	}()
	return bufio.NewScanner(read), func() {
		watchdog.Stop()
		cmd.Process.Kill()
		if c, ok := in.(io.Closer); ok {
			c.Close() // Wait waits for what copies it
		}
		go io.Copy(io.Discard, read)
		<-gone
	}
}

// await reads lines until one matches, and returns its last group.
func await(t testing.TB, out *bufio.Scanner, pattern *regexp.Regexp) string {
	t.Helper()
	var seen []string
	for out.Scan() {
		if m := pattern.FindStringSubmatch(out.Text()); m != nil {
			return m[len(m)-1]
		}
		seen = append(seen, out.Text())
	}
	t.Fatalf("no line matches %v in\n%s", pattern, strings.Join(seen, "\n"))
	return ""
}

// relayTo accepts one connection and copies it to and from addr.
func relayTo(t testing.TB, c *capture, addr string) (listen string, done chan struct{}) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done = make(chan struct{})
	go func() {
		defer close(done)
		client, err := ln.Accept()
		ln.Close()
		if err != nil {
			return
		}
		defer client.Close()
		server, err := net.Dial("tcp", addr)
		if err != nil {
			return
		}
		defer server.Close()
		ended := make(chan struct{}, 2)
		pass := func(from int, src, dst net.Conn) {
			b := make([]byte, 32<<10)
			for {
				n, err := src.Read(b)
				c.add(from, b[:n])
				dst.Write(b[:n])
				if err != nil {
					dst.(*net.TCPConn).CloseWrite()
					ended <- struct{}{}
					return
				}
			}
		}
		go pass(0, client, server)
		go pass(1, server, client)
		<-ended
		<-ended
	}()
	return ln.Addr().String(), done
}

// suitesOf asks OpenSSL for the suites that its peers here can agree on and
// that this package opens.
func suitesOf(t *testing.T, p peers) (names []string) {
	out, err := exec.Command(p.openssl, "ciphers", "-V", "-s", "-psk", "-tls1_2", "ALL:COMPLEMENTOFALL:@SECLEVEL=0").Output()
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^\s*0x(..),0x(..) - (\S+)\s.*Au=(\S+)`)
	for _, m := range line.FindAllStringSubmatch(string(out), -1) {
		id, err := strconv.ParseUint(m[1]+m[2], 16, 16)
		if err != nil {
			t.Fatal(err)
		}
		if Supported(tlswire.VersionTLS12, tlswire.CipherSuite(id)) && m[4] != "DSS" && m[4] != "SRP" {
			names = append(names, m[3])
		}
	}
	return names
}

var psk = []string{"-psk", "00112233445566778899aabbccddeeff"}

// sample keeps every n-th suite, so that each cipher is still met with some key
// exchange; TLSMITM_REQUIRE_TOOLS=1 asks for all.
func sample(names []string, n int) (kept []string) {
	for i, name := range names {
		if i%n == 0 || outside.Required() {
			kept = append(kept, name)
		}
	}
	return kept
}

func TestAgainstOpenSSL(t *testing.T) {
	p := newPeers(t)
	lines := []string{"a", "0123456789abcde", longLine}
	names := suitesOf(t, p)
	if len(names) < 60 {
		t.Errorf("openssl offers %d suites, fewer than this was written for", len(names))
	}
	var runs []run
	for _, name := range sample(names, 4) {
		runs = append(runs, run{version: "tls1_2", suite: name, both: psk, lines: lines})
	}
	for _, name := range []string{"AES128-SHA256", "ECDHE-RSA-AES256-SHA384", "AES128-SHA"} {
		runs = append(runs, run{version: "tls1_2", suite: name, server: []string{"-no_etm"}, lines: lines})
	}
	for _, version := range []string{"tls1", "tls1_1"} {
		for _, suite := range []string{"AES128-SHA", "ECDHE-RSA-AES256-SHA", "NULL-MD5"} {
			runs = append(runs, run{version: version, suite: suite, lines: lines}, run{version: version, suite: suite, server: []string{"-no_etm"}, lines: lines})
		}
	}
	runs = append(runs, runs13(lines)...)
	for _, r := range runs {
		t.Run(r.String(), func(t *testing.T) {
			t.Parallel() // they wait for each other's processes most of the time
			checkRun(t, r, p.connect(t, r))
		})
	}
}

// runs13 are TLS 1.3's suites, with and without padding and key updates of
// either end: s_client takes a second for each of those.
func runs13(lines []string) (runs []run) {
	updates := slices.Concat(lines, []string{"k", "after one", "K", "after both", longLine})
	for suite, lines := range map[string][]string{
		"TLS_AES_128_GCM_SHA256": lines, "TLS_AES_256_GCM_SHA384": updates, "TLS_CHACHA20_POLY1305_SHA256": updates,
		"TLS_AES_128_CCM_SHA256": lines, "TLS_AES_128_CCM_8_SHA256": lines,
	} {
		runs = append(runs, run{version: "tls1_3", suite: suite, lines: lines})
		for _, padding := range []string{"20", "512"} {
			runs = append(runs, run{version: "tls1_3", suite: suite, both: []string{"-record_padding", padding}, lines: lines})
		}
	}
	return runs
}

func checkRun(t *testing.T, r run, c *capture) {
	t.Helper()
	opened := c.replay(t)
	opened.check()
	suite := opened.answer.CipherSuite.String() // without a cipher, both orders are the same
	if etm := (strings.Contains(suite, "_CBC_") || strings.Contains(suite, "_NULL_")) && !slices.Contains(r.server, "-no_etm"); opened.answer.EncryptThenMAC != etm {
		t.Errorf("encrypt-then-MAC is %v, so this did not test what it should", opened.answer.EncryptThenMAC)
	}
	if slices.Contains(r.lines, "K") && (opened.flows[0].keyUpdate != 2 || opened.flows[1].keyUpdate != 1) {
		t.Errorf("saw %d and %d key updates", opened.flows[0].keyUpdate, opened.flows[1].keyUpdate)
	}
}

// recorded are the connections kept in testdata, so that every kind of cipher
// is opened where there is no OpenSSL.
var recorded = func() map[string]run {
	lines := []string{"a", "0123456789abcdef", strings.Repeat("0123456789", 9)}
	keys := slices.Concat(lines, []string{"k", "after one", "K", "after both"})
	no := []string{"-no_etm"}
	return map[string]run{
		"tls10-cbc-etm":        {version: "tls1", suite: "ECDHE-ECDSA-AES128-SHA", lines: lines},
		"tls10-cbc":            {version: "tls1", suite: "ECDHE-ECDSA-AES256-SHA", server: no, lines: lines},
		"tls11-cbc-etm":        {version: "tls1_1", suite: "ECDHE-ECDSA-AES256-SHA", lines: lines},
		"tls12-cbc-sha256":     {version: "tls1_2", suite: "ECDHE-ECDSA-AES128-SHA256", server: no, lines: lines},
		"tls12-cbc-sha384":     {version: "tls1_2", suite: "ECDHE-ECDSA-AES256-SHA384", server: no, lines: lines},
		"tls12-cbc-sha384-etm": {version: "tls1_2", suite: "ECDHE-ECDSA-AES256-SHA384", lines: lines},
		"tls12-psk-null":       {version: "tls1_2", suite: "PSK-NULL-SHA256", both: psk, lines: lines},
		"tls12-psk-ccm":        {version: "tls1_2", suite: "PSK-AES128-CCM", both: psk, lines: lines},
		"tls12-psk-ccm8":       {version: "tls1_2", suite: "DHE-PSK-AES256-CCM8", both: psk, lines: lines},
		"tls12-gcm":            {version: "tls1_2", suite: "PSK-AES256-GCM-SHA384", both: psk, lines: lines},
		"tls12-chacha20":       {version: "tls1_2", suite: "ECDHE-PSK-CHACHA20-POLY1305", both: psk, lines: lines},
		"tls13-gcm-padded":     {version: "tls1_3", suite: "TLS_AES_128_GCM_SHA256", both: []string{"-record_padding", "128"}, lines: keys},
		"tls13-chacha20":       {version: "tls1_3", suite: "TLS_CHACHA20_POLY1305_SHA256", lines: keys},
		"tls13-ccm":            {version: "tls1_3", suite: "TLS_AES_128_CCM_SHA256", lines: keys},
		"tls13-ccm8":           {version: "tls1_3", suite: "TLS_AES_128_CCM_8_SHA256", lines: keys},
	}
}()

func TestRecorded(t *testing.T) {
	for name, r := range recorded {
		path := filepath.Join("testdata", "openssl-"+name+".txt")
		if *update {
			c := newPeers(t).connect(t, r)
			title := "One connection between OpenSSL's s_client and s_server: " + r.String()
			if err := os.WriteFile(path, c.marshal(title), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		t.Run(name, func(t *testing.T) { checkRun(t, r, readCapture(t, path)) })
	}
}

// The captures that a public explanation of every byte belongs to.
func TestIllustratedConnections(t *testing.T) {
	for path, suite := range map[string]tlswire.CipherSuite{"illustrated-tls12.txt": 0xc013, "illustrated-tls13.txt": tlswire.TLS_AES_256_GCM_SHA384} {
		r := readCapture(t, filepath.Join("testdata", path)).replay(t)
		r.check()
		if r.answer.CipherSuite != suite || !bytes.Equal(r.flows[0].data, []byte("ping")) {
			t.Errorf("%s: %s, %q", path, r.answer.CipherSuite, r.flows[0].data)
		}
	}
}
