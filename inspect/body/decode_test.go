package body

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"

	"tlsmitm/inspect/internal/outside"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
)

// encode puts a coding on, with the encoder of somebody else.
func encode(t testing.TB, coding string, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	var w io.WriteCloser
	switch coding {
	case "gzip", "x-gzip":
		w = gzip.NewWriter(&out)
	case "deflate":
		w = zlib.NewWriter(&out)
	case "raw":
		w, _ = flate.NewWriter(&out, flate.DefaultCompression)
	case "br":
		w = brotli.NewWriter(&out)
	case "zstd":
		w, _ = zstd.NewWriter(&out, zstd.WithEncoderConcurrency(1))
	case "snappy":
		return snappy.Encode(nil, b)
	case "snappy framed":
		w = snappy.NewBufferedWriter(&out)
	default:
		t.Fatalf("no encoder of %s", coding)
	}
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// header is the name by which an encoder's result is announced.
func header(coding string) string {
	switch coding {
	case "raw":
		return "deflate"
	case "snappy framed":
		return "snappy"
	}
	return coding
}

var encoders = []string{"gzip", "x-gzip", "deflate", "raw", "br", "zstd", "snappy", "snappy framed"}

// prose is text that shrinks as text does.
func prose(n int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "line %d of %x says nothing new\n", i, i*i*2654435761)
	}
	return b.Bytes()[:n]
}

func TestDecode(t *testing.T) {
	for _, coding := range encoders {
		for _, size := range []int{0, 1, 100, 5000, 300_000} {
			text := prose(size)
			coded := encode(t, coding, text)
			for _, limit := range []int{0, 1, size, size + 1, 1 << 20, size / 2} {
				d := Decode([]string{strings.ToUpper(header(coding))}, coded, limit)
				want := text[:min(limit, size)]
				if !bytes.Equal(d.Bytes, want) || d.Size != int64(size) || d.Truncated != (limit < size) || !d.Ended || d.Err != nil ||
					!slices.Equal(d.Codings, []string{header(coding)}) || d.Left != nil {
					t.Fatalf("%s, %d of %d bytes: %d bytes, %+v", coding, limit, size, len(d.Bytes), without(d))
				}
			}
		}
	}
}

// without leaves out what is too long to print.
func without(d Decoded) Decoded { d.Bytes = nil; return d }

func TestDecodeStacked(t *testing.T) {
	text := prose(70_000)
	for _, first := range encoders {
		for _, second := range encoders {
			coded := encode(t, second, encode(t, first, text))
			for _, values := range [][]string{
				{header(first) + ", " + header(second)},
				{header(first), header(second)},
				{"identity," + header(first) + " ,, ", "\t" + header(second) + ", Identity"},
			} {
				d := Decode(values, coded, 1<<20)
				if !bytes.Equal(d.Bytes, text) || d.Err != nil || !d.Ended || !slices.Equal(d.Codings, []string{header(first), header(second)}) {
					t.Fatalf("%q: %+v", values, without(d))
				}
			}
			// Cut in the outer coding, something of the inner one comes out, unless
			// the outer one is of blocks that come out whole or not at all.
			d := Decode([]string{header(first), header(second)}, coded[:len(coded)*2/3], 1<<20)
			if d.Err == nil || d.Left == nil && (d.Ended || !bytes.HasPrefix(text, d.Bytes)) ||
				d.Left != nil && second != "zstd" && second != "snappy framed" && first != "zstd" && first != "snappy framed" {
				t.Errorf("%s in %s, cut: %+v", first, second, without(d))
			}
			// Cut at the very end, it is still told.
			d = Decode([]string{header(first), header(second)}, coded[:len(coded)-1], 1<<20)
			var ce *CodingError
			if !errors.As(d.Err, &ce) || ce.Coding != header(second) {
				t.Errorf("%s in %s, without the last byte: %+v", first, second, without(d))
			}
		}
	}
}

// TestDecodeCut holds that the beginning of coded data gives the beginning of the
// text, and more of it the more there is.
func TestDecodeCut(t *testing.T) {
	text := prose(400_000)
	for _, coding := range encoders {
		coded := encode(t, coding, text)
		last := int64(0)
		for n := 1; n < len(coded); n += 1 + len(coded)/20 {
			d := Decode([]string{header(coding)}, coded[:n], 1<<20)
			var ce *CodingError
			if !errors.As(d.Err, &ce) || ce.Coding != header(coding) || d.Ended != (d.Left != nil) || d.Truncated {
				t.Fatalf("%s, %d of %d bytes: %+v", coding, n, len(coded), without(d))
			}
			if coding != "snappy framed" && !errors.Is(d.Err, io.ErrUnexpectedEOF) {
				t.Fatalf("%s, %d of %d bytes: %v", coding, n, len(coded), d.Err)
			}
			if d.Left != nil {
				if !bytes.Equal(d.Bytes, coded[:n]) || last > 0 {
					t.Fatalf("%s, %d of %d bytes: left on, but %d bytes after %d", coding, n, len(coded), d.Size, last)
				}
				continue
			}
			if !bytes.HasPrefix(text, d.Bytes) || d.Size < last {
				t.Fatalf("%s, %d of %d bytes: %d after %d", coding, n, len(coded), d.Size, last)
			}
			last = d.Size
		}
		if last < int64(len(text))/2 {
			t.Errorf("%s: only %d bytes of %d came out of almost all", coding, last, len(text))
		}
	}
}

func TestDecodeBad(t *testing.T) {
	text := prose(1000)
	for _, c := range []struct {
		name   string
		header string
		b      []byte
		want   []byte
		left   []string
		err    string
		ended  bool
	}{
		{"not coded", "gzip", text, text, []string{"gzip"}, "body: gzip: gzip: invalid header", false},
		{"not coded", "deflate", text, text, []string{"deflate"}, "body: deflate: flate: corrupt input before offset 5", false},
		{"not coded", "zstd", text, text, []string{"zstd"}, "body: zstd: invalid input: magic number mismatch", false},
		{"unknown", "aws-chunked", text, text, []string{"aws-chunked"}, "body: aws-chunked: coding not supported", false},
		{"unsupported", "compress", []byte{0x1f, 0x9d}, []byte{0x1f, 0x9d}, []string{"compress"}, "body: compress: coding not supported", false},
		{"unknown below", "dcb, gzip", encode(t, "gzip", text), text, []string{"dcb"}, "body: dcb: coding not supported", false},
		{"unknown above", "gzip, dcb", text, text, []string{"gzip", "dcb"}, "body: dcb: coding not supported", false},
		{"lies below", "br, gzip", encode(t, "gzip", []byte("\xff\xff\xff")), []byte("\xff\xff\xff"), []string{"br"}, "body: br: brotli: PADDING_2", false},
		{"trailing", "gzip", append(encode(t, "gzip", text), "junk that is long enough"...), text, nil, "body: gzip: data after the end", true},
		{"trailing", "deflate", append(encode(t, "deflate", text), 'x'), text, nil, "body: deflate: data after the end", true},
		{"trailing", "deflate", append(encode(t, "raw", text), 'x'), text, nil, "body: deflate: data after the end", true},
		{"trailing", "br", append(encode(t, "br", text), 'x'), text, nil, "body: br: data after the end", true},
		{"trailing", "zstd", append(encode(t, "zstd", text), "junk"...), text, nil, "body: zstd: data after the end", true},
		{"trailing", "snappy", append(encode(t, "snappy", text), "x"...), text, nil, "body: snappy: data after the end", true},
		{"trailing outside", "deflate, gzip", append(encode(t, "gzip", encode(t, "deflate", text)), "junk that is long enough"...), text, nil, "body: gzip: data after the end", true},
		{"trailing inside", "deflate, gzip", encode(t, "gzip", append(encode(t, "deflate", text), 0)), text, nil, "body: deflate: data after the end", true},
		{"checksum", "gzip", flip(encode(t, "gzip", text), -8), text, nil, "body: gzip: gzip: invalid checksum", false},
		{"members", "gzip", append(encode(t, "gzip", text[:300]), encode(t, "gzip", text[300:])...), text, nil, "", true},
		{"frames", "zstd", append(encode(t, "zstd", text[:300]), encode(t, "zstd", text[300:])...), text, nil, "", true},
		{"too many", "gzip,gzip,gzip,gzip,gzip,br", text, text, []string{"gzip", "gzip", "gzip", "gzip", "gzip", "br"}, "body: br: too many codings", true},
		{"parameter", "GZIP;q=1.0", encode(t, "gzip", text), text, nil, "", true},
		{"nothing", "gzip, br", nil, nil, nil, "", true},
		{"identity", "identity", text, text, nil, "", true},
		{"dictionary", "deflate", []byte{0x78, 0x20 | 0x1d, 0, 0, 0, 0, 1, 2}, []byte{0x78, 0x3d, 0, 0, 0, 0, 1, 2}, []string{"deflate"}, "body: deflate: flate: corrupt input before offset 5", false},
	} {
		if c.left != nil {
			c.ended = true // of what it stands as
		}
		d := Decode([]string{c.header}, c.b, 1<<20)
		said := ""
		if d.Err != nil {
			said = d.Err.Error()
		}
		if !bytes.Equal(d.Bytes, c.want) || said != c.err || d.Ended != c.ended || !slices.Equal(d.Left, c.left) {
			t.Errorf("%s, %s: %q\n%.40q, %+v", c.name, c.header, said, d.Bytes, without(d))
		}
	}
}

func flip(b []byte, at int) []byte {
	b = slices.Clone(b)
	b[(at+len(b))%len(b)] ^= 1
	return b
}

// bomb is 10 GiB of zeros in some coding.
func bomb(t testing.TB, coding string) []byte {
	t.Helper()
	const size, part = 10 << 30, 16 << 20
	zeros := make([]byte, part)
	switch coding {
	case "gzip", "zstd": // members and frames may follow each other
		return bytes.Repeat(encode(t, coding, zeros), size/part)
	case "raw", "br": // from the second on, what is flushed repeats itself
		var out bytes.Buffer
		var w interface {
			io.Writer
			Flush() error
		}
		if w = brotli.NewWriterLevel(&out, 1); coding == "raw" {
			w, _ = flate.NewWriter(&out, flate.BestCompression)
		}
		var at []int
		for range 3 {
			if _, err := w.Write(zeros); err != nil {
				t.Fatal(err)
			}
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			at = append(at, out.Len())
		}
		b := out.Bytes()
		if !bytes.Equal(b[at[0]:at[1]], b[at[1]:at[2]]) {
			t.Fatalf("%s: the parts differ", coding)
		}
		return append(b[:at[0]:at[0]], bytes.Repeat(b[at[0]:at[1]], size/part-1)...)
	case "snappy": // a length, a zero, and copies of 64 bytes from one byte back
		b := append([]byte{0xff, 0xff, 0xff, 0xff, 0x0f}, 0, 0)
		return append(b, bytes.Repeat([]byte{63<<2 | 2, 1, 0}, 1<<20)...)
	}
	t.Fatal(coding)
	return nil
}

// allocated returns how many bytes f allocates in all.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestDecodeBomb(t *testing.T) {
	const limit = 1 << 20
	for _, coding := range []string{"gzip", "raw", "br", "zstd", "snappy"} {
		b := bomb(t, coding)
		if coding != "zstd" && coding != "br" { // whose bombs are smaller than what is counted on
			b = b[:min(len(b), limit)] // what is kept of a body
		}
		var d Decoded
		if n := allocated(func() { d = Decode([]string{header(coding)}, b, limit) }); n > 40<<20 {
			t.Errorf("%s: %d MiB allocated", coding, n>>20)
		}
		if len(d.Bytes) != limit || !d.Truncated || d.Ended || d.Err != nil {
			t.Errorf("%s: %d bytes, %+v", coding, len(d.Bytes), without(d))
		}
		if most := max(limit, countFactor*int64(len(b))) + 1; d.Size > most {
			t.Errorf("%s: %d bytes were decoded, of at most %d", coding, d.Size, most)
		}
		t.Logf("%s: bomb of %d bytes, decoded %d", coding, len(b), d.Size)
		// In another coding, and as what is between two.
		for _, outer := range []string{"gzip", "br", "zstd"} {
			coded := encode(t, outer, b)
			if n := allocated(func() { d = Decode([]string{header(coding), outer}, coded, limit) }); n > 60<<20 {
				t.Errorf("%s in %s: %d MiB allocated", coding, outer, n>>20)
			}
			if len(d.Bytes) != limit || !d.Truncated {
				t.Errorf("%s in %s: %d bytes, %+v", coding, outer, len(d.Bytes), without(d))
			}
		}
	}
}

// TestDecodeEmptyBlocks holds that much input that says nothing costs no more
// than reading it, below another coding too.
func TestDecodeEmptyBlocks(t *testing.T) {
	empty := bytes.Repeat([]byte{0, 0, 0, 0xff, 0xff}, 200_000) // stored blocks of length 0, RFC 1951 section 3.2.4
	d := Decode([]string{"deflate"}, empty, 100)
	if !errors.Is(d.Err, io.ErrUnexpectedEOF) {
		t.Errorf("%+v", without(d))
	}
	d = Decode([]string{"deflate, deflate, deflate"}, encode(t, "raw", encode(t, "raw", bytes.Repeat(empty, 20))), 100)
	if !errors.Is(d.Err, ErrTooLarge) || !slices.Equal(d.Left, []string{"deflate"}) {
		t.Errorf("%+v", without(d))
	}
	members := bytes.Repeat(encode(t, "gzip", nil), 40_000)
	if d = Decode([]string{"gzip"}, members, 100); d.Err != nil || !d.Ended || d.Size != 0 {
		t.Errorf("%+v", without(d))
	}
}

// TestDecodeWindow holds that a frame gets no larger window than the coding
// allows, RFC 9659.
func TestDecodeWindow(t *testing.T) {
	for _, c := range []struct {
		exponent byte // RFC 8878 section 3.1.1.1.2
		ok       bool
	}{{13, true}, {14, false}, {31, false}} {
		frame := []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, c.exponent << 3, 0x01 | 5<<3, 0, 0, 'h', 'e', 'l', 'l', 'o'}
		var d Decoded
		n := allocated(func() { d = Decode([]string{"zstd"}, frame, 100) })
		if ok := d.Err == nil && string(d.Bytes) == "hello"; ok != c.ok || n > 20<<20 {
			t.Errorf("2^%d: %d bytes allocated, %q, %+v", 10+c.exponent, n, d.Bytes, without(d))
		}
	}
}

// TestDecodePrograms decodes what other programs make.
func TestDecodePrograms(t *testing.T) {
	text := prose(500_000)
	for _, c := range []struct {
		coding string
		args   []string
	}{
		{"br", []string{"brotli", "-c", "-q", "7", "-w", "24"}},
		{"br", []string{"brotli", "-c", "-q", "1"}},
		{"zstd", []string{"zstd", "-c", "-3"}},
		{"zstd", []string{"zstd", "-c", "-12", "--check"}},
		{"zstd", []string{"zstd", "-c", "-1", "--no-check"}},
		{"gzip", []string{"gzip", "-c", "-9"}},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			outside.Program(t, c.args[0], "what it makes is not decoded")
			cmd := exec.Command(c.args[0], c.args[1:]...)
			cmd.Stdin = bytes.NewReader(text)
			coded, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			d := Decode([]string{c.coding}, coded, len(text)+1)
			if !bytes.Equal(d.Bytes, text) || !d.Ended || d.Err != nil {
				t.Errorf("%+v", without(d))
			}
		})
	}
}

// FuzzDecode holds that a smaller limit gives the beginning of what a larger one
// gives, that sizes add up, and that the input is left alone.
func FuzzDecode(f *testing.F) {
	names := []string{"gzip", "deflate", "br", "zstd", "snappy", "gzip, br", "zstd, deflate", "deflate, snappy, gzip"}
	text := prose(300)
	for i, coding := range []string{"gzip", "raw", "br", "zstd", "snappy"} {
		f.Add(uint8(i), encode(f, coding, text), uint16(100))
	}
	f.Add(uint8(1), encode(f, "deflate", text), uint16(1000))
	f.Add(uint8(4), encode(f, "snappy framed", text), uint16(1000))
	f.Add(uint8(5), encode(f, "br", encode(f, "gzip", text)), uint16(1000))
	f.Fuzz(func(t *testing.T, which uint8, b []byte, limit uint16) {
		header := []string{names[int(which)%len(names)]}
		input := bytes.Clone(b)
		some := Decode(header, b, int(limit))
		all := Decode(header, b, leastBudget)
		if !bytes.Equal(b, input) {
			t.Fatal("the input was written to")
		}
		for _, d := range []Decoded{some, all} {
			if int64(len(d.Bytes)) > d.Size || d.Truncated != (int64(len(d.Bytes)) < d.Size) {
				t.Fatalf("%+v", without(d))
			}
			if !d.Ended && !d.Truncated && d.Err == nil {
				t.Fatalf("neither ended nor cut: %+v", without(d))
			}
		}
		if len(some.Bytes) > int(limit) || !bytes.HasPrefix(all.Bytes, some.Bytes) || !slices.Equal(some.Left, all.Left) {
			t.Fatalf("%d bytes and %+v; %d bytes and %+v", len(some.Bytes), without(some), len(all.Bytes), without(all))
		}
	})
}
