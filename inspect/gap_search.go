package inspect

import (
	"tlsmitm/inspect/tlscrypt"
	"tlsmitm/inspect/tlswire"
)

const (
	// maxDoubt is how far the beginning of a record is sought in what may not be TLS:
	// two of the largest.
	maxDoubt = 2 * (tlswire.RecordHeaderLen + tlswire.MaxCiphertext)
	// maxTrials bounds the bytes that are decrypted to find a record's number, for
	// each conversation.
	maxTrials = 64 << 20
)

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
