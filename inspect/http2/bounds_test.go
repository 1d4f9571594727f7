package http2

import (
	"bytes"
	"runtime"
	"strings"
	"testing"

	"tlsmitm/inspect/httpmsg"
)

// counter counts what it is told, and keeps nothing.
type counter struct {
	heads, ends, anomalies, frames, trailers int
	body, fields                             int64
	failed                                   []string
	codes                                    map[httpmsg.AnomalyCode]int
}

func (c *counter) Head(_ httpmsg.Exchange, _ bool, h *httpmsg.Head) {
	c.heads++
	c.fields += int64(len(h.Fields))
}
func (c *counter) Body(_ httpmsg.Exchange, _ bool, b []byte)       { c.body += int64(len(b)) }
func (c *counter) Skipped(_ httpmsg.Exchange, _ bool, n int64)     { c.body += n }
func (c *counter) Trailers(httpmsg.Exchange, bool, httpmsg.Fields) { c.trailers++ }
func (c *counter) End(httpmsg.Exchange, bool, httpmsg.End)         { c.ends++ }
func (c *counter) Switch(httpmsg.Exchange, string)                 {}
func (c *counter) Tunnel(_ httpmsg.Exchange, _ bool, b []byte)     { c.body += int64(len(b)) }
func (c *counter) Frame(bool, *httpmsg.Frame)                      { c.frames++ }
func (c *counter) Failed(_ bool, why string)                       { c.failed = append(c.failed, why) }
func (c *counter) Anomaly(_ httpmsg.Exchange, _ bool, a httpmsg.Anomaly) {
	c.anomalies++
	met[a.Code] = true
	if c.codes == nil {
		c.codes = make(map[httpmsg.AnomalyCode]int)
	}
	c.codes[a.Code]++
}

// heap returns the bytes that are in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// flood feeds what begun says and then what more says, many times, and returns
// what was told and by how much the heap is larger while the Conn is there.
func flood(t *testing.T, times int, more func(c *talk, i int)) (*counter, int64) {
	t.Helper()
	c := begun(t)
	told := new(counter)
	conn := New(told, Options{})
	c.feed(conn, 1<<20)
	before := heap()
	for i := range times {
		c.steps = c.steps[:0]
		more(c, i)
		for _, s := range c.steps {
			conn.Feed(s.up, s.b)
		}
	}
	after := heap()
	runtime.KeepAlive(conn)
	return told, after - before
}

func wantFailed(t *testing.T, told *counter, why ...string) {
	t.Helper()
	if len(told.failed) != len(why) {
		t.Fatalf("failed: %q", told.failed)
	}
	for i := range why {
		if !strings.Contains(told.failed[i], why[i]) {
			t.Errorf("failed: %q, not %q", told.failed[i], why[i])
		}
	}
}

func TestEndlessContinuation(t *testing.T) {
	for name, piece := range map[string][]byte{"empty": nil, "small": {0x82}} {
		told, grown := flood(t, 100_000, func(c *talk, i int) {
			kind := FrameContinuation
			if i == 0 {
				kind = FrameHeaders
			}
			c.up.frame(kind, 0, 1, piece...)
		})
		wantFailed(t, told, "too many CONTINUATION frames")
		if told.heads > 0 || grown > 1<<20 {
			t.Errorf("%s: %d heads, %d bytes more", name, told.heads, grown)
		}
	}
	large := bytes.Repeat([]byte{0x82}, 1<<14)
	told, grown := flood(t, 1000, func(c *talk, i int) {
		kind := FrameContinuation
		if i == 0 {
			kind = FrameHeaders
		}
		c.down.frame(kind, 0, 1, large...)
	})
	wantFailed(t, told, "a field block is too long")
	if grown > 1<<20 {
		t.Errorf("%d bytes more", grown)
	}
}

func TestHugeFrames(t *testing.T) {
	huge := []byte{0xff, 0xff, 0xff}
	for _, kind := range []FrameType{FrameSettings, FrameGoAway, FrameAltSvc, FrameOrigin, FramePriorityUpdate, FramePing, 0xfb, FrameData} {
		told, grown := flood(t, 1000, func(c *talk, i int) {
			if i == 0 {
				c.up.raw(append(huge, byte(kind), 0, 0, 0, 0, 0)...)
			}
			c.up.raw(make([]byte, 15_000)...)
		})
		if len(told.failed) > 0 || grown > 1<<20 {
			t.Errorf("%v: %q, %d bytes more", kind, told.failed, grown)
		}
	}
	told, _ := flood(t, 1, func(c *talk, _ int) { c.up.raw(append(huge, byte(FrameHeaders), 0, 0, 0, 0, 1)...) })
	wantFailed(t, told, "a field block is too long")
}

// TestHPACKBomb refers to one large entry over and over.
func TestHPACKBomb(t *testing.T) {
	told, grown := flood(t, 100, func(c *talk, i int) {
		if i == 0 {
			c.up.headers(1, true, with("a", strings.Repeat("x", 4000))...)
			return
		}
		block := append(c.up.encode(get...), bytes.Repeat([]byte{0xbe}, 10_000)...)
		c.up.frame(FrameHeaders, flagEndHeaders|flagEndStream, uint32(1+2*i), block...)
	})
	wantFailed(t, told, "a field section is longer than")
	if told.heads != 2 || told.codes[FieldsTooLong] != 1 || told.fields > 70 || grown > 1<<20 {
		t.Errorf("%d heads with %d fields, %v, %d bytes more", told.heads, told.fields, told.codes, grown)
	}
}

// TestLargeTable has SETTINGS that ask for a table of 4 GiB, and a sender that
// takes it, until it refers to what is not kept.
func TestLargeTable(t *testing.T) {
	literal := append([]byte{0x82, 0x87, 0x84, 0x01, 0x01, 'a', 0x40, 0x01, 'b', 0x7f, 0xd1, 0x0e}, strings.Repeat("x", 2000)...)
	const times = 1000
	told, grown := flood(t, times+1, func(c *talk, i int) {
		block := literal
		switch i {
		case 0:
			c.down.frame(FrameSettings, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff)
			c.up.frame(FrameSettings, flagAck, 0)
			block = append([]byte{0x3f, 0xe0, 0xff, 0xff, 0xff, 0x0f}, literal...)
		case times:
			block = []byte{0xff, 0x84, 0x06} // 899 entries back
		}
		c.up.frame(FrameHeaders, flagEndHeaders|flagEndStream, uint32(1+2*i), block...)
		c.down.headers(uint32(1+2*i), true, ":status", "200")
	})
	wantFailed(t, told, "of the table's 4294967295 bytes 1048576 are kept")
	if told.heads != 2*times+1 || told.codes[HPACKTableBounded] != 1 || grown > 3<<20 {
		t.Errorf("%d heads, %v, %d bytes more", told.heads, told.codes, grown)
	}
}

func TestManyStreams(t *testing.T) {
	told, _ := flood(t, 20_000, func(c *talk, i int) { c.up.headers(uint32(1+2*i), false, get...) })
	wantFailed(t, told, "more than 10000 streams are open", "more than 10000 streams are open")
	if told.heads != maxStreams || told.ends != 2*maxStreams {
		t.Errorf("%d heads, %d ends", told.heads, told.ends)
	}
}

func TestLargeHeads(t *testing.T) {
	block := bytes.Repeat([]byte{0xbe}, 400)
	told, _ := flood(t, 1000, func(c *talk, i int) {
		if i == 0 {
			c.up.headers(1, true, with("a", strings.Repeat("x", 600))...)
			return
		}
		c.up.frame(FrameHeaders, flagEndHeaders|flagEndStream, uint32(1+2*i), append(c.up.encode(get...), block...)...)
	})
	wantFailed(t, told, "the fields of the open streams", "the fields of the open streams")
	if told.heads < 100 || told.heads > 200 || told.ends != 2*told.heads {
		t.Errorf("%d heads, %d ends", told.heads, told.ends)
	}
}

// TestManyExchanges holds that memory stays as it is over exchanges that end,
// however they do.
func TestManyExchanges(t *testing.T) {
	for name, more := range map[string]func(c *talk, id uint32){
		"answered":      func(c *talk, id uint32) { c.up.headers(id, true, get...); c.down.headers(id, true, ":status", "200") },
		"rapid reset":   func(c *talk, id uint32) { c.up.headers(id, true, get...); c.up.RST(id, 8) },
		"refused":       func(c *talk, id uint32) { c.up.headers(id, false, get...); c.down.RST(id, 7) },
		"never asked":   func(c *talk, id uint32) { c.down.headers(id, true, ":status", "200") },
		"reset unseen":  func(c *talk, id uint32) { c.down.RST(id, 2) },
		"promised":      func(c *talk, id uint32) { push(c, id+1); c.up.RST(id+1, 8) },
		"not promised":  func(c *talk, id uint32) { c.down.headers(id+1, true, ":status", "200") },
		"closed stream": func(c *talk, id uint32) { c.up.data(1, false, "x"); c.down.data(2, false, "x") },
		"idle stream":   func(c *talk, id uint32) { c.up.RST(id, 2); c.down.data(id, false, "") },
	} {
		times := 20_000
		if testing.Short() {
			times = 4000
		}
		told, grown := flood(t, times, func(c *talk, i int) { more(c, uint32(1+2*i)) })
		wantFailed(t, told)
		if grown > 1<<20 {
			t.Errorf("%s: %d bytes more", name, grown)
		}
		if got := told.codes[RapidReset]; (got == 1) != (name == "rapid reset") {
			t.Errorf("%s: rapid_reset told %d times", name, got)
		}
		if told.heads == 0 && told.anomalies > 2*(maxConnAnomalies+1) {
			t.Errorf("%s: %d anomalies", name, told.anomalies)
		}
	}
}

func push(c *talk, id uint32) {
	c.down.frame(FramePushPromise, flagEndHeaders, 1, append([]byte{0, byte(id >> 16), byte(id >> 8), byte(id)}, c.down.encode(get...)...)...)
}

// TestFloods sends frames that cost nothing to send.
func TestFloods(t *testing.T) {
	setting := []byte{0, 4, 0, 0, 0, 1}
	for name, more := range map[string]func(c *talk, i int){
		"SETTINGS":      func(c *talk, _ int) { c.up.frame(FrameSettings, 0, 0, setting...) },
		"ACK":           func(c *talk, _ int) { c.up.frame(FrameSettings, flagAck, 0) },
		"PING":          func(c *talk, _ int) { c.up.frame(FramePing, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8) },
		"empty DATA":    func(c *talk, _ int) { c.up.data(1, false, "") },
		"PRIORITY":      func(c *talk, i int) { c.up.frame(FramePriority, 0, uint32(i), 0, 0, 0, 0, 0) },
		"WINDOW_UPDATE": func(c *talk, i int) { c.up.frame(FrameWindowUpdate, 0, uint32(i), 0, 0, 0, 0) },
		"GOAWAY":        func(c *talk, i int) { c.down.goAway(uint32(1<<30-i), 0, "") },
		"trailers":      func(c *talk, _ int) { c.up.headers(1, false, "a", "b") },
		"100":           func(c *talk, _ int) { c.down.headers(1, false, ":status", "100") },
	} {
		told, grown := flood(t, 10_000, func(c *talk, i int) {
			if i == 0 {
				c.up.headers(1, false, get...)
			}
			more(c, i)
		})
		if grown > 1<<20 || told.anomalies > 2*(maxConnAnomalies+1) {
			t.Errorf("%s: %d bytes more, %d anomalies", name, grown, told.anomalies)
		}
	}
}

// TestAnomaliesOfAMessage has more of them than are told.
func TestAnomaliesOfAMessage(t *testing.T) {
	fields := with()
	for range 1000 {
		fields = append(fields, "A", "b\n")
	}
	c := begun(t)
	c.up.headers(1, true, fields...)
	for _, line := range c.read(Options{}, 1<<20, true).about("anomaly") {
		if len(line) > 2*maxDetail || !strings.HasSuffix(line, ", …") {
			t.Errorf("%d bytes: %s", len(line), line)
		}
	}
}
