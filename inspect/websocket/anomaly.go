package websocket

import "slices"

// What a message should not be, and was read all the same (RFC 6455, unless
// another is named). The codes are stable.
const (
	// MaskMissing: a client's frame without a mask (section 5.1).
	MaskMissing = "mask_missing"
	// MaskUnexpected: a server's frame with a mask, which is taken off (section 5.1).
	MaskUnexpected = "mask_unexpected"
	// ReservedBit: a reserved bit that no extension has a use for there (section
	// 5.2; RFC 7692, section 6).
	ReservedBit = "reserved_bit"
	// OpcodeReserved: an opcode that is not defined (section 5.2).
	OpcodeReserved = "opcode_reserved"
	// LengthNotMinimal: a length in more bytes than it needs (section 5.2).
	LengthNotMinimal = "length_not_minimal"
	// LengthInvalid: a length of 2^63 or more (section 5.2).
	LengthInvalid = "length_invalid"
	// ControlFragmented: a control frame that is not the last of its message, as it
	// must be (section 5.5).
	ControlFragmented = "control_fragmented"
	// ControlTooLong: a control frame of more than 125 bytes (section 5.5).
	ControlTooLong = "control_too_long"
	// ContinuationUnexpected: a continuation of no message (section 5.4). It is read
	// as a message without a kind.
	ContinuationUnexpected = "continuation_unexpected"
	// ContinuationMissing: another message where this one is not over (section 5.4).
	ContinuationMissing = "continuation_missing"
	// TextInvalid: text that is not UTF-8, as far as it was kept (section 5.6).
	TextInvalid = "text_invalid"
	// CloseInvalid: a close frame of one byte, which is no code (section 5.5.1).
	CloseInvalid = "close_invalid"
	// CloseCodeInvalid: a close code that must not be sent (section 7.4).
	CloseCodeInvalid = "close_code_invalid"
	// CloseReasonInvalid: a reason that is not UTF-8 (section 5.5.1).
	CloseReasonInvalid = "close_reason_invalid"
	// AfterClose: a frame after a close frame of the same side (section 5.5.1).
	AfterClose = "after_close"
	// DeflateInvalid: what was compressed cannot be decompressed, or not to its end
	// (RFC 7692, section 7.2.2).
	DeflateInvalid = "deflate_invalid"
	// DeflateTooLarge: it is not decompressed to its end, since it would be too
	// large.
	DeflateTooLarge = "deflate_too_large"
	// DeflateContextLost: it cannot be decompressed, because a message before it
	// was not (RFC 7692, section 7.1.1). Data is as it was sent.
	DeflateContextLost = "deflate_context_lost"
	// ExtensionUnknown: it was altered by an extension that is not known here.
	ExtensionUnknown = "extension_unknown"
	// FrameUnfinished: the direction ended within a frame (section 7.1.7).
	FrameUnfinished = "frame_unfinished"
	// BytesLost: bytes that are needed passed unseen. Nothing more of the direction
	// is read.
	BytesLost = "bytes_lost"
)

// Codes returns all of the package's codes.
func Codes() []string {
	return []string{
		MaskMissing, MaskUnexpected, ReservedBit, OpcodeReserved, LengthNotMinimal, LengthInvalid, ControlFragmented, ControlTooLong,
		ContinuationUnexpected, ContinuationMissing, TextInvalid, CloseInvalid, CloseCodeInvalid, CloseReasonInvalid, AfterClose,
		DeflateInvalid, DeflateTooLarge, DeflateContextLost, ExtensionUnknown, FrameUnfinished, BytesLost,
	}
}

// odd adds an anomaly, once.
func (m *Message) odd(code string) {
	if !slices.Contains(m.Anomalies, code) {
		m.Anomalies = append(m.Anomalies, code)
	}
}
