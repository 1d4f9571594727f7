package ca

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// strictCase is a leaf that strict clients must take for name.
type strictCase struct {
	title string
	a     *Authority
	leaf  *tls.Certificate
	name  string
}

// strictCases covers what differs between leaves: the root's kind, the leaf's
// key, names in and out of the subject, addresses.
func strictCases(t *testing.T) []strictCase {
	rsaRoot, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	dir, _ := userCA(t, rsaRoot, nil)
	users, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("a", 60) + ".example.com"
	upstream := serverCert(t, func(c *x509.Certificate) {
		c.Subject = pkix.Name{CommonName: "www.example.com"}
		c.DNSNames = []string{"www.example.com", "*.example.net"}
		c.EmailAddresses = []string{"admin@example.com"}
		c.IPAddresses = []net.IP{net.ParseIP("2001:db8::1")}
	})
	var cases []strictCase
	for rootKind, a := range map[string]*Authority{"own root": newAuthority(t), "user's RSA root": users} {
		for kind, r := range map[string]LeafRequest{
			"ECDSA":             {Name: "localhost"},
			"RSA":               {Name: "localhost", RSA: true},
			"address":           {Name: "127.0.0.1"},
			"IPv6 address":      {Name: "[::1]"},
			"long name":         {Name: long},
			"IDN":               {Name: "bücher.example"},
			"mirrored wildcard": {Upstream: upstream, Name: "api.example.net"},
			"mirrored address":  {Upstream: upstream, Name: "2001:db8::1"},
			"name added":        {Upstream: upstream, Name: "other.example"},
		} {
			h, err := parseHost(r.Name)
			if err != nil {
				t.Fatal(err)
			}
			cases = append(cases, strictCase{rootKind + ", " + kind, a, leafOf(t, a, r), h.String()})
		}
	}
	return cases
}

func TestOpenSSLStrict(t *testing.T) {
	openssl := tool(t, "openssl")
	for _, tc := range strictCases(t) {
		t.Run(tc.title, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "leaf.pem")
			write(t, path, certPEM(tc.leaf.Leaf), 0o600)
			check := "-verify_hostname"
			if net.ParseIP(tc.name) != nil {
				check = "-verify_ip"
			}
			out, err := exec.Command(openssl, "verify", "-x509_strict", "-purpose", "sslserver", "-auth_level", "2", check, tc.name,
				"-CAfile", tc.a.CertPath(), path).CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

func TestOpenSSLReadsTheRootAsCA(t *testing.T) {
	openssl := tool(t, "openssl")
	a := newAuthority(t)
	out, err := exec.Command(openssl, "verify", "-x509_strict", "-check_ss_sig", "-CAfile", a.CertPath(), a.CertPath()).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	out, err = exec.Command(openssl, "pkey", "-in", a.KeyPath(), "-noout", "-check").CombinedOutput()
	if err != nil {
		t.Errorf("the key: %v\n%s", err, out)
	}
	out, err = exec.Command(openssl, "x509", "-in", a.CertPath(), "-noout", "-fingerprint", "-sha256").Output()
	if _, got, _ := strings.Cut(strings.TrimSpace(string(out)), "="); err != nil || got != a.Fingerprint() {
		t.Errorf("openssl's fingerprint is %q (%v), ours %q", got, err, a.Fingerprint())
	}
}

// Keys that OpenSSL itself wrote, in all forms that it has.
func TestLoadKeysThatOpenSSLMade(t *testing.T) {
	openssl := tool(t, "openssl")
	for name, args := range map[string][]string{
		"EC with parameters": {"ecparam", "-name", "prime256v1", "-genkey"},
		"EC traditional":     {"ecparam", "-name", "secp384r1", "-genkey", "-noout"},
		"EC PKCS #8":         {"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"},
		"RSA PKCS #8":        {"genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			key, cert := filepath.Join(dir, keyFile), filepath.Join(dir, certFile)
			if out, err := exec.Command(openssl, append(args, "-out", key)...).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			os.Chmod(key, 0o600)
			if out, err := exec.Command(openssl, "req", "-x509", "-new", "-key", key, "-out", cert, "-days", "30", "-subj", "/CN=mine",
				"-addext", "keyUsage=critical,keyCertSign").CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			a, err := Load(dir)
			if err != nil {
				t.Fatal(err)
			}
			verify(t, a, leafOf(t, a, LeafRequest{Name: "example.com"}), "example.com")
		})
	}
}

// serveTLS answers every connection's handshake with cert, and says hello.
func serveTLS(t *testing.T, cert *tls.Certificate) (port string) {
	t.Helper()
	ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{*cert}})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { ln.Close(); <-done })
	go func() {
		defer close(done)
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			c.SetDeadline(time.Now().Add(2 * time.Minute))
			c.Write([]byte("hello\n"))
			c.Close()
		}
	}()
	_, port, _ = net.SplitHostPort(ln.Addr().String())
	return port
}

const pythonClient = `
import socket, ssl, sys
ca, port, name = sys.argv[1:]
ctx = ssl.create_default_context(cafile=ca)
ctx.verify_flags |= ssl.VERIFY_X509_STRICT
with socket.create_connection(("127.0.0.1", int(port)), timeout=20) as raw:
    with ctx.wrap_socket(raw, server_hostname=name) as s:
        assert s.recv(6) == b"hello\n"
`

func TestPythonStrict(t *testing.T) {
	python := tool(t, "python3")
	for _, tc := range strictCases(t) {
		t.Run(tc.title, func(t *testing.T) {
			out, err := exec.Command(python, "-c", pythonClient, tc.a.CertPath(), serveTLS(t, tc.leaf), tc.name).CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// javaClient checks the chain and the name, as HttpsURLConnection does. Its
// arguments: a trust store, then pairs of port and name.
const javaClient = `
import java.io.*;
import java.net.*;
import java.security.KeyStore;
import javax.net.ssl.*;

public class Client {
    public static void main(String[] args) throws Exception {
        KeyStore store = KeyStore.getInstance(new File(args[0]), "changeit".toCharArray());
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        int failed = 0;
        for (int i = 1; i < args.length; i += 2) {
            try (Socket raw = new Socket("127.0.0.1", Integer.parseInt(args[i]))) {
                SSLSocket s = (SSLSocket) context.getSocketFactory().createSocket(raw, args[i + 1], 443, true);
                SSLParameters p = s.getSSLParameters();
                p.setEndpointIdentificationAlgorithm("HTTPS");
                s.setSSLParameters(p);
                if (!"hello".equals(new BufferedReader(new InputStreamReader(s.getInputStream())).readLine()))
                    throw new IOException("no greeting");
            } catch (Exception e) {
                System.out.println(args[i + 1] + ": " + e);
                failed++;
            }
        }
        System.exit(failed == 0 ? 0 : 1);
    }
}
`

func TestJava(t *testing.T) {
	java, keytool := tool(t, "java"), tool(t, "keytool")
	dir := t.TempDir()
	source, store := filepath.Join(dir, "Client.java"), filepath.Join(dir, "trust.p12")
	write(t, source, []byte(javaClient), 0o600)
	args := []string{source, store}
	trusted := map[*Authority]bool{}
	for _, tc := range strictCases(t) {
		if !trusted[tc.a] {
			trusted[tc.a] = true
			out, err := exec.Command(keytool, "-importcert", "-noprompt", "-alias", fmt.Sprint("ca", len(trusted)), "-file", tc.a.CertPath(),
				"-keystore", store, "-storetype", "PKCS12", "-storepass", "changeit").CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
		}
		args = append(args, serveTLS(t, tc.leaf), tc.name)
	}
	if out, err := exec.Command(java, args...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// A chain of a user's intermediate reaches a client that trusts the root alone.
func TestOpenSSLFollowsAnIntermediate(t *testing.T) {
	openssl := tool(t, "openssl")
	dir := t.TempDir()
	rootKey, midKey := p256(t), p256(t)
	_, root := userCA(t, rootKey, nil)
	mid := intermediate(t, "mid", root, rootKey, midKey.Public())
	write(t, filepath.Join(dir, certFile), certPEM(mid), 0o644)
	write(t, filepath.Join(dir, keyFile), pkcs8PEM(t, midKey), 0o600)
	a, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	leaf := leafOf(t, a, LeafRequest{Name: "example.com"})
	var chain bytes.Buffer
	for _, der := range leaf.Certificate[1:] {
		pem.Encode(&chain, &pem.Block{Type: "CERTIFICATE", Bytes: der})
	}
	paths := map[string][]byte{"root.pem": certPEM(root), "chain.pem": chain.Bytes(), "leaf.pem": certPEM(leaf.Leaf)}
	for name, b := range paths {
		write(t, filepath.Join(dir, name), b, 0o600)
	}
	out, err := exec.Command(openssl, "verify", "-x509_strict", "-CAfile", filepath.Join(dir, "root.pem"),
		"-untrusted", filepath.Join(dir, "chain.pem"), filepath.Join(dir, "leaf.pem")).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
