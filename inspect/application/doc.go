// Package application follows what a connection carries once its TLS is off:
// HTTP/1 and HTTP/2, and what is inside them, as exchanges.
//
//	c := application.New(application.Options{}, application.Origin{Conn: 1, TLS: true, Target: "example.com:443"}, tell)
//	c.Feed(application.Up, at, 1, []byte("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"))
//	c.Feed(application.Down, at, 2, answer)
//	c.Close(at) // tell has had a *Request, a *Response and an *Exchange
//
// It opens nothing, alters nothing and knows no leg and no clock: whoever feeds
// it says when the bytes passed and in which row. What is neither HTTP/1 nor
// HTTP/2 it leaves alone.
//
// It promises that every request that could be read ends in exactly one
// *Exchange; that what is held is bounded, for each connection and over all; and
// that what it tells has passed the redactor.
package application
