package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSecretsOfRefusedRequestsStayHidden asks the proxy for what it must refuse:
// what is said of that, in the log and elsewhere, has no secret.
func TestSecretsOfRefusedRequestsStayHidden(t *testing.T) {
	const secret = "kfMHczTq8YpVnwx3uR5d"
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
	events, err := os.ReadFile(p.events)
	check(t, err)
	archive, err := os.ReadFile(har)
	check(t, err)
	for name, text := range map[string]string{"the view or the log": p.output(), "the events": string(events), "the archive": string(archive)} {
		if len(text) == 0 {
			t.Errorf("%s: nothing was written", name)
		}
		if at := strings.Index(text+decodedBase64(text), secret); at >= 0 {
			t.Errorf("%s: has the secret: %s", name, around(text+decodedBase64(text), at))
		}
	}
}
