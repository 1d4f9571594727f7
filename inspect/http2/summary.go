package http2

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// maxSummary bounds what a summary quotes of free text, and how many settings or
// origins it lists.
const (
	maxQuoted = 200
	maxListed = 32
)

// summary is what the frame says, as far as it is not content: the flags, and
// then names and values that need no language. The length has been checked, or
// b is shorter than it has to be.
func (h frameHeader) summary(b []byte) string {
	var words []string
	if names := h.flagNames(); names != "" {
		words = append(words, names)
	}
	if h.sizeFault() == "" {
		words = append(words, h.says(b)...)
	}
	return strings.Join(words, " ")
}

func (h frameHeader) says(b []byte) []string {
	switch h.kind {
	case FrameData, FrameHeaders, FramePushPromise:
		return h.paddedSays(b)
	case FramePriority:
		return parsePriority(b).says()
	case FrameRSTStream:
		return []string{"error=" + ErrorCode(binary.BigEndian.Uint32(b)).String()}
	case FrameSettings:
		return settingsSay(b)
	case FramePing:
		return []string{fmt.Sprintf("data=%x", b)}
	case FrameGoAway:
		return goAwaySays(b)
	case FrameWindowUpdate:
		return []string{"increment=" + strconv.Itoa(int(binary.BigEndian.Uint32(b)&maxWindow))}
	case FrameAltSvc:
		return altSvcSays(b)
	case FrameOrigin:
		return originsSay(b)
	case FramePriorityUpdate:
		return []string{fmt.Sprintf("stream=%d", binary.BigEndian.Uint32(b)&streamMask), "priority=" + quotedText(b[4:])}
	}
	return nil
}

// paddedSays is for the frames that may be padded.
func (h frameHeader) paddedSays(b []byte) (words []string) {
	if h.has(flagPadded) {
		if len(b) == 0 {
			return nil
		}
		words = append(words, fmt.Sprintf("padding=%d", b[0]))
		b = b[1:]
	}
	switch {
	case h.kind == FrameHeaders && h.has(flagPriority) && len(b) >= priorityLen:
		words = append(words, parsePriority(b).says()...)
	case h.kind == FramePushPromise && len(b) >= 4:
		words = append(words, fmt.Sprintf("promised_stream=%d", binary.BigEndian.Uint32(b)&streamMask))
	}
	return words
}

func (p priority) says() []string {
	words := []string{fmt.Sprintf("depends_on=%d", p.on), fmt.Sprintf("weight=%d", p.weight)}
	if p.exclusive {
		words = append(words, "exclusive")
	}
	return words
}

func settingsSay(b []byte) (words []string) {
	for s, rest, ok := nextSetting(b); ok; s, rest, ok = nextSetting(rest) {
		if len(words) == maxListed {
			return append(words, "…")
		}
		words = append(words, fmt.Sprintf("%v=%d", s.id, s.value))
	}
	return words
}

// goAwaySays is RFC 9113, section 6.8.
func goAwaySays(b []byte) []string {
	words := []string{
		fmt.Sprintf("last_stream=%d", binary.BigEndian.Uint32(b)&streamMask),
		"error=" + ErrorCode(binary.BigEndian.Uint32(b[4:])).String(),
	}
	if len(b) > 8 {
		words = append(words, "debug="+quotedText(b[8:]))
	}
	return words
}

// altSvcSays is RFC 7838, section 4.
func altSvcSays(b []byte) []string {
	n := int(binary.BigEndian.Uint16(b))
	if b = b[2:]; n > len(b) {
		return nil
	}
	var words []string
	if n > 0 {
		words = append(words, "origin="+quotedText(b[:n]))
	}
	return append(words, "value="+quotedText(b[n:]))
}

// originsSay is RFC 8336, section 2.1.
func originsSay(b []byte) (words []string) {
	for len(b) >= 2 {
		n := int(binary.BigEndian.Uint16(b))
		if b = b[2:]; n > len(b) {
			break
		}
		if len(words) == maxListed {
			return append(words, "…")
		}
		words = append(words, "origin="+quotedText(b[:n]))
		b = b[n:]
	}
	return words
}

func quotedText(b []byte) string {
	if len(b) > maxQuoted {
		return strconv.QuoteToASCII(string(b[:maxQuoted])) + "…"
	}
	return strconv.QuoteToASCII(string(b))
}
