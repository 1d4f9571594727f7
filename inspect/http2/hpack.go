package http2

import (
	"bytes"
	"errors"
	"fmt"

	"golang.org/x/net/http2/hpack"

	"tlsmitm/inspect/httpmsg"
)

// Errors of field blocks. After one the direction's table is not known any more.
var (
	errHPACKCut      = errors.New("the field block ends within a field")
	errHPACKInteger  = errors.New("an integer is too large")
	errHPACKIndexNil = errors.New("index 0")
	errHPACKResize   = errors.New("the table's size changes within the field block")
)

// defaultTable is the size of a dynamic table until SETTINGS allow another and
// the sender takes it (RFC 9113, section 6.5.2).
const defaultTable = 4096

// entryOverhead is what an entry counts beside its name and value (RFC 7541,
// section 4.1).
const entryOverhead = 32

func entrySize(f httpmsg.Field) int { return len(f.Name) + len(f.Value) + entryOverhead }

// fieldDecoder reads the field blocks of one direction (RFC 7541).
type fieldDecoder struct {
	table dynamicTable
	huff  bytes.Buffer
}

// resizing is what a field block's beginning does to the table (RFC 7541,
// section 4.2).
type resizing struct {
	count                   int
	smallest, largest, last uint64
}

// resize reads the changes of the table's size at the beginning of a block, and
// makes them as far as maxTable goes. It returns the rest of the block.
func (d *fieldDecoder) resize(block []byte) (r resizing, rest []byte, err error) {
	for len(block) > 0 && block[0]&0xe0 == 0x20 {
		size, rest, err := readInteger(5, block)
		if err != nil {
			return r, nil, err
		}
		block = rest
		if r.count == 0 {
			r.smallest = size
		}
		r.count++
		r.smallest, r.largest, r.last = min(r.smallest, size), max(r.largest, size), size
		d.table.resize(int(min(size, maxTable)))
	}
	return r, block, nil
}

// decode calls field for every field of a block without its resizings, until that
// returns false.
func (d *fieldDecoder) decode(block []byte, field func(httpmsg.Field) (more bool)) error {
	for len(block) > 0 {
		var f httpmsg.Field
		var err error
		first := block[0]
		switch {
		case first&0x80 != 0: // section 6.1
			f, block, err = d.indexed(7, block)
		case first&0xc0 == 0x40: // section 6.2.1
			f, block, err = d.literal(6, block)
			if err == nil {
				d.table.add(f)
			}
		case first&0xe0 == 0x20: // section 6.3
			err = errHPACKResize
		default: // sections 6.2.2 and 6.2.3
			f, block, err = d.literal(4, block)
		}
		if err != nil {
			return err
		}
		if !field(f) {
			return nil
		}
	}
	return nil
}

// indexed reads an index of n bits, and returns the entry.
func (d *fieldDecoder) indexed(n uint, b []byte) (f httpmsg.Field, rest []byte, err error) {
	i, rest, err := readInteger(n, b)
	if err != nil {
		return f, nil, err
	}
	f, err = d.table.at(i)
	return f, rest, err
}

// literal reads a field whose value is a literal, and whose name may be one.
func (d *fieldDecoder) literal(n uint, b []byte) (f httpmsg.Field, rest []byte, err error) {
	if b[0]&(1<<n-1) == 0 {
		f.Name, rest, err = d.string(b[1:])
	} else {
		f, rest, err = d.indexed(n, b)
	}
	if err != nil {
		return f, nil, err
	}
	f.Value, rest, err = d.string(rest)
	return f, rest, err
}

// string reads a string literal (RFC 7541, section 5.2).
func (d *fieldDecoder) string(b []byte) (s string, rest []byte, err error) {
	if len(b) == 0 {
		return "", nil, errHPACKCut
	}
	huffman := b[0]&0x80 != 0
	n, b, err := readInteger(7, b)
	if err != nil {
		return "", nil, err
	}
	if n > uint64(len(b)) {
		return "", nil, errHPACKCut
	}
	b, rest = b[:n], b[n:]
	if !huffman {
		return string(b), rest, nil
	}
	d.huff.Reset()
	if _, err := hpack.HuffmanDecode(&d.huff, b); err != nil {
		return "", nil, fmt.Errorf("a Huffman code: %w", err)
	}
	s = d.huff.String()
	if d.huff.Cap() > 1<<14 {
		d.huff = bytes.Buffer{}
	}
	return s, rest, nil
}

// maxInteger bounds integers: no index, length or size of a table is larger.
const maxInteger = 1<<32 - 1

// readInteger reads an integer with a prefix of n bits (RFC 7541, section 5.1).
func readInteger(n uint, b []byte) (v uint64, rest []byte, err error) {
	if len(b) == 0 {
		return 0, nil, errHPACKCut
	}
	most := uint64(1)<<n - 1
	if v = uint64(b[0]) & most; v < most {
		return v, b[1:], nil
	}
	for i, shift := 1, 0; i < len(b); i, shift = i+1, shift+7 {
		if shift > 56 {
			return 0, nil, errHPACKInteger
		}
		v += uint64(b[i]&0x7f) << shift
		if v > maxInteger {
			return 0, nil, errHPACKInteger
		}
		if b[i]&0x80 == 0 {
			return v, b[i+1:], nil
		}
	}
	return 0, nil, errHPACKCut
}

// dynamicTable is RFC 7541, section 2.3.2, in a ring: making room for an entry
// takes the time of what goes, not of what stays.
type dynamicTable struct {
	ring      []httpmsg.Field // its length is a power of two
	first, n  int             // the oldest entry, and how many there are
	size, max int             // in bytes, as RFC 7541, section 4.1 counts
}

// at returns the entry of an index (RFC 7541, section 2.3.3).
func (t *dynamicTable) at(i uint64) (httpmsg.Field, error) {
	if i == 0 {
		return httpmsg.Field{}, errHPACKIndexNil
	}
	if i <= uint64(len(staticTable)) {
		return staticTable[i-1], nil
	}
	back := i - uint64(len(staticTable)) // 1 is the newest
	if back > uint64(t.n) {
		return httpmsg.Field{}, fmt.Errorf("index %d, where the last one is %d", i, len(staticTable)+t.n)
	}
	return t.ring[(t.first+t.n-int(back))&(len(t.ring)-1)], nil
}

// add puts an entry in; one that is larger than the table empties it (RFC 7541,
// section 4.4).
func (t *dynamicTable) add(f httpmsg.Field) {
	size := entrySize(f)
	t.evict(t.max - size)
	if size > t.max {
		return
	}
	if t.n == len(t.ring) {
		t.grow()
	}
	t.ring[(t.first+t.n)&(len(t.ring)-1)] = f
	t.n++
	t.size += size
}

func (t *dynamicTable) resize(size int) {
	t.max = size
	t.evict(size)
}

// evict takes the oldest entries out until no more than size bytes are left.
func (t *dynamicTable) evict(size int) {
	for t.n > 0 && t.size > size {
		t.size -= entrySize(t.ring[t.first])
		t.ring[t.first] = httpmsg.Field{}
		t.first = (t.first + 1) & (len(t.ring) - 1)
		t.n--
	}
}

func (t *dynamicTable) grow() {
	ring := make([]httpmsg.Field, max(16, 2*len(t.ring)))
	for i := range t.n {
		ring[i] = t.ring[(t.first+i)&(len(t.ring)-1)]
	}
	t.ring, t.first = ring, 0
}

// staticTable is RFC 7541, appendix A.
var staticTable = [...]httpmsg.Field{
	{Name: ":authority"},
	{Name: ":method", Value: "GET"},
	{Name: ":method", Value: "POST"},
	{Name: ":path", Value: "/"},
	{Name: ":path", Value: "/index.html"},
	{Name: ":scheme", Value: "http"},
	{Name: ":scheme", Value: "https"},
	{Name: ":status", Value: "200"},
	{Name: ":status", Value: "204"},
	{Name: ":status", Value: "206"},
	{Name: ":status", Value: "304"},
	{Name: ":status", Value: "400"},
	{Name: ":status", Value: "404"},
	{Name: ":status", Value: "500"},
	{Name: "accept-charset"},
	{Name: "accept-encoding", Value: "gzip, deflate"},
	{Name: "accept-language"},
	{Name: "accept-ranges"},
	{Name: "accept"},
	{Name: "access-control-allow-origin"},
	{Name: "age"},
	{Name: "allow"},
	{Name: "authorization"},
	{Name: "cache-control"},
	{Name: "content-disposition"},
	{Name: "content-encoding"},
	{Name: "content-language"},
	{Name: "content-length"},
	{Name: "content-location"},
	{Name: "content-range"},
	{Name: "content-type"},
	{Name: "cookie"},
	{Name: "date"},
	{Name: "etag"},
	{Name: "expect"},
	{Name: "expires"},
	{Name: "from"},
	{Name: "host"},
	{Name: "if-match"},
	{Name: "if-modified-since"},
	{Name: "if-none-match"},
	{Name: "if-range"},
	{Name: "if-unmodified-since"},
	{Name: "last-modified"},
	{Name: "link"},
	{Name: "location"},
	{Name: "max-forwards"},
	{Name: "proxy-authenticate"},
	{Name: "proxy-authorization"},
	{Name: "range"},
	{Name: "referer"},
	{Name: "refresh"},
	{Name: "retry-after"},
	{Name: "server"},
	{Name: "set-cookie"},
	{Name: "strict-transport-security"},
	{Name: "transfer-encoding"},
	{Name: "user-agent"},
	{Name: "vary"},
	{Name: "via"},
	{Name: "www-authenticate"},
}
