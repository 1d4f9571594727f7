package redact

import (
	"bytes"
	"strings"

	"tlsmitm/inspect/packed"
)

// format is one in which names stand beside values, and neither is text.
type format uint8

const (
	formatNone        format = iota
	formatCBOR               // RFC 8949
	formatMessagePack        // spec.md of msgpack/msgpack
	formatGRPC               // its messages have no names in them
	formatWide               // text in UTF-16 or UTF-32
)

// isWide says whether a Content-Type names a charset in which names have zeros between
// their letters.
func isWide(contentType []byte) bool {
	_, params, some := bytes.Cut(contentType, []byte(";"))
	if !some {
		return false
	}
	params = bytes.ToLower(params)
	return bytes.Contains(params, []byte("utf-16")) || bytes.Contains(params, []byte("utf-32")) || bytes.Contains(params, []byte("ucs-2"))
}

// formatNames are what masks of all of a content call it.
var formatNames = [...]string{formatCBOR: "cbor", formatMessagePack: "msgpack", formatGRPC: "grpc", formatWide: "utf-16"}

// formatOf says what is in content of a media type in lower case.
func formatOf(media string) format {
	_, sub, _ := strings.Cut(media, "/")
	base, suffix, _ := strings.Cut(sub, "+")
	for _, s := range [...]string{base, suffix} {
		switch s {
		case "cbor", "cbor-seq":
			return formatCBOR
		case "msgpack", "x-msgpack", "vnd.msgpack", "messagepack", "x-messagepack", "vnd.messagepack":
			return formatMessagePack
		case "grpc", "grpc-web", "grpc-web-text":
			return formatGRPC
		}
	}
	return formatNone
}

// packed is the format as one whose values can be read, or 0.
func (f format) packed() packed.Format {
	switch f {
	case formatCBOR:
		return packed.CBOR
	case formatMessagePack:
		return packed.MessagePack
	}
	return 0
}
