package tlswire

import (
	"slices"
	"strings"
	"testing"

	"tlsmitm/inspect/internal/handmade"
)

// Messages are written by hand, in parts.
var (
	hx, vec = handmade.Hex, handmade.Vector
	ext     = handmade.Extension[ExtensionType]
)

// msg is a handshake message with its header.
func msg(t HandshakeType, body ...[]byte) []byte {
	return append([]byte{byte(t)}, vec(3, body...)...)
}

// helloWith is a Client Hello with the given extensions, and serverHelloWith
// the answer.
func helloWith(extensions ...[]byte) []byte {
	return msg(HandshakeTypeClientHello, hx("0303"), make([]byte, 32), vec(1), vec(2, hx("1301")), vec(1, hx("00")),
		vec(2, extensions...))
}

func serverHelloWith(extensions ...[]byte) []byte {
	return msg(HandshakeTypeServerHello, hx("0303"), make([]byte, 32), vec(1), hx("c02f 00"), vec(2, extensions...))
}

var (
	tree10 = Context{Version: VersionTLS10, CipherSuite: 0x0003} // TLS_RSA_EXPORT_WITH_RC4_40_MD5
	tree12 = Context{Version: VersionTLS12, CipherSuite: 0xc02f} // TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
	tree13 = Context{Version: VersionTLS13, CipherSuite: TLS_AES_128_GCM_SHA256}
	tree30 = Context{Version: VersionSSL30, CipherSuite: 0x0005} // TLS_RSA_WITH_RC4_128_SHA
	tree18 = Context{Version: 0x7f12, CipherSuite: TLS_AES_128_GCM_SHA256}

	treeSRP     = Context{Version: VersionTLS12, CipherSuite: 0xc01e} // TLS_SRP_SHA_RSA_WITH_AES_128_CBC_SHA
	treeSRPnone = Context{Version: VersionTLS12, CipherSuite: 0xc01d} // TLS_SRP_SHA_WITH_AES_128_CBC_SHA
)

// treeCase is a message or form that today's peers hardly send, built by hand
// from its specification, or input that breaks it.
type treeCase struct {
	name string
	ctx  Context
	ct   ContentType
	raw  []byte
	want string // the whole JSON form or, if it begins with …, a part of it
}

func TestDecodeCases(t *testing.T) {
	for _, c := range treeCases() {
		t.Run(c.name, func(t *testing.T) {
			tree := Decode(c.ctx, c.ct, c.raw)
			checkTree(t, c.raw, &tree)
			got := string(tree.AppendJSON(nil))
			if part, ok := strings.CutPrefix(c.want, "…"); ok && strings.Contains(got, part) {
				return
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func treeCases() []treeCase {
	return slices.Concat(treeMessageCases(), treeExtensionCases(), treeMalformedCases(), treeSSL2Cases())
}

// treeSSL2Cases are messages of SSL 2.0.
func treeSSL2Cases() []treeCase {
	hs, ssl2 := ContentTypeHandshake, Context{SSL2: true}
	record := func(parts ...[]byte) []byte {
		body := slices.Concat(parts...)
		return append([]byte{0x80 | byte(len(body)>>8), byte(len(body))}, body...)
	}
	challenge := hx("000102030405060708090a0b0c0d0e0f")
	return []treeCase{
		{"client hello of SSL 2.0", ssl2, hs, record(hx("01 0301 0006 0000 0010 010080 00002f"), challenge),
			`{"version":{"value":769,"name":"TLS 1.0"},"cipher_specs":[{"value":65664,"name":"SSL2_RC4_128_WITH_MD5"},` +
				`{"value":47,"name":"TLS_RSA_WITH_AES_128_CBC_SHA"}],"session_id":"","challenge":"000102030405060708090a0b0c0d0e0f"}`},
		{"server hello of SSL 2.0", ssl2, hs, record(hx("04 01 00 0002 0000 0003 0010 0700c0"), challenge),
			`{"session_id_hit":1,"certificate_type":0,"server_version":{"value":2,"name":"SSL 2.0"},` +
				`"cipher_specs":[{"value":458944,"name":"SSL2_DES_192_EDE3_CBC_WITH_MD5"}],"connection_id":"000102030405060708090a0b0c0d0e0f"}`},
		{"client master key of SSL 2.0", ssl2, hs, record(hx("02 0700c0 0001 0002 0003 aa bbbb cccccc")),
			`{"cipher_kind":{"value":458944,"name":"SSL2_DES_192_EDE3_CBC_WITH_MD5"},"clear_key":"aa","encrypted_key":"bbbb","key_arg":"cccccc"}`},
		{"error of SSL 2.0", ssl2, hs, record(hx("00 0001")), `{"error_code":{"value":1,"name":"SSL_PE_NO_CIPHER"}}`},
		{"another message of SSL 2.0", ssl2, hs, record(hx("07 0102")), `{"body":"0102"}`},
		{"client hello of SSL 2.0, ciphers cut", ssl2, hs, record(hx("01 0301 0005 0000 0000 010080 0000")), `…"malformed":"cipher_spec: cut short: 2 of 3 bytes"`},
		{"client hello of SSL 2.0, too long a list", ssl2, hs, record(hx("01 0301 0fff 0000 0000 010080")), `…"malformed":"cipher_specs: length 4095, but 3 left"`},
		{"client hello of SSL 2.0, cut", ssl2, hs, record(hx("01 0301"))[:4], `…"malformed":"version: cut short: 1 of 2 bytes"`},
		{"client hello of SSL 2.0, bytes after it", ssl2, hs, record(hx("01 0301 0000 0000 0000 ff")), `…"malformed":"excess:`},
	}
}

func treeMessageCases() []treeCase {
	hs, point := ContentTypeHandshake, vec(1, hx("04 aa bb"))
	return []treeCase{
		{"hello request", tree12, hs, msg(HandshakeTypeHelloRequest), `{}`},
		{"server hello done", tree12, hs, msg(HandshakeTypeServerHelloDone), `{}`},
		{"end of early data", tree13, hs, msg(HandshakeTypeEndOfEarlyData), `{}`},
		{"hello verify request", tree12, hs, msg(HandshakeTypeHelloVerifyRequest, hx("feff"), vec(1, hx("c0ffee"))),
			`{"server_version":{"value":65279,"name":"DTLS 1.0"},"cookie":"c0ffee"}`},
		{"client hello without extensions", Context{}, hs,
			msg(HandshakeTypeClientHello, hx("0300"), make([]byte, 32), vec(1), vec(2, hx("0005 00ff")), vec(1, hx("01 00"))),
			`{"legacy_version":{"value":768,"name":"SSL 3.0"},"random":"` + strings.Repeat("00", 32) + `","session_id":"",` +
				`"cipher_suites":[{"value":5,"name":"TLS_RSA_WITH_RC4_128_SHA"},` +
				`{"value":255,"name":"TLS_EMPTY_RENEGOTIATION_INFO_SCSV"}],` +
				`"compression_methods":[{"value":1,"name":"DEFLATE"},{"value":0,"name":"null"}]}`},
		{"server hello of draft 18", Context{}, hs,
			msg(HandshakeTypeServerHello, hx("7f12"), make([]byte, 32), hx("1301"), vec(2, ext(40, hx("001d"), vec(2, hx("aabb"))))),
			`…"cipher_suite":{"value":4865,"name":"TLS_AES_128_GCM_SHA256"},"extensions":[`},
		{"hello retry request of draft 18", tree18, hs,
			msg(HandshakeTypeHelloRetryRequest, hx("7f12"), vec(2, ext(40, hx("0017")))),
			`{"server_version":{"value":32530,"name":"TLS 1.3 (draft 18)"},"extensions":[{"value":40,"name":"key_share_old","length":2}],` +
				`"key_share":{"selected_group":{"value":23,"name":"secp256r1"}}}`},
		{"hello retry request of draft 19", tree18, hs,
			msg(HandshakeTypeHelloRetryRequest, hx("7f13 1301"), vec(2, ext(40, hx("0017")))),
			`…"key_share":{"selected_group":{"value":23,"name":"secp256r1"}}`},
		{"ticket of draft 18", tree18, hs, msg(HandshakeTypeNewSessionTicket, hx("00000e10 01020304"), vec(2, hx("aa")), vec(2)),
			`{"ticket_lifetime":3600,"ticket_age_add":16909060,"ticket":"aa","extensions":[]}`},
		{"finished of SSL 3.0", tree30, hs, msg(HandshakeTypeFinished, make([]byte, 36)),
			`{"md5_hash":"` + strings.Repeat("00", 16) + `","sha_hash":"` + strings.Repeat("00", 20) + `"}`},
		{"client key exchange of SSL 3.0", tree30, hs, msg(HandshakeTypeClientKeyExchange, hx("aabbcc")),
			`{"encrypted_pre_master_secret":"aabbcc"}`},
		{"key exchange for export", tree10, hs,
			msg(HandshakeTypeServerKeyExchange, vec(2, hx("c0de")), vec(2, hx("010001")), vec(2, hx("5151"))),
			`{"rsa_modulus":"c0de","rsa_exponent":"010001","signature":"5151"}`},
		{"key exchange by password", treeSRP, hs,
			msg(HandshakeTypeServerKeyExchange, vec(2, hx("0d")), vec(2, hx("02")), vec(1, hx("5a17")), vec(2, hx("bb")),
				hx("0401"), vec(2, hx("5151"))),
			`{"srp_N":"0d","srp_g":"02","srp_s":"5a17","srp_B":"bb","algorithm":{"value":1025,"name":"rsa_pkcs1_sha256"},"signature":"5151"}`},
		{"key exchange by password alone", treeSRPnone, hs,
			msg(HandshakeTypeServerKeyExchange, vec(2, hx("0d")), vec(2, hx("02")), vec(1, hx("5a17")), vec(2, hx("bb"))),
			`{"srp_N":"0d","srp_g":"02","srp_s":"5a17","srp_B":"bb"}`},
		{"client's key exchange by password", treeSRP, hs, msg(HandshakeTypeClientKeyExchange, vec(2, hx("0a"))), `{"srp_A":"0a"}`},
		{"explicit prime curve", tree12, hs,
			msg(HandshakeTypeServerKeyExchange, hx("01"), vec(1, hx("0d")), vec(1, hx("01")), vec(1, hx("02")), vec(1, hx("04")),
				vec(1, hx("05")), vec(1, hx("01")), point, hx("0403"), vec(2, hx("5151"))),
			`{"curve_type":{"value":1,"name":"explicit_prime"},"prime_p":"0d","a":"01","b":"02","base":"04","order":"05",` +
				`"cofactor":"01","public":"04aabb","algorithm":{"value":1027,"name":"ecdsa_secp256r1_sha256"},"signature":"5151"}`},
		{"explicit binary curve", tree12, hs,
			msg(HandshakeTypeServerKeyExchange, hx("02 00a3 02"), vec(1, hx("03")), vec(1, hx("06")), vec(1, hx("07")),
				vec(1, hx("01")), vec(1, hx("02")), vec(1, hx("04")), vec(1, hx("05")), vec(1, hx("01")), point, hx("0403"), vec(2)),
			`…"m":163,"basis":{"value":2,"name":"ec_basis_pentanomial"},"k1":"03","k2":"06","k3":"07","a":"01",`},
		{"key exchange of an unknown suite", Context{Version: VersionTLS12, CipherSuite: 0xfdfd}, hs,
			msg(HandshakeTypeServerKeyExchange, hx("aabb")), `{"body":"aabb"}`},
		{"client key in the certificate", tree12, hs, msg(HandshakeTypeClientKeyExchange), `{}`},
		{"certificate request of TLS 1.1", Context{Version: VersionTLS11}, hs,
			msg(HandshakeTypeCertificateRequest, vec(1, hx("01 40")), vec(2)),
			`{"certificate_types":[{"value":1,"name":"rsa_sign"},{"value":64,"name":"ecdsa_sign"}],"certificate_authorities":[]}`},
		{"certificate url", tree12, hs,
			msg(HandshakeTypeCertificateURL, hx("01"), vec(2, vec(2, []byte("http://a.example/c")), hx("01"), make([]byte, 20))),
			`{"type":{"value":1,"name":"pkipath"},"url_and_hash_list":[{"url":"http://a.example/c","sha1_hash":"` +
				strings.Repeat("00", 20) + `"}]}`},
		{"several stapled responses", tree12, hs, msg(HandshakeTypeCertificateStatus, hx("02"), vec(3, vec(3), vec(3, hx("3003 0a01 06")))),
			`{"status_type":{"value":2,"name":"ocsp_multi"},"ocsp_response_list":[` +
				`{"der":"","malformed":"der: not an OCSP response (RFC 6960 section 4.2.1)"},` +
				`{"der":"30030a0106","response_status":{"value":6,"name":"unauthorized"}}]}`},
		{"supplemental data", tree12, hs, msg(HandshakeTypeSupplementalData, vec(3, hx("4002"), vec(2, hx("aa")))),
			`{"supp_data":[{"supp_data_type":{"value":16386,"name":"authz_data"},"supp_data":"aa"}]}`},
		{"compressed certificate", tree13, hs, msg(HandshakeTypeCompressedCertificate, hx("0002 001000"), vec(3, hx("aabb"))),
			`{"algorithm":{"value":2,"name":"brotli"},"uncompressed_length":4096,"compressed_certificate_message":"aabb","malformed":"compressed_certificate_message: unexpected EOF"}`},
		{"message hash", tree13, hs, msg(HandshakeTypeMessageHash, hx("aabb")), `{"hash":"aabb"}`},
		{"message of an unknown type", tree13, hs, msg(200, hx("aabb")), `{"body":"aabb"}`},
		{"heartbeat", tree12, ContentTypeHeartbeat, slices.Concat(hx("01"), vec(2, hx("aabb")), make([]byte, 16)),
			`{"type":{"value":1,"name":"heartbeat_request"},"payload":"aabb"}`},
		{"application data", tree13, ContentTypeApplicationData, hx("aabb"), `{"data":"aabb"}`},
		{"unknown content type", tree13, 99, hx("aabb"), `{"data":"aabb"}`},
	}
}
