// Package keyfile reads the key log file that a TLS client writes, as it grows.
//
//	keys := inspect.NewKeyStore()
//	f := keyfile.Follow("keys.log", keys, keyfile.Options{})
//	// … the secrets of the file are in keys a moment after the client wrote them …
//	f.Stop()
//	keys.Complete()
//
// It writes nothing, locks nothing and keeps no secrets itself.
//
// Promises: the file need not exist yet, and may be cut, emptied, replaced or
// written anew at any time; a line counts once its end has come; what is no
// secret is passed over; memory stays bounded however large the file is.
package keyfile
