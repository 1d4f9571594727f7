// Package sse reads text/event-stream, the format of server-sent events (WHATWG
// HTML, section 9.2), as it arrives.
//
//	func main() { // prints the events on standard input
//		p := sse.New(func(e sse.Event) {
//			if e.Kind == sse.Message {
//				fmt.Println(e.Type, e.Data)
//			}
//		})
//		b := make([]byte, 4096)
//		for {
//			n, err := os.Stdin.Read(b)
//			p.Feed(b[:n])
//			if err != nil {
//				break
//			}
//		}
//		p.End()
//	}
//
// It does no input or output, takes no coding off and follows no reconnection. It
// tells of more than a browser does: of comments, of blocks without data, and of
// the block that the stream's end has cut off. It does not check that text is
// UTF-8.
//
// Promises: an event is told with the byte that ends it. Where the input is cut
// makes no difference. No input makes it panic, or hold more than about twice
// MaxEvent. What is beyond that is counted, and the event is marked.
package sse
