package tlscrypt

import (
	"crypto"
	"strings"

	"tlsmitm/inspect/tlswire"
)

// CheckCertificateVerify tells whether a Certificate Verify proves that its sender
// has the private key of a certificate. The transcript goes up to the message before
// it. Only SSL 3.0 needs the master secret, nil if it is not known.
func CheckCertificateVerify(v tlswire.Version, id tlswire.CipherSuite, m *tlswire.CertificateVerify, key crypto.PublicKey, fromServer bool, t *Transcript, master []byte) error {
	switch {
	case v.Is13():
		return checkVerify13(id, m, key, fromServer, t)
	case m.HasScheme:
		a, err := algorithmOf(v, m.Scheme, key)
		if err != nil {
			return err
		}
		return a.verify(key, transcriptContent{t}, m.Signature)
	}
	a, err := implied(key)
	if err != nil {
		return err
	}
	if v != tlswire.VersionSSL30 {
		return a.verify(key, transcriptContent{t}, m.Signature)
	}
	if master == nil {
		return unchecked(ReasonNoSecret, "")
	}
	both, err := sslHash(t, master, "")
	if err != nil {
		return err
	}
	if a.kind != kindRSA {
		both = both[crypto.MD5.Size():]
	}
	return a.verify(key, digestContent(both), m.Signature)
}

// digestContent is content that was hashed before.
type digestContent []byte

func (c digestContent) bytes() ([]byte, error)          { return c, nil }
func (c digestContent) sum(crypto.Hash) ([]byte, error) { return c, nil }

// checkVerify13 checks the Certificate Verify of TLS 1.3 (RFC 8446 4.4.3).
func checkVerify13(id tlswire.CipherSuite, m *tlswire.CertificateVerify, key crypto.PublicKey, fromServer bool, t *Transcript) error {
	a, err := algorithmOf(tlswire.VersionTLS13, m.Scheme, key)
	if err != nil {
		return err
	}
	h, ok := prfOf(id)
	if !ok {
		return unchecked(ReasonHash, id.String())
	}
	sum, err := t.Sum(h)
	if err != nil {
		return err
	}
	context := "TLS 1.3, client CertificateVerify\x00"
	if fromServer {
		context = "TLS 1.3, server CertificateVerify\x00"
	}
	return a.verify(key, plainContent(append([]byte(strings.Repeat(" ", 64)+context), sum...)), m.Signature)
}

// CheckServerKeyExchange tells whether the signature in a Server Key Exchange, whose
// body is given, is one of the certificate's key over its parameters and both randoms
// (RFC 5246 7.4.3).
func CheckServerKeyExchange(v tlswire.Version, m *tlswire.ServerKeyExchange, key crypto.PublicKey, clientRandom, serverRandom []byte) error {
	a, err := algorithm{}, error(nil)
	if m.HasScheme {
		a, err = algorithmOf(v, m.Scheme, key)
	} else {
		a, err = implied(key)
	}
	if err != nil {
		return err
	}
	signed := make([]byte, 0, len(clientRandom)+len(serverRandom)+len(m.Params))
	signed = append(append(append(signed, clientRandom...), serverRandom...), m.Params...)
	return a.verify(key, plainContent(signed), m.Signature)
}
