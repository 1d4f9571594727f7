package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// nginxServers are the kinds of server that nginx plays.
var nginxServers = []struct{ name, options string }{
	{"h2", "ssl http2"},
	{"http/1.1", "ssl"},
}

// startNginx serves a directory over TLS, what is under zip compressed, and returns the
// port of each kind. It logs what it serves to nginxLog in the origin's directory.
func startNginx(t *testing.T, o origin, root string) (ports map[string]string) {
	t.Helper()
	for range 3 { // a port that was free may be taken before nginx has it
		var up bool
		if ports, up = tryNginx(t, o, root); up {
			return ports
		}
	}
	t.Fatal("nginx does not start")
	return nil
}

const nginxLog = "nginx.log"

func tryNginx(t *testing.T, o origin, root string) (ports map[string]string, up bool) {
	dir := t.TempDir()
	ports = map[string]string{}
	var servers strings.Builder
	for _, s := range nginxServers {
		_, ports[s.name], _ = net.SplitHostPort(freeAddress(t))
		fmt.Fprintf(&servers, "server { listen 127.0.0.1:%s %s; root %s; location /zip/ { gzip on; gzip_types *; gzip_vary on; } }\n", ports[s.name], s.options, root)
	}
	config := fmt.Sprintf(`
daemon off; master_process off; pid %[1]s/pid; error_log stderr warn;
events { worker_connections 256; }
http {
	log_format told escape=json '{"uri":"$request_uri","method":"$request_method","protocol":"$server_protocol","status":$status,"body":$body_bytes_sent,"sent":$bytes_sent,"got":$request_length}';
	access_log %[2]s/%[4]s told;
	client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi; scgi_temp_path %[1]s/scgi;
	types { text/html html; }
	charset utf-8;
	ssl_protocols TLSv1.2 TLSv1.3;
	ssl_certificate %[2]s/ecdsa.pem; ssl_certificate_key %[2]s/ecdsa-key.pem;
	%[3]s
}`, dir, o.dir, servers.String(), nginxLog)
	path := filepath.Join(dir, "nginx.conf")
	check(t, os.WriteFile(path, []byte(config), 0o600))
	nginx := startProgram(t, "nginx", nil, "-e", "stderr", "-p", dir, "-c", path)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if c, err := net.Dial("tcp", "127.0.0.1:"+ports[nginxServers[len(nginxServers)-1].name]); err == nil {
			c.Close()
			return ports, true
		}
		select {
		case <-nginx.ended:
			return nil, false
		default:
		}
	}
	return nil, false
}

// visit is one page that a client is to fetch through a proxy.
type visit struct {
	dir   string // for the client's own files; also its home
	proxy string // host:port
	trust string // the root to trust; "" for none beside the system's
	url   string
	// newest is the newest version of TLS to speak; "" for 1.3.
	newest string
	// keylog is the file to write the secrets to; "" for none.
	keylog string
	ctx    context.Context
}

// webClient is a real program that fetches pages.
type webClient struct {
	name  string
	tools []string
	// alpn is what it agrees on with a server of each kind; a kind that is not
	// in it, it does not visit.
	alpn map[string]string
	// fetch returns the page as it arrived.
	fetch func(t *testing.T, v visit) ([]byte, error)
	// rejects is how it turns down a certificate whose root it does not trust,
	// by the version of TLS; a version that is not in it, it is not asked for.
	rejects map[string]rejection

	paints bool // fetch looks at what it shows, and has no bytes of the page
}

// run runs a client to its end. An error has all that the client said.
func (v visit) run(t *testing.T, name string, args ...string) ([]byte, error) {
	t.Helper()
	ctx, stop := context.WithTimeout(v.ctx, patience)
	defer stop()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = v.dir
	cmd.Env = append(os.Environ(), "HOME="+v.dir, "http_proxy=", "https_proxy=", "HTTPS_PROXY=", "no_proxy=", "NO_PROXY=", "JAVA_TOOL_OPTIONS=")
	if v.keylog != "" {
		cmd.Env = append(cmd.Env, "SSLKEYLOGFILE="+v.keylog, "NODE_OPTIONS=--tls-keylog="+v.keylog)
	}
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	cmd.WaitDelay = time.Second // for what it has started itself, once it was stopped
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w\n%s%s", name, err, out.Bytes(), said.Bytes())
	}
	return out.Bytes(), nil
}

// script runs a program that is given as its source.
func (v visit) script(t *testing.T, interpreter, file, source string) ([]byte, error) {
	t.Helper()
	path := filepath.Join(v.dir, file)
	check(t, os.WriteFile(path, []byte(source), 0o600))
	return v.run(t, interpreter, path, v.proxy, v.url, cmp.Or(v.newest, "1.3"), v.trust)
}

func fetchCurl(protocol string) func(*testing.T, visit) ([]byte, error) {
	return func(t *testing.T, v visit) ([]byte, error) {
		args := []string{"-q", "-sS", protocol, "-x", "http://" + v.proxy}
		if v.trust != "" {
			args = append(args, "--cacert", v.trust)
		}
		if v.newest != "" {
			args = append(args, "--tls-max", v.newest)
		}
		return v.run(t, "curl", append(args, v.url)...)
	}
}

func fetchWget(t *testing.T, v visit) ([]byte, error) {
	args := []string{"--no-config", "-q", "-O", "-", "-e", "use_proxy=yes", "-e", "https_proxy=http://" + v.proxy}
	if v.trust != "" {
		args = append(args, "--ca-certificate="+v.trust)
	}
	return v.run(t, "wget", append(args, v.url)...)
}

func fetchGo(t *testing.T, v visit) ([]byte, error) {
	config := &tls.Config{}
	if v.trust != "" {
		config.RootCAs = rootsIn(t, v.trust)
	}
	if v.newest == "1.2" {
		config.MaxVersion = tls.VersionTLS12
	}
	transport := &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: v.proxy}), TLSClientConfig: config, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport, Timeout: patience}).Get(v.url)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

// TestClients fetches a page with real programs from a real server.
func TestClients(t *testing.T) {
	needTool(t, "nginx")
	o, root := makeOrigin(t), t.TempDir()
	check(t, os.WriteFile(filepath.Join(root, "page.html"), []byte(page), 0o644))
	ports := startNginx(t, o, root)
	for _, c := range webClients() {
		for _, server := range nginxServers {
			alpn, visits := c.alpn[server.name]
			if !visits {
				continue
			}
			t.Run(c.name+" to "+server.name, func(t *testing.T) {
				t.Parallel()
				needTool(t, c.tools...)
				target := "localhost:" + ports[server.name]
				p := startProxy(t, append(settings(t, onlyLocalhost), "--upstream-ca", o.ca, "--data-bytes", "all")...)
				got, err := c.fetch(t, visit{ctx: t.Context(), dir: t.TempDir(), proxy: p.addr, trust: p.ca, url: "https://" + target + "/page.html"})
				if err != nil {
					t.Fatal(err)
				}
				if !c.paints && string(got) != page {
					t.Errorf("the page arrived as %d bytes, not as the %d that it has: %.200q", len(got), len(page), got)
				}
				c.fetchedAsTold(t, p, target, alpn)
			})
		}
	}
}

// onlyLocalhost keeps browsers from calling home.
const onlyLocalhost = `
policy:
  default: refuse
  intercept: [localhost]
`

// page is larger than a TLS record, and not ASCII alone.
var page = "<!DOCTYPE html>\n<html><head><title>The origin's page</title></head><body style=\"margin: 0; background: #1b7f3c\"><p>Grüße, 你好</p>" +
	strings.Repeat("<p>and so on, and so forth</p>", 2000) + "</body></html>"

// fetchedAsTold looks for the page's way in the events.
func (c webClient) fetchedAsTold(t *testing.T, p *proxyUnderTest, target, alpn string) {
	t.Helper()
	carried := 0
	for _, conn := range p.towards(target) {
		events := p.closed(conn)
		if last := events[len(events)-1]; last.Cause != "ok" {
			t.Errorf("connection %d closed because %s", conn, last.Cause)
		}
		for _, e := range events {
			if e.Reason != "" || e.Event == "tls.malformed" {
				t.Errorf("not read: %s", e.line)
			}
		}
		up, down := data(events, "client", "client"), data(events, "client", "proxy")
		if up != data(events, "server", "proxy") || down != data(events, "server", "server") {
			t.Errorf("connection %d: what is told of one leg is not what is told of the other", conn)
		}
		if !strings.Contains(down, "The origin's page") {
			continue
		}
		carried++
		if alpn != "h2" && (!strings.HasPrefix(up, "GET /page.html HTTP/1.1\r\n") || !strings.HasPrefix(down, "HTTP/1.1 200 OK\r\n")) {
			t.Errorf("told of the request %.100q and the answer %.100q", up, down)
		}
		if alpn != "h2" && !strings.Contains(down, page) {
			t.Error("the page is not in what was told")
		}
		if alpn == "h2" && !strings.HasPrefix(up, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") {
			t.Errorf("no preface of HTTP/2: %.100q", up)
		}
		shookHands(t, events, alpn)
	}
	if carried == 0 {
		t.Error("no connection carried the page")
	}
}

// shookHands checks that both legs had a whole handshake of TLS 1.3, all of it
// told, with the same protocol agreed on.
func shookHands(t *testing.T, events []event, alpn string) {
	t.Helper()
	established := 0
	for _, e := range events {
		if e.Event == "tls.established" {
			established++
			if e.Alpn != alpn {
				t.Errorf("leg %s agreed on %q, not on %q", e.Leg, e.Alpn, alpn)
			}
		}
	}
	if established != 2 {
		t.Errorf("%d legs were established", established)
	}
	for _, flight := range []struct {
		leg, from string
		first     []int
		then      int
	}{
		{"client", "client", []int{1, 20}, -1},
		{"client", "proxy", []int{2, 8, 11, 15, 20}, 4},
		{"server", "proxy", []int{1, 20}, -1},
		{"server", "server", []int{2, 8, 11, 15, 20}, 4},
	} {
		got := types(events, flight.leg, flight.from)
		first := got[:min(len(got), len(flight.first))]
		other := func(typ int) bool { return typ != flight.then }
		if !slices.Equal(first, flight.first) || slices.ContainsFunc(got[len(first):], other) {
			t.Errorf("leg %s from %s: messages %v", flight.leg, flight.from, got)
		}
	}
}

// towards lists the connections to a target.
func (p *proxyUnderTest) towards(target string) (conns []int) {
	for _, e := range p.until(func(e event) bool { return e.Event == "conn.open" && e.Target == target }) {
		if e.Event == "conn.open" && e.Target == target {
			conns = append(conns, e.Conn)
		}
	}
	return conns
}

// data joins the data of one direction, text or not.
func data(events []event, leg, from string) string {
	var b strings.Builder
	for _, e := range events {
		if e.Event == "tls.data" && e.Leg == leg && e.From == from {
			b.WriteString(e.Text)
			b.Write(e.Base64)
		}
	}
	return b.String()
}
