package tlscrypt

import (
	"crypto"
	"slices"
	"strings"

	"tlsmitm/inspect/tlswire"
)

// CheckDelegatedCredential tells whether a certificate's key vouches for a delegated
// credential (RFC 9345 section 4).
func CheckDelegatedCredential(dc *tlswire.DelegatedCredential, cert []byte, key crypto.PublicKey, fromServer bool) error {
	a, err := algorithmOf(tlswire.VersionTLS13, dc.Algorithm, key)
	if err != nil {
		return err
	}
	context := "TLS, client delegated credentials\x00"
	if fromServer {
		context = "TLS, server delegated credentials\x00"
	}
	signed := slices.Concat([]byte(strings.Repeat(" ", 64)+context), cert, dc.Signed)
	return a.verify(key, plainContent(signed), dc.Signature)
}
