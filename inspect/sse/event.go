package sse

// The bounds of what an event holds.
const (
	// MaxEvent is the most bytes of data, or of a comment.
	MaxEvent = 1 << 20
	// MaxName is the most bytes of an event's type and of an ID, each.
	MaxName = 4096
)

// Kind says what an Event is.
type Kind string

// The kinds.
const (
	// Message is what a browser dispatches: a block with data.
	Message Kind = "message"
	// Comment is a line that begins with a colon, often sent to keep the
	// connection open. It is told when its line ends.
	Comment Kind = "comment"
	// Fields is a block without data, of which a browser takes the ID and the
	// reconnection time, and dispatches nothing.
	Fields Kind = "fields"
)

// Event is a block of lines up to an empty one, or a comment.
type Event struct {
	Kind Kind
	Type string // of the field event, "message" where it has none; "" of a comment
	Data string // the lines joined by LF; of a comment, its text
	ID   string // the last event ID, of this event or an earlier one; "" of a comment
	// Retry is the reconnection time in milliseconds, if HasRetry.
	Retry    int64
	HasRetry bool
	Size     int64 // bytes of the data, or of the comment, when it is whole
	Ignored  int   // lines whose field has no meaning
	// Truncated says that something is missing because of the bounds.
	Truncated bool
	// Unfinished says that the stream ended before the empty line. A browser
	// discards such an event.
	Unfinished bool
}
