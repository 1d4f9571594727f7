package sink

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"sort"
	"strings"
	"testing"

	"tlsmitm/inspect"
	"tlsmitm/inspect/application"
	"tlsmitm/inspect/httpmsg"
	"tlsmitm/inspect/internal/outside"
)

// requested is a request as a server got it.
func requested(r *http.Request, body []byte) string {
	var fields []string
	for name, values := range r.Header {
		fields = append(fields, fmt.Sprintf("%s=%q", name, values))
	}
	sort.Strings(fields)
	return fmt.Sprintf("%s %s %s %q %q", r.Method, r.RequestURI, r.Host, fields, body)
}

// TestCurlRepeatsTheRequest has a shell run what the sink writes.
func TestCurlRepeatsTheRequest(t *testing.T) {
	for _, tool := range []string{"curl", "sh", "base64"} {
		outside.Program(t, tool, "what it sends is not compared")
	}
	got := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got <- requested(r, b)
	}))
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	text := func(s string) *application.Body {
		return &application.Body{Size: int64(len(s)), DecodedSize: int64(len(s)), Bytes: []byte(s), Text: true}
	}
	for name, c := range map[string]struct {
		method, path string
		fields       httpmsg.Fields
		body         *application.Body
	}{
		"plain":           {"GET", "/", nil, nil},
		"fields":          {"GET", "/a?b=c&d=%20e", httpmsg.Fields{{Name: "User-Agent", Value: "me/1"}, {Name: "Accept", Value: "text/x"}, {Name: "X-Quote", Value: `it's "so" $HOME \n`}, {Name: "X-Empty"}, {Name: "Cookie", Value: "a=1; b=2"}}, nil},
		"brackets":        {"GET", "/[1-3]/{a,b}/../x", nil, nil},
		"compressed":      {"GET", "/", httpmsg.Fields{{Name: "Accept-Encoding", Value: "gzip"}}, nil},
		"form":            {"POST", "/f", httpmsg.Fields{{Name: "Content-Type", Value: "application/x-www-form-urlencoded"}, {Name: "Content-Length", Value: "7"}}, text("a=1&b=2")},
		"at":              {"PUT", "/f", nil, text("@file 'quoted'\nsecond line\n")},
		"binary":          {"POST", "/b", httpmsg.Fields{{Name: "Content-Type", Value: "application/x"}}, &application.Body{Size: 200, Bytes: bytes.Repeat([]byte{0, 255, '\'', '\n'}, 50)}},
		"delete":          {"DELETE", "/d", nil, nil},
		"empty post":      {"POST", "/e", nil, nil},
		"method of yours": {"PURGE", "/p", nil, nil},
		"controls":        {"GET", "/", httpmsg.Fields{{Name: "X-Odd", Value: "\u009b2J it's \u202e\\x \\033 %s $HOME\u200b"}}, nil},
		"controls sent":   {"POST", "/c", nil, text("a\r\n\x1b[2J\n")},
		"another host":    {"GET", "/", httpmsg.Fields{{Name: "Host", Value: "other.example"}}, nil},
		"long text":       {"PUT", "/l", nil, text(strings.Repeat("a line of text\n", 20_000))},
		"nothing sent":    {"PATCH", "/n", httpmsg.Fields{{Name: "Content-Length", Value: "0"}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			x := &application.Exchange{Ref: application.Ref{Exchange: "1.1", Protocol: httpmsg.HTTP11}, Request: application.Message{
				Method: c.method, URL: "http://" + host + c.path, Headers: c.fields, Body: c.body}}
			if err := NewCurl(&out).Write([]*inspect.Event{{Conn: 1, Body: x}}); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("sh")
			cmd.Stdin = strings.NewReader("curl() { command curl -sS --max-time 20 --noproxy '*' \"$@\"; }\n" + out.String())
			if said, err := cmd.CombinedOutput(); err != nil || len(said) > 0 && c.method != "HEAD" {
				t.Fatalf("%v: %s\n%s", err, said, out.String())
			}
			want, err := http.NewRequest(c.method, server.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			want.RequestURI, want.Host = c.path, host
			for _, f := range c.fields {
				if f.Name == "Host" {
					want.Host = f.Value
				} else {
					want.Header.Add(f.Name, f.Value)
				}
			}
			var body []byte
			if c.body != nil {
				body = c.body.Bytes
				want.Header.Set("Content-Length", fmt.Sprint(len(body)))
			}
			if w, g := requested(want, body), <-got; w != g {
				t.Errorf("got  %s\nwant %s\n%s", g, w, out.String())
			}
		})
	}
}

// TestCurlSendsTheSameHead compares what arrives byte for byte.
func TestCurlSendsTheSameHead(t *testing.T) {
	outside.Program(t, "curl", "what it sends is not compared")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	heads := make(chan string, 1)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			var head strings.Builder
			r := bufio.NewReader(c)
			for {
				line, err := r.ReadString('\n')
				head.WriteString(line)
				if err != nil || line == "\r\n" {
					break
				}
			}
			io.WriteString(c, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
			heads <- head.String()
			c.Close()
		}
	}()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	target := "localhost:" + port
	body := &application.Body{Size: 3, DecodedSize: 3, Bytes: []byte("a=b"), Text: true}
	for _, c := range []struct {
		head, url string // HOST stands for the target
		body      *application.Body
	}{
		{"POST /a HTTP/1.1\r\nHost: HOST\r\nConnection: keep-alive\r\nContent-Length: 3\r\nx-lower: 1\r\nUser-Agent: me\r\nCookie: a=1; b=2\r\nAccept: */*\r\nX-Lower: 2\r\nContent-Type: text/x\r\n\r\n", "http://HOST/a", body},
		{"PUT /b HTTP/1.1\r\nHost: HOST\r\nAccept: */*\r\nContent-Length: 0\r\nX-Last: 1\r\n\r\n", "http://HOST/b", nil},
		{"OPTIONS * HTTP/1.1\r\nHost: HOST\r\nUser-Agent: me\r\n\r\n", "http://HOST", nil},
		{"GET /c?d HTTP/1.1\r\nHost: other.example:99\r\nUser-Agent: me\r\n\r\n", "http://other.example:99/c?d", nil},
		{"HEAD /e HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\nAccept: x\r\n\r\n", "http://HOST/e", nil},
	} {
		want := strings.ReplaceAll(c.head, "HOST", target)
		x := &application.Exchange{Ref: application.Ref{Exchange: "1.1", Protocol: httpmsg.HTTP11}, Request: application.Message{URL: strings.ReplaceAll(c.url, "HOST", target), Body: c.body}}
		x.Request.Method, _, _ = strings.Cut(want, " ")
		for _, line := range strings.Split(strings.TrimSuffix(want, "\r\n\r\n"), "\r\n")[1:] {
			name, value, _ := strings.Cut(line, ": ")
			x.Request.Headers = append(x.Request.Headers, httpmsg.Field{Name: name, Value: value})
		}
		var out bytes.Buffer
		if err := NewCurl(&out).Write([]*inspect.Event{{Conn: 1, Body: &inspect.ConnOpen{Target: target}}, {Conn: 1, Body: x}}); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("sh")
		cmd.Stdin = strings.NewReader("curl() { command curl -sS -o /dev/null --max-time 20 --noproxy '*' \"$@\"; }\n" + out.String())
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s\n%s", err, said, out.String())
		}
		if got := <-heads; got != want {
			t.Errorf("got  %q\nwant %q\n%s", got, want, out.String())
		}
	}
}

// TestCurlRemarksStayRemarks: what is fed to a shell may come from a file that
// somebody else wrote.
func TestCurlRemarksStayRemarks(t *testing.T) {
	var out bytes.Buffer
	x := &application.Exchange{Ref: application.Ref{Exchange: "1.1\nrm -rf x"}, Request: application.Message{Method: "POST\nrm", URL: "http://a/'\nrm",
		Headers: httpmsg.Fields{{Name: "a\nrm", Value: "'\nrm"}}, Body: &application.Body{Encoding: []string{"gzip\nrm"}, Bytes: []byte("'\nrm"), Text: true}}}
	if err := NewCurl(&out).Write([]*inspect.Event{{Conn: 1, Body: x}}); err != nil {
		t.Fatal(err)
	}
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no shell to ask")
	}
	cmd := exec.Command(sh)
	cmd.Stdin = strings.NewReader("curl() { :; }\nrm() { echo removed; }\n" + out.String())
	if said, err := cmd.CombinedOutput(); err != nil || len(said) > 0 {
		t.Errorf("%v: %s\n%s", err, said, out.String())
	}
}
