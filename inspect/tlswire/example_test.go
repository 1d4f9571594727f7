package tlswire_test

import (
	"encoding/hex"
	"fmt"
	"os"
	"strings"

	"tlsmitm/inspect/tlswire"
)

// A hello that OpenSSL sends, in one record.
func Example() {
	text, err := os.ReadFile("testdata/hello/openssl.txt")
	if err != nil {
		panic(err)
	}
	_, message, _ := strings.Cut(string(text), "\n") // the first line is a comment
	raw, err := hex.DecodeString(strings.TrimSpace(message))
	if err != nil {
		panic(err)
	}
	b := append([]byte{22, 3, 1, byte(len(raw) >> 8), byte(len(raw))}, raw...)

	rec, _, err := tlswire.ParseRecord(b)
	if err != nil {
		panic(err)
	}
	msg, _, err := tlswire.ParseHandshake(rec.Fragment)
	if err != nil {
		panic(err)
	}
	hello, err := tlswire.ParseClientHello(msg.Body)
	if err != nil {
		panic(err)
	}
	lowest, highest := hello.VersionRange()
	ja4, _ := hello.JA4()
	fmt.Println(rec.Type, rec.Version, msg.Type)
	fmt.Println(hello.ServerName, lowest, highest)
	fmt.Println(hello.CipherSuites[:2], hello.KeyShares[0].Group)
	fmt.Println(ja4)
	// Output:
	// Handshake TLS 1.0 Client Hello
	// example.test TLS 1.0 TLS 1.3
	// [TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256] x25519
	// t13d311000_e8f1e7e78f70_1f22a2ca17c4
}
