package main

import "testing"

// The clients that are libraries, as programs. Their arguments: the proxy, the
// URL, the newest version of TLS to speak, and the root to trust, "" for none
// beside the system's. They write the page to standard output.

const pythonPrelude = `
import http.client, shutil, ssl, sys, urllib.parse, urllib.request
proxy, url, newest, trust = sys.argv[1:]
context = ssl.create_default_context(cafile=trust or None)
context.verify_flags |= ssl.VERIFY_X509_STRICT
if newest == "1.2":
    context.maximum_version = ssl.TLSVersion.TLSv1_2
`

const pythonHTTPClient = pythonPrelude + `
at = urllib.parse.urlsplit(url)
context.set_alpn_protocols(["http/1.1"])
connection = http.client.HTTPSConnection(*proxy.split(":"), context=context, timeout=30)
connection.set_tunnel(at.hostname, at.port)
connection.request("GET", at.path)
response = connection.getresponse()
assert response.status == 200, response.status
shutil.copyfileobj(response, sys.stdout.buffer)
connection.close()
`

const pythonURLLib = pythonPrelude + `
opener = urllib.request.build_opener(
    urllib.request.ProxyHandler({"https": "http://" + proxy}), urllib.request.HTTPSHandler(context=context))
with opener.open(url, timeout=30) as response:
    shutil.copyfileobj(response, sys.stdout.buffer)
`

func fetchPython(source string) func(*testing.T, visit) ([]byte, error) {
	return func(t *testing.T, v visit) ([]byte, error) { return v.script(t, "python3", "client.py", source) }
}

const nodePrelude = `
const fs = require('fs'), http = require('http'), http2 = require('http2'), https = require('https'), tls = require('tls');
const [proxy, address, newest, trust] = process.argv.slice(2);
const url = new URL(address), [host, port] = proxy.split(':');
const fail = (e) => { console.error(e); process.exit(1); };
const out = (chunk) => fs.writeSync(1, chunk);
const secured = (protocols, then) => http.request({ host, port, method: 'CONNECT', path: url.host })
  .on('error', fail)
  .on('connect', (answer, socket) => {
    if (answer.statusCode !== 200) fail('CONNECT: ' + answer.statusCode);
    const options = { socket, servername: url.hostname, ALPNProtocols: protocols, maxVersion: 'TLSv' + newest };
    if (trust) options.ca = fs.readFileSync(trust);
    const secure = tls.connect(options, () => then(secure)).on('error', fail);
  }).end();
`

const nodeHTTPS = nodePrelude + `
secured(['http/1.1'], (socket) => https.get(address, { createConnection: () => socket }, (response) => {
  if (response.statusCode !== 200) fail(response.statusCode);
  response.on('data', out);
}).on('error', fail));
`

const nodeHTTP2 = nodePrelude + `
secured(['h2'], (socket) => {
  const session = http2.connect(address, { createConnection: () => socket }).on('error', fail);
  session.request({ ':path': url.pathname }).on('error', fail)
    .on('response', (headers) => { if (headers[':status'] !== 200) fail(headers[':status']); })
    .on('data', out)
    .on('end', () => session.close());
});
`

func fetchNode(source string) func(*testing.T, visit) ([]byte, error) {
	return func(t *testing.T, v visit) ([]byte, error) { return v.script(t, "node", "client.js", source) }
}

const javaPrelude = `
import java.io.*;
import java.net.*;
import java.net.http.*;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.*;

public class Client {
    public static void main(String[] args) throws Exception {
        URI at = URI.create("http://" + args[0]);
        InetSocketAddress proxy = new InetSocketAddress(at.getHost(), at.getPort());
        String[] versions = args[2].equals("1.2") ? new String[] {"TLSv1.2"} : new String[] {"TLSv1.3", "TLSv1.2"};
        KeyStore roots = null;
        if (args.length > 3 && !args[3].isEmpty()) {
            roots = KeyStore.getInstance(KeyStore.getDefaultType());
            roots.load(null, null);
            try (FileInputStream pem = new FileInputStream(args[3])) {
                roots.setCertificateEntry("root", CertificateFactory.getInstance("X.509").generateCertificate(pem));
            }
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(roots);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        System.out.write(fetch(proxy, URI.create(args[1]), context, versions));
        System.out.flush();
    }
`

const javaHTTPClient = javaPrelude + `
    static byte[] fetch(InetSocketAddress proxy, URI url, SSLContext context, String[] versions) throws Exception {
        SSLParameters parameters = context.getDefaultSSLParameters();
        parameters.setProtocols(versions);
        HttpClient client = HttpClient.newBuilder().proxy(ProxySelector.of(proxy)).sslContext(context).sslParameters(parameters).build();
        HttpResponse<byte[]> response = client.send(HttpRequest.newBuilder(url).build(), HttpResponse.BodyHandlers.ofByteArray());
        if (response.statusCode() != 200)
            throw new IOException("status " + response.statusCode());
        return response.body();
    }
}
`

const javaURLConnection = javaPrelude + `
    static byte[] fetch(InetSocketAddress proxy, URI url, SSLContext context, String[] versions) throws Exception {
        System.setProperty("https.protocols", String.join(",", versions));
        HttpsURLConnection connection = (HttpsURLConnection) url.toURL().openConnection(new Proxy(Proxy.Type.HTTP, proxy));
        connection.setSSLSocketFactory(context.getSocketFactory());
        try (InputStream page = connection.getInputStream()) {
            return page.readAllBytes();
        }
    }
}
`

func fetchJava(source string) func(*testing.T, visit) ([]byte, error) {
	return func(t *testing.T, v visit) ([]byte, error) { return v.script(t, "java", "Client.java", source) }
}
