package application

import (
	"time"

	"tlsmitm/inspect/httpmsg"
)

// Direction is one way through a connection.
type Direction bool

// The directions.
const (
	Up   Direction = true  // client to server
	Down Direction = false // server to client
)

// Event is one thing that happened. Body is one of *Request, *Response,
// *MessageEnd, *Exchange, *WebSocketMessage, *ServerSentEvent, *GRPCMessage,
// *Frame, *Trouble and *Difference; it is immutable.
type Event struct {
	At        time.Time
	Direction Direction // in which it was seen; of an *Exchange, that of its request
	Row       int       // in which it was seen; 0 if it is about no bytes
	Body      any
}

// Ref says which exchange an event is about.
type Ref struct {
	// Exchange is unique in the run: the connection's number, a dot, and a count
	// of the connection's exchanges. "" where it concerns none.
	Exchange string
	Protocol httpmsg.Protocol
	Stream   uint64 // HTTP/2's identifier (RFC 9113, section 5.1.1); 0 in HTTP/1
}

// Message is a request or a response, as far as it is known.
type Message struct {
	Method   string // of a request
	URL      string // of a request, absolute
	Status   int    // of a response
	Reason   string // of a response in HTTP/1
	Headers  httpmsg.Fields
	Trailers httpmsg.Fields
	Body     *Body // nil where there is none, or where it is not over
	// Promised is set in a request that the server made up itself.
	Promised  bool
	Interim   []Interim // responses that came before this one (RFC 9110, section 15.2)
	Anomalies []httpmsg.Anomaly
	// Cut says why the message is not all there; "" if it is.
	Cut       string
	HeadBytes int // of the head on the wire
}

// Interim is an interim response.
type Interim struct {
	Status  int
	Headers httpmsg.Fields
}

// Body is the content of a message (RFC 9110, section 6.4).
type Body struct {
	Size        int64    // bytes, transfer coding taken off
	DecodedSize int64    // bytes with the content codings taken off, of as much as was kept
	Encoding    []string // the content codings that were taken off, as they were applied
	Kind        string   // what it is, such as "json"
	Description string   // more about it, such as "PNG image, 640 × 480"
	Charset     string   // of Text, if it is not UTF-8 on the wire
	// Bytes is the content decoded, as far as it was kept, secrets hidden.
	Bytes []byte
	// Text says that Bytes is text, and then it is UTF-8.
	Text      bool
	Truncated bool   // Bytes is not all
	Hidden    bool   // secrets in it are hidden
	Error     string // why it could not be decoded, or not to its end
}

// Request tells of a request whose head is complete.
type Request struct {
	Ref
	Message
}

// Response tells of a response whose head is complete.
type Response struct {
	Ref
	Message
	FirstByte time.Duration // since the request's head
}

// MessageEnd tells of the end of a message whose content did not come at once
// with its head.
type MessageEnd struct {
	Ref
	Request  bool // else the response
	Trailers httpmsg.Fields
	Body     *Body
	Cut      string
	Duration time.Duration // since the message's head
}

// Exchange tells everything of a request and its response, once both are over.
type Exchange struct {
	Ref
	Request  Message
	Response *Message // nil if none came
	// Switched is the protocol that the connection, or the stream, went on with:
	// "websocket".
	Switched string
	Timings  Timings
	// GRPC is how a gRPC call ended; nil for other exchanges.
	GRPC *GRPCStatus
	// Sums are checksums of the request and the response as they passed, where
	// they were asked for, to compare the legs by.
	Sums [2]uint32
}

// Timings are counted from the request's head. Those that did not come to pass
// are -1.
type Timings struct {
	Started   time.Time     // when the request's head was complete
	Request   time.Duration // until the request's end
	FirstByte time.Duration // until the response's head
	Total     time.Duration // until the exchange's end
}

// GRPCStatus is the outcome of a gRPC call.
type GRPCStatus struct {
	Code    int
	Name    string // "NOT_FOUND"
	Message string
}

// WebSocketMessage is a message, or a control frame (RFC 6455).
type WebSocketMessage struct {
	Ref
	Index       int    // counts the direction's messages
	Opcode      uint8  // RFC 6455, section 5.2
	Kind        string // its name: "text"
	Length      int64  // bytes on the wire, unmasked
	DecodedSize int64
	Compressed  bool
	Fragments   int
	Bytes       []byte // decompressed, secrets hidden
	Text        bool
	Truncated   bool
	CloseCode   int // of a close frame that has one
	CloseReason string
	Anomalies   []string
	Cut         bool // the connection ended first
}

// ServerSentEvent is one event of a text/event-stream (WHATWG HTML, section 9.2).
type ServerSentEvent struct {
	Ref
	Index      int
	Kind       string // "message"; "comment"; or "fields", which are without data
	Type       string // "message" where the stream names none; "" of a comment
	ID         string // the last one that the stream has named
	Data       string // secrets hidden; of a comment, its text
	Size       int64  // bytes of the data
	Retry      int64  // milliseconds; -1 if it says none
	Truncated  bool
	Unfinished bool // the stream ended within it: a browser discards it
}

// GRPCMessage is one message of a gRPC call.
type GRPCMessage struct {
	Ref
	Path       string // "/package.Service/Method"
	Index      int    // counts the direction's messages
	Length     int64  // bytes on the wire
	Compressed bool
	Bytes      []byte // decompressed, as far as it was kept
	Truncated  bool
	Type       string // the message's full name, if a schema knows it
	// Fields is the content as text: by names as JSON where a schema knows it, else
	// a tree of field numbers.
	Fields string
	JSON   bool // Fields is JSON
	Hidden bool // secrets in Fields are hidden, and Bytes is left out for that
	Error  string
}

// Frame is an HTTP/2 frame.
type Frame struct {
	Ref
	httpmsg.Frame
}

// Trouble tells of something wrong with what is spoken: an anomaly that concerns
// no exchange, or, with Failed, that the direction cannot be followed any
// further and is from here on told of as bytes alone.
type Trouble struct {
	Ref
	Failed    bool
	Reason    string
	Anomalies []httpmsg.Anomaly
}

// Difference tells that an exchange was not the same on both legs.
type Difference struct {
	Ref
	What string
}
