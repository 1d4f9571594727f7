package inspect

import (
	"time"

	"tlsmitm/inspect/tlswire"
)

// A recording may lack bytes. What they were of is told as not whole, and reading goes
// on at the next record: where the hole lies within one record, it is known where that
// ends; else a place is sought at which two records follow each other. How many were
// lost is found out by trying: a record authenticates under its own number alone.

const (
	reasonPart     = "not all of it was captured"
	reasonPlace    = "bytes before it were not captured, and no record begins in it"
	reasonNumber   = "records before it were not captured, and it is not known how many"
	reasonUncaught = "the beginning of the connection was not captured"
	reasonNoAnswer = "the Server Hello was not captured"
)

// lossEvery is how often further losses of a direction are told of.
const lossEvery = time.Second

// gaps is what a flow knows of bytes that are missing.
type gaps struct {
	skip     int                 // bytes of a record, the beginning of which has been told of
	skipped  tlswire.ContentType // of that record
	sealing  bool                // it is protected
	seek     bool                // it is not known where a record begins
	doubtful bool                // nor whether this is TLS
	unsure   bool                // it is not known whether a handshake record begins with a message
	tail     int                 // bytes of a handshake message, the beginning of which has been told of

	unnumbered bool  // it is not known which number the next record has
	lostBytes  int64 // since its number was known

	told   time.Time // when a loss was told of
	untold int64     // lost since then
}

// gap takes note of n bytes that a recording lacks.
func (d *Dissector) gap(leg LegName, up bool, at time.Time, n int64) {
	c := d.leg(leg)
	f := c.flow(up != c.swapped)
	if d.tapped {
		d.emit(&Event{Time: at, Kind: KindBytes, Conn: d.conn, Leg: leg, From: f.from, To: f.to, Body: &Bytes{Lost: n}})
	}
	if c.late.stuck {
		c.late.chunks = append(c.late.chunks, heldChunk{f: f, at: at, frame: d.frame, gap: n})
		return
	}
	f.gap(at, d.rowFor(c, f), n)
}

// gap goes on after n bytes that are missing.
func (f *flow) gap(at time.Time, row int, n int64) {
	f.settle()
	seg := segment{at: at, row: row}
	if !f.began {
		had := len(f.rest)
		f.conv.midway = f.conv.midway || had < tlswire.RecordHeaderLen // which tells nothing
		if had > 0 {
			f.begin(true)
			f.start(had)
		}
	}
	switch {
	case f.blind != "":
	case f.raw || !f.began && f.conv.flow(!f.up).raw:
		f.gapInOther(seg, n)
	case f.ssl2 != ssl2None:
		f.misplaced(len(f.rest))
		f.blind = string(LossNotCaptured)
	case f.began:
		f.hole(seg, n)
	}
	f.lose(seg, n)
	f.unseen(at)
}

// lose tells of bytes that are missing: the first at once, and then once a second.
func (f *flow) lose(seg segment, n int64) {
	f.untold += n
	if f.told.IsZero() || seg.at.Sub(f.told) >= lossEvery {
		f.told = seg.at
		f.tellLoss(seg)
	}
}

func (f *flow) tellLoss(seg segment) {
	if f.untold > 0 {
		f.conv.d.send(f, seg.at, seg.row, KindLoss, &Loss{Bytes: f.untold, Reason: LossNotCaptured})
		f.untold = 0
	}
}

// hole passes over n bytes of records.
func (f *flow) hole(seg segment, n int64) {
	if f.seek {
		f.misplaced(len(f.rest))
		f.lostBytes += n
		return
	}
	if f.skip == 0 && len(f.rest) > 0 {
		f.rest = f.run(f.rest, true)
		f.cut()
	}
	if n <= int64(f.skip) {
		f.skip -= int(n)
		return
	}
	n -= int64(f.skip)
	f.skip = 0
	f.cutMessage(seg, 0)
	f.seek, f.unsure, f.unnumbered = true, true, true
	f.lostBytes += n
}

// cut tells of the beginning of a record, whose rest is missing at least in part.
func (f *flow) cut() {
	b := f.rest
	f.rest = nil
	if len(b) < tlswire.RecordHeaderLen {
		if len(b) > 0 {
			f.data(f.consume(len(b)), b, len(b), 0, reasonPart)
		}
		return
	}
	f.skip = recordLen(b) - len(b)
	rec := tlswire.Record{Type: tlswire.ContentType(b[0]), Version: tlswire.Version(b[1])<<8 | tlswire.Version(b[2]), Fragment: b[tlswire.RecordHeaderLen:]}
	f.skipped, f.sealing = rec.Type, f.isSealed(rec)
	f.total.Records++
	seg := f.consume(len(b))
	switch {
	case f.sealing:
		f.countUnopened()
		f.unopened(seg, rec, len(b), reasonPart)
	case rec.Type == tlswire.ContentTypeHandshake:
		f.handshake(seg, rec.Fragment, len(b), false)
		f.cutMessage(seg, f.skip)
	default:
		f.malformed(seg, rec.Type, rec.Fragment, len(b), reasonPart)
	}
}

// countUnopened counts a protected record that cannot be opened. In a handshake of TLS
// 1.3 it may have held the Finished after which other keys are in use.
func (f *flow) countUnopened() {
	f.conv.proofs.lose()
	f.sealed++
	if f.opener != nil {
		f.opener.Skip()
	} else {
		f.missed++
	}
	if f.conv.version.Is13() && !f.traffic {
		f.unnumbered = true
	}
}

// cutMessage tells of the beginning of a handshake message that has come, of which lost
// bytes are missing, or it is not known how many.
func (f *flow) cutMessage(seg segment, lost int) {
	if len(f.hand) == 0 && f.overhead == 0 {
		return
	}
	f.conv.proofs.lose()
	if len(f.hand) < tlswire.HandshakeHeaderLen {
		f.malformed(seg, tlswire.ContentTypeHandshake, f.hand, len(f.hand)+f.overhead, reasonPart)
	} else {
		t := tlswire.HandshakeType(f.hand[0])
		length := tlswire.HandshakeHeaderLen + (int(f.hand[1])<<16 | int(f.hand[2])<<8 | int(f.hand[3]))
		f.message(seg, &Message{
			ContentType: tlswire.ContentTypeHandshake, Type: t, HasType: true, Name: t.String(),
			Reason: reasonPart, Length: length, Wire: len(f.hand) + f.overhead,
		})
		if lost > 0 {
			f.tail = max(0, length-len(f.hand)-lost)
		}
	}
	f.hand, f.overhead = nil, 0
}

// afterCut takes what a handshake record begins with that is the end of a message whose
// beginning has been told of, or may be, and returns what follows.
func (f *flow) afterCut(seg segment, b []byte) []byte {
	n := min(f.tail, len(b))
	f.tail -= n
	if f.unsure && n == 0 && len(b) > 0 {
		if f.unsure = !likeMessages(b); f.unsure {
			n = len(b)
		}
	}
	if n > 0 {
		f.malformed(seg, tlswire.ContentTypeHandshake, b[:n], n+f.overhead, reasonPart)
		f.overhead = 0
	}
	return b[n:]
}

// endGap tells of what is left of a flow that has gaps.
func (f *flow) endGap(at time.Time) {
	switch {
	case !f.seek || len(f.rest) == 0:
	case f.doubtful:
		if f.giveUpTLS(); f.raw {
			f.endOther()
		}
	default:
		f.misplaced(len(f.rest))
	}
	f.tellLoss(segment{at: at, row: f.conv.d.row})
}
