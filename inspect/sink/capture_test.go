package sink

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"tlsmitm/inspect"
)

// captured is what a capture file says, read without its writer's code.
type captured struct {
	t          *testing.T
	interfaces []string
	packets    []capturedPacket
	order      []string // of the blocks
	secrets    string
}

type capturedPacket struct {
	on       string
	at       time.Time
	comment  string
	from, to netip.AddrPort
	flags    byte
	seq, ack uint32
	payload  []byte
}

func readBlocks(t *testing.T, b []byte) *captured {
	t.Helper()
	c := &captured{t: t}
	le := binary.LittleEndian
	for len(b) > 0 {
		if len(b) < 12 {
			t.Fatalf("%d bytes are left", len(b))
		}
		kind, length := le.Uint32(b), le.Uint32(b[4:])
		if length%4 != 0 || length < 12 || int(length) > len(b) || le.Uint32(b[length-4:]) != length {
			t.Fatalf("a block of type %d has the length %d, and %d at its end", kind, length, le.Uint32(b[min(int(length), len(b))-4:]))
		}
		body := b[8 : length-4]
		b = b[length:]
		switch kind {
		case 0x0a0d0d0a:
			if le.Uint32(body) != 0x1a2b3c4d || le.Uint16(body[4:]) != 1 || le.Uint16(body[6:]) != 0 {
				t.Fatalf("section % x", body)
			}
			c.order = append(c.order, "section")
		case 1:
			o := c.options(body[8:])
			if le.Uint16(body) != 101 || o[9] != "\x09" {
				t.Fatalf("interface % x", body)
			}
			c.interfaces = append(c.interfaces, o[2])
		case 6:
			caught, was := le.Uint32(body[12:]), le.Uint32(body[16:])
			if caught != was || caught > 256<<10 {
				t.Fatalf("%d bytes of %d", caught, was)
			}
			at := time.Unix(0, int64(uint64(le.Uint32(body[4:]))<<32|uint64(le.Uint32(body[8:]))))
			p := c.packet(body[20 : 20+caught])
			p.on, p.at, p.comment = c.interfaces[le.Uint32(body)], at, c.options(body[20+(caught+3)/4*4:])[1]
			c.packets = append(c.packets, p)
			c.order = append(c.order, p.on)
		case 10:
			if le.Uint32(body) != 0x544c534b {
				t.Fatalf("secrets % x", body[:8])
			}
			c.secrets += string(body[8 : 8+le.Uint32(body[4:])])
			c.order = append(c.order, "secrets")
		default:
			t.Fatalf("a block of type %d", kind)
		}
	}
	return c
}

func (c *captured) options(b []byte) map[uint16]string {
	all := map[uint16]string{}
	for len(b) > 0 {
		code, n := binary.LittleEndian.Uint16(b), int(binary.LittleEndian.Uint16(b[2:]))
		all[code] = string(b[4 : 4+n])
		b = b[4+(n+3)/4*4:]
		if code == 0 && len(b) > 0 {
			c.t.Fatalf("% x follows the last option", b)
		}
	}
	return all
}

// sums reports whether the 16-bit words add up to nothing but ones (RFC 1071).
func sums(parts ...[]byte) bool {
	b := bytes.Join(parts, nil)
	if len(b)%2 == 1 {
		b = append(b, 0)
	}
	sum := 0
	for i := 0; i < len(b); i += 2 {
		sum += int(b[i])<<8 | int(b[i+1])
		sum = sum>>16 + sum&0xffff
	}
	return sum == 0xffff
}

func (c *captured) packet(b []byte) (p capturedPacket) {
	c.t.Helper()
	be := binary.BigEndian
	var src, dst netip.Addr
	var tcp, pseudo []byte
	if b[0]>>4 == 4 {
		if !sums(b[:20]) || int(be.Uint16(b[2:])) != len(b) || b[9] != 6 || b[0] != 0x45 {
			c.t.Fatalf("header % x of %d bytes", b[:20], len(b))
		}
		src, dst, tcp, pseudo = netip.AddrFrom4([4]byte(b[12:])), netip.AddrFrom4([4]byte(b[16:])), b[20:], b[12:20]
	} else {
		if int(be.Uint16(b[4:])) != len(b)-40 || b[6] != 6 || b[0] != 0x60 {
			c.t.Fatalf("header % x of %d bytes", b[:40], len(b))
		}
		src, dst, tcp, pseudo = netip.AddrFrom16([16]byte(b[8:])), netip.AddrFrom16([16]byte(b[24:])), b[40:], b[8:40]
	}
	if !sums(pseudo, []byte{0, 6, byte(len(tcp) >> 8), byte(len(tcp))}, tcp) {
		c.t.Fatalf("the checksum of TCP is wrong: % x", tcp[:20])
	}
	p.from, p.to = netip.AddrPortFrom(src, be.Uint16(tcp)), netip.AddrPortFrom(dst, be.Uint16(tcp[2:]))
	p.seq, p.ack, p.flags = be.Uint32(tcp[4:]), be.Uint32(tcp[8:]), tcp[13]
	p.payload = bytes.Clone(tcp[tcp[12]>>4*4:])
	return p
}

// stream plays one leg's packets as TCP would, and returns what each end sent.
func (c *captured) stream(on string, client netip.AddrPort) (up, down string) {
	c.t.Helper()
	next := map[netip.AddrPort]uint32{}
	var last time.Time
	n := 0
	for _, p := range c.packets {
		if p.on != on || p.from != client && p.to != client {
			continue
		}
		if n++; p.at.Before(last) {
			c.t.Errorf("packet %d of %s goes back in time", n, on)
		}
		last = p.at
		if want := map[int]byte{1: 2, 2: 2 | 16, 3: 16}[n]; want != 0 && p.flags != want {
			c.t.Errorf("packet %d of %s has the flags %#x", n, on, p.flags)
		}
		if (p.comment != "") != (n == 1) {
			c.t.Errorf("packet %d of %s says %q", n, on, p.comment)
		}
		if n > 2 {
			if p.seq != next[p.from] {
				c.t.Errorf("packet %d of %s begins at %d, not at %d", n, on, p.seq, next[p.from])
			}
			if p.ack != next[p.to] {
				c.t.Errorf("packet %d of %s acknowledges %d, not %d", n, on, p.ack, next[p.to])
			}
		}
		next[p.from] = p.seq + uint32(len(p.payload))
		if p.flags&3 != 0 {
			next[p.from]++
		}
		if p.from == client {
			up += string(p.payload)
		} else {
			down += string(p.payload)
		}
	}
	return up, down
}

// tape is a connection's events as a ByteSink gets them.
type tape struct {
	conn   uint64
	at     time.Time
	events []*inspect.Event
}

func (c *tape) add(leg inspect.LegName, from, to inspect.Party, kind inspect.Kind, body any) *tape {
	c.at = c.at.Add(time.Microsecond)
	c.events = append(c.events, &inspect.Event{Time: c.at, Kind: kind, Conn: c.conn, Leg: leg, From: from, To: to, Body: body})
	return c
}

func (c *tape) up(leg inspect.LegName, b string) *tape {
	from, to := client, server
	switch leg {
	case inspect.LegClient:
		to = proxy
	case inspect.LegServer:
		from = proxy
	}
	return c.add(leg, from, to, inspect.KindBytes, &inspect.Bytes{B: []byte(b)})
}

func (c *tape) down(leg inspect.LegName, b string) *tape {
	c.up(leg, b)
	e := c.events[len(c.events)-1]
	e.From, e.To = e.To, e.From
	return c
}

func newTape(conn uint64, via inspect.Via) *tape {
	c := &tape{conn: conn, at: time.Date(2026, 3, 14, 15, 9, 26, 535897932, time.UTC)}
	return c.add("", "", "", inspect.KindConnOpen, &inspect.ConnOpen{Target: "shop.example:443", Via: via, Mode: inspect.ModeIntercept})
}

func (c *tape) sockets(leg inspect.LegName, client, server string) *tape {
	return c.add(leg, "", "", inspect.KindSockets, &inspect.Sockets{Client: netip.MustParseAddrPort(client), Server: netip.MustParseAddrPort(server)})
}

func (c *tape) close(cause inspect.Cause) *tape {
	return c.add("", "", "", inspect.KindConnClose, &inspect.ConnClose{Cause: cause})
}

func writeCapture(t *testing.T, batches ...[]*inspect.Event) *captured {
	t.Helper()
	out := new(file)
	c := NewCapture(out)
	for _, b := range batches {
		if err := c.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Close(); err != nil || out.closed != 1 {
		t.Fatalf("closed %d times: %v", out.closed, err)
	}
	return readBlocks(t, out.Bytes())
}

// TestCaptureOfAConnection: both legs come out as connections of TCP with the bytes
// that passed, between the addresses that were told, each on its interface.
func TestCaptureOfAConnection(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	want := map[inspect.LegName]*[2]string{}
	events := newTape(7, inspect.ViaConnect).
		sockets(inspect.LegClient, "10.0.0.1:50000", "10.0.0.9:8080").
		sockets(inspect.LegServer, "[2001:db8::9]:40000", "[2001:db8::1]:443").
		sockets(inspect.LegDirect, "10.0.0.1:50001", "[2001:db8::1]:443")
	legs := []inspect.LegName{inspect.LegClient, inspect.LegServer, inspect.LegDirect}
	for _, leg := range legs {
		want[leg] = new([2]string)
	}
	for range 200 {
		b := make([]byte, random.IntN(3000))
		if random.IntN(20) == 0 {
			b = make([]byte, 3*maxSegment+random.IntN(9))
		}
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		leg := legs[random.IntN(len(legs))]
		if random.IntN(2) == 0 {
			events.up(leg, string(b))
			want[leg][0] += string(b)
		} else {
			events.down(leg, string(b))
			want[leg][1] += string(b)
		}
	}
	c := writeCapture(t, events.close(inspect.CauseOK).events)
	if got := strings.Join(c.interfaces, " "); got != "client server direct" {
		t.Errorf("interfaces %s", got)
	}
	ask, answer := "CONNECT shop.example:443 HTTP/1.1\r\nHost: shop.example:443\r\n\r\n", "HTTP/1.1 200 Connection established\r\n\r\n"
	for leg, at := range map[inspect.LegName]string{inspect.LegClient: "10.0.0.1:50000", inspect.LegServer: "[2001:db8::9]:40000", inspect.LegDirect: "[::ffff:10.0.0.1]:50001"} {
		up, down := c.stream(string(leg), netip.MustParseAddrPort(at))
		wantUp, wantDown := want[leg][0], want[leg][1]
		if leg == inspect.LegClient { // what is made up can be told apart
			wantUp, wantDown = ask+wantUp, answer+wantDown
		}
		if up != wantUp || down != wantDown {
			t.Errorf("%s: %d and %d bytes, not %d and %d", leg, len(up), len(down), len(wantUp), len(wantDown))
		}
	}
	first := map[string]string{}
	for _, p := range c.packets {
		if p.comment != "" {
			first[p.on] = p.comment
		}
	}
	if got, want := first["client"], fmt.Sprintf("tlsmitm conn=7 leg=client preface=%d/%d via=connect mode=intercept target=shop.example:443", len(ask), len(answer)); got != want {
		t.Errorf("the client leg says %q, not %q", got, want)
	}
	if got, want := first["server"], "tlsmitm conn=7 leg=server via=connect mode=intercept target=shop.example:443"; got != want {
		t.Errorf("the server leg says %q, not %q", got, want)
	}
}

// TestCaptureEnds: a connection ends as it did.
func TestCaptureEnds(t *testing.T) {
	for _, c := range []struct {
		cause inspect.Cause
		want  string
	}{
		{inspect.CauseOK, "[17 17 16 17 17 16]"},
		{inspect.CauseClientReset, "[20 17 17 16]"},
		{inspect.CauseServerReset, "[17 17 16 20]"},
	} {
		events := newTape(1, inspect.ViaConnect).sockets(inspect.LegClient, "10.0.0.1:1", "10.0.0.2:443").sockets(inspect.LegServer, "10.0.0.2:2", "10.0.0.3:443").
			up(inspect.LegClient, "x").up(inspect.LegServer, "x").close(c.cause)
		got := writeCapture(t, events.events)
		var flags []byte
		for _, p := range got.packets[8:] {
			flags = append(flags, p.flags)
		}
		if fmt.Sprint(flags) != c.want {
			t.Errorf("%s: flags %v, not %s", c.cause, flags, c.want)
		}
	}
}

// TestCaptureOfALoss: what was lost is a gap of its size.
func TestCaptureOfALoss(t *testing.T) {
	events := newTape(1, inspect.ViaHTTP).sockets(inspect.LegServer, "10.0.0.2:2", "10.0.0.3:80").up(inspect.LegServer, "abc")
	events.add(inspect.LegServer, proxy, server, inspect.KindLoss, &inspect.Loss{Bytes: 1000, Reason: inspect.LossQueueFull})
	got := writeCapture(t, events.close(inspect.CauseOK).events)
	begin, fin := got.packets[3], got.packets[4]
	if string(begin.payload) != "abc" || fin.flags != 17 || fin.seq != begin.seq+3+1000 {
		t.Errorf("%+v, then %+v", begin, fin)
	}
}

// TestCaptureIsBounded: what is held does not grow with what comes.
func TestCaptureIsBounded(t *testing.T) {
	c := NewCapture(new(file))
	big := strings.Repeat("x", 1<<20)
	events := newTape(1, inspect.ViaHTTP).sockets(inspect.LegServer, "10.0.0.2:2", "10.0.0.3:80")
	for range 64 {
		events.up(inspect.LegServer, big)
		if err := c.Write(events.events); err != nil {
			t.Fatal(err)
		}
		events.events = nil
		if c.bytes > maxHeld || cap(c.buf) > 8<<20 {
			t.Fatalf("%d bytes are held, and %d to be written", c.bytes, cap(c.buf))
		}
	}
	c.Write(events.close(inspect.CauseOK).events)
	if err := c.Close(); err != nil || c.bytes != 0 || len(c.conns) != 0 {
		t.Errorf("%d bytes and %d connections are left: %v", c.bytes, len(c.conns), err)
	}
}

// small is a file on a disk that has little room.
type small struct {
	file
	room int
}

func (s *small) Write(b []byte) (int, error) {
	if n := s.room - s.Len(); n < len(b) {
		s.file.Write(b[:n])
		return n, errors.New("disk full")
	}
	return s.file.Write(b)
}

func (s *small) Truncate(n int64) error { s.file.Truncate(int(n)); return nil }

// TestCaptureOnAFullDiskIsWhole: what is there can be read.
func TestCaptureOnAFullDiskIsWhole(t *testing.T) {
	out := &small{room: 9000}
	c := NewCapture(out)
	events := newTape(1, inspect.ViaHTTP).sockets(inspect.LegServer, "10.0.0.2:2", "10.0.0.3:80")
	for range 20 {
		if err := c.Write(events.up(inspect.LegServer, strings.Repeat("x", 1000)).events); err != nil {
			t.Fatal(err)
		}
		events.events = nil
		if _, err := c.Flush(time.Now().Add(time.Hour)); err != nil {
			break
		}
	}
	if n := len(readBlocks(t, out.Bytes()).packets); n < 8 || n > 11 {
		t.Errorf("%d packets are there", n)
	}
}

// failing is a file on a full disk.
type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
func (failing) Close() error                { return nil }

func TestCaptureFails(t *testing.T) {
	full := errors.New("disk full")
	c := NewCapture(failing{full})
	if _, err := c.Flush(time.Now()); !errors.Is(err, full) {
		t.Errorf("Flush: %v", err)
	}
}

// TestCaptureFileIsPrivate: it holds secrets, and nothing of what was there before.
func TestCaptureFileIsPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.pcapng")
	for range 2 {
		f, err := OpenCapture(path)
		if err != nil {
			t.Fatal(err)
		}
		f.WriteString("some of it")
		f.Close()
		info, err := os.Stat(path)
		if err != nil || info.Size() != 10 || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Fatalf("%v, %v", info, err)
		}
	}
	if runtime.GOOS == "windows" {
		return
	}
	os.Chmod(path, 0o644)
	var open *PermissionError
	if _, err := OpenCapture(path); !errors.As(err, &open) {
		t.Errorf("a file that others may read: %v", err)
	}
}

// FuzzCapture: whatever passed, the file is well-formed, and has it.
func FuzzCapture(f *testing.F) {
	f.Add([]byte("hello"), []byte("world"), uint8(1), "shop.example:443")
	f.Add([]byte{}, bytes.Repeat([]byte{0xff}, 70000), uint8(9), "a b\n\x00=\xff")
	f.Fuzz(func(t *testing.T, up, down []byte, cut uint8, target string) {
		events := newTape(3, inspect.ViaConnect)
		events.events[0].Body.(*inspect.ConnOpen).Target = target
		events.sockets(inspect.LegClient, "10.0.0.2:2", "10.0.0.3:1")
		for a, b := up, down; len(a)+len(b) > 0; {
			n, m := min(len(a), int(cut)*300+100), min(len(b), int(cut)*700+100)
			if n > 0 {
				events.up(inspect.LegClient, string(a[:n]))
			}
			if m > 0 {
				events.down(inspect.LegClient, string(b[:m]))
			}
			a, b = a[n:], b[m:]
		}
		c := writeCapture(t, events.close(inspect.CauseOK).events)
		gotUp, gotDown := c.stream("client", netip.MustParseAddrPort("10.0.0.2:2"))
		if !strings.HasSuffix(gotUp, string(up)) || !strings.HasSuffix(gotDown, string(down)) || strings.Count(gotUp, "CONNECT ") < 1 && len(up)+len(down) > 0 {
			t.Errorf("%d and %d bytes, of %d and %d", len(gotUp), len(gotDown), len(up), len(down))
		}
	})
}
