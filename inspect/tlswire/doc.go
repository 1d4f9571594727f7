// Package tlswire reads TLS as it is on the wire: records, handshake messages,
// extensions, alerts, and the names of all their code points.
//
//	func main() { // prints what a client on standard input offers
//		b, _ := io.ReadAll(os.Stdin)
//		var joined []byte // the handshake, out of its records
//		for {
//			rec, n, err := tlswire.ParseRecord(b)
//			if n == 0 || err != nil || rec.Type != tlswire.ContentTypeHandshake {
//				break
//			}
//			joined, b = append(joined, rec.Fragment...), b[n:]
//		}
//		msg, n, err := tlswire.ParseHandshake(joined)
//		if n == 0 || err != nil || msg.Type != tlswire.HandshakeTypeClientHello {
//			log.Fatal("no Client Hello: ", err)
//		}
//		hello, err := tlswire.ParseClientHello(msg.Body)
//		if err != nil {
//			log.Fatal(err) // tlswire: Client Hello: cipher_suites at offset 35: truncated
//		}
//		ja4, _ := hello.JA4()
//		fmt.Println(hello.ServerName, hello.ALPN, hello.CipherSuites, ja4)
//		tree := tlswire.Decode(tlswire.Context{}, tlswire.ContentTypeHandshake, msg.Raw)
//		os.Stdout.Write(tree.AppendJSON(nil)) // all of it, field by field
//	}
//
// There are two ways to read a message. The functions Parse… give the typed
// form, with the values that a program decides by. [Decode] gives a tree whose
// leaves cover every byte, to be shown.
//
// The package has no keys and decrypts nothing, holds no state of a connection,
// does no input or output and reads no clock. It doesn't join the fragments of a
// message: callers append them until ParseHandshake has enough. It judges no
// message by what came before it, verifies no signature and trusts no
// certificate. DTLS is known by name only, and SSL 2.0 by what its ends say in the
// clear.
//
// Promises: no input makes it panic, nor take more time or memory than in
// proportion to its length; the same bytes give the same result; input is never
// written to, and what is returned aliases it, but for strings and lists of code
// points, so it has to stay unchanged for as long as the result is used. A value
// without a name prints as its number. An unknown extension, suite or group is a
// value and no error. Where a structure is broken, the error is a [*ParseError],
// [*RecordError] or [*HandshakeError] that says where; where only a rule is, the
// message is returned with the fault in its Malformed.
package tlswire
