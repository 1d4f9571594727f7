package inspect

import (
	"bytes"
	"net"
	"slices"
	"testing"
	"time"
)

// byteSink is a sink that takes bytes.
type byteSink struct{ gatherSink }

func (*byteSink) TakesBytes() {}

// TestBytesGoToThoseThatTakeThem: as they passed, before anything is made of them; and
// to no other sink.
func TestBytesGoToThoseThatTakeThem(t *testing.T) {
	rec := recordingOf(t, "TLS 1.3 plain")
	for _, with := range []bool{true, false} {
		plain, taker := &gatherSink{}, &byteSink{}
		sinks := []Sink{plain}
		if with {
			sinks = append(sinks, taker)
		}
		in := New(Options{Sinks: sinks})
		s := in.Open(Meta{Via: ViaConnect, Mode: ModeIntercept})
		leg := s.Leg(LegServer)
		leg.Sockets(&net.TCPAddr{IP: net.ParseIP("::ffff:10.0.0.1"), Port: 7}, &net.UnixAddr{Name: "x"})
		for _, p := range rec.parts {
			if p.secret {
				leg.KeyLog().Write(p.b)
			} else {
				s.chunk(LegServer, p.up, time.Now(), p.b)
			}
		}
		s.Close(Outcome{Cause: CauseOK})
		if err := closeInspector(t, in); err != nil {
			t.Fatal(err)
		}
		if kinds := plain.kinds(); slices.Contains(kinds, KindBytes) || slices.Contains(kinds, KindSockets) || !slices.Contains(kinds, KindTLSEstablished) {
			t.Errorf("the other sink got %v", kinds)
		}
		if !with {
			continue
		}
		var got [2][]byte
		for i, e := range taker.events {
			switch b := e.Body.(type) {
			case *Bytes:
				if e.Leg != LegServer || e.Conn != 1 {
					t.Fatalf("bytes of %+v", e)
				}
				n := 0
				if e.To == PartyProxy {
					n = 1
				}
				got[n] = append(got[n], b.B...)
			case *Sockets:
				if i != 1 || b.Client.String() != "10.0.0.1:7" || b.Server.IsValid() {
					t.Errorf("event %d: sockets %+v", i, b)
				}
			}
		}
		if !bytes.Equal(got[0], rec.bytes(true)) || !bytes.Equal(got[1], rec.bytes(false)) {
			t.Errorf("%d and %d bytes, not the %d and %d that passed", len(got[0]), len(got[1]), len(rec.bytes(true)), len(rec.bytes(false)))
		}
		var others []*Event
		for _, e := range taker.events {
			if e.Kind != KindBytes && e.Kind != KindSockets {
				others = append(others, e)
			}
		}
		if !slices.Equal(others, plain.events) {
			t.Errorf("the sink that takes bytes got %d other events, not %d", len(others), len(plain.events))
		}
	}
}
