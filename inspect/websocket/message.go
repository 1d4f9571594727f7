package websocket

import (
	"math"
	"unicode/utf8"

	"tlsmitm/inspect/runes"
)

// Message is a message, or a control frame. Data is the receiver's.
type Message struct {
	Up     bool // the client sent it
	Opcode Opcode
	Length int64 // bytes as they were sent, masks and headers not counted
	// Decoded is how many bytes Length is decompressed; Length if the message is not
	// compressed. Of a message that is not decompressed to its end it is as many as
	// were.
	Decoded int64
	// Data is the content, up to Options.Limit, unmasked and decompressed.
	Data       []byte
	Truncated  bool // Data is not all
	Compressed bool
	Undecoded  bool // Data is compressed still
	Fragments  int  // frames
	// CloseCode and CloseReason are of a close frame; 0 is none (RFC 6455, section
	// 5.5.1).
	CloseCode   uint16
	CloseReason string
	Anomalies   []string // codes
	Cut         bool     // it did not end
}

// Bounds of decompression.
const (
	// maxDecoded bounds what one message is decompressed to, where the next ones
	// refer to it.
	maxDecoded = 64 << 20
	// maxRatio bounds what all messages of a direction are decompressed to, for each
	// byte that was sent, beyond twice maxDecoded.
	maxRatio = 200
)

// incoming is a message, or a control frame, while it comes.
type incoming struct {
	Message
	limit   int
	inflate bool // it is being decompressed
}

// add takes bytes of the content, which are unmasked.
func (m *incoming) add(b []byte) {
	m.count(int64(len(b)))
	m.keep(b)
}

// count counts bytes of the content.
func (m *incoming) count(n int64) {
	m.Length += min(n, math.MaxInt64-m.Length)
	if !m.Compressed {
		m.Decoded = m.Length
	}
}

// keep appends what there is room for.
func (m *incoming) keep(b []byte) {
	if n := m.limit - len(m.Data); n < len(b) {
		m.Truncated = true
		b = b[:n]
	}
	m.Data = append(m.Data, b...)
}

// deaf says that what follows of the content is of no use.
func (m *incoming) deaf() bool {
	if m.Compressed && !m.Undecoded {
		return !m.inflate
	}
	return len(m.Data) == m.limit
}

// pass counts bytes of the content that are not needed.
func (m *incoming) pass(n int64) {
	m.count(n)
	m.Truncated = m.Truncated || n > 0
}

// check looks at the content as a whole.
func (m *incoming) check() {
	if m.Opcode == OpClose {
		m.readClose()
	}
	if m.Opcode != OpText || m.Undecoded {
		return
	}
	text := m.Data
	if m.Truncated || m.Cut {
		text = runes.Whole(text)
	}
	if !utf8.Valid(text) {
		m.odd(TextInvalid)
	}
}
