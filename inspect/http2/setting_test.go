package http2

import (
	"slices"
	"strings"
	"testing"
)

// TestTableSize follows a table through the settings that change it.
func TestTableSize(t *testing.T) {
	setTable := func(s *side, size uint32) {
		s.frame(FrameSettings, 0, 0, 0, 1, byte(size>>24), byte(size>>16), byte(size>>8), byte(size))
	}
	c := begun(t)
	long := strings.Repeat("x", 3000)
	c.up.headers(1, true, with("a", long)...)
	setTable(c.down, 1<<16)
	c.up.frame(FrameSettings, flagAck, 0)
	c.up.enc.SetMaxDynamicTableSizeLimit(1 << 16)
	c.up.enc.SetMaxDynamicTableSize(1 << 16)
	c.up.headers(3, true, with("b", long, "a", long)...)
	c.up.headers(5, true, with("b", long, "a", long)...)
	setTable(c.down, 100)
	c.up.headers(7, true, with("b", long)...) // it need not know yet
	c.up.frame(FrameSettings, flagAck, 0)
	c.up.enc.SetMaxDynamicTableSize(100)
	c.up.headers(9, true, with("b", long)...)
	setTable(c.down, 50)
	c.up.frame(FrameSettings, flagAck, 0)
	c.up.headers(11, true, get...) // it should know
	c.up.enc.SetMaxDynamicTableSize(2000)
	c.up.headers(13, true, get...) // too much
	r := c.read(Options{}, 1, true)
	want := []string{"> 0 anomaly hpack_table_size_missing: HEADER_TABLE_SIZE is 50, the table has 100", "> 0 anomaly hpack_table_size: 2000 bytes, where 100 are allowed"}
	want[1] = "> 0 anomaly hpack_table_size: 2000 bytes, where 50 are allowed"
	if got := r.about("anomaly"); !slices.Equal(got, want) {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
	if n := len(r.about("> ", " head GET")); n != 7 {
		t.Errorf("%d requests, not 7", n)
	}
}

// TestResponsesTableIsItsOwn holds that the settings of a side are for the other
// side's table.
func TestResponsesTableIsItsOwn(t *testing.T) {
	c := begun(t)
	c.up.frame(FrameSettings, 0, 0, 0, 1, 0, 0, 0x20, 0)
	c.down.frame(FrameSettings, flagAck, 0)
	c.up.headers(1, true, get...)
	c.down.frame(FrameHeaders, flagEndHeaders|flagEndStream, 1, 0x3f, 0xe1, 0x3f, 0x88) // 8192
	c.up.frame(FrameHeaders, flagEndHeaders|flagEndStream, 3, append([]byte{0x3f, 0xe1, 0x3f}, c.up.encode(get...)...)...)
	r := c.read(Options{}, 1, true)
	if got := r.about("anomaly"); len(got) != 1 || got[0] != "> 0 anomaly hpack_table_size: 8192 bytes, where 4096 are allowed" {
		t.Errorf("%q", got)
	}
}
