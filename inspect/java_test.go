package inspect

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// javaRuns are conversations of Java with itself, in versions that hardly anything
// else speaks any more.
var javaRuns = map[string][]string{
	"java-ssl30-rc4":         {"SSLv3", "SSL_RSA_WITH_RC4_128_MD5"},
	"java-ssl30-3des":        {"SSLv3", "SSL_RSA_WITH_3DES_EDE_CBC_SHA", "client certificate"},
	"java-ssl30-dhe-aes":     {"SSLv3", "TLS_DHE_RSA_WITH_AES_128_CBC_SHA"},
	"java-ssl30-des":         {"SSLv3", "SSL_RSA_WITH_DES_CBC_SHA"},
	"java-ssl30-null":        {"SSLv3", "SSL_RSA_WITH_NULL_SHA"},
	"java-ssl20-hello-ssl30": {"SSLv2Hello,SSLv3", "TLS_DHE_RSA_WITH_AES_256_CBC_SHA"},
	"java-ssl20-hello-tls10": {"SSLv2Hello,TLSv1", "SSL_DH_anon_WITH_RC4_128_MD5"},
	"java-ssl20-hello-tls12": {"SSLv2Hello,TLSv1.2", "TLS_RSA_WITH_AES_128_CBC_SHA256"},
}

// TestRecordJava records testdata/captures anew, with -update.
func TestRecordJava(t *testing.T) {
	if !*update {
		t.Skip("only with -update: what Java said once is in testdata/captures")
	}
	store := filepath.Join(t.TempDir(), "keys.p12")
	out, err := exec.Command("keytool", "-genkeypair", "-alias", "k", "-keyalg", "RSA", "-keysize", "2048", "-sigalg", "SHA1withRSA",
		"-dname", "CN=leaf.example", "-validity", "3650", "-keystore", store, "-storepass", "secret", "-storetype", "PKCS12").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, args := range javaRuns {
		rec := runJava(t, append([]string{store}, args...))
		if err := writeCaptured("testdata/captures/"+name+".txt", "Java 17 with itself: "+strings.Join(args, ", "), rec); err != nil {
			t.Fatal(err)
		}
	}
}

func runJava(t *testing.T, args []string) *recording {
	t.Helper()
	cmd := exec.Command("java", append([]string{"--add-opens", "java.base/sun.security.ssl=ALL-UNNAMED", "testdata/java/Talk.java"}, args...)...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	watchdog := time.AfterFunc(2*time.Minute, func() { cmd.Process.Kill() })
	defer watchdog.Stop()
	rec := new(recording)
	var port, master string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		words := strings.Fields(lines.Text())
		switch words[0] {
		case "PORT":
			port = words[1]
			fmt.Fprintln(in, relay(t, rec, port))
		case "MASTER":
			master = words[3]
		}
	}
	hello := rec.dissect(LegServer, newMasterStore(1), whole)[0].Body.(*Message).ClientHello
	rec.parts = append(rec.parts, part{secret: true, b: fmt.Appendf(nil, "CLIENT_RANDOM %x %s", hello.Random, master)})
	for _, line := range []string{"a", "0123456789abcdef", strings.Repeat("0123456789", 9)} {
		rec.sent[0] = append(rec.sent[0], line+"\n"...)
		for i := range len(line) {
			rec.sent[1] = append(rec.sent[1], line[len(line)-1-i])
		}
		rec.sent[1] = append(rec.sent[1], '\n')
	}
	return rec
}

// relay passes one connection to a port, records it, and returns the port that it
// listens on.
func relay(t *testing.T, rec *recording, port string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer l.Close()
		client, err := l.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			client.Close()
			return
		}
		go pass(rec, true, client, server)
		pass(rec, false, server, client)
	}()
	_, p, _ := net.SplitHostPort(l.Addr().String())
	return p
}

func pass(rec *recording, up bool, from, to net.Conn) {
	defer to.Close()
	io.Copy(to, io.TeeReader(from, writerFunc(func(b []byte) (int, error) {
		rec.add(part{up: up, b: b})
		return len(b), nil
	})))
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }
