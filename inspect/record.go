package inspect

import (
	"cmp"

	"tlsmitm/inspect/tlscrypt"
	"tlsmitm/inspect/tlswire"
)

// run consumes whole records and returns what is left of b. With final set,
// nothing waits for a secret any more.
func (f *flow) run(b []byte, final bool) []byte {
	f.waits = false
	for len(b) > 0 {
		if f.broken {
			f.malformed(f.consume(len(b)), 0, b, len(b), reasonNotTLS)
			return nil
		}
		if f.ssl2 != ssl2None {
			n := f.ssl2Record(b)
			if n == 0 {
				return b
			}
			b = b[n:]
			continue
		}
		rec, n, err := tlswire.ParseRecord(b)
		if err != nil && f.goodbye && f.conv.name == LegDirect {
			f.leaveTLS(b)
			return nil
		}
		if err != nil {
			f.broken = true
			f.malformed(f.consume(len(b)), 0, b, len(b), err.Error())
			return nil
		}
		if n == 0 {
			return b
		}
		if !f.record(rec, n, final || len(b) > maxParked) {
			f.waits = true
			return b
		}
		b = b[n:]
	}
	return nil
}

// record takes one record of n bytes. It returns false if the record must wait
// for its secret.
func (f *flow) record(rec tlswire.Record, n int, final bool) bool {
	sealed := f.isSealed(rec)
	if !final && (sealed || rec.Type == tlswire.ContentTypeHandshake) && f.mustFollow() {
		return false
	}
	if !sealed {
		f.total.Records++
		f.payload(f.consume(n), rec.Type, rec.Fragment, n, false)
		return true
	}
	if f.mayBeEarly() {
		if taken, wait := f.earlyRecord(rec, n, final); taken || wait {
			return taken
		}
	}
	if f.unnumbered {
		return f.unnumberedRecord(rec, n, final)
	}
	if f.sealedRow == 0 && len(f.segs) > 0 && f.conv.version != 0 {
		f.sealedRow = f.segs[0].row
	}
	if f.opener == nil {
		o, reason, wait := f.findOpener(rec, final)
		if wait {
			return false
		}
		if o == nil {
			f.unopenable(rec, n, reason)
			return true
		}
		f.opener = o
	}
	f.total.Records++
	f.sealed++
	seg := f.consume(n)
	if f.skim(seg, rec, n) {
		return true
	}
	ct, plain, err := f.opener.Open(rec)
	if err != nil {
		f.unopened(seg, rec, n, err.Error())
		return true
	}
	f.payload(seg, ct, plain, n, true)
	return true
}

// earlyRecord takes a record of early data, if it is one, or says that it must wait.
func (f *flow) earlyRecord(rec tlswire.Record, n int, final bool) (taken, wait bool) {
	ct, plain, ok, wait := f.openEarly(rec)
	switch {
	case wait && !final:
		return false, true
	case !ok:
		return false, false
	}
	f.total.Records++
	if ct == tlswire.ContentTypeApplicationData {
		f.tellEarly(f.consume(n), plain, n, "")
	} else {
		f.payload(f.consume(n), ct, plain, n, true)
	}
	return true, false
}

// findOpener returns what opens the first protected record and those after it, or the
// reason for which nothing does, or says that the record must wait for its secret.
func (f *flow) findOpener(rec tlswire.Record, final bool) (o *tlscrypt.Opener, reason string, wait bool) {
	f.conv.settleHello(f, rec)
	o, wait, reason = f.nextOpener()
	if wait && !final {
		return nil, "", true
	}
	if wait {
		reason = reasonGaveUp
	}
	if f.missed > 0 || o == nil && f.conv.version != 0 {
		if o != nil {
			reason = reasonGap
		}
		o = f.rejoin(o, rec)
	}
	if o == nil && f.conv.version != 0 {
		o = f.conv.unkeyed()
	}
	return o, reason, false
}

// unopenable takes a protected record that nothing opens.
func (f *flow) unopenable(rec tlswire.Record, n int, reason string) {
	f.total.Records++
	if f.conv.version != 0 {
		f.sealed++
		f.missed++
	}
	if !f.inEarly() {
		f.conv.proofs.lose()
	}
	f.unopened(f.consume(n), rec, n, reason)
}

// mustFollow says whether the next record has to wait because one that came before
// it, in the other direction, does: what a handshake proves depends on the order of
// its messages.
func (f *flow) mustFollow() bool {
	other := f.conv.flows[1-f.side()]
	return other.waits && other.blind == "" && f.olderThan(other) < 0
}

// olderThan compares what two flows have waiting: positive if f's is older.
func (f *flow) olderThan(other *flow) int {
	if len(f.segs) == 0 || len(other.segs) == 0 {
		return len(f.segs) - len(other.segs)
	}
	return cmp.Compare(other.segs[0].turn, f.segs[0].turn)
}

func (f *flow) nextOpener() (*tlscrypt.Opener, bool, string) {
	switch {
	case f.conv.version == 0 && f.conv.midway && f.conv.hello != nil:
		return nil, false, reasonNoAnswer
	case f.conv.version == 0 && f.conv.midway:
		return nil, false, reasonUncaught
	case f.conv.version == 0:
		return nil, false, reasonEarly
	}
	return f.conv.opener(f)
}

// isSealed tells whether a record is protected. In TLS 1.3 all such look like
// application data (RFC 8446 5.2), and an alert that does not is in the clear:
// OpenSSL sends one when it rejects a certificate.
func (f *flow) isSealed(rec tlswire.Record) bool {
	switch {
	case rec.Type == tlswire.ContentTypeApplicationData:
		return true
	case f.conv.version == 0 && f.protected && rec.Type == tlswire.ContentTypeHandshake:
		return !isHello(rec)
	case f.conv.version == 0 && (f.conv.midway || f.protected):
		return !inTheClear(rec)
	case f.conv.version == 0 || f.conv.version.Is13():
		return false
	case f.unsure && rec.Type == tlswire.ContentTypeHandshake && !likeMessages(rec.Fragment):
		return true // a Change Cipher Spec was not captured
	}
	return f.protected
}

// label13 names the secret of the flow's current epoch (RFC 8446 7.1).
func (f *flow) label13() tlscrypt.Label {
	switch {
	case f.up && f.traffic:
		return tlscrypt.LabelClientTraffic
	case f.up:
		return tlscrypt.LabelClientHandshake
	case f.traffic:
		return tlscrypt.LabelServerTraffic
	}
	return tlscrypt.LabelServerHandshake
}

// payload takes what a record carried; n is the record's size on the wire.
func (f *flow) payload(seg segment, ct tlswire.ContentType, b []byte, n int, sealed bool) {
	switch ct {
	case tlswire.ContentTypeHandshake:
		f.handshake(seg, b, n, sealed)
	case tlswire.ContentTypeApplicationData:
		f.data(seg, b, n, 1, "")
	case tlswire.ContentTypeAlert:
		f.alert(seg, b, n, sealed)
	case tlswire.ContentTypeChangeCipherSpec:
		f.message(seg, &Message{ContentType: ct, Name: "Change Cipher Spec", Encrypted: sealed, Length: len(b), Wire: n, Raw: clone(b)})
		if !f.conv.version.Is13() {
			f.protected, f.opener, f.missed = true, nil, 0
		}
	case tlswire.ContentTypeHeartbeat:
		f.message(seg, &Message{ContentType: ct, Name: "Heartbeat", Encrypted: sealed, Length: len(b), Wire: n, Raw: clone(b)})
	default:
		f.malformed(seg, ct, b, n, reasonContent)
	}
}

func (f *flow) alert(seg segment, b []byte, n int, sealed bool) {
	a, err := tlswire.ParseAlert(b)
	if err != nil {
		f.malformed(seg, tlswire.ContentTypeAlert, b, n, reasonAlert)
		return
	}
	if c := f.conv; len(c.alerts) < maxAlerts {
		c.alerts = append(c.alerts, seenAlert{f.up, a})
	}
	f.message(seg, &Message{ContentType: tlswire.ContentTypeAlert, Name: "Alert", Encrypted: sealed, Length: len(b), Wire: n, Raw: clone(b)})
	f.goodbye = f.goodbye || isEnd(a)
	if k := f.conv.d.carried; k != nil && isEnd(a) {
		k.end(f, seg.at)
	}
}

// unopened tells of a protected record that stays closed.
func (f *flow) unopened(seg segment, rec tlswire.Record, n int, reason string) {
	name := "Encrypted Handshake Message"
	switch {
	case rec.Type == tlswire.ContentTypeAlert:
		name = "Alert"
	case rec.Type == tlswire.ContentTypeHeartbeat:
		name = "Heartbeat"
	case rec.Type == tlswire.ContentTypeApplicationData && !f.mustBeHandshake(seg):
		f.data(seg, rec.Fragment, n, 1, reason)
		return
	}
	f.message(seg, &Message{ContentType: rec.Type, Name: name, Encrypted: true, Reason: reason, Length: len(rec.Fragment), Wire: n})
}

// mustBeHandshake tells of a closed TLS 1.3 record whether it is handshake by its
// place: the server's up to the client's first one, and that one itself.
func (f *flow) mustBeHandshake(seg segment) bool {
	if !f.conv.version.Is13() || f.traffic {
		return false
	}
	if f.up {
		return f.sealed == 1
	}
	client := f.conv.flow(true).sealedRow
	return client == 0 || seg.row < client
}
