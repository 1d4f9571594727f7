// Package redact hides secrets in what is shown and written: passwords, cookies,
// keys and tokens, found by the names that they stand under and by their form.
//
//	r, err := redact.New(redact.Default())
//	r.Header("Authorization", "Bearer abcdefghijklmnop") // Bearer ‹credentials, 16 bytes, #5c1f0e›
//	r.URL("https://example.com/?token=abcdefgh&page=2")  // https://example.com/?token=‹token-8-d0a1c4›&page=2
//	r.Body("application/json", []byte(`{"password":"abcdefgh"}`))
//
//	s := r.Stream(redact.HTTP1) // for bytes as they pass, cut anywhere
//	s.Mask(b, b)
//
// A mask says what kind of secret it was, how long it was, and the beginning of
// a hash of it under a salt that each Redactor draws anew: equal secrets have
// equal masks within a run, and nobody can try candidates without the salt.
//
// It does not look into what is compressed, encrypted or packed by a format that
// has no names (protobuf). Of a byte stream, compressed content, gRPC messages and
// formats whose names are no text (CBOR, MessagePack) are hidden whole; of the rest,
// only what has the form of a secret. It does not know that a value
// was a secret elsewhere: the same value under a harmless name stays.
//
// Promises: what is no secret stays byte for byte, except what a cut leaves
// undecided; a mask in a stream has the length of what it hides; where a stream
// is cut makes no difference to what is hidden, only to what is hidden besides;
// what is held of a stream is bounded; no input makes it panic. A Redactor may be
// used by many goroutines at once, a Stream by one. A nil *Redactor, and the nil
// *Stream that it gives, hide nothing.
package redact
