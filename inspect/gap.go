package inspect

import "time"

// gap takes note of bytes that a recording lacks.
func (d *Dissector) gap(leg LegName, up bool, at time.Time, n int64) {
	c := d.leg(leg)
	f := c.flow(up)
	if c.late.stuck {
		c.late.chunks = append(c.late.chunks, heldChunk{f: f, at: at, frame: d.frame, gap: n})
		return
	}
	f.gap(at, d.rowFor(c, f), n)
}

// gap goes on after n bytes that are missing.
func (f *flow) gap(at time.Time, row int, n int64) {
	f.conv.d.send(f, at, row, KindLoss, &Loss{Bytes: n, Reason: LossNotCaptured})
	if f.raw || f.blind != "" {
		return
	}
	f.settle()
	f.end(at)
	f.blind = string(LossNotCaptured)
	f.unseen(at)
}
