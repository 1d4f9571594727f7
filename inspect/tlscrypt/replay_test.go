package tlscrypt

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"tlsmitm/inspect/tlswire"
)

// capture is a connection as it was on the wire, the secrets that an end of it
// logged, and what the ends say that they sent.
type capture struct {
	mu   sync.Mutex
	wire []segment
	keys []KeyLogLine
	sent [2][]byte // by the client, by the server; nil if it is not known
}

type segment struct {
	from  int // 0 the client, 1 the server
	bytes []byte
}

func (c *capture) add(from int, b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(b) == 0 {
		return
	}
	c.wire = append(c.wire, segment{from, bytes.Clone(b)})
}

// Write takes key log lines.
func (c *capture) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for line := range bytes.Lines(b) {
		if bytes.HasPrefix(line, []byte("#")) {
			continue
		}
		l, err := ParseKeyLogLine(line)
		if err != nil {
			return 0, err
		}
		c.keys = append(c.keys, l)
	}
	return len(b), nil
}

var parties = [2]string{"client", "server"}

// readCapture reads the form that marshal writes.
func readCapture(t testing.TB, path string) *capture {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c := new(capture)
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		if err := c.readLine(words); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	return c
}

func (c *capture) readLine(words []string) error {
	from := func(name string) int {
		if name == parties[1] {
			return 1
		}
		return 0
	}
	switch words[0] {
	case "client", "server":
		b, err := hex.DecodeString(words[1])
		c.add(from(words[0]), b)
		return err
	case "sent":
		b, err := hex.DecodeString(words[2])
		c.sent[from(words[1])] = b
		return err
	}
	_, err := c.Write([]byte(strings.Join(words, " ")))
	return err
}

// marshal writes the capture as text, segments of one direction joined.
func (c *capture) marshal(title string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s\n", title)
	for _, k := range c.keys {
		fmt.Fprintln(&b, k)
	}
	for from, sent := range c.sent {
		fmt.Fprintf(&b, "sent %s %x\n", parties[from], sent)
	}
	for i := 0; i < len(c.wire); {
		from := c.wire[i].from
		fmt.Fprint(&b, parties[from], " ")
		for ; i < len(c.wire) && c.wire[i].from == from; i++ {
			fmt.Fprintf(&b, "%x", c.wire[i].bytes)
		}
		fmt.Fprintln(&b)
	}
	return b.Bytes()
}

// epoch is what one direction sealed under one key.
type epoch struct {
	version tlswire.Version
	suite   tlswire.CipherSuite
	opener  func() *Opener
	records []tlswire.Record
}

// replay opens a capture from the wire alone, as a reader does that sees both
// directions in order.
type replay struct {
	t      testing.TB
	c      *capture
	hello  *tlswire.ClientHello
	answer *tlswire.ServerHello
	flows  [2]flow
}

type flow struct {
	rest      []byte
	messages  []byte // of a handshake, not yet whole
	opener    *Opener
	traffic   bool // TLS 1.3: past the handshake's keys
	types     []tlswire.HandshakeType
	data      []byte
	epochs    []epoch
	peeked    int
	keyUpdate int
}

func (c *capture) replay(t testing.TB) *replay {
	t.Helper()
	r := &replay{t: t, c: c}
	for _, s := range c.wire {
		r.feed(s.from, s.bytes)
	}
	for from := range r.flows {
		if n := len(r.flows[from].rest); n > 0 {
			t.Errorf("%d bytes of the %s's are left", n, parties[from])
		}
	}
	return r
}

// check says whether what was opened is what was sent.
func (r *replay) check() {
	r.t.Helper()
	if r.answer == nil {
		r.t.Fatal("there was no Server Hello")
	}
	for from, f := range r.flows {
		if !bytes.Equal(f.data, r.c.sent[from]) {
			r.t.Errorf("%s under %s: opened %q, and the %s sent %q", r.answer.Version(), r.answer.CipherSuite, f.data, parties[from], r.c.sent[from])
		}
		if !bytes.Contains(typesAsBytes(f.types), []byte{byte(tlswire.HandshakeTypeFinished)}) {
			r.t.Errorf("the %s's Finished is not among %v", parties[from], f.types)
		}
	}
}

func typesAsBytes(types []tlswire.HandshakeType) []byte {
	var b []byte
	for _, t := range types {
		b = append(b, byte(t))
	}
	return b
}

func (r *replay) feed(from int, b []byte) {
	r.t.Helper()
	f := &r.flows[from]
	f.rest = append(f.rest, b...)
	for {
		rec, n, err := tlswire.ParseRecord(f.rest)
		if err != nil {
			r.t.Fatal(err)
		}
		if n == 0 {
			return
		}
		rec.Fragment = bytes.Clone(rec.Fragment)
		f.rest = f.rest[n:]
		r.record(from, rec)
	}
}

func (r *replay) record(from int, rec tlswire.Record) {
	r.t.Helper()
	f := &r.flows[from]
	ct, plain := rec.Type, rec.Fragment
	compatible := r.answer != nil && r.answer.Version() == tlswire.VersionTLS13 && rec.Type == tlswire.ContentTypeChangeCipherSpec
	if f.opener != nil && !compatible {
		ct, plain = r.open(f, rec)
	}
	switch ct {
	case tlswire.ContentTypeHandshake:
		f.messages = append(f.messages, plain...)
		for {
			h, n, err := tlswire.ParseHandshake(f.messages)
			if err != nil {
				r.t.Fatal(err)
			}
			if n == 0 {
				return
			}
			r.message(from, h)
			f.messages = f.messages[n:]
		}
	case tlswire.ContentTypeApplicationData:
		f.data = append(f.data, plain...)
	case tlswire.ContentTypeChangeCipherSpec:
		if !compatible {
			r.rekey(from)
		}
	}
}

// open opens a record that must open, and holds Peek against it.
func (r *replay) open(f *flow, rec tlswire.Record) (tlswire.ContentType, []byte) {
	r.t.Helper()
	e := &f.epochs[len(f.epochs)-1]
	e.records = append(e.records, tlswire.Record{Type: rec.Type, Version: rec.Version, Fragment: bytes.Clone(rec.Fragment)})
	peekedType, length, ok := f.opener.Peek(rec)
	ct, plain, err := f.opener.Open(rec)
	if err != nil {
		r.t.Fatalf("%s: %v", e.version, err)
	}
	if ok {
		f.peeked++
		if peekedType != ct || length != len(plain) {
			r.t.Errorf("%s under %s: Peek says %v of %d bytes, Open %v of %d", e.version, e.suite, peekedType, length, ct, len(plain))
		}
	}
	return ct, plain
}

func (r *replay) message(from int, h tlswire.Handshake) {
	r.t.Helper()
	f := &r.flows[from]
	f.types = append(f.types, h.Type)
	var err error
	switch h.Type {
	case tlswire.HandshakeTypeClientHello:
		r.hello, err = tlswire.ParseClientHello(bytes.Clone(h.Body))
	case tlswire.HandshakeTypeServerHello:
		if r.answer, err = tlswire.ParseServerHello(bytes.Clone(h.Body)); err == nil && r.answer.IsHelloRetryRequest() {
			r.answer = nil
		} else if err == nil && r.answer.Version() == tlswire.VersionTLS13 {
			r.rekey(0)
			r.rekey(1)
		}
	case tlswire.HandshakeTypeFinished:
		if r.answer.Version() == tlswire.VersionTLS13 {
			f.traffic = true
			r.rekey(from)
		}
	case tlswire.HandshakeTypeKeyUpdate:
		f.keyUpdate++
		r.rekey(from)
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

// rekey begins a direction's next epoch.
func (r *replay) rekey(from int) {
	r.t.Helper()
	f := &r.flows[from]
	e := epoch{version: r.answer.Version(), suite: r.answer.CipherSuite}
	label := LabelClientRandom
	if e.version == tlswire.VersionTLS13 {
		label = label13(from, f.traffic)
	}
	updates, secret, hello, answer := f.keyUpdate, r.secret(label), r.hello, r.answer
	e.opener = func() *Opener {
		if e.version == tlswire.VersionTLS13 {
			o, err := NewTLS13(e.suite, secret)
			for range updates {
				if err == nil {
					o, err = o.NextGeneration()
				}
			}
			return must(o, err)
		}
		return must(NewTLS12(TLS12Params{
			Version: e.version, CipherSuite: e.suite, MasterSecret: secret,
			ClientRandom: hello.Random, ServerRandom: answer.Random,
			EncryptThenMAC: answer.EncryptThenMAC, FromServer: from == 1,
		}))
	}
	f.opener = e.opener()
	f.epochs = append(f.epochs, e)
}

func must(o *Opener, err error) *Opener {
	if err != nil {
		panic(err)
	}
	return o
}

func label13(from int, traffic bool) Label {
	switch {
	case from == 0 && traffic:
		return LabelClientTraffic
	case from == 0:
		return LabelClientHandshake
	case traffic:
		return LabelServerTraffic
	}
	return LabelServerHandshake
}

func (r *replay) secret(label Label) []byte {
	r.t.Helper()
	for _, k := range r.c.keys {
		if k.Label == label && bytes.Equal(k.ClientRandom, r.hello.Random) {
			return k.Secret
		}
	}
	r.t.Fatalf("no %s in the key log", label)
	return nil
}
