package httpmsg

// Exchange numbers a request and its response on one connection. In HTTP/1 it
// counts from 1 in the order of the requests; in HTTP/2 it is the stream's
// identifier (RFC 9113, section 5.1.1).
type Exchange uint64

// Field is one field line (RFC 9110, section 5), as it was sent. A line that goes
// on in the next is joined to it by one space; one without a colon has no name.
type Field struct{ Name, Value string }

// Fields are field lines in the order in which they were sent. Those of HTTP/2
// leave the pseudo-header fields out: Head has them.
type Fields []Field

// Get returns the value of the first field of that name in any letter case, and
// "" if there is none.
func (f Fields) Get(name string) string {
	for i := range f {
		if SameName(f[i].Name, name) {
			return f[i].Value
		}
	}
	return ""
}

// Values returns the values of all fields of that name in any letter case, in
// order.
func (f Fields) Values(name string) []string {
	var values []string
	for i := range f {
		if SameName(f[i].Name, name) {
			values = append(values, f[i].Value)
		}
	}
	return values
}

// SameName says whether two names, or other words of the protocol, are the same
// in any letter case of ASCII. Unicode has more: it would take "Hoſt" for Host.
func SameName(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c |= 0x20
	}
	return c
}

// Lower makes the ASCII letters of s lower case, and leaves what else is there.
func Lower(s string) string {
	for i := range len(s) {
		if lower(s[i]) != s[i] {
			b := []byte(s)
			for ; i < len(b); i++ {
				b[i] = lower(b[i])
			}
			return string(b)
		}
	}
	return s
}

// Protocol is what a message is written in.
type Protocol string

// The protocols, as they are shown.
const (
	HTTP10 Protocol = "HTTP/1.0"
	HTTP11 Protocol = "HTTP/1.1"
	HTTP2  Protocol = "HTTP/2"
)

// Head is everything of a message before its content.
type Head struct {
	Protocol Protocol // as the message says, so it may be another "HTTP/1.x"

	// Of a request. Scheme and Authority are those of HTTP/2's pseudo-header
	// fields or of an absolute-form target, "" where the message does not say.
	Method    string
	Scheme    string
	Authority string // host, or host:port
	Path      string // with the query, or "*"; "" for CONNECT; the target as it is where it is of no known form
	Target    string // HTTP/1: the request target as it was sent (RFC 9112, section 3.2)
	Connect   string // HTTP/2: the :protocol of an extended CONNECT (RFC 8441)

	// Of a response.
	Status int    // 0 in a request
	Reason string // HTTP/1: the reason phrase

	Fields Fields
	// Promised is set in a request that the server made up itself, with
	// PUSH_PROMISE (RFC 9113, section 8.4).
	Promised bool
	Bytes    int // of the head on the wire; HTTP/2: of its frames
}

// Informational says that the head is of an interim response (RFC 9110, section
// 15.2): the exchange's own is still to come. 101 is not one of them here, since
// nothing of HTTP follows it.
func (h *Head) Informational() bool { return h.Status >= 100 && h.Status < 200 && h.Status != 101 }
