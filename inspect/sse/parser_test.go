package sse

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// parse feeds a stream in pieces of n bytes and ends it.
func parse(stream string, n int) []Event {
	var events []Event
	p := New(func(e Event) { events = append(events, e) })
	for b := []byte(stream); len(b) > 0; {
		piece := append([]byte(nil), b[:min(n, len(b))]...)
		p.Feed(piece)
		for i := range piece {
			piece[i] = 0xdd // they were the caller's again
		}
		b = b[min(n, len(b)):]
	}
	p.End()
	return events
}

func message(data string) Event {
	return Event{Kind: Message, Type: "message", Data: data, Size: int64(len(data))}
}

func with(e Event, change func(*Event)) Event {
	change(&e)
	return e
}

// streams are the examples of WHATWG HTML, section 9.2.6, and what its grammar and
// its rules of interpretation have beside.
var streams = []struct {
	name, stream string
	want         []Event
}{
	{"three lines", "data: YHOO\ndata: +2\ndata: 10\n\n", []Event{message("YHOO\n+2\n10")}},
	{"comment, ids, leading space", ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n", []Event{
		{Kind: Comment, Data: "test stream", Size: 11},
		with(message("first event"), func(e *Event) { e.ID = "1" }),
		message("second event"),
		with(message(" third event"), func(e *Event) { e.Unfinished = true }),
	}},
	{"empty data", "data\n\ndata\ndata\n\ndata:", []Event{message(""), message("\n"), with(message(""), func(e *Event) { e.Unfinished = true })}},
	{"space after the colon", "data:test\n\ndata: test\n\n", []Event{message("test"), message("test")}},
	{"two spaces", "data:  a\n\n", []Event{message(" a")}},
	{"mark", "\xef\xbb\xbfdata: a\n\n", []Event{message("a")}},
	{"two marks", "\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n", []Event{{Kind: Fields, Type: "message", Ignored: 1}}},
	{"half a mark", "\xef\xbbdata: a\ndata: b\n\n", []Event{with(message("b"), func(e *Event) { e.Ignored = 1 })}},
	{"half a mark alone", "\xef\xbb", []Event{{Kind: Fields, Type: "message", Ignored: 1, Unfinished: true}}},
	{"CR", "data: a\rdata: b\r\rdata: c\r\r", []Event{message("a\nb"), message("c")}},
	{"CRLF", "data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n", []Event{message("a\nb"), message("c")}},
	{"mixed", "data: a\r\r\ndata: b\n\rdata: c\r\n\n", []Event{message("a"), message("b"), message("c")}},
	{"LF after CR at the start", "\r\n\r\ndata: a\n\n", []Event{message("a")}},
	{"type", "event: foo\ndata: a\n\ndata: b\n\n", []Event{with(message("a"), func(e *Event) { e.Type = "foo" }), message("b")}},
	{"type twice, then none", "event: foo\nevent: bar\ndata: a\n\nevent: x\nevent:\ndata: b\n\n", []Event{with(message("a"), func(e *Event) { e.Type = "bar" }), message("b")}},
	{"type alone", "event: foo\n\ndata: a\n\n", []Event{{Kind: Fields, Type: "foo"}, message("a")}},
	{"id stays", "id: 7\n\ndata: a\n\nid: 8\ndata: b\n\n", []Event{{Kind: Fields, Type: "message", ID: "7"},
		with(message("a"), func(e *Event) { e.ID = "7" }), with(message("b"), func(e *Event) { e.ID = "8" })}},
	{"id with NUL", "id: 7\ndata: a\n\nid: 8\x00\ndata: b\n\n", []Event{with(message("a"), func(e *Event) { e.ID = "7" }),
		with(message("b"), func(e *Event) { e.ID = "7"; e.Ignored = 1 })}},
	{"retry", "retry: 3000\n\nretry: 1x\nretry:-1\nretry:\nretry: +1\ndata: a\n\n", []Event{{Kind: Fields, Type: "message", Retry: 3000, HasRetry: true},
		with(message("a"), func(e *Event) { e.Ignored = 4 })}},
	{"retry of nothing and of too much", "retry:0\n\nretry:99999999999999999999\n\n", []Event{{Kind: Fields, Type: "message", HasRetry: true},
		{Kind: Fields, Type: "message", Retry: 1<<63 - 1, HasRetry: true}}},
	{"unknown fields", "Data: a\n data: b\ndata : c\nfoo\ndata: d\n\n", []Event{with(message("d"), func(e *Event) { e.Ignored = 4 })}},
	{"colons", "data::a:b\n\n::\n\n", []Event{message(":a:b"), {Kind: Comment, Data: ":", Size: 1}}},
	{"comment in a block", "data: a\n:\n: b\ndata: c\n\n", []Event{{Kind: Comment}, {Kind: Comment, Data: "b", Size: 1}, message("a\nc")}},
	{"NUL and bytes that are not UTF-8", "data: a\x00\xff\n\n", []Event{message("a\x00\xff")}},
	{"empty lines", "\n\n\r\r\n\n", nil},
	{"nothing", "", nil},
	{"the end within a line", "data: a\n\ndata: b", []Event{message("a"), with(message("b"), func(e *Event) { e.Unfinished = true })}},
	{"the end within a comment", ": b", []Event{{Kind: Comment, Data: "b", Size: 1}}},
}

func TestStreams(t *testing.T) {
	for _, c := range streams {
		for n := 1; n <= len(c.stream)+1; n++ {
			if got := parse(c.stream, n); !reflect.DeepEqual(got, c.want) {
				t.Errorf("%s, cut to %d: %+v, not %+v", c.name, n, got, c.want)
				break
			}
		}
	}
}

// TestAsItArrives holds that an event is told with its last byte, also where a CR
// is that byte and an LF may follow.
func TestAsItArrives(t *testing.T) {
	for _, end := range []string{"\n", "\r", "\r\n"} {
		told := 0
		p := New(func(Event) { told++ })
		p.Feed([]byte("data: a" + end + end[:1]))
		if told != 1 {
			t.Errorf("%q: %d events", end, told)
		}
		p.Feed([]byte(end[1:] + ":" + end[:1]))
		if told != 2 {
			t.Errorf("%q: %d events with the comment", end, told)
		}
	}
}

// TestBounds holds that what is too much is counted, marked and not held.
func TestBounds(t *testing.T) {
	x := func(n int) string { return strings.Repeat("x", n) }
	for _, c := range []struct {
		name, stream string
		size, held   int
		truncated    bool
	}{
		{"a line that fits", "data: " + x(MaxEvent) + "\n\n", MaxEvent, MaxEvent, false},
		{"a byte more", "data: " + x(MaxEvent+1) + "\n\n", MaxEvent + 1, MaxEvent, true},
		{"far more", "data: " + x(3*MaxEvent) + "\ndata: y\n\n", 3*MaxEvent + 2, MaxEvent, true},
		{"many lines", strings.Repeat("data: "+x(99)+"\n", 20_000) + "\n", 20_000*100 - 1, MaxEvent, true},
		{"a comment", ":" + x(MaxEvent+9) + "\n\n", MaxEvent + 9, MaxEvent, true},
		{"a type", "event:" + x(MaxName+1) + "\ndata: a\n\n", 1, 1, true},
		{"an unknown field", x(3*MaxEvent) + "\ndata: a\n\n", 1, 1, false},
	} {
		for _, n := range []int{1 << 30, 1 << 16, 1001} {
			events := parse(c.stream, n)
			if len(events) != 1 {
				t.Errorf("%s: %d events", c.name, len(events))
				continue
			}
			if e := events[0]; e.Size != int64(c.size) || len(e.Data) != c.held || e.Truncated != c.truncated || len(e.Type) > MaxName {
				t.Errorf("%s, cut to %d: size %d, %d held, truncated %t", c.name, n, e.Size, len(e.Data), e.Truncated)
			}
		}
	}
	p := New(func(Event) {})
	for range 100 {
		p.Feed([]byte("data: " + x(1<<16)))
		p.Feed([]byte("\ndata: " + x(1<<16)))
	}
	if n := cap(p.line) + cap(p.data); n > 4*MaxEvent {
		t.Errorf("%d bytes are held", n)
	}
}

// FuzzParser holds that where a stream is cut makes no difference, and that each
// event says truly how much of it is there.
func FuzzParser(f *testing.F) {
	for _, c := range streams {
		f.Add(c.stream, uint16(3))
	}
	f.Fuzz(func(t *testing.T, stream string, cut uint16) {
		once := parse(stream, len(stream)+1)
		for _, n := range []int{1, 2, int(cut) + 1} {
			if got := parse(stream, n); !reflect.DeepEqual(got, once) {
				t.Fatalf("cut to %d: %+v, not %+v", n, got, once)
			}
		}
		for _, e := range once {
			if !e.Truncated && e.Size != int64(len(e.Data)) {
				t.Errorf("%d bytes of %d, and not marked: %+v", len(e.Data), e.Size, e)
			}
			if !strings.Contains(strings.ReplaceAll(stream, "\r", "\n"), strings.Split(e.Data, "\n")[0]) {
				t.Errorf("data that is not in the stream: %+v", e)
			}
		}
	})
}

func BenchmarkParser(b *testing.B) {
	event := []byte(fmt.Sprintf("event: tick\nid: 1234\ndata: {%s}\n\n", strings.Repeat("x", 200)))
	p := New(func(Event) {})
	b.SetBytes(int64(len(event)))
	b.ReportAllocs()
	for b.Loop() {
		p.Feed(event)
	}
}

// BenchmarkCarriageReturns is of the line ends that are found last.
func BenchmarkCarriageReturns(b *testing.B) {
	stream := []byte(strings.Repeat("data: a\r\r", 1<<15))
	p := New(func(Event) {})
	b.SetBytes(int64(len(stream)))
	for b.Loop() {
		p.Feed(stream)
	}
}
