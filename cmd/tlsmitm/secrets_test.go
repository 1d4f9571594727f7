package main

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// secretRules add to what is secret by itself.
const secretRules = "secrets:\n  headers: [X-Acme]\n  fields: [pin_of_mine]\n  patterns: ['acme-(?P<secret>\\S+)']\n"

// leaks finds secrets, and what is left of them, in what was written: as they are, and
// in base64, hexadecimal and URLs.
func (s *secretive) leaks(t *testing.T, name, text string) {
	t.Helper()
	if len(text) == 0 {
		t.Errorf("%s: nothing was written", name)
	}
	text = unpacked(text)
	text += strings.ReplaceAll(text, "\x00", "")                                  // UTF-16
	bare := strings.NewReplacer(" ", "", "\n", "").Replace(strings.ToLower(text)) // for dumps
	for place, secret := range s.values {
		const part = 12 // of a secret is as bad as all of it
		for i := 0; i+part <= len(secret); i += part / 2 {
			if strings.HasPrefix(secret, "eyJ") && i < part {
				continue // which all of them have in common
			}
			b := secret[i : i+part]
			for form, coded := range map[string]string{"itself": b, "a URL": url.QueryEscape(b), "hex": hex.EncodeToString([]byte(b))} {
				at := strings.Index(text, coded)
				if form == "hex" {
					if at = strings.Index(bare, coded); at >= 0 {
						t.Errorf("%s: has the secret %q in hexadecimal", name, place)
					}
				}
				if at >= 0 {
					t.Errorf("%s: has the secret %q as %s: %s", name, place, form, around(text, at))
				}
			}
		}
	}
}

// around is text near a place, to be shown.
func around(text string, at int) string {
	return text[max(0, at-200):min(len(text), at+100)]
}

// unpacked is text with what the base64 in it stands for, and what that is
// compressed of.
func unpacked(text string) string {
	var all strings.Builder
	all.WriteString(text)
	for _, run := range strings.FieldsFunc(text, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '+' || r == '/')
	}) {
		if len(run) < 12 {
			continue
		}
		for skip := range 4 { // it may begin with something else
			b, _ := base64.RawStdEncoding.DecodeString(run[skip:])
			all.WriteByte('\n')
			all.Write(b)
			for ; len(b) > 0; b = b[1:] {
				at := bytes.Index(b, []byte{0x1f, 0x8b, 8})
				if at < 0 {
					break
				}
				b = b[at:]
				if z, err := gzip.NewReader(bytes.NewReader(b)); err == nil {
					plain, _ := io.ReadAll(z)
					all.Write(plain)
				}
			}
		}
	}
	return all.String()
}

// TestLeaksAreFound has the search find what it is to find.
func TestLeaksAreFound(t *testing.T) {
	for _, text := range []string{"s3cr3t-0a1b2c3d4e5f", base64.StdEncoding.EncodeToString([]byte("xs3cr3t-0a1b2c3d4e5f")), base64.StdEncoding.EncodeToString(zipped(t, "s3cr3t-0a1b2c3d4e5f"))} {
		if !strings.Contains(unpacked(`{"base64":"`+text+`"}`), "s3cr3t-0a1b2c3d4e5f") {
			t.Errorf("not found in %s", text)
		}
	}
}

func zipped(t *testing.T, s string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := io.WriteString(z, s)
	check(t, err)
	check(t, z.Close())
	return b.Bytes()
}

// TestSecretsStayHidden looks for secrets in everything that the program writes.
func TestSecretsStayHidden(t *testing.T) {
	s := newSecretive(t)
	for _, view := range []string{"table", "http", "detail"} { // what lines say is in the others
		t.Run(view, func(t *testing.T) {
			har := filepath.Join(t.TempDir(), "run.har")
			p := s.recorded(t, append(settings(t, secretRules), "--view", view, "--show", "all", "--bytes", "--har", har, "--data-bytes", "all", "--log-level", "trace")...)
			s.leaks(t, "the view", p.output())
			s.leaks(t, "the events", contents(t, p.events))
			s.leaks(t, "the archive", contents(t, har))
		})
	}
}

// recorded is a proxy that has ended, after a conversation over each protocol.
func (s *secretive) recorded(t *testing.T, args ...string) *proxyUnderTest {
	t.Helper()
	p := startProxy(t, append(args, "--upstream-ca", s.origin.ca, "--h2-frames", "--proto", s.proto)...)
	s.exchanges = 0
	for _, protocol := range []string{"http/1.1", "h2"} {
		s.converse(t, p, protocol)
	}
	p.awaitExchanges(s.exchanges)
	p.stop(t, os.Interrupt)
	p.exits(t)
	return p
}

// TestShowHidesSavedSecrets records secrets, and looks for them in all that can be
// made of the file.
func TestShowHidesSavedSecrets(t *testing.T) {
	s := newSecretive(t)
	rules := settings(t, secretRules)
	for _, size := range []string{"all", "1024"} {
		packets := filepath.Join(t.TempDir(), "run.pcapng")
		p := s.recorded(t, "--show-secrets", "--data-bytes", size, "--pcap", packets)
		saved := contents(t, p.events)
		all := unpacked(saved)
		all += strings.ReplaceAll(all, "\x00", "") // UTF-16
		for place, secret := range s.values {
			if !strings.Contains(all, secret) && !strings.Contains(all, url.QueryEscape(secret)) {
				t.Errorf("%s was not recorded", place)
			}
		}
		har := filepath.Join(t.TempDir(), "run.har")
		views := [][]string{
			{"--json", "-"}, {"--view", "table"}, {"--view", "detail", "--bytes"}, {"--view", "lines"}, {"--view", "http", "--show", "all"},
			{"--view", "http", "--lang", "zh", "--show", "all"}, {"--as", "curl"}, {"--view", "none", "--har", har},
		}
		if size != "all" {
			views = views[:2] // the others are told the same
		}
		for _, args := range views {
			said := written(t, append(append([]string{"show", p.events}, args...), rules...)...)
			if args[len(args)-1] == har {
				said = contents(t, har)
			}
			s.leaks(t, fmt.Sprintf("%s of data, %v", size, args), said)
		}
		// Once hidden they stay so, and are not hidden again.
		once := filepath.Join(t.TempDir(), "once.jsonl")
		check(t, os.WriteFile(once, []byte(written(t, append([]string{"show", p.events, "--json", "-"}, rules...)...)), 0o600))
		if twice := written(t, append([]string{"show", once, "--json", "-"}, rules...)...); twice != contents(t, once) {
			t.Errorf("%s of data: hidden twice is not the same:\n%s", size, firstDifference(contents(t, once), twice))
		}
		if open := written(t, "show", p.events, "--show-secrets", "--json", "-"); open != saved {
			t.Errorf("%s of data: with --show-secrets it is not what was saved:\n%s", size, firstDifference(saved, open))
		}
		if open := written(t, "show", p.events, "--show-secrets", "--as", "curl"); !strings.Contains(open, s.values["bearer"]) || strings.Contains(open, hiddenRemark) {
			t.Error("no secret in the commands that are to have them")
		}
		if hidden := written(t, "show", p.events, "--as", "curl"); strings.Count(hidden, hiddenRemark) != s.exchanges {
			t.Errorf("%d of %d commands say that secrets are hidden", strings.Count(hidden, hiddenRemark), s.exchanges)
		}
		// A capture is read as the run was.
		if size == "all" {
			s.leaks(t, "what is read", written(t, append([]string{"read", packets, "--json", "-", "--data-bytes", size, "--proto", s.proto}, rules...)...))
			if open := written(t, "read", packets, "--json", "-", "--show-secrets"); !strings.Contains(open, s.values["bearer"]) {
				t.Error("no secret in what is read with them")
			}
		}
	}
}

// hiddenRemark is on commands that cannot be repeated as they are.
const hiddenRemark = "# secrets are hidden in this"

// written is what a command writes.
func written(t *testing.T, args ...string) string {
	t.Helper()
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	check(t, err)
	defer out.Close()
	p := &app{stdin: os.Stdin, stdout: out, stderr: os.Stderr, lookupEnv: func(string) (string, bool) { return "", false }}
	if status := p.main(args); status != 0 {
		t.Fatalf("%v: status %d", args, status)
	}
	return contents(t, out.Name())
}

func contents(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	check(t, err)
	return string(b)
}

// firstDifference is the first line in which two texts differ.
func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range x {
		if i >= len(y) || x[i] != y[i] {
			return fmt.Sprintf("line %d\n%.3000s\n%.3000s", i+1, x[i], append(y, "")[i])
		}
	}
	return fmt.Sprintf("%d and %d lines", len(x), len(y))
}

// TestSecretsOfRefusedRequestsStayHidden asks the proxy for what it must refuse:
// what is said of that, in the log and elsewhere, has no secret.
func TestSecretsOfRefusedRequestsStayHidden(t *testing.T) {
	s := &secretive{values: map[string]string{"refused": "kfMHczTq8YpVnwx3uR5d"}}
	secret := s.values["refused"]
	har := filepath.Join(t.TempDir(), "run.har")
	p := startProxy(t, "--view", "table", "--har", har, "--log-level", "trace")
	for _, line := range []string{
		"GET http://u:%s@localhost:1/?token=%[1]s", "GET https://localhost/?api_key=%s", "GET ftp://e.org/;jsessionid=%s", "GET /?token=%s",
		"CONNECT u:%s@localhost:443", "CONNECT %s@localhost:443", "CONNECT localhost:443?token=%s", "CONNECT https://u:%s@localhost/",
		"GET http://localhost:1/?token=%s%%zz",
	} {
		c := p.dial(t)
		fmt.Fprintf(c, line+" HTTP/1.1\r\nHost: localhost:1\r\nConnection: close\r\nProxy-Authorization: Basic %[1]s\r\nCookie: a=%[1]s\r\n\r\n", secret)
		io.Copy(io.Discard, c)
		c.Close()
	}
	p.stop(t, os.Interrupt)
	p.exits(t)
	s.leaks(t, "the view or the log", p.output())
	s.leaks(t, "the events", contents(t, p.events))
	s.leaks(t, "the archive", contents(t, har))
}
