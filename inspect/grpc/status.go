package grpc

import (
	"bytes"
	"strconv"
	"strings"

	"tlsmitm/inspect/httpmsg"
)

// statusNames are the codes of doc/statuscodes.md.
var statusNames = [...]string{
	"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED",
	"FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
}

// Status returns how a call ended, from its trailers, or from the head of a response
// that is nothing but trailers. The name of an unknown code is its number. ok is
// false where there is no status, or one that is no number.
func Status(trailers httpmsg.Fields) (code int, name, message string, ok bool) {
	n, err := strconv.ParseUint(strings.TrimSpace(trailers.Get("grpc-status")), 10, 31)
	if err != nil {
		return 0, "", "", false
	}
	name = strconv.FormatUint(n, 10)
	if n < uint64(len(statusNames)) {
		name = statusNames[n]
	}
	return int(n), name, unescape(trailers.Get("grpc-message")), true
}

// unescape takes percent-encoding off; what is none stays. What is no UTF-8 then
// becomes U+FFFD.
func unescape(s string) string {
	if !strings.Contains(s, "%") {
		return strings.ToValidUTF8(s, "\ufffd")
	}
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if c, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				out.WriteByte(byte(c))
				i += 2
				continue
			}
		}
		out.WriteByte(s[i])
	}
	return strings.ToValidUTF8(out.String(), "\ufffd")
}

// Is says whether a Content-Type is that of gRPC in any of its forms, whether that is
// gRPC-Web, and whether it is gRPC-Web in base64. A message format after a plus does
// not matter.
func Is(contentType string) (grpc, web, text bool) {
	typ, _, _ := strings.Cut(contentType, ";")
	typ, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(typ)), "+")
	switch typ {
	case "application/grpc":
		return true, false, false
	case "application/grpc-web":
		return true, true, false
	case "application/grpc-web-text":
		return true, true, true
	}
	return false, false, false
}

// parseTrailers reads field lines as HTTP/1 has them. It never returns nil.
func parseTrailers(b []byte) httpmsg.Fields {
	fields := httpmsg.Fields{}
	for line := range bytes.Lines(b) {
		name, value, _ := strings.Cut(strings.TrimRight(string(line), "\r\n"), ":")
		if name != "" || value != "" {
			fields = append(fields, httpmsg.Field{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)})
		}
	}
	return fields
}
