// Package body reads what the body of an HTTP message says: it takes content
// codings and charsets off, finds out what the content is, and lays it out for
// people.
//
//	d := body.Decode(head.Fields.Values("Content-Encoding"), b, 1<<20)
//	contentType := head.Fields.Get("Content-Type")
//	kind := body.KindOf(contentType, d.Bytes)
//	if lines, ok := body.Pretty(kind, contentType, d.Bytes, 64<<10); ok {
//		fmt.Println(lines)
//	} else if text, _, ok := body.Charset(contentType, d.Bytes); ok {
//		os.Stdout.Write(text)
//	} else {
//		fmt.Println(body.Describe(kind, d.Bytes)) // PNG image, 640 × 480
//	}
//
// It takes no transfer coding off and parses no head. It runs no script, decodes no
// pixels and follows no reference. gRPC's messages are for inspect/grpc, server-sent
// events for inspect/sse.
//
// Promises: no input makes it panic; time and memory are in proportion to the input
// and the limit that it is given, whatever the input claims about itself; a body
// that ends anywhere, or breaks a rule, is shown as far as it goes; input is never
// written to, and what is returned may alias it.
package body
