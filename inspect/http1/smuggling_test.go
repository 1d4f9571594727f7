package http1

import (
	"strings"
	"testing"
)

// read is what is made of the client's bytes: the requests, the contents, and the
// codes of the anomalies.
type read struct {
	requests, contents []string
	codes              []string
	failed             bool
}

// readRequests reads what a client sends. Every request is answered at once.
func readRequests(t *testing.T, up string) read {
	t.Helper()
	var r read
	steps := []step{sent(true, up), {do: "end", up: true}, {do: "end"}}
	calls := play(t, steps, whole)
	checkCuts(t, steps, calls)
	for _, line := range calls {
		switch words := strings.SplitN(line, " ", 4); {
		case strings.HasPrefix(line, " "):
		case words[1] == "head":
			r.requests = append(r.requests, words[2])
		case words[1] == "body":
			r.contents = append(r.contents, strings.Trim(strings.SplitN(line, " ", 3)[2], `"`))
		case words[1] == "anomaly":
			r.codes = append(r.codes, strings.TrimSuffix(words[2], ":"))
		case words[1] == "failed:":
			r.failed = true
		}
	}
	return r
}

// TestTransferEncodingVariants has Transfer-Encoding written in every way that is
// known to have set two readers at odds (TE.TE), next to a length. It holds that
// each is told by more than both being there, and which of them counts.
func TestTransferEncodingVariants(t *testing.T) {
	const chunked, length, refused = "chunked", "length", "refused"
	for _, c := range []struct{ field, counts string }{
		{"Transfer-Encoding : chunked", chunked},
		{"Transfer-Encoding\t:\tchunked", chunked},
		{"Transfer-Encoding:\tchunked", chunked},
		{"Transfer-Encoding:  chunked", chunked},
		{"Transfer-Encoding: chunked ", chunked},
		{"Transfer-Encoding: chunked\t", chunked},
		{"Transfer-Encoding: CHUNKED", chunked},
		{"TRANSFER-ENCODING: cHuNkEd", chunked},
		{"Transfer-Encoding:\r\n chunked", chunked},
		{"Transfer-Encoding: \r\n\tchunked", chunked},
		{"X: y\nTransfer-Encoding: chunked", chunked},
		{"Transfer-Encoding: chunked, chunked", chunked},
		{"Transfer-Encoding: cow, chunked", chunked},
		{"Transfer-Encoding: identity, chunked", chunked},
		{"Transfer-Encoding: , chunked", chunked},
		{"Transfer-Encoding: chunked,", chunked},
		{"Transfer-Encoding: cow\r\nTransfer-Encoding: chunked", chunked},
		{"Transfer-Encoding: chunked\r\nConnection: Transfer-Encoding", chunked},

		{"Transfer-Encoding: xchunked", refused},
		{"Transfer-Encoding: chunkedx", refused},
		{"Transfer-Encoding: chunk", refused},
		{"Transfer-Encoding: chunked, cow", refused},
		{"Transfer-Encoding: chunked, identity", refused},
		{"Transfer-Encoding: chunked\r\nTransfer-Encoding: cow", refused},
		{"Transfer-Encoding: chunked\r\nTransfer-encoding: identity", refused},
		{"Transfer-Encoding: \"chunked\"", refused},
		{"Transfer-Encoding: 'chunked'", refused},
		{"Transfer-Encoding: chunked;q=1", refused},
		{"Transfer-Encoding: chunked foo", refused},
		{"Transfer-Encoding: \vchunked", refused},
		{"Transfer-Encoding: \x0cchunked", refused},
		{"Transfer-Encoding: \x00chunked", refused},
		{"Transfer-Encoding: chunked\x00", refused},
		{"Transfer-Encoding: \xa0chunked", refused},
		{"Transfer-Encoding: chunked\xff", refused},
		{"Transfer-Encoding: ch\xc3\xb9nked", refused},
		{"Transfer-Encoding: chun\xe2\x84\xaaed", refused},
		{"Transfer-Encoding: chunked\r", refused},
		{"Transfer-Encoding: \rchunked", refused},
		{"Transfer-Encoding: \n\vchunked", refused},
		{"Transfer-Encoding:", refused},
		{"Transfer-Encoding: gzip", refused},

		{"Transfer Encoding: chunked", length},
		{"Transfer_Encoding: chunked", length},
		{"Transfer-Encoding-: chunked", length},
		{"\rTransfer-Encoding: chunked", length},
		{"Transfer\r-Encoding: chunked", length},
		{"Transfer-Encoding\r: chunked", length},
		{"Transfer-Encoding\x00: chunked", length},
		{"Transfer-Encoding\xa0: chunked", length},
		{"Transfer\\Encoding: chunked", length},
		{"Transf\x82r-Encoding: chunked", length},
		{"\x00Transfer-Encoding: chunked", length},
		{"Transfer-Encoding x: chunked", length},
		{"X: y\r\n Transfer-Encoding: chunked", length},
		{"X: y\rTransfer-Encoding: chunked", length},
		{"X: \r\n\vTransfer-Encoding: chunked", length},
		{"Transfer-Encoding chunked", length},
		{":Transfer-Encoding: chunked", length},
		{"Transfer-Encoding: identity", length},
		{"Content-Encoding: chunked", length},
	} {
		got := readRequests(t, "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n"+c.field+"\r\n\r\n0\r\n\r\nxx")
		how := length
		switch {
		case got.failed && len(got.contents) == 0 && len(got.codes) > 0 && got.codes[len(got.codes)-1] != string(StrayBytes):
			how = refused
		case len(got.contents) == 0:
			how = chunked
		}
		told := 0
		for _, code := range got.codes {
			if code != string(ContentLengthAndTransferEncoding) && code != string(UnfinishedHead) && code != string(StrayBytes) {
				told++
			}
		}
		if how != c.counts || told == 0 {
			t.Errorf("%q: %s, not %s: %+v", c.field, how, c.counts, got)
		}
	}
}

// TestContentLengthVariants holds the same of Content-Length.
func TestContentLengthVariants(t *testing.T) {
	const seven, none, refused = "0000001", "", "refused"
	for _, c := range []struct{ field, counts string }{
		{"Content-Length : 7", seven}, {"Content-Length:\t7", seven}, {"Content-Length:  7", seven}, {"Content-Length: 7 ", seven},
		{"Content-Length: 07", seven}, {"Content-Length:\r\n 7", seven}, {"Content-Length: 7\r\nContent-Length: 7", seven},
		{"Content-Length: 7, 7", seven}, {"X: y\nContent-Length: 7", seven}, {"Content-Length: 7\r\nConnection: content-length", seven},

		{"Content-Length: +7", refused}, {"Content-Length: -7", refused}, {"Content-Length: 0x7", refused}, {"Content-Length: 7.0", refused},
		{"Content-Length: 7e0", refused}, {"Content-Length: 7 7", refused}, {"Content-Length: 7;", refused}, {"Content-Length: 7,", refused},
		{"Content-Length: ,7", refused}, {"Content-Length: 7, 8", refused}, {"Content-Length: 7\r\nContent-Length: 0", refused},
		{"Content-Length: 0\r\nContent-Length: 7", refused}, {"Content-Length: 7\r\n 7", refused}, {"Content-Length: \v7", refused},
		{"Content-Length: 7\x00", refused}, {"Content-Length: 7\r", refused}, {"Content-Length: \xa07", refused}, {"Content-Length: \"7\"", refused},
		{"Content-Length: 18446744073709551623", refused}, {"Content-Length: 4294967303000000000000", refused}, {"Content-Length: 7_", refused},
		{"Content-Length: \xef\xbc\x97", refused}, {"Content-Length:", refused}, {"Content-Length: x\r\nContent-Length: 7", refused},

		{"Content Length: 7", none}, {"Content_Length: 7", none}, {"Content-Length\x00: 7", none}, {"Content-Length\r: 7", none}, {"\rContent-Length: 7", none},
		{"X: y\r\n Content-Length: 7", none}, {"X: y\rContent-Length: 7", none}, {"Content-Length 7", none}, {"ContentLength: 7", none},
		{"Content--Length: 7", none}, {":Content-Length: 7", none},
	} {
		got := readRequests(t, "POST /1 HTTP/1.1\r\nHost: a\r\n"+c.field+"\r\n\r\n0000001")
		how := strings.Join(got.contents, "")
		if got.failed && how == "" {
			how = refused
		}
		told := 0
		for _, code := range got.codes {
			if code != string(UnfinishedHead) {
				told++
			}
		}
		if how != c.counts || told == 0 {
			t.Errorf("%q: %q, not %q: %+v", c.field, how, c.counts, got)
		}
	}
}

// TestSmuggling holds what RFC 9112 makes of the attacks that are known by name,
// and what is told of them.
func TestSmuggling(t *testing.T) {
	post := func(fields, content string) string {
		return "POST /1 HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + content
	}
	te := "Transfer-Encoding: chunked\r\n"
	inner := "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n"
	for _, c := range []struct {
		name, up string
		requests string
		contents string
		codes    string
	}{
		{"CL.TE", post("Content-Length: 6\r\n"+te, "0\r\n\r\nG"), "POST", "", "content_length_and_transfer_encoding unfinished_head"},
		{"CL.TE, a whole request", post("Content-Length: 33\r\n"+te, "0\r\n\r\n"+inner), "POST GET", "", "content_length_and_transfer_encoding"},
		{"TE.CL", post("Content-Length: 4\r\n"+te, "1c\r\n"+inner+"\r\n0\r\n\r\n"), "POST", escaped(inner), "content_length_and_transfer_encoding"},
		{"CL.0", post("Content-Length: 28\r\n", inner), "POST", escaped(inner), ""},
		{"CL.0 with GET", strings.Replace(post("Content-Length: 28\r\n", inner), "POST", "GET", 1), "GET", escaped(inner), "content_unexpected"},
		{"TE.0", strings.Replace(post(te, "1c\r\n"+inner+"\r\n0\r\n\r\n"), "POST", "OPTIONS", 1), "OPTIONS", escaped(inner), ""},
		{"0.CL by expectation", post("Expect: y 100-continue\r\nContent-Length: 28\r\n", inner), "POST", escaped(inner), "expect_invalid"},
		{"CL.CL", post("Content-Length: 0\r\nContent-Length: 28\r\n", inner), "POST", "", "content_length_differs"},
		{"H2.CL", post("content-length: 0\r\n", inner), "POST GET", "", ""},
		{"H2.TE by injected line ends", post("x: y\r\ntransfer-encoding: chunked\r\ncontent-length: 33\r\n", "0\r\n\r\n"+inner), "POST GET", "", "content_length_and_transfer_encoding"},
		{"H2, a method that is a request line", "GET / HTTP/1.1\r\nHost: b\r\n\r\nx /1 HTTP/1.1\r\nHost: a\r\n\r\n", "GET x", "", ""},
		{"H2, spaces in the method", "GET /2 HTTP/1.1 /1 HTTP/1.1\r\nHost: a\r\n\r\n", "GET", "", "target_invalid"},
		{"H2, an authority that is a field too", post("host: b\r\n", ""), "POST", "", "host_repeated"},
		{"H2, pseudo-header fields", post(":path: /2\r\n:method: GET\r\n", ""), "POST", "", "pseudo_field"},
		{"H2, crumbs of a cookie", post("cookie: a=b\r\ncookie: c=d\r\n", ""), "POST", "", "cookie_repeated"},
		{"H2, a name with a colon", post("x: y: transfer-encoding: chunked\r\n", ""), "POST", "", ""},
		{"H2, a name with a line end", post("x:\ntransfer-encoding: chunked\r\n", "0\r\n\r\n"), "POST", "", "bare_lf"},
		{"chunk, TERM.EXT", post(te, "2;\nxx\r\n1c\r\n"+inner+"\r\n0\r\n\r\n"), "POST", "xx" + escaped(inner), "chunk_bare_lf chunk_extension"},
		{"chunk, EXT.TERM", post(te, "2;\rxx\r\nab\r\n0\r\n\r\n"), "POST", "ab", "chunk_extension bare_cr"},
		{"chunk, a CR in the size", post(te, "2\rxx\r\nab\r\n0\r\n\r\n"), "POST", "", "chunk_size_invalid unfinished_body"},
		{"chunk, TERM.SPILL", post(te, "5\r\nAAAAAXX2\r\n45\r\n0\r\n\r\n"), "POST", "AAAAA", "chunk_end_missing unfinished_body"},
		{"chunk, ONE.TWO", post(te, "2\r\nab\n0\r\n\r\n"), "POST", "ab", "chunk_bare_lf"},
		{"chunk, ZERO.TWO", post(te, "2\r\nab0\r\n\r\n"), "POST", "ab", "chunk_end_missing unfinished_body"},
		{"chunk, 0x", post(te, "0x2\r\nab\r\n0\r\n\r\n"), "POST", "", "chunk_size_invalid unfinished_body"},
		{"chunk, 2^64 and 2", post(te, "10000000000000002\r\nab\r\n0\r\n\r\n"), "POST", "", "chunk_size_overflow unfinished_body"},
		{"chunk, -1", post(te, "-1\r\nab\r\n0\r\n\r\n"), "POST", "", "chunk_size_invalid unfinished_body"},
		{"chunk, an extension of line ends", post(te, "2;a=\"\r\nab\r\n0\r\n\r\n"), "POST", "ab", "chunk_extension"},
		{"trailers that are a request", post(te, "0\r\n"+inner), "POST", "", "field_without_colon trailer_forbidden"},
		{"trailers with a length", post(te, "0\r\nContent-Length: 28\r\n\r\n"+inner), "POST GET", "", "trailer_forbidden"},
		{"no end of the head", "POST /1 HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\r\n" + inner, "POST", "", "field_without_colon bare_cr host_repeated"},
		{"a space ends no head", "POST /1 HTTP/1.1\r\nHost: a\r\n \r\nX: y\r\n\r\n" + inner, "POST GET", "", "obs_fold"},
		{"the target has the end of the head", "GET /1 HTTP/1.1\n\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n", "GET GET", "", "bare_lf host_missing"},
		{"HTTP/1.0 with both", "POST /1 HTTP/1.0\r\nContent-Length: 33\r\n" + te + "\r\n0\r\n\r\n" + inner, "POST GET", "", "content_length_and_transfer_encoding transfer_encoding_http10 after_close"},
		{"hop by hop", post("Connection: close, X-Forwarded-For\r\n", ""), "POST", "", "connection_option"},
		{"pause, or a request cut short", post("Content-Length: 28\r\n", "GET /2"), "POST", "GET /2", "unfinished_body"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := readRequests(t, c.up)
			if r, b, a := strings.Join(got.requests, " "), strings.Join(got.contents, " "), strings.Join(got.codes, " "); r != c.requests || b != c.contents || a != c.codes {
				t.Errorf("requests %q, contents %q, anomalies %q", r, b, a)
			}
		})
	}
}

func escaped(s string) string { return strings.NewReplacer("\r", `\r`, "\n", `\n`).Replace(s) }
