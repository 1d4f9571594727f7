package main

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestReadAgreesWithTsharkOnClients reads conversations of NSS, JSSE, Node, Python and curl
// with OpenSSL's server as tshark does, field by field.
func TestReadAgreesWithTsharkOnClients(t *testing.T) {
	needTool(t, "tshark", "openssl", "tstclnt", "java", "node", "python3", "curl")
	files := t.TempDir()
	compareCertificate(t, files)
	for name, text := range map[string]string{"Ask.java": javaAsk, "ask.js": nodeAsk, "ask.py": pythonAsk, "request": "GET / HTTP/1.0\r\n\r\n"} {
		check(t, os.WriteFile(filepath.Join(files, name), []byte(text), 0o600))
	}
	const nss = "tstclnt -h HOST -p PORT -D -o -a compare.example -A FILES/request"
	for name, c := range map[string]struct{ serve, ask string }{
		"NSS":                {ask: nss + " -V tls1.2:tls1.3 -T -U -B -i 100"}, // also asks for OCSP and SCTs, offers delegated credentials, and greases ECH
		"NSS, TLS 1.2":       {ask: nss + " -V tls1.2:tls1.2 -u -G"},
		"NSS, a retry":       {serve: "-groups P-384", ask: nss + " -V tls1.2:tls1.3 -I x25519,P384"},
		"NSS, DHE":           {serve: "-cipher DHE-RSA-AES128-SHA256", ask: nss + " -V tls1.2:tls1.2"},
		"Java":               {ask: "java FILES/Ask.java HOST PORT TLSv1.3"},
		"Java, TLS 1.2":      {ask: "java FILES/Ask.java HOST PORT TLSv1.2"},
		"Node":               {ask: "node FILES/ask.js HOST PORT TLSv1.3"},
		"Node, TLS 1.2":      {ask: "node FILES/ask.js HOST PORT TLSv1.2"},
		"Python":             {ask: "python3 FILES/ask.py HOST PORT TLSv1_3"},
		"Python, TLS 1.2":    {ask: "python3 FILES/ask.py HOST PORT TLSv1_2"},
		"curl":               {ask: "curl -s -k --connect-to ::HOST:PORT https://compare.example/"},
		"curl, nothing told": {ask: "curl -s --connect-to ::HOST:PORT https://compare.example/"}, // it rejects the certificate
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			talk, secrets := askedOpenSSL(t, files, dir, c.serve, c.ask)
			if len(secrets) == 0 {
				t.Fatal("they did not agree: there is no secret")
			}
			compareWithTshark(t, dir, talk, secrets)
		})
	}
}

// askedOpenSSL has a client ask OpenSSL's web server, whose secrets it returns.
func askedOpenSSL(t *testing.T, files, dir, serve, ask string) (*capturedTalk, []byte) {
	at := freeAddress(t)
	keys := filepath.Join(dir, "openssl.keys")
	server := exec.Command("openssl", append([]string{"s_server", "-accept", at, "-www", "-quiet", "-alpn", "http/1.1", "-keylogfile", keys,
		"-cert", filepath.Join(files, "cert.pem"), "-key", filepath.Join(files, "key.pem")}, strings.Fields(serve)...)...)
	check(t, server.Start())
	defer func() { server.Process.Kill(); server.Wait() }()
	awaitListener(t, at)
	relay, talk := recordedRelay(t, at)
	host, port, _ := net.SplitHostPort(relay)
	words := strings.Fields(strings.NewReplacer("HOST", host, "PORT", port, "FILES", files).Replace(ask))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	client := exec.CommandContext(ctx, words[0], words[1:]...)
	client.WaitDelay = 10 * time.Second
	out, err := client.CombinedOutput()
	if ctx.Err() != nil {
		t.Fatalf("%s does not end: %v\n%s", words[0], err, out)
	}
	c := talk()
	secrets, _ := os.ReadFile(keys)
	return c, secrets
}

const javaAsk = `
import javax.net.ssl.*;
import java.security.cert.X509Certificate;

public class Ask {
    public static void main(String[] words) throws Exception {
        TrustManager anyone = new X509TrustManager() {
            public void checkClientTrusted(X509Certificate[] chain, String kind) {}
            public void checkServerTrusted(X509Certificate[] chain, String kind) {}
            public X509Certificate[] getAcceptedIssuers() { return new X509Certificate[0]; }
        };
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {anyone}, null);
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(words[0], Integer.parseInt(words[1]))) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setProtocols(new String[] {words[2]});
            parameters.setApplicationProtocols(new String[] {"h2", "http/1.1"});
            parameters.setServerNames(java.util.List.of(new SNIHostName("compare.example")));
            socket.setSSLParameters(parameters);
            socket.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes());
            socket.getInputStream().readAllBytes();
        }
    }
}
`

const nodeAsk = `
const [host, port, version] = process.argv.slice(2);
const socket = require('tls').connect({
  host, port, servername: 'compare.example', rejectUnauthorized: false, ALPNProtocols: ['h2', 'http/1.1'], minVersion: version, maxVersion: version,
}, () => socket.end('GET / HTTP/1.0\r\n\r\n'));
socket.resume();
`

const pythonAsk = `
import socket, ssl, sys
host, port, version = sys.argv[1:]
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
context.set_alpn_protocols(["http/1.1"])
with context.wrap_socket(socket.create_connection((host, int(port))), server_hostname="compare.example") as talk:
    talk.sendall(b"GET / HTTP/1.0\r\n\r\n")
    while talk.recv(4096):
        pass
`
