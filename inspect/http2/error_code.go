package http2

import (
	"fmt"

	"tlsmitm/inspect/httpmsg"
)

// ErrorCode is why a stream or a connection is ended (RFC 9113, section 7).
type ErrorCode uint32

// String returns the code's name, such as "CANCEL".
func (e ErrorCode) String() string {
	if int64(e) < int64(len(errorCodes)) {
		return errorCodes[e]
	}
	return fmt.Sprintf("unknown (%d)", uint32(e))
}

// errorCodes are the names in the registry, from 0 on.
var errorCodes = [...]string{
	"NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT",
	"STREAM_CLOSED", "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR",
	"CONNECT_ERROR", "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
}

// resetEnd and cutEnd are how messages end when a stream is ended with a code:
// that of the side that ends it, and the other.
func (e ErrorCode) resetEnd() httpmsg.End {
	return httpmsg.End{Reset: true, Code: uint32(e), Name: e.String()}
}

func (e ErrorCode) cutEnd() httpmsg.End {
	return httpmsg.End{Cut: true, Code: uint32(e), Name: e.String()}
}
