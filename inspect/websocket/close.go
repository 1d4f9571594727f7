package websocket

import (
	"encoding/binary"
	"unicode/utf8"
)

// readClose reads the content of a close frame (RFC 6455, section 5.5.1).
func (m *Message) readClose() {
	if len(m.Data) == 1 {
		m.odd(CloseInvalid)
	}
	if len(m.Data) < 2 {
		return
	}
	m.CloseCode = binary.BigEndian.Uint16(m.Data)
	m.CloseReason = string(m.Data[2:])
	if !m.Truncated && !m.Cut && !utf8.ValidString(m.CloseReason) {
		m.odd(CloseReasonInvalid)
	}
	if !closeCodeValid(m.CloseCode) {
		m.odd(CloseCodeInvalid)
	}
}

// closeCodeValid says whether a close frame may have the code (RFC 6455, section
// 7.4, and the registry that it opens).
func closeCodeValid(code uint16) bool {
	switch code {
	case 1004, 1005, 1006, 1015: // reserved, or only said where there was no close frame
		return false
	}
	return code >= 1000 && code <= 1014 || code >= 3000 && code <= 4999
}
