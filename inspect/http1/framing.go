package http1

import (
	"math"
	"strings"

	"tlsmitm/inspect/httpmsg"
)

// framing is how the content of a message is delimited (RFC 9112, section 6.3).
type framing uint8

const (
	noContent  framing = iota
	sized              // by its length
	chunked            // by the chunked transfer coding
	untilEnd           // by the end of the connection
	unreadable         // by nothing that can be relied on
)

// facts are what the fields of a head say about the message and the connection.
type facts struct {
	length    int64 // of Content-Length
	hasLength bool
	badLength bool // Content-Length is no length, or several

	coded       bool // there is a Transfer-Encoding that counts
	lastChunked bool // chunked is the last coding

	host    string
	hosts   int
	close   bool // Connection has the option
	keep    bool // the same of keep-alive
	named   bool // the same of upgrade
	upgrade string
	expects int
}

// survey reads the fields that matter to the framing and the connection.
func survey(fields httpmsg.Fields, f *findings) facts {
	var a facts
	var lengths, encodings, cookies int
	var encoding string
	for i := range fields {
		name, value := fields[i].Name, fields[i].Value
		switch {
		case len(name) < 4 || len(name) > 17:
		case httpmsg.SameName(name, "Content-Length"):
			lengths++
			a.contentLength(value, lengths > 1, f)
		case httpmsg.SameName(name, "Transfer-Encoding"):
			encodings++
			encoding = value
		case httpmsg.SameName(name, "Host"):
			if a.hosts++; a.hosts == 1 {
				a.host = value
			}
		case httpmsg.SameName(name, "Connection"):
			a.connection(value, f)
		case httpmsg.SameName(name, "Upgrade") && a.upgrade == "":
			a.upgrade = value
		case httpmsg.SameName(name, "Cookie"):
			cookies++
		case httpmsg.SameName(name, "Expect"):
			if a.expects++; a.expects > 1 || !httpmsg.SameName(value, "100-continue") {
				f.quote(ExpectInvalid, value)
			}
		}
	}
	switch {
	case encodings == 1 && encoding == "chunked":
		a.coded, a.lastChunked = true, true
	case encodings > 0:
		a.transferEncoding(fields.Values("Transfer-Encoding"), f)
	}
	if lengths > 0 && encodings > 0 {
		f.add(ContentLengthAndTransferEncoding, "")
	}
	if cookies > 1 {
		f.add(CookieRepeated, "")
	}
	if a.upgrade != "" && !a.named {
		f.quote(UpgradeWithoutConnection, a.upgrade)
	}
	return a
}

// contentLength reads one Content-Length field (RFC 9112, section 6.3, item 5).
func (a *facts) contentLength(value string, again bool, f *findings) {
	list := strings.IndexByte(value, ',') >= 0
	for element := range strings.SplitSeq(value, ",") {
		element = strings.Trim(element, ows)
		n, code := parseLength(element)
		switch {
		case code != "":
			f.quote(code, value)
			a.badLength = true
		case a.hasLength && n != a.length:
			f.quote(ContentLengthDiffers, value)
			a.badLength = true
		case a.hasLength && again:
			f.quote(ContentLengthRepeated, value)
		}
		if code == "" && !a.hasLength {
			a.length, a.hasLength = n, true
		}
	}
	if list {
		f.quote(ContentLengthList, value)
	}
}

// parseLength reads a Content-Length (RFC 9110, section 8.6), or says what is
// wrong with it.
func parseLength(s string) (int64, httpmsg.AnomalyCode) {
	var n int64
	overflow := false
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, notALength(s)
		}
		d := int64(s[i] - '0')
		if n > (math.MaxInt64-d)/10 {
			overflow = true
			continue
		}
		n = n*10 + d
	}
	switch {
	case s == "":
		return 0, ContentLengthInvalid
	case overflow:
		return 0, ContentLengthOverflow
	}
	return n, ""
}

func notALength(s string) httpmsg.AnomalyCode {
	if s[0] == '+' || s[0] == '-' {
		return ContentLengthSigned
	}
	if strings.Trim(strings.TrimPrefix(httpmsg.Lower(s), "0x"), "0123456789abcdef") == "" {
		return ContentLengthHex
	}
	return ContentLengthInvalid
}

// transferEncoding reads all Transfer-Encoding fields, which make one list
// (RFC 9112, section 6.1).
func (a *facts) transferEncoding(values []string, f *findings) {
	if len(values) > 1 {
		f.add(TransferEncodingRepeated, "")
	}
	list := strings.Join(values, ", ")
	var codings, chunks, others int
	var last string
	for element := range strings.SplitSeq(list, ",") {
		coding := strings.Trim(element, ows)
		lower := httpmsg.Lower(coding)
		odd := coding == "" || lower != coding || strings.IndexByte(element, '\t') >= 0
		if odd || lower != "chunked" && (strings.Contains(lower, "chu") || strings.Contains(lower, "nked")) {
			f.quote(TransferEncodingObfuscated, list)
		}
		if coding == "" {
			continue
		}
		codings++
		last = lower
		switch {
		case lower == "chunked":
			chunks++
		case knownCoding(lower):
			others++
		default:
			f.quote(TransferEncodingUnknown, coding)
		}
	}
	if codings == 1 && last == "identity" {
		f.add(TransferEncodingIdentity, "")
		return
	}
	a.coded, a.lastChunked = true, last == "chunked"
	if !a.lastChunked {
		f.quote(ChunkedNotLast, list)
	}
	if chunks > 1 {
		f.quote(ChunkedRepeated, list)
	}
	if others > 0 {
		f.quote(TransferCoding, list)
	}
}

// knownCoding: the HTTP Transfer Coding Registry, chunked left out, and identity.
func knownCoding(lower string) bool {
	switch lower {
	case "gzip", "x-gzip", "deflate", "compress", "x-compress", "identity":
		return true
	}
	return false
}

// Codings returns the transfer codings that are left on the content as it is
// told through Body, in the order in which they were applied: all but a chunked
// that comes last (RFC 9112, section 6.1).
func Codings(fields httpmsg.Fields) []string {
	var codings []string
	for _, value := range fields.Values("Transfer-Encoding") {
		for element := range strings.SplitSeq(value, ",") {
			if coding := httpmsg.Lower(strings.Trim(element, ows)); coding != "" {
				codings = append(codings, coding)
			}
		}
	}
	if n := len(codings); n > 0 && codings[n-1] == "chunked" {
		return codings[:n-1]
	}
	if len(codings) == 1 && codings[0] == "identity" {
		return nil
	}
	return codings
}

// connection reads the options of one Connection field (RFC 9110, section 7.6.1).
func (a *facts) connection(value string, f *findings) {
	for option := range strings.SplitSeq(value, ",") {
		option = strings.Trim(option, ows)
		switch {
		case httpmsg.SameName(option, "close"):
			a.close = true
		case httpmsg.SameName(option, "keep-alive"):
			a.keep = true
		case httpmsg.SameName(option, "upgrade"):
			a.named = true
		default:
			for _, name := range endToEnd {
				if httpmsg.SameName(option, name) {
					f.quote(ConnectionOption, option)
				}
			}
		}
	}
}

// endToEnd are fields that servers decide by, and that a Connection option has
// a proxy remove.
var endToEnd = []string{
	"Content-Length", "Transfer-Encoding", "Host", "Cookie", "Authorization", "Cache-Control", "Content-Type", "Content-Encoding",
	"Origin", "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP",
}

// closes says whether the message is to be the last in its direction (RFC
// 9112, sections 9.3 and 9.6).
func (a *facts) closes(p httpmsg.Protocol) bool {
	return a.close || isHTTP10(p) && (!a.keep || a.coded)
}

// request decides how the content of a request is delimited.
func (a *facts) request(h *httpmsg.Head, f *findings) framing {
	how := a.declared(noContent, unreadable)
	if a.coded && isHTTP10(h.Protocol) {
		f.add(TransferEncodingHTTP10, "")
	}
	if how == noContent && a.expects > 0 {
		f.add(ExpectInvalid, "without content")
	}
	if how != noContent {
		switch h.Method {
		case "GET", "HEAD", "DELETE", "CONNECT", "TRACE":
			f.add(ContentUnexpected, h.Method)
		}
	}
	return how
}

// response decides the same of a response, for the kind of request that it answers.
func (a *facts) response(h *httpmsg.Head, k kind, f *findings) framing {
	if a.coded && isHTTP10(h.Protocol) {
		f.add(TransferEncodingHTTP10, "")
	}
	if h.Status/100 == 1 || h.Status == 204 || k == connect && h.Status < 300 {
		if a.hasLength || a.badLength {
			f.add(ContentLengthNotAllowed, "")
		}
		if a.coded {
			f.add(TransferEncodingNotAllowed, "")
		}
		return noContent
	}
	if k == head || h.Status == 304 {
		return noContent
	}
	how := a.declared(untilEnd, untilEnd)
	if how == untilEnd && !a.coded && !a.badLength && !a.closes(h.Protocol) {
		f.add(LengthMissing, "")
	}
	return how
}

// declared is what the fields say (RFC 9112, section 6.3, items 4 to 6).
func (a *facts) declared(absent, bad framing) framing {
	switch {
	case a.coded && a.lastChunked:
		return chunked
	case a.coded || a.badLength:
		return bad
	case !a.hasLength:
		return absent
	case a.length == 0:
		return noContent
	}
	return sized
}
