package sink

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"tlsmitm/inspect"
	"tlsmitm/inspect/explain"
	"tlsmitm/inspect/tlswire"
)

// recorded are the messages of conversations that other programs had, one to a
// line of a file of package tlswire.
func recorded(t testing.TB, names ...string) []*inspect.Event {
	f := newFlow(t, 1, "example.com:443")
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join("../tlswire/testdata/decode", name+".hex"))
		if err != nil {
			t.Fatal(err)
		}
		for s := range strings.Lines(string(text)) {
			var from string
			var version, suite, ct int
			var raw []byte
			if strings.HasPrefix(s, "#") {
				continue
			}
			if _, err := fmt.Sscanf(s, "%s %x %x %d %x", &from, &version, &suite, &ct, &raw); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			f.row(inspect.LegDirect, inspect.Party(from))
			f.ctx.Version, f.ctx.CipherSuite = tlswire.Version(version), tlswire.CipherSuite(suite)
			f.message(tlswire.ContentType(ct), raw)
		}
	}
	return f.close(inspect.CauseOK).events
}

// message adds a message as it is on the wire.
func (f *flow) message(ct tlswire.ContentType, raw []byte) *flow {
	m := &inspect.Message{ContentType: ct, Name: ct.String(), Length: len(raw), Raw: raw, Context: f.ctx, Encrypted: f.ctx.Version == tlswire.VersionTLS13}
	if ct == tlswire.ContentTypeHandshake {
		m.Type, m.HasType = tlswire.HandshakeType(raw[0]), true
		m.Name = m.Type.String()
		switch body := raw[min(4, len(raw)):]; m.Type {
		case tlswire.HandshakeTypeClientHello:
			m.ClientHello, _ = tlswire.ParseClientHello(body)
		case tlswire.HandshakeTypeServerHello:
			m.ServerHello, _ = tlswire.ParseServerHello(body)
		}
	}
	return f.add(inspect.KindTLSMessage, m)
}

// flowBroken is what cannot be read, or should not be believed.
func flowBroken(t testing.TB) []*inspect.Event {
	f := newFlow(t, 6, "broken.example:443")
	hello := func(extensions ...[]byte) []byte {
		return append([]byte{1}, vec(3, hx("0303"), make([]byte, 32), vec(1), vec(2, hx("1301 2a2a eeee")), hx("0100"), vec(2, extensions...))...)
	}
	f.row(inspect.LegClient, client)
	f.message(22, hello(ext(tlswire.ExtensionTypeServerName, hx("0009 00 00ff 616263 00 00"))))
	f.message(22, hello(ext(tlswire.ExtensionTypeServerName, vec(2, hx("00"), vec(2, []byte("\x1b]0;owned\x07\u202e\r\nevil")))),
		ext(0xbeef, []byte("what is this")), ext(0x3a3a, []byte{0}), ext(tlswire.ExtensionTypePadding, make([]byte, 300))))
	f.message(22, hello()[:60])
	f.message(22, append([]byte{99}, vec(3, []byte("no such type"))...))
	f.message(22, hx("14 000001 00 ff")) // bytes after the end
	f.message(21, hx("02"))
	f.message(24, hx("01 0002 abcd 00112233445566778899aabbccddeeff"))
	f.row(inspect.LegClient, proxy)
	f.ctx.Version = tlswire.VersionTLS12
	f.message(22, append([]byte{11}, vec(3, vec(3, vec(3, []byte("not a certificate")), hx("00ffff")))...))
	f.add(inspect.KindTLSMessage, &inspect.Message{ContentType: 22, Name: "Encrypted Handshake Message", Encrypted: true, Reason: "its secret is not known", Length: 40})
	f.add(inspect.KindTLSMalformed, &inspect.Malformed{Length: 4096, Bytes: []byte(noise), Reason: "not a TLS record"})
	return f.close(inspect.CauseOK).events
}

func detail(t testing.TB, style Style, bytes bool, events ...*inspect.Event) string {
	t.Helper()
	out := new(strings.Builder)
	d := NewDetail(out, style, bytes)
	for _, e := range events {
		if err := d.Write([]*inspect.Event{e}); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestDetail(t *testing.T) {
	for name, events := range map[string][]*inspect.Event{
		"hellos": recorded(t, "client_chromium", "client_java"), "certificates": recorded(t, "tls13_client_certificate"), "broken": flowBroken(t),
		"http2": flowHTTP2(t), "interleaved": flowsInterleaved(t),
	} {
		for variant, style := range map[string]Style{
			"80": {Width: width(80)}, "120": {Width: width(120)}, "200": {Width: width(200)},
			"zh": {Width: width(100), Words: explain.New(explain.Chinese)}, "colour": {Width: width(120), Color: true},
		} {
			if name == "http2" && variant != "120" {
				continue
			}
			got := detail(t, style, false, events...)
			golden(t, "detail-"+name+"."+variant+".txt", got)
			checkLines(t, name+"."+variant, got, style)
			if variant != "120" && (variant != "80" || name != "broken") {
				continue
			}
			got = detail(t, style, true, events...)
			golden(t, "detail-"+name+"."+variant+".bytes.txt", got)
			checkLines(t, name+"."+variant+".bytes", got, style)
		}
	}
}

// everyRecording are all messages that package tlswire has of other programs.
func everyRecording(t testing.TB) []*inspect.Event {
	files, err := filepath.Glob("../tlswire/testdata/decode/*.hex")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d recordings, %v", len(files), err)
	}
	var names []string
	for _, f := range files {
		names = append(names, strings.TrimSuffix(filepath.Base(f), ".hex"))
	}
	return recorded(t, names...)
}

// TestEveryByteIsShownOnce: the hexadecimal beside a message's fields, read one
// after the other, is the message.
func TestEveryByteIsShownOnce(t *testing.T) {
	events := append(everyRecording(t), flowBroken(t)...)
	for _, w := range []int{0, 50, 75, 80, 100, 120, 200} {
		for _, e := range events {
			m, ok := e.Body.(*inspect.Message)
			if !ok || !m.Opened() {
				continue
			}
			out := detail(t, Style{Width: width(w)}, true, e)
			if got := bytesColumn(t, out, len(m.Raw)); !bytes.Equal(got, m.Raw) {
				t.Errorf("at %d: %s: %x is shown of %x in\n%s", w, m.Name, got, m.Raw, out)
			}
		}
	}
}

var hexColumn = regexp.MustCompile(`^[0-9a-f]{2}( [0-9a-f]{2})*(  |$)`)

// bytesColumn reads what stands in the column of bytes: after the offset and the
// length, which take as many digits as the message's size has.
func bytesColumn(t testing.TB, out string, size int) (all []byte) {
	t.Helper()
	column := 6 + 2*len(strconv.Itoa(size)) + 3
	for s := range strings.Lines(out) {
		s = strings.TrimSuffix(s, "\n")
		if len(s) < column || strings.Trim(s[:column], " 0123456789+") != "" {
			continue
		}
		b, err := hex.DecodeString(strings.ReplaceAll(strings.TrimRight(hexColumn.FindString(s[column:]), " "), " ", ""))
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		all = append(all, b...)
	}
	return all
}

// TestEveryFieldIsShown: whatever a message says is in the tree, with or without
// its bytes.
func TestEveryFieldIsShown(t *testing.T) {
	for _, e := range append(everyRecording(t), flowBroken(t)...) {
		m, ok := e.Body.(*inspect.Message)
		if !ok || !m.Opened() {
			continue
		}
		for _, withBytes := range []bool{false, true} {
			out := detail(t, Style{Width: width(1 << 20)}, withBytes, e)
			tree := m.Tree()
			for f := range tree.Leaves() {
				var want string
				switch f.Kind {
				case tlswire.KindCode:
					want, _ = codeName(f.Text)
				case tlswire.KindText, tlswire.KindTime:
					want = explain.Clean(f.Text)
				case tlswire.KindMalformed:
					want = "✗ " + explain.New(explain.English).Unreadable(strings.TrimPrefix(f.Text, f.Name+": "))
				case tlswire.KindUint:
					want = strconv.FormatUint(f.Uint, 10)
				case tlswire.KindBytes:
					if want = hex.EncodeToString(f.Bytes[:min(len(f.Bytes), shownBytes)]); withBytes {
						continue
					}
				}
				if !strings.Contains(out, want) {
					t.Errorf("%s: %s: %q is missing in\n%s", m.Name, f.Name, want, out)
				}
			}
			if withBytes {
				for _, s := range []string{"msg_type", "length"} {
					if m.HasType && !strings.Contains(out, s) {
						t.Errorf("%s lacks %s", m.Name, s)
					}
				}
			}
		}
	}
}

// TestFingerprintsAreShown: the digests, and what they are of.
func TestFingerprintsAreShown(t *testing.T) {
	out := detail(t, Style{Width: width(1000)}, false, recorded(t, "client_curl", "tls13_client_certificate")...)
	for _, want := range []string{
		`(?m)^ +ja3 +[0-9a-f]{32}$`, `(?m)^ +ja3_raw +771,\d+(-\d+)*,`, `(?m)^ +ja4 +t13d\d{4}`,
		`(?m)^ +ja4_raw +t13d\w{6}_([0-9a-f]{4},)+`, `(?m)^ +ja3s +[0-9a-f]{32}$`, `(?m)^ +ja3s_raw +771,4866,43-51$`,
	} {
		if !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
}

// TestDetailOfSSL2: its hello names its lengths itself, and has no fingerprint.
func TestDetailOfSSL2(t *testing.T) {
	raw := hx("802e 01 0301 0015 0000 0010 010080 00002f 000005 00000a 000009 0700c0 000004 000102030405060708090a0b0c0d0e0f")
	hello, err := tlswire.ParseSSL2ClientHello(raw[2:])
	if err != nil {
		t.Fatal(err)
	}
	f := newFlow(t, 1, "example.com:443")
	f.row(inspect.LegDirect, client).ctx.SSL2 = true
	m := &inspect.Message{ContentType: tlswire.ContentTypeHandshake, HasType: true, Type: 1, Name: "Client Hello", Length: len(raw), Raw: raw, Context: f.ctx, SSL2: true, ClientHello: hello}
	out := detail(t, Style{Width: width(1000)}, true, f.add(inspect.KindTLSMessage, m).events...)
	for want, times := range map[string]int{`(?m) cipher_spec_length +21$`: 1, `length length`: 0, `ja[34]`: 0} {
		if got := len(regexp.MustCompile(want).FindAllString(out, -1)); got != times {
			t.Errorf("%d times %s, not %d, in\n%s", got, want, times, out)
		}
	}
}

// FuzzDetail shows arbitrary messages: every byte once, nothing that controls the
// terminal, and no panic.
func FuzzDetail(f *testing.F) {
	for _, e := range append(everyRecording(f), flowBroken(f)...) {
		if m, ok := e.Body.(*inspect.Message); ok && m.Opened() {
			f.Add(uint8(m.ContentType), uint16(m.Context.Version), m.Raw, uint8(80))
		}
	}
	f.Add(uint8(22), uint16(tlswire.VersionSSL20), hx("802e 01 0301 0015 0000 0010 010080 00002f 000005 00000a 000009 0700c0 000004 000102030405060708090a0b0c0d0e0f"), uint8(80))
	f.Fuzz(func(t *testing.T, ct uint8, version uint16, raw []byte, w uint8) {
		if len(raw) == 0 {
			return
		}
		flow := newFlow(t, 1, "example.com:443")
		flow.row(inspect.LegDirect, server).ctx.Version = tlswire.Version(version)
		flow.ctx.SSL2 = flow.ctx.Version == tlswire.VersionSSL20
		e := flow.message(tlswire.ContentType(ct), raw).events[1]
		e.Body.(*inspect.Message).Name = "Message"
		style := Style{Width: width(int(w))}
		for _, withBytes := range []bool{false, true} {
			out := detail(t, style, withBytes, e)
			for s := range strings.Lines(out) {
				if s = strings.TrimSuffix(s, "\n"); explain.Clean(s) != s {
					t.Errorf("not clean: %q", s)
				}
				if n := cells.StringWidth(s); w >= 80 && n > int(w) {
					t.Errorf("%d cells wide, not %d: %q", n, w, s)
				}
			}
			if withBytes {
				if got := bytesColumn(t, out, len(raw)); !bytes.Equal(got, raw) {
					t.Errorf("%x is shown of %x in\n%s", got, raw, out)
				}
			}
		}
	})
}
