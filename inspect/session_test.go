package inspect

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"time"
)

// gather is a sink that keeps all that it is given.
type gatherSink struct {
	mu     sync.Mutex
	events []*Event
	closed bool
	err    error         // returned by Write
	gate   chan struct{} // Write waits for it, if set
}

func (g *gatherSink) Name() string { return "gather" }

func (g *gatherSink) Write(batch []*Event) error {
	if g.gate != nil {
		<-g.gate
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.events = append(g.events, batch...)
	return g.err
}

func (g *gatherSink) Flush(time.Time) (bool, error) { return false, nil }

func (g *gatherSink) Close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	return nil
}

func (g *gatherSink) kinds() (list []Kind) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, e := range g.events {
		list = append(list, e.Kind)
	}
	return list
}

func closeInspector(t *testing.T, in *Inspector) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	return in.Close(ctx)
}

func TestNilInspectorIsFree(t *testing.T) {
	in := New(Options{})
	if in != nil {
		t.Fatal("an Inspector without a sink is not nil")
	}
	s := in.Open(Meta{})
	c, other := net.Pipe()
	defer c.Close()
	defer other.Close()
	leg := s.Leg(LegServer)
	if leg.Tap(c) != c {
		t.Error("a nil leg taps")
	}
	if leg.KeyLog() != nil {
		t.Error("a nil leg has a key log")
	}
	leg.Verified(Verification{})
	leg.Sniffed(time.Now(), []byte("x"))
	s.Close(Outcome{})
	in.Emit(&Event{})
	if err := closeInspector(t, in); err != nil {
		t.Error(err)
	}
}

// TestTap: what passes through a tap comes out as events, in the order in which
// it passed, and the conn still works, half-close included.
func TestTap(t *testing.T) {
	sink := &gatherSink{}
	in := New(Options{Sinks: []Sink{sink}, DataBytes: -1})
	s := in.Open(Meta{Client: "127.0.0.1:1", Target: "example.com:22", Via: ViaConnect, Mode: ModeIntercept})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	echoed := make(chan error, 1)
	go func() {
		c, err := l.Accept()
		if err == nil {
			_, err = io.Copy(c, c)
			c.Close()
		}
		echoed <- err
	}()
	raw, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	leg := s.Leg(LegDirect)
	leg.Sniffed(time.Now(), []byte("before "))
	c := leg.Tap(raw)
	big := bytes.Repeat([]byte("0123456789"), 10000)
	go func() {
		c.Write(big)
		c.(interface{ CloseWrite() error }).CloseWrite()
	}()
	got, err := io.ReadAll(c)
	if err != nil || !bytes.Equal(got, big) {
		t.Fatalf("echo: %d bytes, %v", len(got), err)
	}
	if err := <-echoed; err != nil {
		t.Fatal(err)
	}
	s.Close(Outcome{Cause: CauseOK})
	s.Close(Outcome{Cause: CauseInternal}) // the first counts
	if err := closeInspector(t, in); err != nil {
		t.Fatal(err)
	}
	if !sink.closed {
		t.Error("the sink was not closed")
	}
	up, down := plaintext(sink.events, PartyClient), plaintext(sink.events, PartyServer)
	if want := append([]byte("before "), big...); !bytes.Equal(up, want) {
		t.Errorf("from the client: %d bytes, not %d", len(up), len(want))
	}
	if !bytes.Equal(down, big) {
		t.Errorf("from the server: %d bytes, not %d", len(down), len(big))
	}
	kinds := sink.kinds()
	if kinds[0] != KindConnOpen || kinds[len(kinds)-1] != KindConnClose || slices.Contains(kinds, KindTLSMessage) {
		t.Errorf("kinds %v", kinds)
	}
	if last := sink.events[len(sink.events)-1].Body.(*ConnClose); last.Cause != CauseOK || last.Flows[0].Bytes != int64(len(big)+7) {
		t.Errorf("conn.close %+v", last)
	}
}

// TestOverflowWait: a full queue makes the relay wait, and loses nothing.
func TestOverflowWait(t *testing.T) {
	sink := &gatherSink{gate: make(chan struct{})}
	in := New(Options{Sinks: []Sink{sink}, DataBytes: -1, QueueBytes: 4096})
	s := in.Open(Meta{Via: ViaConnect, Mode: ModeTunnel})
	const rounds = 100
	wrote := make(chan struct{})
	go func() {
		defer close(wrote)
		for i := range rounds {
			s.chunk(LegDirect, i%2 == 0, time.Now(), noise(1000))
		}
	}()
	select {
	case <-wrote:
		t.Fatal("100 kB went into a queue of 4 kB whose sink is stuck")
	case <-time.After(200 * time.Millisecond):
	}
	close(sink.gate)
	<-wrote
	s.Close(Outcome{Cause: CauseOK})
	if err := closeInspector(t, in); err != nil {
		t.Fatal(err)
	}
	if n := len(plaintext(sink.events, PartyClient)) + len(plaintext(sink.events, PartyServer)); n != rounds*1000 {
		t.Errorf("%d bytes seen of %d", n, rounds*1000)
	}
}

// TestManyEventsOfFewBytes: the events of what is queued take no more memory than the
// sinks' queues, however many they are.
func TestManyEventsOfFewBytes(t *testing.T) {
	const limit = 1 << 20
	sink := &gatherSink{gate: make(chan struct{})}
	in := New(Options{Sinks: []Sink{sink}, QueueBytes: limit})
	s := in.Open(Meta{Via: ViaConnect, Mode: ModeTunnel})
	requests := bytes.Repeat([]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 500)
	told := make(chan struct{})
	go func() {
		defer close(told)
		for range limit / len(requests) {
			s.chunk(LegDirect, true, time.Now(), requests)
		}
		s.Close(Outcome{Cause: CauseOK})
	}()
	o := in.fanout.outlets[0]
	queued := func() int64 {
		o.mu.Lock()
		defer o.mu.Unlock()
		return o.size
	}
	for queued() <= limit { // then the worker waits
		time.Sleep(time.Millisecond)
	}
	time.Sleep(100 * time.Millisecond)
	if n := queued(); n > 2*limit {
		t.Errorf("%d bytes of events wait for a sink whose queue is to hold %d", n, limit)
	}
	close(sink.gate)
	<-told
	if err := closeInspector(t, in); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range sink.events {
		if e.Kind == KindHTTPRequest {
			n++
		}
	}
	if want := limit / len(requests) * 500; n != want {
		t.Errorf("%d requests are told, of %d", n, want)
	}
}

// TestOverflowDrop: the relay never waits; what is lost is lost to the end of
// its direction, and told to the byte.
func TestOverflowDrop(t *testing.T) {
	sink := &gatherSink{gate: make(chan struct{})}
	in := New(Options{Sinks: []Sink{sink}, DataBytes: -1, QueueBytes: 4096, Overflow: OverflowDrop})
	s := in.Open(Meta{Via: ViaConnect, Mode: ModeTunnel})
	const total = 3000 * 1000
	for range 3000 {
		s.chunk(LegDirect, true, time.Now(), noise(1000))
	}
	s.Close(Outcome{Cause: CauseOK})
	close(sink.gate)
	if err := closeInspector(t, in); err != nil {
		t.Fatal(err)
	}
	seen, lost := len(plaintext(sink.events, PartyClient)), 0
	for _, e := range sink.events {
		if l, ok := e.Body.(*Loss); ok {
			lost += int(l.Bytes)
			if l.Reason != LossQueueFull || e.From != PartyClient {
				t.Errorf("loss %+v from %s", l, e.From)
			}
		}
	}
	if lost == 0 || seen+lost != total {
		t.Errorf("%d seen + %d lost is not %d", seen, lost, total)
	}
}

// TestSinkFails: a failing sink is switched off, once and loudly; others go on.
func TestSinkFails(t *testing.T) {
	bad, good := &gatherSink{err: errors.New("disk full")}, &gatherSink{}
	var mu sync.Mutex
	var told []string
	in := New(Options{Sinks: []Sink{bad, good}, OnSinkError: func(name string, err error) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, name+": "+err.Error())
	}})
	for range 50 {
		s := in.Open(Meta{Via: ViaConnect, Mode: ModeTunnel})
		s.chunk(LegDirect, true, time.Now(), []byte("hello"))
		s.Close(Outcome{Cause: CauseOK})
	}
	if err := closeInspector(t, in); err == nil || err.Error() != "disk full" {
		t.Errorf("Close: %v", err)
	}
	if !slices.Equal(told, []string{"gather: disk full"}) {
		t.Errorf("told %q", told)
	}
	if n := len(good.events); n != 150 {
		t.Errorf("the good sink got %d events, not 150", n)
	}
	if !bad.closed {
		t.Error("the bad sink was not closed")
	}
}

// TestStuckSink: Close does not wait for ever.
func TestStuckSink(t *testing.T) {
	sink := &gatherSink{gate: make(chan struct{})}
	in := New(Options{Sinks: []Sink{sink}, QueueBytes: 1024})
	s := in.Open(Meta{Via: ViaConnect, Mode: ModeTunnel})
	go func() {
		for range 1000 {
			s.chunk(LegDirect, true, time.Now(), noise(1000))
			s.chunk(LegDirect, false, time.Now(), noise(1000))
		}
		s.Close(Outcome{Cause: CauseOK})
	}()
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if err := in.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Close: %v", err)
	}
	close(sink.gate)
}

// TestPanicEndsInspectionAlone: a bug ends the inspection of one connection; it
// is told, the connection still closes, and others are seen as before.
func TestPanicEndsInspectionAlone(t *testing.T) {
	sink := &gatherSink{}
	panics := make(chan uint64, 1)
	in := New(Options{Sinks: []Sink{sink}, OnPanic: func(conn uint64, v any, stack []byte) { panics <- conn }})
	hurt := in.Open(Meta{Via: ViaConnect, Mode: ModeIntercept})
	hurt.push(item{kind: itemVerified, leg: LegServer, body: "not a verification"})
	hurt.chunk(LegServer, true, time.Now(), []byte("x"))
	well := in.Open(Meta{Via: ViaConnect, Mode: ModeTunnel})
	well.chunk(LegDirect, true, time.Now(), []byte("hello"))
	if got := <-panics; got != hurt.ID() {
		t.Errorf("panic on %d", got)
	}
	hurt.chunk(LegServer, true, time.Now(), []byte("y"))
	hurt.Close(Outcome{Cause: CauseOK})
	well.Close(Outcome{Cause: CauseOK})
	if err := closeInspector(t, in); err != nil {
		t.Fatal(err)
	}
	of := map[uint64][]Kind{}
	for _, e := range sink.events {
		of[e.Conn] = append(of[e.Conn], e.Kind)
	}
	if want := []Kind{KindConnOpen, KindLoss, KindConnClose}; !slices.Equal(of[hurt.ID()], want) {
		t.Errorf("the hurt one: %v", of[hurt.ID()])
	}
	if want := []Kind{KindConnOpen, KindTCPData, KindConnClose}; !slices.Equal(of[well.ID()], want) {
		t.Errorf("the well one: %v", of[well.ID()])
	}
}

// TestDataIsWrittenInTime: data does not wait for what may never follow it.
func TestDataIsWrittenInTime(t *testing.T) {
	sink := &gatherSink{}
	in := New(Options{Sinks: []Sink{sink}})
	s := in.Open(Meta{Via: ViaConnect, Mode: ModeTunnel})
	s.chunk(LegDirect, true, time.Now(), []byte("hello"))
	for deadline := time.Now().Add(2 * time.Minute); !slices.Contains(sink.kinds(), KindTCPData); {
		if time.Now().After(deadline) {
			t.Fatal("data was never written")
		}
		time.Sleep(5 * time.Millisecond)
	}
	s.Close(Outcome{Cause: CauseOK})
	if err := closeInspector(t, in); err != nil {
		t.Fatal(err)
	}
}
