// Package grpc reads the messages of gRPC and gRPC-Web out of the body of a request
// or a response, as it arrives.
//
//	call, web, text := grpc.Is(contentType)
//	if !call {
//		return
//	}
//	r := grpc.New(grpc.Options{Encoding: encoding, Web: web, Text: text}, func(m grpc.Message) {
//		if m.Trailers != nil { // of gRPC-Web, whose trailers are in the body
//			fmt.Println(grpc.Status(m.Trailers))
//			return
//		}
//		fmt.Println(m.Index, protobuf.Tree(protobuf.Parse(m.Data), 64<<10))
//	})
//	r.Feed(b) // any number of times, cut anywhere
//	r.End()
//
// It reads what PROTOCOL-HTTP2.md and PROTOCOL-WEB.md of grpc/grpc describe. It
// knows no HTTP: the body comes without transfer coding and padding. What messages
// say is for inspect/protobuf.
//
// Promises: the same bytes cut anywhere give the same messages; no input makes it
// panic; it keeps no more of a message than its limit, whatever length the message
// claims, and needs nothing of the rest, see Skippable; a body that is not gRPC, or
// ends early, is told of as far as it goes.
package grpc
