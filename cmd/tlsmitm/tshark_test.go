package main

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
)

// said is what one end says in a conversation, in order, as far as it is compared with
// tshark: of each field the values of all its messages.
type said map[string][]string

// analyserFields names the fields as tshark does.
var analyserFields = []string{
	"tcp.srcport", "tls.handshake.type", "tls.change_cipher_spec", "tls.alert_message.desc", "tls.handshake.version", "tls.handshake.ciphersuite",
	"tls.handshake.extension.type", "tls.handshake.extensions_key_share_group", "tls.handshake.extensions_key_share_selected_group",
	"tls.handshake.extensions_server_name", "tls.handshake.extensions_alpn_str", "x509af.serialNumber", "tls.handshake.session_ticket_lifetime_hint",
	"tls.handshake.ja3", "tls.handshake.ja3s", "tls.handshake.session_id", "tls.handshake.extensions.supported_version",
	"tls.handshake.extensions_supported_group", "tls.extension.psk_ke_mode",
}

// digits are fields whose values are hexadecimal without saying so.
var digits = map[string]bool{"x509af.serialNumber": true, "tls.handshake.ja3": true, "tls.handshake.ja3s": true, "tls.handshake.session_id": true}

// analysed asks tshark what both ends say.
func analysed(t *testing.T, dir, path, keys string) [2]said {
	args := []string{"-n", "-r", path, "-o", "tls.keylog_file:" + keys, "-T", "fields", "-E", "occurrence=a", "-E", "separator=/t", "-E", "aggregator=;"}
	for _, f := range analyserFields {
		args = append(args, "-e", f)
	}
	cmd := exec.Command("tshark", args...)
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	both := [2]said{{}, {}}
	for text := range strings.Lines(string(out)) {
		values := strings.Split(strings.TrimSuffix(text, "\n"), "\t")
		end := both[1]
		if values[0] != "443" {
			end = both[0]
		}
		for i, v := range values[1:] {
			if v == "" {
				continue
			}
			name := strings.TrimSuffix(analyserFields[i+1], "_selected_group")
			if name == "tls.handshake.extensions_key_share" {
				name += "_group"
			}
			for one := range strings.SplitSeq(v, ";") {
				if n, err := strconv.ParseUint(one, 0, 64); err == nil && !digits[name] {
					one = fmt.Sprint(n)
				}
				end[name] = append(end[name], one)
			}
		}
	}
	return both
}

// readBack asks tlsmitm.
func readBack(t *testing.T, dir, path, keys string) [2]said {
	out := filepath.Join(dir, "events.jsonl")
	p := &app{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, lookupEnv: func(string) (string, bool) { return "", false }}
	if got := p.main([]string{"read", "--view", "none", "--json", out, "--keylog", keys, path}); got != exitDone {
		t.Fatalf("it ended with status %d", got)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	both := [2]said{{}, {}}
	for one := range bytes.Lines(text) {
		var e struct {
			Event, From string
			ContentType int `json:"content_type"`
			Type        *int
			Fields      map[string]any
		}
		if err := json.Unmarshal(one, &e); err != nil {
			t.Fatal(err)
		}
		if e.Event != "tls.message" {
			continue
		}
		end := both[1]
		if e.From == "client" {
			end = both[0]
		}
		end.message(e.ContentType, e.Type, e.Fields)
	}
	return both
}

func (s said) add(name string, v any) {
	switch v := v.(type) {
	case nil:
	case []any:
		for _, one := range v {
			s.add(name, one)
		}
	case map[string]any:
		for _, key := range []string{"value", "group", "selected_group", "serial_number"} {
			if v[key] != nil {
				s.add(name, v[key])
				return
			}
		}
	default:
		s[name] = append(s[name], fmt.Sprint(v))
	}
}

func (s said) message(content int, kind *int, f map[string]any) {
	switch {
	case content == 20:
		s["tls.change_cipher_spec"] = append(s["tls.change_cipher_spec"], "")
	case content == 21:
		s.add("tls.alert_message.desc", f["description"])
	case kind != nil:
		s.add("tls.handshake.type", strconv.Itoa(*kind))
		s.add("tls.handshake.version", f["legacy_version"])
		s.add("tls.handshake.ciphersuite", f["cipher_suites"])
		s.add("tls.handshake.ciphersuite", f["cipher_suite"])
		s.add("tls.handshake.extension.type", f["extensions"])
		s.add("tls.handshake.extensions_key_share_group", f["key_share"])
		if name, ok := f["server_name"].(string); ok {
			s.add("tls.handshake.extensions_server_name", name)
		}
		s.add("tls.handshake.extensions_alpn_str", f["application_layer_protocol_negotiation"])
		s.add("tls.handshake.session_ticket_lifetime_hint", f["ticket_lifetime"])
		s.add("tls.handshake.ja3", f["ja3"])
		s.add("tls.handshake.ja3s", f["ja3s"])
		s.add("tls.handshake.extensions.supported_version", f["supported_versions"])
		s.add("tls.handshake.extensions_supported_group", f["supported_groups"])
		s.add("tls.extension.psk_ke_mode", f["psk_key_exchange_modes"])
		if id, ok := f["session_id"].(string); ok && id != "" {
			s.add("tls.handshake.session_id", id)
		}
		for _, c := range list(f["certificate_list"]) {
			s.add("x509af.serialNumber", c)
			if c, ok := c.(map[string]any); ok && *kind == 11 {
				s.add("tls.handshake.extension.type", entryExtensions(c))
			}
		}
	}
}

func list(v any) []any { l, _ := v.([]any); return l }

// entryExtensions are those of a certificate's entry under TLS 1.3, which are not the
// certificate's own.
func entryExtensions(c map[string]any) any { return c["extensions"] }

// recordedRelay passes a connection on to a server, and records it.
func recordedRelay(t *testing.T, to string) (address string, talk func() *capturedTalk) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	done := make(chan *capturedTalk, 1)
	go func() {
		client, err := l.Accept()
		if err != nil {
			return
		}
		defer client.Close()
		server, err := net.Dial("tcp", to)
		if err != nil {
			return
		}
		defer server.Close()
		c := &capturedTalk{port: 40000, seq: [2]uint32{100, 7000}}
		c.segment(0, 2, nil)
		c.segment(1, 0x12, nil)
		c.segment(0, 0x10, nil)
		one := make(chan struct{})
		pass := func(dst, src net.Conn, side int) {
			b := make([]byte, 32<<10)
			for {
				n, err := src.Read(b)
				c.segments(side, b[:n])
				if _, werr := dst.Write(b[:n]); err != nil || werr != nil {
					break
				}
			}
			dst.(*net.TCPConn).CloseWrite()
			one <- struct{}{}
		}
		go pass(server, client, 0)
		go pass(client, server, 1)
		<-one
		client.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
		server.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
		<-one
		for side := range 2 {
			c.segment(side, 0x11, nil)
		}
		done <- c
	}()
	return l.Addr().String(), func() *capturedTalk {
		select {
		case c := <-done:
			return c
		case <-time.After(20 * time.Second):
			t.Fatal("the conversation does not end")
			return nil
		}
	}
}

// TestReadAgreesWithTshark reads conversations of crypto/tls and of OpenSSL as tshark does,
// field by field.
func TestReadAgreesWithTshark(t *testing.T) {
	needTool(t, "tshark", "openssl")
	talks := map[string]func(t *testing.T, dir string) (*capturedTalk, []byte){}
	goTalk := func(name string, change func(client, server *tls.Config)) {
		talks["Go, "+name] = func(t *testing.T, dir string) (*capturedTalk, []byte) {
			client, server := &tls.Config{NextProtos: []string{"h2", "http/1.1"}}, &tls.Config{NextProtos: []string{"h2"}}
			change(client, server)
			c, err := capturedBetween(client, server, "question", "answer")
			if err != nil {
				t.Fatal(err)
			}
			return c, c.keys.Bytes()
		}
	}
	goTalk("post-quantum", func(client, server *tls.Config) {})
	goTalk("TLS 1.2", func(client, server *tls.Config) { client.MaxVersion = tls.VersionTLS12 })
	goTalk("retry", func(client, server *tls.Config) { server.CurvePreferences = []tls.CurveID{tls.CurveP521} })
	goTalk("client certificate", func(client, server *tls.Config) {
		server.ClientAuth, client.Certificates = tls.RequireAnyClientCert, []tls.Certificate{capturedCertificate()}
	})
	for name, args := range map[string][2]string{
		"TLS 1.3":              {"", "-tls1_3 -alpn h2,http/1.1"},
		"TLS 1.2, tickets":     {"", "-tls1_2"},
		"TLS 1.2, RSA":         {"", "-tls1_2 -cipher AES128-SHA256:@SECLEVEL=0"},
		"TLS 1.1":              {"-cipher ALL:@SECLEVEL=0", "-tls1_1 -cipher ALL:@SECLEVEL=0"},
		"TLS 1.0":              {"-cipher ALL:@SECLEVEL=0", "-tls1 -cipher ALL:@SECLEVEL=0"},
		"retry":                {"-groups P-384", "-tls1_3 -groups X25519:P-384"},
		"small records":        {"", "-tls1_2 -split_send_frag 512 -max_send_frag 512"},
		"no version in common": {"-tls1_3", "-tls1_2"},
	} {
		talks["OpenSSL, "+name] = func(t *testing.T, dir string) (*capturedTalk, []byte) {
			return opensslCaptured(t, dir, args[0], args[1])
		}
	}
	for name, talk := range talks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			c, secrets := talk(t, dir)
			compareWithTshark(t, dir, c, secrets)
		})
	}
}

// compareWithTshark has both read a conversation.
func compareWithTshark(t *testing.T, dir string, c *capturedTalk, secrets []byte) {
	path, keys := filepath.Join(dir, "talk.pcap"), filepath.Join(dir, "keys.log")
	check(t, os.WriteFile(path, c.pcap(), 0o600))
	check(t, os.WriteFile(keys, secrets, 0o600))
	want, got := analysed(t, dir, path, keys), readBack(t, dir, path, keys)
	for i, end := range []string{"client", "server"} {
		if len(want[i]) == 0 {
			t.Errorf("tshark sees nothing of the %s", end)
		}
		for _, field := range analyserFields[1:] {
			a, b := want[i][field], got[i][field]
			if field == "tls.change_cipher_spec" {
				if len(a) != len(b) {
					t.Errorf("%s, %s: %d, and tshark %d", end, field, len(b), len(a))
				}
				continue
			}
			if !reflect.DeepEqual(a, b) {
				t.Errorf("%s, %s:\ngot    %v\ntshark %v", end, field, b, a)
			}
		}
	}
}

// opensslCaptured has OpenSSL's client talk to its server.
func opensslCaptured(t *testing.T, dir, server, client string) (*capturedTalk, []byte) {
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	compareCertificate(t, dir)
	at := freeAddress(t)
	serve := exec.Command("openssl", append([]string{"s_server", "-accept", at, "-cert", cert, "-key", key, "-quiet"}, strings.Fields(server)...)...)
	held, err := serve.StdinPipe()
	check(t, err)
	defer held.Close()
	check(t, serve.Start())
	defer func() { serve.Process.Kill(); serve.Wait() }()
	awaitListener(t, at)
	relay, talk := recordedRelay(t, at)
	keys := filepath.Join(dir, "openssl.keys")
	ask := exec.Command("openssl", append([]string{"s_client", "-connect", relay, "-servername", "compare.example", "-keylogfile", keys}, strings.Fields(client)...)...)
	say, err := ask.StdinPipe()
	check(t, err)
	check(t, ask.Start())
	go func() {
		io.WriteString(say, "hello\n")
		time.Sleep(300 * time.Millisecond) // the server's tickets come meanwhile
		io.WriteString(say, "Q\n")
		say.Close()
	}()
	ask.Wait()
	c := talk()
	secrets, _ := os.ReadFile(keys)
	return c, secrets
}

// compareCertificate has OpenSSL make what its and GnuTLS's servers show: cert.pem and
// key.pem in a directory.
func compareCertificate(t *testing.T, dir string) {
	t.Helper()
	if out, err := exec.Command("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", filepath.Join(dir, "key.pem"),
		"-out", filepath.Join(dir, "cert.pem"), "-days", "2", "-subj", "/CN=compare.example").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// awaitListener waits until a program accepts connections.
func awaitListener(t *testing.T, at string) {
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if c, err := net.Dial("tcp", at); err == nil {
			c.Close()
			break
		} else if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}
