package websocket

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"tlsmitm/inspect/internal/codes"
)

// TestExamples are those of RFC 6455, section 5.7, and RFC 7692, section 7.2.3.
func TestExamples(t *testing.T) {
	const deflated = "permessage-deflate"
	hello := "\xf2\x48\xcd\xc9\xc9\x07\x00"
	for name, c := range map[string]struct {
		up         bool
		extensions string
		bytes      string
		want       []string
	}{
		"unmasked text":   {false, "", "\x81\x05\x48\x65\x6c\x6c\x6f", []string{`< text "Hello" 5`}},
		"masked text":     {true, "", "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", []string{`> text "Hello" 5`}},
		"fragmented text": {false, "", "\x01\x03\x48\x65\x6c\x80\x02\x6c\x6f", []string{`< text "Hello" 5 in 2`}},
		"ping":            {false, "", "\x89\x05\x48\x65\x6c\x6c\x6f", []string{`< ping "Hello" 5`}},
		"pong":            {true, "", "\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", []string{`> pong "Hello" 5`}},
		"256 bytes":       {false, "", "\x82\x7e\x01\x00" + strings.Repeat("a", 256), []string{`< binary "aaaaaaaaaaaaaaaaaaaa"… (256) 256`}},
		"64 KiB":          {false, "", "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00" + strings.Repeat("a", 65536), []string{`< binary "aaaaaaaaaaaaaaaaaaaa"… (65536) 65536`}},

		"compressed":               {false, deflated, "\xc1\x07" + hello, []string{`< text "Hello" 7→5 compressed`}},
		"compressed and in pieces": {false, deflated, "\x41\x03\xf2\x48\xcd\x80\x04\xc9\xc9\x07\x00", []string{`< text "Hello" 7→5 in 2 compressed`}},
		"with the window before":   {false, deflated, "\xc1\x07" + hello + "\xc1\x05\xf2\x00\x11\x00\x00", []string{`< text "Hello" 7→5 compressed`, `< text "Hello" 5 compressed`}},
		"stored":                   {false, deflated, "\xc1\x0b\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", []string{`< text "Hello" 11→5 compressed`}},
		"with BFINAL":              {false, deflated, "\xc1\x08\xf3\x48\xcd\xc9\xc9\x07\x00\x00", []string{`< text "Hello" 8→5 compressed`}},
		"two blocks":               {false, deflated, "\xc1\x0d\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", []string{`< text "Hello" 13→5 compressed`}},
		"nothing":                  {false, deflated, "\xc1\x01\x00", []string{`< text 1→0 compressed`}},
		"BFINAL and no more":       {false, deflated, "\xc1\x07\xf3\x48\xcd\xc9\xc9\x07\x00\xc1\x07" + hello, []string{`< text "Hello" 7→5 compressed`, `< text "Hello" 7→5 compressed`}},
	} {
		talk := &talk{extensions: c.extensions}
		talk.raw(c.up, []byte(c.bytes)...)
		talk.want(t, name, c.want...)
	}
}

func TestExtensions(t *testing.T) {
	for header, want := range map[string]extensions{
		"":                   {},
		"permessage-deflate": {deflate: deflate{on: true}},
		"Permessage-Deflate; server_no_context_takeover ; client_max_window_bits=\"10\"":       {deflate: deflate{on: true, forget: [2]bool{false, true}}},
		"permessage-deflate;client_no_context_takeover;server_max_window_bits=9":               {deflate: deflate{on: true, forget: [2]bool{true, false}}},
		"permessage-deflate; server_no_context_takeover; client_no_context_takeover, x-foo; a": {deflate: deflate{on: true, forget: [2]bool{true, true}}, other: true},
		`x-foo; a="permessage-deflate, \", ;"`:                                                 {other: true},
		" , ,":                                                                                 {},
	} {
		if got := parseExtensions(header); got != want {
			t.Errorf("%s: %+v", header, got)
		}
	}
}

func TestInterleavedControl(t *testing.T) {
	c := new(talk)
	c.frame(true, false, 0, OpText, []byte("one "))
	c.frame(true, true, 0, OpPing, []byte("p"))
	c.frame(true, false, 0, OpContinuation, nil)
	c.frame(false, true, 0, OpPong, []byte("p"))
	c.frame(true, true, 0, OpContinuation, []byte("message"))
	c.frame(true, true, 0, OpBinary, []byte{0, 0xff})
	c.frame(true, true, 0, OpClose, []byte("\x03\xe8bye"))
	c.frame(false, true, 0, OpClose, nil)
	c.want(t, "interleaved",
		`> ping "p" 1`, `< pong "p" 1`, `> text "one message" 11 in 3`, `> binary "\x00\xff" 2`,
		`> close "\x03\xe8bye" 5 code=1000 reason="bye"`, `< close 0`)
}

func TestAnomalies(t *testing.T) {
	for name, c := range map[string]struct {
		extensions string
		up, down   string
		want       string
	}{
		"client without a mask":       {"", "\x81\x01a", "", `> text "a" 1 [mask_missing]`},
		"server with a mask":          {"", "", "\x81\x81\x01\x02\x03\x04\x60", `< text "a" 1 [mask_unexpected]`},
		"RSV1 without an extension":   {"", "", "\xc1\x01a", `< text "a" 1 [reserved_bit]`},
		"RSV2":                        {"permessage-deflate", "", "\xa1\x01a", `< text "a" 1 [reserved_bit]`},
		"RSV1 of a control frame":     {"permessage-deflate", "", "\xc9\x01a", `< ping "a" 1 [reserved_bit]`},
		"RSV1 of a continuation":      {"permessage-deflate", "", "\x01\x01a\xc0\x01b", `< text "ab" 2 in 2 [reserved_bit]`},
		"RSV3 of another extension":   {"x-foo", "", "\x91\x01a", `< text "a" 1 [extension_unknown]`},
		"opcode 3":                    {"", "", "\x83\x01a", `< unknown (3) "a" 1 [opcode_reserved]`},
		"opcode 15":                   {"", "", "\x8f\x01a", `< unknown (15) "a" 1 [opcode_reserved]`},
		"5 in two bytes":              {"", "", "\x81\x7e\x00\x01a", `< text "a" 1 [length_not_minimal]`},
		"5 in eight bytes":            {"", "", "\x81\x7f\x00\x00\x00\x00\x00\x00\x00\x01a", `< text "a" 1 [length_not_minimal]`},
		"ping in pieces":              {"", "", "\x09\x01a", `< ping "a" 1 [control_fragmented]`},
		"ping of 126 bytes":           {"", "", "\x89\x7e\x00\x7e" + strings.Repeat("a", 126), `< ping "aaaaaaaaaaaaaaaaaaaa"… (126) 126 [control_too_long]`},
		"continuation of nothing":     {"", "", "\x80\x01a", `< continuation "a" 1 [continuation_unexpected]`},
		"a message within another":    {"", "", "\x01\x01a\x81\x01b", `< text "a" 1 cut [continuation_missing] | < text "b" 1`},
		"text of other bytes":         {"", "", "\x81\x01\xff", `< text "\xff" 1 [text_invalid]`},
		"half a character":            {"", "", "\x81\x02a\xc3", `< text "a\xc3" 2 [text_invalid]`},
		"a character in two frames":   {"", "", "\x01\x01\xc3\x80\x01\xbc", `< text "ü" 2 in 2`},
		"half a character, cut":       {"", "", "\x01\x02a\xc3", `< text "a\xc3" 2 cut`},
		"close of one byte":           {"", "", "\x88\x01\x03", `< close "\x03" 1 [close_invalid]`},
		"close with 1005":             {"", "", "\x88\x02\x03\xed", `< close "\x03\xed" 2 code=1005 reason="" [close_code_invalid]`},
		"close with 999":              {"", "", "\x88\x02\x03\xe7", `< close "\x03\xe7" 2 code=999 reason="" [close_code_invalid]`},
		"close with 5000":             {"", "", "\x88\x02\x13\x88", `< close "\x13\x88" 2 code=5000 reason="" [close_code_invalid]`},
		"close with 1016":             {"", "", "\x88\x02\x03\xf8", `< close "\x03\xf8" 2 code=1016 reason="" [close_code_invalid]`},
		"close with 4999":             {"", "", "\x88\x02\x13\x87", `< close "\x13\x87" 2 code=4999 reason=""`},
		"reason of other bytes":       {"", "", "\x88\x03\x03\xe8\xff", `< close "\x03\xe8\xff" 3 code=1000 reason="\xff" [close_reason_invalid]`},
		"message after close":         {"", "", "\x88\x00\x81\x01a", `< close 0 | < text "a" 1 [after_close]`},
		"both sides close":            {"", "\x88\x80aaaa", "\x88\x00", `> close 0 | < close 0`},
		"end within a frame":          {"", "", "\x81\x05ab", `< text "ab" 2 cut [frame_unfinished]`},
		"end within a header":         {"", "", "\x81", `< continuation 0 in 0 cut [frame_unfinished]`},
		"end within a message":        {"", "", "\x01\x02ab", `< text "ab" 2 cut`},
		"end within a ping":           {"", "", "\x01\x02ab\x89\x05x", `< text "ab" 2 cut | < ping "x" 1 cut [frame_unfinished]`},
		"length of 2^63":              {"", "", "\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00ab", `< binary "ab" 2 cut [length_invalid frame_unfinished]`},
		"no deflate":                  {"permessage-deflate; server_no_context_takeover", "", "\xc1\x01\x07\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00", `< text 1→0 compressed truncated [deflate_invalid] | < text "Hello" 7→5 compressed`},
		"no deflate, and the next":    {"permessage-deflate", "", "\xc1\x03\x07ab\xc2\x07\xf2\x48\xcd\xc9\xc9\x07\x00\x81\x01a", `< text 3→0 compressed truncated [deflate_invalid] | < binary "\xf2H\xcd\xc9\xc9\a\x00" 7→0 compressed undecoded [deflate_context_lost] | < text "a" 1`},
		"deflate cut by its sender":   {"permessage-deflate", "", "\xc1\x03\xf2\x48\xcd", `< text "He" 3→2 compressed truncated [deflate_invalid]`},
		"deflate cut by the end":      {"permessage-deflate", "", "\xc1\x07\xf2\x48\xcd", `< text "He" 3→2 compressed cut [frame_unfinished]`},
		"another within a compressed": {"permessage-deflate", "", "\x41\x03\xf2\x48\xcd\xc1\x01\x00", `< text "He" 3→2 compressed cut [continuation_missing] | < text "\x00" 1→0 compressed undecoded [deflate_context_lost]`},
	} {
		talk := &talk{extensions: c.extensions}
		talk.raw(true, []byte(c.up)...)
		talk.raw(false, []byte(c.down)...)
		talk.want(t, name, strings.Split(c.want, " | ")...)
	}
}

// TestContextTakeover has messages that refer to those before them, also to what
// was not kept of them.
func TestContextTakeover(t *testing.T) {
	long := bytes.Repeat([]byte("0123456789abcdefghijklmnopqrstuvwxyz"), 500)
	for _, forget := range []bool{false, true} {
		c := &talk{extensions: "permessage-deflate", options: Options{Limit: 1000}}
		if forget {
			c.extensions += "; client_no_context_takeover; server_no_context_takeover"
		}
		up, down := newDeflater(forget), newDeflater(forget)
		var want []string
		for i := range 5 {
			for _, way := range []bool{true, false} {
				d := down
				if way {
					d = up
				}
				content := append([]byte(fmt.Sprint(i)), long...)
				if i == 3 {
					content = long[20:70]
				}
				b := d.message(content)
				c.frame(way, false, rsv1, OpText, b[:len(b)/2])
				c.frame(way, true, 0, OpPing, nil)
				c.frame(way, true, 0, OpContinuation, b[len(b)/2:])
				arrow := map[bool]string{true: ">", false: "<"}[way]
				want = append(want, arrow+" ping 0")
				switch {
				case i == 3:
					want = append(want, fmt.Sprintf("%s text %q %d→%d in 2 compressed", arrow, content, len(b), len(content)))
				case forget:
					want = append(want, fmt.Sprintf("%s text %q… (1000) %d→1001 in 2 compressed truncated", arrow, content[:20], len(b)))
				default:
					want = append(want, fmt.Sprintf("%s text %q… (1000) %d→%d in 2 compressed truncated", arrow, content[:20], len(b), len(content)))
				}
			}
		}
		c.want(t, fmt.Sprint("forget: ", forget), want...)
	}
}

// TestUncompressedAmongCompressed leaves the window as it is.
func TestUncompressedAmongCompressed(t *testing.T) {
	c := &talk{extensions: "permessage-deflate"}
	d := newDeflater(false)
	c.frame(false, true, rsv1, OpText, d.message([]byte("Hello, hello")))
	c.frame(false, true, 0, OpText, []byte("plain"))
	second := d.message([]byte("Hello, hello"))
	c.frame(false, true, rsv1, OpText, second)
	got := c.read(3)
	if len(got) != 3 || string(got[2].Data) != "Hello, hello" || got[1].Compressed {
		t.Errorf("%q", lines(got))
	}
}

func TestSkip(t *testing.T) {
	var got []Message
	c := New("", Options{Limit: 4}, func(m Message) { got = append(got, m) })
	c.Feed(true, []byte("\x82\xff\x40\x00\x00\x00\x00\x00\x00\x00mask"))
	if n := c.Skippable(true); n != 0 {
		t.Errorf("%d bytes can be skipped before Data is full", n)
	}
	c.Feed(true, []byte("mask"))
	if n := c.Skippable(true); n != 1<<62-4 {
		t.Errorf("%d bytes can be skipped, not all", n)
	}
	c.Skip(true, 1<<62-5)
	c.Feed(true, []byte("x"))
	c.Feed(true, encode(true, false, 0, OpText, []byte("abc")))
	c.Feed(true, encode(true, true, 0, OpContinuation, []byte("defgh"))[:7])
	c.Skip(true, c.Skippable(true))
	c.Feed(true, encode(true, true, 0, OpText, []byte("abcde"))[:9])
	c.Skip(true, 3) // one more than can be
	c.Feed(true, []byte("x"))
	c.End(true)
	want := []string{
		fmt.Sprintf(`> binary "\x00\x00\x00\x00" %d truncated`, int64(1<<62)),
		`> text "abcd" 8 in 2 truncated`,
		`> text "abc" 3 cut [bytes_lost]`,
	}
	met[BytesLost] = true
	if lines := lines(got); strings.Join(lines, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s\nnot\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
}

// TestSkipHuge skips a frame of 2^64-1 bytes.
func TestSkipHuge(t *testing.T) {
	var got []Message
	c := New("", Options{Limit: 1}, func(m Message) { got = append(got, m) })
	c.Feed(false, []byte("\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xffa"))
	for n := c.Skippable(false); n > 0; n = c.Skippable(false) {
		c.Skip(false, n)
	}
	want := fmt.Sprintf(`< binary "a" %d truncated [length_invalid]`, int64(math.MaxInt64))
	if len(got) != 1 || line(got[0]) != want {
		t.Errorf("%q, not %s", lines(got), want)
	}
}

func TestCodes(t *testing.T) { codes.Constants(t, Codes()) }

func TestDocumented(t *testing.T) { codes.Documented(t, "WebSocket", Codes()) }
