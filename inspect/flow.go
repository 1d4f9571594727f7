package inspect

import (
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
	reasonNoHello = "the Client Hello is not known"
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

// keptSegs bounds the segments for which room is kept while there are none.
const keptSegs = 8

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

// consume takes n bytes off the segments and returns the one they ended in.
func (f *flow) consume(n int) segment {
	last, done := segment{}, 0
	for n > 0 && done < len(f.segs) {
		s := &f.segs[done]
		last = *s
		if s.n > n {
			s.n -= n
			break
		}
		n -= s.n
		done++
	}
	switch {
	case done < len(f.segs):
		f.segs = f.segs[done:]
	case cap(f.segs) <= keptSegs: // mostly a record comes in one piece
		f.segs = f.segs[:0]
	default:
		f.segs = nil
	}
	last.n = n
	return last
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
	return tlswire.Context{Version: f.conv.version, CipherSuite: f.conv.suite, FromServer: !f.up, CertificateType: f.conv.certTypes[f.side()]}
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
