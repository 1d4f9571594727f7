package inspect

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"tlsmitm/inspect/tlswire"
)

// line is what one end says before TLS begins.
type line struct {
	up   bool
	text string
}

func up(s string) line   { return line{true, s} }
func down(s string) line { return line{false, s} }

// mysqlGreeting and mysqlRequest are MySQL's first packets: the client asks for TLS,
// and does not wait for an answer.
var (
	mysqlGreeting = "\x4a\x00\x00\x00\x0a8.0.36\x00\x0b\x00\x00\x00abcdefgh\x00\xff\xff\xff\x02\x00\xff\xdf\x15\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00ijklmnopqrst\x00caching_sha2_password\x00"
	mysqlRequest  = "\x20\x00\x00\x01\x05\xae\xff\x19\x00\x00\x00\x01\xff" + strings.Repeat("\x00", 23)
	// ldapRequest and ldapAnswer are the extended operation of RFC 4511 section 4.14.
	ldapRequest = "\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037"
	ldapAnswer  = "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"
)

// starts are the ways in which protocols come to TLS.
var starts = map[string][]line{
	"SMTP":                             {down("220 mail.example ESMTP\r\n"), up("EHLO me\r\n"), down("250-mail.example\r\n250 STARTTLS\r\n"), up("STARTTLS\r\n"), down("220 ready\r\n")},
	"IMAP":                             {down("* OK ready\r\n"), up("a STARTTLS\r\n"), down("a OK begin\r\n")},
	"POP3":                             {down("+OK ready\r\n"), up("STLS\r\n"), down("+OK begin\r\n")},
	"FTP":                              {down("220 ready\r\n"), up("AUTH TLS\r\n"), down("234 go on\r\n")},
	"NNTP":                             {down("200 news\r\n"), up("STARTTLS\r\n"), down("382 go on\r\n")},
	"ManageSieve":                      {down("\"IMPLEMENTATION\" \"x\"\r\nOK\r\n"), up("STARTTLS\r\n"), down("OK\r\n")},
	"XMPP":                             {up("<stream:stream>"), down("<stream:features/>"), up("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"), down("<proceed/>")},
	"LDAP":                             {up(ldapRequest), down(ldapAnswer)},
	"PostgreSQL":                       {up("\x00\x00\x00\x08\x04\xd2\x16\x2f"), down("S")},
	"MySQL":                            {down(mysqlGreeting), up(mysqlRequest)},
	"CONNECT":                          {up("CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n"), down("HTTP/1.1 200 Connection established\r\n\r\n")},
	"CONNECT, not waited for":          {up("CONNECT example.com:443 HTTP/1.1\r\n\r\n")},
	"SOCKS4":                           {up("\x04\x01\x01\xbb\xc0\x00\x02\x01\x00"), down("\x00\x5a\x01\xbb\xc0\x00\x02\x01")},
	"SOCKS5":                           {up("\x05\x01\x00"), down("\x05\x00"), up("\x05\x01\x00\x03\x0bexample.com\x01\xbb"), down("\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")},
	"PROXY":                            {up("PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n")},
	"PROXY 2":                          {up("\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x01\xc0\x00\x02\x02\xdc\x04\x01\xbb")},
	"upgrade":                          {up("OPTIONS * HTTP/1.1\r\nUpgrade: TLS/1.0\r\n\r\n"), down("HTTP/1.1 101 Switching Protocols\r\n\r\n")},
	"a byte that a record begins with": {down("hello \x16\x03"), up("\x16"), down("\x16"), up("\x16\x03"), up("\x01"), down("go on")},
}

// behind returns the recording with lines before it, and what each end says in these.
func (r *recording) behind(lines []line) (late *recording, said [2]string) {
	late = &recording{sent: r.sent}
	for _, l := range lines {
		late.add(part{up: l.up, b: []byte(l.text)})
		said[index(!l.up)] += l.text
	}
	late.parts = append(late.parts, r.parts...)
	return late, said
}

// TestTLSBeginsLate finds TLS behind every protocol, however the bytes are cut, and
// tells what came before as the data that they are.
func TestTLSBeginsLate(t *testing.T) {
	s := setup{name: "late"}
	s.client.NextProtos, s.server.NextProtos = []string{"x"}, []string{"x"}
	s.server.Certificates = append(s.server.Certificates, testKeys()["ecdsa"])
	rec := s.run(t)
	hello := rec.parts[slices.IndexFunc(rec.parts, func(p part) bool { return !p.secret })]
	if !hello.up {
		t.Fatal("the recording does not begin with the client's hello")
	}
	for name, lines := range starts {
		late, said := rec.behind(lines)
		for _, r := range []*recording{late, late.joined()} {
			for _, cut := range []func([]byte) [][]byte{whole, pieces(7), pieces(1000)} {
				events := r.dissect(LegDirect, newMasterStore(4), cut)
				var plain, raw [2]string
				for _, e := range events {
					d, ok := e.Body.(*Data)
					way := index(e.From != PartyClient)
					switch {
					case ok && e.Kind == KindTCPData:
						raw[way] += string(d.Bytes)
					case ok:
						plain[way] += string(d.Bytes)
					}
				}
				if raw != said {
					t.Errorf("%s: before TLS %q and %q were said, and %q and %q are told", name, said[0], said[1], raw[0], raw[1])
				}
				for way, want := range rec.sent {
					if plain[way] != string(want) {
						t.Errorf("%s: %d bytes inside TLS, want %d", name, len(plain[way]), len(want))
					}
				}
				sum := wires(events)
				if up, down := len(late.bytes(true)), len(late.bytes(false)); sum[PartyClient] != up || sum[PartyServer] != down {
					t.Errorf("%s: events account for %v of %d and %d bytes", name, sum, up, down)
				}
			}
		}
	}
}

// TestTLSBeginsLateInHalf finds it, too, where the capture has only what one end said, or
// neither end's first packets.
func TestTLSBeginsLateInHalf(t *testing.T) {
	rec := setupNamed(t, "TLS 1.2 plain").run(t)
	for name, lines := range starts {
		late, said := rec.behind(lines)
		for _, seen := range []string{"client", "server", "both"} {
			var events []*Event
			at := time.Unix(1, 0)
			d := newDissector(1, Meta{Mode: ModeCapture, Midway: seen == "both"}, at, -1, newMasterStore(4), func(e *Event) { events = append(events, e) })
			for i, p := range late.parts {
				switch {
				case p.secret:
				case seen == "both" || p.up == (seen == "client"):
					d.handle(&item{kind: itemChunk, leg: LegDirect, up: p.up, at: at, frame: i + 1, b: bytes.Clone(p.b)}, nil)
				default:
					d.gap(LegDirect, p.up, at, int64(len(p.b)))
				}
			}
			d.close(at, Outcome{}, nil)
			for up, from := range map[bool]Party{true: PartyClient, false: PartyServer} {
				if seen != "both" && up != (seen == "client") {
					continue
				}
				before := ""
				for _, e := range events {
					if b, ok := e.Body.(*Data); ok && e.From == from && (e.Kind == KindTCPData || b.Reason == reasonPlace) {
						before += strings.Repeat("x", b.Length)
					}
				}
				hello := map[bool]string{true: "Client Hello", false: "Server Hello"}[up]
				if got := messages(events, from); len(before) != len(said[index(!up)]) || len(got) == 0 || got[0] != hello {
					t.Errorf("%s, %s seen: %d bytes before %q, want %d before a %s", name, seen, len(before), got, len(said[index(!up)]), hello)
				}
				if sum := wires(events)[from]; sum != len(late.bytes(up)) {
					t.Errorf("%s, %s seen: events account for %d of %d bytes", name, seen, sum, len(late.bytes(up)))
				}
			}
		}
	}
}

// joined has all that one end says until the other does come at once.
func (r *recording) joined() *recording {
	j := &recording{sent: r.sent}
	for _, p := range r.parts {
		if last := len(j.parts) - 1; last >= 0 && !p.secret && !j.parts[last].secret && j.parts[last].up == p.up {
			j.parts[last].b = append(j.parts[last].b, p.b...)
			continue
		}
		j.add(p)
	}
	return j
}

// TestWhatOnlyLooksLikeTLS: data of other protocols stay such.
func TestWhatOnlyLooksLikeTLS(t *testing.T) {
	hello := sampleHello(t)
	bad := slices.Clone(hello)
	binary.BigEndian.PutUint16(bad[44+int(bad[43]):], 0xffff)
	random := make([]byte, 1<<20)
	rnd := rand.NewChaCha8([32]byte{1})
	rnd.Read(random)
	for name, lines := range map[string][]line{
		"a hello in a file that is sent":       {up("PUT /capture.pcap HTTP/1.1\r\n\r\n" + string(hello) + strings.Repeat("x", 3*maxUnconfirmed)), down("HTTP/1.1 201 Created\r\n\r\n")},
		"a small file with a hello":            {up("PUT /capture.pcap HTTP/1.1\r\n\r\n" + string(hello) + "more"), down("HTTP/1.1 201 Created\r\n\r\n"), up("QUIT")},
		"a hello whose lengths do not fit":     {down("220\r\n"), up("STARTTLS\r\n"), down("220\r\n"), up(string(bad)), down("?")},
		"a hello from the server":              {up("GET /capture HTTP/1.1\r\n\r\n"), down("HTTP/1.1 200 OK\r\n\r\n"), down(string(hello)), up("thanks")},
		"noise":                                {up("go\n"), down("ok\n"), up(string(random)), down("done")},
		"the beginning of a hello, and no end": {up("go\n"), down("ok\n"), up(string(hello[:20])), down("what?"), up("nothing")},
	} {
		r := &recording{}
		var said [2]string
		for _, l := range lines {
			r.add(part{up: l.up, b: []byte(l.text)})
			said[index(!l.up)] += l.text
		}
		for _, cut := range []func([]byte) [][]byte{whole, pieces(1000), pieces(13)} {
			var raw [2]string
			for _, e := range r.dissect(LegDirect, newMasterStore(4), cut) {
				switch d := e.Body.(type) {
				case *Data:
					raw[index(e.From != PartyClient)] += string(d.Bytes)
					if e.Kind != KindTCPData {
						t.Errorf("%s: %s", name, e.Kind)
					}
				case *Message, *Malformed:
					t.Errorf("%s: %s", name, e.Kind)
				}
			}
			if raw != said {
				t.Errorf("%s: %d and %d bytes are told, want %d and %d", name, len(raw[0]), len(raw[1]), len(said[0]), len(said[1]))
			}
		}
	}
}

// sampleHello is a record with a Client Hello.
func sampleHello(t *testing.T) []byte {
	t.Helper()
	s := setup{name: "hello"}
	s.server.Certificates = append(s.server.Certificates, testKeys()["ecdsa"])
	b := s.run(t).bytes(true)
	_, n, err := tlswire.ParseRecord(b)
	if err != nil || n == 0 {
		t.Fatal(err)
	}
	if v := likeHello(b[:n]); v != yes {
		t.Fatalf("a hello looks like %d", v)
	}
	for i := range n {
		if v := likeHello(b[:i]); v != maybe {
			t.Fatalf("%d bytes of a hello look like %d", i, v)
		}
	}
	return bytes.Clone(b[:n])
}

// TestHelloThatNobodyAnswers is one if nothing follows it.
func TestHelloThatNobodyAnswers(t *testing.T) {
	hello := sampleHello(t)
	r := &recording{}
	r.add(part{up: false, b: []byte(mysqlGreeting)})
	r.add(part{up: true, b: append([]byte(mysqlRequest), hello...)})
	if got := messages(r.dissect(LegDirect, newMasterStore(4), whole), PartyClient); !slices.Equal(got, []string{"Client Hello"}) {
		t.Errorf("%q", got)
	}
}

// TestAlertBeforeHello: who gives up before any hello says so in an alert.
func TestAlertBeforeHello(t *testing.T) {
	for _, up := range []bool{true, false} {
		for _, cut := range []func([]byte) [][]byte{whole, pieces(1)} {
			r := &recording{}
			r.add(part{up: up, b: []byte("\x15\x03\x01\x00\x02\x02\x50")})
			from := map[bool]Party{true: PartyClient, false: PartyServer}[up]
			if got := messages(r.dissect(LegDirect, newMasterStore(4), cut), from); !slices.Equal(got, []string{"Alert internal_error"}) {
				t.Errorf("%s: %q", from, got)
			}
		}
	}
	for _, text := range []string{"\x15", "\x15\x03\x01\x00\x20\x02\x50", "\x15 is no alert"} {
		r := &recording{}
		r.add(part{up: false, b: []byte(text)})
		if got := string(plaintext(r.dissect(LegDirect, newMasterStore(4), whole), PartyServer)); got != text {
			t.Errorf("%q is told as %q", text, got)
		}
	}
}

// TestServerIsTheClient: in FTP's active mode it is the server that opens the connection,
// and the client that accepted it says hello.
func TestServerIsTheClient(t *testing.T) {
	s := setup{name: "active"}
	s.server.Certificates = append(s.server.Certificates, testKeys()["ecdsa"])
	rec := s.run(t)
	for i := range rec.parts {
		rec.parts[i].up = !rec.parts[i].up
	}
	for _, cut := range []func([]byte) [][]byte{whole, pieces(1)} {
		events := rec.dissect(LegDirect, newMasterStore(4), cut)
		if got := messages(events, PartyServer); len(got) == 0 || got[0] != "Client Hello" {
			t.Errorf("from the server %q", got)
		}
		if !bytes.Equal(plaintext(events, PartyServer), rec.sent[0]) || !bytes.Equal(plaintext(events, PartyClient), rec.sent[1]) {
			t.Error("the data are not what was sent")
		}
	}
}

// TestTLSEndsEarly: what follows a close_notify in the clear is data.
func TestTLSEndsEarly(t *testing.T) {
	s := setup{name: "ccc"}
	s.server.Certificates = append(s.server.Certificates, testKeys()["ecdsa"])
	rec := s.run(t)
	rec.add(part{up: true, b: []byte("NOOP\r\n")})
	rec.add(part{up: false, b: []byte("200 OK\r\n")})
	for _, cut := range []func([]byte) [][]byte{whole, pieces(1)} {
		events := rec.dissect(LegDirect, newMasterStore(4), cut)
		var raw string
		for _, e := range events {
			switch d := e.Body.(type) {
			case *Data:
				if e.Kind == KindTCPData {
					raw += string(d.Bytes)
				}
			case *Malformed:
				t.Errorf("malformed: %s", d.Reason)
			}
		}
		if raw != "NOOP\r\n200 OK\r\n" {
			t.Errorf("%q", raw)
		}
	}
}

// TestLateTLSLive finds TLS in a tunnel, as the proxy's taps see it.
func TestLateTLSLive(t *testing.T) {
	hello := sampleHello(t)
	g := &gatherSink{}
	in := New(Options{Sinks: []Sink{g}})
	s := in.Open(Meta{Mode: ModeTunnel})
	for _, l := range append(slices.Clone(starts["SMTP"]), up(string(hello))) {
		s.chunk(LegDirect, l.up, time.Now(), []byte(l.text))
	}
	s.Close(Outcome{Cause: CauseOK})
	if err := closeInspector(t, in); err != nil {
		t.Fatal(err)
	}
	if got := messages(g.events, PartyClient); !slices.Equal(got, []string{"Client Hello"}) {
		t.Errorf("%q", got)
	}
}
