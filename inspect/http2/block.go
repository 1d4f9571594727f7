package http2

import (
	"encoding/binary"
	"fmt"

	"tlsmitm/inspect/httpmsg"
)

// fieldBlock is what the frames of a field block say, while they come (RFC 9113,
// section 4.3).
type fieldBlock struct {
	open      bool // END_HEADERS has not come
	kind      FrameType
	stream    uint32
	promised  uint32
	endStream bool
	bytes     int    // of its frames
	frames    int    // CONTINUATION frames
	fragments []byte // those before the last
	size      int    // of the fields, as maxList counts
}

// takeBlock takes a frame of a field block, and acts upon the block once that is
// whole.
func (c *Conn) takeBlock(d *direction, payload []byte) {
	f, b := d.frame, &d.block
	if f.kind != FrameContinuation {
		*b = fieldBlock{kind: f.kind, stream: f.stream, endStream: f.kind == FrameHeaders && f.has(flagEndStream), fragments: b.fragments[:0]}
		var ok bool
		if payload, ok = c.fragment(d, payload); !ok {
			c.fail(d, "a field block cannot be told from its padding")
			return
		}
	}
	b.bytes += frameHeaderLen + f.length
	if !f.has(flagEndHeaders) {
		b.open = true
		b.fragments = append(b.fragments, payload...)
		return
	}
	b.open = false
	if len(b.fragments) > 0 {
		b.fragments = append(b.fragments, payload...)
		payload = b.fragments
	}
	whole, ok := c.decode(d, payload)
	if !ok {
		return
	}
	if b.kind == FramePushPromise {
		c.takePromise(d, whole)
	} else {
		c.takeHeaders(d, whole)
	}
	if !whole {
		c.fail(d, fmt.Sprintf("a field section is longer than %d bytes", maxList))
	}
	if cap(b.fragments) > 1<<14 {
		b.fragments = nil
	}
	clear(d.fields)
}

// fragment takes off what HEADERS and PUSH_PROMISE have around the fragment (RFC
// 9113, sections 6.2 and 6.6).
func (c *Conn) fragment(d *direction, b []byte) (fragment []byte, ok bool) {
	f := d.frame
	need, padding := 0, 0
	if f.has(flagPadded) {
		if len(b) == 0 {
			c.odd(d, FrameSize, "%v without the length of its padding", f.kind)
			return nil, false
		}
		padding = int(b[0])
		b = b[1:]
	}
	switch {
	case f.kind == FramePushPromise:
		need = 4
	case f.has(flagPriority):
		need = priorityLen
	}
	if len(b) < need {
		c.odd(d, FrameSize, "%v of %d bytes", f.kind, f.length)
		return nil, false
	}
	switch need {
	case 4:
		d.block.promised = binary.BigEndian.Uint32(b) & streamMask
	case priorityLen:
		c.checkPriority(d, b)
	}
	b = b[need:]
	if padding > len(b) {
		c.odd(d, PaddingTooLong, "%d bytes in %v of %d bytes on stream %d", padding, f.kind, f.length, f.stream)
		return nil, false
	}
	d.data.soiled = false
	c.checkPadding(d, b[len(b)-padding:])
	return b[:len(b)-padding], true
}

// decode reads a field block into d.fields; whole says that they are all there.
// If the block cannot be read, the direction has failed.
func (c *Conn) decode(d *direction, block []byte) (whole, ok bool) {
	d.fields, d.block.size, whole = d.fields[:0], 0, true
	resized, block, err := d.hpack.resize(block)
	if err == nil {
		c.checkResize(d, resized)
		err = d.hpack.decode(block, func(f httpmsg.Field) bool {
			d.block.size += entrySize(f)
			if whole = d.block.size <= maxList; whole {
				d.fields = append(d.fields, f)
			}
			return whole
		})
	}
	if err != nil {
		if d.table > maxTable {
			err = fmt.Errorf("%w; of the table's %d bytes %d are kept", err, d.table, maxTable)
		}
		c.odd(d, HPACKInvalid, "stream %d: %v", d.block.stream, err)
		c.fail(d, "a field block cannot be read: "+err.Error())
		return false, false
	}
	return whole, true
}

// checkResize looks at how a block's beginning changes the table.
func (c *Conn) checkResize(d *direction, r resizing) {
	if d.mustResize && (r.count == 0 || r.smallest > uint64(d.allowed.inForce.table)) {
		c.odd(d, HPACKTableSizeMissing, "HEADER_TABLE_SIZE is %d, the table has %d", d.allowed.inForce.table, d.table)
	}
	d.mustResize = false
	if r.count == 0 {
		return
	}
	d.table = r.last
	if most := d.allowed.most(tableOf); r.largest > uint64(most) && d.allowed.seen {
		c.odd(d, HPACKTableSize, "%d bytes, where %d are allowed", r.largest, most)
	} else if r.largest > maxTable {
		c.odd(d, HPACKTableBounded, "%d bytes, of which %d are kept", r.largest, maxTable)
	}
}
