package protobuf

import (
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"tlsmitm/inspect/runes"
)

// Tree writes fields in the manner of protoscope, one a line, in at most limit
// bytes; a last line "…" says that the limit cut them. What else a value may mean
// is in a comment.
//
//	1: 150  # sint 75
//	2: {"testing"}
//	3: {
//	  1: 2.5  # fixed64 4612811918334230528
//	}
//	4: {`038e029ea705`}  # packed 3, 270, 86942
func Tree(fields []Field, limit int) string {
	w := &treeWriter{limit: max(limit, 0)}
	w.fields(fields, 0)
	if !w.full() {
		return strings.TrimRight(string(w.out), "\n")
	}
	return strings.TrimRight(runes.Whole(string(w.out[:w.limit])), " \n") + "\n…"
}

type treeWriter struct {
	out   []byte
	limit int
}

// full says that no more is wanted. The last line break does not count.
func (w *treeWriter) full() bool { return len(w.out) > w.limit+1 }

func (w *treeWriter) fields(fields []Field, depth int) {
	for i := range fields {
		if w.full() {
			return
		}
		w.field(&fields[i], depth)
	}
}

// line writes a line; the comment may be empty.
func (w *treeWriter) line(depth int, s, comment string) {
	w.out = append(w.out, strings.Repeat("  ", depth)...)
	w.out = append(w.out, s...)
	if comment != "" {
		w.out = append(w.out, "  # "...)
		w.out = append(w.out, comment...)
	}
	w.out = append(w.out, '\n')
}

func (w *treeWriter) field(f *Field, depth int) {
	name := strconv.Itoa(int(f.Number)) + ": "
	cut := ""
	if f.Cut {
		cut = "cut"
	}
	switch {
	case f.Number == 0:
		w.line(depth, hexed(w.clip(f.Bytes)), joined("not a field", cut))
	case f.Type == protowire.VarintType:
		value, comment := varint(f.Value)
		w.line(depth, name+value, comment)
	case f.Type == protowire.Fixed32Type:
		value, comment := fixed32(uint32(f.Value))
		w.line(depth, name+value, comment)
	case f.Type == protowire.Fixed64Type:
		value, comment := fixed64(f.Value)
		w.line(depth, name+value, comment)
	case f.Reading == Message || f.Reading == Group:
		open := "{"
		if f.Reading == Group {
			open = "!{"
		}
		w.line(depth, name+open, "")
		w.fields(f.Fields, depth+1)
		w.line(depth, "}", cut)
	case len(f.Bytes) == 0:
		w.line(depth, name+"{}", cut)
	case f.Reading == Text:
		text := string(w.clip(f.Bytes))
		if f.Cut || len(text) < len(f.Bytes) {
			text = runes.Whole(text)
		}
		w.line(depth, name+"{"+strconv.Quote(text)+"}", cut)
	default:
		w.line(depth, name+"{"+hexed(w.clip(f.Bytes))+"}", joined(packed(f.Bytes), cut))
	}
}

// clip spares work for what is cut anyway.
func (w *treeWriter) clip(b []byte) []byte {
	return b[:min(len(b), max(w.limit-len(w.out), 0)+utf8.UTFMax)]
}

func hexed(b []byte) string { return "`" + hex.EncodeToString(b) + "`" }

func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + ", " + b
}

// varint reads one as int64, and tells of uint64, sint64 and bool.
func varint(v uint64) (value, comment string) {
	value, comment = strconv.FormatInt(int64(v), 10), fmt.Sprintf("sint %d", protowire.DecodeZigZag(v))
	switch {
	case v == 0:
		comment = "false"
	case v == 1:
		comment = "true, " + comment
	case int64(v) < 0:
		comment = fmt.Sprintf("uint %d, %s", v, comment)
	}
	return value, comment
}

// fixed32 reads one as a float if it is a likely one.
func fixed32(v uint32) (value, comment string) {
	float, number := math.Float32frombits(v), strconv.FormatInt(int64(int32(v)), 10)
	text := decimal(float64(float), 32)
	if likely(float64(float)) {
		return text + "i32", "fixed32 " + number
	}
	return number + "i32", "float " + text
}

// fixed64 does the same.
func fixed64(v uint64) (value, comment string) {
	float, number := math.Float64frombits(v), strconv.FormatInt(int64(v), 10)
	text := decimal(float, 64)
	if likely(float) {
		return text, "fixed64 " + number
	}
	return number + "i64", "double " + text
}

// likely says whether a number is of a magnitude that people compute with. Zero is
// as likely an integer.
func likely(v float64) bool {
	a := math.Abs(v)
	return a > 1e-9 && a < 1e15
}

// decimal writes the shortest number that is that float, with a point.
func decimal(v float64, bits int) string {
	s := strconv.FormatFloat(v, 'g', -1, bits)
	if strings.ContainsAny(s, ".eIN") {
		return s
	}
	return s + ".0"
}

// packed tells what bytes are as a packed repeated field of varints, or of floats.
// Long ones are not worth it.
func packed(b []byte) string {
	if len(b) < 2 || len(b) > 64 {
		return ""
	}
	var values []string
	for rest := b; len(rest) > 0; {
		v, n := protowire.ConsumeVarint(rest)
		if n < 0 || n != protowire.SizeVarint(v) { // nobody writes more bytes than it takes
			return packedFixed(b)
		}
		values = append(values, strconv.FormatInt(int64(v), 10))
		rest = rest[n:]
	}
	return "packed " + strings.Join(values, ", ")
}

// packedFixed reads floats or doubles, if all of them are likely ones.
func packedFixed(b []byte) string {
	for _, size := range []int{8, 4} {
		if len(b)%size != 0 || len(b) == size {
			continue
		}
		var values []string
		for rest := b; len(rest) > 0; rest = rest[size:] {
			v, bits := 0.0, 8*size
			if size == 8 {
				u, _ := protowire.ConsumeFixed64(rest)
				v = math.Float64frombits(u)
			} else {
				u, _ := protowire.ConsumeFixed32(rest)
				v = float64(math.Float32frombits(u))
			}
			if v != 0 && !likely(v) {
				break
			}
			values = append(values, decimal(v, bits))
		}
		if len(values) == len(b)/size {
			return "packed " + strings.Join(values, ", ")
		}
	}
	return ""
}
