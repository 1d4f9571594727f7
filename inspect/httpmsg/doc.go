// Package httpmsg holds what the readers of HTTP/1 and HTTP/2 have in common:
// the parts of a message (RFC 9110, section 6) and who is told of them.
//
//	type log struct{ httpmsg.Ignore }
//
//	func (log) Head(x httpmsg.Exchange, up bool, h *httpmsg.Head) { fmt.Println(h.Method, h.Path) }
//
//	c := http1.New(log{})
//	c.Feed(true, []byte("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"))
//
// It parses nothing and interprets nothing: which bytes are a body, and what a
// body says, is for others.
//
// It promises that the field lines stand as they were sent: in their order, with
// their letter case, and as often as they came.
package httpmsg
