package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// origin is a certificate authority and the certificates of a server on loopback.
type origin struct{ dir, ca string }

func (o origin) files(kind string) []string {
	return []string{"-cert", filepath.Join(o.dir, kind+".pem"), "-key", filepath.Join(o.dir, kind+"-key.pem")}
}

func makeOrigin(t *testing.T) origin {
	t.Helper()
	o := origin{dir: t.TempDir()}
	o.ca = filepath.Join(o.dir, "origin-ca.pem")
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "origin CA"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, caKey.Public(), caKey)
	check(t, err)
	writePEM(t, o.ca, "CERTIFICATE", caDER)
	ca, err = x509.ParseCertificate(caDER) // with the key identifier that leaves refer to
	check(t, err)
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	check(t, err)
	for kind, key := range map[string]any{"ecdsa": ecKey, "rsa": rsaKey} {
		public := any(ecKey.Public())
		if kind == "rsa" {
			public = rsaKey.Public()
		}
		der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
			SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "localhost"},
			DNSNames: []string{"localhost", "a.test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
			NotBefore: ca.NotBefore, NotAfter: ca.NotAfter, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
			KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		}, ca, public, caKey)
		check(t, err)
		writePEM(t, filepath.Join(o.dir, kind+".pem"), "CERTIFICATE", der)
		keyDER, err := x509.MarshalPKCS8PrivateKey(key)
		check(t, err)
		writePEM(t, filepath.Join(o.dir, kind+"-key.pem"), "PRIVATE KEY", keyDER)
	}
	return o
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func writePEM(t *testing.T, path, kind string, der []byte) {
	t.Helper()
	check(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
}

// opensslEnv keeps the system's configuration, which forbids old versions, out.
var opensslEnv = []string{"OPENSSL_CONF=" + os.DevNull}

// commandPause keeps two lines of input apart.
const commandPause = 200 * time.Millisecond

// messageLine is how OpenSSL's -msg prints a handshake message: a line, then its
// bytes in hex, of which the first is the type.
var messageLine = regexp.MustCompile(`(?m)^(>>>|<<<) [^\n]*, Handshake \[length [0-9a-f]+\][^\n]*\n\s+([0-9a-f]{2})`)

// printed lists the handshake types that OpenSSL says it sent or received.
func printed(t *testing.T, path string) (sent, received []int) {
	t.Helper()
	b, err := os.ReadFile(path)
	check(t, err)
	for _, m := range messageLine.FindAllStringSubmatch(string(b), -1) {
		n, err := strconv.ParseInt(m[2], 16, 0)
		check(t, err)
		if m[1] == ">>>" {
			sent = append(sent, int(n))
		} else {
			received = append(received, int(n))
		}
	}
	return sent, received
}

// opensslCase is one conversation of s_client with s_server through the proxy.
type opensslCase struct {
	name           string
	key            string   // of the server: ecdsa, rsa
	client, server []string // further arguments
	clientSays     []string // commands of s_client once data has passed
	serverSays     []string
	sessions       int // connections before the one that counts, which resumes them
	resumed        bool
	need           map[string][]int // leg/from → types that must be there, so that the case is what its name says
}

func opensslCases() []opensslCase {
	old := []string{"-cipher", "ALL:@SECLEVEL=0"}
	with := func(more ...string) []string { return more }
	cases := []opensslCase{
		{name: "TLS 1.3", key: "ecdsa"},
		{name: "TLS 1.3 RSA certificate", key: "rsa"},
		{name: "TLS 1.3 AES-256", key: "ecdsa", client: with("-ciphersuites", "TLS_AES_256_GCM_SHA384"), server: with("-ciphersuites", "TLS_AES_256_GCM_SHA384")},
		{name: "TLS 1.3 ChaCha20", key: "ecdsa", client: with("-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"), server: with("-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256")},
		{name: "TLS 1.3 retry on both legs", key: "rsa", client: with("-groups", "X448:P-256"), server: with("-groups", "P-384"),
			need: map[string][]int{"client/client": {1, 1}, "server/proxy": {1, 1}}},
		{name: "TLS 1.3 P-256", key: "ecdsa", client: with("-groups", "P-256")},
		{name: "TLS 1.3 client certificate asked for", key: "ecdsa", server: with("-verify", "1"), need: map[string][]int{"server/server": {13}, "server/proxy": {11}}},
		{name: "TLS 1.3 key update by the client", key: "ecdsa", clientSays: []string{"K\n", "k\n"}, need: map[string][]int{"client/client": {24, 24}, "client/proxy": {24}}},
		{name: "TLS 1.3 key update by the server", key: "ecdsa", serverSays: []string{"K\n", "k\n"}, need: map[string][]int{"server/server": {24, 24}, "server/proxy": {24}}},
		{name: "TLS 1.3 resumption", key: "ecdsa", sessions: 1, resumed: true},
		{name: "TLS 1.2", key: "ecdsa", client: with("-tls1_2"), server: with("-tls1_2")},
		{name: "TLS 1.2 resumption", key: "ecdsa", client: with("-tls1_2"), server: with("-tls1_2"), sessions: 1, resumed: true},
		{name: "TLS 1.2 client certificate asked for", key: "rsa", client: with("-tls1_2"), server: with("-tls1_2", "-verify", "1"), need: map[string][]int{"server/server": {13}, "server/proxy": {11}}},
		{name: "1.3 client, 1.2 server", key: "rsa", server: with("-tls1_2")},
		{name: "TLS 1.3 retry by the proxy alone", key: "ecdsa", client: with("-groups", "X448:P-256"), need: map[string][]int{"client/client": {1, 1}}},
		{name: "TLS 1.3 key update by both", key: "ecdsa", clientSays: []string{"K\n", "k\n"}, serverSays: []string{"k\n", "K\n"}, need: map[string][]int{"client/client": {24, 24}, "client/proxy": {24}, "server/server": {24, 24}, "server/proxy": {24}}},
		{name: "TLS 1.3 no tickets", key: "ecdsa", server: with("-num_tickets", "0")},
		{name: "TLS 1.3 padded", key: "ecdsa", server: with("-record_padding", "1000"), client: with("-record_padding", "333")},
		{name: "TLS 1.3 small records", key: "ecdsa", server: with("-max_send_frag", "512"), client: with("-max_send_frag", "512")},
		{name: "1.2 client, 1.3 server", key: "rsa", client: with("-tls1_2")},
		{name: "TLS 1.1", key: "rsa", client: append(with("-tls1_1"), old...), server: append(with("-tls1_1"), old...)},
		{name: "TLS 1.0", key: "rsa", client: append(with("-tls1"), old...), server: append(with("-tls1"), old...)},
	}
	for suite, key := range map[string]string{
		"ECDHE-ECDSA-AES128-GCM-SHA256": "ecdsa", "ECDHE-ECDSA-AES256-GCM-SHA384": "ecdsa", "ECDHE-ECDSA-CHACHA20-POLY1305": "ecdsa",
		"ECDHE-RSA-AES128-GCM-SHA256": "rsa", "ECDHE-RSA-AES128-SHA256": "rsa", "ECDHE-RSA-AES256-SHA": "rsa",
		"AES128-GCM-SHA256": "rsa", "AES256-GCM-SHA384": "rsa", "AES128-SHA": "rsa", "AES128-SHA256": "rsa", "AES256-SHA": "rsa",
	} {
		args := with("-tls1_2", "-cipher", suite+":@SECLEVEL=0")
		cases = append(cases, opensslCase{name: "TLS 1.2 " + suite, key: key, client: args, server: args})
	}
	return cases
}

// TestOpenSSL compares what the proxy tells of both legs with what OpenSSL at
// their ends says of them.
func TestOpenSSL(t *testing.T) {
	needTool(t, "openssl")
	o := makeOrigin(t)
	config := filepath.Join(t.TempDir(), "config.yaml")
	check(t, os.WriteFile(config, []byte("tls:\n  min_version: \"1.0\"\n"), 0o600))
	p := startProxy(t, "--upstream-ca", o.ca, "--config", config)
	conn := 0
	for _, c := range opensslCases() {
		t.Run(c.name, func(t *testing.T) {
			session := filepath.Join(t.TempDir(), "session")
			for i := range c.sessions {
				conn++
				c.talk(t, p, o, "-CAfile", p.ca, "-sess_out", session).compare(t, p.closed(conn), i == c.sessions)
			}
			conn++
			more := []string{"-CAfile", p.ca}
			if c.sessions > 0 {
				more = append(more, "-sess_in", session)
			}
			c.talk(t, p, o, more...).compare(t, p.closed(conn), true)
		})
	}
}

// opensslTalk is a conversation of s_client with s_server, with what both say of it.
type opensslTalk struct {
	*opensslCase
	clientLog, serverLog string
}

// talk runs one conversation.
func (c *opensslCase) talk(t *testing.T, p *proxyUnderTest, o origin, more ...string) *opensslTalk {
	dir := t.TempDir()
	serverLog, clientLog := filepath.Join(dir, "server"), filepath.Join(dir, "client")
	server := startProgram(t, "openssl", opensslEnv, slices.Concat(
		[]string{"s_server", "-accept", "127.0.0.1:0", "-naccept", "1", "-msg", "-msgfile", serverLog}, o.files(c.key), c.server)...)
	m := regexp.MustCompile(`ACCEPT [^\n]*:(\d+)\n`).FindStringSubmatch(server.expect("ACCEPT "))
	client := startProgram(t, "openssl", opensslEnv, slices.Concat(
		[]string{"s_client", "-proxy", p.addr, "-connect", "localhost:" + m[1], "-servername", "localhost",
			"-verify_return_error", "-msg", "-msgfile", clientLog}, c.client, more)...)
	client.say("ping\n")
	server.expect("ping\n")
	server.say("pong\n")
	client.expect("pong\n")
	// OpenSSL takes a command only at the start of what one read brings.
	for _, s := range c.clientSays {
		client.say(s)
		time.Sleep(commandPause)
	}
	for _, s := range c.serverSays {
		server.say(s)
		time.Sleep(commandPause)
	}
	client.say("ping again\n")
	server.expect("ping again\n")
	server.say("pong again\n")
	client.expect("pong again\n")
	client.say("last ping\n") // so that an answer to a key update is read
	server.expect("last ping\n")
	client.say("Q\n")
	client.wait()
	server.wait()
	return &opensslTalk{c, clientLog, serverLog}
}

func (c *opensslTalk) compare(t *testing.T, events []event, final bool) {
	clientSent, clientGot := printed(t, c.clientLog)
	serverSent, serverGot := printed(t, c.serverLog)
	if len(clientSent) == 0 || len(serverSent) == 0 {
		t.Fatal("OpenSSL printed no handshake message: the comparison would be empty")
	}
	for _, side := range []struct {
		leg, from string
		want      []int
	}{
		{"client", "client", clientSent}, {"client", "proxy", clientGot},
		{"server", "proxy", serverGot}, {"server", "server", serverSent},
	} {
		got := types(events, side.leg, side.from)
		if !slices.Equal(got, side.want) {
			t.Errorf("leg %s from %s: %v, but OpenSSL says %v", side.leg, side.from, got, side.want)
		}
		for _, typ := range c.need[side.leg+"/"+side.from] {
			if !slices.Contains(got, typ) {
				t.Errorf("leg %s from %s: no message of type %d in %v", side.leg, side.from, typ, got)
			}
		}
	}
	for _, leg := range []string{"client", "server"} {
		up, down := "client", "proxy"
		if leg == "server" {
			up, down = "proxy", "server"
		}
		if got := text(events, leg, up); got != "ping\nping again\nlast ping\n" {
			t.Errorf("leg %s from %s: data %q", leg, up, got)
		}
		if got := text(events, leg, down); got != "pong\npong again\n" {
			t.Errorf("leg %s from %s: data %q", leg, down, got)
		}
	}
	established := 0
	for _, e := range events {
		switch {
		case e.Event == "tls.established":
			established++
			if want := c.resumed && final && e.Leg == "client"; e.Resumed != want {
				t.Errorf("leg %s: resumed is %v", e.Leg, e.Resumed)
			}
		case e.Reason != "" || e.Event == "tls.malformed":
			t.Errorf("not read: %s", e.line)
		case e.Event == "conn.close" && e.Cause != "ok":
			t.Errorf("closed because %s", e.Cause)
		}
	}
	if established != 2 {
		t.Errorf("%d legs established", established)
	}
	if strings.Contains(c.name, "retry") != slices.ContainsFunc(events, func(e event) bool { return e.Name == "Hello Retry Request" }) {
		t.Error("Hello Retry Request missing, or unasked for")
	}
}
