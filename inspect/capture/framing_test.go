package capture

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"tlsmitm/inspect"
)

// cutAll cuts a capture into records.
func cutAll(in io.Reader, live bool) (all []record, err error) {
	b := newBlocks(newSource(in), live)
	for {
		if err := b.fill(); err != nil {
			return all, notEOF(err)
		}
		for {
			var r record
			ok, err := b.next(&r)
			if err != nil {
				return all, err
			}
			if !ok {
				break
			}
			r.data = bytes.Clone(r.data)
			all = append(all, r)
		}
		b.release(b.hand())
	}
}

func TestPcapInEveryForm(t *testing.T) {
	frames := [][]byte{[]byte("first"), {}, []byte("the third frame")}
	for _, o := range []order{littleEndian, bigEndian} {
		for _, magic := range []uint32{0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34} {
			file := pcapOf(o, magic, LinkRaw, frames)
			le.PutUint32(file[20:], le.Uint32(file[20:])) // the link type, as it is
			got, err := cutAll(bytes.NewReader(file), false)
			if err != nil || len(got) != 3 {
				t.Fatalf("%x: %d records, %v", magic, len(got), err)
			}
			for i, r := range got {
				if r.frame != i+1 || string(r.data) != string(frames[i]) || r.length != len(frames[i]) || r.link != LinkRaw || r.time != begin+int64(i)*1e6 {
					t.Errorf("%x, big endian %v: %+v", magic, o, r)
				}
			}
		}
	}
}

func TestLinkTypeOfPcapIsItsLowerHalf(t *testing.T) {
	file := pcapOf(littleEndian, 0xa1b2c3d4, LinkEthernet, [][]byte{{1}})
	file[23] = 0x44 // a frame check sequence of 4 bytes
	got, err := cutAll(bytes.NewReader(file), false)
	if err != nil || len(got) != 1 || got[0].link != LinkEthernet {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestPcapngBlocks(t *testing.T) {
	for _, o := range []order{littleEndian, bigEndian} {
		other := !o
		old := o.append16(o.append16(nil, 1), 7) // interface, drops
		old = o.append32(o.append32(old, 0), 5)
		old = append(o.append32(o.append32(old, 3), 3), "old"...)
		simple := append(o.append32(nil, 9), "simple"...) // 9 on the wire, 6 captured
		file := slices.Concat(
			sectionOf(o),
			blockOf(o, 0x0bad, []byte("whatever there is")),
			interfaceOf(o, LinkEthernet, 6, nil),
			interfaceOf(o, LinkRaw, 0, slices.Concat(optionOf(o, 2, []byte("eth0")), optionOf(o, optionResolution, []byte{9}), optionOf(o, optionOffset, o.append64(nil, 100)), optionOf(o, 0, nil), optionOf(o, optionResolution, []byte{3}))),
			interfaceOf(o, LinkNull, 0, optionOf(o, optionResolution, []byte{0x80 | 10})),
			enhancedOf(o, 0, 1_000_001, 5, []byte("hello")),
			enhancedOf(o, 1, 2_000_000_003, 900, []byte("cut")),
			enhancedOf(o, 2, 3<<10|512, 1, []byte("x")),
			secretsOf(o, secretsTLS, "a key log"),
			secretsOf(o, 0x5353484b, "of SSH"),
			blockOf(o, blockPacket, old),
			blockOf(o, blockJournal, []byte("__CURSOR=1\n")),
			blockOf(o, blockSimple, simple),
			// Another section in the other order, in which no interface is known yet.
			sectionOf(other),
			interfaceOf(other, LinkLinuxSLL, 0, nil),
			enhancedOf(other, 0, 7, 1, []byte("y")),
		)
		got, err := cutAll(bytes.NewReader(file), false)
		if err != nil {
			t.Fatal(err)
		}
		want := []record{
			{kind: recordFrame, frame: 1, time: 1_000_001_000, link: LinkEthernet, length: 5, data: []byte("hello")},
			{kind: recordFrame, frame: 2, time: 102_000_000_003, link: LinkRaw, length: 900, data: []byte("cut")},
			{kind: recordFrame, frame: 3, time: 3_500_000_000, link: LinkNull, length: 1, data: []byte("x")},
			{kind: recordSecrets, data: []byte("a key log")},
			{kind: recordFrame, frame: 4, time: 105_000_000_000 - 5e9 + 5, link: LinkRaw, length: 3, data: []byte("old")},
			{kind: recordFrame, frame: 6, link: LinkEthernet, length: 9, data: []byte("simple"), noTime: true},
			{kind: recordFrame, frame: 7, time: 7000, link: LinkLinuxSLL, length: 1, data: []byte("y")},
		}
		if len(got) != len(want) {
			t.Fatalf("big endian %v: %d records, want %d: %+v", o, len(got), len(want), got)
		}
		for i := range want {
			g, w := got[i], want[i]
			if g.kind != w.kind || g.frame != w.frame || g.time != w.time || g.link != w.link || g.length != w.length || g.noTime != w.noTime || string(g.data) != string(w.data) {
				t.Errorf("big endian %v, record %d:\ngot  %+v\nwant %+v", o, i, g, w)
			}
		}
	}
}

func TestResolutions(t *testing.T) {
	for _, c := range []struct {
		resolution byte
		count      uint64
		want       int64
	}{
		{0, 1700000000, 1700000000e9},
		{6, 1700000000123456, 1700000000123456000},
		{9, 1700000000123456789, 1700000000123456789},
		{12, 1_700_123_456_789_012, 1_700_123_456_789},
		{0x80, 1700000000, 1700000000e9},
		{0x80 | 20, 1<<20 + 1<<19, 1_500_000_000},
		{0x80 | 32, 1700000000<<32 | 1<<31, 1700000000_500000000},
		{0x80 | 63, 1<<63 | 1<<62, 1_500_000_000},
		{0x80 | 64, 1, 0},
		{127, 1 << 63, 0},
	} {
		u := unit{binary: c.resolution&0x80 != 0, exp: c.resolution & 0x7f}
		if got := u.nanoseconds(c.count); got != c.want {
			t.Errorf("resolution %#x: %d is %d ns, want %d", c.resolution, c.count, got, c.want)
		}
	}
}

// TestCutAnywhere reads files in pieces of every size, live and not, gzipped and not.
func TestCutAnywhere(t *testing.T) {
	big := slices.Concat(sectionOf(littleEndian), interfaceOf(littleEndian, LinkRaw, 0, nil),
		blockOf(littleEndian, 0x0bad, make([]byte, 3*blockSize)),
		enhancedOf(littleEndian, 0, 1, maxFrame, bytes.Repeat([]byte{7}, maxFrame)),
		secretsOf(littleEndian, secretsTLS, strings.Repeat("# a line\n", 300000)),
		enhancedOf(littleEndian, 0, 2, 1, []byte("z")))
	small := pcapOf(bigEndian, 0xa1b23c4d, LinkRaw, [][]byte{[]byte("a"), []byte("bc"), make([]byte, 300)})
	for _, file := range [][]byte{small, big} {
		want, err := cutAll(bytes.NewReader(file), false)
		if err != nil || len(want) != 3 {
			t.Fatalf("%d records, %v", len(want), err)
		}
		for name, in := range map[string]func() io.Reader{
			"whole":  func() io.Reader { return bytes.NewReader(file) },
			"bytes":  func() io.Reader { return iotest.OneByteReader(bytes.NewReader(file[:min(len(file), len(small))])) },
			"halves": func() io.Reader { return iotest.HalfReader(bytes.NewReader(file)) },
			"eof":    func() io.Reader { return iotest.DataErrReader(bytes.NewReader(file)) },
			"gzip":   func() io.Reader { return bytes.NewReader(zip(file)) },
			"two members": func() io.Reader {
				return io.MultiReader(bytes.NewReader(zip(file[:40])), bytes.NewReader(zip(file[40:])))
			},
		} {
			if name == "bytes" && len(file) > len(small) {
				continue
			}
			for _, live := range []bool{false, true} {
				got, err := cutAll(in(), live)
				if err != nil || len(got) != len(want) {
					t.Fatalf("%s, live %v: %d records, %v", name, live, len(got), err)
				}
				for i := range want {
					if got[i].frame != want[i].frame || !bytes.Equal(got[i].data, want[i].data) {
						t.Errorf("%s, live %v: record %d differs", name, live, i)
					}
				}
			}
		}
	}
}

func zip(b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	z.Write(b)
	z.Close()
	return out.Bytes()
}

// TestCutShort has every beginning of a file tell what came whole, and that it is cut.
func TestCutShort(t *testing.T) {
	ng := slices.Concat(sectionOf(bigEndian), interfaceOf(bigEndian, LinkRaw, 0, nil), enhancedOf(bigEndian, 0, 1, 1, []byte("1")), blockOf(bigEndian, 77, make([]byte, 20)), enhancedOf(bigEndian, 0, 2, 1, []byte("2")))
	classic := pcapOf(littleEndian, 0xa1b2c3d4, LinkRaw, [][]byte{[]byte("1"), []byte("22")})
	for _, file := range [][]byte{ng, classic} {
		whole := map[int]bool{}
		var f framing
		for at := 0; at < len(file); {
			var r record
			n, err := f.next(file[at:], &r)
			if err != nil || n == 0 {
				t.Fatal(n, err)
			}
			if at += n; f.skip == 0 {
				whole[at] = true
			}
		}
		for n := range len(file) {
			got, err := cutAll(bytes.NewReader(file[:n]), false)
			var cut *TruncatedError
			var foreign *ForeignError
			switch {
			case n == 0:
				if !errors.Is(err, ErrEmpty) {
					t.Errorf("nothing: %v", err)
				}
			case n < 4:
				if !errors.As(err, &foreign) {
					t.Errorf("%d bytes: %v", n, err)
				}
			case whole[n]:
				if err != nil {
					t.Errorf("%d bytes are whole: %v", n, err)
				}
			case !errors.As(err, &cut) || cut.Frames != len(got):
				t.Errorf("%d bytes: %d frames, %v", n, len(got), err)
			}
		}
	}
	packed := zip(classic)
	var cut *TruncatedError
	if got, err := cutAll(bytes.NewReader(packed[:len(packed)-6]), false); !errors.As(err, &cut) || len(got) != cut.Frames {
		t.Errorf("gzip cut short: %d frames, %v", len(got), err)
	}
}

func TestWhatIsNoCapture(t *testing.T) {
	for text, want := range map[string]string{
		"hello, world":                   "",
		"\x28\xb5\x2f\xfd and more":      "compressed with zstd",
		"snoop\x00\x00\x00\x00\x00\x00":  "a Solaris snoop capture",
		`{"time":"2026-01-01T00:00:00Z"`: ForeignJSON,
		"\x00\x00\x00\x00\x00\x00\x00":   "",
	} {
		_, err := cutAll(strings.NewReader(text), false)
		var foreign *ForeignError
		if !errors.As(err, &foreign) || foreign.Format != want {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestCorruptCapturesAreToldOf(t *testing.T) {
	o := littleEndian
	head := slices.Concat(sectionOf(o), interfaceOf(o, LinkRaw, 0, nil), enhancedOf(o, 0, 1, 1, []byte("1")))
	huge := o.append32(o.append32(nil, 1), 2)
	huge = o.append32(o.append32(huge, maxFrame+1), maxFrame+1)
	badEnd := enhancedOf(o, 0, 1, 1, []byte("1"))
	badEnd[len(badEnd)-1]++
	longer := enhancedOf(o, 0, 1, 1, []byte("1"))
	le.PutUint32(longer[20:], 99)
	for what, file := range map[string][]byte{
		"a frame of more than all bounds": append(pcapOf(o, 0xa1b2c3d4, LinkRaw, [][]byte{{1}}), huge...),
		"no such interface":               append(slices.Clone(head), enhancedOf(o, 1, 1, 1, []byte("1"))...),
		"a block that is too short":       append(slices.Clone(head), o.append32(o.append32(o.append32(nil, 6), 8), 0)...),
		"a block that is too long":        append(slices.Clone(head), o.append32(o.append32(o.append32(nil, 6), 1<<30), 0)...),
		"lengths that differ":             append(slices.Clone(head), badEnd...),
		"more captured than there is":     append(slices.Clone(head), longer...),
		"no byte order":                   append(slices.Clone(head), blockOf(o, blockSection, make([]byte, 16))...),
	} {
		got, err := cutAll(bytes.NewReader(file), false)
		var bad *CorruptError
		if !errors.As(err, &bad) || len(got) != 1 || bad.Frames != 1 {
			t.Errorf("%s: %d frames, %v", what, len(got), err)
		}
	}
}

func TestSecretsAreFoundWhereverTheyStand(t *testing.T) {
	line := "CLIENT_RANDOM " + strings.Repeat("0a", 32) + " " + strings.Repeat("0b", 48) + "\n"
	file := slices.Concat(sectionOf(bigEndian), interfaceOf(bigEndian, LinkRaw, 0, nil), enhancedOf(bigEndian, 0, 1, 1, []byte("1")), secretsOf(bigEndian, secretsTLS, line))
	for _, in := range []io.Reader{bytes.NewReader(file), bytes.NewReader(zip(file))} {
		keys := inspect.NewKeyStore()
		if err := Secrets(context.Background(), in, keys); err != nil {
			t.Fatal(err)
		}
		if n := keys.Connections(); n != 1 {
			t.Errorf("%d connections have secrets, want 1", n)
		}
	}
}

// FuzzFraming cuts arbitrary bytes, and holds that the records are the same however
// the input comes, that they lie within their bounds, and that it ends.
func FuzzFraming(f *testing.F) {
	for _, o := range []order{littleEndian, bigEndian} {
		f.Add(pcapOf(o, 0xa1b2c3d4, LinkRaw, [][]byte{[]byte("one"), []byte("two")}), uint8(5))
		f.Add(slices.Concat(sectionOf(o), interfaceOf(o, LinkRaw, 0, optionOf(o, optionResolution, []byte{9})), enhancedOf(o, 0, 1, 9, []byte("1")), blockOf(o, 99, make([]byte, 33)), secretsOf(o, secretsTLS, "x")), uint8(3))
	}
	f.Fuzz(func(t *testing.T, file []byte, size uint8) {
		want, whole := cutAll(bytes.NewReader(file), false)
		got, pieces := cutAll(&pieceReader{file, int(size) + 1}, true)
		if len(got) != len(want) || (whole == nil) != (pieces == nil) {
			t.Fatalf("in pieces of %d: %d records and %v; whole: %d and %v", size+1, len(got), pieces, len(want), whole)
		}
		for i := range want {
			if !bytes.Equal(got[i].data, want[i].data) || got[i].time != want[i].time || got[i].frame != want[i].frame {
				t.Fatalf("record %d differs", i)
			}
			if want[i].kind == recordFrame && (len(want[i].data) > maxFrame || want[i].length < 0) {
				t.Fatalf("record %d: %d bytes of %d", i, len(want[i].data), want[i].length)
			}
		}
	})
}

type pieceReader struct {
	b []byte
	n int
}

func (p *pieceReader) Read(b []byte) (int, error) {
	if len(p.b) == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), p.n)], p.b)
	p.b = p.b[n:]
	return n, nil
}
