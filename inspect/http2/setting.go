package http2

import (
	"encoding/binary"
	"fmt"
)

// SettingID names a setting (RFC 9113, section 6.5.2).
type SettingID uint16

// The settings in the registry.
const (
	SettingHeaderTableSize       SettingID = 0x01
	SettingEnablePush            SettingID = 0x02
	SettingMaxConcurrentStreams  SettingID = 0x03
	SettingInitialWindowSize     SettingID = 0x04
	SettingMaxFrameSize          SettingID = 0x05
	SettingMaxHeaderListSize     SettingID = 0x06
	SettingEnableConnectProtocol SettingID = 0x08 // RFC 8441, section 3
	SettingNoRFC7540Priorities   SettingID = 0x09 // RFC 9218, section 2.1
	SettingTLSRenegPermitted     SettingID = 0x10 // MS-HTTP2E
)

// String returns the setting's name, without the SETTINGS_ that all have.
func (s SettingID) String() string {
	switch s {
	case SettingHeaderTableSize:
		return "HEADER_TABLE_SIZE"
	case SettingEnablePush:
		return "ENABLE_PUSH"
	case SettingMaxConcurrentStreams:
		return "MAX_CONCURRENT_STREAMS"
	case SettingInitialWindowSize:
		return "INITIAL_WINDOW_SIZE"
	case SettingMaxFrameSize:
		return "MAX_FRAME_SIZE"
	case SettingMaxHeaderListSize:
		return "MAX_HEADER_LIST_SIZE"
	case SettingEnableConnectProtocol:
		return "ENABLE_CONNECT_PROTOCOL"
	case SettingNoRFC7540Priorities:
		return "NO_RFC7540_PRIORITIES"
	case SettingTLSRenegPermitted:
		return "TLS_RENEG_PERMITTED"
	}
	return fmt.Sprintf("unknown (%d)", uint16(s))
}

// settingLen is the length of a setting in a frame (RFC 9113, section 6.5.1).
const settingLen = 6

// setting is RFC 9113, section 6.5.1.
type setting struct {
	id    SettingID
	value uint32
}

// nextSetting takes a setting off the front.
func nextSetting(b []byte) (s setting, rest []byte, ok bool) {
	if len(b) < settingLen {
		return s, nil, false
	}
	return setting{SettingID(binary.BigEndian.Uint16(b)), binary.BigEndian.Uint32(b[2:])}, b[settingLen:], true
}

// fault says what is wrong with the value, or "" (RFC 9113, section 6.5.2).
func (s setting) fault(up bool) string {
	switch s.id {
	case SettingEnablePush:
		if s.value > 1 || s.value == 1 && !up {
			return "may be 0 or 1, and a server's 0 alone"
		}
	case SettingInitialWindowSize:
		if s.value > maxWindow {
			return "more than 2147483647"
		}
	case SettingMaxFrameSize:
		if s.value < minMaxFrame || s.value > maxMaxFrame {
			return "not between 16384 and 16777215"
		}
	case SettingEnableConnectProtocol, SettingNoRFC7540Priorities:
		if s.value > 1 {
			return "may be 0 or 1"
		}
	}
	return ""
}

// Bounds and initial values of settings and windows (RFC 9113, sections 6.5.2 and
// 6.9.1).
const (
	minMaxFrame   = 1 << 14
	maxMaxFrame   = 1<<24 - 1
	initialWindow = 1<<16 - 1
	maxWindow     = 1<<31 - 1
)

// settings are what one side asks of the other.
type settings struct {
	table, frame, window uint32
	streams              uint32
	push                 bool
	connect              bool
}

var defaultSettings = settings{table: defaultTable, frame: minMaxFrame, window: initialWindow, streams: 1<<32 - 1, push: true}

func (v *settings) set(s setting) {
	switch s.id {
	case SettingHeaderTableSize:
		v.table = s.value
	case SettingEnablePush:
		v.push = s.value != 0
	case SettingMaxConcurrentStreams:
		v.streams = s.value
	case SettingInitialWindowSize:
		v.window = min(s.value, maxWindow)
	case SettingMaxFrameSize:
		v.frame = min(max(s.value, minMaxFrame), maxMaxFrame)
	case SettingEnableConnectProtocol:
		v.connect = s.value != 0
	}
}

// allowance is what a direction's sender may do, as the other side's SETTINGS say.
// From the time that they pass until they are acknowledged, the sender may know
// them or not.
type allowance struct {
	seen    bool       // any SETTINGS have passed
	inForce settings   // acknowledged
	pending []settings // not acknowledged yet, oldest first
	early   int        // acknowledgements that passed before what they acknowledge
}

// newest are the settings that were announced last.
func (a *allowance) newest() settings {
	if n := len(a.pending); n > 0 {
		return a.pending[n-1]
	}
	return a.inForce
}

// announce takes new settings. It returns true if they are in force at once.
func (a *allowance) announce(s settings) (inForce bool) {
	a.seen = true
	if a.early > 0 {
		a.early--
		a.inForce = s
		return true
	}
	if len(a.pending) == maxPending {
		copy(a.pending, a.pending[1:])
		a.pending = a.pending[:maxPending-1]
	}
	a.pending = append(a.pending, s)
	return false
}

// acknowledge puts the oldest settings that wait for it in force.
func (a *allowance) acknowledge() (inForce bool) {
	if len(a.pending) == 0 {
		a.early = min(a.early+1, maxPending)
		return false
	}
	a.inForce = a.pending[0]
	a.pending = append(a.pending[:0], a.pending[1:]...)
	return true
}

// most returns the largest of a value, in force or announced.
func (a *allowance) most(of func(*settings) uint32) uint32 {
	most := of(&a.inForce)
	for i := range a.pending {
		most = max(most, of(&a.pending[i]))
	}
	return most
}

func tableOf(s *settings) uint32  { return s.table }
func frameOf(s *settings) uint32  { return s.frame }
func windowOf(s *settings) uint32 { return s.window }
