package http1

import (
	"fmt"
	"slices"
	"strconv"

	"tlsmitm/inspect/httpmsg"
)

// Start lines.
const (
	// EmptyLine: empty lines before a start line, which a client must not send
	// and a server should skip (RFC 9112, section 2.2).
	EmptyLine httpmsg.AnomalyCode = "empty_line"
	// RequestLineWhitespace: other whitespace than one space between the parts
	// of a request line, or around them (RFC 9112, section 3).
	RequestLineWhitespace httpmsg.AnomalyCode = "request_line_whitespace"
	// StatusLineWhitespace: the same of a status line, or no space after the
	// code, which is due even where there is no reason (RFC 9112, section 4).
	StatusLineWhitespace httpmsg.AnomalyCode = "status_line_whitespace"
	// MethodInvalid: a method with characters that no token has (RFC 9110,
	// sections 9.1 and 5.6.2).
	MethodInvalid httpmsg.AnomalyCode = "method_invalid"
	// TargetInvalid: a request target that is of none of the forms, or of one
	// that the method does not have, or with characters that must be encoded
	// (RFC 9112, section 3.2), or with user information (RFC 9110, section 4.2.4).
	TargetInvalid httpmsg.AnomalyCode = "target_invalid"
	// VersionOdd: an HTTP version other than HTTP/1.0 and HTTP/1.1, letter case
	// included (RFC 9112, section 2.3).
	VersionOdd httpmsg.AnomalyCode = "version_odd"
	// StatusOdd: a status code that is not from 100 to 599 (RFC 9110, section 15).
	StatusOdd httpmsg.AnomalyCode = "status_odd"
)

// Field lines.
const (
	// BareLF: a line of a head or of trailers ends with LF alone (RFC 9112,
	// section 2.2).
	BareLF httpmsg.AnomalyCode = "bare_lf"
	// BareCR: a CR that no LF follows. It ends no line here, and a value that
	// has one says nothing of the framing (RFC 9112, section 2.2).
	BareCR httpmsg.AnomalyCode = "bare_cr"
	// NUL: a NUL byte (RFC 9110, section 5.5).
	NUL httpmsg.AnomalyCode = "nul"
	// ControlCharacter: another control character in a value or a reason (RFC
	// 9110, section 5.5; RFC 9112, section 4).
	ControlCharacter httpmsg.AnomalyCode = "control_character"
	// ObsFold: a field that goes on in the next line (RFC 9112, section 5.2).
	ObsFold httpmsg.AnomalyCode = "obs_fold"
	// SpaceBeforeFields: a line that begins with whitespace between the start
	// line and the first field: it is passed over (RFC 9112, section 2.2).
	SpaceBeforeFields httpmsg.AnomalyCode = "space_before_fields"
	// SpaceBeforeColon: whitespace between a field's name and its colon. The
	// name is read without it (RFC 9112, section 5.1).
	SpaceBeforeColon httpmsg.AnomalyCode = "space_before_colon"
	// FieldWithoutColon: a line that is no field. It is kept as a field without
	// a name (RFC 9112, section 5).
	FieldWithoutColon httpmsg.AnomalyCode = "field_without_colon"
	// FieldNameInvalid: a field name that is empty or has characters that no
	// token has (RFC 9110, section 5.1).
	FieldNameInvalid httpmsg.AnomalyCode = "field_name_invalid"
	// FieldNameLookalike: a field name that is not Content-Length or
	// Transfer-Encoding, but may be taken for it: Transfer_Encoding. It says
	// nothing of the framing here (RFC 9112, section 11.2). So it is with chunked
	// as a content coding.
	FieldNameLookalike httpmsg.AnomalyCode = "field_name_lookalike"
	// PseudoField: a field such as ":path", which only HTTP/2 has (RFC 9113,
	// section 8.3): what made HTTP/1 of it has let it through.
	PseudoField httpmsg.AnomalyCode = "pseudo_field"
	// ConnectionOption: Connection names a field that is meant for all who
	// receive the message, and has it removed on the way (RFC 9110, section 7.6.1).
	ConnectionOption httpmsg.AnomalyCode = "connection_option"
	// UpgradeWithoutConnection: Upgrade that Connection does not name, so that a
	// proxy may pass it on (RFC 9110, section 7.8).
	UpgradeWithoutConnection httpmsg.AnomalyCode = "upgrade_without_connection"
	// ExpectInvalid: an expectation other than 100-continue, or more than one, or
	// one in a request without content (RFC 9110, section 10.1.1).
	ExpectInvalid httpmsg.AnomalyCode = "expect_invalid"
	// CookieRepeated: Cookie more than once, as only HTTP/2 allows (RFC 6265,
	// section 5.4; RFC 9113, section 8.2.3).
	CookieRepeated httpmsg.AnomalyCode = "cookie_repeated"
	// TrailerForbidden: a field that must not come after the content, such as
	// Content-Length (RFC 9110, section 6.5.1).
	TrailerForbidden httpmsg.AnomalyCode = "trailer_forbidden"
)

// Host.
const (
	// HostMissing: an HTTP/1.1 request without Host (RFC 9112, section 3.2).
	HostMissing httpmsg.AnomalyCode = "host_missing"
	// HostRepeated: Host more than once (RFC 9112, section 3.2).
	HostRepeated httpmsg.AnomalyCode = "host_repeated"
	// HostDiffers: Host is not the authority of the target (RFC 9112, section
	// 3.2.2), which counts.
	HostDiffers httpmsg.AnomalyCode = "host_differs"
	// HostInvalid: Host is no host with or without a port (RFC 9110, section 7.2).
	HostInvalid httpmsg.AnomalyCode = "host_invalid"
)

// The length of content: Content-Length (RFC 9110, section 8.6; RFC 9112,
// section 6.2).
const (
	// ContentLengthAndTransferEncoding: both are there, and Transfer-Encoding
	// counts (RFC 9112, section 6.3, item 3).
	ContentLengthAndTransferEncoding httpmsg.AnomalyCode = "content_length_and_transfer_encoding"
	// ContentLengthRepeated: the same length in several fields (RFC 9112,
	// section 6.3, item 5).
	ContentLengthRepeated httpmsg.AnomalyCode = "content_length_repeated"
	// ContentLengthList: the same length several times in one field (RFC 9112,
	// section 6.3, item 5).
	ContentLengthList httpmsg.AnomalyCode = "content_length_list"
	// ContentLengthDiffers: several lengths: the request cannot be read
	// further, the response reaches to the end of the connection (RFC 9112,
	// section 6.3, item 5). So it is with all lengths that are invalid.
	ContentLengthDiffers httpmsg.AnomalyCode = "content_length_differs"
	// ContentLengthSigned: an invalid length: "+5", "-1".
	ContentLengthSigned httpmsg.AnomalyCode = "content_length_signed"
	// ContentLengthHex: an invalid length: "0x5", "1f".
	ContentLengthHex httpmsg.AnomalyCode = "content_length_hex"
	// ContentLengthOverflow: an invalid length: 2^63 or more (RFC 9110, section
	// 8.6, on anticipating large numbers).
	ContentLengthOverflow httpmsg.AnomalyCode = "content_length_overflow"
	// ContentLengthInvalid: another invalid length, such as none.
	ContentLengthInvalid httpmsg.AnomalyCode = "content_length_invalid"
	// ContentLengthPadded: a valid length in an unusual form: with tabs, several
	// spaces, spaces after it, or zeros in front of it.
	ContentLengthPadded httpmsg.AnomalyCode = "content_length_padded"
	// ContentLengthNotAllowed: Content-Length in a 1xx or 204 or a successful
	// answer to CONNECT (RFC 9110, section 8.6).
	ContentLengthNotAllowed httpmsg.AnomalyCode = "content_length_not_allowed"
	// LengthMissing: an HTTP/1.1 response on a connection that would persist,
	// which only the end of the connection ends (RFC 9112, section 6.3, item 8).
	LengthMissing httpmsg.AnomalyCode = "length_missing"
	// ContentUnexpected: content in a request whose method gives it no meaning:
	// GET, HEAD, DELETE, CONNECT, TRACE (RFC 9110, sections 9.3.1 to 9.3.8).
	ContentUnexpected httpmsg.AnomalyCode = "content_unexpected"
)

// Transfer-Encoding (RFC 9112, section 6.1).
const (
	// TransferEncodingNotAllowed: Transfer-Encoding in a 1xx or 204 or a
	// successful answer to CONNECT (RFC 9112, section 6.1).
	TransferEncodingNotAllowed httpmsg.AnomalyCode = "transfer_encoding_not_allowed"
	// TransferEncodingHTTP10: Transfer-Encoding in HTTP/1.0. It counts, and the
	// connection should end with the message (RFC 9112, section 6.1).
	TransferEncodingHTTP10 httpmsg.AnomalyCode = "transfer_encoding_http10"
	// TransferEncodingRepeated: several Transfer-Encoding fields, which make one
	// list (RFC 9110, section 5.3), and which others may read only one of.
	TransferEncodingRepeated httpmsg.AnomalyCode = "transfer_encoding_repeated"
	// TransferEncodingObfuscated: a value that some read as "chunked" and others
	// do not: tabs, letter case, quotes, empty elements, "xchunked". What
	// counts is what RFC 9112, section 7, makes of it.
	TransferEncodingObfuscated httpmsg.AnomalyCode = "transfer_encoding_obfuscated"
	// TransferEncodingUnknown: a coding that is not registered (RFC 9112,
	// section 7.3).
	TransferEncodingUnknown httpmsg.AnomalyCode = "transfer_encoding_unknown"
	// TransferEncodingIdentity: the coding identity, which RFC 7230, appendix
	// A.2, took out. Alone it is no coding (RFC 2616, section 4.4).
	TransferEncodingIdentity httpmsg.AnomalyCode = "transfer_encoding_identity"
	// TransferCoding: a coding beside chunked, which is left on the content.
	// It is allowed (RFC 9112, section 7.2), and rare.
	TransferCoding httpmsg.AnomalyCode = "transfer_coding"
	// ChunkedNotLast: chunked is not the last coding, or codings are there
	// without it: the request cannot be read further, the response reaches to
	// the end of the connection (RFC 9112, section 6.3, item 4).
	ChunkedNotLast httpmsg.AnomalyCode = "chunked_not_last"
	// ChunkedRepeated: chunked more than once. It is taken off once (RFC 9112,
	// section 6.1).
	ChunkedRepeated httpmsg.AnomalyCode = "chunked_repeated"
)

// Chunks (RFC 9112, section 7.1).
const (
	// ChunkExtension: a chunk extension, which is allowed, rare, and read
	// differently (RFC 9112, section 7.1.1).
	ChunkExtension httpmsg.AnomalyCode = "chunk_extension"
	// ChunkSizeInvalid: no chunk size where one is due. The direction cannot be
	// read further.
	ChunkSizeInvalid httpmsg.AnomalyCode = "chunk_size_invalid"
	// ChunkSizeOverflow: a chunk size of 2^63 or more. The direction cannot be
	// read further.
	ChunkSizeOverflow httpmsg.AnomalyCode = "chunk_size_overflow"
	// ChunkSizePadded: a chunk size with whitespace after it, or of more than 16
	// digits because of zeros.
	ChunkSizePadded httpmsg.AnomalyCode = "chunk_size_padded"
	// ChunkBareLF: a line of the chunked coding ends with LF alone, which RFC
	// 9112, section 2.2, allows in heads alone.
	ChunkBareLF httpmsg.AnomalyCode = "chunk_bare_lf"
	// ChunkEndMissing: no line end after a chunk's data. The direction cannot be
	// read further.
	ChunkEndMissing httpmsg.AnomalyCode = "chunk_end_missing"
)

// Messages on a connection.
const (
	// BodyNotAllowed: bytes after a response that has no content but has the
	// fields of one, to HEAD, 204 or 304 (RFC 9112, section 6.3, item 1). The
	// direction cannot be read further.
	BodyNotAllowed httpmsg.AnomalyCode = "body_not_allowed"
	// StrayBytes: bytes that are no message, after one that was complete (RFC
	// 9112, section 9.2). The direction cannot be read further.
	StrayBytes httpmsg.AnomalyCode = "stray_bytes"
	// ResponseWithoutRequest: a response to no request that has been seen (RFC
	// 9112, section 9.2).
	ResponseWithoutRequest httpmsg.AnomalyCode = "response_without_request"
	// AfterClose: a message after one that said it was the last (RFC 9112,
	// section 9.6).
	AfterClose httpmsg.AnomalyCode = "after_close"
	// SwitchUnasked: a 101 to a request without Upgrade (RFC 9110, section 7.8).
	SwitchUnasked httpmsg.AnomalyCode = "switch_unasked"
	// UnfinishedHead: the direction ended within a head (RFC 9112, section 8).
	UnfinishedHead httpmsg.AnomalyCode = "unfinished_head"
	// UnfinishedBody: the direction ended, or could not be read further, within
	// content (RFC 9112, section 8).
	UnfinishedBody httpmsg.AnomalyCode = "unfinished_body"
)

// Codes returns all of the package's codes.
func Codes() []httpmsg.AnomalyCode {
	return []httpmsg.AnomalyCode{
		EmptyLine, RequestLineWhitespace, StatusLineWhitespace, MethodInvalid, TargetInvalid, VersionOdd, StatusOdd,
		BareLF, BareCR, NUL, ControlCharacter, ObsFold, SpaceBeforeFields, SpaceBeforeColon, FieldWithoutColon,
		FieldNameInvalid, FieldNameLookalike, PseudoField, ConnectionOption, UpgradeWithoutConnection,
		ExpectInvalid, CookieRepeated, TrailerForbidden,
		HostMissing, HostRepeated, HostDiffers, HostInvalid,
		ContentLengthAndTransferEncoding, ContentLengthRepeated, ContentLengthList, ContentLengthDiffers,
		ContentLengthSigned, ContentLengthHex, ContentLengthOverflow, ContentLengthInvalid, ContentLengthPadded,
		ContentLengthNotAllowed, LengthMissing, ContentUnexpected,
		TransferEncodingNotAllowed, TransferEncodingHTTP10, TransferEncodingRepeated, TransferEncodingObfuscated,
		TransferEncodingUnknown, TransferEncodingIdentity, TransferCoding, ChunkedNotLast, ChunkedRepeated,
		ChunkExtension, ChunkSizeInvalid, ChunkSizeOverflow, ChunkSizePadded, ChunkBareLF, ChunkEndMissing,
		BodyNotAllowed, StrayBytes, ResponseWithoutRequest, AfterClose, SwitchUnasked, UnfinishedHead, UnfinishedBody,
	}
}

// findings are the anomalies of one message. Each code is told once for each
// message: a head can have a hundred thousand lines.
type findings struct {
	told  []httpmsg.AnomalyCode
	found []httpmsg.Anomaly // not yet told
}

func (f *findings) add(code httpmsg.AnomalyCode, detail string) {
	if slices.Contains(f.told, code) {
		return
	}
	f.told = append(f.told, code)
	f.found = append(f.found, httpmsg.Anomaly{Code: code, Detail: detail})
}

// quote adds an anomaly with what it is about.
func (f *findings) quote(code httpmsg.AnomalyCode, s string) {
	if !slices.Contains(f.told, code) {
		f.add(code, quoted(s))
	}
}

func (f *findings) reset() { f.told, f.found = f.told[:0], f.found[:0] }

// maxQuoted bounds what a detail quotes. Details quote names, lengths and
// codings, and never another field's value: it may be a secret.
const maxQuoted = 60

// quoted is s as it can stand on a line.
func quoted(s string) string {
	if len(s) > maxQuoted {
		return fmt.Sprintf("%q and %d bytes more", s[:maxQuoted], len(s)-maxQuoted)
	}
	return strconv.Quote(s)
}
