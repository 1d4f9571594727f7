package inspect

import (
	"time"

	"tlsmitm/inspect/tlscrypt"
	"tlsmitm/inspect/tlswire"
)

// A conversation whose secrets come from a key store may see bytes before the
// secret that opens them: a client's key log is read a moment after the client
// wrote it. Until the secret is there the whole leg waits, both directions, so
// that its events come in the order in which the bytes passed.

const (
	// keyWait is how long a leg waits for a secret: then what it holds is told of
	// unopened, and nothing of that leg waits any more.
	keyWait = 5 * time.Second
	// maxBacklog bounds the bytes that wait behind such a record.
	maxBacklog = 16 << 20
)

// heldChunk is a run of bytes that waits behind a record without a secret.
type heldChunk struct {
	f     *flow
	at    time.Time
	frame int    // of a recording
	b     []byte // its own copy
	gap   int64  // instead of b: bytes that the recording lacks
	lost  bool   // instead of b: nothing more of the flow was seen
}

// backlog is what a leg holds while it waits for a secret.
type backlog struct {
	stuck  bool      // it waits, and is counted by the store
	since  time.Time // when that was first noticed
	chunks []heldChunk
	bytes  int
}

// use makes the conversation look for its secrets in keys.
func (c *conversation) use(keys *KeyStore) {
	if keys == nil || c.keys != nil {
		return
	}
	c.keys, c.keyed = keys, true
}

// watchKeys takes what the store knows of the handshake that begins, and asks
// for what it will learn.
func (c *conversation) watchKeys() {
	if c.keys == nil || len(c.hello.Random) != 32 {
		return
	}
	random := [32]byte(c.hello.Random)
	if c.watch != nil && c.watch.random == random {
		return
	}
	c.unwatch()
	c.watch = c.watchFor(random, func(line tlscrypt.KeyLogLine) tlscrypt.KeyLogLine { return line })
}

// watchPremaster does the same with a premaster secret that is known by how it was
// encrypted, as in the oldest key logs. With a pre-shared key beside it, what is
// encrypted is only a part of the premaster secret (RFC 4279 section 4).
func (c *conversation) watchPremaster(body []byte) {
	if c.suite.KeyExchange() == tlswire.KexRSAPSK || c.keys == nil || c.hello == nil || len(c.hello.Random) != 32 {
		return
	}
	m, err := tlswire.ParseClientKeyExchange(c.version, c.suite, body)
	if err != nil || len(m.EncryptedPreMasterSecret) < 8 {
		return
	}
	if c.encrypted != nil {
		c.keys.unwatch(c.encrypted)
	}
	random := c.hello.Random
	c.encrypted = c.watchFor(encryptedName(m.EncryptedPreMasterSecret), func(line tlscrypt.KeyLogLine) tlscrypt.KeyLogLine {
		line.ClientRandom = random
		return line
	})
}

// watchFor takes what is filed under name, and asks for what will be.
func (c *conversation) watchFor(name [32]byte, meant func(tlscrypt.KeyLogLine) tlscrypt.KeyLogLine) *keyWatch {
	w := &keyWatch{random: name, tell: func(tlscrypt.KeyLogLine) {}, over: func() {}}
	if deliver := c.d.deliver; deliver != nil {
		w.tell = func(line tlscrypt.KeyLogLine) { deliver(item{kind: itemSecret, leg: c.name, body: meant(line)}) }
		w.over = func() { deliver(item{kind: itemNoSecrets, leg: c.name}) }
	}
	known, more := c.keys.watch(w)
	for _, line := range known {
		c.take(c.helloAt, meant(line))
	}
	if !more {
		c.keyed = false
	}
	return w
}

func (c *conversation) unwatch() {
	for _, w := range []**keyWatch{&c.watch, &c.encrypted} {
		if *w != nil {
			c.keys.unwatch(*w)
			*w = nil
		}
	}
}

// take keeps a secret and tells of it.
func (c *conversation) take(at time.Time, line tlscrypt.KeyLogLine) {
	s := &Secret{Line: line.String()}
	if c.ech.random != nil {
		inner := line
		inner.ClientRandom = c.ech.random
		s.Inner = inner.String()
	}
	c.d.emit(&Event{Time: at, Kind: KindSecret, Conn: c.d.conn, Leg: c.name, Body: s})
	c.learn(line)
}

// feed gives bytes to their flow, or has them wait behind what waits already.
func (c *conversation) feed(f *flow, at time.Time, b []byte) {
	if !c.late.stuck {
		f.feed(c.segment(f, at, len(b)), b)
		if other := c.flows[1-f.side()]; other.waits && !f.waits {
			c.process()
		}
		c.look()
		return
	}
	c.late.chunks = append(c.late.chunks, heldChunk{f: f, at: at, frame: c.d.frame, b: clone(b)})
	c.late.bytes += len(b)
	if all := c.keys.parked.Add(int64(len(b))); c.late.bytes > maxBacklog || all > maxParkedAll {
		c.giveUp()
	}
}

// segment says where n bytes come from that a flow is given now.
func (c *conversation) segment(f *flow, at time.Time, n int) segment {
	c.d.turn++
	return segment{n: n, at: at, row: c.d.rowFor(c, f), turn: c.d.turn}
}

// lose blinds a flow, once what came before has been read.
func (c *conversation) lose(f *flow, at time.Time) {
	if c.late.stuck {
		c.late.chunks = append(c.late.chunks, heldChunk{f: f, at: at, lost: true})
		return
	}
	f.blind = string(LossQueueFull)
	f.unseen(at)
}

// look notes whether the conversation has come to a record that must wait.
func (c *conversation) look() {
	if c.keys == nil || c.late.stuck || !c.flows[0].waits && !c.flows[1].waits {
		return
	}
	c.late.stuck, c.late.since = true, time.Time{}
	c.keys.wait()
}

// proceed goes on with what waited, as far as that is possible now.
func (c *conversation) proceed() {
	c.process()
	if !c.late.stuck {
		return
	}
	for !c.flows[0].waits && !c.flows[1].waits {
		if len(c.late.chunks) == 0 {
			c.unstick()
			return
		}
		c.late.since = time.Time{} // what may wait now is another record
		h := c.late.chunks[0]
		c.late.chunks[0] = heldChunk{}
		c.late.chunks = c.late.chunks[1:]
		c.late.bytes -= len(h.b)
		c.keys.parked.Add(-int64(len(h.b)))
		c.resume(&h)
	}
}

// resume gives a flow what waited.
func (c *conversation) resume(h *heldChunk) {
	d := c.d
	now := d.frame
	d.frame = h.frame
	switch {
	case h.gap > 0:
		h.f.gap(h.at, d.rowFor(c, h.f), h.gap)
	case h.lost:
		h.f.blind = string(LossQueueFull)
		h.f.unseen(h.at)
	default:
		h.f.feed(c.segment(h.f, h.at, len(h.b)), h.b)
	}
	d.frame = now
}

// unstick ends the waiting.
func (c *conversation) unstick() {
	if c.late.stuck {
		c.keys.waiting.Add(-1)
		c.keys.parked.Add(-int64(c.late.bytes))
		c.late = backlog{}
	}
}

// giveUp tells of what waits as it is. From now on nothing waits.
func (c *conversation) giveUp() {
	c.keyed, c.gaveUp = false, true
	c.proceed()
}

// tick gives up what has waited long enough.
func (c *conversation) tick(now time.Time) {
	switch {
	case !c.late.stuck:
	case c.late.since.IsZero():
		c.late.since = now
	case now.Sub(c.late.since) >= c.keys.patience:
		c.giveUp()
	}
}

// forget leaves nothing of the conversation in the store.
func (c *conversation) forget() {
	c.unstick()
	c.unwatch()
	c.forgetInner()
}
