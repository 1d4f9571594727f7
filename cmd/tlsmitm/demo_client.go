package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// visitor is the demonstration's clients, each of which makes one connection.
type visitor struct {
	proxy string            // host:port
	root  *x509.Certificate // the proxy's
}

// readPage asks for a page over TLS 1.3.
func (v *visitor) readPage(ctx context.Context) error {
	return v.visit(ctx, tls.VersionTLS13, true, http.MethodGet, "/", "")
}

// sendForm sends a form over TLS 1.2.
func (v *visitor) sendForm(ctx context.Context) error {
	return v.visit(ctx, tls.VersionTLS12, true, http.MethodPost, "/orders", "item=lamp&card=4111-1111-1111-1111")
}

// distrust tries to, without trusting the proxy's root certificate.
func (v *visitor) distrust(ctx context.Context) error {
	err := v.visit(ctx, tls.VersionTLS13, false, http.MethodGet, "/", "")
	var untrusted *tls.CertificateVerificationError
	if errors.As(err, &untrusted) {
		return nil
	}
	if err == nil {
		return errTrusting
	}
	return err
}

func (v *visitor) visit(ctx context.Context, version uint16, trust bool, method, path, form string) error {
	trusted := x509.NewCertPool()
	if trust {
		trusted.AddCert(v.root)
	}
	transport := &http.Transport{
		Proxy:              http.ProxyURL(&url.URL{Scheme: "http", Host: v.proxy}),
		ProxyConnectHeader: http.Header{"User-Agent": {"demo"}},
		TLSClientConfig: &tls.Config{
			RootCAs: trusted, MinVersion: version, MaxVersion: version, NextProtos: []string{"http/1.1"},
		},
		DisableCompression: true,
	}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, method, "https://"+demoHost+path, strings.NewReader(form))
	if err != nil {
		return err
	}
	req.Header.Set("User-Agent", "demo")
	if form != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode >= 400 {
		return fmt.Errorf("%s", resp.Status)
	}
	return nil
}
