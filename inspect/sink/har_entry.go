package sink

import (
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"
	"time"

	"tlsmitm/inspect"
	"tlsmitm/inspect/application"
	"tlsmitm/inspect/httpmsg"
	"tlsmitm/inspect/runes"
)

// The objects of an HTTP Archive, named as in HAR 1.2.

type harCreator struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

type harEntry struct {
	Started    string      `json:"startedDateTime"`
	Time       float64     `json:"time"`
	Request    harRequest  `json:"request"`
	Response   harResponse `json:"response"`
	Cache      struct{}    `json:"cache"`
	Timings    harTimings  `json:"timings"`
	Connection string      `json:"connection"`

	Exchange     string                     `json:"_exchange"`
	TLS          map[inspect.LegName]harTLS `json:"_tls,omitempty"`
	ResourceType string                     `json:"_resourceType,omitempty"`
	Messages     []harMessage               `json:"_webSocketMessages,omitempty"`
	Dropped      int                        `json:"_webSocketMessagesNotKept,omitempty"`
	Error        string                     `json:"_error,omitempty"`
}

type harRequest struct {
	Method      string       `json:"method"`
	URL         string       `json:"url"`
	HTTPVersion string       `json:"httpVersion"`
	Cookies     []harPair    `json:"cookies"`
	Headers     []harPair    `json:"headers"`
	QueryString []harPair    `json:"queryString"`
	PostData    *harPostData `json:"postData,omitempty"`
	HeadersSize int          `json:"headersSize"`
	BodySize    int64        `json:"bodySize"`
}

type harResponse struct {
	Status      int        `json:"status"`
	StatusText  string     `json:"statusText"`
	HTTPVersion string     `json:"httpVersion"`
	Cookies     []harPair  `json:"cookies"`
	Headers     []harPair  `json:"headers"`
	Content     harContent `json:"content"`
	RedirectURL string     `json:"redirectURL"`
	HeadersSize int        `json:"headersSize"`
	BodySize    int64      `json:"bodySize"`
}

type harPair struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type harPostData struct {
	MimeType string    `json:"mimeType"`
	Params   []harPair `json:"params"`
	Text     string    `json:"text"`
	Encoding string    `json:"_encoding,omitempty"`
	Comment  string    `json:"comment,omitempty"`
}

type harContent struct {
	Size        int64  `json:"size"`
	Compression int64  `json:"compression,omitempty"`
	MimeType    string `json:"mimeType"`
	Text        string `json:"text,omitempty"`
	Encoding    string `json:"encoding,omitempty"`
	Comment     string `json:"comment,omitempty"`
}

type harTimings struct {
	Send    float64 `json:"send"`
	Wait    float64 `json:"wait"`
	Receive float64 `json:"receive"`
}

// harTLS is what a leg's handshake has settled on.
type harTLS struct {
	Version     string `json:"version"`
	CipherSuite string `json:"cipher_suite"`
	Group       string `json:"group,omitempty"`
	ServerName  string `json:"server_name,omitempty"`
	ALPN        string `json:"alpn,omitempty"`
	Resumed     bool   `json:"resumed,omitempty"`
	JA3         string `json:"ja3,omitempty"`
	JA4         string `json:"ja4,omitempty"`
}

type harMessage struct {
	Type   string  `json:"type"`
	Time   float64 `json:"time"` // seconds since 1970
	Opcode int     `json:"opcode"`
	Data   string  `json:"data"`
}

// truncatedContent is the comment on content that is not all there.
const truncatedContent = "truncated: http.body_bytes sets how much is kept"

func newHAREntry(conn uint64, x *application.Exchange) *harEntry {
	e := &harEntry{
		Started: x.Timings.Started.UTC().Format("2006-01-02T15:04:05.000000Z07:00"),
		Request: newHARRequest(x), Response: newHARResponse(x),
		Timings: newHARTimings(x.Timings), Connection: strconv.FormatUint(conn, 10), Exchange: x.Exchange,
	}
	e.Time = e.Timings.Send + e.Timings.Wait + e.Timings.Receive
	e.Error = x.Request.Cut
	if x.Response != nil && e.Error == "" {
		e.Error = x.Response.Cut
	}
	return e
}

func newHARRequest(x *application.Exchange) harRequest {
	m := &x.Request
	r := harRequest{
		Method: m.Method, URL: m.URL, HTTPVersion: string(x.Protocol), Headers: harFields(m.Headers),
		Cookies: harCookies(m.Headers.Values("Cookie"), false), QueryString: harQuery(m.URL), HeadersSize: m.HeadBytes,
	}
	if b := m.Body; b != nil {
		r.BodySize = b.Size
		p := &harPostData{MimeType: m.Headers.Get("Content-Type"), Params: []harPair{}}
		p.Text, p.Encoding = harText(b.Bytes, b.Text)
		if b.Truncated {
			p.Comment = truncatedContent
		}
		r.PostData = p
	}
	return r
}

// newHARResponse gives status 0 to a response that never came, as browsers do.
func newHARResponse(x *application.Exchange) harResponse {
	r := harResponse{HTTPVersion: string(x.Protocol), Cookies: []harPair{}, Headers: []harPair{}, HeadersSize: -1, BodySize: -1}
	r.Content.MimeType = "x-unknown"
	m := x.Response
	if m == nil {
		return r
	}
	r.Status, r.StatusText, r.Headers = m.Status, m.Reason, harFields(m.Headers)
	r.Cookies = harCookies(m.Headers.Values("Set-Cookie"), true)
	r.RedirectURL, r.HeadersSize, r.BodySize = m.Headers.Get("Location"), m.HeadBytes, 0
	if t := m.Headers.Get("Content-Type"); t != "" {
		r.Content.MimeType = t
	}
	if b := m.Body; b != nil {
		r.BodySize, r.Content.Size = b.Size, b.DecodedSize
		r.Content.Compression = max(0, b.DecodedSize-b.Size)
		r.Content.Text, r.Content.Encoding = harText(b.Bytes, b.Text)
		if b.Truncated {
			r.Content.Comment = truncatedContent
		}
	}
	return r
}

// newHARTimings splits the time so that the parts add up to all of it.
func newHARTimings(t application.Timings) harTimings {
	send, first, total := t.Request, t.FirstByte, max(0, t.Total)
	if first < 0 {
		first = total
	}
	if send < 0 || send > first {
		send = first
	}
	total = max(total, first)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return harTimings{Send: ms(send), Wait: ms(first - send), Receive: ms(total - first)}
}

func harFields(f httpmsg.Fields) []harPair {
	pairs := make([]harPair, len(f))
	for i := range f {
		pairs[i] = harPair{f[i].Name, f[i].Value}
	}
	return pairs
}

// harCookies splits Cookie fields into their pairs, or takes the first pair of
// each Set-Cookie (RFC 6265, section 4).
func harCookies(values []string, set bool) []harPair {
	pairs := []harPair{}
	for _, v := range values {
		for part := range strings.SplitSeq(v, ";") {
			name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
			if name != "" {
				pairs = append(pairs, harPair{name, value})
			}
			if set {
				break
			}
		}
	}
	return pairs
}

func harQuery(raw string) []harPair {
	pairs := []harPair{}
	_, query, _ := strings.Cut(raw, "?")
	query, _, _ = strings.Cut(query, "#")
	if query == "" {
		return pairs
	}
	for part := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(part, "=")
		pairs = append(pairs, harPair{unescaped(name), unescaped(value)})
	}
	return pairs
}

func unescaped(s string) string {
	if u, err := url.QueryUnescape(s); err == nil {
		return u
	}
	return s
}

// harText is content as the format holds it.
func harText(b []byte, text bool) (s, encoding string) {
	if text {
		return string(runes.Whole(b)), ""
	}
	return base64.StdEncoding.EncodeToString(b), "base64"
}
