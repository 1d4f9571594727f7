package inspect

import (
	"cmp"
	"time"

	"tlsmitm/inspect/redact"
	"tlsmitm/inspect/tlscrypt"
	"tlsmitm/inspect/tlswire"
)

// maxParked bounds the bytes of one flow that wait for a secret.
const maxParked = 4 << 20

// Why something could not be opened or read. These are part of the events.
const (
	reasonGaveUp  = "its secret did not come"
	reasonUnknown = "its secret is not known"
	reasonGap     = "others before it were not opened, for want of their secret"
	reasonEarly   = "it came before the Server Hello"
	reasonCut     = "the connection ended within a record"
	reasonCutMsg  = "the connection ended within a handshake message"
	reasonBlind   = "inspection lost what follows it"
	reasonNotTLS  = "not a TLS record"
	reasonAlert   = "not an alert: two bytes were expected"
	reasonContent = "unknown content type"
	reasonEmpty   = "an empty handshake record"
)

// IsSecretMissing tells whether the reason for which something was not opened is
// that nobody told its secret.
func IsSecretMissing(reason string) bool {
	return reason == reasonGaveUp || reason == reasonUnknown
}

// segment says where a run of a flow's bytes came from.
type segment struct {
	n    int
	at   time.Time
	row  int
	turn uint64 // a count of what came, over all flows
}

// flow is one direction of a leg: bytes to records, records to messages and data.
type flow struct {
	conv     *conversation
	up       bool // client to server
	from, to Party
	total    FlowTotal

	// blind is why the flow is no longer read at all: bytes of it were lost.
	blind string
	// broken says that the record structure was lost: the rest is malformed.
	broken bool
	// goodbye says that a close_notify has passed: something else may follow.
	goodbye bool
	raw     bool // not TLS, so far
	ssl2    ssl2Form
	began   bool
	waits   bool // the record at the head of rest needs a secret that is not there yet, or the other flow to go on first

	rest []byte     // not consumed yet: part of a record, or waiting for a secret
	held heldRecord // instead of rest: part of a record that may be skimmed
	segs []segment  // where rest came from

	gaps
	early     earlyData
	opener    *tlscrypt.Opener // nil until the epoch's first record needs it
	missed    int              // records of the epoch that went by without an opener
	rejoins   int              // how often one was looked for after that
	protected bool             // TLS 1.2: a Change Cipher Spec has passed
	traffic   bool             // TLS 1.3: Finished has passed, so application keys are in use
	sealed    int              // protected records so far
	clear     int              // messages of SSL 2.0 in the clear so far
	sealedRow int              // the row of the first, opened or not

	mask *redact.Stream // hides secrets in what is shown of the data; nil before the first

	hand     []byte // the part of a handshake message that has come
	overhead int    // bytes on the wire of its records that are not message
}

// feed takes the next bytes. b is decrypted in place, and kept until settle at
// the latest.
func (f *flow) feed(seg segment, b []byte) {
	if f.blind != "" {
		return
	}
	if f.raw {
		f.other(seg, b)
		return
	}
	f.segs = append(f.segs, seg)
	if f.skip > 0 || f.seek {
		if b = f.afterGap(b); len(b) == 0 {
			return
		}
	}
	if f.held.need > 0 {
		after, skimmed := f.extend(b)
		if !skimmed {
			f.process()
			return
		}
		if b = after; len(b) == 0 {
			return
		}
	}
	if f.began && len(f.rest) == 0 {
		if left := f.run(b, false); len(left) > 0 && !f.hold(seg.at, left) {
			f.rest = append(f.rest, left...)
		}
		return
	}
	f.rest = append(f.rest, b...)
	if f.began {
		f.process()
	} else if f.begin(false) {
		f.start(len(b))
	}
}

// start goes on with a flow's first bytes, of which the last n have just come.
func (f *flow) start(n int) {
	switch {
	case f.raw:
		f.look(n)
	case f.seek:
		b := f.rest
		f.rest = nil
		f.rest = append(f.rest, f.afterGap(b)...)
		f.process()
	default:
		f.process()
	}
}

// process goes on with what waited.
func (f *flow) process() {
	f.settle()
	if len(f.rest) == 0 || f.raw || f.seek || !f.began {
		return
	}
	left := f.run(f.rest, false)
	if len(left) == len(f.rest) {
		return // nothing was moved, so that waiting costs nothing
	}
	f.rest = f.rest[:copy(f.rest, left)]
	if len(f.rest) == 0 && cap(f.rest) > 2*tlswire.MaxCiphertext {
		f.rest = nil
	}
}

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

// consume takes n bytes off the segments and returns the one they ended in.
func (f *flow) consume(n int) segment {
	last := segment{}
	for n > 0 && len(f.segs) > 0 {
		s := &f.segs[0]
		last = *s
		if s.n > n {
			s.n -= n
			break
		}
		n -= s.n
		f.segs = f.segs[1:]
	}
	if len(f.segs) == 0 {
		f.segs = nil
	}
	last.n = n
	return last
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
		ct, plain, ok, wait := f.openEarly(rec)
		if wait && !final {
			return false
		}
		if ok {
			f.total.Records++
			if ct == tlswire.ContentTypeApplicationData {
				f.tellEarly(f.consume(n), plain, n, "")
			} else {
				f.payload(f.consume(n), ct, plain, n, true)
			}
			return true
		}
	}
	if f.unnumbered {
		return f.unnumberedRecord(rec, n, final)
	}
	if f.sealedRow == 0 && len(f.segs) > 0 && f.conv.version != 0 {
		f.sealedRow = f.segs[0].row
	}
	if f.opener == nil {
		o, wait, reason := f.nextOpener()
		if wait && !final {
			return false
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
		if o == nil {
			f.total.Records++
			if f.conv.version != 0 {
				f.sealed++
				f.missed++
			}
			if !f.inEarly() {
				f.conv.proofs.lose()
			}
			f.unopened(f.consume(n), rec, n, reason)
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

// message emits m.
func (f *flow) message(seg segment, m *Message) {
	f.total.Messages++
	m.Context = f.context()
	m.Context.SSL2 = m.SSL2
	f.conv.d.send(f, seg.at, seg.row, KindTLSMessage, m)
}

// context is what decoding a message of the flow needs to know.
func (f *flow) context() tlswire.Context {
	return tlswire.Context{Version: f.conv.version, CipherSuite: f.conv.suite, FromServer: !f.up}
}

// malformed emits what could not be read.
func (f *flow) malformed(seg segment, ct tlswire.ContentType, b []byte, wire int, reason string) {
	shown := clone(b[:f.conv.d.shown(len(b))])
	f.conv.d.redact.Stream(redact.Text).Mask(shown, shown)
	f.conv.d.send(f, seg.at, seg.row, KindTLSMalformed, &Malformed{
		ContentType: ct, Length: len(b), Wire: wire, Bytes: shown, Reason: reason,
	})
}

// end tells of what is left when the connection is over.
func (f *flow) end(at time.Time) {
	cut, cutMsg := reasonCut, reasonCutMsg
	if f.blind != "" {
		cut, cutMsg = reasonBlind, reasonBlind
	}
	f.settle()
	if len(f.rest) > 0 && !f.began {
		f.begin(true)
		f.start(len(f.rest))
	}
	if f.raw {
		f.endOther()
	}
	f.endGap(at)
	if len(f.rest) > 0 {
		if left := f.run(f.rest, true); len(left) > 0 {
			f.malformed(f.consume(len(left)), 0, left, len(left), cut)
		}
		f.rest = nil
	}
	seg := segment{at: at, row: f.conv.d.row}
	switch {
	case len(f.hand) > 0:
		f.malformed(seg, tlswire.ContentTypeHandshake, f.hand, len(f.hand)+f.overhead, cutMsg)
	case f.overhead > 0:
		f.malformed(seg, tlswire.ContentTypeHandshake, nil, f.overhead, reasonEmpty)
	}
	f.hand, f.overhead = nil, 0
	if k := f.conv.d.carried; k != nil && f.blind == "" {
		k.end(f, at)
	}
}

// unseen tells that bytes of the flow were lost.
func (f *flow) unseen(at time.Time) {
	if f.mask != nil || f.conv.done {
		f.loseMask()
	}
	if k := f.conv.d.carried; k != nil {
		k.lost(f, at)
	}
}

func clone(b []byte) []byte { return append([]byte(nil), b...) }
