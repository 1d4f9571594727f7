package http2

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// FrameType is the type of a frame (RFC 9113, section 6).
type FrameType uint8

// The types in the registry.
const (
	FrameData           FrameType = 0x00
	FrameHeaders        FrameType = 0x01
	FramePriority       FrameType = 0x02
	FrameRSTStream      FrameType = 0x03
	FrameSettings       FrameType = 0x04
	FramePushPromise    FrameType = 0x05
	FramePing           FrameType = 0x06
	FrameGoAway         FrameType = 0x07
	FrameWindowUpdate   FrameType = 0x08
	FrameContinuation   FrameType = 0x09
	FrameAltSvc         FrameType = 0x0a // RFC 7838, section 4
	FrameOrigin         FrameType = 0x0c // RFC 8336, section 2.1
	FramePriorityUpdate FrameType = 0x10 // RFC 9218, section 7.1
)

// String returns the type's name, such as "HEADERS".
func (t FrameType) String() string {
	switch t {
	case FrameData:
		return "DATA"
	case FrameHeaders:
		return "HEADERS"
	case FramePriority:
		return "PRIORITY"
	case FrameRSTStream:
		return "RST_STREAM"
	case FrameSettings:
		return "SETTINGS"
	case FramePushPromise:
		return "PUSH_PROMISE"
	case FramePing:
		return "PING"
	case FrameGoAway:
		return "GOAWAY"
	case FrameWindowUpdate:
		return "WINDOW_UPDATE"
	case FrameContinuation:
		return "CONTINUATION"
	case FrameAltSvc:
		return "ALTSVC"
	case FrameOrigin:
		return "ORIGIN"
	case FramePriorityUpdate:
		return "PRIORITY_UPDATE"
	}
	return fmt.Sprintf("unknown (%d)", uint8(t))
}

// Flags of the frames that have them (RFC 9113, section 6).
const (
	flagAck        = 0x01 // SETTINGS, PING
	flagEndStream  = 0x01 // DATA, HEADERS
	flagEndHeaders = 0x04 // HEADERS, PUSH_PROMISE, CONTINUATION
	flagPadded     = 0x08 // DATA, HEADERS, PUSH_PROMISE
	flagPriority   = 0x20 // HEADERS
)

// flagNames returns the names of the flags that are set, with a space between
// them. Flags that the type does not define mean nothing, and are left out.
func (h frameHeader) flagNames() string {
	var names []string
	add := func(bit uint8, name string) {
		if h.flags&bit != 0 {
			names = append(names, name)
		}
	}
	switch h.kind {
	case FrameSettings, FramePing:
		add(flagAck, "ACK")
	case FrameData:
		add(flagEndStream, "END_STREAM")
		add(flagPadded, "PADDED")
	case FrameHeaders:
		add(flagEndStream, "END_STREAM")
		add(flagEndHeaders, "END_HEADERS")
		add(flagPadded, "PADDED")
		add(flagPriority, "PRIORITY")
	case FramePushPromise:
		add(flagEndHeaders, "END_HEADERS")
		add(flagPadded, "PADDED")
	case FrameContinuation:
		add(flagEndHeaders, "END_HEADERS")
	}
	return strings.Join(names, " ")
}

// frameHeaderLen is the length of a frame's header.
const frameHeaderLen = 9

// frameHeader is RFC 9113, section 4.1.
type frameHeader struct {
	length int
	kind   FrameType
	flags  uint8
	stream uint32 // without the reserved bit
}

func parseFrameHeader(b [frameHeaderLen]byte) frameHeader {
	return frameHeader{
		length: int(b[0])<<16 | int(b[1])<<8 | int(b[2]),
		kind:   FrameType(b[3]),
		flags:  b[4],
		stream: binary.BigEndian.Uint32(b[5:]) & streamMask,
	}
}

// streamMask takes the reserved bit off a stream identifier.
const streamMask = 1<<31 - 1

func (h frameHeader) has(flag uint8) bool { return h.flags&flag != 0 }

// fieldBlock says whether the frame carries a field block or a part of one.
func (h frameHeader) fieldBlock() bool {
	return h.kind == FrameHeaders || h.kind == FramePushPromise || h.kind == FrameContinuation
}

// place says on what stream the type belongs.
type place uint8

const (
	anywhere place = iota
	onStream
	onConnection
)

func (t FrameType) place() place {
	switch t {
	case FrameData, FrameHeaders, FramePriority, FrameRSTStream, FramePushPromise, FrameContinuation:
		return onStream
	case FrameSettings, FramePing, FrameGoAway, FrameOrigin, FramePriorityUpdate:
		return onConnection
	}
	return anywhere
}

// sizeFault says what is wrong with the frame's length, or "". The least lengths
// of frames with padding are checked where that is taken off.
func (h frameHeader) sizeFault() string {
	exact, least, multiple := -1, 0, 1
	switch h.kind {
	case FramePriority:
		exact = 5
	case FrameRSTStream, FrameWindowUpdate:
		exact = 4
	case FramePing:
		exact = 8
	case FrameGoAway:
		least = 8
	case FramePriorityUpdate:
		least = 4
	case FrameAltSvc:
		least = 2
	case FrameSettings:
		multiple = settingLen
		if h.has(flagAck) {
			exact = 0
		}
	}
	switch {
	case exact >= 0 && h.length != exact:
		return fmt.Sprintf("%v of %d bytes, not %d", h.kind, h.length, exact)
	case h.length < least:
		return fmt.Sprintf("%v of %d bytes, less than %d", h.kind, h.length, least)
	case h.length%multiple != 0:
		return fmt.Sprintf("%v of %d bytes, not a multiple of %d", h.kind, h.length, multiple)
	}
	return ""
}
