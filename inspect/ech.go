package inspect

import (
	"bytes"

	"tlsmitm/inspect/tlscrypt"
	"tlsmitm/inspect/tlswire"
)

// encryptedHello is the Encrypted Client Hello (RFC 9849) of the handshake in progress.
// A server that accepts it goes on from the inner hello: that is what the handshake
// proves, and what the client names its secrets after. There are two ways to know of it.
//
// A client may log how it encrypted the hello (ECH_SECRET and ECH_CONFIG, RFC 9850
// section 2.2). Then the inner hello is opened, and the Server Hello tells whether it was
// accepted. Others log nothing of it, and their secrets seem to belong to no connection:
// then those are tried of which that is true, and the one that opens the server's first
// protected record shows that the hello was accepted, but not what it said.
type encryptedHello struct {
	messages []helloMessage // from the first hello to the Server Hello, while it is not settled
	settled  bool           // it is known which hello counts
	inner    *tlswire.ClientHello
	accepted bool
	random   []byte // the inner hello's, once it is known, whether accepted or not
	strays   strayCursor
	watch    *keyWatch // for the secrets that are named after random
}

// helloMessage is a message up to the Server Hello.
type helloMessage struct {
	raw          []byte
	hello, retry bool
}

// maxHelloMessages is how many there can be: two hellos and two answers.
const maxHelloMessages = 4

// reasonInner is why nothing can be checked that covers an inner hello.
const reasonInner = "the Client Hello that it covers was encrypted"

// noteHello keeps a message up to the Server Hello, if there may be an inner hello.
func (c *conversation) noteHello(m *Message) {
	e := &c.ech
	first := m.ClientHello != nil && !c.retried
	if first {
		c.forgetInner()
		e.settled = m.ClientHello.OuterECH() == nil
	}
	if e.settled || !first && len(e.messages) == 0 || len(e.messages) >= maxHelloMessages {
		return
	}
	retry := m.ServerHello != nil && m.ServerHello.IsHelloRetryRequest()
	e.messages = append(e.messages, helloMessage{m.Raw, m.ClientHello != nil, retry})
}

// forgetInner leaves nothing of it in the store.
func (c *conversation) forgetInner() {
	if c.ech.watch != nil {
		c.keys.unwatch(c.ech.watch)
	}
	c.keys.unseek(&c.ech.strays)
	c.ech = encryptedHello{}
}

// settleHello finds out which hello counts, if that is not known yet and can be: rec is
// the first record that its flow protects.
func (c *conversation) settleHello(f *flow, rec tlswire.Record) {
	e := &c.ech
	if e.settled || c.hello == nil || !c.version.Is13() || c.answer == nil || c.answer.IsHelloRetryRequest() {
		return
	}
	if e.random == nil {
		e.random = c.lookup(tlscrypt.LabelInnerRandom)
	}
	switch inner := c.innerMessages(); {
	case inner != nil:
		c.decide()
		if confirmed(c.version, c.suite, inner) {
			c.accept(f, inner)
		}
	case e.random != nil && (e.watch == nil || c.keys.holds([32]byte(e.random), f.label13())):
		c.acceptUnseen()
	case c.lookup(f.label13()) != nil:
		c.decide() // the secrets are named after the outer hello
	case !f.up:
		if c.tryStrays(f.label13(), func(secret []byte) bool {
			o, err := tlscrypt.NewTLS13Draft(c.version, c.suite, secret)
			return err == nil && opens(skipped(o, f.missed), rec)
		}) {
			c.acceptUnseen()
		}
	}
}

// nameEarly finds out how the inner hello is named, if early data need that: a client that
// has not heard from the server encrypts them as that hello says.
func (c *conversation) nameEarly(rec tlswire.Record) {
	if e := &c.ech; e.settled || e.random != nil || len(e.messages) == 0 {
		return
	}
	if inner := c.innerMessages(); inner != nil {
		c.nameInner(helloRandom(inner[0].raw))
		return
	}
	c.tryStrays(tlscrypt.LabelClientEarly, func(secret []byte) bool { return c.earlyOpener(secret, rec) != nil })
}

// decide ends the search.
func (c *conversation) decide() {
	c.keys.unseek(&c.ech.strays)
	c.ech.settled, c.ech.messages = true, nil
}

// tryStrays looks for a secret among those that are named after no hello that was seen,
// and learns by it how the inner hello is named.
func (c *conversation) tryStrays(label tlscrypt.Label, try func(secret []byte) bool) bool {
	e := &c.ech
	if c.keys == nil || e.random != nil {
		return false
	}
	if random, found := c.keys.seek(&e.strays, label, try); found {
		c.nameInner(random[:])
		return true
	}
	if deliver := c.d.deliver; c.keyed && deliver != nil {
		c.keys.awaitStrays(&e.strays, func() { deliver(item{kind: itemStray, leg: c.name}) })
	}
	return false
}

// nameInner takes the secrets that are named after the inner hello for the connection's.
func (c *conversation) nameInner(random []byte) {
	c.ech.random = random
	outer := c.hello.Random
	if c.keys == nil {
		return
	}
	c.ech.watch = c.watchFor([32]byte(random), func(line tlscrypt.KeyLogLine) tlscrypt.KeyLogLine {
		line.ClientRandom = outer
		return line
	})
}

// acceptUnseen goes on from an inner hello of which only the random is known.
func (c *conversation) acceptUnseen() {
	c.decide()
	c.ech.accepted = true
	if c.lookup(tlscrypt.LabelInnerRandom) == nil {
		c.log(tlscrypt.KeyLogLine{Label: tlscrypt.LabelInnerRandom, ClientRandom: c.hello.Random, Secret: c.ech.random})
	}
	for _, t := range c.proofs.all {
		t.Break(reasonInner)
	}
}

// innerMessages returns what passed up to the Server Hello, with the inner hellos in the
// place of the outer ones; nil if no key log says how to open them.
func (c *conversation) innerMessages() []helloMessage {
	config, shared := c.lookup(tlscrypt.LabelECHConfig), c.lookup(tlscrypt.LabelECHSecret)
	if config == nil || shared == nil {
		return nil
	}
	var opener *tlscrypt.ECH
	var inner []helloMessage
	hellos := uint64(0)
	for _, m := range c.ech.messages {
		if m.hello {
			outer := m.raw[tlswire.HandshakeHeaderLen:]
			if opener == nil {
				opener = tlscrypt.NewECH(outer, config, shared)
			}
			if m.raw = opener.Open(outer, hellos); m.raw == nil {
				return nil
			}
			hellos++
		}
		inner = append(inner, m)
	}
	return inner
}

// confirmed tells whether the Server Hello accepts the inner hello before it.
func confirmed(v tlswire.Version, suite tlswire.CipherSuite, messages []helloMessage) bool {
	last := len(messages) - 1
	t := new(tlscrypt.Transcript)
	var random []byte
	for _, m := range messages[:last] {
		if m.retry && t.Retry(v, tlscrypt.Hash(v, suite)) != nil {
			return false
		}
		if t.Add(m.raw); m.hello {
			random = helloRandom(m.raw)
		}
	}
	answer := messages[last]
	want, err := tlscrypt.ECHConfirmation(v, suite, random, t, answer.raw)
	return err == nil && !answer.hello && bytes.HasSuffix(helloRandom(answer.raw), want)
}

// helloRandom is the random of a hello with its header: RFC 8446 sections 4.1.2 and 4.1.3
// have it in the same place.
func helloRandom(raw []byte) []byte {
	const at = tlswire.HandshakeHeaderLen + 2
	return raw[at : at+32]
}

// accept goes on from the inner hellos, and tells of them: the outer ones were for show.
func (c *conversation) accept(f *flow, messages []helloMessage) {
	e, client := &c.ech, c.flows[0]
	seg := segment{at: c.helloAt, row: c.d.row}
	if len(f.segs) > 0 {
		seg.at, seg.row = f.segs[0].at, f.segs[0].row
	}
	e.accepted = true
	c.proofs = prover{}
	for _, m := range messages {
		switch {
		case m.retry:
			c.proofs.retry(c.version, tlscrypt.Hash(c.version, c.suite))
			c.proofs.add(m.raw)
		case !m.hello:
			c.proofs.add(m.raw)
		default:
			hello, err := tlswire.ParseClientHello(m.raw[tlswire.HandshakeHeaderLen:])
			if err != nil {
				c.proofs.lose()
				continue
			}
			e.inner = hello
			msg := &Message{
				ContentType: tlswire.ContentTypeHandshake, Type: tlswire.HandshakeTypeClientHello, HasType: true,
				Name: tlswire.HandshakeTypeClientHello.String(), Encrypted: true, Inner: true, Length: len(m.raw), Raw: m.raw, ClientHello: hello,
			}
			c.proveClientHello(msg, seg.at)
			c.proofs.conclude(client, msg)
			client.message(seg, msg)
		}
	}
	if e.inner != nil && e.watch == nil {
		c.nameInner(e.inner.Random)
	}
}

// offered is the Client Hello that counts.
func (c *conversation) offered() *tlswire.ClientHello {
	if c.ech.inner != nil {
		return c.ech.inner
	}
	return c.hello
}
