package http2

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/http2/hpack"

	"tlsmitm/inspect/httpmsg"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func newFieldDecoder(size int) *fieldDecoder { return &fieldDecoder{table: dynamicTable{max: size}} }

// all reads a whole block.
func (d *fieldDecoder) all(b []byte) (fields []httpmsg.Field, err error) {
	_, rest, err := d.resize(b)
	if err != nil {
		return nil, err
	}
	err = d.decode(rest, func(f httpmsg.Field) bool { fields = append(fields, f); return true })
	return fields, err
}

// TestHPACKExamples reads the sequences of RFC 7541, appendix C: each is one
// connection's requests or responses.
func TestHPACKExamples(t *testing.T) {
	requests := [][]httpmsg.Field{
		{{Name: ":method", Value: "GET"}, {Name: ":scheme", Value: "http"}, {Name: ":path", Value: "/"}, {Name: ":authority", Value: "www.example.com"}},
		{{Name: ":method", Value: "GET"}, {Name: ":scheme", Value: "http"}, {Name: ":path", Value: "/"}, {Name: ":authority", Value: "www.example.com"}, {Name: "cache-control", Value: "no-cache"}},
		{{Name: ":method", Value: "GET"}, {Name: ":scheme", Value: "https"}, {Name: ":path", Value: "/index.html"}, {Name: ":authority", Value: "www.example.com"}, {Name: "custom-key", Value: "custom-value"}},
	}
	responses := [][]httpmsg.Field{
		{{Name: ":status", Value: "302"}, {Name: "cache-control", Value: "private"}, {Name: "date", Value: "Mon, 21 Oct 2013 20:13:21 GMT"}, {Name: "location", Value: "https://www.example.com"}},
		{{Name: ":status", Value: "307"}, {Name: "cache-control", Value: "private"}, {Name: "date", Value: "Mon, 21 Oct 2013 20:13:21 GMT"}, {Name: "location", Value: "https://www.example.com"}},
		{{Name: ":status", Value: "200"}, {Name: "cache-control", Value: "private"}, {Name: "date", Value: "Mon, 21 Oct 2013 20:13:22 GMT"}, {Name: "location", Value: "https://www.example.com"},
			{Name: "content-encoding", Value: "gzip"}, {Name: "set-cookie", Value: "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"}},
	}
	for _, c := range []struct {
		section string
		table   int
		blocks  []string
		want    [][]httpmsg.Field
		sizes   []int // of the table after each
	}{
		{"C.2.1", 4096, []string{"400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572"}, [][]httpmsg.Field{{{Name: "custom-key", Value: "custom-header"}}}, []int{55}},
		{"C.2.2", 4096, []string{"040c 2f73 616d 706c 652f 7061 7468"}, [][]httpmsg.Field{{{Name: ":path", Value: "/sample/path"}}}, []int{0}},
		{"C.2.3", 4096, []string{"1008 7061 7373 776f 7264 0673 6563 7265 74"}, [][]httpmsg.Field{{{Name: "password", Value: "secret"}}}, []int{0}},
		{"C.2.4", 4096, []string{"82"}, [][]httpmsg.Field{{{Name: ":method", Value: "GET"}}}, []int{0}},
		{"C.3", 4096, []string{
			"8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
			"8286 84be 5808 6e6f 2d63 6163 6865",
			"8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
		}, requests, []int{57, 110, 164}},
		{"C.4", 4096, []string{
			"8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
			"8286 84be 5886 a8eb 1064 9cbf",
			"8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
		}, requests, []int{57, 110, 164}},
		{"C.5", 256, []string{
			"4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
			"4803 3330 37c1 c0bf",
			"88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31",
		}, responses, []int{222, 222, 215}},
		{"C.6", 256, []string{
			"4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
			"4883 640e ffc1 c0bf",
			"88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07",
		}, responses, []int{222, 222, 215}},
	} {
		d := newFieldDecoder(c.table)
		for i, block := range c.blocks {
			got, err := d.all(unhex(t, block))
			if err != nil || !slices.Equal(got, c.want[i]) {
				t.Errorf("%s, block %d: %q, %v, not %q", c.section, i, got, err, c.want[i])
			}
			if d.table.size != c.sizes[i] {
				t.Errorf("%s, block %d: the table has %d bytes, not %d", c.section, i, d.table.size, c.sizes[i])
			}
		}
	}
}

// TestStaticTable compares the table with the one of golang.org/x/net.
func TestStaticTable(t *testing.T) {
	for i := 1; i <= len(staticTable)+1; i++ {
		var theirs []hpack.HeaderField
		_, err := hpack.NewDecoder(4096, func(f hpack.HeaderField) { theirs = append(theirs, f) }).Write([]byte{0x80 | byte(i)})
		ours, ourErr := newFieldDecoder(4096).all([]byte{0x80 | byte(i)})
		if (err == nil) != (ourErr == nil) {
			t.Fatalf("index %d: %v, not %v", i, ourErr, err)
		}
		if err == nil && (theirs[0].Name != ours[0].Name || theirs[0].Value != ours[0].Value) {
			t.Errorf("index %d: %q, not %q", i, ours, theirs)
		}
	}
}

func TestHPACKErrors(t *testing.T) {
	for name, block := range map[string]string{
		"index 0":                            "80",
		"index above the tables":             "be",
		"name's index above the tables":      "7f 00 01 61",
		"integer of 2^32":                    "ff 81 ff ff ff 0f",
		"integer of many bytes":              "ff 80 80 80 80 80 80 80 80 80 80 01",
		"integer cut":                        "ff 80",
		"name cut":                           "40 05 61",
		"value missing":                      "40 01 61",
		"value cut":                          "40 01 61 7f 80",
		"EOS in a Huffman code":              "40 01 61 84 ff ff ff ff",
		"Huffman padding of a byte":          "40 01 61 82 1f ff",
		"Huffman padding of zeros":           "40 01 61 81 18",
		"size changed within the block":      "82 20",
		"size changed to more than 2^32":     "3f e1 ff ff ff ff 0f",
		"length of a string of nearly 2^32":  "40 7f 80 ff ff ff 0f 61",
		"length of a Huffman string to 2^32": "40 ff 80 ff ff ff 0f 61",
	} {
		if fields, err := newFieldDecoder(4096).all(unhex(t, block)); err == nil {
			t.Errorf("%s: read as %q", name, fields)
		}
	}
}

// TestHPACKAgrees writes random blocks with golang.org/x/net's encoder, whose table
// changes its size on the way, and reads them with its decoder and ours.
func TestHPACKAgrees(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		var buf bytes.Buffer
		enc := hpack.NewEncoder(&buf)
		enc.SetMaxDynamicTableSizeLimit(1 << 16)
		ours := newFieldDecoder(4096)
		theirs := hpack.NewDecoder(4096, nil)
		theirs.SetAllowedMaxDynamicTableSize(1 << 16)
		for range 100 {
			buf.Reset()
			if rnd.IntN(5) == 0 {
				enc.SetMaxDynamicTableSize(uint32(rnd.IntN(6) * 100))
			}
			for range rnd.IntN(20) {
				f := hpack.HeaderField{Name: fmt.Sprint("name", rnd.IntN(20)), Value: strings.Repeat("v", rnd.IntN(120)), Sensitive: rnd.IntN(9) == 0}
				if err := enc.WriteField(f); err != nil {
					t.Fatal(err)
				}
			}
			compareHPACK(t, ours, theirs, buf.Bytes())
		}
	}
}

// compareHPACK reads a block with both decoders. It returns false if they cannot
// go on.
func compareHPACK(t *testing.T, ours *fieldDecoder, theirs *hpack.Decoder, block []byte) bool {
	t.Helper()
	var want []httpmsg.Field
	theirs.SetEmitFunc(func(f hpack.HeaderField) { want = append(want, httpmsg.Field{Name: f.Name, Value: f.Value}) })
	rest, err := block, error(nil)
	for len(rest) > 0 && rest[0]&0xe0 == 0x20 && err == nil {
		// They take one change of the size in a block, where two may be needed
		// (RFC 7541, section 4.2), so each gets a block of its own.
		_, after, intErr := readInteger(5, rest)
		if intErr != nil {
			break
		}
		_, err = theirs.Write(rest[:len(rest)-len(after)])
		theirs.Close()
		rest = after
	}
	if err == nil {
		_, err = theirs.Write(rest)
	}
	if closeErr := theirs.Close(); err == nil {
		err = closeErr
	}
	got, ourErr := ours.all(block)
	if ourErr == errHPACKResize {
		return false // they let an empty table be resized anywhere
	}
	if (err == nil) != (ourErr == nil) || !slices.Equal(got, want) {
		t.Fatalf("%x: %q, %v, not %q, %v", block, got, ourErr, want, err)
	}
	return err == nil
}

func FuzzHPACK(f *testing.F) {
	for _, s := range []string{"828684410f7777772e6578616d706c652e636f6d", "8286848cf1e3c2e5f23a6ba0ab90f4ff", "203fe11f400161016220be", "40016181180101"} {
		f.Add(unhex(f, s), unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, one, two []byte) {
		ours := newFieldDecoder(4096)
		theirs := hpack.NewDecoder(4096, nil)
		theirs.SetAllowedMaxDynamicTableSize(maxTable)
		for _, block := range [][]byte{one, two, one} {
			if hasHugeSize(block) || !compareHPACK(t, ours, theirs, block) {
				return
			}
			if ours.table.size > ours.table.max {
				t.Fatalf("the table has %d bytes of %d", ours.table.size, ours.table.max)
			}
		}
	})
}

// hasHugeSize says whether a block makes the table larger than is kept: there we
// go on where they do not.
func hasHugeSize(block []byte) bool {
	r, _, _ := newFieldDecoder(0).resize(block)
	return r.largest > maxTable
}

// TestFullTable fills the largest table with the smallest entries, and then puts
// in as many again as a block holds. In a table that moves its entries that is
// work for many seconds.
func TestFullTable(t *testing.T) {
	d := newFieldDecoder(maxTable)
	block := bytes.Repeat([]byte{0x40, 0, 0}, maxBlock/3)
	for range 3 {
		if err := d.decode(block, func(httpmsg.Field) bool { return true }); err != nil {
			t.Fatal(err)
		}
	}
	if d.table.n != maxTable/entryOverhead {
		t.Errorf("the table has %d entries, not %d", d.table.n, maxTable/entryOverhead)
	}
}
