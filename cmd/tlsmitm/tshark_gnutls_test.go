package main

import (
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestReadAgreesWithTsharkOnGnuTLS reads conversations of GnuTLS as tshark does, field by
// field.
func TestReadAgreesWithTsharkOnGnuTLS(t *testing.T) {
	needTool(t, "tshark", "openssl", "gnutls-serv", "gnutls-cli")
	files := t.TempDir()
	compareCertificate(t, files)
	check(t, os.WriteFile(filepath.Join(files, "psk"), []byte("jane:00112233445566778899aabbccddeeff\n"), 0o600))
	const tls12 = "NORMAL:-VERS-ALL:+VERS-TLS1.2"
	for name, c := range map[string]gnutlsTalk{
		"TLS 1.3":            {},
		"retry":              {server: "NORMAL:-GROUP-ALL:+GROUP-SECP384R1", client: "NORMAL:-GROUP-ALL:+GROUP-X25519:+GROUP-SECP384R1", ask: "--single-key-share"},
		"DHE in TLS 1.3":     {client: "NORMAL:-GROUP-ALL:+GROUP-FFDHE2048"},
		"CCM in TLS 1.3":     {client: "NORMAL:-CIPHER-ALL:+AES-128-CCM", server: "NORMAL:-CIPHER-ALL:+AES-128-CCM"},
		"client certificate": {serve: "--require-client-cert", ask: "--x509certfile CERT --x509keyfile KEY"},
		"TLS 1.2":            {client: tls12, ask: "--alpn h2 --alpn http/1.1", serve: "--alpn http/1.1"},
		"RSA":                {client: tls12 + ":-KX-ALL:+RSA", server: "NORMAL:+RSA"},
		"DHE":                {client: tls12 + ":-KX-ALL:+DHE-RSA", server: "NORMAL:+DHE-RSA"},
		"CBC":                {client: tls12 + ":-CIPHER-ALL:+AES-128-CBC"},
		"CBC without EtM":    {client: tls12 + ":-CIPHER-ALL:+AES-256-CBC:%NO_ETM"},
		"ChaCha20":           {client: tls12 + ":-CIPHER-ALL:+CHACHA20-POLY1305"},
		"CCM-8":              {client: tls12 + ":-CIPHER-ALL:+AES-256-CCM-8", server: "NORMAL:+AES-256-CCM-8"},
		"anonymous":          {client: tls12 + ":-KX-ALL:+ANON-ECDH", server: "NORMAL:+ANON-ECDH"},
		"PSK":                {client: tls12 + ":-KX-ALL:+ECDHE-PSK", server: "NORMAL:+ECDHE-PSK", serve: "--pskpasswd PSK", ask: "--pskusername jane --pskkey 00112233445566778899aabbccddeeff"},
		"RSA and PSK":        {client: tls12 + ":-KX-ALL:+RSA-PSK", server: "NORMAL:+RSA-PSK", serve: "--pskpasswd PSK --pskhint who", ask: "--pskusername jane --pskkey 00112233445566778899aabbccddeeff"},
		"TLS 1.1":            {client: "NORMAL:-VERS-ALL:+VERS-TLS1.1", server: "NORMAL:+VERS-TLS1.1"},
		"TLS 1.0":            {client: "NORMAL:-VERS-ALL:+VERS-TLS1.0", server: "NORMAL:+VERS-TLS1.0"},
		"3DES":               {client: "NORMAL:-VERS-ALL:+VERS-TLS1.0:-CIPHER-ALL:+3DES-CBC", server: "NORMAL:+VERS-TLS1.0:+3DES-CBC"},
		"nothing in common":  {client: tls12, server: "NORMAL:-VERS-ALL:+VERS-TLS1.3", fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			talk, secrets := c.run(t, files, dir)
			if len(secrets) == 0 && !c.fails {
				t.Fatal("they did not agree: there is no secret")
			}
			compareWithTshark(t, dir, talk, secrets)
		})
	}
}

// gnutlsTalk is a conversation of gnutls-cli with gnutls-serv: the priorities of both, and
// further words, in which CERT, KEY and PSK stand for files.
type gnutlsTalk struct {
	server, client string
	serve, ask     string
	fails          bool
}

func (g gnutlsTalk) run(t *testing.T, files, dir string) (*capturedTalk, []byte) {
	cert, key, psk := filepath.Join(files, "cert.pem"), filepath.Join(files, "key.pem"), filepath.Join(files, "psk")
	words := func(text string) []string {
		return strings.Fields(strings.NewReplacer("CERT", cert, "KEY", key, "PSK", psk).Replace(text))
	}
	priority := func(text string) string {
		if text == "" {
			return "NORMAL"
		}
		return text
	}
	at := freeAddress(t)
	_, port, _ := net.SplitHostPort(at)
	serve := exec.Command("gnutls-serv", append([]string{"--echo", "--quiet", "--port", port, "--x509certfile", cert, "--x509keyfile", key, "--priority", priority(g.server)}, words(g.serve)...)...)
	check(t, serve.Start())
	defer func() { serve.Process.Kill(); serve.Wait() }()
	awaitListener(t, at)
	relay, talk := recordedRelay(t, at)
	host, relayPort, _ := net.SplitHostPort(relay)
	keys := filepath.Join(dir, "gnutls.keys")
	ask := exec.Command("gnutls-cli", append([]string{"--insecure", "--port", relayPort, "--sni-hostname", "compare.example", "--priority", priority(g.client), host}, words(g.ask)...)...)
	ask.Env = append(os.Environ(), "SSLKEYLOGFILE="+keys)
	say, err := ask.StdinPipe()
	check(t, err)
	check(t, ask.Start())
	go func() {
		io.WriteString(say, "hello\n")
		time.Sleep(300 * time.Millisecond) // the server's tickets come meanwhile
		say.Close()
	}()
	ask.Wait()
	c := talk()
	secrets, _ := os.ReadFile(keys)
	return c, secrets
}
