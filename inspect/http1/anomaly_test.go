package http1

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"tlsmitm/inspect/httpmsg"
	"tlsmitm/inspect/internal/codes"
)

const (
	get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
	ok  = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
)

// req and resp are messages with the usual first lines, and fields and content.
func req(rest string) string  { return "POST / HTTP/1.1\r\nHost: a\r\n" + rest }
func resp(rest string) string { return "HTTP/1.1 200 OK\r\n" + rest }

// oddities are the least input of each anomaly. want are the codes that are told,
// all of them, and after them what else is to be found among the calls.
var oddities = []struct {
	name, up, down string
	want           string
	calls          []string
}{
	{"nothing odd", get, ok, "", []string{"1> end", "1< end"}},
	{"nothing odd, chunked", req("Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"), resp("transfer-encoding:chunked\r\n\r\n0\r\nX: y\r\n\r\n"), "", nil},
	{"nothing odd, tab in a value", req("X: a\tb\r\nY: \xc3\xa9\r\n\r\n"), ok, "", nil},

	{"empty line", "\r\n" + get, ok, "empty_line", nil},
	{"empty lines, and no more", get + "\r\n\n", ok, "empty_line", nil},
	{"empty line after a body", req("Content-Length: 1\r\n\r\nx\r\n") + get, ok + "\r\n" + ok, "empty_line empty_line", nil},
	{"two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", ok, "request_line_whitespace", []string{`1> head GET "/" HTTP/1.1, 28 bytes`}},
	{"leading space", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", ok, "request_line_whitespace", nil},
	{"trailing space", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", ok, "request_line_whitespace", nil},
	{"tab", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", ok, "request_line_whitespace", nil},
	{"form feed", "GET /\x0cHTTP/1.1\r\nHost: a\r\n\r\n", ok, "request_line_whitespace", nil},
	{"CR in the request line", "GET /\rHTTP/1.1\r\nHost: a\r\n\r\n", ok, "request_line_whitespace bare_cr", []string{`1> head GET "/" HTTP/1.1, 27 bytes`}},
	{"two spaces before the code", get, "HTTP/1.1  200 OK\r\nContent-Length: 0\r\n\r\n", "status_line_whitespace", nil},
	{"no space after the code", get, "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "status_line_whitespace", nil},
	{"no reason", get, "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", "", nil},
	{"method", "G@T / HTTP/1.1\r\nHost: a\r\n\r\n", ok, "method_invalid", nil},
	{"method of one's own", "quux / HTTP/1.1\r\nHost: a\r\n\r\n", ok, "", nil},
	{"fragment", "GET /#a HTTP/1.1\r\nHost: a\r\n\r\n", ok, "target_invalid", nil},
	{"backslash", "GET /..\\a HTTP/1.1\r\nHost: a\r\n\r\n", ok, "target_invalid", nil},
	{"no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n", ok, "target_invalid", nil},
	{"what browsers send", "GET /[]?a=|{}^` HTTP/1.1\r\nHost: a\r\n\r\n", ok, "", nil},
	{"CONNECT with a path", "CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n", ok, "target_invalid content_length_not_allowed", nil},
	{"CONNECT without a port", "CONNECT a HTTP/1.1\r\nHost: a\r\n\r\n", ok, "target_invalid content_length_not_allowed", nil},
	{"a request in the target", "GET /x HTTP/1.1 HTTP/1.1\r\nHost: a\r\n\r\n", ok, "target_invalid", []string{`1> head GET "/x HTTP/1.1" HTTP/1.1, 37 bytes`}},
	{"version 1.7", "GET / HTTP/1.7\r\nHost: a\r\n\r\n", ok, "version_odd", nil},
	{"version 2", "GET / HTTP/2\r\nHost: a\r\n\r\n", "HTTP/2 200 OK\r\nContent-Length: 0\r\n\r\n", "version_odd version_odd", nil},
	{"lower case version", "GET / http/1.1\r\nHost: a\r\n\r\n", ok, "version_odd", nil},
	{"version with more", "GET / HTTP/1.1;x\r\nHost: a\r\n\r\n", ok, "version_odd", nil},
	{"status 999", get, "HTTP/1.1 999 No\r\nContent-Length: 0\r\n\r\n", "status_odd", nil},
	{"status 000", get, "HTTP/1.1 000 No\r\nContent-Length: 1\r\n\r\nx", "status_odd", []string{`1< body "x"`}},

	{"bare LF", "GET / HTTP/1.1\nHost: a\n\n", ok, "bare_lf", nil},
	{"bare LF at the end of the head", "GET / HTTP/1.1\r\nHost: a\r\n\n", ok, "bare_lf", nil},
	{"bare CR", req("X: a\rTransfer-Encoding: chunked\r\n\r\n"), ok, "bare_cr", []string{`     X: a\rTransfer-Encoding: chunked`, "1> end"}},
	{"NUL", req("X: a\x00b\r\n\r\n"), ok, "nul", nil},
	{"control character", req("X: a\x7fb\r\n\r\n"), ok, "control_character", nil},
	{"control character in the reason", get, "HTTP/1.1 200 \x1b[31m\r\nContent-Length: 0\r\n\r\n", "control_character", nil},
	{"fold", req("X: a\r\n  b\r\n\tc\r\n\r\n"), ok, "obs_fold", []string{"     X: a b c"}},
	{"folded length", req("Content-Length:\r\n 2\r\n\r\nok"), ok, "obs_fold", []string{"     Content-Length: 2", `1> body "ok"`}},
	{"folded coding", req("Transfer-Encoding:\r\n chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"), ok, "obs_fold", []string{`1> body "x"`}},
	{"space before the fields", "GET / HTTP/1.1\r\n Host: b\r\n\tX: y\r\nHost: a\r\n\r\n", ok, "space_before_fields", []string{"     Host: a"}},
	{"space before the colon", req("Content-Length : 2\r\n\r\nok"), ok, "space_before_colon", []string{`1> body "ok"`}},
	{"tab before the colon", req("Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n"), ok, "space_before_colon", []string{"1> end"}},
	{"no colon", req("Content-Length\r\n\r\n"), ok, "field_without_colon", []string{"     : Content-Length"}},
	{"field name", req("a b: c\r\n\r\n"), ok, "field_name_invalid", nil},
	{"field name with a control", req("Transfer-Encoding\x00: chunked\r\n\r\n"), ok, "field_name_invalid nul field_name_lookalike", nil},
	{"no field name", req(": c\r\n\r\n"), ok, "field_name_invalid", nil},
	{"underscore", req("Transfer_Encoding: chunked\r\n\r\n"), ok, "field_name_lookalike", []string{"1> end"}},
	{"another lookalike", req("Content Length: 5\r\n\r\n"), ok, "field_name_invalid field_name_lookalike", nil},
	{"pseudo-header field", req(":authority: b\r\n\r\n"), ok, "pseudo_field", []string{"     :authority: b"}},
	{"connection option", req("Connection: close, Content-Length\r\n\r\n"), ok, "connection_option", nil},
	{"a connection option that is a coding", req("Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), ok, "connection_option", nil},
	{"upgrade that is not named", req("Connection: close\r\nUpgrade: x\r\n\r\n"), ok, "upgrade_without_connection", nil},
	{"another expectation", req("Content-Length: 1\r\nExpect: y 100-continue\r\n\r\nx"), ok, "expect_invalid", nil},
	{"two expectations", req("Content-Length: 1\r\nExpect: 100-continue\r\nExpect: 100-continue\r\n\r\nx"), ok, "expect_invalid", nil},
	{"an expectation without content", req("Expect: 100-continue\r\n\r\n"), ok, "expect_invalid", nil},
	{"an expectation", req("Content-Length: 1\r\nExpect: 100-Continue\r\n\r\nx"), ok, "", nil},
	{"two cookies", req("Cookie: a=b\r\ncookie: c=d\r\n\r\n"), ok, "cookie_repeated", nil},
	{"chunked as a content coding", req("Content-Encoding: chunked\r\n\r\n"), ok, "field_name_lookalike", nil},
	{"trailer", req("Transfer-Encoding: chunked\r\n\r\n0\r\nHost: b\r\n\r\n"), ok, "trailer_forbidden", nil},

	{"no Host", "GET / HTTP/1.1\r\n\r\n", ok, "host_missing", nil},
	{"a Host of Unicode", "GET / HTTP/1.1\r\nHo\u017ft: a\r\n\r\n", ok, "field_name_invalid host_missing", nil},
	{"a URI without a host", "GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n", ok, "target_invalid", nil},
	{"a URI with a bad port", "GET http://a:b/ HTTP/1.1\r\nHost: a\r\n\r\n", ok, "target_invalid host_differs", nil},
	{"no Host in HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", ok, "", nil},
	{"two Hosts", req("Host: a\r\n\r\n"), ok, "host_repeated", nil},
	{"another host", "GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", ok, "host_differs", []string{`1> head GET "http://a/" HTTP/1.1 scheme "http" authority "a" path "/", 35 bytes`}},
	{"another port", "GET http://a/ HTTP/1.1\r\nHost: a:8080\r\n\r\n", ok, "host_differs", nil},
	{"the same host", "GET http://A:80/ HTTP/1.1\r\nHost: a\r\n\r\n", ok, "", nil},
	{"CONNECT to another host", "CONNECT a:1 HTTP/1.1\r\nHost: b:1\r\n\r\n", "HTTP/1.1 502 \r\nContent-Length: 0\r\n\r\n", "host_differs", nil},
	{"CONNECT, Host without a port", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 502 \r\nContent-Length: 0\r\n\r\n", "", nil},
	{"host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", ok, "host_invalid", nil},
	{"host with a user", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", ok, "host_invalid", nil},
	{"host with a word for a port", "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", ok, "host_invalid", nil},
	{"no host in Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", ok, "host_invalid", nil},

	{"both", req("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"), ok, "content_length_and_transfer_encoding", []string{`1> body "a"`, "1> end"}},
	{"both, in a response", get, resp("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n1\r\na\r\n0\r\n\r\n"), "content_length_and_transfer_encoding", []string{`1< body "a"`, "1< end"}},
	{"both, the length invalid", req("Content-Length: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), ok, "content_length_invalid content_length_and_transfer_encoding", []string{"1> end"}},
	{"repeated", req("Content-Length: 2\r\nContent-Length: 2\r\n\r\nok"), ok, "content_length_repeated", []string{`1> body "ok"`}},
	{"list", req("Content-Length: 2, 2\r\n\r\nok"), ok, "content_length_list", []string{`1> body "ok"`}},
	{"differs", req("Content-Length: 2\r\nContent-Length: 3\r\n\r\nok"), ok, "content_length_differs", []string{"1> end, cut", "> failed: the length of the content cannot be told"}},
	{"differs in a list", req("Content-Length: 0, 3\r\n\r\nok"), ok, "content_length_differs content_length_list", []string{"1> end, cut"}},
	{"differs in a response", get, resp("Content-Length: 2\r\nContent-Length: 3\r\n\r\nok" + ok), "content_length_differs", []string{`1< body "ok` + strings.Trim(strconv.Quote(ok), `"`) + `"`, "1< end"}},
	{"signed", req("Content-Length: +2\r\n\r\nok"), ok, "content_length_signed", []string{"1> end, cut"}},
	{"negative", get, resp("Content-Length: -1\r\n\r\nok"), "content_length_signed", []string{`1< body "ok"`, "1< end"}},
	{"hex", req("Content-Length: 0x2\r\n\r\nok"), ok, "content_length_hex", []string{"1> end, cut"}},
	{"hex without 0x", req("Content-Length: 1f\r\n\r\nok"), ok, "content_length_hex", []string{"1> end, cut"}},
	{"overflow", req("Content-Length: 18446744073709551618\r\n\r\nok"), ok, "content_length_overflow", []string{"1> end, cut"}},
	{"2^63", req("Content-Length: 9223372036854775808\r\n\r\nok"), ok, "content_length_overflow", []string{"1> end, cut"}},
	{"2^63-1", req("Content-Length: 9223372036854775807\r\n\r\nok"), ok, "unfinished_body", []string{`1> body "ok"`}},
	{"no length", req("Content-Length:\r\n\r\nok"), ok, "content_length_invalid", []string{"1> end, cut"}},
	{"two numbers", req("Content-Length: 2 2\r\n\r\nok"), ok, "content_length_invalid", []string{"1> end, cut"}},
	{"a vertical tab", req("Content-Length: \v2\r\n\r\nok"), ok, "control_character content_length_invalid", []string{"1> end, cut"}},
	{"a fraction", req("Content-Length: 2.0\r\n\r\nok"), ok, "content_length_invalid", []string{"1> end, cut"}},
	{"an element is missing", req("Content-Length: 2,\r\n\r\nok"), ok, "content_length_invalid content_length_list", []string{"1> end, cut"}},
	{"padded", req("Content-Length: \t2 \r\n\r\nok"), ok, "content_length_padded", []string{`1> body "ok"`}},
	{"octal?", req("Content-Length: 010\r\n\r\n0123456789"), ok, "content_length_padded", []string{`1> body "0123456789"`}},
	{"length on 204", get, "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", "content_length_not_allowed", nil},
	{"coding on 1xx", get, "HTTP/1.1 100 Continue\r\nTransfer-Encoding: chunked\r\n\r\n" + ok, "transfer_encoding_not_allowed", []string{"1< end"}},
	{"no length at all", get, resp("\r\nbody"), "length_missing", []string{`1< body "body"`, "1< end"}},
	{"no length, but close", get, resp("Connection: foo, Close\r\n\r\nbody"), "", []string{`1< body "body"`, "1< end"}},
	{"GET with content", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", ok, "content_unexpected", nil},

	{"coding in HTTP/1.0", "POST / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + get, ok + ok, "transfer_encoding_http10 after_close", []string{"1> end", "2> end"}},
	{"two codings", req("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), ok, "transfer_encoding_repeated transfer_coding", []string{"1> end"}},
	{"letter case", req("Transfer-Encoding: Chunked\r\n\r\n0\r\n\r\n"), ok, "transfer_encoding_obfuscated", []string{"1> end"}},
	{"tab", req("Transfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n"), ok, "transfer_encoding_obfuscated", []string{"1> end"}},
	{"space after it", req("Transfer-Encoding: chunked \r\n\r\n0\r\n\r\n"), ok, "transfer_encoding_obfuscated", []string{"1> end"}},
	{"an empty element", req("Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n"), ok, "transfer_encoding_obfuscated", []string{"1> end"}},
	{"xchunked", req("Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"), ok, "transfer_encoding_obfuscated transfer_encoding_unknown chunked_not_last", []string{"1> end, cut"}},
	{"quoted", req("Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n"), ok, "transfer_encoding_obfuscated transfer_encoding_unknown chunked_not_last", []string{"1> end, cut"}},
	{"parameter", req("Transfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n"), ok, "transfer_encoding_obfuscated transfer_encoding_unknown chunked_not_last", []string{"1> end, cut"}},
	{"vertical tab", req("Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n"), ok, "control_character transfer_encoding_obfuscated transfer_encoding_unknown chunked_not_last", []string{"1> end, cut"}},
	{"chunked space identity", req("Transfer-Encoding: chunked identity\r\n\r\n0\r\n\r\n"), ok, "transfer_encoding_obfuscated transfer_encoding_unknown chunked_not_last", []string{"1> end, cut"}},
	{"nothing", req("Transfer-Encoding:\r\n\r\n0\r\n\r\n"), ok, "transfer_encoding_obfuscated chunked_not_last", []string{"1> end, cut"}},
	{"unknown coding", get, resp("Transfer-Encoding: cow\r\n\r\nmoo"), "transfer_encoding_unknown chunked_not_last", []string{`1< body "moo"`, "1< end"}},
	{"unknown coding, then chunked", req("Transfer-Encoding: cow, chunked\r\n\r\n0\r\n\r\n"), ok, "transfer_encoding_unknown", []string{"1> end"}},
	{"identity", req("Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nok"), ok, "transfer_encoding_identity content_length_and_transfer_encoding", []string{`1> body "ok"`, "1> end"}},
	{"chunked, identity", req("Transfer-Encoding: chunked, identity\r\n\r\n"), ok, "chunked_not_last transfer_coding", []string{"1> end, cut"}},
	{"chunked, and identity", req("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n"), ok, "transfer_encoding_repeated chunked_not_last transfer_coding", []string{"1> end, cut"}},
	{"gzip, chunked", get, resp("Transfer-Encoding: gzip, chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"), "transfer_coding", []string{`1< body "x"`, "1< end"}},
	{"gzip", get, resp("Transfer-Encoding: gzip\r\nContent-Length: 1\r\n\r\nxyz"), "chunked_not_last transfer_coding content_length_and_transfer_encoding", []string{`1< body "xyz"`, "1< end"}},
	{"letters of Unicode", req("Transfer-Encoding: chun\u212aed\r\n\r\n0\r\n\r\n"), ok, "transfer_encoding_obfuscated transfer_encoding_unknown chunked_not_last", []string{"1> end, cut"}},
	{"a space of Latin-1", req("Transfer-Encoding:\xa0chunked\r\n\r\n0\r\n\r\n"), ok, "transfer_encoding_obfuscated transfer_encoding_unknown chunked_not_last", []string{"1> end, cut"}},
	{"chunked twice", req("Transfer-Encoding: chunked, chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"), ok, "chunked_repeated", []string{`1> body "a"`, "1> end"}},

	{"extension", req("Transfer-Encoding: chunked\r\n\r\n1;a\r\na\r\n1;b\r\na\r\n0\r\n\r\n"), ok, "chunk_extension", []string{`1> body "aa"`, "1> end"}},
	{"extension with a CR", req("Transfer-Encoding: chunked\r\n\r\n1;a\rb\r\na\r\n0\r\n\r\n"), ok, "chunk_extension bare_cr", []string{`1> body "a"`, "1> end"}},
	{"size of 0x1", req("Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n"), ok, "chunk_size_invalid unfinished_body", []string{"1> end, cut", "> failed: a chunk's size is missing or invalid"}},
	{"size of +1", req("Transfer-Encoding: chunked\r\n\r\n+1\r\na\r\n0\r\n\r\n"), ok, "chunk_size_invalid unfinished_body", nil},
	{"size after a space", req("Transfer-Encoding: chunked\r\n\r\n 1\r\na\r\n0\r\n\r\n"), ok, "chunk_size_invalid unfinished_body", nil},
	{"no size", req("Transfer-Encoding: chunked\r\n\r\n\r\n1\r\na\r\n0\r\n\r\n"), ok, "chunk_size_invalid unfinished_body", nil},
	{"size overflow", req("Transfer-Encoding: chunked\r\n\r\n10000000000000001\r\na\r\n0\r\n\r\n"), ok, "chunk_size_overflow unfinished_body", []string{"1> end, cut"}},
	{"size of 2^63", req("Transfer-Encoding: chunked\r\n\r\n8000000000000000\r\na\r\n0\r\n\r\n"), ok, "chunk_size_overflow unfinished_body", []string{"1> end, cut"}},
	{"size padded with a space", req("Transfer-Encoding: chunked\r\n\r\n1 \r\na\r\n0 ;x\r\n\r\n"), ok, "chunk_size_padded chunk_extension", []string{`1> body "a"`, "1> end"}},
	{"size padded with zeros", req("Transfer-Encoding: chunked\r\n\r\n00000000000000001\r\na\r\n0\r\n\r\n"), ok, "chunk_size_padded", []string{`1> body "a"`, "1> end"}},
	{"bare LF after a size", req("Transfer-Encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n"), ok, "chunk_bare_lf", []string{`1> body "a"`, "1> end"}},
	{"bare LF after data", req("Transfer-Encoding: chunked\r\n\r\n1\r\na\n0\r\n\r\n"), ok, "chunk_bare_lf", []string{`1> body "a"`, "1> end"}},
	{"no line end after data", req("Transfer-Encoding: chunked\r\n\r\n1\r\na0\r\n\r\n"), ok, "chunk_end_missing unfinished_body", []string{"1> end, cut", "> failed: no line end after a chunk's data"}},
	{"two CRs after data", req("Transfer-Encoding: chunked\r\n\r\n1\r\na\r\r\n0\r\n\r\n"), ok, "chunk_end_missing unfinished_body", nil},

	{"body on 204", get, "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok", "content_length_not_allowed body_not_allowed", []string{`< failed: no status line begins with "ok"`}},
	{"body on 204, longer", get, "HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n<html/>", "content_length_not_allowed body_not_allowed", []string{`< failed: no status line begins with "<html"`}},
	{"body on 304", get, "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "body_not_allowed", nil},
	{"stray bytes of the client", get + "\x00\x00", ok, "stray_bytes", []string{`> failed: no request line with a version begins with "\x00"`}},
	{"stray bytes of the server", get, ok + "abcde", "stray_bytes", nil},
	{"response without a request", get, ok + ok, "response_without_request", []string{"2< end"}},
	{"after close", req("Connection: close\r\n\r\n") + get, ok + ok, "after_close", []string{"2> end"}},
	{"after the server's close", get + get, resp("Connection: close\r\nContent-Length: 0\r\n\r\n") + ok, "after_close", []string{"2< end"}},
	{"101 unasked", get, "HTTP/1.1 101 Hello\r\nUpgrade: Foo/2, bar\r\n\r\nxyz", "upgrade_without_connection switch_unasked", []string{`1= switch to "foo/2, bar"`, `1< tunnel "xyz"`}},
	{"unfinished head", get + "GET / HT", ok, "unfinished_head", nil},
	{"unfinished body", req("Content-Length: 5\r\n\r\nok"), ok, "unfinished_body", []string{"1> end, cut"}},
	{"unfinished chunks", get, resp("Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"), "unfinished_body", []string{"1< end, cut"}},
	{"unfinished trailers", get, resp("Transfer-Encoding: chunked\r\n\r\n0\r\n"), "unfinished_body", []string{"1< end, cut"}},
}

// TestAnomalies holds that each oddity is told by its codes and no others, and
// that every code is among them.
func TestAnomalies(t *testing.T) {
	met := map[httpmsg.AnomalyCode]bool{}
	for _, c := range oddities {
		t.Run(c.name, func(t *testing.T) {
			steps := []step{sent(true, c.up), {do: "end", up: true}, sent(false, c.down), {do: "end"}}
			calls := play(t, steps, whole)
			var got []string
			for _, line := range calls {
				if _, code, ok := strings.Cut(line, "anomaly "); ok {
					code, _, _ = strings.Cut(code, ":")
					got = append(got, code)
					met[httpmsg.AnomalyCode(code)] = true
				}
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("%q, not %q:\n%s", got, c.want, strings.Join(calls, "\n"))
			}
			for _, want := range c.calls {
				if !slices.Contains(calls, want) {
					t.Errorf("no call %s in\n%s", want, strings.Join(calls, "\n"))
				}
			}
			checkCuts(t, steps, calls)
		})
	}
	for _, code := range Codes() {
		if !met[code] {
			t.Errorf("nothing has %s", code)
		}
	}
}

func TestCodes(t *testing.T) { codes.Constants(t, Codes()) }

func TestDocumented(t *testing.T) { codes.Documented(t, "HTTP/1", Codes()) }
