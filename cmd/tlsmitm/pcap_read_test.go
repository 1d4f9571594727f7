package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestCaptureReadsAsItWasLive: what a capture of tlsmitm's own says when it is read is
// what was told live, leg for leg.
func TestCaptureReadsAsItWasLive(t *testing.T) {
	needTool(t, "nginx", "curl")
	o, root := makeOrigin(t), t.TempDir()
	check(t, os.WriteFile(filepath.Join(root, "page.html"), []byte(page), 0o644))
	ports := startNginx(t, o, root)
	bin, err := builtBinary()
	check(t, err)
	for _, c := range []struct{ name, policy, protocol, version string }{
		{"intercept, HTTP/2", "intercept", "h2", "1.3"},
		{"intercept, TLS 1.2", "intercept", "http/1.1", "1.2"},
		{"observe, HTTP/2", "observe", "h2", "1.3"},
		{"observe, TLS 1.2", "observe", "http/1.1", "1.2"},
		{"tunnel", "tunnel", "h2", "1.3"},
		{"rejected", "intercept", "h2", "1.3"},
		{"plain", "intercept", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path, again, keys := filepath.Join(dir, "c.pcapng"), filepath.Join(dir, "again.pcapng"), filepath.Join(dir, "keys.log")
			args := []string{"--upstream-ca", o.ca, "--pcap", path, "--policy", c.policy, "--data-bytes", "all", "--show-secrets"}
			if c.policy == "observe" {
				args = append(args, "--client-keylog", keys)
			}
			p := startProxy(t, args...)
			v := visit{ctx: t.Context(), dir: dir, proxy: p.addr, trust: p.ca, newest: c.version, keylog: keys, url: "https://localhost:" + ports[c.protocol] + "/page.html"}
			if c.policy != "intercept" || c.name == "rejected" {
				v.trust = o.ca
			}
			if c.name == "plain" {
				v.url = "http://" + serve(t, answerOnce) + "/plain"
			}
			if _, err := fetchCurl("--http2")(t, v); (err != nil) != (c.name == "rejected") {
				t.Fatal(err)
			}
			p.stop(t, os.Interrupt)
			p.exits(t)
			live := p.read()
			for _, file := range []string{path, again} { // and what is written of what was read says it once more
				read := filepath.Join(dir, "read.jsonl")
				args := []string{"read", "--view", "none", "--json", read, "--data-bytes", "all", "--show-secrets", file}
				if file == path {
					args = append(args, "--pcap", again)
				}
				if out, err := exec.Command(bin, args...).CombinedOutput(); err != nil {
					t.Fatalf("%v\n%s", err, out)
				}
				sameLegs(t, live, (&proxyUnderTest{peer: p.peer, events: read}).read())
			}
		})
	}
}

// TestManyConnectionsReadAsTheyWereLive: connections that went on at once come out by the
// numbers that they had, each with its own legs.
func TestManyConnectionsReadAsTheyWereLive(t *testing.T) {
	needTool(t, "nginx", "curl")
	o, root, dir := makeOrigin(t), t.TempDir(), t.TempDir()
	check(t, os.WriteFile(filepath.Join(root, "page.html"), []byte(page), 0o644))
	ports := startNginx(t, o, root)
	path, read := filepath.Join(dir, "c.pcapng"), filepath.Join(dir, "read.jsonl")
	p := startProxy(t, "--upstream-ca", o.ca, "--pcap", path, "--data-bytes", "all", "--show-secrets")
	args := []string{"-q", "-sS", "-x", "http://" + p.addr, "--cacert", p.ca, "--http1.1", "--no-progress-meter", "--parallel", "--parallel-immediate", "--parallel-max", "20"}
	for range 20 {
		args = append(args, "-o", os.DevNull, "https://localhost:"+ports["http/1.1"]+"/page.html")
	}
	if out, err := exec.Command("curl", args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	p.stop(t, os.Interrupt)
	p.exits(t)
	bin, err := builtBinary()
	check(t, err)
	if out, err := exec.Command(bin, "read", "--view", "none", "--json", read, "--data-bytes", "all", "--show-secrets", path).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	live, again := p.read(), (&proxyUnderTest{peer: p.peer, events: read}).read()
	clients := clientsOf(live)
	if len(clients) < 2 {
		t.Skip("curl has used one connection for all")
	}
	if got := clientsOf(again); !maps.Equal(got, clients) {
		t.Errorf("connections %v, not %v", got, clients)
	}
	sameLegs(t, live, again)
}

// clientsOf says whose each connection was.
func clientsOf(events []event) map[int]string {
	all := map[int]string{}
	for _, e := range events {
		if e.Event == "conn.open" {
			all[e.Conn] = e.Client
		}
	}
	return all
}

func answerOnce(c net.Conn) {
	if req, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
		io.Copy(io.Discard, req.Body)
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
	}
}

func sameLegs(t *testing.T, live, read []event) {
	t.Helper()
	a, b := byLeg(t, live), byLeg(t, read)
	if len(a) == 0 || len(a) != len(b) {
		t.Errorf("live %d directions, read %d", len(a), len(b))
	}
	for flow, want := range a {
		got := b[flow]
		for i := range max(len(want), len(got)) {
			w, g := at(want, i), at(got, i)
			if w != g {
				t.Errorf("%s, %d of %d: live\n%.900s\nread\n%.900s", flow, i, len(want), w, g)
				break
			}
		}
	}
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return "nothing"
}

// byLeg lists what the events of each direction of each leg say, without what depends
// on when it was told: times, rows, and how data was cut into events.
func byLeg(t *testing.T, events []event) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, e := range events {
		switch e.Event {
		case "tls.message", "tls.established", "tls.malformed", "tls.data", "tcp.data", "tls.diff", "diagnosis", "http.exchange", "loss":
		default:
			continue
		}
		flow := fmt.Sprintf("conn %d leg %s from %s", e.Conn, e.Leg, e.From)
		text := e.Text + string(e.Base64)
		if last := len(all[flow]) - 1; strings.HasSuffix(e.Event, ".data") {
			if last >= 0 && strings.HasPrefix(all[flow][last], e.Event) {
				all[flow][last] += text
			} else {
				all[flow] = append(all[flow], e.Event+" "+e.Reason+" "+text)
			}
			continue
		}
		var body map[string]any
		check(t, json.Unmarshal([]byte(e.line), &body))
		for _, key := range []string{"time", "no", "duration_ms", "timings", "evidence"} {
			delete(body, key)
		}
		line, err := json.Marshal(body)
		check(t, err)
		all[flow] = append(all[flow], string(line))
	}
	return all
}
