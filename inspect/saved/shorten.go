package saved

import "tlsmitm/inspect"

// Shorten returns the event with at most n bytes of data: itself, if it has no
// more or n is -1. -2 leaves none, as in the options of package inspect.
func Shorten(e *inspect.Event, n int) *inspect.Event {
	if n == -1 {
		return e
	}
	n = max(n, 0)
	short := *e
	switch b := e.Body.(type) {
	case *inspect.Data:
		if len(b.Bytes) <= n {
			return e
		}
		d := *b
		d.Bytes, d.Truncated = b.Bytes[:n], true
		short.Body = &d
	case *inspect.Malformed:
		if len(b.Bytes) <= n {
			return e
		}
		m := *b
		m.Bytes = b.Bytes[:n]
		short.Body = &m
	default:
		return e
	}
	return &short
}
