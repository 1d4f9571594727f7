package inspect

import (
	"time"

	"tlsmitm/inspect/tlscrypt"
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

const (
	// maxDoubt is how far the beginning of a record is sought in what may not be TLS:
	// two of the largest.
	maxDoubt = 2 * (tlswire.RecordHeaderLen + tlswire.MaxCiphertext)
	// maxTrials bounds the bytes that are decrypted to find a record's number, for
	// each conversation.
	maxTrials = 64 << 20
	// lossEvery is how often further losses of a direction are told of.
	lossEvery = time.Second
)

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

// afterGap takes what comes after bytes that are missing, and returns what is to be read
// as records again.
func (f *flow) afterGap(b []byte) []byte {
	if n := min(f.skip, len(b)); n > 0 {
		f.skip -= n
		seg := f.consume(n)
		if f.sealing {
			f.data(seg, b[:n], n, 0, reasonPart)
		} else {
			f.malformed(seg, f.skipped, b[:n], n, reasonPart)
		}
		b = b[n:]
	}
	if !f.seek || len(b) == 0 {
		return b
	}
	f.rest = append(f.rest, b...)
	return f.place()
}

// place looks for where a record begins, and returns what it begins with.
func (f *flow) place() []byte {
	at, v := 0, no
	for ; at < len(f.rest); at++ {
		if v = likeRecords(f.rest[at:]); v != no {
			break
		}
	}
	switch {
	case v == yes:
		f.misplaced(at)
		b := f.rest
		f.rest, f.seek = nil, false
		if f.doubtful {
			f.doubtful, f.unsure, f.unnumbered = false, true, true
		}
		return b
	case !f.doubtful:
		f.misplaced(at)
	case len(f.rest) > maxDoubt:
		f.giveUpTLS()
	}
	return nil
}

// misplaced tells of the first n bytes that the flow holds: they are of records, but it
// is not known of which.
func (f *flow) misplaced(n int) {
	if n == 0 {
		return
	}
	f.lostBytes += int64(n)
	f.data(f.consume(n), f.rest[:n], n, 0, reasonPlace)
	if f.rest = f.rest[n:]; len(f.rest) == 0 {
		f.rest = nil
	}
}

// giveUpTLS takes a conversation whose beginning is missing, and in which no record was
// found, for something else.
func (f *flow) giveUpTLS() {
	f.doubtful = false
	if o := f.conv.flow(!f.up); o.began && !o.doubtful && !o.raw {
		f.misplaced(len(f.rest)) // the other direction is TLS
		return
	}
	f.seek, f.raw = false, true
	f.look(len(f.rest))
}

// likeRecords tells whether b begins with a record that another follows, or the end of
// what was sent at once: one alone can be found by chance.
func likeRecords(b []byte) verdict {
	if len(b) < tlswire.RecordHeaderLen {
		if _, _, err := tlswire.ParseRecord(b); err != nil {
			return no
		}
		return maybe
	}
	if !likeRecord(b) {
		return no
	}
	n := recordLen(b)
	switch {
	case len(b) < n:
		return maybe
	case len(b) == n:
		return yes
	case len(b) >= n+tlswire.RecordHeaderLen:
		if likeRecord(b[n:]) {
			return yes
		}
		return no
	}
	if _, _, err := tlswire.ParseRecord(b[n:]); err != nil {
		return no
	}
	return maybe
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

// unnumberedRecord takes a protected record whose number is not known. It returns false if
// the record must wait for its secret.
func (f *flow) unnumberedRecord(rec tlswire.Record, n int, final bool) bool {
	reason := reasonNumber
	if f.opener == nil {
		o, wait, why := f.nextOpener()
		if wait && !final {
			return false
		}
		if o == nil {
			reason = why
		}
	}
	if !f.conv.version.Is13() {
		f.protected = true
	}
	f.total.Records++
	f.sealed++
	seg := f.consume(n)
	if reason == reasonNumber {
		if ct, plain, ok := f.locate(rec); ok {
			f.payload(seg, ct, plain, n, true)
			return true
		}
	}
	f.conv.proofs.lose()
	f.lostBytes += int64(n)
	f.unopened(seg, rec, n, reason)
	return true
}

// locate opens a record whose number is not known.
func (f *flow) locate(rec tlswire.Record) (ct tlswire.ContentType, plain []byte, ok bool) {
	c := f.conv
	from := f.opener
	if from == nil {
		from, _, _ = c.opener(f)
		from = skipped(from, f.missed)
	}
	if from = from.Fork(); from == nil {
		return 0, nil, false
	}
	if ct, plain, ok = f.try(from, rec); ok || !c.version.Is13() || f.traffic {
		return ct, plain, ok
	}
	f.traffic = true // or so it may be
	if from, _, _ = c.opener(f); from != nil {
		if ct, plain, ok = f.try(from, rec); ok {
			return ct, plain, ok
		}
	}
	f.traffic = false
	return 0, nil, false
}

// try opens a record under one number after the other.
func (f *flow) try(o *tlscrypt.Opener, rec tlswire.Record) (tlswire.ContentType, []byte, bool) {
	// The least that a record takes on the wire, and so the most that were lost.
	most := int(f.lostBytes/(tlswire.RecordHeaderLen+16)) + 2
	for range most {
		if f.conv.trials += len(rec.Fragment); f.conv.trials > maxTrials {
			break
		}
		ct, plain, err := o.Open(tlswire.Record{Type: rec.Type, Version: rec.Version, Fragment: clone(rec.Fragment)})
		if err == nil {
			f.opener, f.unnumbered, f.lostBytes, f.missed = o, false, 0, 0
			return ct, plain, true
		}
		o.Skip()
	}
	return 0, nil, false
}

// likeMessages tells whether b begins with a handshake message, and goes on with others.
func likeMessages(b []byte) bool {
	for len(b) >= tlswire.HandshakeHeaderLen {
		_, n, err := tlswire.ParseHandshake(b)
		switch {
		case err != nil || !tlswire.HandshakeType(b[0]).Known():
			return false
		case n == 0:
			return true
		}
		b = b[n:]
	}
	return true
}

// inTheClear tells of a record of a connection whose beginning is missing whether it is
// not protected, by what it holds.
func inTheClear(rec tlswire.Record) bool {
	b := rec.Fragment
	switch rec.Type {
	case tlswire.ContentTypeChangeCipherSpec:
		return len(b) == 1
	case tlswire.ContentTypeAlert:
		return len(b) == 2 && (b[0] == 1 || b[0] == 2)
	case tlswire.ContentTypeHandshake:
		return len(b) >= tlswire.HandshakeHeaderLen && likeMessages(b)
	}
	return false
}

// isHello tells whether a record is a Client Hello and nothing else. One of TLS 1.3 that
// answers a Hello Retry Request may come after a Change Cipher Spec, which then means
// nothing (RFC 8446 D.4).
func isHello(rec tlswire.Record) bool {
	if rec.Type != tlswire.ContentTypeHandshake {
		return false
	}
	h, n, err := tlswire.ParseHandshake(rec.Fragment)
	if err != nil || n != len(rec.Fragment) || h.Type != tlswire.HandshakeTypeClientHello {
		return false
	}
	_, err = tlswire.ParseClientHello(h.Body)
	return err == nil
}
