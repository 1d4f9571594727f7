package httpmsg

// Receiver is told of messages while they pass, by one goroutine and in order.
// up is true for what the client sends. Slices and heads are the receiver's to
// keep and not to alter, since heads may share their fields; but for the bytes of
// Body, Tunnel and Frame, which are the caller's again when the call returns.
type Receiver interface {
	// Head tells that the head of a message is complete. Interim responses come
	// before the exchange's own.
	Head(x Exchange, up bool, h *Head)
	// Body tells of content, transfer coding and padding taken off.
	Body(x Exchange, up bool, b []byte)
	// Skipped tells of n bytes of content that passed unseen.
	Skipped(x Exchange, up bool, n int64)
	// Trailers tells of the field lines after the content.
	Trailers(x Exchange, up bool, f Fields)
	// End tells that a message is over, once for each head that is not interim. In
	// HTTP/2 it tells it once in each direction of an exchange, also of a message
	// whose head will not come.
	End(x Exchange, up bool, e End)
	// Switch tells that what follows is of another protocol: after a 101 or a
	// successful CONNECT. In HTTP/1 that is all that follows on the connection,
	// which comes through Tunnel, but for the rest of a request that is still on
	// its way; in HTTP/2 the stream's DATA does. In HTTP/1 the protocol is in lower
	// case as the 101 names it, "websocket" or "h2c", and "" after a CONNECT; x is
	// 0 where a client begins with HTTP/2's preface without asking.
	Switch(x Exchange, protocol string)
	// Tunnel tells of bytes after Switch.
	Tunnel(x Exchange, up bool, b []byte)
	// Anomaly tells of what should not be as it is: of a message after its Head.
	// x is 0 where it concerns no exchange.
	Anomaly(x Exchange, up bool, a Anomaly)
	// Frame tells of an HTTP/2 frame that is whole, or as much of it as is kept.
	Frame(up bool, f *Frame)
	// Failed tells, once for each direction, that the bytes cannot be read as
	// HTTP any further. Those that follow are not looked at.
	Failed(up bool, why string)
}

// End is how a message ended.
type End struct {
	Cut   bool   // the connection, or the stream, ended first
	Reset bool   // HTTP/2: by RST_STREAM, of whoever End's up says
	Code  uint32 // HTTP/2: the error code of a reset, or of the other side's where Cut (RFC 9113, section 7)
	Name  string // of the code
}

// Anomaly is something that the specification forbids or advises against, and
// that was read all the same.
type Anomaly struct {
	Code   AnomalyCode
	Detail string // what was found, shortened to what fits on a line
}

// AnomalyCode names a kind of anomaly. Codes are stable.
type AnomalyCode string

// Frame is an HTTP/2 frame (RFC 9113, section 4.1).
type Frame struct {
	Type    uint8
	Name    string // "HEADERS"; "unknown (250)" for a type that has no name
	Flags   uint8
	Stream  uint32
	Length  int    // of the payload
	Payload []byte // its beginning
	// Summary is what the frame says, such as "INITIAL_WINDOW_SIZE=65535": empty
	// where that is bytes alone.
	Summary string
}

// Ignore is a Receiver that does nothing, to be embedded.
type Ignore struct{}

// The methods of Receiver.
func (Ignore) Head(Exchange, bool, *Head)      {}
func (Ignore) Body(Exchange, bool, []byte)     {}
func (Ignore) Skipped(Exchange, bool, int64)   {}
func (Ignore) Trailers(Exchange, bool, Fields) {}
func (Ignore) End(Exchange, bool, End)         {}
func (Ignore) Switch(Exchange, string)         {}
func (Ignore) Tunnel(Exchange, bool, []byte)   {}
func (Ignore) Anomaly(Exchange, bool, Anomaly) {}
func (Ignore) Frame(bool, *Frame)              {}
func (Ignore) Failed(bool, string)             {}

var _ Receiver = Ignore{}
