package packed

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"os"
	"testing"

	"github.com/fxamacker/cbor/v2"
)

// skip goes to the end of the first value, as who reads heads does.
func skip(f Format, b []byte, depth int) (rest []byte, err error) {
	h, n, err := f.Head(b)
	if err != nil {
		return b, err
	}
	b = b[n:]
	values := uint64(0)
	switch h.Kind {
	case Break:
		return b, ErrMalformed
	case Bytes, Text, Extension:
		if h.Indefinite {
			return chunks(h.Kind, b)
		}
		if h.Arg > uint64(len(b)) {
			return b, ErrEnd
		}
		return b[h.Arg:], nil
	case Simple:
		if n > 1 && h.Arg < 32 {
			return b, ErrMalformed
		}
	case Array:
		values = h.Arg
	case Map:
		values = h.Arg
		if values <= math.MaxUint64/2 {
			values *= 2
		}
	case Tag:
		values = 1
	}
	if depth > 1000 {
		return b, errors.New("too deep")
	}
	for i := uint64(0); h.Indefinite || i < values; i++ {
		if h.Indefinite && IsBreak(b) {
			if h.Kind == Map && i%2 == 1 {
				return b, ErrMalformed
			}
			return b[1:], nil
		}
		if b, err = skip(f, b, depth+1); err != nil {
			return b, err
		}
	}
	return b, nil
}

func chunks(kind Kind, b []byte) ([]byte, error) {
	for !IsBreak(b) {
		h, n, err := CBOR.Head(b)
		switch {
		case err != nil:
			return b, err
		case h.Kind != kind || h.Indefinite:
			return b, ErrMalformed
		case h.Arg > uint64(len(b)-n):
			return b, ErrEnd
		}
		b = b[n+int(h.Arg):]
	}
	return b[1:], nil
}

// FuzzHead holds where values of CBOR end, and which bytes are none, to another
// implementation, and holds heads of both formats to be what a cut leaves no head of.
func FuzzHead(f *testing.F) {
	for _, s := range []string{"1bffffffffffffffff", "3bffffffffffffffff", "f90001", "bf6161019f0203ffff", "7f657374726561646d696e67ff", "c25f41014102ff", "f820", "d818456449455446", "c70501aabbccddee", "d9036162", "de000101", "d3ffffffffffffff80"} {
		b, err := hex.DecodeString(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	mode, err := cbor.DecOptions{MaxNestedLevels: 500, MaxArrayElements: math.MaxInt32, MaxMapPairs: math.MaxInt32}.DecMode()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, format := range []Format{CBOR, MessagePack} {
			h, n, err := format.Head(b)
			if err == nil && (n < 1 || n > len(b)) {
				t.Fatalf("the head of %x is %d bytes", b, n)
			}
			for k := range n {
				if h, _, err := format.Head(b[:k]); !errors.Is(err, ErrEnd) {
					t.Fatalf("%x is the head %+v, %v", b[:k], h, err)
				}
			}
			if again, m, err := format.Head(b[:n:n]); n > 0 && (again != h || m != n || err != nil) {
				t.Fatalf("%x is %+v, and of %x it is %+v, %v", b, h, b[:n], again, err)
			}
			for _, kind := range []Kind{Text, Bytes} {
				s := format.AppendString(nil, kind, b)
				if h, n, err := format.Head(s); err != nil || h.Kind != kind || h.Arg != uint64(len(b)) || !bytes.Equal(s[n:], b) {
					t.Fatalf("%x became %x, which is %+v, %v", b, s, h, err)
				}
			}
		}
		var raw cbor.RawMessage
		theirs, want := mode.UnmarshalFirst(b, &raw)
		ours, err := skip(CBOR, b, 0)
		var syntax *cbor.SyntaxError
		switch {
		case want == nil && (err != nil || len(ours) != len(theirs)):
			t.Fatalf("%x: %v, %d bytes are left, not %d", b, err, len(ours), len(theirs))
		case errors.As(want, &syntax) && err == nil:
			t.Fatalf("%x: %v", b, want)
		}
	})
}

func TestIntegers(t *testing.T) {
	limits := []*big.Int{new(big.Int), big.NewInt(-1)}
	for _, bits := range []uint{4, 5, 7, 8, 15, 16, 31, 32, 63, 64} {
		v := new(big.Int).Lsh(big.NewInt(1), bits)
		for _, by := range []int64{-2, -1, 0, 1} {
			near := new(big.Int).Add(v, big.NewInt(by))
			limits = append(limits, near, new(big.Int).Neg(near))
		}
	}
	for _, v := range limits {
		b, err := cbor.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if h, _, err := CBOR.Head(b); err != nil || h.Kind != Tag && h.Integer() != v.String() || h.Kind == Tag && v.BitLen() <= 64 {
			t.Errorf("%x is %s, not %v (%v)", b, h.Integer(), v, err)
		}
	}
	for s, want := range map[string]string{
		"00": "0", "7f": "127", "e0": "-32", "ff": "-1", "cc80": "128", "cfffffffffffffffff": "18446744073709551615",
		"d07f": "127", "d080": "-128", "d18000": "-32768", "d17fff": "32767", "d280000000": "-2147483648", "d38000000000000000": "-9223372036854775808", "d37fffffffffffffff": "9223372036854775807",
	} {
		b, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		if h, n, err := MessagePack.Head(b); err != nil || n != len(b) || h.Integer() != want {
			t.Errorf("%s is %s, not %s (%v)", s, h.Integer(), want, err)
		}
	}
}

// TestMessagePack goes over what Python's library packed.
func TestMessagePack(t *testing.T) {
	file, err := os.Open("../body/testdata/msgpack.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines, n := bufio.NewScanner(file), 0
	lines.Buffer(nil, 1<<20)
	for ; lines.Scan(); n++ {
		var c struct{ Packed string }
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		b, err := hex.DecodeString(c.Packed)
		if err != nil {
			t.Fatal(err)
		}
		if rest, err := skip(MessagePack, b, 0); err != nil || len(rest) > 0 {
			t.Errorf("of %s %d bytes are left: %v", c.Packed, len(rest), err)
		}
	}
	if n < 30 {
		t.Errorf("only %d values", n)
	}
}
