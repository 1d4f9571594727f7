package tlswire

import (
	"slices"
	"strings"
)

func treeExtensionCases() []treeCase {
	hs := ContentTypeHandshake
	name := slices.Concat(hx("00"), vec(2, []byte("a.example")))
	rdn := hx("300c310a300806035504030c0161")
	key := hx("302a300506032b6570032100" + strings.Repeat("11", 32))
	entry := func(extensions ...[]byte) []byte {
		return msg(HandshakeTypeCertificate, vec(1), vec(3, vec(3), vec(2, extensions...)))
	}
	client := func(name string, e []byte, want string) treeCase {
		return treeCase{name, Context{}, hs, helloWith(e), want}
	}
	server := func(name string, e []byte, want string) treeCase {
		return treeCase{name, Context{}, hs, serverHelloWith(e), want}
	}
	return []treeCase{
		client("server name", ext(0, vec(2, name)), `…"length":14}],"server_name":"a.example"}`),
		client("no server name", ext(0, vec(2)), `…"length":2}]}`),
		server("server name acknowledged", ext(0), `…"length":0}],"server_name":true}`),
		client("maximum fragment length", ext(1, hx("04")), `…"max_fragment_length":{"value":4,"name":"2^12"}`),
		client("status request", ext(5, hx("01"), vec(2, vec(2, hx("a1"))), vec(2, hx("30"))),
			`…"status_request":{"status_type":{"value":1,"name":"ocsp"},"responder_id_list":["a1"],"request_extensions":"30"}`),
		server("status to come", ext(5), `…"status_request":true`),
		client("user name", ext(12, vec(1, []byte("alice"))), `…"srp":"alice"`),
		client("heartbeat", ext(15, hx("01")), `…"heartbeat":{"value":1,"name":"peer_allowed_to_send"}`),
		client("protocol names with GREASE", ext(16, vec(2, vec(1, hx("0a0a")), vec(1, []byte("h2")))),
			`…"application_layer_protocol_negotiation":["\n\n","h2"]`),
		client("several status requests", ext(17, vec(2, hx("02"), vec(2, vec(2), vec(2)))),
			`…"status_request_v2":[{"status_type":{"value":2,"name":"ocsp_multi"},"responder_id_list":[],"request_extensions":""}]`),
		server("several statuses to come", ext(17), `…"status_request_v2":true`),
		client("certificate types", ext(20, vec(1, hx("02 00"))),
			`…"server_certificate_type":[{"value":2,"name":"RawPublicKey"},{"value":0,"name":"X509"}]`),
		server("certificate type", ext(20, hx("02")), `…"server_certificate_type":{"value":2,"name":"RawPublicKey"}`),
		client("padding", ext(21, make([]byte, 100)), `…{"value":21,"name":"padding","length":100}]}`),
		client("padding that is not zero", ext(21, hx("0001")), `…"padding":"0001"`),
		client("compression of certificates", ext(27, vec(1, hx("0001 0003"))),
			`…"compress_certificate":[{"value":1,"name":"zlib"},{"value":3,"name":"zstd"}]`),
		client("record size limit", ext(28, hx("4001")), `…"record_size_limit":16385`),
		client("delegated credentials accepted", ext(34, vec(2, hx("0403"))),
			`…"delegated_credential":[{"value":1027,"name":"ecdsa_secp256r1_sha256"}]`),
		{"delegated credential", tree13, hs,
			entry(ext(34, hx("00015180 0403"), vec(3, key), hx("0804"), vec(2, hx("5151")))),
			`…"delegated_credential":{"valid_time":86400,"dc_cert_verify_algorithm":{"value":1027,"name":"ecdsa_secp256r1_sha256"},` +
				`"asn1_subject_public_key_info":"302a300506032b6570032100` + strings.Repeat("11", 32) + `","public_key":"Ed25519",` +
				`"algorithm":{"value":2052,"name":"rsa_pss_rsae_sha256"},"signature":"5151"}`},
		client("session ticket", ext(35, hx("aabb")), `…"session_ticket":"aabb"`),
		client("key shares of draft 18", ext(40, vec(2, hx("001d"), vec(2, hx("aa")))),
			`…"key_share":[{"group":{"value":29,"name":"x25519"},"key_exchange":"aa"}]`),
		client("what is not a key share of a draft", ext(40, hx("0001")), `…"length":2,"data":"0001"}]}`),
		client("key shares of both numbers",
			slices.Concat(ext(40, vec(2)), ext(51, vec(2))), `…"key_share":[],"extension_key_share":[]}`),
		client("cookie", ext(44, vec(2, hx("c0ffee"))), `…"cookie":"c0ffee"`),
		client("certificate authorities", ext(47, vec(2, vec(2, rdn))), `…"certificate_authorities":["CN=a"]`),
		{"filters", tree13, hs,
			msg(HandshakeTypeCertificateRequest, vec(1), vec(2, ext(48, vec(2, vec(1, hx("0603551d25")), vec(2, hx("3000")))))),
			`…"oid_filters":[{"certificate_extension_oid":"2.5.29.37","certificate_extension_values":"3000"}]`},
		client("authentication after the handshake", ext(49), `…"post_handshake_auth":true`),
		client("QUIC transport parameters of a draft", ext(0xffa5, hx("03 02 45c8")),
			`…"quic_transport_parameters_draft":[{"id":{"value":3,"name":"max_udp_payload_size"},"value":1480}]`),
		client("ECH inner", ext(0xfe0d, hx("01")), `…"encrypted_client_hello":{"type":{"value":1,"name":"inner"}}`),
		client("ECH outer extensions", ext(0xfd00, vec(1, hx("000d 0033"))),
			`…"ech_outer_extensions":[{"value":13,"name":"signature_algorithms"},{"value":51,"name":"key_share"}]`),
		{"ECH configurations of another version", tree13, hs,
			msg(HandshakeTypeEncryptedExtensions, vec(2, ext(0xfe0d, vec(2, hx("fe0a"), vec(2, hx("aabb")))))),
			`…{"retry_configs":[{"version":{"value":65034,"name":"unknown (0xfe0a)"},"contents":"aabb"}]}`},
		client("next protocols asked for", ext(13172), `…"next_protocol_negotiation":true`),
		server("next protocols", ext(13172, vec(1, []byte("h2")), vec(1, []byte("x"))), `…"next_protocol_negotiation":["h2","x"]`),
		{"application settings", tree13, hs, msg(HandshakeTypeEncryptedExtensions, vec(2, ext(17613, hx("aa")))),
			`…"application_settings":"aa"`},
		server("renegotiation", ext(0xff01, vec(1, hx("aabb"))), `…"renegotiation_info":"aabb"`),
		server("timestamp of another version and time", ext(18, vec(2, vec(2, hx("01aa")),
			vec(2, hx("00"), make([]byte, 32), hx("ffffffffffffffff"), vec(2), hx("0403"), vec(2)))),
			`…"signed_certificate_timestamp":[{"version":{"value":1,"name":"unknown (0x01)"},"body":"aa"},`+
				`{"version":{"value":0,"name":"v1"},"log_id":"`+strings.Repeat("00", 32)+`","timestamp":18446744073709551615,`),
		client("GREASE", ext(0x1a1a, hx("00")), `…{"value":6682,"name":"GREASE (0x1a1a)","length":1,"data":"00"}]}`),
		client("unknown", ext(0xabcd), `…{"value":43981,"name":"unknown (0xabcd)","length":0}]}`),
	}
}

func treeMalformedCases() []treeCase {
	hs := ContentTypeHandshake
	name := slices.Concat(hx("00"), vec(2, []byte("a")))
	client := func(name string, e []byte, want string) treeCase {
		return treeCase{name, Context{}, hs, helloWith(e), want}
	}
	return []treeCase{
		{"nothing", Context{}, hs, nil, `{"malformed":"msg_type: cut short: 0 of 1 bytes"}`},
		{"half a header", Context{}, hs, hx("0100"), `{"malformed":"length: cut short: 1 of 3 bytes","data":"00"}`},
		{"half a body", tree13, hs, hx("14000004 aabb"), `{"verify_data":"aabb","malformed":"body: length 4, but 2 left"}`},
		{"half a random", Context{}, hs, msg(HandshakeTypeClientHello, hx("0303 aabb")),
			`{"legacy_version":{"value":771,"name":"TLS 1.2"},"malformed":"random: cut short: 2 of 32 bytes","data":"aabb"}`},
		{"too long a vector", Context{}, hs, msg(HandshakeTypeHelloVerifyRequest, hx("0303 05 aabb")),
			`…"malformed":"cookie: length 5, but 2 left","data":"aabb"}`},
		{"half a suite", Context{}, hs,
			msg(HandshakeTypeClientHello, hx("0303"), make([]byte, 32), vec(1), vec(2, hx("130113")), vec(1, hx("00"))),
			`…"cipher_suites":[{"value":4865,"name":"TLS_AES_128_GCM_SHA256"},` +
				`{"malformed":"cipher_suite: cut short: 1 of 2 bytes","data":"13"}],"compression_methods":`},
		{"a body where there is none", tree12, hs, msg(HandshakeTypeServerHelloDone, hx("aa")),
			`{"malformed":"excess: bytes after the end of the structure","data":"aa"}`},
		{"bytes after the message", tree12, hs, append(msg(HandshakeTypeServerHelloDone, hx("aa")), 0xbb),
			`{"malformed":"excess: bytes after the end of the structure","data":"aa"}`},
		{"bytes after an unknown message", tree12, hs, append(msg(200, hx("aa")), 0xbb),
			`{"body":"aa","malformed":"excess: bytes after the end of the structure","data":"bb"}`},
		{"alert", tree12, ContentTypeAlert, hx("02"),
			`{"level":{"value":2,"name":"fatal"},"malformed":"description: cut short: 0 of 1 bytes"}`},
		{"heartbeat that asks for more than it holds", tree12, ContentTypeHeartbeat, hx("01 4000 aa"),
			`…"malformed":"payload: length 16384, but 1 left","data":"aa"}`},
		{"half an extension", Context{}, hs, helloWith(hx("000a")),
			`…"extensions":[{"value":10,"name":"supported_groups","malformed":"extension_data: cut short: 0 of 2 bytes"}]}`},
		{"half an extension's type", Context{}, hs, helloWith(hx("00")),
			`…"extensions":[{"malformed":"extension_type: cut short: 1 of 2 bytes","data":"00"}]}`},
		client("extension of the wrong form", ext(10, vec(2, hx("001d00"))),
			`…"extensions":[{"value":10,"name":"supported_groups","length":5,`+
				`"malformed":"named_group: cut short: 1 of 2 bytes","data":"0003001d00"}]}`),
		client("the same extension twice", slices.Concat(ext(23), ext(23)),
			`…{"value":23,"name":"extended_master_secret","length":0,`+
				`"malformed":"data: a second extension of this type (RFC 8446 section 4.2)"}],"extended_master_secret":true}`),
		client("two host names", ext(0, vec(2, name, name)), `…"malformed":"server_name: a second host name"`),
		client("name of an undefined type", ext(0, vec(2, hx("07 00"))), `…"malformed":"server_name: name type 7 is not defined"`),
		client("flag with content", ext(23, hx("aa")), `…"malformed":"excess: bytes after the end of the structure","data":"aa"}]}`),
		client("QUIC transport parameter cut short", ext(57, hx("01 04 80")),
			`…"malformed":"value: length 4, but 1 left"`),
		client("QUIC integer longer than its parameter", ext(57, hx("01 01 80")), `…"malformed":"value: cut short: 1 of 4 bytes"`),
		{"undefined curve type", tree12, hs, msg(HandshakeTypeServerKeyExchange, hx("09 aa")),
			`…"malformed":"curve_params: the form of this curve type is not defined","data":"aa"}`},
		{"undefined basis", tree12, hs, msg(HandshakeTypeServerKeyExchange, hx("02 00a3 09 aa")),
			`…"malformed":"basis: unknown (0x09)","data":"aa"}`},
		{"distinguished name that is none", tree10, hs, msg(HandshakeTypeCertificateRequest, vec(1), vec(2, vec(2, hx("aa")))),
			`…"certificate_authorities":[{"malformed":"distinguished_name: asn1: `},
		{"bytes after a distinguished name", tree10, hs, msg(HandshakeTypeCertificateRequest, vec(1), vec(2, vec(2, hx("300000")))),
			`…"certificate_authorities":[{"malformed":"distinguished_name: bytes after its end","data":"300000"}]}`},
		{"certificate that is none", tree12, hs, msg(HandshakeTypeCertificate, vec(3, vec(3, hx("3000")))),
			`{"certificate_list":[{"malformed":"cert_data: x509: malformed tbs certificate","sha256":` +
				`"e4f60d0aa6d7f3d3b6a6494b1c861b99f649c6f9ec51abaf201b20f297327c95"}]}`},
		{"OCSP response that is none", tree12, hs, msg(HandshakeTypeCertificateStatus, hx("01"), vec(3, hx("aabb"))),
			`…"response":{"der":"aabb","malformed":"der: not an OCSP response (RFC 6960 section 4.2.1)"}}`},
		{"OCSP response of an unknown type", tree12, hs,
			msg(HandshakeTypeCertificateStatus, hx("01"), vec(3, hx("3009 0a0100 a004 3002 0600"))),
			`…"response_status":{"value":0,"name":"successful"},"malformed":"der: not a basic OCSP response (RFC 6960 section 4.2.1)"}}`},
		{"status of an unknown type", tree12, hs, msg(HandshakeTypeCertificateStatus, hx("07 aa")),
			`{"status_type":{"value":7,"name":"unknown (0x07)"},"response":"aa"}`},
	}
}
