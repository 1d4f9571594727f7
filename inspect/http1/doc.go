// Package http1 reads HTTP/1.0 and HTTP/1.1 (RFC 9112) as it passes, in both
// directions of a connection, and tells who is interested what it says.
//
//	type log struct{ httpmsg.Ignore }
//
//	func (log) Head(x httpmsg.Exchange, up bool, h *httpmsg.Head) {
//		if up {
//			fmt.Println(x, h.Method, h.Target)
//		} else {
//			fmt.Println(x, h.Status, h.Reason)
//		}
//	}
//
//	func (log) Anomaly(x httpmsg.Exchange, up bool, a httpmsg.Anomaly) { fmt.Println(x, a.Code, a.Detail) }
//
//	func main() {
//		c := http1.New(log{})
//		c.Feed(true, []byte("GET / HTTP/1.1\r\nHost : example.com\r\n\r\n"))
//		c.Feed(false, []byte("HTTP/1.1 204 No Content\r\n\r\n"))
//		c.End(false)
//		c.End(true)
//		// 1 GET /
//		// 1 space_before_colon "Host"
//		// 1 204 No Content
//	}
//
// It does no input or output, reads no clock and starts no goroutine. It sends
// nothing and judges nothing: it reads what it can, and says what is odd. It takes
// off the chunked transfer coding and no other, and no content coding.
//
// What follows when. The n-th request and the n-th final response are exchange n,
// in whichever order they come. Head comes first; then the anomalies of the head,
// and for a 101 or a successful CONNECT End and Switch. A message's End comes
// last, but that a Failed may follow it. Each code is told once for each message.
// A direction that fails leaves the other as it is.
//
// How content is delimited follows RFC 9112, section 6.3, also where the fields
// contradict each other. Where that has a server refuse a request, the direction
// has failed. A response whose length is invalid, which a client must discard, is
// shown to the end of the connection, since nothing can follow it. Two things are
// read that the RFC has no room for: a sole transfer coding identity, which RFC
// 2616 defined as none, and ICY in the place of a version.
//
// A response that came before its request is read as one to a method that is not
// known, and what is wrong about that is put right when the request comes, where
// it still can be: to HEAD and to CONNECT. After a request with Upgrade or a
// CONNECT, what the client sends is held until the server has answered.
//
// Promises: no input makes it panic, or hold more than MaxHead bytes of a
// direction, or do more work than in proportion to its length. Where the input is
// cut makes no difference. Every byte is counted in [Totals]. Content is passed on
// without a copy. What an anomaly quotes is a name, a length, a coding, a method or
// a host, and never another value: it may be a secret.
package http1
