package sink

import (
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"tlsmitm/inspect"
	"tlsmitm/inspect/application"
	"tlsmitm/inspect/explain"
	"tlsmitm/inspect/httpmsg"
)

// Curl is a sink that writes, for every exchange, the curl command that repeats
// its request, for a POSIX shell. It is used from one goroutine.
type Curl struct {
	out     io.Writer
	targets map[uint64]string // of the connections that are open
}

// NewCurl returns a sink that writes to out, which it does not close.
func NewCurl(out io.Writer) *Curl { return &Curl{out: out, targets: map[uint64]string{}} }

// Name implements inspect.Sink.
func (c *Curl) Name() string { return "curl" }

// Write implements inspect.Sink.
func (c *Curl) Write(batch []*inspect.Event) error {
	for _, e := range batch {
		switch b := e.Body.(type) {
		case *inspect.ConnOpen:
			c.targets[e.Conn] = b.Target
		case *inspect.ConnClose:
			delete(c.targets, e.Conn)
		case *application.Exchange:
			if b.Request.Method == "" {
				continue
			}
			if _, err := io.WriteString(c.out, curlCommand(b, c.targets[e.Conn])); err != nil {
				return fmt.Errorf("sink: curl: %w", err)
			}
		}
	}
	return nil
}

// Flush implements inspect.Sink.
func (c *Curl) Flush(time.Time) (pending bool, err error) { return false, nil }

// Close implements inspect.Sink.
func (c *Curl) Close() error { return nil }

// ownFields are those that curl writes by itself, from the URL and the body.
var ownFields = map[string]bool{"host": true, "proxy-connection": true, "http2-settings": true, "upgrade": true, "keep-alive": true}

// defaultFields are those that curl adds unless they are given, be it as empty.
var defaultFields = []string{"User-Agent", "Accept"}

// curlCommand writes the command, with a remark before it where it cannot repeat
// the request in full. target is where it went, if that is known.
func curlCommand(x *application.Exchange, target string) string {
	r := &x.Request
	address, host := curlAddress(r.URL, target)
	var b strings.Builder
	for _, remark := range curlRemarks(x) {
		b.WriteString("# " + explain.Clean(remark) + "\n") // in one line, whatever is in it
	}
	words := []string{"curl"}
	words = append(words, curlMethod(r)...)
	words = append(words, shellQuote(address))
	words = append(words, curlVersion(x.Protocol)...)
	if strings.ContainsAny(address, "[]{}") {
		words = append(words, "--globoff")
	}
	if strings.Contains(address, "/.") {
		words = append(words, "--path-as-is")
	}
	if r.Method == "OPTIONS" && strings.Count(address, "/") == 2 { // RFC 9112, section 3.2.4
		words = append(words, "--request-target '*'")
	}
	if r.Headers.Get("Accept-Encoding") != "" {
		words = append(words, "--compressed")
	}
	fields := curlFields(x, host)
	data, input := curlData(r)
	b.WriteString(input + strings.Join(words, " "))
	for _, more := range append(fields, data...) {
		b.WriteString(" \\\n  " + more)
	}
	b.WriteString("\n\n")
	return b.String()
}

// curlRemarks say what the command cannot repeat.
func curlRemarks(x *application.Exchange) (remarks []string) {
	remarks = append(remarks, x.Exchange)
	r := &x.Request
	hidden := r.Body != nil && r.Body.Hidden || strings.Contains(r.URL, hiddenMark) || strings.Contains(r.URL, hiddenUser)
	for _, f := range r.Headers {
		hidden = hidden || strings.Contains(f.Value, hiddenMark)
	}
	if hidden {
		remarks = append(remarks, "secrets are hidden in this, and what stands for them is no use: --show-secrets has those that were saved, and on a run it saves them")
	}
	if r.Body != nil && r.Body.Truncated {
		remarks = append(remarks, fmt.Sprintf("only %d of the body's %d bytes were kept: http.body_bytes sets how many", len(r.Body.Bytes), r.Body.Size))
	}
	if r.Body != nil && len(r.Body.Encoding) > 0 {
		remarks = append(remarks, "the body is sent decoded, without its Content-Encoding: "+strings.Join(r.Body.Encoding, ", "))
	}
	return remarks
}

// hiddenMark begins what stands for a secret, and hiddenUser what does in the
// userinfo of a URL.
const (
	hiddenMark = "‹"
	hiddenUser = "//(userinfo-"
)

// curlMethod gives the method, unless curl would choose it.
func curlMethod(r *application.Message) []string {
	switch {
	case r.Method == "HEAD":
		return []string{"--head"}
	case r.Method == "GET" && !sendsBody(r), r.Method == "POST" && sendsBody(r):
		return nil
	}
	return []string{"--request", shellQuote(r.Method)}
}

func curlVersion(p httpmsg.Protocol) []string {
	switch p {
	case httpmsg.HTTP10:
		return []string{"--http1.0"}
	case httpmsg.HTTP11:
		return []string{"--http1.1"}
	case httpmsg.HTTP2:
		return []string{"--http2"}
	}
	return nil
}

// curlAddress gives the URL with the address in it to which the request went, and the
// host that it was for, if that is another.
func curlAddress(u, target string) (address, host string) {
	scheme, rest, ok := strings.Cut(u, "://")
	if name, _, err := net.SplitHostPort(target); !ok || err != nil || net.ParseIP(name) != nil {
		return u, "" // a name is resolved once more, and by it the server chooses its certificate
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	port := ":443"
	if scheme == "http" {
		port = ":80"
	}
	host = rest[:end]
	if strings.EqualFold(strings.TrimSuffix(host, port), strings.TrimSuffix(target, port)) || strings.Contains(host, "@") {
		return u, ""
	}
	return scheme + "://" + strings.TrimSuffix(target, port) + rest[end:], host
}

// curlFields gives the header fields in their order, and takes away those that
// curl would add. host is what the request was for, if the URL does not say so.
func curlFields(x *application.Exchange, host string) (words []string) {
	r := &x.Request
	decoded := r.Body != nil && len(r.Body.Encoding) > 0
	if host != "" {
		words = append(words, "--header "+shellQuote("Host: "+host))
	}
	for _, f := range r.Headers {
		name := strings.ToLower(f.Name)
		switch {
		case name == "host" && host == "" && !strings.Contains(r.URL, "://"+f.Value):
			words = append(words, "--header "+shellQuote("Host: "+f.Value))
		case ownFields[name], name == "content-encoding" && decoded:
		case name == "connection" && !strings.EqualFold(f.Value, "keep-alive") && !strings.EqualFold(f.Value, "close"):
		case name == "content-length" && f.Value != strconv.Itoa(sent(r)): // it is curl's to say
		case f.Value == "":
			words = append(words, "--header "+shellQuote(f.Name+";"))
		default:
			words = append(words, "--header "+shellQuote(f.Name+": "+f.Value))
		}
	}
	absent := defaultFields
	if sendsBody(r) {
		absent = append(absent[:len(absent):len(absent)], "Content-Type", "Expect")
		if x.Protocol == httpmsg.HTTP2 { // which needs none
			absent = append(absent, "Content-Length")
		}
	}
	for _, name := range absent {
		if len(r.Headers.Values(name)) == 0 {
			words = append(words, "--header "+shellQuote(name+":"))
		}
	}
	return words
}

// sent is how many bytes of a body the command sends.
func sent(r *application.Message) int {
	if r.Body == nil {
		return 0
	}
	return len(r.Body.Bytes)
}

// sendsBody says whether the command has a body to send, be it an empty one.
func sendsBody(r *application.Message) bool {
	return r.Body != nil || r.Method != "HEAD" && r.Headers.Get("Content-Length") == "0"
}

// maxArgument bounds a body that stands in the command: the kernel has a limit of
// 128 KiB for one argument.
const maxArgument = 64 << 10

// curlData gives the body: as an argument, or through a pipe before the command
// where a shell could not hold it in one.
func curlData(r *application.Message) (words []string, pipe string) {
	body := r.Body
	switch {
	case !sendsBody(r):
		return nil, ""
	case body == nil:
		return []string{"--data-raw ''"}, ""
	case body.Text && len(body.Bytes) <= maxArgument && showable(string(body.Bytes)):
		return []string{"--data-raw " + shellQuote(string(body.Bytes))}, ""
	}
	return []string{"--data-binary @-"}, "base64 -d <<'.' |\n" + wrapBase64(body.Bytes) + ".\n"
}

// wrapBase64 writes base64 in lines.
func wrapBase64(b []byte) string {
	const perLine = 57 // bytes, which are 76 characters
	var out strings.Builder
	for len(b) > 0 {
		n := min(perLine, len(b))
		out.WriteString(base64.StdEncoding.EncodeToString(b[:n]) + "\n")
		b = b[n:]
	}
	return out.String()
}

// showable says whether a text may be written as it is to what may be a terminal.
func showable(s string) bool {
	s = strings.NewReplacer("\n", "", "\t", "").Replace(s)
	return explain.Clean(s) == s
}

// shellQuote writes s as one word of a POSIX shell. What could control a terminal is
// written as escapes, of which printf makes what they stand for.
func shellQuote(s string) string {
	if showable(s) {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	var b strings.Builder
	for len(s) > 0 {
		_, size := utf8.DecodeRuneInString(s)
		switch char := s[:size]; {
		case char == `\`:
			b.WriteString(`\\`)
		case char == "'":
			b.WriteString(`'\''`)
		case explain.Clean(char) == char:
			b.WriteString(char)
		default:
			for i := range len(char) {
				fmt.Fprintf(&b, `\0%03o`, char[i])
			}
		}
		s = s[size:]
	}
	return `"$(printf %b '` + b.String() + `')"`
}
