package explain

import (
	"encoding/binary"
	"strconv"
	"strings"
)

// Frame is one HTTP/2 frame, or the part of one that an event holds, as far as
// its header tells (RFC 9113, 4.1).
type Frame struct {
	Name    string // "HEADERS", "preface"; "" for the rest of a frame begun before
	Stream  uint32
	Flags   string // those that matter to a reader, such as "END_STREAM"
	Length  int    // bytes of the payload in this event
	Payload []byte // the beginning of it, as far as the data limit goes; read-only
	Data    bool   // a DATA frame, or the rest of one
	Control bool   // neither a message nor a part of one, such as WINDOW_UPDATE
}

// Compressed says that the payload is a field block, or a part of one, which HPACK
// has compressed (RFC 7541). What it says is told of the exchange.
func (f Frame) Compressed() bool {
	return f.Name == "HEADERS" || f.Name == "PUSH_PROMISE" || f.Name == "CONTINUATION"
}

// http2Preface opens the client's side (RFC 9113, 3.4).
const http2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// http2HeaderLen is the length of a frame header (RFC 9113, 4.1).
const http2HeaderLen = 9

// maxFrames bounds the frames told of one event; the rest is followed in silence.
const maxFrames = 64

// http2Flow follows the frames of one direction. Events may begin and end
// anywhere in a frame, and show only the beginning of their bytes: what has
// been lost from sight is found again at a later event that begins with a
// frame.
type http2Flow struct {
	started bool
	lost    bool
	left    int    // payload bytes of the frame at hand that are still to come
	data    bool   // it is a DATA frame
	control bool   // it is a frame that is no part of a message
	partial []byte // a frame header cut off by the end of an event
}

// read takes the next event: total bytes, of which b is the beginning.
func (f *http2Flow) read(b []byte, total int) []Frame {
	if len(f.partial) > 0 {
		b = append(f.partial[:len(f.partial):len(f.partial)], b...)
		total += len(f.partial)
		f.partial = nil
	}
	var frames []Frame
	add := func(fr Frame) {
		if len(frames) < maxFrames {
			frames = append(frames, fr)
		}
	}
	at := 0
	if !f.started && strings.HasPrefix(string(b[:min(len(b), len(http2Preface))]), http2Preface) {
		add(Frame{Name: "preface", Control: true})
		at = len(http2Preface)
	}
	f.started = true
	if f.lost {
		h, ok := parseFrameHeader(b)
		if !ok || !h.known() {
			return nil
		}
		f.lost, f.left = false, 0
	}
	if f.left > 0 {
		n := min(f.left, total)
		add(Frame{Length: n, Payload: b[:min(n, len(b))], Data: f.data, Control: f.control})
		f.left -= n
		at = n
	}
	for at < total {
		h, ok := parseFrameHeader(b[min(at, len(b)):])
		if !ok {
			f.cut(b, at, total)
			break
		}
		if !h.plausible() {
			f.lost = true
			break
		}
		at += http2HeaderLen
		n := min(h.length, total-at)
		add(h.frame(n, b[min(at, len(b)):min(at+n, len(b))]))
		f.left, f.data, f.control = h.length-n, h.kind == frameData, h.control()
		at += n
	}
	return frames
}

// cut handles an event that ends within a frame header, or beyond what is shown.
func (f *http2Flow) cut(b []byte, at, total int) {
	if len(b) == total {
		f.partial = append([]byte(nil), b[at:]...)
		return
	}
	f.lost = true
}

// Frame types that the summary looks into (RFC 9113, 6).
const (
	frameData         = 0x0
	frameHeaders      = 0x1
	framePriority     = 0x2
	frameRSTStream    = 0x3
	frameSettings     = 0x4
	framePushPromise  = 0x5
	framePing         = 0x6
	frameGoAway       = 0x7
	frameWindowUpdate = 0x8
	frameContinuation = 0x9
)

// frameName returns the registered name of a frame type (RFC 9113, 6; RFC 7838,
// 4; RFC 8336, 2.1; RFC 9218, 7.1), or "" for others.
func frameName(kind byte) string {
	switch kind {
	case frameData:
		return "DATA"
	case frameHeaders:
		return "HEADERS"
	case framePriority:
		return "PRIORITY"
	case frameRSTStream:
		return "RST_STREAM"
	case frameSettings:
		return "SETTINGS"
	case framePushPromise:
		return "PUSH_PROMISE"
	case framePing:
		return "PING"
	case frameGoAway:
		return "GOAWAY"
	case frameWindowUpdate:
		return "WINDOW_UPDATE"
	case frameContinuation:
		return "CONTINUATION"
	case 0xa:
		return "ALTSVC"
	case 0xc:
		return "ORIGIN"
	case 0x10:
		return "PRIORITY_UPDATE"
	}
	return ""
}

// frameHeader is RFC 9113, 4.1.
type frameHeader struct {
	length int
	kind   byte
	flags  byte
	stream uint32
}

func parseFrameHeader(b []byte) (frameHeader, bool) {
	if len(b) < http2HeaderLen {
		return frameHeader{}, false
	}
	return frameHeader{
		length: int(b[0])<<16 | int(b[1])<<8 | int(b[2]),
		kind:   b[3],
		flags:  b[4],
		stream: binary.BigEndian.Uint32(b[5:]) & (1<<31 - 1),
	}, true
}

// known says whether the header is one of a frame of RFC 9113: bytes from the
// middle of a frame hardly ever are.
func (h frameHeader) known() bool { return h.kind <= frameContinuation && h.plausible() }

// plausible says whether the header breaks none of the rules that RFC 9113, 6
// sets for its type. Types that are not known may be anything (RFC 9113, 5.5).
func (h frameHeader) plausible() bool {
	switch h.kind {
	case frameData, frameHeaders, framePushPromise, frameContinuation:
		return h.stream != 0
	case framePriority:
		return h.stream != 0 && h.length == 5
	case frameRSTStream:
		return h.stream != 0 && h.length == 4
	case frameSettings:
		return h.stream == 0 && h.length%6 == 0
	case framePing:
		return h.stream == 0 && h.length == 8
	case frameGoAway:
		return h.stream == 0 && h.length >= 8
	case frameWindowUpdate:
		return h.length == 4
	}
	return h.length <= 1<<14 // the limit unless SETTINGS raised it: RFC 9113, 4.2
}

// control says whether the frame is neither a message nor a part or the end of
// one.
func (h frameHeader) control() bool {
	switch h.kind {
	case framePriority, frameSettings, framePing, frameWindowUpdate:
		return true
	}
	return false
}

func (h frameHeader) frame(n int, payload []byte) Frame {
	const ack, endStream = 0x1, 0x1
	f := Frame{Name: frameName(h.kind), Stream: h.stream, Length: n, Payload: payload,
		Data: h.kind == frameData, Control: h.control()}
	if f.Name == "" {
		f.Name = "unknown (0x" + strconv.FormatUint(uint64(h.kind), 16) + ")"
	}
	switch {
	case (h.kind == frameData || h.kind == frameHeaders) && h.flags&endStream != 0:
		f.Flags = "END_STREAM"
	case (h.kind == frameSettings || h.kind == framePing) && h.flags&ack != 0:
		f.Flags = "ACK"
	}
	return f
}

// Frame describes a frame in a few words: "DATA stream 1, 1,256 B (END_STREAM)".
func (w *Words) Frame(f Frame) string { return w.say.frame(f, 1, f.Length) }

func (say *catalogue) frame(f Frame, count, length int) string {
	if f.Name == "" {
		return say.frameRest(Bytes(int64(length)))
	}
	var b strings.Builder
	b.WriteString(f.Name)
	if f.Stream != 0 {
		b.WriteString(" " + say.stream(f.Stream))
	}
	if count > 1 {
		b.WriteString(" ×" + strconv.Itoa(count))
	}
	if f.Data {
		b.WriteString(", " + Bytes(int64(length)))
	}
	if f.Flags != "" {
		b.WriteString(" (" + f.Flags + ")")
	}
	return b.String()
}

// maxFrameClauses bounds how many frames a note names.
const maxFrameClauses = 8

// frames summarises frames; neighbours of one type and stream share a clause.
func (say *catalogue) frames(frames []Frame) (n Note) {
	for i := 0; i < len(frames); {
		f, length, first := frames[i], frames[i].Length, i
		for i++; i < len(frames) && frames[i].Name == f.Name && frames[i].Stream == f.Stream && f.Flags == ""; i++ {
			length += frames[i].Length
			f.Flags = frames[i].Flags
		}
		if len(n) == maxFrameClauses {
			n.say("…")
			break
		}
		n.say(say.frame(f, i-first, length))
	}
	return n
}
