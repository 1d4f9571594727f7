package filter

import (
	"strings"

	"tlsmitm/inspect/httpmsg"
)

// Facts are what is known of an exchange and its connection, or of a connection
// without exchanges. What is not known is left at its zero value.
type Facts struct {
	// Of the connection.
	Conn   int
	Client string // ip:port
	Target string // host:port as the client asked for it
	Via    string
	Mode   string
	Agent  string // what the client called itself to the proxy
	Cause  string // why the connection ended; "" while it has not

	// Of its handshakes.
	SNI       string
	JA3, JA4  string
	JA3S      string
	Resumed   bool
	ClientLeg TLS // client to proxy
	ServerLeg TLS // proxy to server; of a connection that was not intercepted, all there is

	// Of the exchange.
	Kind       string // "http", "websocket", "sse", "grpc"; of a connection without exchanges "tls" or "tcp"
	Exchange   string
	URL        string // absolute
	Method     string
	Status     int
	Protocol   string
	Anomalies  []string // their codes
	Request    Message
	Response   Message
	Messages   string // WebSocket, SSE and gRPC messages, one a line
	DurationMS float64
	GRPCStatus string // its name, "NOT_FOUND"
}

// TLS is what a handshake settled on, in names.
type TLS struct{ Version, CipherSuite, Group, ALPN string }

// Message is a request or a response.
type Message struct {
	Header httpmsg.Fields
	Body   string // decoded
	Size   int    // bytes of the body on the wire
}

// header is what an expression reads fields of: those of the first message, or
// else of the second.
type header struct{ first, second httpmsg.Fields }

// Get returns the values of a field, with a comma between them (RFC 9110,
// section 5.3), and "" if there is none.
func (h header) Get(name string) string {
	for _, fields := range []httpmsg.Fields{h.first, h.second} {
		if values := fields.Values(name); len(values) > 0 {
			return strings.Join(values, ", ")
		}
	}
	return ""
}

// Has says whether there is a field of that name.
func (h header) Has(name string) bool {
	return len(h.first.Values(name)) > 0 || len(h.second.Values(name)) > 0
}
