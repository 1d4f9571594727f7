package http2

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	xhttp2 "golang.org/x/net/http2"
	//lint:ignore SA1019 nothing else takes an Upgrade to HTTP/2
	"golang.org/x/net/http2/h2c"

	"tlsmitm/inspect/httpmsg"
	"tlsmitm/inspect/internal/outside"
	"tlsmitm/inspect/internal/selfsigned"
)

var update = flag.Bool("update", false, "record testdata/talks anew")

// program returns a program, or skips the test.
func program(t testing.TB, name string) string {
	return outside.Program(t, name, "what it says is not read; recorded talks are")
}

// nodeLine is what testdata/server.js says of a request.
type nodeLine struct {
	ID                             uint64
	Method, Path, Agent, Sent, Got string
	Status                         int
	Reset                          bool
}

// nodeServer runs testdata/server.js. stop ends it and returns what it said.
func nodeServer(t testing.TB) (addr string, stop func() []nodeLine) {
	cmd := exec.Command(program(t, "node"), "testdata/server.js")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	scanner := bufio.NewScanner(out)
	port := ""
	for port == "" && scanner.Scan() {
		_, port, _ = strings.Cut(scanner.Text(), "listening on ")
	}
	lines := make(chan []nodeLine)
	go func() {
		var all []nodeLine
		for scanner.Scan() {
			var l nodeLine
			if json.Unmarshal(scanner.Bytes(), &l) == nil {
				all = append(all, l)
			}
		}
		lines <- all
	}()
	var said []nodeLine
	stopped := false
	stop = func() []nodeLine {
		if !stopped {
			stopped = true
			cmd.Process.Kill()
			said = <-lines
			cmd.Wait()
		}
		return said
	}
	t.Cleanup(func() { stop() })
	return "127.0.0.1:" + port, stop
}

// through returns a relay to an address.
func through(t testing.TB, addr string) *relay {
	return newRelay(t, listen(t), func() (net.Conn, error) { return net.Dial("tcp", addr) })
}

func run(t testing.TB, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(program(t, name), args...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// checkNode holds what was told against what the server said.
func checkNode(t testing.TB, told []*collector, said []nodeLine) {
	t.Helper()
	found := 0
	for i, c := range told {
		if len(c.anomalies) > 0 || len(c.failed) > 0 {
			t.Errorf("anomalies %q, failed %q", c.anomalies, c.failed)
		}
		for x, e := range c.exchanges {
			if e.req.head == nil || e.req.end == nil || e.resp.end == nil {
				t.Errorf("connection %d, exchange %d: %+v", i, x, e)
				continue
			}
			if e.req.head.Promised {
				continue
			}
			want := slices.IndexFunc(said, func(l nodeLine) bool { return l.matches(x, e) })
			if want < 0 {
				t.Errorf("connection %d, exchange %d: the server has not said so: %+v, %+v", i, x, e.req.head, e.resp.head)
				continue
			}
			if said[want].Reset && *e.resp.end != (httpmsg.End{Reset: true, Code: 2, Name: "INTERNAL_ERROR"}) {
				t.Errorf("connection %d, exchange %d: %+v", i, x, e.resp.end)
			}
			said = slices.Delete(said, want, want+1)
			found++
		}
	}
	if len(said) > 0 {
		t.Errorf("%d exchanges were told, and not %+v", found, said)
	}
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// matches says whether the server and we say the same.
func (l nodeLine) matches(x httpmsg.Exchange, e *exchange) bool {
	if l.ID != uint64(x) || l.Method != e.req.head.Method || l.Path != e.req.head.Path || e.resp.head == nil || l.Status != e.resp.head.Status {
		return false
	}
	if l.Method == "CONNECT" {
		return bytes.Equal(e.req.body, e.resp.body)
	}
	if l.Agent != e.req.head.Fields.Get("user-agent") || l.Got != sum(e.req.body) {
		return false
	}
	if strings.HasPrefix(l.Path, "/trailers") && e.resp.trailers.Get("x-sum") != l.Sent || strings.HasPrefix(l.Path, "/early") && !slices.Equal(e.interim, []int{103}) {
		return false
	}
	return l.Reset || l.Sent == sum(e.resp.body) && slices.Equal(e.resp.head.Fields.Values("set-cookie"), []string{"a=1", "b=2"})
}

func TestCurl(t *testing.T) {
	addr, stop := nodeServer(t)
	cert := selfsigned.ECDSA()
	// Over TLS, since curl 7.88 cannot use a connection twice with prior knowledge.
	r := newRelay(t, tls.NewListener(listen(t), &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2"}}), func() (net.Conn, error) { return net.Dial("tcp", addr) })
	body := filepath.Join(t.TempDir(), "body")
	if err := os.WriteFile(body, bytes.Repeat([]byte("content "), 30_000), 0o600); err != nil {
		t.Fatal(err)
	}
	base := "https://" + r.Addr().String()
	run(t, "curl", "-ksZ", "-o", os.DevNull, base+"/[1-40]", base+"/early", base+"/trailers?x=[1-5]")
	run(t, "curl", "-ks", "-o", os.DevNull, "-T", body, "-H", "Cookie: a=1; b=2", base+"/put", base+"/trailers")
	exec.Command(program(t, "curl"), "-ks", "-o", os.DevNull, base+"/reset").Run()
	checkNode(t, r.close(), stop())
	r.save(t, "curl")
}

func TestNghttp(t *testing.T) {
	addr, stop := nodeServer(t)
	r := through(t, addr)
	base := "http://" + r.Addr().String()
	run(t, "nghttp", "-n", base+"/push", base+"/early", base+"/trailers")
	run(t, "nghttp", "-n", "--continuation", "-H", "x-long: "+strings.Repeat("long", 2000), "-b", "200", base+"/padded")
	run(t, "nghttp", "-n", "--no-dep", "--header-table-size=100", "--encoder-header-table-size=100", "-m", "20", base+"/small")
	told := r.close()
	checkNode(t, told, stop())
	pushed, continued := 0, 0
	for _, c := range told {
		continued += c.frames["CONTINUATION"]
		for _, e := range c.exchanges {
			if e.req.head.Promised && e.req.head.Path == "/pushed" && string(e.resp.body) == "pushed" {
				pushed++
			}
		}
	}
	if pushed != 1 || continued == 0 {
		t.Errorf("%d pushed, %d CONTINUATION frames", pushed, continued)
	}
	r.save(t, "nghttp")
}

func TestH2load(t *testing.T) {
	addr, stop := nodeServer(t)
	r := through(t, addr)
	out := run(t, "h2load", "-n", "1000", "-c", "2", "-m", "50", "http://"+r.Addr().String()+"/load")
	if !strings.Contains(out, "1000 succeeded") {
		t.Errorf("%s", out)
	}
	checkNode(t, r.close(), stop())
}

func TestNode(t *testing.T) {
	addr, stop := nodeServer(t)
	r := through(t, addr)
	_, port, _ := net.SplitHostPort(r.Addr().String())
	if out := run(t, "node", "testdata/client.js", port); out != "frames SSH-2.0\n" {
		t.Errorf("the client says %q", out)
	}
	stop()
	var got []string
	for _, c := range r.close() {
		if len(c.anomalies) > 0 || len(c.failed) > 0 {
			t.Errorf("anomalies %q, failed %q", c.anomalies, c.failed)
		}
		for x := httpmsg.Exchange(1); x <= 5; x += 2 {
			e := c.exchanges[x]
			got = append(got, fmt.Sprintf("%s %s%s %s %q %q %+v %+v", e.req.head.Method, e.req.head.Authority, e.req.head.Path, c.switched[x], e.req.body, e.resp.body, *e.req.end, *e.resp.end))
		}
	}
	taken := fmt.Sprintf(`POST %s/never  "x" "" {Cut:false Reset:true Code:2 Name:INTERNAL_ERROR} {Cut:true Reset:false Code:2 Name:INTERNAL_ERROR}`, r.Addr())
	want := []string{
		`CONNECT example.com/chat websocket "frames" "frames" {Cut:false Reset:false Code:0 Name:} {Cut:false Reset:false Code:0 Name:}`,
		`CONNECT example.com:22 connect "SSH-2.0" "SSH-2.0" {Cut:false Reset:false Code:0 Name:} {Cut:false Reset:false Code:0 Name:}`,
		taken,
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	r.save(t, "node")
}

// TestUpgrade has curl and nghttp begin with HTTP/1.1.
func TestUpgrade(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "%s %s", r.Proto, r.URL) })
	//lint:ignore SA1019 as above
	server := &http.Server{Handler: h2c.NewHandler(handler, new(xhttp2.Server))}
	l := listen(t)
	go server.Serve(l)
	defer server.Close()
	r := &relay{Listener: listen(t), dial: func() (net.Conn, error) { return net.Dial("tcp", l.Addr().String()) }, first: afterHead}
	r.start(t)
	base := "http://" + r.Addr().String()
	if out := run(t, "curl", "-s", "--http2", base+"/first", base+"/second"); out != "HTTP/1.1 /firstHTTP/2.0 /second" && out != "HTTP/2.0 /firstHTTP/2.0 /second" {
		t.Errorf("curl says %q", out)
	}
	run(t, "nghttp", "-nu", base+"/first", base+"/second")
	for _, c := range r.close() {
		if len(c.anomalies) > 0 || len(c.failed) > 0 || len(c.exchanges) != 2 {
			t.Errorf("anomalies %q, failed %q, exchanges %v", c.anomalies, c.failed, c.exchanges)
		}
		for x, e := range c.exchanges {
			first := x == 1
			if first != (e.req.head == nil) || e.resp.end == nil || *e.resp.end != (httpmsg.End{}) || !strings.Contains(string(e.resp.body), " /") {
				t.Errorf("exchange %d: %+v, %s", x, e, e.resp.body)
			}
		}
	}
}

// afterHead lets both directions' first heads be read by others.
func afterHead() func(conn *Conn, up bool, b []byte) []byte {
	var heads [2][]byte
	var done [2]bool
	return func(conn *Conn, up bool, b []byte) []byte {
		i := 0
		if up {
			i = 1
		}
		if done[i] {
			return b
		}
		heads[i] = append(heads[i], b...)
		end := bytes.Index(heads[i], []byte("\r\n\r\n"))
		if end < 0 {
			return nil
		}
		done[i] = true
		if up {
			conn.Upgraded("GET", "/first")
		}
		return heads[i][end+4:]
	}
}
