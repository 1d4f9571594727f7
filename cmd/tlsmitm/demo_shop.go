package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"time"
)

// demoHost is the name of the demonstration's server. It ends in a label that
// the DNS never has (RFC 2606, section 2).
const demoHost = "shop.example"

// shop is the demonstration's HTTPS server, whose certificate is signed by a
// CA that nobody but the demonstration's proxy trusts.
type shop struct {
	roots  *x509.CertPool
	server *http.Server
	addr   net.Addr
}

func newShop() (*shop, error) {
	cert, roots, err := demoCertificate(time.Now())
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, noLoopback(err)
	}
	o := &shop{roots: roots, addr: l.Addr()}
	o.server = &http.Server{
		Handler:           http.HandlerFunc(serveDemo),
		TLSConfig:         &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"http/1.1"}},
		TLSNextProto:      map[string]func(*http.Server, *tls.Conn, http.Handler){}, // no HTTP/2
		ReadHeaderTimeout: demoPatience,
		ErrorLog:          log.New(io.Discard, "", 0), // the table tells what goes wrong
	}
	go o.server.ServeTLS(l, "", "") // until close
	return o, nil
}

// dial reaches the shop, whatever address is asked for.
func (o *shop) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, o.addr.String())
}

func (o *shop) close() { o.server.Close() }

func serveDemo(w http.ResponseWriter, r *http.Request) {
	w.Header()["Date"] = nil // the same every time
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if r.Method == http.MethodPost {
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintln(w, "Thank you for your order.")
		return
	}
	fmt.Fprintln(w, "Welcome to the shop. This page came over TLS, and you can read it here.")
}

// demoCertificate makes a CA, and with it a server's certificate for demoHost.
func demoCertificate(now time.Time) (tls.Certificate, *x509.CertPool, error) {
	fail := func(err error) (tls.Certificate, *x509.CertPool, error) { return tls.Certificate{}, nil, err }
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fail(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fail(err)
	}
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Demo Root"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(0, 0, 90),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: demoHost}, DNSNames: []string{demoHost},
		NotBefore: root.NotBefore, NotAfter: root.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	rootDER, err := x509.CreateCertificate(rand.Reader, root, root, &rootKey.PublicKey, rootKey)
	if err != nil {
		return fail(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, root, &key.PublicKey, rootKey)
	if err != nil {
		return fail(err)
	}
	trusted, err := x509.ParseCertificate(rootDER)
	if err != nil {
		return fail(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(trusted)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots, nil
}
