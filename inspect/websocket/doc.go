// Package websocket reads both directions of a WebSocket (RFC 6455) while they
// pass, and tells of the messages.
//
//	c := websocket.New(response.Fields.Get("Sec-WebSocket-Extensions"), websocket.Options{}, func(m websocket.Message) {
//		fmt.Println(m.Up, m.Opcode, string(m.Data))
//	})
//	c.Feed(true, []byte("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58")) // true text Hello
//	c.End(true)
//	c.End(false)
//
// It makes no handshake, sends nothing, and knows no socket and no clock. Of the
// extensions it knows permessage-deflate (RFC 7692).
//
// It promises that how the bytes are cut changes nothing, that it never panics,
// and that what it holds is bounded: a direction holds Limit bytes of a message
// and of a control frame, and 40 KiB more if messages are compressed. A length costs
// nothing before its bytes come.
//
// Messages are decompressed as they come, by an inflater of this package: that of
// compress/flate asks for its input, and cannot wait for the rest of a frame.
package websocket
