package inspect

import (
	"time"

	"tlsmitm/inspect/redact"
	"tlsmitm/inspect/tlscrypt"
)

// Dissector turns one connection's bytes and secrets into events. It does no
// I/O, knows no clock and starts nothing; it is not safe for concurrent use.
type Dissector struct {
	conn      uint64
	meta      Meta
	opened    time.Time
	dataBytes int // how much of a run of data an event carries; -1 all
	masters   *masterStore
	notary    *notary // nil: one without a bound is made when it is needed
	accepted  *acceptances
	emit      func(*Event)
	tapped    bool       // KindSockets and KindBytes are wanted
	deliver   func(item) // queues what a key store tells; nil where nothing is queued
	slab      *slab
	redact    *redact.Redactor // nil shows secrets
	tail      []byte           // where the end of a held record is put together

	legs []*conversation // in order of their first bytes

	turn uint64 // how many chunks came

	carried *carried // nil where what the data mean is not asked for

	row     int   // the current row's number
	rowFlow *flow // whose run of bytes it is
	lastRow int   // of the latest event: rows never go back
	frame   int   // of a recording, that the latest bytes are from: rows are frames there

	closing *item // the connection is over, but what passed may still wait for secrets
	closed  bool
}

func newDissector(conn uint64, meta Meta, opened time.Time, dataBytes int, masters *masterStore, emit func(*Event)) *Dissector {
	return &Dissector{conn: conn, meta: meta, opened: opened, dataBytes: dataBytes, masters: masters, emit: emit, accepted: new(acceptances), slab: new(slab)}
}

// hide makes the dissector hide secrets from here on.
func (d *Dissector) hide(r *redact.Redactor) {
	d.redact = r
	d.meta.Target, d.meta.UserAgent = r.URL(d.meta.Target), r.Header("User-Agent", d.meta.UserAgent)
}

// text is what an error says, without the secrets in it.
func (d *Dissector) text(err error) string { return string(d.redact.Text([]byte(err.Error()))) }

// signatures returns what checks signatures.
func (d *Dissector) signatures() *notary {
	if d.notary == nil {
		d.notary = newNotary(-1)
	}
	return d.notary
}

// handle takes one item of the session's queue.
func (d *Dissector) handle(it *item, s *Session) {
	switch it.kind {
	case itemOpen:
		d.emit(&Event{Time: d.opened, Kind: KindConnOpen, Conn: d.conn, Body: &ConnOpen{
			Client: d.meta.Client, Target: d.meta.Target, Via: d.meta.Via, Mode: d.meta.Mode, UserAgent: d.meta.UserAgent, Hidden: d.redact != nil,
		}})
	case itemChunk:
		d.frame = it.frame
		d.chunk(it.leg, it.up, it.at, it.b)
	case itemGap:
		d.frame = it.frame
		d.gap(it.leg, it.up, it.at, it.body.(int64))
	case itemSecret:
		d.secret(it)
	case itemSockets:
		d.emit(&Event{Time: it.at, Kind: KindSockets, Conn: d.conn, Leg: it.leg, Body: it.body.(*Sockets)})
	case itemKeys:
		d.leg(it.leg).use(it.body.(*KeyStore))
	case itemStray:
		d.leg(it.leg).proceed()
		d.tryClose()
	case itemNoSecrets:
		d.noSecrets(it.leg)
	case itemVerified:
		d.verified(it.leg, it.at, it.body.(*Verification))
	case itemLoss:
		c := d.leg(it.leg)
		c.lose(c.flow(it.up != c.swapped), it.at)
	case itemClose:
		end := *it
		lost := ending{outcome: it.body.(Outcome)}
		if s != nil {
			lost.lost = s.losses()
		}
		end.body = lost
		d.closing = &end
		d.tryClose()
	}
}

// leg returns the named conversation, made when it is first heard of.
func (d *Dissector) leg(name LegName) *conversation {
	for _, c := range d.legs {
		if c.name == name {
			return c
		}
	}
	c := newConversation(d, name)
	d.legs = append(d.legs, c)
	return c
}

// chunk takes bytes that passed in one direction of a leg. b is decrypted in
// place, and the caller's again after settle.
func (d *Dissector) chunk(leg LegName, up bool, at time.Time, b []byte) {
	c := d.leg(leg)
	f := c.flow(up != c.swapped)
	f.total.Bytes += int64(len(b))
	if d.tapped { // before b is decrypted
		d.emit(&Event{Time: at, Kind: KindBytes, Conn: d.conn, Leg: leg, From: f.from, To: f.to, Body: &Bytes{B: clone(b)}})
	}
	c.feed(f, at, b)
}

// rowFor gives a run of bytes its row: the current one goes on until another
// flow's bytes come; data that still waits for more of its run keeps its own.
func (d *Dissector) rowFor(c *conversation, f *flow) int {
	if d.frame > 0 {
		d.row = d.frame
		return d.row
	}
	if d.rowFlow == f {
		return d.row
	}
	if c.data.flow == f {
		return c.data.row
	}
	d.row++
	d.rowFlow = f
	return d.row
}

// secret takes a key log line: one of crypto/tls, or one that a key store has read.
func (d *Dissector) secret(it *item) {
	line, parsed := it.body.(tlscrypt.KeyLogLine)
	if !parsed {
		var err error
		if line, err = tlscrypt.ParseKeyLogLine(it.b); err != nil {
			return // crypto/tls writes no line that could fail
		}
	}
	c := d.leg(it.leg)
	c.take(it.at, line)
	c.proceed()
	d.tryClose()
}

// noSecrets says that the key store will learn no more.
func (d *Dissector) noSecrets(leg LegName) {
	c := d.leg(leg)
	c.keyed = false
	c.proceed()
	d.tryClose()
}

func (d *Dissector) verified(leg LegName, at time.Time, v *Verification) {
	c := d.leg(leg)
	c.verification = v
	d.flushData()
	d.emit(&Event{Time: at, Kind: KindTLSVerify, Conn: d.conn, Leg: leg, From: PartyServer, To: PartyProxy, No: d.lastRow, Body: v})
}

// send emits an event about bytes of a flow, after the data that came before it.
func (d *Dissector) send(f *flow, at time.Time, row int, kind Kind, body any) {
	d.flushData()
	d.place(&Event{Time: at, Kind: kind, Body: body}, f, row)
}

// place emits an event in its row, keeping the order of rows: what was opened
// late, when later rows are out already, opens a row of its own.
func (d *Dissector) place(e *Event, f *flow, row int) {
	if row < d.lastRow && d.frame == 0 {
		d.row++
		d.rowFlow, row = f, d.row
	}
	d.lastRow = row
	e.Conn, e.Leg, e.From, e.To, e.No = d.conn, f.conv.name, f.from, f.to, row
	d.emit(e)
}

// tick writes data that has waited for more of its run for long enough, and gives
// secrets up that do not come.
func (d *Dissector) tick(now time.Time) {
	for _, c := range d.legs {
		c.tick(now)
	}
	d.tryClose()
	for _, c := range d.legs {
		if c.data.flow != nil && now.Sub(c.data.first) >= dataDelay {
			d.flushData()
			return
		}
	}
}

// waiting reports whether tick is needed.
func (d *Dissector) waiting() bool {
	for _, c := range d.legs {
		if c.data.flow != nil || c.late.stuck {
			return true
		}
	}
	return false
}

// ending is how a connection ended, and what inspection lost of it.
type ending struct {
	outcome Outcome
	lost    map[flowKey]int64
}

// tryClose ends the connection's events once it is over, unless something still
// waits for a secret.
func (d *Dissector) tryClose() {
	if d.closing == nil || d.closed {
		return
	}
	for _, c := range d.legs {
		if c.late.stuck {
			return
		}
	}
	e := d.closing.body.(ending)
	d.close(d.closing.at, e.outcome, e.lost)
	d.closed = true
}

// giveUp has nothing wait for a secret any more.
func (d *Dissector) giveUp() {
	for _, c := range d.legs {
		if c.late.stuck {
			c.giveUp()
		}
	}
	d.tryClose()
}

// forget leaves nothing of the connection in key stores.
func (d *Dissector) forget() {
	for _, c := range d.legs {
		c.forget()
	}
}

// close ends every flow, says why the connection ended, and sums up.
func (d *Dissector) close(at time.Time, o Outcome, lost map[flowKey]int64) {
	for _, c := range d.legs {
		if c.late.stuck {
			c.giveUp()
		}
		for _, f := range c.inOrder() {
			f.end(at)
		}
	}
	if d.carried != nil {
		d.carried.close(at)
	}
	d.flushData()
	for _, c := range d.legs {
		for _, f := range c.flows {
			if n := lost[flowKey{c.name, f.up != c.swapped}]; n > 0 {
				d.emit(&Event{Time: at, Kind: KindLoss, Conn: d.conn, Leg: c.name, From: f.from, To: f.to, Body: &Loss{Bytes: n, Reason: LossQueueFull}})
			}
		}
	}
	g := d.diagnose(at, &o)
	if c := d.find(LegClient); c != nil && c.talked {
		d.accepted.end(d.acceptor(c), at)
	}
	if g != nil {
		d.emit(&Event{Time: at, Kind: KindDiagnosis, Conn: d.conn, Leg: g.leg, Body: &g.Diagnosis})
	}
	end := &ConnClose{Cause: o.Cause, Mode: o.Mode, Duration: at.Sub(d.opened)}
	if end.Mode == "" {
		end.Mode = d.meta.Mode
	}
	if o.Err != nil {
		end.Error = d.text(o.Err)
	}
	for _, c := range d.legs {
		for _, f := range c.flows {
			end.Flows = append(end.Flows, f.total)
		}
	}
	d.emit(&Event{Time: at, Kind: KindConnClose, Conn: d.conn, Body: end})
}
