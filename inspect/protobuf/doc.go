// Package protobuf shows what Protocol Buffers messages say, with their schema or
// without.
//
//	fmt.Println(protobuf.Tree(protobuf.Parse(b), 64<<10)) // numbers and likely values
//
//	schema, err := protobuf.Load([]string{"api/greeter.proto", "other.binpb"})
//	if err != nil {
//		log.Fatal(err) // protobuf: api/greeter.proto:3:1: syntax error: …
//	}
//	if in, out, ok := schema.Method("/greeter.v1.Greeter/SayHello"); ok {
//		fmt.Println(in.Name(), in.Decode(request, 64<<10).Text)
//		fmt.Println(out.Name(), out.Decode(response, 64<<10).Text)
//	}
//
// It takes no framing off (inspect/grpc does) and writes no messages. Load reads the
// files that it is given and what they import, and nothing else; it downloads
// nothing.
//
// Promises: no message makes it panic; time and memory are bounded by its length
// and the limit; what a message says is shown whether or not the schema knows it,
// and as far as it goes where it is cut; input is never written to, and fields
// alias it. A Schema and its Messages may be used by several goroutines.
package protobuf
