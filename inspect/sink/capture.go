package sink

import (
	"container/heap"
	"fmt"
	"io"
	"time"

	"tlsmitm/inspect"
)

const (
	captureBuffer = 256 << 10
	// settleTime is how long a packet is kept: connections are dissected side by
	// side, so that an earlier packet of another may still come.
	settleTime = 50 * time.Millisecond
	// secretsTime is how long packets wait for the secrets of their leg.
	secretsTime = 500 * time.Millisecond
	// maxHeld bounds the bytes that are kept. Beyond it the oldest go.
	maxHeld = 16 << 20
)

// interfaces are the capture's, in the order of their numbers.
var interfaces = []inspect.LegName{inspect.LegClient, inspect.LegServer, inspect.LegDirect}

// Capture is a sink that writes what passed on each leg as packets of TCP, with the
// secrets that open them, in the pcapng format, which protocol analysers read. The
// bytes, their times and the addresses are those that were seen; how they were cut
// into packets, and all that TCP says besides, is made up. It is used from one
// goroutine.
type Capture struct {
	out   io.WriteCloser
	buf   []byte // whole blocks
	conns map[uint64]*capturedConn
	held  heldPackets
	bytes int // of held
	count uint64

	written int64
}

// NewCapture returns a sink that writes to out and closes it in the end. The file
// should be one of OpenCapture.
func NewCapture(out io.WriteCloser) *Capture {
	names := make([]string, len(interfaces))
	for i, leg := range interfaces {
		names[i] = string(leg)
	}
	return &Capture{out: out, buf: appendSection(nil, "tlsmitm", names...), conns: make(map[uint64]*capturedConn)}
}

// Name implements inspect.Sink.
func (c *Capture) Name() string { return "pcap" }

// TakesBytes implements inspect.ByteSink.
func (c *Capture) TakesBytes() {}

// Write implements inspect.Sink.
func (c *Capture) Write(batch []*inspect.Event) error {
	now := time.Now()
	for _, e := range batch {
		c.take(e, now)
	}
	return c.release(now)
}

// Flush implements inspect.Sink.
func (c *Capture) Flush(now time.Time) (pending bool, err error) {
	if err := c.release(now); err != nil {
		return false, err
	}
	return len(c.held) > 0, c.write()
}

// Close implements inspect.Sink.
func (c *Capture) Close() error {
	for len(c.held) > 0 {
		c.put(c.pop())
	}
	err := c.write()
	if cerr := c.out.Close(); err == nil && cerr != nil {
		err = fmt.Errorf("sink: pcap: %w", cerr)
	}
	return err
}

func (c *Capture) take(e *inspect.Event, now time.Time) {
	if e.Conn == 0 {
		return
	}
	conn := c.conns[e.Conn]
	if conn == nil {
		conn = &capturedConn{id: e.Conn}
		c.conns[e.Conn] = conn
	}
	switch b := e.Body.(type) {
	case *inspect.ConnOpen:
		conn.open = *b
	case *inspect.Sockets:
		conn.leg(e.Leg).between(b.Client, b.Server)
	case *inspect.Bytes:
		c.hold(conn.leg(e.Leg), heldPacket{up: e.To == inspect.PartyServer || e.From == inspect.PartyClient, payload: b.B, lost: b.Lost}, e.Time, now)
	case *inspect.Secret:
		c.buf = appendSecrets(c.buf, b.Text())
		conn.leg(e.Leg).told(b.Line)
	case *inspect.Message, *inspect.Established, *inspect.Data, *inspect.Malformed:
		conn.leg(e.Leg).shows(e.Body)
	case *inspect.Loss:
		if e.Leg != "" && b.Bytes > 0 && b.Reason != inspect.LossNotCaptured { // that has been told as bytes, where they belong
			c.hold(conn.leg(e.Leg), heldPacket{up: e.From == inspect.PartyClient || e.To == inspect.PartyServer, lost: b.Bytes}, e.Time, now)
		}
	case *inspect.ConnClose:
		for _, leg := range conn.legs { // before any of them ends
			leg.waits = false
			c.hold(leg, heldPacket{}, e.Time, now)
		}
		for _, leg := range conn.legs {
			c.hold(leg, heldPacket{end: ending(leg.name, b.Cause)}, e.Time, now)
		}
		delete(c.conns, e.Conn)
	}
}

// ending says how a leg's connection ended.
func ending(leg inspect.LegName, cause inspect.Cause) packetEnd {
	switch {
	case cause == inspect.CauseClientReset && leg != inspect.LegServer:
		return endClientReset
	case cause == inspect.CauseServerReset && leg != inspect.LegClient:
		return endServerReset
	}
	return endBoth
}

// hold keeps what is to be written for a while.
func (c *Capture) hold(leg *capturedLeg, p heldPacket, at, now time.Time) {
	leg.conn.last = max(leg.conn.last, at.UnixNano())
	c.count++
	p.leg, p.at, p.arrived, p.number = leg, leg.conn.last, now, c.count
	c.bytes += len(p.payload)
	heap.Push(&c.held, &p)
}

func (c *Capture) pop() *heldPacket {
	p := heap.Pop(&c.held).(*heldPacket)
	c.bytes -= len(p.payload)
	return p
}

// release writes what has been held for long enough, in the order of its time.
func (c *Capture) release(now time.Time) error {
	for len(c.held) > 0 {
		least := settleTime
		if c.held[0].leg.waits {
			least = secretsTime
		}
		if c.bytes <= maxHeld && now.Sub(c.held[0].arrived) < least {
			break
		}
		c.put(c.pop())
		if len(c.buf) >= captureBuffer {
			if err := c.write(); err != nil {
				return err
			}
		}
	}
	return nil
}

// put appends what a held packet stands for.
func (c *Capture) put(p *heldPacket) {
	leg := p.leg
	if !leg.begun {
		leg.begin()
		c.segment(leg, p.at, true, tcpSYN, nil, leg.comment())
		c.segment(leg, p.at, false, tcpSYN|tcpACK, nil, "")
		c.segment(leg, p.at, true, tcpACK, nil, "")
		if ask, answer := leg.connect(); ask != "" {
			c.segment(leg, p.at, true, tcpPSH|tcpACK, []byte(ask), "")
			c.segment(leg, p.at, false, tcpPSH|tcpACK, []byte(answer), "")
		}
	}
	from := leg.end(p.up)
	switch {
	case p.lost > 0:
		from.next += uint32(p.lost)
	case p.end == endBoth:
		c.segment(leg, p.at, true, tcpFIN|tcpACK, nil, "")
		c.segment(leg, p.at, false, tcpFIN|tcpACK, nil, "")
		c.segment(leg, p.at, true, tcpACK, nil, "")
	case p.end != endNone:
		c.segment(leg, p.at, p.end == endClientReset, tcpRST|tcpACK, nil, "")
	}
	for b := p.payload; len(b) > 0; {
		n := min(len(b), maxSegment)
		c.segment(leg, p.at, p.up, tcpPSH|tcpACK, b[:n], "")
		b = b[n:]
		if leg.unacked += n; leg.unacked >= ackEvery {
			leg.unacked = 0
			c.segment(leg, p.at, !p.up, tcpACK, nil, "")
		}
	}
}

// ackEvery is how much passes before the other end says that it came: less than the
// window, which an analyser would find full otherwise.
const ackEvery = 256 << 20

func (c *Capture) segment(leg *capturedLeg, at int64, up bool, flags uint8, payload []byte, comment string) {
	from, to := leg.end(up), leg.end(!up)
	c.buf = appendPacketBlock(c.buf, leg.number(), at, comment, func(b []byte) []byte {
		return appendPacket(b, from, to, flags, payload)
	})
	from.next += uint32(len(payload))
	if flags&(tcpSYN|tcpFIN) != 0 {
		from.next++
	}
}

func (c *Capture) write() error {
	if len(c.buf) == 0 {
		return nil
	}
	n, err := c.out.Write(c.buf)
	if err == nil {
		c.written += int64(n)
	} else if f, ok := c.out.(interface{ Truncate(int64) error }); ok {
		f.Truncate(c.written) // a file on a full disk ends with a whole block, if it can
	}
	if cap(c.buf) > 4*captureBuffer {
		c.buf = nil
	}
	c.buf = c.buf[:0]
	if err != nil {
		return fmt.Errorf("sink: pcap: %w", err)
	}
	return nil
}

// packetEnd is how a connection of TCP ends.
type packetEnd uint8

const (
	endNone packetEnd = iota
	endBoth
	endClientReset
	endServerReset
)

// heldPacket is what is to be written of a leg: a run of bytes, a gap, the end, or
// with none of these its beginning alone.
type heldPacket struct {
	leg     *capturedLeg
	up      bool
	at      int64 // in nanoseconds since 1970
	arrived time.Time
	number  uint64
	payload []byte
	lost    int64
	end     packetEnd
}

// heldPackets is a heap, the earliest first. There are thousands where much passes, so it
// moves and compares little.
type heldPackets []*heldPacket

func (h heldPackets) Len() int { return len(h) }
func (h heldPackets) Less(i, j int) bool {
	if h[i].at != h[j].at {
		return h[i].at < h[j].at
	}
	return h[i].number < h[j].number
}
func (h heldPackets) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *heldPackets) Push(p any)   { *h = append(*h, p.(*heldPacket)) }
func (h *heldPackets) Pop() any {
	last := len(*h) - 1
	p := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return p
}
