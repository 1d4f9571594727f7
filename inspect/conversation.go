package inspect

import (
	"bytes"
	"time"

	"tlsmitm/inspect/tlscrypt"
	"tlsmitm/inspect/tlswire"
)

// conversation is what is known of one leg: its two flows and the state of
// their handshake.
type conversation struct {
	d     *Dissector
	name  LegName
	flows [2]*flow // client to server, server to client
	// keyed says that the leg's secrets will come: what cannot be opened yet is
	// worth waiting for.
	keyed bool
	// midway says that the beginning of the conversation is missing.
	midway  bool
	swapped bool // the end that accepted the connection is the client
	start   lateStart
	trials  int // bytes that were decrypted to find a record's number
	// keys is where they come from if they are not the leg's own key log's.
	keys      *KeyStore
	watch     *keyWatch // of the handshake in progress
	encrypted *keyWatch // of its encrypted premaster secret
	late      backlog
	gaveUp    bool // waiting for a secret was in vain

	hello      *tlswire.ClientHello // the latest, which keys are named after
	answer     *tlswire.ServerHello
	helloAt    time.Time
	version    tlswire.Version // negotiated; 0 before the Server Hello
	suite      tlswire.CipherSuite
	group      tlswire.NamedGroup
	alpn       string
	retried    bool // by a Hello Retry Request
	resumed    bool
	exchanged  bool // TLS 1.2: a Client Key Exchange has passed, so the handshake is a full one
	certAsked  bool
	certSent   bool // by the client
	rejectable bool // a server certificate was sent
	talked     bool // the client has sent data, so it accepts the certificate
	finished   [2]bool
	done       bool // both ends have finished
	doneAt     time.Time

	verification *Verification
	alerts       []seenAlert
	secrets      map[secretKey][]byte
	tickets      [][]byte // TLS 1.2: session tickets whose master secret is not known yet

	// certTypes is what the client and the server show in their Certificate.
	certTypes [2]tlswire.CertificateType
	proofs    prover
	ech       encryptedHello

	data pendingData
}

// secretKey names a secret as a key log line does.
type secretKey struct {
	random [32]byte
	label  tlscrypt.Label
}

// seenAlert is an alert that passed.
type seenAlert struct {
	up bool
	tlswire.Alert
}

// maxAlerts bounds what is remembered of a peer that sends nothing but alerts.
const maxAlerts = 16

func newConversation(d *Dissector, name LegName) *conversation {
	c := &conversation{d: d, name: name, keyed: name != LegDirect && d.meta.Mode != ModeCapture, midway: d.meta.Midway}
	c.use(d.meta.Keys)
	client, server := PartyClient, PartyServer
	switch name {
	case LegClient:
		server = PartyProxy
	case LegServer:
		client = PartyProxy
	}
	c.flows[0] = &flow{conv: c, up: true, from: client, to: server}
	c.flows[1] = &flow{conv: c, from: server, to: client}
	for _, f := range c.flows {
		f.total = FlowTotal{Leg: name, From: f.from, To: f.to}
	}
	return c
}

func (c *conversation) flow(up bool) *flow {
	if up {
		return c.flows[0]
	}
	return c.flows[1]
}

// inOrder returns the flows, that whose bytes have waited longer first.
func (c *conversation) inOrder() [2]*flow {
	if c.flows[0].olderThan(c.flows[1]) >= 0 {
		return c.flows
	}
	return [2]*flow{c.flows[1], c.flows[0]}
}

// process goes on with what waits, in the order in which it came.
func (c *conversation) process() {
	for moved := true; moved; {
		moved = false
		for _, f := range c.inOrder() {
			before := len(f.rest)
			f.process()
			moved = moved || len(f.rest) < before
		}
	}
}

// learn keeps a secret, and binds session tickets that waited for it.
func (c *conversation) learn(line tlscrypt.KeyLogLine) {
	if len(line.ClientRandom) != 32 {
		return
	}
	if c.secrets == nil {
		c.secrets = make(map[secretKey][]byte, 4)
	}
	c.secrets[secretKey{[32]byte(line.ClientRandom), line.Label}] = line.Secret
	c.bindTickets()
}

// lookup returns the secret of the handshake in progress.
func (c *conversation) lookup(label tlscrypt.Label) []byte {
	if c.hello == nil || len(c.hello.Random) != 32 {
		return nil
	}
	return c.secrets[secretKey{[32]byte(c.hello.Random), label}]
}

// master returns the TLS 1.2 master secret: logged, or known from the session
// that is resumed, which crypto/tls does not log again.
func (c *conversation) master() []byte {
	if m := c.lookup(tlscrypt.LabelClientRandom); m != nil {
		return m
	}
	if c.hello == nil || c.answer == nil {
		return nil
	}
	if c.exchanged {
		return c.derivedMaster()
	}
	m := c.d.masters.get(c.hello.SessionTicket)
	if m == nil {
		m = c.d.masters.get(c.answer.SessionID)
	}
	if m == nil {
		return nil
	}
	c.log(tlscrypt.KeyLogLine{Label: tlscrypt.LabelClientRandom, ClientRandom: c.hello.Random, Secret: m})
	return m
}

// derivedMaster returns the TLS 1.2 master secret where the premaster secret is known.
func (c *conversation) derivedMaster() []byte {
	premaster := c.premaster()
	if premaster == nil {
		return nil
	}
	var m []byte
	var err error
	switch {
	case !c.extended():
		m, err = tlscrypt.MasterSecret(c.version, c.suite, premaster, c.hello.Random, c.answer.Random)
	case c.proofs.session != nil:
		m, err = tlscrypt.ExtendedMasterSecret(c.version, c.suite, premaster, c.proofs.session)
	}
	if m == nil || err != nil {
		return nil
	}
	c.log(tlscrypt.KeyLogLine{Label: tlscrypt.LabelClientRandom, ClientRandom: c.hello.Random, Secret: m})
	return m
}

// log learns a secret that no key log brought, and tells of it, so that other tools
// can use it too.
func (c *conversation) log(line tlscrypt.KeyLogLine) {
	c.learn(line)
	c.d.emit(&Event{Time: c.helloAt, Kind: KindSecret, Conn: c.d.conn, Leg: c.name, Body: &Secret{Line: line.String()}})
}

// premaster returns the premaster secret of a handshake up to TLS 1.2, which hardly
// any key log has.
func (c *conversation) premaster() []byte { return c.lookup(tlscrypt.LabelPremaster) }

// bindTickets remembers by which tickets and session id this master secret can
// come back.
func (c *conversation) bindTickets() {
	if c.version == 0 || c.version.Is13() || c.answer == nil {
		return
	}
	m := c.lookup(tlscrypt.LabelClientRandom)
	if m == nil {
		return
	}
	for _, t := range c.tickets {
		c.d.masters.put(t, m)
	}
	c.tickets = nil
	if c.exchanged {
		c.d.masters.put(c.answer.SessionID, m)
	}
}

// opener derives the read state of a flow's next epoch. With none it says
// whether one can still come, or why not.
func (c *conversation) opener(f *flow) (o *tlscrypt.Opener, wait bool, reason string) {
	if !tlscrypt.Supported(c.version, c.suite) {
		return nil, false, "cipher suite " + c.suite.String() + " in " + c.version.String() + " is not supported"
	}
	if c.hello == nil {
		return nil, false, reasonNoHello // by whose random secrets are found
	}
	if c.version.Is13() {
		secret := c.lookup(f.label13())
		if secret == nil {
			return nil, c.keyed, c.noSecret()
		}
		o, err := tlscrypt.NewTLS13Draft(c.version, c.suite, secret)
		if err != nil {
			return nil, false, err.Error()
		}
		return o, false, ""
	}
	if c.answer == nil {
		return nil, false, reasonEarly // a hello anew, whose keys are wanted before it is answered
	}
	master := c.master()
	if master == nil {
		if !c.exchanged {
			// A key log of the client's names the secret of this handshake, too.
			return nil, c.keyed && c.keys != nil, "the session that it resumes is not known"
		}
		return nil, c.keyed, c.noSecret()
	}
	o, err := tlscrypt.NewTLS12(tlscrypt.TLS12Params{
		Version: c.version, CipherSuite: c.suite, MasterSecret: master,
		ClientRandom: c.hello.Random, ServerRandom: c.answer.Random,
		EncryptThenMAC: c.answer.EncryptThenMAC, FromServer: !f.up,
	})
	if err != nil {
		return nil, false, err.Error()
	}
	if m := c.answer.CompressionMethod; !o.Compressed(m) {
		return nil, false, "compression method " + m.String() + " is not supported"
	}
	return o, false, ""
}

// unkeyed returns the opener of a suite that encrypts nothing, nil if it does.
func (c *conversation) unkeyed() *tlscrypt.Opener {
	o, ok := tlscrypt.NewUnkeyed(c.version, c.suite)
	if !ok || c.answer != nil && !o.Compressed(c.answer.CompressionMethod) {
		return nil
	}
	return o
}

// noSecret says why there is no secret.
func (c *conversation) noSecret() string {
	if c.gaveUp {
		return reasonGaveUp
	}
	return reasonUnknown
}

// isResumption12 tells whether a TLS 1.2 Server Hello takes the client's session
// up again: it echoes a session id that was offered (RFC 5246 7.4.1.3).
func (c *conversation) isResumption12(sh *tlswire.ServerHello) bool {
	return c.hello != nil && len(sh.SessionID) > 0 && bytes.Equal(sh.SessionID, c.hello.SessionID)
}
