package proxy

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"strconv"
	"strings"
)

//go:embed page.html
var pageHTML string

// pages are the HTML pages of this package, parsed once.
var pages = template.Must(template.New("page.html").Parse(pageHTML))

// pagePolicy lets the pages load nothing and run nothing.
const pagePolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// problemView is what the page of a problem shows.
type problemView struct {
	Status     string
	What, Why  string
	Next       string
	Facts      []factView
	Underlying string
}

type factView struct{ Name, Value string }

// render writes a problem as a page for a browser, or as text for all others.
func (p *problem) render(accept string) (contentType string, body []byte) {
	if strings.Contains(accept, "text/html") {
		v := problemView{
			Status: fmt.Sprintf("%d %s", p.status, http.StatusText(p.status)),
			What:   p.what, Why: p.why, Next: p.next,
		}
		if p.err != nil {
			v.Underlying = p.err.Error()
		}
		for _, f := range p.facts {
			v.Facts = append(v.Facts, factView{f.name, f.value})
		}
		var b bytes.Buffer
		if pages.ExecuteTemplate(&b, "problem", v) == nil {
			return "text/html; charset=utf-8", b.Bytes()
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "tlsmitm: %s: %s\n", p.what, p.why)
	for _, f := range p.facts {
		fmt.Fprintf(&b, "  %-12s %s\n", f.name+":", f.value)
	}
	if p.err != nil && !strings.Contains(p.why, p.err.Error()) {
		fmt.Fprintf(&b, "  %-12s %v\n", "Error:", p.err)
	}
	fmt.Fprintln(&b, p.next)
	return "text/plain; charset=utf-8", []byte(b.String())
}

// answer answers a request with a problem, and ends the client's connection.
func answer(w http.ResponseWriter, req *http.Request, p *problem) {
	contentType, body := p.render(req.Header.Get("Accept"))
	h := w.Header()
	setProblemHeader(h, contentType, len(body))
	w.WriteHeader(p.status)
	if req.Method != http.MethodHead {
		w.Write(body)
	}
}

func setProblemHeader(h http.Header, contentType string, length int) {
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(length))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("Connection", "close")
}

// httpResponse is a problem as the answer to a plain request.
func (p *problem) httpResponse(req *http.Request) *http.Response {
	contentType, body := p.render(req.Header.Get("Accept"))
	resp := &http.Response{StatusCode: p.status, Header: make(http.Header), Body: http.NoBody, Request: req}
	setProblemHeader(resp.Header, contentType, len(body))
	if req.Method != http.MethodHead {
		resp.Body = io.NopCloser(bytes.NewReader(body))
	}
	return resp
}

// response is a problem as the whole answer to a CONNECT, on the wire.
func (p *problem) response() []byte {
	contentType, body := p.render("")
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", p.status, http.StatusText(p.status))
	fmt.Fprintf(&b, "Content-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n", contentType, len(body))
	b.Write(body)
	return b.Bytes()
}
