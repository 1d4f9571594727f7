package sink

import (
	"encoding/base64"
	"fmt"
	"io"
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
type Curl struct{ out io.Writer }

// NewCurl returns a sink that writes to out, which it does not close.
func NewCurl(out io.Writer) *Curl { return &Curl{out: out} }

// Name implements inspect.Sink.
func (c *Curl) Name() string { return "curl" }

// Write implements inspect.Sink.
func (c *Curl) Write(batch []*inspect.Event) error {
	for _, e := range batch {
		x, ok := e.Body.(*application.Exchange)
		if !ok || x.Request.Method == "" {
			continue
		}
		if _, err := io.WriteString(c.out, curlCommand(x)); err != nil {
			return fmt.Errorf("sink: curl: %w", err)
		}
	}
	return nil
}

// Flush implements inspect.Sink.
func (c *Curl) Flush(time.Time) (pending bool, err error) { return false, nil }

// Close implements inspect.Sink.
func (c *Curl) Close() error { return nil }

// ownFields are those that curl writes by itself, from the URL and the body.
var ownFields = map[string]bool{"host": true, "content-length": true, "connection": true, "proxy-connection": true,
	"http2-settings": true, "upgrade": true, "keep-alive": true}

// defaultFields are those that curl adds unless they are given, be it as empty.
var defaultFields = []string{"User-Agent", "Accept"}

// curlCommand writes the command, with a remark before it where it cannot repeat
// the request in full.
func curlCommand(x *application.Exchange) string {
	r := &x.Request
	var b strings.Builder
	for _, remark := range curlRemarks(x) {
		b.WriteString("# " + explain.Clean(remark) + "\n") // in one line, whatever is in it
	}
	words := []string{"curl"}
	words = append(words, curlMethod(r)...)
	words = append(words, shellQuote(r.URL))
	words = append(words, curlVersion(x.Protocol)...)
	if strings.ContainsAny(r.URL, "[]{}") {
		words = append(words, "--globoff")
	}
	if strings.Contains(r.URL, "/.") {
		words = append(words, "--path-as-is")
	}
	if r.Headers.Get("Accept-Encoding") != "" {
		words = append(words, "--compressed")
	}
	fields, input := curlFields(r), ""
	data, input := curlData(r.Body)
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
	case r.Method == "GET" && r.Body == nil, r.Method == "POST" && r.Body != nil:
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

// curlFields gives the header fields in their order, and takes away those that
// curl would add.
func curlFields(r *application.Message) (words []string) {
	decoded := r.Body != nil && len(r.Body.Encoding) > 0
	for _, f := range r.Headers {
		name := strings.ToLower(f.Name)
		switch {
		case name == "host" && !strings.Contains(r.URL, "://"+f.Value):
			words = append(words, "--header "+shellQuote("Host: "+f.Value))
		case ownFields[name], name == "content-encoding" && decoded:
		case f.Value == "":
			words = append(words, "--header "+shellQuote(f.Name+";"))
		default:
			words = append(words, "--header "+shellQuote(f.Name+": "+f.Value))
		}
	}
	absent := defaultFields
	if r.Body != nil {
		absent = append(absent[:len(absent):len(absent)], "Content-Type", "Expect")
	}
	for _, name := range absent {
		if len(r.Headers.Values(name)) == 0 {
			words = append(words, "--header "+shellQuote(name+":"))
		}
	}
	return words
}

// curlData gives the body: as an argument, or through a pipe before the command
// where a shell could not hold it in one.
func curlData(body *application.Body) (words []string, pipe string) {
	switch {
	case body == nil:
		return nil, ""
	case body.Text && showable(string(body.Bytes)):
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
