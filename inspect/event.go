package inspect

import (
	"net/netip"
	"time"

	"tlsmitm/inspect/tlswire"
)

// Kind is the value of an event's "event" key.
type Kind string

// The kinds of event. docs/events.md describes each one's keys.
const (
	KindRunStart       Kind = "run.start"
	KindRunEnd         Kind = "run.end"
	KindConnOpen       Kind = "conn.open"
	KindTLSMessage     Kind = "tls.message"
	KindTLSData        Kind = "tls.data"
	KindTLSMalformed   Kind = "tls.malformed"
	KindTLSVerify      Kind = "tls.verify"
	KindTLSDiff        Kind = "tls.diff"
	KindTLSEstablished Kind = "tls.established"
	KindTCPData        Kind = "tcp.data"
	KindDiagnosis      Kind = "diagnosis"
	KindLoss           Kind = "loss"
	KindConnClose      Kind = "conn.close"

	KindHTTPRequest     Kind = "http.request"
	KindHTTPResponse    Kind = "http.response"
	KindHTTPRequestEnd  Kind = "http.request.end"
	KindHTTPResponseEnd Kind = "http.response.end"
	KindHTTPExchange    Kind = "http.exchange"
	KindHTTPAnomaly     Kind = "http.anomaly"
	KindHTTPFailed      Kind = "http.failed"
	KindHTTPDifference  Kind = "http.difference"
	KindWSMessage       Kind = "ws.message"
	KindSSEEvent        Kind = "sse.event"
	KindGRPCMessage     Kind = "grpc.message"
	KindH2Frame         Kind = "h2.frame"

	// KindSecret carries a key log line to the sinks that write secrets: the key
	// log's and the capture's. No other sink may write it.
	KindSecret Kind = "secret"

	// KindSockets and KindBytes tell between which addresses a leg runs, and what
	// passed on it, to every ByteSink. No other sink is given them.
	KindSockets Kind = "sockets"
	KindBytes   Kind = "bytes"
)

// LegName names one of a connection's TLS conversations.
type LegName string

const (
	LegClient LegName = "client" // client ↔ proxy
	LegServer LegName = "server" // proxy ↔ server
	LegDirect LegName = "direct" // client ↔ server, bytes untouched
)

// Party is an end of a leg.
type Party string

const (
	PartyClient Party = "client"
	PartyProxy  Party = "proxy"
	PartyServer Party = "server"
)

// Mode is the way in which a connection is treated.
type Mode string

const (
	ModeIntercept Mode = "intercept" // both legs end here
	ModeTunnel    Mode = "tunnel"    // bytes pass untouched
	ModeObserve   Mode = "observe"   // bytes pass untouched, and the client tells its secrets
	ModeRefuse    Mode = "refuse"    // the policy lets nothing pass
	ModeCapture   Mode = "capture"   // read from a file
)

// Via is the door through which a connection came.
type Via string

const (
	ViaConnect Via = "connect" // HTTP CONNECT
	ViaHTTP    Via = "http"    // a plain http:// request
	ViaCapture Via = "capture" // a capture file
)

// Event is one thing that happened, immutable once it is emitted: sinks share
// it and may keep it.
type Event struct {
	Time time.Time
	Kind Kind
	Conn uint64 // 0 for run.* only
	Leg  LegName
	From Party
	To   Party
	// No is the row that the event belongs to: a count per connection that
	// rises with every run of bytes in one direction of one leg.
	No int
	// Body is the rest, one type per kind: *RunStart, *RunEnd, *ConnOpen,
	// *Message, *Data (tls.data and tcp.data), *Malformed, *Verification,
	// *Difference, *Established, *Diagnosis, *Loss, *ConnClose, *Sockets, *Bytes, *Secret, *Unknown, and those of
	// application.Event.
	Body any
}

// RunStart opens the stream of events.
type RunStart struct {
	Version  string
	PID      int
	Listen   string   // the address that the proxy listens on
	CASHA256 string   // lower-case hex fingerprint of the root certificate
	Files    []string // the captures that are read, where there is no proxy
}

// RunEnd closes the stream of events.
type RunEnd struct {
	Connections uint64
	Duration    time.Duration
}

// ConnOpen tells of a new connection.
type ConnOpen struct {
	Client    string // ip:port
	Target    string // host:port as the client asked for it
	Via       Via
	Mode      Mode
	UserAgent string // from the CONNECT or the request, if any
	Hidden    bool   // secrets are hidden in all that is told of the connection
}

// secretsHidden is what events say of Hidden.
const secretsHidden = "hidden"

// Message is one handshake message, alert or change cipher spec.
type Message struct {
	ContentType tlswire.ContentType // the inner one, where the record could be opened
	// Type is the handshake type; HasType is false for content types other
	// than handshake and for what could not be opened.
	Type    tlswire.HandshakeType
	HasType bool
	// Name is the message's name as protocol analysers print it.
	Name      string
	Encrypted bool   // it came in a protected record, opened or not
	Reason    string // why it could not be opened; "" if it was
	Length    int    // bytes of the message with its header
	Wire      int    // bytes on the wire that this event accounts for
	// Raw is the message with its 4-byte header (handshake), the alert's two
	// bytes, or the change cipher spec's one; nil where it could not be opened.
	// Read-only.
	Raw []byte
	// SSL2 says that the message is one of SSL 2.0, which has types of its own
	// (tlswire.SSL2MessageType): a client may begin so and go on with SSL 3.0 or TLS.
	// Raw then has its record's header of two bytes.
	SSL2 bool
	// Inner says that the message is a Client Hello that an outer one held encrypted (RFC
	// 9849), put together from both. On the wire it has no bytes of its own.
	Inner bool
	// Context is what decoding Raw needs to know of the connection.
	Context tlswire.Context

	// Typed forms, set for the types that have one and parsed without error.
	ClientHello *tlswire.ClientHello
	ServerHello *tlswire.ServerHello
	// Group is the key exchange group that the handshake settled on, if known
	// when this message passed.
	Group tlswire.NamedGroup
	// Resumed says that the handshake so far continues an earlier session.
	Resumed bool
	// Fields is the JSON object of what the message says, for one that was saved
	// without its bytes: Raw is nil then, and Reason says so. Else it is nil.
	Fields []byte
	// Proof is what was checked of the message, in the order of docs/events.md.
	Proof []Proof

	certs certificates
}

// Data is decrypted application data (tls.data), or the bytes of a connection
// that is not TLS (tcp.data).
type Data struct {
	Length  int // bytes of the plaintext; of the ciphertext where Reason is set
	Records int // TLS records covered; 0 for tcp.data
	Wire    int
	// Bytes is the beginning of the data, as far as the data limit goes.
	Bytes     []byte
	Truncated bool   // Bytes is shorter than Length
	Reason    string // why it could not be opened; "" if it was
	ALPN      string // the leg's application protocol, if agreed
	Early     bool   // sent before the handshake (0-RTT), if the server accepts it
	// Sum is the CRC-32C of the whole plaintext, so that the same bytes on the
	// other leg can be recognised; 0 where not all of it was opened.
	Sum uint64
}

// Malformed is what could not be read: the bytes are kept, and the stream goes on.
type Malformed struct {
	ContentType tlswire.ContentType // 0 if not even a record header could be read
	Length      int
	Wire        int
	Bytes       []byte // as far as the data limit goes
	Reason      string
}

// Verification is the proxy's check of the server's certificate.
type Verification struct {
	OK       bool
	Insecure bool     // an exception of the user's let it pass unchecked
	Code     string   // which check failed: see docs/events.md
	Error    string   // the failure in words; "" if OK
	Chain    []string // subjects, leaf first
}

// Established sums a leg's handshake up once both ends have finished.
type Established struct {
	Version        tlswire.Version
	CipherSuite    tlswire.CipherSuite
	Group          tlswire.NamedGroup // 0 if none (RSA key exchange)
	ServerName     string
	ALPN           string
	Resumed        bool
	HelloRetry     bool
	ClientCertAsk  bool // the server asked for a client certificate
	ClientCertSent bool // and got one
	EncryptedHello bool // the server went on from the inner hello (RFC 9849)
	Duration       time.Duration
	// Proof is every check of the handshake's messages, in their order.
	Proof []LegProof
}

// Confidence says how sure a diagnosis is.
type Confidence string

const (
	Certain  Confidence = "certain"
	Probable Confidence = "probable"
)

// Diagnosis names why a connection failed.
type Diagnosis struct {
	Code       Cause
	Confidence Confidence
	Alert      *tlswire.AlertDescription // the alert that proves it, if one was seen
	Subject    string                    // what it happened to: a host, an address, a check
	Evidence   string                    // the underlying error, as it was reported
}

// Loss tells of bytes that inspection did not see. Traffic was not affected.
type Loss struct {
	Bytes  int64
	Reason LossReason
}

// LossReason says why inspection lost bytes.
type LossReason string

const (
	LossQueueFull LossReason = "queue_full" // overflow: drop, and the queue was full
	LossPanic     LossReason = "panic"      // a bug ended inspection of this connection
	// LossNotCaptured: a recording lacks them, as the program that made it did not
	// keep up, cut frames short, or was not where they passed.
	LossNotCaptured LossReason = "not_captured"
	LossFilter      LossReason = "filter" // too much waited to be decided by a filter
)

// FlowTotal is what passed in one direction of one leg.
type FlowTotal struct {
	Leg      LegName
	From, To Party
	Bytes    int64 // on the wire
	Records  int64
	Messages int64
	Data     int64 // bytes of application data
}

// ConnClose ends a connection's events.
type ConnClose struct {
	Cause    Cause
	Error    string // the underlying error, if any
	Mode     Mode   // as it was treated in the end
	Duration time.Duration
	Flows    []FlowTotal
}

// Unknown is an event of a kind that this version does not know, read from a
// file that another wrote. AppendJSON writes it as it was.
type Unknown struct {
	Line []byte // the JSON object; read-only
}

// Secret is a line of the NSS key log format, without its line end.
type Secret struct {
	Line string
	// Inner is the same under the random of the inner Client Hello (RFC 9849), for those
	// who open that; "" where there is none.
	Inner string
}

// Text returns the lines, each with its end.
func (s *Secret) Text() string {
	if s.Inner == "" {
		return s.Line + "\n"
	}
	return s.Line + "\n" + s.Inner + "\n"
}

// Sockets are the addresses of a leg's ends. One that is not known is not valid.
type Sockets struct {
	Client, Server netip.AddrPort
}

// Bytes is a run of bytes in one direction of a leg, as they passed. Read-only.
type Bytes struct {
	B []byte
	// Lost is how many bytes a recording lacks, instead of B.
	Lost int64
}
