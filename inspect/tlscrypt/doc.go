// Package tlscrypt opens TLS records with secrets that are given to it.
//
//	line, err := tlscrypt.ParseKeyLogLine([]byte("SERVER_TRAFFIC_SECRET_0 …"))
//	opener, err := tlscrypt.NewTLS13(serverHello.CipherSuite, line.Secret)
//	contentType, plaintext, err := opener.Open(record)
//
// It exchanges no keys, finds no secrets, sends nothing and keeps nothing but one
// direction's keys and record number. SSL 2.0 is not supported.
//
// Promises: a record that does not authenticate is an error, and leaves the
// opener able to open the one that does; opening is in place and, once an opener
// has opened its first record, allocates nothing.
package tlscrypt
