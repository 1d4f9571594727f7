package tlswire

import (
	"errors"
	"testing"
)

// TestKeyExchanges checks both sides' key exchange messages over every exchange
// that has them.
func TestKeyExchanges(t *testing.T) {
	for _, c := range []struct {
		flow      string
		kex       KeyExchange
		hasServer bool
		hint      string
		group     NamedGroup
		dhBits    int
		server    int // bytes of the server's public value
		scheme    string
		signature int // at least so many bytes
		identity  string
		encrypted int // bytes of the encrypted pre-master secret
		client    int // bytes of the client's public value
	}{
		{flow: "tls12-ecdhe-ecdsa-client-certificate", kex: KexECDHE, hasServer: true, group: GroupX25519, server: 32,
			scheme: "ecdsa_secp256r1_sha256", signature: 64, client: 32},
		{flow: "tls12-ecdhe-rsa", kex: KexECDHE, hasServer: true, group: GroupX25519, server: 32,
			scheme: "rsa_pss_rsae_sha256", signature: 256, client: 32},
		{flow: "tls12-dhe-rsa", kex: KexDHE, hasServer: true, dhBits: 2048, server: 256,
			scheme: "rsa_pss_rsae_sha256", signature: 256, client: 256},
		{flow: "tls12-dhe-dss", kex: KexDHE, hasServer: true, dhBits: 1024, server: 128,
			scheme: "dsa_sha224", signature: 40, client: 128},
		{flow: "tls12-dh-anon", kex: KexDHAnon, hasServer: true, dhBits: 1024, server: 128, client: 128},
		{flow: "tls12-ecdh-anon", kex: KexECDHAnon, hasServer: true, group: GroupX25519, server: 32, client: 32},
		{flow: "tls12-rsa", kex: KexRSA, encrypted: 256},
		{flow: "tls12-psk", kex: KexPSK, hasServer: true, hint: "hint", identity: "someone"},
		{flow: "tls12-dhe-psk", kex: KexDHEPSK, hasServer: true, hint: "hint", dhBits: 1024, server: 128,
			identity: "someone", client: 128},
		{flow: "tls12-ecdhe-psk", kex: KexECDHEPSK, hasServer: true, hint: "hint", group: GroupX25519, server: 32,
			identity: "someone", client: 32},
		{flow: "tls12-rsa-psk", kex: KexRSAPSK, hasServer: true, hint: "hint", identity: "someone", encrypted: 256},
		{flow: "tls11-ecdhe-rsa", kex: KexECDHE, hasServer: true, group: GroupX25519, server: 32, signature: 256, client: 32},
		{flow: "tls10-dhe-rsa", kex: KexDHE, hasServer: true, dhBits: 2048, server: 256, signature: 256, client: 256},
		{flow: "tls10-rsa", kex: KexRSA, encrypted: 256},
	} {
		flow := findFlow(t, c.flow)
		if got := flow.suite.KeyExchange(); got != c.kex {
			t.Errorf("%s: %s is for %s", c.flow, flow.suite, got)
		}
		client, err := ParseClientKeyExchange(flow.version, flow.suite, flow.message(t, false, HandshakeTypeClientKeyExchange, 0).Body)
		if err != nil || client.KeyExchange != c.kex || string(client.Identity) != c.identity ||
			len(client.EncryptedPreMasterSecret) != c.encrypted || len(client.Public) != c.client {
			t.Errorf("%s: %+v, %v", c.flow, client, err)
		}
		if !c.hasServer {
			continue
		}
		server, err := ParseServerKeyExchange(flow.version, flow.suite, flow.message(t, true, HandshakeTypeServerKeyExchange, 0).Body)
		if err != nil || server.KeyExchange != c.kex || string(server.IdentityHint) != c.hint || server.Group != c.group ||
			len(server.Public) != c.server || server.HasScheme != (c.scheme != "") ||
			server.HasScheme && server.Scheme.String() != c.scheme || len(server.Signature) < c.signature ||
			c.signature == 0 && len(server.Signature) > 0 {
			t.Errorf("%s: %+v, %v", c.flow, server, err)
			continue
		}
		if server.DHPrimeBits != c.dhBits {
			t.Errorf("%s: %d bits", c.flow, server.DHPrimeBits)
		}
		if (c.group != 0) != (server.CurveType == ECCurveTypeNamedCurve) {
			t.Errorf("%s: %s", c.flow, server.CurveType)
		}
	}
}

// TestServerKeyExchangeRare checks what no peer at hand still sends.
func TestServerKeyExchangeRare(t *testing.T) {
	srp, err := ParseServerKeyExchange(VersionTLS12, 0xc01d, sampleHex(t, "0002 0fff 0001 02 04 0a0b0c0d 0003 010203"))
	if err != nil || srp.KeyExchange != KexSRP || srp.DHPrimeBits != 12 || len(srp.Salt) != 4 || len(srp.Public) != 3 || srp.Signature != nil {
		t.Errorf("SRP: %+v, %v", srp, err)
	}
	srp, err = ParseServerKeyExchange(VersionTLS12, 0xc01e, sampleHex(t, "0002 0fff 0001 02 01 0a 0001 01 0401 0002 0506"))
	if err != nil || srp.Scheme != SchemeRSAPKCS1SHA256 || len(srp.Signature) != 2 {
		t.Errorf("SRP with RSA: %+v, %v", srp, err)
	}
	client, err := ParseClientKeyExchange(VersionTLS12, 0xc01d, sampleHex(t, "0003 010203"))
	if err != nil || len(client.Public) != 3 {
		t.Errorf("SRP: %+v, %v", client, err)
	}
	export, err := ParseServerKeyExchange(VersionTLS10, 0x0003, sampleHex(t, "0003 00ffff 0003 010001 0002 0506"))
	if err != nil || export.KeyExchange != KexRSA || export.DHPrimeBits != 16 || len(export.Generator) != 3 || len(export.Signature) != 2 {
		t.Errorf("export: %+v, %v", export, err)
	}
	ssl3, err := ParseClientKeyExchange(VersionSSL30, 0x002f, []byte{1, 2, 3})
	if err != nil || len(ssl3.EncryptedPreMasterSecret) != 3 {
		t.Errorf("SSL 3.0: %+v, %v", ssl3, err)
	}
	implicit, err := ParseClientKeyExchange(VersionTLS12, 0xc002, nil)
	if err != nil || implicit.Public != nil {
		t.Errorf("implicit: %+v, %v", implicit, err)
	}
}

func TestKeyExchangeUnknown(t *testing.T) {
	for _, suite := range []CipherSuite{0, TLS_AES_128_GCM_SHA256, 0x001e, 0x9999} {
		_, serverErr := ParseServerKeyExchange(VersionTLS12, suite, []byte{1})
		_, clientErr := ParseClientKeyExchange(VersionTLS12, suite, []byte{1})
		for _, err := range []error{serverErr, clientErr} {
			var fault *ParseError
			if !errors.As(err, &fault) || fault.Reason != "unknown for "+suite.String() {
				t.Errorf("%s: %v", suite, err)
			}
		}
	}
	_, err := ParseServerKeyExchange(VersionTLS12, 0xc02f, []byte{1, 0})
	var fault *ParseError
	if !errors.As(err, &fault) || fault.Field != "curve_type" || fault.Offset != 0 {
		t.Errorf("an explicit curve: %v", err)
	}
}
