package http1

import (
	"bytes"
	"fmt"
	"math"

	"tlsmitm/inspect/httpmsg"
)

// chunkLine reads the first line of a chunk: its size and its extensions (RFC
// 9112, section 7.1).
func (d *direction) chunkLine(b []byte) int {
	data, had := b, len(d.buf)
	if had > 0 {
		d.buf = append(d.buf, b[:min(len(b), MaxChunkLine+1-had)]...)
		data = d.buf
	}
	end := 1 + had + bytes.IndexByte(data[had:], '\n')
	switch {
	case end > had && end <= MaxChunkLine:
	case len(data) > MaxChunkLine:
		return d.refuse(had, func() { d.fail(fmt.Sprintf("a chunk's first line of more than %d bytes", MaxChunkLine)) })
	default:
		if had == 0 {
			d.buf = append(d.buf, data...)
		}
		return len(b)
	}
	line := data[:end-1]
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	} else {
		d.note(ChunkBareLF, "after a chunk's size")
	}
	size, code := d.chunkSize(line)
	if code != "" {
		d.note(code, quoted(string(line[:min(len(line), 8)])))
		return d.refuse(had, func() { d.fail("a chunk's size is missing or invalid") })
	}
	d.total.Framing += int64(end)
	d.clear()
	if size == 0 {
		d.state = inTrailers
	} else {
		d.state, d.left = inChunk, size
	}
	return end - had
}

// chunkSize reads the line without its end.
func (d *direction) chunkSize(line []byte) (int64, httpmsg.AnomalyCode) {
	digits, extension, more := bytes.Cut(line, []byte{';'})
	trimmed := bytes.TrimRight(digits, ows)
	if more {
		d.note(ChunkExtension, fmt.Sprintf("%d bytes", len(extension)))
		d.found.text(string(extension), "chunk extension")
		d.tell(d.count)
	}
	var size int64
	for _, c := range trimmed {
		digit := hexDigit(c)
		if digit < 0 {
			return 0, ChunkSizeInvalid
		}
		if size > math.MaxInt64>>4 {
			return 0, ChunkSizeOverflow
		}
		size = size<<4 | digit
	}
	if len(trimmed) == 0 {
		return 0, ChunkSizeInvalid
	}
	if len(trimmed) > 16 || len(trimmed) < len(digits) {
		d.note(ChunkSizePadded, fmt.Sprintf("%d characters", len(digits)))
	}
	return size, ""
}

func hexDigit(c byte) int64 {
	switch {
	case c >= '0' && c <= '9':
		return int64(c - '0')
	case c >= 'a' && c <= 'f':
		return int64(c - 'a' + 10)
	case c >= 'A' && c <= 'F':
		return int64(c - 'A' + 10)
	}
	return -1
}

// chunkEnd reads the line end after a chunk's data.
func (d *direction) chunkEnd(b []byte) int {
	switch {
	case b[0] == '\r' && !d.cr:
		d.cr = true
	case b[0] == '\n':
		if !d.cr {
			d.note(ChunkBareLF, "after a chunk's data")
		}
		d.cr, d.state = false, inSize
	default:
		d.note(ChunkEndMissing, "")
		d.fail("no line end after a chunk's data")
		return 0
	}
	d.total.Framing++
	return 1
}
