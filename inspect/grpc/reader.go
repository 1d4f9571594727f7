package grpc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"tlsmitm/inspect/body"
	"tlsmitm/inspect/httpmsg"
)

// Options say how a body is written. The zero value is plain gRPC without
// compression.
type Options struct {
	Encoding string // the value of grpc-encoding
	Web      bool   // gRPC-Web: a message may be the trailers
	Text     bool   // gRPC-Web in base64
	// Limit bounds what is kept of a message, and what it is decompressed to. 0 means
	// 1 MiB; a negative one, that nothing is kept.
	Limit int
}

const (
	defaultLimit = 1 << 20
	// maxTrailers bounds what is kept of trailers.
	maxTrailers = 64 << 10
	// prefixLen is the size of what is before a message: a byte of flags, and the
	// length.
	prefixLen = 5

	flagCompressed = 0x01
	flagTrailers   = 0x80
)

// Message is one message, or the trailers in a body of gRPC-Web.
type Message struct {
	Index      int // counts the messages of a body from 1; 0 for trailers
	Compressed bool
	Length     int64 // as the message itself says
	// Data is the content decompressed, or the beginning of it. It is the receiver's
	// to keep.
	Data []byte
	// Decoded is how many bytes the content has, as far as they were decompressed.
	Decoded   int64
	Truncated bool   // Data is not all
	Err       string // what is wrong, "" if nothing is
	// Trailers are not nil if the message is the trailers. Then Data is the text.
	Trailers httpmsg.Fields
}

// Reader reads the messages of one body. It is not for several goroutines.
type Reader struct {
	o     Options
	emit  func(Message)
	text  base64Decoder
	count int

	prefix [prefixLen]byte
	have   int   // of prefix
	length int64 // of the message
	left   int64 // of the message that is still to come
	data   []byte
	gap    bool // not all of data's end was seen: nothing can be appended
	lost   bool // nothing that comes can be read any more
}

// New returns a Reader that calls emit for each message, from within Feed and End.
func New(o Options, emit func(Message)) *Reader {
	switch {
	case o.Limit == 0:
		o.Limit = defaultLimit
	case o.Limit < 0:
		o.Limit = 0
	}
	return &Reader{o: o, emit: emit}
}

// Feed reads the next bytes of the body. They are the caller's again when it
// returns.
func (r *Reader) Feed(b []byte) {
	if r.lost {
		return
	}
	if !r.o.Text {
		r.feed(b)
		return
	}
	var err error
	if b, err = r.text.decode(b); len(b) > 0 {
		r.feed(b)
	}
	if err != nil {
		r.lose(err.Error())
	}
}

func (r *Reader) feed(b []byte) {
	for len(b) > 0 && !r.lost {
		if r.have < prefixLen {
			n := copy(r.prefix[r.have:], b)
			r.have += n
			b = b[n:]
			if r.have == prefixLen {
				r.begin()
			}
			continue
		}
		n := int(min(int64(len(b)), r.left))
		if room := r.keep() - len(r.data); !r.gap && room > 0 {
			r.data = append(r.data, b[:min(n, room)]...)
		}
		b = b[n:]
		if r.left -= int64(n); r.left == 0 {
			r.finish()
		}
	}
}

// begin reads a prefix.
func (r *Reader) begin() {
	r.length = int64(binary.BigEndian.Uint32(r.prefix[1:]))
	r.left = r.length
	if r.left == 0 {
		r.finish()
	}
}

// keep is how many bytes of the message at hand are kept.
func (r *Reader) keep() int {
	if r.trailers() {
		return maxTrailers
	}
	return r.o.Limit
}

func (r *Reader) trailers() bool { return r.o.Web && r.prefix[0]&flagTrailers != 0 }

// Skippable says how many of the next bytes are content that nobody needs. It is
// math.MaxInt64 once nothing can be read any more.
func (r *Reader) Skippable() int64 {
	switch {
	case r.lost:
		return math.MaxInt64
	case r.o.Text || r.have < prefixLen || !r.gap && len(r.data) < r.keep():
		return 0
	}
	return r.left
}

// Skip tells that n bytes passed unseen. Those of a message's content are missing
// in its Data; where they go on beyond it, the reader does not know where it is any
// more, and reads nothing that follows.
func (r *Reader) Skip(n int64) {
	if n <= 0 || r.lost {
		return
	}
	if r.o.Text || r.have < prefixLen || n > r.left {
		r.lose("bytes are missing")
		return
	}
	if len(r.data) < r.keep() {
		r.gap = true
	}
	if r.left -= n; r.left == 0 {
		r.finish()
	}
}

// End tells that the body is over.
func (r *Reader) End() {
	if r.lost {
		return
	}
	if r.o.Text {
		b, err := r.text.end()
		if r.feed(b); err != nil {
			r.lose(err.Error())
			return
		}
	}
	if r.have > 0 {
		r.lose("the body ends early")
	}
	r.lost = true
}

// lose tells of what was read of a message, and stops reading.
func (r *Reader) lose(why string) {
	if r.have < prefixLen {
		r.data, r.length, r.left = append([]byte(nil), r.prefix[:r.have]...), 0, 0
		r.count++
		r.emit(Message{Index: r.count, Data: r.data, Decoded: int64(r.have), Truncated: true, Err: why})
	} else {
		r.tell(fmt.Sprintf("%s: %d bytes of %d", why, r.length-r.left, r.length))
	}
	r.lost, r.data = true, nil
}

// finish tells of a message that is whole.
func (r *Reader) finish() {
	r.tell("")
	r.have, r.data, r.gap = 0, nil, false
}

// tell tells of the message at hand.
func (r *Reader) tell(why string) {
	m := Message{Compressed: r.prefix[0]&flagCompressed != 0, Length: r.length, Data: r.data, Decoded: r.length - r.left, Err: why}
	partial := int64(len(r.data)) < r.length
	m.Truncated = partial
	known := byte(flagCompressed)
	if r.o.Web {
		known |= flagTrailers
	}
	if odd := r.prefix[0] &^ known; odd != 0 && why == "" {
		m.Err = fmt.Sprintf("flags 0x%02x are not those of gRPC", odd)
	}
	if m.Compressed {
		r.decompress(&m, partial)
	}
	if r.trailers() {
		m.Trailers = parseTrailers(m.Data)
	} else {
		r.count++
		m.Index = r.count
	}
	r.emit(m)
}

// decompress replaces Data by what it is compressed from.
func (r *Reader) decompress(m *Message, partial bool) {
	encoding := strings.ToLower(strings.TrimSpace(r.o.Encoding))
	if encoding == "" || encoding == "identity" {
		if m.Err == "" {
			m.Err = "compressed, but grpc-encoding does not say how"
		}
		return
	}
	d := body.Decode([]string{encoding}, m.Data, r.keep())
	m.Data, m.Decoded = d.Bytes, d.Size
	m.Truncated = d.Truncated || partial
	m.Truncated = m.Truncated || !d.Ended
	// That what is not all there ends early is no fault, unless nothing came out.
	if d.Err != nil && m.Err == "" && !(partial && errors.Is(d.Err, io.ErrUnexpectedEOF) && d.Left == nil) {
		m.Err = d.Err.Error()
	}
}
