package explain

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tlsmitm/inspect"
	"tlsmitm/inspect/tlswire"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	ecdsaSuite = tlswire.CipherSuite(0xc02b) // TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
	dheSuite   = tlswire.CipherSuite(0x009e) // TLS_DHE_RSA_WITH_AES_128_GCM_SHA256
	anonSuite  = tlswire.CipherSuite(0xc018) // TLS_ECDH_anon_WITH_AES_128_CBC_SHA
	rsaSuite   = tlswire.CipherSuite(0x009c) // TLS_RSA_WITH_AES_128_GCM_SHA256
	pskSuite   = tlswire.CipherSuite(0x008c) // TLS_PSK_WITH_AES_128_CBC_SHA
)

var (
	ctx12 = tlswire.Context{Version: tlswire.VersionTLS12, CipherSuite: ecdsaSuite}
	ctx13 = tlswire.Context{Version: tlswire.VersionTLS13, CipherSuite: tlswire.TLS_AES_128_GCM_SHA256}
)

// noteCase is an event under a heading of the golden file.
type noteCase struct {
	name     string
	from, to inspect.Party
	body     any
}

const (
	client = inspect.PartyClient
	proxy  = inspect.PartyProxy
	server = inspect.PartyServer
)

// browser is a hello as browsers send it, with GREASE of every kind.
func browser(extra ...[]byte) *inspect.Message {
	extensions := [][]byte{
		ext(0x2a2a), ext(tlswire.ExtensionTypeServerName, vec(2, hx("00"), vec(2, []byte("example.com")))),
		ext(tlswire.ExtensionTypeALPN, vec(2, vec(1, []byte("h2")), vec(1, []byte("http/1.1")))),
		ext(tlswire.ExtensionTypeSupportedVersions, vec(1, hx("1a1a 0304 0303"))),
		ext(tlswire.ExtensionTypeSupportedGroups, vec(2, hx("1a1a 11ec 001d 0017"))),
		ext(tlswire.ExtensionTypeSignatureAlgorithms, vec(2, hx("0403 0804 0401"))),
		ext(tlswire.ExtensionTypeKeyShare, vec(2, hx("1a1a"), vec(2, hx("00")), hx("11ec"), vec(2, make([]byte, 8)), hx("001d"), vec(2, make([]byte, 32)))),
		ext(tlswire.ExtensionTypeEncryptedClientHello, hx("00")),
	}
	return hello(make([]byte, 32), hx("0a0a 1301 1302 c02b 009c"), append(extensions, extra...)...)
}

// old is a hello of TLS 1.2 that offers to resume by session ID.
func old(extra ...[]byte) *inspect.Message {
	return hello(make([]byte, 32), hx("c02b 00ff"), extra...)
}

func helloCases() []noteCase {
	ours := hello(make([]byte, 32), hx("1301 c02b"),
		ext(tlswire.ExtensionTypeServerName, vec(2, hx("00"), vec(2, []byte("example.com")))),
		ext(tlswire.ExtensionTypeALPN, vec(2, vec(1, []byte("http/1.1")))),
		ext(tlswire.ExtensionTypeSupportedVersions, vec(1, hx("0304 0303"))),
		ext(tlswire.ExtensionTypeSupportedGroups, vec(2, hx("11ec 001d 0017"))),
		ext(tlswire.ExtensionTypeSignatureAlgorithms, vec(2, hx("0403 0804"))),
		ext(tlswire.ExtensionTypeSessionTicket),
		ext(tlswire.ExtensionTypeKeyShare, vec(2, hx("001d"), vec(2, make([]byte, 32)))))
	difference := &inspect.Difference{
		Versions:     inspect.OnlyIn[tlswire.Version]{Client: []tlswire.Version{tlswire.VersionTLS10, tlswire.VersionTLS11}},
		CipherSuites: inspect.OnlyIn[tlswire.CipherSuite]{Client: []tlswire.CipherSuite{1, 2, 3, 4, 5, 6, 7, 8}, Proxy: []tlswire.CipherSuite{0xc02b}, Reordered: true},
		Extensions:   inspect.OnlyIn[tlswire.ExtensionType]{Client: []tlswire.ExtensionType{tlswire.ExtensionTypeEncryptedClientHello}, Reordered: true},
		ALPN:         inspect.OnlyIn[string]{Client: []string{"h2\x1b"}},
		ClientName:   "a.example", ProxyName: "b.example",
		Effects: []inspect.Effect{inspect.EffectFingerprint, inspect.EffectVersion, inspect.EffectCipherSuite, inspect.EffectALPN, inspect.EffectECH},
	}
	again := browser()
	again.Context = ctx13
	anew := old()
	anew.Context = ctx12
	psk := ext(tlswire.ExtensionTypePreSharedKey, vec(2, vec(2, []byte("ticket")), make([]byte, 4)), vec(2, vec(1, make([]byte, 32))))
	hrr := tlswire.Context{Version: tlswire.VersionTLS13, FromServer: true}
	retry := handshake(hrr, tlswire.HandshakeTypeServerHello, hx("0303"),
		hx("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"), hx("00 1301 00"),
		vec(2, ext(tlswire.ExtensionTypeSupportedVersions, hx("0304")), ext(tlswire.ExtensionTypeKeyShare, hx("0018")),
			ext(tlswire.ExtensionTypeCookie, vec(2, hx("c0")))))
	share := ext(tlswire.ExtensionTypeKeyShare, hx("001d"), vec(2, make([]byte, 32)))
	is13 := ext(tlswire.ExtensionTypeSupportedVersions, hx("0304"))
	resumed12 := serverHello(tlswire.VersionTLS12, ecdsaSuite, "")
	resumed12.Resumed = true
	return []noteCase{
		{"a browser's hello", client, proxy, browser()},
		{"a hello that resumes with early data", client, proxy, browser(ext(tlswire.ExtensionTypeEarlyData), psk)},
		{"a hello of TLS 1.2", client, proxy, old()},
		{"a hello with a ticket", client, proxy, old(ext(tlswire.ExtensionTypeSessionTicket, hx("01")))},
		{"a hello without key share", client, proxy, hello(nil, hx("1301"), ext(tlswire.ExtensionTypeSupportedVersions, vec(1, hx("0304"))))},
		{"the proxy's own hello", proxy, server, ours},
		{"how it differs", proxy, server, difference},
		{"a hello that does not differ", proxy, server, &inspect.Difference{}},
		{"the second hello", client, proxy, again},
		{"a renegotiation", client, server, anew},
		{"server hello, TLS 1.3", server, proxy, serverHello(tlswire.VersionTLS13, tlswire.TLS_AES_128_GCM_SHA256, "", is13, share)},
		{"server hello, TLS 1.3 resumed", server, proxy, serverHello(tlswire.VersionTLS13, tlswire.TLS_AES_128_GCM_SHA256, "", is13, share, ext(tlswire.ExtensionTypePreSharedKey, hx("0000")))},
		{"server hello, TLS 1.2", server, proxy, serverHello(tlswire.VersionTLS12, ecdsaSuite, "", ext(tlswire.ExtensionTypeALPN, vec(2, vec(1, []byte("h2")))))},
		{"server hello, TLS 1.2 resumed", server, proxy, resumed12},
		{"server hello that marks a downgrade", server, proxy, serverHello(tlswire.VersionTLS12, ecdsaSuite, "DOWNGRD\x01")},
		{"server hello that marks a downgrade to TLS 1.1", server, proxy, handshake(tlswire.Context{Version: tlswire.VersionTLS11}, tlswire.HandshakeTypeServerHello,
			hx("0302"), append(make([]byte, 24), "DOWNGRD\x00"...), hx("00 c013 00"))},
		{"hello retry request", server, proxy, retry},
		{"encrypted extensions", server, proxy, handshake(ctx13, tlswire.HandshakeTypeEncryptedExtensions,
			vec(2, ext(tlswire.ExtensionTypeServerName), ext(tlswire.ExtensionTypeALPN, vec(2, vec(1, []byte("h2")))), ext(tlswire.ExtensionTypeEarlyData), ext(tlswire.ExtensionTypeEncryptedClientHello, hx("00"))))},
		{"no extensions", server, proxy, handshake(ctx13, tlswire.HandshakeTypeEncryptedExtensions, hx("0000"))},
	}
}

func certificateCases(t *testing.T) []noteCase {
	good := leaf(t, "CN=example.com", "R11", now.AddDate(0, 0, 61), 0)
	soon := leaf(t, "example.org", "R11", now.Add(30*time.Hour), 2048)
	stapled := handshake(ctx13, tlswire.HandshakeTypeCertificate, hx("00"),
		vec(3, vec(3, good), vec(2, ext(tlswire.ExtensionTypeStatusRequest, hx("00")))))
	return []noteCase{
		{"the server's certificate", server, proxy, certificates(tlswire.VersionTLS12, good, good)},
		{"a certificate with its OCSP answer", server, proxy, stapled},
		{"a certificate near its end", server, proxy, certificates(tlswire.VersionTLS13, soon)},
		{"an expired certificate", server, proxy, certificates(tlswire.VersionTLS12, leaf(t, "CN=old.example", "", now.AddDate(0, 0, -3), 0))},
		{"a certificate for later", server, proxy, certificates(tlswire.VersionTLS12, leaf(t, "CN=new.example", "R11", now.AddDate(2, 0, 0), 0))},
		{"a minted certificate", proxy, client, certificates(tlswire.VersionTLS13, good)},
		{"no client certificate", proxy, server, certificates(tlswire.VersionTLS13)},
		{"a raw public key", server, proxy, func() *inspect.Message {
			m := certificates(tlswire.VersionTLS13, hx("302a300506032b6570032100d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"))
			m.Context.CertificateType = tlswire.CertificateTypeRawPublicKey
			return m
		}()},
		{"a certificate that cannot be parsed", server, proxy, certificates(tlswire.VersionTLS12, hx("3000"))},
		{"a hostile certificate", server, proxy, certificates(tlswire.VersionTLS12, leaf(t, "CN=\x1b[31mred\u202e"+strings.Repeat("x", 150), "R11", now.AddDate(0, 0, 61), 0))},
		{"certificate request, TLS 1.3", server, proxy, handshake(ctx13, tlswire.HandshakeTypeCertificateRequest, hx("00"),
			vec(2, ext(tlswire.ExtensionTypeSignatureAlgorithms, vec(2, hx("0403 0804")))))},
		{"certificate request, TLS 1.2", server, proxy, handshake(ctx12, tlswire.HandshakeTypeCertificateRequest, hx("0140 0002 0403"),
			vec(2, vec(2, hx("3000"))))},
		{"certificate status", server, proxy, handshake(ctx12, tlswire.HandshakeTypeCertificateStatus, hx("01"), vec(3, make([]byte, 471)))},
		{"certificate verify of the server", server, proxy, handshake(ctx13, tlswire.HandshakeTypeCertificateVerify, hx("0403"), vec(2, make([]byte, 70)))},
		{"certificate verify of the proxy", proxy, client, handshake(ctx13, tlswire.HandshakeTypeCertificateVerify, hx("0403"), vec(2, make([]byte, 70)))},
		{"verified", server, proxy, &inspect.Verification{OK: true}},
		{"not checked", server, proxy, &inspect.Verification{Insecure: true, Code: "expired"}},
		{"not verified", server, proxy, &inspect.Verification{Code: "name_mismatch", Error: "x509: …"}},
		{"not verified, by a check that is new", server, proxy, &inspect.Verification{Code: "moon_phase"}},
	}
}

func exchangeCases() []noteCase {
	point := func(suite tlswire.CipherSuite, rest ...[]byte) *inspect.Message {
		return handshake(tlswire.Context{Version: tlswire.VersionTLS12, CipherSuite: suite, FromServer: true},
			tlswire.HandshakeTypeServerKeyExchange, append([][]byte{hx("03 001d"), vec(1, make([]byte, 32))}, rest...)...)
	}
	key := func(suite tlswire.CipherSuite, group tlswire.NamedGroup) *inspect.Message {
		m := handshake(tlswire.Context{Version: tlswire.VersionTLS12, CipherSuite: suite}, tlswire.HandshakeTypeClientKeyExchange, vec(1, make([]byte, 32)))
		m.Group = group
		return m
	}
	dhe := handshake(tlswire.Context{Version: tlswire.VersionTLS12, CipherSuite: dheSuite, FromServer: true}, tlswire.HandshakeTypeServerKeyExchange,
		vec(2, hx("80"), make([]byte, 255)), vec(2, hx("02")), vec(2, make([]byte, 256)), hx("0804"), vec(2, make([]byte, 256)))
	tls10 := handshake(tlswire.Context{Version: tlswire.VersionTLS10, CipherSuite: 0xc013, FromServer: true},
		tlswire.HandshakeTypeServerKeyExchange, hx("03 0017"), vec(1, make([]byte, 65)), vec(2, make([]byte, 256)))
	ticket := func(ctx tlswire.Context, body ...[]byte) *inspect.Message {
		return handshake(ctx, tlswire.HandshakeTypeNewSessionTicket, body...)
	}
	early := vec(2, ext(tlswire.ExtensionTypeEarlyData, hx("00004000")))
	return []noteCase{
		{"server key exchange, ECDHE", server, proxy, point(ecdsaSuite, hx("0403"), vec(2, make([]byte, 70)))},
		{"server key exchange, DHE", server, proxy, dhe},
		{"server key exchange, TLS 1.0", server, proxy, tls10},
		{"server key exchange, anonymous", server, proxy, point(anonSuite)},
		{"client key exchange, ECDHE", client, proxy, key(ecdsaSuite, 29)},
		{"client key exchange, DHE", client, proxy, key(dheSuite, 0)},
		{"client key exchange, RSA", client, proxy, key(rsaSuite, 0)},
		{"client key exchange, PSK", client, proxy, handshake(tlswire.Context{Version: tlswire.VersionTLS12, CipherSuite: pskSuite},
			tlswire.HandshakeTypeClientKeyExchange, vec(2, []byte("me")))},
		{"server hello done", server, proxy, handshake(ctx12, tlswire.HandshakeTypeServerHelloDone)},
		{"change cipher spec, TLS 1.2", client, proxy, changeCipherSpec(tlswire.VersionTLS12)},
		{"change cipher spec, TLS 1.3", client, proxy, changeCipherSpec(tlswire.VersionTLS13)},
		{"change cipher spec before the server hello", client, proxy, changeCipherSpec(0)},
		{"finished", server, proxy, handshake(ctx13, tlswire.HandshakeTypeFinished, make([]byte, 32))},
		{"ticket, TLS 1.3", server, proxy, ticket(ctx13, hx("00 01 51 80 00000000 01 00"), vec(2, []byte("t")), early)},
		{"ticket, TLS 1.3, to be thrown away", server, proxy, ticket(ctx13, hx("00000000 00000000 01 00"), vec(2, []byte("t")), hx("0000"))},
		{"ticket, TLS 1.2", server, proxy, ticket(ctx12, hx("00001c21"), vec(2, []byte("t")))},
		{"ticket, TLS 1.2, without limit", server, proxy, ticket(ctx12, hx("00000000"), vec(2, []byte("t")))},
		{"key update", client, proxy, handshake(ctx13, tlswire.HandshakeTypeKeyUpdate, hx("00"))},
		{"key update for both", client, proxy, handshake(ctx13, tlswire.HandshakeTypeKeyUpdate, hx("01"))},
		{"hello request", server, proxy, handshake(ctx12, tlswire.HandshakeTypeHelloRequest)},
		{"an unknown type", server, proxy, handshake(ctx12, 99)},
		{"heartbeat", client, proxy, &inspect.Message{ContentType: tlswire.ContentTypeHeartbeat, Name: "Heartbeat"}},
		{"heartbeat, a request", client, proxy, &inspect.Message{ContentType: tlswire.ContentTypeHeartbeat, Name: "Heartbeat", Raw: append(hx("01 0003 616263"), make([]byte, 16)...)}},
		{"heartbeat that asks for too much", client, proxy, &inspect.Message{ContentType: tlswire.ContentTypeHeartbeat, Name: "Heartbeat", Raw: hx("01 4000")}},
		{"not opened", server, proxy, &inspect.Message{ContentType: tlswire.ContentTypeHandshake, Name: "Encrypted Handshake Message", Encrypted: true, Reason: "its secret did not come"}},
		{"close_notify", client, proxy, alert(tlswire.AlertLevelWarning, tlswire.AlertCloseNotify, tlswire.VersionTLS13)},
		{"unknown_ca", client, proxy, alert(tlswire.AlertLevelFatal, tlswire.AlertUnknownCA, tlswire.VersionTLS13)},
		{"a warning", server, proxy, alert(tlswire.AlertLevelWarning, tlswire.AlertUnrecognizedName, tlswire.VersionTLS12)},
		{"an unknown alert", server, proxy, alert(tlswire.AlertLevelFatal, 200, tlswire.VersionTLS12)},
		{"malformed", client, proxy, &inspect.Malformed{Reason: "not a TLS record", Length: 9}},
		{"loss", client, proxy, &inspect.Loss{Bytes: 123456, Reason: inspect.LossQueueFull}},
		{"a bug", client, proxy, &inspect.Loss{Reason: inspect.LossPanic}},
		{"established", client, proxy, &inspect.Established{Version: tlswire.VersionTLS13, CipherSuite: tlswire.TLS_AES_128_GCM_SHA256, Group: 29,
			ALPN: "h2", Resumed: true, HelloRetry: true, ClientCertAsk: true, Duration: 12 * time.Millisecond}},
		{"established with a client certificate", client, proxy, &inspect.Established{Version: tlswire.VersionTLS12, CipherSuite: rsaSuite,
			ClientCertAsk: true, ClientCertSent: true, Duration: 1234567 * time.Microsecond}},
		{"closed", "", "", &inspect.ConnClose{Cause: inspect.CauseOK, Duration: 125 * time.Second, Flows: []inspect.FlowTotal{
			{Leg: inspect.LegServer, From: proxy, To: server, Bytes: 1}, {Leg: inspect.LegClient, From: client, To: proxy, Bytes: 2345},
			{Leg: inspect.LegClient, From: proxy, To: client, Bytes: 56789}}}},
		{"closed by a reset", "", "", &inspect.ConnClose{Cause: inspect.CauseServerReset, Error: "read: connection reset by peer", Duration: 2 * time.Hour}},
	}
}

// TestNotes holds what is said against golden files, one for each language.
func TestNotes(t *testing.T) {
	cases := append(append(helloCases(), certificateCases(t)...), exchangeCases()...)
	for _, lang := range []Lang{English, Chinese} {
		var b strings.Builder
		for _, c := range cases {
			leg := inspect.LegServer
			if c.from == client || c.to == client {
				leg = inspect.LegClient
			}
			e := &inspect.Event{Time: now, Leg: leg, From: c.from, To: c.to, Body: c.body}
			b.WriteString("# " + c.name + "\n" + New(lang).Conversation().Note(e).String() + "\n\n")
		}
		golden(t, "notes."+string(lang)+".txt", b.String())
	}
}

// TestMessagesThatCannotBeParsed: their note says what the message is for and
// that it is broken.
func TestMessagesThatCannotBeParsed(t *testing.T) {
	short := handshake(tlswire.Context{}, tlswire.HandshakeTypeClientHello, hx("03"))
	wrong := handshake(tlswire.Context{Version: tlswire.VersionTLS12, CipherSuite: rsaSuite}, tlswire.HandshakeTypeServerKeyExchange, hx("0300"))
	double := hello(nil, hx("c02b"), ext(tlswire.ExtensionTypeSessionTicket), ext(tlswire.ExtensionTypeSessionTicket))
	for _, c := range []struct {
		m    *inspect.Message
		want string
	}{
		{short, "what the server offers · cannot be read: "},
		{wrong, "the server's half of the key exchange · cannot be read: "},
		{double, "breaks a rule: tlswire: Client Hello: "},
	} {
		n := New(English).Conversation().Note(&inspect.Event{Time: now, From: server, To: proxy, Body: c.m})
		if got := n.String(); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %q, want %q", c.m.Name, got, c.want)
		}
		if i := strings.Count(c.want, Separator); n[i].Tone != Warning {
			t.Errorf("%s: tone %v", c.m.Name, n[i].Tone)
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v: run with -update", err)
	}
	if got == string(want) {
		return
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range min(len(gotLines), len(wantLines)) {
		if gotLines[i] != wantLines[i] {
			t.Errorf("%s:%d:\n got %s\nwant %s", name, i+1, gotLines[i], wantLines[i])
		}
	}
	if len(gotLines) != len(wantLines) {
		t.Errorf("%s: %d lines, want %d", name, len(gotLines), len(wantLines))
	}
}
