package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

// rejection is how a client turns down a certificate whose root it does not trust.
type rejection struct {
	alert int    // that it sends; 0 for none: it just leaves
	cause string // of the connection's end
}

// byAlert is a rejection that leaves no doubt.
func byAlert(alert int) rejection { return rejection{alert, "client_rejected_certificate"} }

const (
	alertBadCertificate     = 42
	alertCertificateUnknown = 46
	alertUnknownCA          = 48
)

// webClients are the programs, with what each is known to do.
func webClients() []webClient {
	type agreed = map[string]string     // by kind of server
	type rejects = map[string]rejection // by version of TLS
	both, old, none := agreed{"h2": "h2", "http/1.1": "http/1.1"}, agreed{"h2": "http/1.1", "http/1.1": "http/1.1"}, agreed{"h2": "", "http/1.1": ""}
	unknownCA := rejects{"1.3": byAlert(alertUnknownCA), "1.2": byAlert(alertUnknownCA)}
	return []webClient{
		{name: "curl", tools: []string{"curl"}, alpn: both, fetch: fetchCurl("--http2"), rejects: unknownCA},
		{name: "curl with HTTP/1.1", tools: []string{"curl"}, alpn: old, fetch: fetchCurl("--http1.1")},
		{name: "wget", tools: []string{"wget"}, alpn: none, fetch: fetchWget, rejects: rejects{"1.3": {cause: "ok"}}},
		{name: "Go", alpn: both, fetch: fetchGo, rejects: rejects{"1.3": byAlert(alertBadCertificate), "1.2": byAlert(alertBadCertificate)}},
		{name: "Python http.client", tools: []string{"python3"}, alpn: old, fetch: fetchPython(pythonHTTPClient), rejects: unknownCA},
		{name: "Python urllib", tools: []string{"python3"}, alpn: none, fetch: fetchPython(pythonURLLib)},
		{name: "Node https", tools: []string{"node"}, alpn: old, fetch: fetchNode(nodeHTTPS),
			rejects: rejects{"1.3": {cause: "client_closed_in_handshake"}, "1.2": {cause: "ok"}}},
		{name: "Node http2", tools: []string{"node"}, alpn: agreed{"h2": "h2"}, fetch: fetchNode(nodeHTTP2)},
		{name: "Java HttpClient", tools: []string{"java"}, alpn: both, fetch: fetchJava(javaHTTPClient),
			rejects: rejects{"1.3": {cause: "client_closed_in_handshake"}}},
		{name: "Java URLConnection", tools: []string{"java"}, alpn: none, fetch: fetchJava(javaURLConnection),
			rejects: rejects{"1.3": byAlert(alertCertificateUnknown), "1.2": byAlert(alertCertificateUnknown)}},
		{name: "Chromium", tools: []string{"chromium", "certutil"}, alpn: both, fetch: fetchChromium,
			rejects: rejects{"1.3": byAlert(alertCertificateUnknown)}},
		{name: "Firefox", tools: []string{"firefox-esr", "certutil"}, alpn: both, fetch: fetchFirefox, paints: true,
			rejects: rejects{"1.3": byAlert(alertUnknownCA)}},
	}
}

// TestRejections has clients meet a certificate whose root they do not trust.
func TestRejections(t *testing.T) {
	needTool(t, "nginx")
	o, root := makeOrigin(t), t.TempDir()
	check(t, os.WriteFile(filepath.Join(root, "page.html"), []byte(page), 0o644))
	target := "localhost:" + startNginx(t, o, root)["http/1.1"]
	for _, c := range webClients() {
		for version, rejects := range c.rejects {
			t.Run(c.name+", TLS "+version, func(t *testing.T) {
				t.Parallel()
				needTool(t, c.tools...)
				p := startProxy(t, append(settings(t, onlyLocalhost), "--upstream-ca", o.ca)...)
				v := visit{dir: t.TempDir(), proxy: p.addr, url: "https://" + target + "/page.html", newest: version}
				rejects.observed(t, p, target, func(ctx context.Context) ([]byte, error) {
					v.ctx = ctx
					return c.fetch(t, v)
				})
			})
		}
	}
}

// observed lets a client try, and looks at what is told of it. A client that
// shows its user what is wrong need not end by itself.
func (r rejection) observed(t *testing.T, p *proxyUnderTest, target string, try func(context.Context) ([]byte, error)) {
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		var err error
		defer func() { done <- err }()
		_, err = try(ctx)
	}()
	events := p.closed(p.towards(target)[0])
	stop()
	if err := <-done; err == nil {
		t.Error("the client was content")
	}
	last := events[len(events)-1]
	if last.Cause != r.cause {
		t.Errorf("closed because %s, not %s", last.Cause, r.cause)
	}
	diagnoses := 0
	for _, e := range events {
		switch {
		case e.Event == "diagnosis":
			diagnoses++
			confidence, alert := "probable", 0
			if r.alert != 0 {
				confidence = "certain"
			}
			if e.Alert != nil {
				alert = e.Alert.Value
			}
			if e.Code != "client_rejected_certificate" || e.Confidence != confidence || alert != r.alert {
				t.Errorf("diagnosis: %s", e.line)
			}
		case e.Event == "tls.data" && e.From != "server":
			t.Errorf("data: %s", e.line)
		}
	}
	if diagnoses != 1 {
		t.Errorf("%d diagnoses", diagnoses)
	}
}
