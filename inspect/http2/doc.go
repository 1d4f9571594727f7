// Package http2 reads both directions of an HTTP/2 connection (RFC 9113) while
// they pass, and tells a [httpmsg.Receiver] of the messages in it.
//
//	type log struct{ httpmsg.Ignore }
//
//	func (log) Head(x httpmsg.Exchange, up bool, h *httpmsg.Head) {
//		fmt.Println(x, h.Method, h.Path, h.Status)
//	}
//
//	c := http2.New(log{}, http2.Options{})
//	c.Feed(true, fromClient)
//	c.Feed(false, fromServer)
//	c.End(true)
//	c.End(false)
//
// It sends nothing, knows no socket and no clock, and does not interpret content:
// neither its coding nor the protocol that a stream switches to.
//
// It promises that how the bytes are cut changes nothing but how Body, Tunnel and
// Skipped are cut; that it never panics; that what it holds is bounded, whatever
// comes; and that reading costs no allocation per DATA frame. What the
// specification forbids is told as an anomaly and read all the same, as long as
// there is one way to read it.
//
// The server's frames may come before the client's frames that they answer. Once
// a head of an exchange has been told, each direction of it gets exactly one End,
// also where its head never came: a request that is reset before its response
// ends in End{Reset} of that response. A direction that resets a stream has
// Reset in its own End, if its message was not over, and the other direction's
// message has Cut with the same code. Anomalies of a head follow the head.
//
// The table of header compression (RFC 7541) is kept here, and only Huffman codes
// are left to golang.org/x/net/http2/hpack. That package's table moves all of its
// entries to make room for one, so that a peer which fills a table of a megabyte
// with the smallest ones has it work for more than a minute by sending another
// megabyte; and it refuses the two changes of a table's size in one block that RFC
// 7541, section 4.2 asks for.
package http2
