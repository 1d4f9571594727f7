package sink

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"tlsmitm/inspect"
	"tlsmitm/inspect/explain"
	"tlsmitm/inspect/tlswire"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v: run with -update", err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

// show runs events through a table as one batch after the other.
func show(t *testing.T, style Style, events ...*inspect.Event) string {
	t.Helper()
	var out bytes.Buffer
	table := NewTable(&out, style)
	for _, e := range events {
		if err := table.Write([]*inspect.Event{e}); err != nil {
			t.Fatal(err)
		}
	}
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func width(n int) func() int { return func() int { return n } }

const noise = "\x00\x01\x02\x03\x7f\x80\xfe\xff"

func flow13(t *testing.T) []*inspect.Event {
	f := newFlow(t, 1, "example.com:443").handshake13()
	request := "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"
	response := "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\tTabs, 中文 and " +
		strings.Repeat("a line that is longer than the terminal is wide, ", 4) + "\n"
	f.row(inspect.LegClient, client).data(request, 1)
	f.row(inspect.LegServer, proxy).data(request, 1)
	f.row(inspect.LegServer, server).handshake(tlswire.HandshakeTypeNewSessionTicket, hx("00001c20 00000000 01 00"), vec(2, []byte("t")), hx("0000"))
	f.data(response, 2)
	f.row(inspect.LegClient, proxy).data(response, 1)
	f.row(inspect.LegClient, client).data(strings.Repeat(noise, 200), 1)
	f.row(inspect.LegClient, proxy).data("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08"+noise, 1)
	f.row(inspect.LegClient, client).handshake(tlswire.HandshakeTypeKeyUpdate, hx("01"))
	f.alert(tlswire.AlertLevelWarning, tlswire.AlertCloseNotify)
	return f.close(inspect.CauseOK).events
}

// flow12 is a full handshake of TLS 1.2, where the server wants a certificate
// and is not verified.
func flow12(t *testing.T) []*inspect.Event {
	f := newFlow(t, 12, "legacy.example:8443")
	f.row(inspect.LegServer, proxy).clientHello()
	f.row(inspect.LegServer, server).handshake(tlswire.HandshakeTypeServerHello, hx("0303"), make([]byte, 32), hx("00 c02b 00"))
	f.certificate("legacy.example", "Corporate CA")
	f.handshake(tlswire.HandshakeTypeCertificateStatus, hx("01"), vec(3, make([]byte, 471)))
	f.handshake(tlswire.HandshakeTypeServerKeyExchange, hx("03 001d"), vec(1, make([]byte, 32)), hx("0403"), vec(2, make([]byte, 70)))
	f.handshake(tlswire.HandshakeTypeCertificateRequest, hx("0140 0002 0403 0000"))
	f.handshake(tlswire.HandshakeTypeServerHelloDone)
	f.other(inspect.KindTLSVerify, inspect.LegServer, &inspect.Verification{Code: "unknown_authority", Error: "x509: certificate signed by unknown authority"})
	f.row(inspect.LegServer, proxy).alert(tlswire.AlertLevelFatal, tlswire.AlertBadCertificate)
	f.other(inspect.KindDiagnosis, inspect.LegServer, &inspect.Diagnosis{Code: inspect.CauseUpstreamUnverified, Confidence: inspect.Certain,
		Subject: "legacy.example:8443", Evidence: "x509: certificate signed by unknown authority"})
	return f.close(inspect.CauseUpstreamUnverified).events
}

// flowOdd is everything that is not a handshake.
func flowOdd(t testing.TB) []*inspect.Event {
	f := newFlow(t, 3, "odd\x1b[2J.example:443\u202e")
	f.events[0].Body.(*inspect.ConnOpen).UserAgent = "evil\r\n\x1b]0;owned\x07agent"
	f.row(inspect.LegDirect, server).tcp("SSH-2.0-OpenSSH_9.6\r\n")
	f.row(inspect.LegDirect, client).tcp("\x1b[31mred\x1b[0m \u202eevil and so on\u009b1m\n")
	f.row(inspect.LegDirect, client).add(inspect.KindTLSMalformed, &inspect.Malformed{Length: 4096, Bytes: []byte(noise), Reason: "not a TLS record"})
	f.row(inspect.LegDirect, server).add(inspect.KindTLSData, &inspect.Data{Length: 5000, Records: 3, Reason: "its secret is not known"})
	f.row(inspect.LegDirect, client).add(inspect.KindTLSMessage, &inspect.Message{ContentType: tlswire.ContentTypeHandshake,
		Name: "Encrypted Handshake Message", Encrypted: true, Reason: "its secret is not known", Length: 40})
	f.other(inspect.KindLoss, inspect.LegDirect, &inspect.Loss{Bytes: 123456, Reason: inspect.LossQueueFull})
	f.other(inspect.KindTLSVerify, inspect.LegServer, &inspect.Verification{Insecure: true})
	alert := tlswire.AlertUnknownCA
	f.other(inspect.KindDiagnosis, inspect.LegClient, &inspect.Diagnosis{Code: inspect.CauseClientRejected, Confidence: inspect.Certain,
		Alert: &alert, Subject: "evil\x1b[31magent", Evidence: "remote error: tls: unknown certificate authority"})
	return f.close(inspect.CauseClientRejected).events
}

// flowHTTP2 is a request and its response.
func flowHTTP2(t *testing.T) []*inspect.Event {
	f := newFlow(t, 2, "example.com:443")
	f.alpn = "h2"
	f.row(inspect.LegClient, client).data("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"+string(hx("000006 04 00 00000000 0003 00000064 000004 08 00 00000000 00000001"))+
		string(hx("000005 01 05 00000001 82848741 8a")), 2)
	f.row(inspect.LegClient, proxy).data(string(hx("000003 01 04 00000001 885f92 00000c 00 01 00000001"))+"hello, world", 1)
	return f.close(inspect.CauseOK).events
}

// flowRefused is a connection without a row, and one whose beginning was missed.
func flowRefused(t *testing.T) []*inspect.Event {
	f := newFlow(t, 4, "bank.example:443")
	f.other(inspect.KindDiagnosis, "", &inspect.Diagnosis{Code: inspect.CausePolicy, Confidence: inspect.Certain, Subject: "bank.example:443"})
	f.other(inspect.KindConnClose, "", &inspect.ConnClose{Cause: inspect.CausePolicy, Duration: time.Millisecond})
	missed := newFlow(t, 5, "")
	missed.row(inspect.LegClient, client).data("hello\n", 1)
	return append(f.events, missed.close(inspect.CauseShutdown).events[1:]...)
}

// flowsInterleaved are two connections whose rows alternate.
func flowsInterleaved(t *testing.T) []*inspect.Event {
	a, b := newFlow(t, 1, "one.example:443"), newFlow(t, 2, "two.example:443")
	a.row(inspect.LegClient, client).clientHello()
	b.row(inspect.LegClient, client).clientHello(versions13, share)
	a.row(inspect.LegServer, proxy).data("first\n", 1)
	a.row(inspect.LegServer, server).data("second\n", 1)
	b.row(inspect.LegServer, proxy).data("third\n", 1)
	a.close(inspect.CauseOK)
	b.row(inspect.LegServer, server).data("fourth\n", 1)
	b.close(inspect.CauseIdleTimeout)
	var out []*inspect.Event
	for i := range max(len(a.events), len(b.events)) {
		for _, f := range []*flow{a, b} {
			if i < len(f.events) {
				out = append(out, f.events[i])
			}
		}
	}
	return out
}

func TestTable(t *testing.T) {
	zh := explain.New(explain.Chinese)
	for name, events := range map[string][]*inspect.Event{
		"tls13": flow13(t), "tls12": flow12(t), "odd": flowOdd(t), "http2": flowHTTP2(t), "interleaved": flowsInterleaved(t),
		"refused": flowRefused(t),
	} {
		for variant, style := range map[string]Style{
			"wide":   {Width: width(140)},
			"narrow": {Width: width(80)},
			"tiny":   {Width: width(20)},
			"zh":     {Width: width(140), Words: zh},
			"zh80":   {Width: width(80), Words: zh},
			"colour": {Width: width(140), Color: true},
		} {
			got := show(t, style, events...)
			golden(t, name+"."+variant+".txt", got)
			checkLines(t, name+"."+variant, got, style)
		}
	}
}

var sgr = regexp.MustCompile(`\x1b\[[0-9;]+m`)

// checkLines holds what is promised of every line: nothing but our own colours
// controls the terminal, and what can be broken fits the width.
func checkLines(t *testing.T, name, got string, style Style) {
	t.Helper()
	if style.Color != strings.Contains(got, "\x1b") {
		t.Errorf("%s: colour is %v", name, style.Color)
	}
	for s := range strings.Lines(got) {
		s = sgr.ReplaceAllString(strings.TrimSuffix(s, "\n"), "")
		if explain.Clean(s) != s {
			t.Errorf("%s: not clean: %q", name, s)
		}
		if w := style.Width(); w >= 80 && cells.StringWidth(s) > w {
			t.Errorf("%s: %d cells wide: %q", name, cells.StringWidth(s), s)
		}
		if strings.HasSuffix(s, " ") {
			t.Errorf("%s: blanks at the end of %q", name, s)
		}
	}
}

// TestTableIsGreppable: a row's parties, name and types are on one line.
func TestTableIsGreppable(t *testing.T) {
	for _, w := range []int{80, 100, 140, 200} {
		out := show(t, Style{Width: width(w)}, flow13(t)...)
		for _, want := range []string{
			`(?m)^ +1  client  proxy   Client Hello +1\b`,
			`(?m)^ +3  server  proxy   Server Hello, +2, 8, 11, 15, 20\b`,
			`(?m)^ +7  client  proxy   Application Data \(1 record, 37 B\) +23\b`,
			`(?m)^ +9  server  proxy   New Session Ticket, +4, 23\b`,
			`(?m)^ +Certificate,`,
			`same bytes as row 7`,
		} {
			if !regexp.MustCompile(want).MatchString(out) {
				t.Errorf("at %d: %s not found in\n%s", w, want, out)
			}
		}
	}
}

// TestTableIsLive: a row waits for more of its run, but not for long.
func TestTableIsLive(t *testing.T) {
	f := newFlow(t, 1, "example.com:443")
	f.row(inspect.LegClient, client).clientHello()
	var out bytes.Buffer
	table := NewTable(&out, Style{})
	if err := table.Write(f.events); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		after   time.Duration
		pending bool
	}{{10 * time.Millisecond, true}, {160 * time.Millisecond, false}} {
		pending, err := table.Flush(f.at.Add(c.after))
		if err != nil || pending != c.pending {
			t.Errorf("after %v: pending %v, %v", c.after, pending, err)
		}
		if shown := strings.Contains(out.String(), "Client Hello"); shown == c.pending {
			t.Errorf("after %v: shown %v", c.after, shown)
		}
	}
}

// TestTableShowsSilentConnections: a connection on which nothing comes is seen.
func TestTableShowsSilentConnections(t *testing.T) {
	f := newFlow(t, 1, "silent.example:443")
	var out bytes.Buffer
	table := NewTable(&out, Style{})
	if err := table.Write(f.events); err != nil {
		t.Fatal(err)
	}
	if pending, err := table.Flush(f.at.Add(time.Second)); pending || err != nil {
		t.Errorf("pending %v, %v", pending, err)
	}
	if !strings.Contains(out.String(), "silent.example:443") {
		t.Errorf("%q", out.String())
	}
}

func TestTableForgetsClosedConnections(t *testing.T) {
	table := NewTable(&bytes.Buffer{}, Style{})
	for id := range uint64(100) {
		f := newFlow(t, id+1, "example.com:443")
		f.row(inspect.LegClient, client).data("x", 1)
		if err := table.Write(f.close(inspect.CauseOK).events); err != nil {
			t.Fatal(err)
		}
	}
	if len(table.conns) != 0 {
		t.Errorf("%d connections are remembered", len(table.conns))
	}
	if pending, _ := table.Flush(time.Now()); pending || len(table.waiting) != 0 {
		t.Errorf("%d connections wait", len(table.waiting))
	}
}

var errFull = errors.New("no space left on device")

// full is a disk without room.
type full struct{ writes int }

func (f *full) Write([]byte) (int, error) { f.writes++; return 0, errFull }
func (f *full) Close() error              { return nil }

func TestTableReportsErrors(t *testing.T) {
	disk := new(full)
	table := NewTable(disk, Style{})
	if err := table.Write(flow13(t)); !errors.Is(err, errFull) {
		t.Errorf("%v", err)
	}
	if err := table.Close(); err != nil {
		t.Errorf("told twice: %v", err)
	}
}
