package body

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"
)

// TestCBOR has the examples of RFC 8949, appendix A.
func TestCBOR(t *testing.T) {
	for _, c := range []struct{ hex, want string }{
		{"00", "0"}, {"17", "23"}, {"1818", "24"}, {"1903e8", "1000"}, {"1a000f4240", "1000000"}, {"1bffffffffffffffff", "18446744073709551615"},
		{"c249010000000000000000", "18446744073709551616"}, {"3bffffffffffffffff", "-18446744073709551616"}, {"c349010000000000000000", "-18446744073709551617"}, {"c25f4101420000ff", "65536"}, {"c35fff", "-1"}, {"c25f4101", "2((_h'01'…"}, {"c25f6101ff", ""}, {"20", "-1"}, {"3903e7", "-1000"},
		{"f90000", "0.0"}, {"f98000", "-0.0"}, {"f93c00", "1.0"}, {"fb3ff199999999999a", "1.1"}, {"f97bff", "65504.0"}, {"fa47c35000", "100000.0"}, {"fa7f7fffff", "3.4028234663852886e+38"},
		{"fb7e37e43c8800759c", "1.0e+300"}, {"f90001", "5.960464477539063e-8"}, {"f90400", "0.00006103515625"}, {"fbc010666666666666", "-4.1"}, {"f97c00", "Infinity"}, {"f97e00", "NaN"}, {"fbfff0000000000000", "-Infinity"},
		{"f4", "false"}, {"f5", "true"}, {"f6", "null"}, {"f7", "undefined"}, {"f0", "simple(16)"}, {"f8ff", "simple(255)"},
		{"c074323031332d30332d32315432303a30343a30305a", `0("2013-03-21T20:04:00Z")`}, {"d74401020304", "23(h'01020304')"}, {"d818456449455446", `24(<<"IETF">>)`},
		{"40", "h''"}, {"5fff", "''_"}, {"7fff", `""_`}, {"4401020304", "h'01020304'"}, {"60", `""`}, {"62225c", `"\"\\"`}, {"62c3bc", `"ü"`}, {"64f0908591", `"𐅑"`},
		{"80", "[]"}, {"83010203", "[1,2,3]"}, {"8301820203820405", "[1,[2,3],[4,5]]"}, {"a0", "{}"}, {"a201020304", "{1:2,3:4}"}, {"a26161016162820203", `{"a":1,"b":[2,3]}`},
		{"5f42010243030405ff", "(_h'0102',h'030405')"}, {"7f657374726561646d696e67ff", `(_"strea","ming")`}, {"9fff", "[_]"}, {"9f018202039f0405ffff", "[_1,[2,3],[_4,5]]"},
		{"bf61610161629f0203ffff", `{_"a":1,"b":[_2,3]}`}, {"826161bf61626163ff", `["a",{_"b":"c"}]`},
		{"0102", "12"}, {"8301", "[1,…"}, {"636162", `"ab"…`}, {"18", "…"}, {"d818", "24(…"}, {"d8184101", "24(<<1>>)"}, {"62ffff", `"\xff\xff"`},
		{"1c", ""}, {"ff", ""}, {"81ff", ""}, {"5f00ff", ""}, {"5f6161ff", ""}, {"f818", ""}, {"bf01ff", ""}, {"1f", ""}, {"dfff", ""},
	} {
		b, err := hex.DecodeString(c.hex)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := Pretty(CBOR, "", b, wide)
		if got = squeeze(got); got != c.want || ok != (c.want != "") {
			t.Errorf("%s: %v %q, not %q", c.hex, ok, got, c.want)
		}
	}
	if got, ok := Pretty(CBOR, "", bytes.Repeat([]byte{0x81}, 1000), wide); !ok || !strings.HasSuffix(got, "\n…") {
		t.Errorf("deep: %v %s", ok, got)
	}
}

// squeeze takes whitespace out that is not in a string.
func squeeze(s string) string {
	var out strings.Builder
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			quoted = !quoted
		case quoted && c == '\\':
			out.WriteByte(c)
			i++
		case !quoted && (c == ' ' || c == '\n'):
			continue
		}
		out.WriteByte(s[i])
	}
	return out.String()
}

// FuzzCBOR holds the notation to that of another implementation, whitespace and
// the escapes in strings aside.
func FuzzCBOR(f *testing.F) {
	for _, s := range []string{"a26161016162820203", "9f018202039f0405ffff", "fb7e37e43c8800759c", "c249010000000000000000", "7f657374726561646d696e67ff", "d818456449455446", "c25f41014102ff", "c25841" + strings.Repeat("99", 65), "5f42010243030405ff", "f90001"} {
		b, _ := hex.DecodeString(s)
		f.Add(b)
	}
	diag, err := cbor.DiagOptions{CBORSequence: true, MaxNestedLevels: 60}.DiagMode()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		want, err := diag.Diagnose(b)
		if err != nil || len(b) == 0 {
			return // it may be stricter, since what is shown here may be wrong
		}
		got, ok := Pretty(CBOR, "", b, 8*wide)
		if !ok {
			t.Fatalf("%x is %s", b, want)
		}
		if strings.Contains(got, "<<") || longBignum.MatchString(got) || len(b) > sniffed {
			return // a string there, a number there, or perhaps more than the limit
		}
		if a, b := plain(got), plain(want); a != b {
			t.Fatalf("%s\nnot\n%s", got, want)
		}
	})
}

// plain leaves out in what the two differ by intention: whitespace, commas between
// the items of a sequence, and escapes.
func plain(s string) string {
	s = unicodeEscape.ReplaceAllStringFunc(squeeze(s), func(e string) string {
		n, _ := strconv.ParseUint(e[2:], 16, 32)
		return "<" + strconv.FormatUint(n, 16) + ">"
	})
	var out strings.Builder
	for _, r := range s {
		switch {
		case r >= utf8.RuneSelf:
			for _, u := range utf16.Encode([]rune{r}) {
				out.WriteString("<" + strconv.FormatUint(uint64(u), 16) + ">")
			}
		case r != ',' && r != ' ' && r != '\n':
			out.WriteRune(r)
		}
	}
	return out.String()
}

var longBignum = regexp.MustCompile(`\b[23]\((h'[0-9a-f]{100}|\(_)`)

var unicodeEscape = regexp.MustCompile(`\\u[0-9a-f]{4}`)

// TestMessagePack compares with what Python's library packed.
func TestMessagePack(t *testing.T) {
	lines, n := bufio.NewScanner(bytes.NewReader(file(t, "msgpack.jsonl"))), 0
	lines.Buffer(nil, 1<<20)
	for ; lines.Scan(); n++ {
		var c struct {
			Packed string
			Value  any
		}
		d := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		d.UseNumber()
		if err := d.Decode(&c); err != nil {
			t.Fatal(err)
		}
		b, err := hex.DecodeString(c.Packed)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := Pretty(MessagePack, "", b, wide)
		var v any
		d = json.NewDecoder(strings.NewReader(got))
		d.UseNumber()
		if err := d.Decode(&v); !ok || err != nil {
			t.Fatalf("%s: %v\n%s", c.Packed, err, got)
		}
		if !reflect.DeepEqual(numbers(v), numbers(c.Value)) {
			t.Errorf("%s\n%s\nnot\n%v", c.Packed, got, c.Value)
		}
	}
	if n < 30 {
		t.Errorf("only %d values", n)
	}
}

// numbers makes floats comparable, and leaves integers as they are written.
func numbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if f, err := v.Float64(); err == nil && strings.ContainsAny(v.String(), ".e") {
			return f
		}
		return v.String()
	case []any:
		for i := range v {
			v[i] = numbers(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = numbers(v[k])
		}
	}
	return v
}

func TestMessagePackOddities(t *testing.T) {
	for _, c := range []struct{ hex, want string }{
		{"c403010203", "h'010203'"}, {"d6ff5e0be100", "timestamp(2020-01-01T00:00:00Z)"}, {"d7ffee6b08c05e0be100", "timestamp(2020-01-01T00:00:00.999998Z)"},
		{"c70cff00000001ffffffffffffffff", "timestamp(1969-12-31T23:59:59.000000001Z)"}, {"c70cff7fffffff0000000000000000", "ext(-1, h'7fffffff0000000000000000')"},
		{"d405aa", "ext(5, h'aa')"}, {"c7020501ff", "ext(5, h'01ff')"}, {"8101c0", "{\n  1: null\n}"}, {"ca3dcccccd", "0.1"}, {"cb7ff8000000000000", "NaN"}, {"caff800000", "-Infinity"}, {"e0", "-32"}, {"d080", "-128"}, {"01c3", "1\ntrue"},
		{"92", "[\n  \n…"}, {"a3", "\"\"\n…"}, {"cd01", "\n…"}, {"dfffffffff", "{\n  \n…"}, {"d6ff5e", "ext(-1, h'5e')\n…"}, {"c1", ""}, {"91c1", ""},
	} {
		b, err := hex.DecodeString(c.hex)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := Pretty(MessagePack, "", b, wide); got != c.want || ok != (c.want != "") {
			t.Errorf("%s: %v %q, not %q", c.hex, ok, got, c.want)
		}
	}
}
