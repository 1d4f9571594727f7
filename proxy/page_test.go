package proxy

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"strings"
	"testing"
)

func TestOwnPage(t *testing.T) {
	h := start(t, Config{}, Deps{Version: "1.2.3"})
	_, p, _ := net.SplitHostPort(h.addr)
	resp := h.plain(t, "GET / HTTP/1.1\r\nHost: "+h.addr+"\r\n\r\n")
	body := bodyOf(resp)
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("status %s, header %v", resp.Status, resp.Header)
	}
	contains(t, body, "tlsmitm 1.2.3", "/ca.pem", "/ca.der", h.addr, fmt.Sprintf("% X", sha256.Sum256(authority.Certificate().Raw)),
		"macOS", "Windows", "Firefox", "Android", "NODE_EXTRA_CA_CERTS", "update-ca-certificates")
	for _, outside := range []string{"src=", "http-equiv", "<script", "@import", "url("} {
		if strings.Contains(body, outside) {
			t.Errorf("the page is not self-contained: %s", outside)
		}
	}
	pemResp := h.plain(t, "GET /ca.pem HTTP/1.1\r\nHost: localhost:"+p+"\r\n\r\n")
	block, _ := pem.Decode([]byte(bodyOf(pemResp)))
	if block == nil || string(block.Bytes) != string(authority.Certificate().Raw) {
		t.Error("/ca.pem is not the root")
	}
	der := h.plain(t, "GET /ca.der HTTP/1.1\r\nHost: [::1]\r\n\r\n")
	if c, err := x509.ParseCertificate([]byte(bodyOf(der))); err != nil || !c.Equal(authority.Certificate()) {
		t.Errorf("/ca.der is not the root: %v", err)
	}
	if !strings.HasPrefix(der.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("header %v", der.Header)
	}
}

// A name that leads here without being ours (DNS rebinding) is shown nothing.
func TestOwnPageHost(t *testing.T) {
	h := start(t, Config{Listen: "devbox:8080"}, Deps{})
	for _, c := range []struct {
		host string
		want int
	}{
		{"localhost", 200}, {"LOCALHOST.:1", 200}, {"127.0.0.1:8080", 200}, {"127.9.9.9", 200}, {"[::1]:8080", 200}, {"devbox:8080", 200}, {"Devbox", 200},
		{"evil.example", 421}, {"evil.example:8080", 421}, {"localhost.evil.example", 421}, {"8.8.8.8", 421}, {"", 421},
	} {
		for _, path := range []string{"/", "/ca.pem"} {
			resp := h.plain(t, "GET "+path+" HTTP/1.1\r\nHost: "+c.host+"\r\n\r\n")
			if resp.StatusCode != c.want {
				t.Errorf("Host %q, %s: %s, want %d", c.host, path, resp.Status, c.want)
			}
			if c.want == 421 {
				contains(t, bodyOf(resp), "its own page only under its own name", "devbox:8080")
			}
		}
	}
}

func TestOwnPageOtherwise(t *testing.T) {
	h := start(t, Config{}, Deps{})
	for request, want := range map[string]int{"GET /x": 404, "GET /ca.pem/": 404, "OPTIONS *": 404, "POST /": 405, "HEAD /": 200, "GET /?x": 200} {
		resp := h.plain(t, request+" HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
		if resp.StatusCode != want {
			t.Errorf("%s: %s, want %d", request, resp.Status, want)
		}
	}
}
