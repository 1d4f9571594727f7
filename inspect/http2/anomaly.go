package http2

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tlsmitm/inspect/httpmsg"
)

// Frames (RFC 9113, unless another is named).
const (
	// FrameSize: a length that the type does not have (section 4.2). The frame is
	// passed over.
	FrameSize httpmsg.AnomalyCode = "frame_size"
	// FrameTooLarge: a frame longer than MAX_FRAME_SIZE (section 4.2).
	FrameTooLarge httpmsg.AnomalyCode = "frame_too_large"
	// FrameUnfinished: the direction ended within a frame or a field block.
	FrameUnfinished httpmsg.AnomalyCode = "frame_unfinished"
	// PaddingTooLong: padding that is longer than its frame (section 6.1). A field
	// block cannot be read then.
	PaddingTooLong httpmsg.AnomalyCode = "padding_too_long"
	// PaddingNotZero: padding of other bytes than zeros (section 6.1).
	PaddingNotZero httpmsg.AnomalyCode = "padding_not_zero"
	// ContinuationMissing: another frame where a field block is not over (section
	// 6.10). The direction cannot be read further.
	ContinuationMissing httpmsg.AnomalyCode = "continuation_missing"
	// ContinuationUnexpected: CONTINUATION without a field block (section 6.10).
	// The direction cannot be read further.
	ContinuationUnexpected httpmsg.AnomalyCode = "continuation_unexpected"
	// AnomaliesTooMany: further anomalies of frames are not told.
	AnomaliesTooMany httpmsg.AnomalyCode = "anomalies_too_many"
)

// Streams (RFC 9113).
const (
	// StreamZero: a stream's frame on stream 0 (section 6).
	StreamZero httpmsg.AnomalyCode = "stream_zero"
	// StreamNotZero: a connection's frame on a stream (section 6).
	StreamNotZero httpmsg.AnomalyCode = "stream_not_zero"
	// StreamParity: a client's stream with an even identifier, or a promised one
	// with an odd one (section 5.1.1).
	StreamParity httpmsg.AnomalyCode = "stream_parity"
	// StreamOrder: a new stream with an identifier that is not above the last one
	// (section 5.1.1).
	StreamOrder httpmsg.AnomalyCode = "stream_order"
	// StreamIdle: a frame on a stream that has not begun (section 5.1).
	StreamIdle httpmsg.AnomalyCode = "stream_idle"
	// StreamClosed: a frame on a stream that is over, or that its sender has ended
	// (section 5.1).
	StreamClosed httpmsg.AnomalyCode = "stream_closed"
	// StreamNotPromised: a response on a server's stream without PUSH_PROMISE
	// (section 8.4).
	StreamNotPromised httpmsg.AnomalyCode = "stream_not_promised"
	// StreamsTooMany: more streams than MAX_CONCURRENT_STREAMS (section 5.1.2).
	StreamsTooMany httpmsg.AnomalyCode = "streams_too_many"
	// RapidReset: a client that takes back very many requests before a response
	// (section 10.5).
	RapidReset httpmsg.AnomalyCode = "rapid_reset"
	// SelfDependency: a stream that depends on itself (RFC 7540, section 5.3.1).
	SelfDependency httpmsg.AnomalyCode = "self_dependency"
	// PushByClient: PUSH_PROMISE from a client (section 8.4). It is passed over.
	PushByClient httpmsg.AnomalyCode = "push_by_client"
	// PushDisabled: PUSH_PROMISE although ENABLE_PUSH is 0 (section 8.4).
	PushDisabled httpmsg.AnomalyCode = "push_disabled"
	// PushUnsafe: a promised request of a method that is not GET or HEAD, or that
	// has content (section 8.4).
	PushUnsafe httpmsg.AnomalyCode = "push_unsafe"
)

// The connection (RFC 9113, unless another is named).
const (
	// SettingsMissing: a direction begins with another frame than SETTINGS
	// (section 3.4).
	SettingsMissing httpmsg.AnomalyCode = "settings_missing"
	// SettingsTooMany: more settings in a frame than are read.
	SettingsTooMany httpmsg.AnomalyCode = "settings_too_many"
	// SettingInvalid: a value out of its range (section 6.5.2).
	SettingInvalid httpmsg.AnomalyCode = "setting_invalid"
	// WindowUpdateZero: WINDOW_UPDATE by nothing (section 6.9).
	WindowUpdateZero httpmsg.AnomalyCode = "window_update_zero"
	// WindowOverflow: a window of more than 2^31-1 bytes (section 6.9.1).
	WindowOverflow httpmsg.AnomalyCode = "window_overflow"
	// WindowExceeded: more DATA than the window allows (section 6.9.1).
	WindowExceeded httpmsg.AnomalyCode = "window_exceeded"
	// GoAwayIncreased: a last stream above the one that was said before (section
	// 6.8).
	GoAwayIncreased httpmsg.AnomalyCode = "goaway_increased"
	// GoAwayTooMany: more GOAWAY frames than are heeded.
	GoAwayTooMany httpmsg.AnomalyCode = "goaway_too_many"
	// HPACKInvalid: a field block that cannot be read (RFC 7541). The direction
	// cannot be read further.
	HPACKInvalid httpmsg.AnomalyCode = "hpack_invalid"
	// HPACKTableSize: a table larger than HEADER_TABLE_SIZE (RFC 7541, section 6.3).
	HPACKTableSize httpmsg.AnomalyCode = "hpack_table_size"
	// HPACKTableSizeMissing: no change of the table's size where HEADER_TABLE_SIZE
	// asks for it (RFC 7541, section 4.2).
	HPACKTableSizeMissing httpmsg.AnomalyCode = "hpack_table_size_missing"
	// HPACKTableBounded: a table that is allowed, and larger than is kept.
	HPACKTableBounded httpmsg.AnomalyCode = "hpack_table_bounded"
)

// Fields (RFC 9113, unless another is named).
const (
	// FieldNameUppercase: a field name with uppercase letters (section 8.2.1).
	FieldNameUppercase httpmsg.AnomalyCode = "field_name_uppercase"
	// FieldNameInvalid: a field name that is empty or has characters that no token
	// has, such as a colon or a line end (section 8.2.1; RFC 9110, section 5.1).
	FieldNameInvalid httpmsg.AnomalyCode = "field_name_invalid"
	// FieldValueInvalid: CR, LF or NUL in a value (section 8.2.1), which would end
	// a field, or a head, where HTTP/1 is made of it.
	FieldValueInvalid httpmsg.AnomalyCode = "field_value_invalid"
	// FieldValueSpace: a value that begins or ends with whitespace (section 8.2.1).
	FieldValueSpace httpmsg.AnomalyCode = "field_value_space"
	// ControlCharacter: another control character in a value (RFC 9110, section 5.5).
	ControlCharacter httpmsg.AnomalyCode = "control_character"
	// FieldConnectionSpecific: a field that HTTP/2 has no use for, such as
	// Transfer-Encoding (section 8.2.2).
	FieldConnectionSpecific httpmsg.AnomalyCode = "field_connection_specific"
	// FieldsTooLong: more fields than are kept. The direction is not read further.
	FieldsTooLong httpmsg.AnomalyCode = "fields_too_long"
	// TrailerForbidden: a field that must not come after the content, such as
	// Content-Length (RFC 9110, section 6.5.1).
	TrailerForbidden httpmsg.AnomalyCode = "trailer_forbidden"
	// PseudoMissing: a pseudo-header field that the message must have (section 8.3).
	PseudoMissing httpmsg.AnomalyCode = "pseudo_field_missing"
	// PseudoRepeated: a pseudo-header field more than once: the first counts here,
	// the others stay among the fields (section 8.3).
	PseudoRepeated httpmsg.AnomalyCode = "pseudo_field_repeated"
	// PseudoLate: a pseudo-header field after other fields (section 8.3).
	PseudoLate httpmsg.AnomalyCode = "pseudo_field_late"
	// PseudoUnknown: a pseudo-header field that is not defined, or is one of the
	// other kind of message, or in trailers: it stays among the fields (section 8.3).
	PseudoUnknown httpmsg.AnomalyCode = "pseudo_field_unknown"
	// PseudoUnexpected: a pseudo-header field that the method forbids (section 8.5;
	// RFC 8441, section 4).
	PseudoUnexpected httpmsg.AnomalyCode = "pseudo_field_unexpected"
	// PseudoInvalid: a :scheme or :protocol of characters that it cannot have.
	PseudoInvalid httpmsg.AnomalyCode = "pseudo_field_invalid"
	// MethodInvalid: a method with characters that no token has (RFC 9110, section
	// 9.1).
	MethodInvalid httpmsg.AnomalyCode = "method_invalid"
	// TargetInvalid: a :path that is empty, does not begin with a slash, or has
	// characters that must be encoded (section 8.3.1).
	TargetInvalid httpmsg.AnomalyCode = "target_invalid"
	// AuthorityInvalid: an :authority with user information, or with characters
	// that end one (section 8.3.1).
	AuthorityInvalid httpmsg.AnomalyCode = "authority_invalid"
	// StatusOdd: a status code that is not from 100 to 599 (section 8.3.2).
	StatusOdd httpmsg.AnomalyCode = "status_odd"
	// HostDiffers: Host is not the :authority, which counts (section 8.3.1).
	HostDiffers httpmsg.AnomalyCode = "host_differs"
	// HostRepeated: Host more than once (RFC 9110, section 7.2).
	HostRepeated httpmsg.AnomalyCode = "host_repeated"
)

// Messages (RFC 9113, unless another is named).
const (
	// ContentLengthInvalid: a Content-Length that is no number, or too large a one
	// (RFC 9110, section 8.6).
	ContentLengthInvalid httpmsg.AnomalyCode = "content_length_invalid"
	// ContentLengthRepeated: the same length in several fields (RFC 9110, section
	// 8.6).
	ContentLengthRepeated httpmsg.AnomalyCode = "content_length_repeated"
	// ContentLengthDiffers: several lengths (RFC 9110, section 8.6).
	ContentLengthDiffers httpmsg.AnomalyCode = "content_length_differs"
	// ContentLengthNotAllowed: Content-Length in a 1xx or 204 or a successful answer
	// to CONNECT (RFC 9110, section 8.6).
	ContentLengthNotAllowed httpmsg.AnomalyCode = "content_length_not_allowed"
	// ContentLengthMismatch: content of another length than Content-Length says
	// (section 8.1.1).
	ContentLengthMismatch httpmsg.AnomalyCode = "content_length_mismatch"
	// ContentUnexpected: content in a request whose method gives it no meaning:
	// GET, HEAD, DELETE, TRACE (RFC 9110, sections 9.3.1 to 9.3.8).
	ContentUnexpected httpmsg.AnomalyCode = "content_unexpected"
	// BodyNotAllowed: content in a response that has none: to HEAD, 204 or 304 (RFC
	// 9110, section 6.4.1).
	BodyNotAllowed httpmsg.AnomalyCode = "body_not_allowed"
	// DataBeforeHead: DATA before the head of its message (section 8.1). They are
	// passed over.
	DataBeforeHead httpmsg.AnomalyCode = "data_before_head"
	// InformationalEnd: an interim response that ends the stream (section 8.1).
	InformationalEnd httpmsg.AnomalyCode = "informational_end"
	// TrailersNotLast: trailers that do not end the stream (section 8.1).
	TrailersNotLast httpmsg.AnomalyCode = "trailers_not_last"
	// StatusSwitching: a 101, which HTTP/2 does not have (section 8.6).
	StatusSwitching httpmsg.AnomalyCode = "status_101"
	// ConnectDisabled: an extended CONNECT that the server has not allowed (RFC
	// 8441, section 3).
	ConnectDisabled httpmsg.AnomalyCode = "connect_protocol_disabled"
	// ResponseWithoutRequest: a response to no request that has been seen.
	ResponseWithoutRequest httpmsg.AnomalyCode = "response_without_request"
)

// Codes returns all of the package's codes.
func Codes() []httpmsg.AnomalyCode {
	return []httpmsg.AnomalyCode{
		FrameSize, FrameTooLarge, FrameUnfinished, PaddingTooLong, PaddingNotZero, ContinuationMissing,
		ContinuationUnexpected, AnomaliesTooMany, StreamZero, StreamNotZero, StreamParity, StreamOrder, StreamIdle,
		StreamClosed, StreamNotPromised, StreamsTooMany, RapidReset, SelfDependency, PushByClient, PushDisabled,
		PushUnsafe, SettingsMissing, SettingsTooMany, SettingInvalid, WindowUpdateZero, WindowOverflow,
		WindowExceeded, GoAwayIncreased, GoAwayTooMany, HPACKInvalid, HPACKTableSize, HPACKTableSizeMissing,
		HPACKTableBounded, FieldNameUppercase, FieldNameInvalid, FieldValueInvalid, FieldValueSpace,
		ControlCharacter, FieldConnectionSpecific, FieldsTooLong, TrailerForbidden, PseudoMissing, PseudoRepeated,
		PseudoLate, PseudoUnknown, PseudoUnexpected, PseudoInvalid, MethodInvalid, TargetInvalid, AuthorityInvalid,
		StatusOdd, HostDiffers, HostRepeated, ContentLengthInvalid, ContentLengthRepeated, ContentLengthDiffers,
		ContentLengthNotAllowed, ContentLengthMismatch, ContentUnexpected, BodyNotAllowed, DataBeforeHead, InformationalEnd, TrailersNotLast,
		StatusSwitching, ConnectDisabled, ResponseWithoutRequest,
	}
}

// odd tells of an anomaly of the connection, or of a frame that belongs to no
// message.
func (c *Conn) odd(d *direction, code httpmsg.AnomalyCode, format string, args ...any) {
	d.anomalies++
	switch {
	case d.anomalies <= maxConnAnomalies:
		c.r.Anomaly(0, d.up, httpmsg.Anomaly{Code: code, Detail: fmt.Sprintf(format, args...)})
	case d.anomalies == maxConnAnomalies+1:
		c.r.Anomaly(0, d.up, httpmsg.Anomaly{Code: AnomaliesTooMany, Detail: fmt.Sprintf("more than %d", maxConnAnomalies)})
	}
}

// oddMessage tells of an anomaly of one of a stream's messages. Each code is told
// once for each message.
func (c *Conn) oddMessage(s *stream, up bool, code httpmsg.AnomalyCode, detail string) {
	m := s.message(up)
	if slices.Contains(m.odds, code) {
		return
	}
	m.odds = append(m.odds, code)
	c.r.Anomaly(httpmsg.Exchange(s.id), up, httpmsg.Anomaly{Code: code, Detail: detail})
}

// maxDetail bounds what one anomaly of a head says of several fields.
const maxDetail = 200

// findings are the anomalies of a head, which are told after it. Those of one
// code are one.
type findings []httpmsg.Anomaly

func (f *findings) add(code httpmsg.AnomalyCode, detail string) {
	a := f.of(code)
	switch {
	case a == nil:
		*f = append(*f, httpmsg.Anomaly{Code: code, Detail: detail})
	case f.full(code):
	case len(a.Detail)+len(detail) > maxDetail:
		a.Detail += ", …"
	default:
		a.Detail += ", " + detail
	}
}

// of returns the anomaly of a code, or nil.
func (f *findings) of(code httpmsg.AnomalyCode) *httpmsg.Anomaly {
	for i := range *f {
		if (*f)[i].Code == code {
			return &(*f)[i]
		}
	}
	return nil
}

// full says that nothing more is said of a code.
func (f *findings) full(code httpmsg.AnomalyCode) bool {
	a := f.of(code)
	return a != nil && strings.HasSuffix(a.Detail, "…")
}

// quoted is a name as it is shown: short, and printable. Values are not shown:
// they may be secrets.
func quoted(s string) string {
	const most = 60
	if len(s) > most {
		return fmt.Sprintf("%q and %d bytes more", s[:most], len(s)-most)
	}
	return strconv.Quote(s)
}
