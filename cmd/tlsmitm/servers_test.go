package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// served is a line of nginx's log.
type served struct {
	URI, Method, Protocol string
	Status                int
	Body, Sent, Got       int64 // bytes: of the response's content, of all of it, of the request
}

// TestExchangesAreWhatNginxLogged has curl send many requests at once, and compares
// what is told of each, in the events and in the archive, with nginx's own log and
// with what curl has sent and received.
func TestExchangesAreWhatNginxLogged(t *testing.T) {
	needTool(t, "nginx", "curl")
	o := makeOrigin(t)
	root := t.TempDir()
	check(t, os.Mkdir(filepath.Join(root, "zip"), 0o755))
	files := map[string][]byte{"empty.bin": nil, "one.bin": {0xc3}, "big.bin": seeded(1, 200_000), "zip/text": bytes.Repeat([]byte("The quick brown fox. "), 1000), "page.html": []byte(page)}
	names := []string{"empty.bin", "one.bin", "big.bin", "zip/text", "page.html", "none"}
	for name, b := range files {
		check(t, os.WriteFile(filepath.Join(root, name), b, 0o644))
	}
	ports := startNginx(t, o, root)
	har := filepath.Join(t.TempDir(), "run.har")
	p := startProxy(t, "--upstream-ca", o.ca, "--har", har, "--data-bytes", "16")
	const each = 120
	dir := t.TempDir()
	option := map[string]string{"http/1.1": "http1.1", "h2": "http2"}
	for _, s := range nginxServers {
		var config strings.Builder
		for n := range each {
			if n > 0 {
				config.WriteString("next\n")
			}
			fmt.Fprintf(&config, "url = \"https://localhost:%s/%s?%s-%d\"\noutput = \"%s\"\nproxy = \"http://%s\"\ncacert = \"%s\"\n%s\nsilent\nshow-error\nmax-time = %d\n",
				ports[s.name], names[n%len(names)], option[s.name], n, filepath.Join(dir, fmt.Sprint(option[s.name], "-", n)), p.addr, p.ca, option[s.name], int(patience/time.Second))
			switch n / len(names) % 5 {
			case 1:
				config.WriteString("head\n")
			case 2:
				if s.name == "h2" {
					break // nginx ends the stream before the content is sent
				}
				body := filepath.Join(dir, fmt.Sprint("body", n))
				check(t, os.WriteFile(body, seeded(uint64(n), n*83), 0o600))
				fmt.Fprintf(&config, "data-binary = \"@%s\"\nheader = \"Content-Type: application/octet-stream\"\n", body)
			case 3:
				config.WriteString("range = \"0-99\"\n")
			case 4:
				fmt.Fprintf(&config, "header = \"If-Modified-Since: %s\"\nheader = \"Accept-Encoding: gzip\"\n", time.Now().Add(time.Hour).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT"))
			default:
				config.WriteString("header = \"Accept-Encoding: gzip\"\n")
			}
		}
		file := filepath.Join(dir, option[s.name]+".conf")
		check(t, os.WriteFile(file, []byte(config.String()), 0o600))
		curl := startProgram(t, "curl", nil, "--parallel", "--no-progress-meter", "--parallel-max", "8", "--config", file)
		curl.wait()
		if said := curl.output(); said != "" {
			t.Fatalf("curl: %s", said)
		}
	}
	told := map[string]exchangeEvent{}
	for _, x := range p.awaitExchanges(2 * each) {
		u, err := url.Parse(x.Request.URL)
		check(t, err)
		if _, twice := told[u.RequestURI()]; twice {
			t.Errorf("%s is told of twice", u)
		}
		told[u.RequestURI()] = x
	}
	p.stop(t, os.Interrupt)
	p.exits(t)
	log, err := os.ReadFile(filepath.Join(o.dir, nginxLog))
	check(t, err)
	logged := 0
	for line := range strings.Lines(string(log)) {
		var s served
		check(t, json.Unmarshal([]byte(line), &s))
		x, ok := told[s.URI]
		if !ok {
			t.Errorf("not told of: %s", line)
			continue
		}
		logged++
		compareServed(t, s, x)
		path, query, _ := strings.Cut(s.URI, "?")
		_, number, _ := strings.Cut(query, "-")
		var n int
		fmt.Sscan(number, &n)
		var body []byte
		if s.Method == "POST" {
			body = seeded(uint64(n), n*83)
		}
		if x.Request.content() != string(body) {
			t.Errorf("%s: a body of %d bytes, sent %d", s.URI, len(x.Request.content()), len(body))
		}
		arrived, _ := os.ReadFile(filepath.Join(dir, query)) // there is none where it would be empty
		if s.Method == "HEAD" {
			arrived = nil // curl writes the head
		} else if x.Response.header("content-encoding") == "gzip" {
			arrived = files[path[1:]]
		}
		if x.Response.content() != string(arrived) {
			t.Errorf("%s: told of %d bytes, and curl received %d", s.URI, len(x.Response.content()), len(arrived))
		}
	}
	if logged != 2*each || len(told) != 2*each {
		t.Errorf("nginx has logged %d exchanges of %d, and %d are told of", logged, 2*each, len(told))
	}
	compareArchive(t, har, told)
}

// compareServed holds an exchange against nginx's log.
func compareServed(t *testing.T, s served, x exchangeEvent) {
	t.Helper()
	r := x.Response
	if r == nil {
		t.Errorf("%s has no response", s.URI)
		return
	}
	size := func(m *sentMessage) int64 {
		if m.Body == nil {
			return 0
		}
		return m.Body.Size
	}
	if s.Method != x.Request.Method || s.Status != r.Status || strings.TrimSuffix(s.Protocol, ".0") != x.Protocol || x.Request.Cut+r.Cut != "" {
		t.Errorf("%+v is told of as %s %s %d", s, x.Protocol, x.Request.Method, r.Status)
	}
	chunked := r.header("transfer-encoding") != "" // nginx counts the chunks' framing, too
	if !chunked && s.Body != size(r) {
		t.Errorf("%+v: content of %d bytes is told of", s, size(r))
	}
	if x.Protocol != "HTTP/1.1" {
		return
	}
	// The content of a POST is thrown away here, and not counted.
	if !chunked && s.Sent != r.HeadBytes+size(r) || s.Got != x.Request.HeadBytes {
		t.Errorf("%+v: told of heads of %d and %d bytes, bodies of %d and %d", s, x.Request.HeadBytes, r.HeadBytes, size(&x.Request), size(r))
	}
}

// compareArchive holds an HTTP archive against the events.
func compareArchive(t *testing.T, path string, told map[string]exchangeEvent) {
	t.Helper()
	b, err := os.ReadFile(path)
	check(t, err)
	var archive struct {
		Log struct {
			Entries []struct {
				Request  struct{ Method, URL string }
				Response struct {
					Status  int
					Content struct {
						Text     string
						Encoding string
					}
				}
			}
		}
	}
	check(t, json.Unmarshal(b, &archive))
	for _, e := range archive.Log.Entries {
		u, err := url.Parse(e.Request.URL)
		check(t, err)
		x := told[u.RequestURI()]
		content := e.Response.Content.Text
		if e.Response.Content.Encoding == "base64" {
			raw, err := base64.StdEncoding.DecodeString(content)
			check(t, err)
			content = string(raw)
		}
		if x.Response == nil || e.Request.Method != x.Request.Method || e.Response.Status != x.Response.Status || content != x.Response.content() {
			t.Errorf("the archive has %s %s %d with %d bytes", e.Request.Method, u, e.Response.Status, len(content))
		}
	}
	if len(archive.Log.Entries) != len(told) {
		t.Errorf("the archive has %d entries, for %d exchanges", len(archive.Log.Entries), len(told))
	}
}
