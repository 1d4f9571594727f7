package ca

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
	"sync"
)

// parseKey reads the first private key of a PEM file: PKCS #8 (RFC 5958),
// PKCS #1 (RFC 8017, appendix A.1.2) or SEC 1 (RFC 5915). Other blocks, such as
// the EC PARAMETERS that some tools write first, are passed over.
func (s store) parseKey(data []byte) (crypto.Signer, error) {
	path := s.keyPath()
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			return nil, s.errMalformed(path, "no private key in PEM form in it", nil)
		}
		// RFC 1421, section 4.6.1.1 names the header of the old encrypted form.
		if block.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") {
			return nil, errEncrypted(path)
		}
		var key any
		var err error
		switch block.Type {
		case "PRIVATE KEY":
			key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
		case "RSA PRIVATE KEY":
			key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
		case "EC PRIVATE KEY":
			key, err = x509.ParseECPrivateKey(block.Bytes)
		default:
			continue
		}
		if err != nil {
			return nil, s.errMalformed(path, "the private key in it can't be parsed", err)
		}
		return s.signer(key)
	}
}

// minRSA is what crypto/rsa signs with at least.
const minRSA = 1024

// signer takes the keys whose signatures clients check.
func (s store) signer(key any) (crypto.Signer, error) {
	switch k := key.(type) {
	case *rsa.PrivateKey:
		if bits := k.N.BitLen(); bits < minRSA {
			return nil, s.errUnsupported(s.keyPath(), fmt.Sprintf("an RSA key of %d bits is too short to sign with", bits))
		}
		return k, nil
	case *ecdsa.PrivateKey:
		switch k.Curve {
		case elliptic.P256(), elliptic.P384(), elliptic.P521():
			return k, nil
		}
		return nil, s.errUnsupported(s.keyPath(), "TLS clients don't take signatures on the curve "+k.Params().Name)
	case ed25519.PrivateKey:
		return k, nil
	}
	return nil, s.errUnsupported(s.keyPath(), fmt.Sprintf("no certificate can be signed with a key of this kind (%T)", key))
}

// leafKey is a key that all leaves of one kind share, made when it is first
// asked for. The zero value with generate set is ready for use.
type leafKey struct {
	generate func() (crypto.Signer, error)

	once sync.Once
	done chan struct{}
	key  crypto.Signer
	id   []byte
	err  error
}

// get waits for the key, or for ctx. A caller that gives up leaves the work
// going on for the next one.
func (k *leafKey) get(ctx context.Context) (crypto.Signer, []byte, error) {
	k.once.Do(func() {
		k.done = make(chan struct{})
		go func() {
			defer close(k.done)
			if k.key, k.err = k.generate(); k.err == nil {
				k.id, k.err = keyID(k.key.Public())
			}
		}()
	})
	select {
	case <-k.done:
		return k.key, k.id, k.err
	case <-ctx.Done():
		return nil, nil, context.Cause(ctx)
	}
}

func newECDSAKey() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

func newRSAKey() (crypto.Signer, error) { return rsa.GenerateKey(rand.Reader, 2048) }
