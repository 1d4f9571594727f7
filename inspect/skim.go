package inspect

import (
	"time"

	"tlsmitm/inspect/tlswire"
)

// Skimming is what makes watching a bulk transfer cheap: once an event of data
// shows all that it may, the records that follow are neither joined nor decrypted.
// Their lengths add up, and only the end of each is opened, for its type.

const (
	// skimFrom is the size of a record that is worth skimming.
	skimFrom = 1 << 10
	// skimTail is how much of a record's end Peek may look at.
	skimTail = 256
)

// heldRecord is the parts of one record that lie where the caller has them.
type heldRecord struct {
	parts [][]byte
	have  int
	need  int // the record's size with its header; 0 if there is no record
}

// canSkim tells whether the next record of the flow, of n bytes, need only be
// counted.
func (f *flow) canSkim(at time.Time, n int) bool {
	p := &f.conv.data
	if k := f.conv.d.carried; k != nil && !k.skippable(f, n) {
		return false
	}
	return f.opener != nil && !f.unnumbered && p.flow == f && p.full && p.event.data.Reason == "" &&
		f.conv.d.dataBytes >= 0 && at.Sub(p.first) < dataDelay
}

// skim counts a record if that is all that it needs.
func (f *flow) skim(seg segment, rec tlswire.Record, n int) bool {
	if len(rec.Fragment) < skimFrom || !f.canSkim(seg.at, 0) {
		return false
	}
	ct, length, ok := f.opener.Peek(rec)
	if !ok || ct != tlswire.ContentTypeApplicationData || !f.canSkim(seg.at, length) {
		return false
	}
	f.opener.Skip()
	if k := f.conv.d.carried; k != nil {
		k.skip(f, seg, length)
	}
	f.mask.Skip(length)
	p := &f.conv.data
	p.add(length, n, 1)
	p.summy, p.event.data.Truncated = false, true
	return true
}

// hold keeps the beginning of a record where it is, if the record may turn out to
// be one to skim. It returns false if b must be copied.
func (f *flow) hold(at time.Time, b []byte) bool {
	if len(b) < tlswire.RecordHeaderLen || tlswire.ContentType(b[0]) != tlswire.ContentTypeApplicationData {
		return false
	}
	size := int(b[3])<<8 | int(b[4])
	if size < skimFrom || size > tlswire.MaxCiphertext || !f.canSkim(at, size) {
		return false
	}
	f.held.parts, f.held.have, f.held.need = append(f.held.parts, b), len(b), tlswire.RecordHeaderLen+size
	return true
}

// extend adds b to the record that is held. Once the record is whole and could be
// skimmed, it returns what follows it; where it could not, all is copied, and to
// be processed.
func (f *flow) extend(b []byte) (after []byte, skimmed bool) {
	h := &f.held
	h.parts, h.have = append(h.parts, b), h.have+len(b)
	if h.have < h.need {
		return nil, true
	}
	if !f.skimHeld() {
		f.settle()
		return nil, false
	}
	after = b[len(b)-(h.have-h.need):]
	f.drop()
	return after, true
}

// skimHeld skims the record that is held and whole. Only its end is put together.
func (f *flow) skimHeld() bool {
	h := &f.held
	if f.conv.d.tail == nil {
		f.conv.d.tail = make([]byte, tlswire.MaxCiphertext)
	}
	size := h.need - tlswire.RecordHeaderLen
	fragment := f.conv.d.tail[:size]
	for i, at := len(h.parts)-1, h.have; i >= 0 && at > h.need-skimTail; i-- {
		part := h.parts[i]
		at -= len(part)
		from := max(h.need-skimTail, at, tlswire.RecordHeaderLen)
		if to := min(at+len(part), h.need); from < to {
			copy(fragment[from-tlswire.RecordHeaderLen:], part[from-at:to-at])
		}
	}
	header := h.parts[0]
	rec := tlswire.Record{Type: tlswire.ContentType(header[0]), Version: tlswire.Version(header[1])<<8 | tlswire.Version(header[2]), Fragment: fragment}
	last := f.segs[len(f.segs)-1]
	if !f.skim(last, rec, h.need) {
		return false
	}
	f.total.Records++
	f.sealed++
	f.consume(h.need)
	return true
}

// settle copies what is held, since the caller takes its bytes back.
func (f *flow) settle() {
	for _, part := range f.held.parts {
		f.rest = append(f.rest, part...)
	}
	f.drop()
}

func (f *flow) drop() {
	clear(f.held.parts)
	f.held = heldRecord{parts: f.held.parts[:0]}
}

// settle copies what flows hold of the bytes that they were given: after it, the
// caller may reuse them.
func (d *Dissector) settle() {
	for _, c := range d.legs {
		for _, f := range c.flows {
			if f.held.need > 0 {
				f.settle()
			}
		}
	}
}
