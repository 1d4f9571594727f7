package main

import (
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// wiretap passes connections on to an address, and keeps what the clients sent.
type wiretap struct {
	address string // where it is reached
	mu      sync.Mutex
	said    []*bytes.Buffer
}

func tapped(t *testing.T, to string) *wiretap {
	w := &wiretap{}
	w.address = serve(t, func(c net.Conn) {
		server, err := net.Dial("tcp", to)
		if err != nil {
			return
		}
		defer server.Close()
		said := &bytes.Buffer{}
		w.mu.Lock()
		w.said = append(w.said, said)
		w.mu.Unlock()
		var up sync.WaitGroup
		up.Go(func() {
			io.Copy(server, io.TeeReader(c, lockedWriter{&w.mu, said}))
			server.(*net.TCPConn).CloseWrite()
		})
		io.Copy(c, server)
		c.(*net.TCPConn).CloseWrite()
		up.Wait()
	})
	return w
}

type lockedWriter struct {
	mu *sync.Mutex
	w  io.Writer
}

func (l lockedWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

// streams returns what each client sent so far.
func (w *wiretap) streams() (all []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.said {
		all = append(all, s.String())
	}
	return all
}

// TestObservedClients has real programs fetch a page while they are observed: they
// trust the origin's CA alone, the server gets what they have sent to the byte, and
// all of it is opened with the key log that they write themselves.
func TestObservedClients(t *testing.T) {
	needTool(t, "nginx")
	o, root := makeOrigin(t), t.TempDir()
	check(t, os.WriteFile(filepath.Join(root, "page.html"), []byte(page), 0o644))
	ports := startNginx(t, o, root)
	for _, c := range webClients() {
		if c.name == "Go" || strings.HasPrefix(c.name, "Java") {
			continue // these write no key log by themselves
		}
		for _, newest := range []string{"1.3", "1.2"} {
			if newest == "1.2" && c.rejects["1.2"].cause == "" {
				continue // it cannot be told to
			}
			t.Run(c.name+" "+newest, func(t *testing.T) {
				t.Parallel()
				needTool(t, c.tools...)
				server := tapped(t, "localhost:"+ports["h2"])
				keylog := filepath.Join(t.TempDir(), "keys.log")
				p := startProxy(t, append(settings(t, observeLocalhost), "--client-keylog", keylog, "--data-bytes", "all")...)
				client := tapped(t, p.addr)
				proxy := strings.Replace(client.address, "localhost", "127.0.0.1", 1)
				got, err := c.fetch(t, visit{ctx: t.Context(), dir: t.TempDir(), proxy: proxy, trust: o.ca, keylog: keylog, newest: newest,
					url: "https://" + server.address + "/page.html"})
				if err != nil {
					t.Fatal(err)
				}
				if !c.paints && string(got) != page {
					t.Errorf("the page arrived as %d bytes, not as the %d that it has: %.200q", len(got), len(page), got)
				}
				c.observedAsTold(t, p, server.address, newest)
				sameBytes(t, client.streams(), server.streams())
			})
		}
	}
}

const observeLocalhost = `
policy:
  default: refuse
  observe: [localhost]
`

// observedAsTold looks for the page's way in the events.
func (c webClient) observedAsTold(t *testing.T, p *proxyUnderTest, target, newest string) {
	t.Helper()
	carried := 0
	for _, conn := range p.towards(target) {
		events := p.closed(conn)
		established, exchanges := 0, 0
		for _, e := range events {
			switch {
			case e.Reason != "" || e.Event == "tls.malformed":
				t.Errorf("not read: %s", e.line)
			case e.Leg != "" && e.Leg != "direct":
				t.Errorf("not on the leg direct: %s", e.line)
			case e.Event == "tls.established":
				established++
			case e.Event == "http.exchange" && strings.Contains(e.line, target+`/page.html","`):
				exchanges++
			case (e.Event == "conn.open" || e.Event == "conn.close") && e.Mode != "observe":
				t.Errorf("not observed: %s", e.line)
			}
		}
		down := data(events, "direct", "server")
		if !strings.Contains(down, "The origin's page") {
			continue
		}
		carried++
		if exchanges != 1 {
			t.Errorf("%d exchanges are of the page", exchanges)
		}
		if established != 1 {
			t.Errorf("%d handshakes were established", established)
		}
		if c.alpn["h2"] != "h2" && !strings.Contains(down, page) {
			t.Error("the page is not in what was told")
		}
		client, server := types(events, "direct", "client"), types(events, "direct", "server")
		wantClient, wantServer := []int{1, 20}, []int{2, 8, 11, 15, 20}
		if newest == "1.2" {
			wantClient, wantServer = []int{1, 16, 20}, []int{2, 11, 12, 14}
		}
		if !slices.Equal(client, wantClient) || !slices.Contains(server, 20) || !slices.Equal(server[:min(len(server), len(wantServer))], wantServer) {
			t.Errorf("messages %v and %v", client, server)
		}
	}
	if carried == 0 {
		t.Error("no connection carried the page")
	}
}

// sameBytes checks that what the server got is what a client sent after its CONNECT.
func sameBytes(t *testing.T, sent, got []string) {
	t.Helper()
	for i, s := range sent {
		_, sent[i], _ = strings.Cut(s, "\r\n\r\n")
	}
	whole := 0
	for _, g := range got {
		if g == "" {
			continue // a browser's spare connection
		}
		if !slices.ContainsFunc(sent, func(s string) bool { return strings.HasPrefix(s, g) }) {
			t.Errorf("the server got %d bytes that no client sent", len(g))
		}
		if slices.Contains(sent, g) {
			whole++
		}
	}
	if whole == 0 {
		t.Error("no connection arrived whole")
	}
}

// TestObservedResumption: sessions that are taken up again are opened, and what a client
// sends before the server has answered is, too, whether the server takes it or not.
func TestObservedResumption(t *testing.T) {
	needTool(t, "openssl")
	o, dir := makeOrigin(t), t.TempDir()
	session, early, keylog := filepath.Join(dir, "session"), filepath.Join(dir, "early"), filepath.Join(dir, "keys.log")
	const line = "said before anybody answered\n"
	check(t, os.WriteFile(early, []byte(line), 0o600))
	p := startProxy(t, "--client-keylog", keylog)
	conn := 0
	type visit struct {
		args []string
		says string
		want string // the client's messages and data, in their order
	}
	for _, c := range []struct {
		server []string
		visits []visit
	}{
		{[]string{"-tls1_3", "-early_data", "-max_early_data", "4096"}, []visit{
			{[]string{"-sess_out", session}, "New Session Ticket arrived", "Client Hello, Change Cipher Spec, Finished, ping\n"},
			{[]string{"-sess_in", session, "-early_data", early}, "Early data was accepted", "Client Hello, Change Cipher Spec, " + line + ", End of Early Data, Finished, ping\n"},
			{[]string{"-sess_in", session, "-early_data", early}, "Early data was rejected", "Client Hello, Change Cipher Spec, " + line + ", Finished, ping\n"}, // a second time
		}},
		{[]string{"-tls1_2"}, []visit{
			{[]string{"-sess_out", session}, "New, TLSv1.2", "Client Hello, Client Key Exchange, Change Cipher Spec, Finished, ping\n"},
			{[]string{"-sess_in", session}, "Reused, TLSv1.2", "Client Hello, Change Cipher Spec, Finished, ping\n"},
		}},
	} {
		args := append([]string{"s_server", "-accept", "127.0.0.1:0"}, append(c.server, o.files("ecdsa")...)...)
		server := startProgram(t, "openssl", opensslEnv, args...)
		port := regexp.MustCompile(`ACCEPT [^\n]*:(\d+)\n`).FindStringSubmatch(server.expect("ACCEPT "))[1]
		for i, v := range c.visits {
			client := startProgram(t, "openssl", opensslEnv, append([]string{"s_client", "-proxy", p.addr, "-connect", "localhost:" + port, "-servername", "localhost",
				"-CAfile", o.ca, "-keylogfile", keylog}, v.args...)...)
			client.say("ping\n")
			for strings.Count(server.output(), "ping\n") <= i {
				server.expect("ping\n")
				<-time.After(time.Millisecond)
			}
			server.say("pong\n")
			client.expect("pong\n")
			client.say("Q\n")
			client.wait()
			if !strings.Contains(client.output(), v.says) {
				t.Errorf("the client does not say %q", v.says)
			}
			conn++
			if got := saidByClient(t, p.closed(conn)); got != v.want {
				t.Errorf("%s: the client sent %q, not %q", v.says, got, v.want)
			}
		}
	}
}

// saidByClient lists what the client sent, all of which must have been opened.
func saidByClient(t *testing.T, events []event) string {
	t.Helper()
	var seen []string
	for _, e := range events {
		if e.Reason != "" {
			t.Errorf("not read: %s", e.line)
		}
		switch {
		case e.From != "client":
		case e.Event == "tls.data":
			seen = append(seen, e.Text)
		case e.Event == "tls.message" && e.Name != "Alert":
			seen = append(seen, e.Name)
		}
	}
	return strings.Join(seen, ", ")
}

// TestObservedOpenSSL compares what is told of observed connections with what OpenSSL at
// their ends says of them.
func TestObservedOpenSSL(t *testing.T) {
	needTool(t, "openssl")
	o := makeOrigin(t)
	keylog := filepath.Join(t.TempDir(), "keys.log")
	p := startProxy(t, "--client-keylog", keylog)
	cases := append(opensslCases(),
		opensslCase{name: "TLS 1.2 renegotiation", key: "ecdsa", client: []string{"-tls1_2"}, server: []string{"-tls1_2", "-client_renegotiation"}, clientSays: []string{"R\n"}},
		opensslCase{name: "TLS 1.2 DHE", key: "rsa", client: []string{"-tls1_2", "-cipher", "DHE-RSA-AES128-GCM-SHA256"}, server: []string{"-tls1_2"}},
		opensslCase{name: "TLS 1.2 CCM", key: "ecdsa", client: []string{"-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-CCM8"}, server: []string{"-tls1_2", "-cipher", "ALL"}})
	conn := 0
	for _, c := range cases {
		switch {
		case strings.Contains(c.name, "-") && strings.HasPrefix(c.name, "TLS 1.2"), strings.Contains(c.name, "both legs"):
			continue // the suites are compared where both legs are
		case c.sessions > 0:
			continue // its server is another one each time
		}
		t.Run(c.name, func(t *testing.T) {
			conn++
			c.talk(t, p, o, "-CAfile", o.ca, "-keylogfile", keylog).observed(t, p.closed(conn))
		})
	}
}

func (c *opensslTalk) observed(t *testing.T, events []event) {
	sent, got := printed(t, c.clientLog)
	if up := types(events, "direct", "client"); !slices.Equal(up, sent) || len(sent) == 0 {
		t.Errorf("from the client: %v, but OpenSSL says %v", up, sent)
	}
	if down := types(events, "direct", "server"); !slices.Equal(down, got) {
		t.Errorf("from the server: %v, but OpenSSL says %v", down, got)
	}
	if up := text(events, "direct", "client"); up != "ping\nping again\nlast ping\n" {
		t.Errorf("data from the client: %q", up)
	}
	if down := text(events, "direct", "server"); down != "pong\npong again\n" {
		t.Errorf("data from the server: %q", down)
	}
	for _, e := range events {
		switch {
		case e.Reason != "" || e.Event == "tls.malformed":
			t.Errorf("not read: %s", e.line)
		}
	}
}
