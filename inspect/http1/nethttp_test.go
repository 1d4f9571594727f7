package http1

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"testing"

	"tlsmitm/inspect/httpmsg"
)

// message is what both readers say of a message.
type message struct {
	head     *httpmsg.Head
	content  []byte
	trailers httpmsg.Fields
	whole    bool
}

// collector keeps the messages of both directions.
type collector struct {
	httpmsg.Ignore
	up, down, interim []*message
	failed            [2]string
	switched          bool
}

func (c *collector) of(up bool) *message {
	if up {
		return c.up[len(c.up)-1]
	}
	return c.down[len(c.down)-1]
}

func (c *collector) Head(_ httpmsg.Exchange, up bool, h *httpmsg.Head) {
	switch m := (&message{head: h}); {
	case up:
		c.up = append(c.up, m)
	case h.Informational():
		c.interim = append(c.interim, m)
	default:
		c.down = append(c.down, m)
	}
}
func (c *collector) Body(_ httpmsg.Exchange, up bool, b []byte) {
	c.of(up).content = append(c.of(up).content, b...)
}
func (c *collector) Trailers(_ httpmsg.Exchange, up bool, f httpmsg.Fields) { c.of(up).trailers = f }
func (c *collector) End(_ httpmsg.Exchange, up bool, e httpmsg.End)         { c.of(up).whole = !e.Cut }
func (c *collector) Switch(httpmsg.Exchange, string)                        { c.switched = true }
func (c *collector) Failed(up bool, why string)                             { c.failed[direction01(up)] = why }

// FuzzRequests holds that whatever net/http accepts as requests is read alike.
func FuzzRequests(f *testing.F) {
	for _, c := range conversations(f) {
		for _, s := range c.steps {
			if s.up {
				f.Add([]byte(s.data))
			}
		}
	}
	for _, c := range oddities {
		f.Add([]byte(c.up))
	}
	f.Add([]byte("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX : y\r\n\r\n"))
	f.Fuzz(agreeOnRequests)
}

func agreeOnRequests(t *testing.T, b []byte) {
	if beyond(b) {
		return
	}
	got := new(collector)
	c := New(got)
	c.Feed(true, b)
	c.End(true)
	c.End(false) // so that nothing waits for a response
	r := bufio.NewReader(bytes.NewReader(b))
	for i := 0; ; i++ {
		want, err := http.ReadRequest(r)
		if err != nil || want.Method == "PRI" {
			return
		}
		content, err := io.ReadAll(want.Body)
		if unlike(want.Proto, want.TransferEncoding, got.up, i, want.Header, want.Trailer) {
			return
		}
		if i >= len(got.up) {
			t.Fatalf("net/http has request %d, %s %s; here %q", i+1, want.Method, want.RequestURI, got.failed)
		}
		m := got.up[i]
		if m.head.Method != want.Method || m.head.Target != want.RequestURI || string(m.head.Protocol) != want.Proto {
			t.Fatalf("request %d: %+v, not %s %s %s", i+1, m.head, want.Method, want.RequestURI, want.Proto)
		}
		if host := m.head.Authority; host != "" && want.URL.Host != "" && host != want.URL.Host && !reshaped(want) {
			t.Errorf("request %d: %s is for %s, not %s", i+1, want.RequestURI, host, want.URL.Host)
		}
		checkMessage(t, m, want.Header, want.Trailer, content, err)
		if err != nil || len(got.up) == i+1 && got.failed[1] != "" {
			return
		}
	}
}

// reshaped says whether net/url makes another host of the target than stands there:
// it decodes percent signs, and takes the target of CONNECT for a URL, of which a
// slash ends the host, where RFC 9112, section 3.2.3, has nothing but a host and port.
func reshaped(r *http.Request) bool {
	return strings.Contains(r.RequestURI, "%") || r.Method == http.MethodConnect && strings.ContainsAny(r.RequestURI, "/?#")
}

// beyond says whether b may have a head, or trailers, beyond the bounds, which
// net/http has not here.
func beyond(b []byte) bool { return len(b) > MaxHead || bytes.Count(b, []byte("\n")) > MaxFields }

// unlike says whether the RFC and net/http differ about a message: net/http
// ignores transfer codings in HTTP/1.0, which RFC 9112, section 6.1, has count, and
// keeps the whitespace before a colon, in trailers too, which section 5.1 has removed.
func unlike(proto string, codings []string, all []*message, i int, fields ...http.Header) bool {
	if i >= len(all) {
		return false
	}
	for _, header := range fields {
		for name := range header {
			if strings.TrimRight(name, ows) != name {
				return true
			}
		}
	}
	head := all[i].head.Fields
	return proto != "HTTP/1.1" && head.Get("Transfer-Encoding") != "" || len(codings) == 0 && len(head.Values("Transfer-Encoding")) > 0
}

// FuzzResponses holds the same of responses to GET.
func FuzzResponses(f *testing.F) {
	for _, c := range conversations(f) {
		for _, s := range c.steps {
			if !s.up {
				f.Add([]byte(s.data))
			}
		}
	}
	for _, c := range oddities {
		f.Add([]byte(c.down))
	}
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX : y\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 +12 OK\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 204 OK\r\n\r\nHTTP/1.1 101 OK\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"))
	f.Fuzz(agreeOnResponses)
}

func agreeOnResponses(t *testing.T, b []byte) {
	if beyond(b) {
		return
	}
	got := new(collector)
	c := New(got)
	c.Feed(false, b)
	c.End(false)
	r := bufio.NewReader(bytes.NewReader(b))
	finals, interims := 0, 0
	for !got.switched || finals < len(got.down) { // what follows the switch is no HTTP
		want, err := http.ReadResponse(r, nil)
		if err != nil || strings.HasPrefix(want.Status, "+") || strings.HasPrefix(want.Status, "-") {
			return // a sign it takes for part of a number, where RFC 9112, section 4, has three digits
		}
		content, err := io.ReadAll(want.Body)
		list, i := got.down, &finals
		if want.StatusCode/100 == 1 && want.StatusCode != 101 {
			list, i = got.interim, &interims
		}
		if unlike(want.Proto, want.TransferEncoding, list, *i, want.Header, want.Trailer) {
			return
		}
		if *i >= len(list) {
			t.Fatalf("net/http has response %d, %s; here %q", *i+1, want.Status, got.failed)
		}
		m := list[*i]
		*i++
		code, reason, _ := strings.Cut(want.Status, " ")
		if m.head.Status != want.StatusCode || fmt.Sprintf("%03d", m.head.Status) != code || strings.Trim(m.head.Reason, lineSpace) != strings.Trim(reason, lineSpace) || string(m.head.Protocol) != want.Proto {
			t.Fatalf("response %d: %+v, not %s %q", *i, m.head, want.Proto, want.Status)
		}
		checkMessage(t, m, want.Header, want.Trailer, content, err)
		if err != nil {
			return
		}
	}
}

// checkMessage compares a message's fields, content and trailers. err is what
// net/http met with while it read the content.
func checkMessage(t *testing.T, m *message, header, trailer http.Header, content []byte, err error) {
	t.Helper()
	checkFields(t, m.head.Fields, header)
	switch {
	case err == nil && !bytes.Equal(m.content, content):
		t.Errorf("content %q, not %q", m.content, content)
	case !bytes.HasPrefix(m.content, content) && !bytes.HasPrefix(content, m.content):
		t.Errorf("content %q, not %q", m.content, content)
	case err == nil:
		for name, values := range trailer {
			if values == nil {
				delete(trailer, name) // announced, and did not come
			}
		}
		checkFields(t, m.trailers, trailer)
	}
}

func checkFields(t *testing.T, fields httpmsg.Fields, header http.Header) {
	t.Helper()
	got, want := http.Header{}, http.Header{}
	for _, f := range fields {
		got[textproto.CanonicalMIMEHeaderKey(f.Name)] = append(got[textproto.CanonicalMIMEHeaderKey(f.Name)], oneSpace(f.Value))
	}
	for name, values := range header {
		for _, v := range values {
			want[name] = append(want[name], oneSpace(v))
		}
	}
	for _, m := range []http.Header{got, want} {
		// net/http takes these out, and makes one of several lengths.
		for _, name := range []string{"Host", "Transfer-Encoding", "Content-Length", "Trailer", "Connection", ""} {
			delete(m, name)
		}
		// It adds this for Pragma: no-cache.
		if slices.Equal(m["Cache-Control"], []string{"no-cache"}) {
			delete(m, "Cache-Control")
		}
	}
	if !maps.EqualFunc(got, want, slices.Equal[[]string]) {
		t.Errorf("fields %q, not %q", got, want)
	}
}

// oneSpace makes the spaces alike that obs-fold leaves.
func oneSpace(s string) string { return strings.Join(strings.FieldsFunc(s, isSpace), " ") }

func isSpace(r rune) bool { return r == ' ' || r == '\t' }
