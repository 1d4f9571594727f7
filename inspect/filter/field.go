package filter

import (
	"net"
	"slices"
	"strconv"
	"strings"
)

// stage is when a field is known.
type stage uint8

const (
	atOpen      stage = iota // when the connection is opened
	atHandshake              // when its handshakes are done
	atRequest                // when the head of a request is complete
	atResponse               // when that of its response is
	atExchange               // when the exchange is over
	atClose                  // when the connection is
)

// field is a name in expressions.
type field struct {
	name  string
	stage stage
	doc   string
	get   func(f *Facts) any
}

// fields is all that expressions can look at: the one place where it is written
// down.
var fields = []field{
	{"host", atRequest, "host of the URL, without the port; of a connection without exchanges that of its target", func(f *Facts) any { host, _ := f.authority(); return host }},
	{"port", atRequest, "its port", func(f *Facts) any { _, port := f.authority(); return port }},
	{"url", atRequest, "URL of the request", func(f *Facts) any { return f.URL }},
	{"scheme", atRequest, "`http` or `https`", func(f *Facts) any { return f.parts().scheme }},
	{"path", atRequest, "path of the URL, as it was sent", func(f *Facts) any { return f.parts().path }},
	{"query", atRequest, "query of the URL, without the question mark", func(f *Facts) any { return f.parts().query }},
	{"method", atRequest, "method of the request: `GET`", func(f *Facts) any { return f.Method }},
	{"status", atResponse, "status of the response: `404`; 0 if none came", func(f *Facts) any { return f.Status }},
	{"protocol", atRequest, "`HTTP/1.0`, `HTTP/1.1`, `HTTP/2`", func(f *Facts) any { return f.Protocol }},
	{"kind", atResponse, "what the exchange is: `http`, `websocket`, `sse`, `grpc`; of a connection without exchanges `tls` or `tcp`", func(f *Facts) any { return f.Kind }},
	{"exchange", atRequest, "name of the exchange: `7.2`", func(f *Facts) any { return f.Exchange }},

	{"header", atResponse, "`header[\"name\"]` is a header field of the request, or else of the response, in any letter case; `\"name\" in header` says whether there is one", func(f *Facts) any { return header{f.Request.Header, f.Response.Header} }},
	{"request_header", atRequest, "the same of the request alone", func(f *Facts) any { return header{first: f.Request.Header} }},
	{"response_header", atResponse, "the same of the response alone", func(f *Facts) any { return header{first: f.Response.Header} }},
	{"content_type", atResponse, "media type of the response, or else of the request: `application/json`", func(f *Facts) any { return f.contentType() }},
	{"user_agent", atRequest, "what the client calls itself", func(f *Facts) any { return f.userAgent() }},

	{"body", atExchange, "bodies of the request and of the response, decoded, as far as they are kept", func(f *Facts) any { return f.bodies() }},
	{"request_body", atExchange, "body of the request", func(f *Facts) any { return f.Request.Body }},
	{"response_body", atExchange, "body of the response", func(f *Facts) any { return f.Response.Body }},
	{"size", atExchange, "bytes of both bodies, as they were sent", func(f *Facts) any { return f.Request.Size + f.Response.Size }},
	{"request_size", atExchange, "bytes of the request's body", func(f *Facts) any { return f.Request.Size }},
	{"response_size", atExchange, "bytes of the response's body", func(f *Facts) any { return f.Response.Size }},
	{"duration_ms", atExchange, "milliseconds from the head of the request to the end of the exchange", func(f *Facts) any { return f.DurationMS }},
	{"messages", atExchange, "text of the WebSocket, SSE and gRPC messages of the exchange, one a line, up to 1 MiB", func(f *Facts) any { return f.Messages }},
	{"grpc_status", atExchange, "how a gRPC call ended: `OK`, `NOT_FOUND`", func(f *Facts) any { return f.GRPCStatus }},
	{"anomalies", atExchange, "codes of what was wrong with the messages: `\"obs_fold\" in anomalies`", func(f *Facts) any { return f.Anomalies }},

	{"sni", atHandshake, "server name in the client's hello", func(f *Facts) any { return f.SNI }},
	{"alpn", atHandshake, "application protocol that the server chose: `h2`", func(f *Facts) any { return f.server().ALPN }},
	{"version", atHandshake, "version of TLS with the server: `TLS 1.3`", func(f *Facts) any { return f.server().Version }},
	{"cipher_suite", atHandshake, "cipher suite with the server: `TLS_AES_128_GCM_SHA256`", func(f *Facts) any { return f.server().CipherSuite }},
	{"group", atHandshake, "group of the key exchange with the server: `X25519MLKEM768`", func(f *Facts) any { return f.server().Group }},
	{"client_alpn", atHandshake, "application protocol with the client, where the connection is intercepted", func(f *Facts) any { return f.ClientLeg.ALPN }},
	{"client_version", atHandshake, "version of TLS with the client", func(f *Facts) any { return f.ClientLeg.Version }},
	{"client_cipher_suite", atHandshake, "cipher suite with the client", func(f *Facts) any { return f.ClientLeg.CipherSuite }},
	{"client_group", atHandshake, "group of the key exchange with the client", func(f *Facts) any { return f.ClientLeg.Group }},
	{"ja3", atHandshake, "JA3 fingerprint of the client's hello", func(f *Facts) any { return f.JA3 }},
	{"ja4", atHandshake, "JA4 fingerprint of the client's hello", func(f *Facts) any { return f.JA4 }},
	{"ja3s", atHandshake, "JA3S fingerprint of the server's hello", func(f *Facts) any { return f.JA3S }},
	{"resumed", atHandshake, "whether the client took up an earlier session", func(f *Facts) any { return f.Resumed }},

	{"conn", atOpen, "number of the connection", func(f *Facts) any { return f.Conn }},
	{"client", atOpen, "address of the client: `127.0.0.1:50000`", func(f *Facts) any { return f.Client }},
	{"target", atOpen, "`host:port` that the client asked for", func(f *Facts) any { return f.Target }},
	{"via", atOpen, "how the connection came: `connect`, `http`, `capture`", func(f *Facts) any { return f.Via }},
	{"mode", atOpen, "how it was treated: `intercept`, `tunnel`, `observe`, `refuse`, `capture`", func(f *Facts) any { return f.Mode }},
	{"cause", atClose, "why the connection ended: `ok`, `client_rejected_certificate` …; with it, everything waits for that end", func(f *Facts) any { return f.Cause }},
}

func find(name string) *field {
	if i := slices.IndexFunc(fields, func(f field) bool { return f.name == name }); i >= 0 {
		return &fields[i]
	}
	return nil
}

// parts of a URL, as they stand in it.
type urlParts struct{ scheme, host, path, query string }

// parts takes the URL apart, also where package url would not.
func (f *Facts) parts() (p urlParts) {
	rest, _, _ := strings.Cut(f.URL, "#")
	rest, p.query, _ = strings.Cut(rest, "?")
	scheme, after, ok := strings.Cut(rest, "://")
	if !ok {
		p.path = rest
		return p
	}
	p.scheme, p.host = strings.ToLower(scheme), after
	if i := strings.IndexByte(after, '/'); i >= 0 {
		p.host, p.path = after[:i], after[i:]
	}
	p.host = p.host[strings.LastIndexByte(p.host, '@')+1:]
	return p
}

// authority is the host and port of the URL, or of the target.
func (f *Facts) authority() (host string, port int) {
	p := f.parts()
	at := p.host
	if at == "" {
		at = f.Target
	}
	h, number, err := net.SplitHostPort(at)
	if err != nil { // there is no port
		h, number = strings.Trim(at, "[]"), defaultPort(p.scheme)
	}
	port, _ = strconv.Atoi(number)
	return strings.ToLower(h), port
}

func defaultPort(scheme string) string {
	switch scheme {
	case "https", "wss":
		return "443"
	case "http", "ws":
		return "80"
	}
	return ""
}

func (f *Facts) contentType() string {
	for _, m := range []*Message{&f.Response, &f.Request} {
		if v := m.Header.Get("Content-Type"); v != "" {
			media, _, _ := strings.Cut(v, ";")
			return strings.ToLower(strings.TrimSpace(media))
		}
	}
	return ""
}

func (f *Facts) userAgent() string {
	if v := f.Request.Header.Get("User-Agent"); v != "" {
		return v
	}
	return f.Agent
}

func (f *Facts) bodies() string {
	if f.Request.Body == "" || f.Response.Body == "" {
		return f.Request.Body + f.Response.Body
	}
	return f.Request.Body + "\n" + f.Response.Body
}

func (f *Facts) server() TLS {
	if f.ServerLeg != (TLS{}) {
		return f.ServerLeg
	}
	return f.ClientLeg // the server's was never reached
}
