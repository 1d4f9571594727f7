// Package ca keeps the certificate authority that the proxy signs with, and
// mints the leaf certificates that it shows to clients.
//
//	a, err := ca.Load(dir) // makes the CA on first use
//	if err != nil {
//		return err // says what is wrong with which file, and the way out
//	}
//	cert, err := a.Leaf(ctx, ca.LeafRequest{Upstream: serverLeaf, Name: "example.com"})
//	config := &tls.Config{Certificates: []tls.Certificate{*cert}}
//
// It verifies no upstream certificate, stores no leaf, and installs nothing
// into a trust store.
//
// It promises that an existing CA is never replaced: a CA that can't be used is
// an [Error], not a new CA. Processes that start at the same moment end up with
// the same CA, and one that dies half way leaves nothing that the next can't
// complete. The CA's key is never written anywhere but to the key file.
package ca
