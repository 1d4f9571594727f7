package tlswire

import (
	"bytes"
	"strings"
	"testing"
)

// outerSample is the body of an outer hello: key_share, encrypted_client_hello and ALPN.
var outerSample = hx("0303" + strings.Repeat("0f", 32) + "04 01020304 0002 1301 01 00" +
	"001e 0033 0003 0a0b0c fe0d 000e 00 0001 0001 07 0002 eeee 0002 ffff 0010 0001 aa")

// innerRandom is the inner hello's random, after its version.
var innerRandom = "0303" + strings.Repeat("1e", 32)

func TestInnerClientHello(t *testing.T) {
	head := hx(innerRandom + "00 0002 1301 01 00")
	join := func(rest string) []byte { return append(bytes.Clone(head), hx(rest)...) }
	want := append(hx(innerRandom+"04 01020304 0002 1301 01 00"),
		hx("0016 0000 0001 61 0033 0003 0a0b0c 0010 0001 aa fe0d 0001 01")...)
	want = append([]byte{1, 0, 0, byte(len(want))}, want...)
	good := "0013 0000 0001 61 fd00 0005 04 0033 0010 fe0d 0001 01"
	for _, padding := range []string{"", "00", "00000000"} {
		if got := InnerClientHello(outerSample, join(good+padding)); !bytes.Equal(got, want) {
			t.Errorf("with padding %q:\n%x\nwant\n%x", padding, got, want)
		}
	}
	for name, bad := range map[string][]byte{
		"padding that is none":             join(good + "0001"),
		"a session id":                     append(hx(innerRandom+"01 aa 0002 1301 01 00"), hx(good)...),
		"another order than the outer one": join("0009 fd00 0005 04 0010 0033"),
		"what the outer one has not":       join("0007 fd00 0003 02 0000"),
		"the outer ECH":                    join("0007 fd00 0003 02 fe0d"),
		"twice":                            join("000e fd00 0003 02 0033 fd00 0003 02 0010"),
		"half a type":                      join("0006 fd00 0002 01 00"),
		"cut":                              join(good)[:60],
		"nothing":                          nil,
	} {
		if got := InnerClientHello(outerSample, bad); got != nil {
			t.Errorf("%s: %x", name, got)
		}
	}
}

// FuzzInnerClientHello: what is put together is a whole Client Hello, with the session id
// of the outer one.
func FuzzInnerClientHello(f *testing.F) {
	f.Add(outerSample, append(hx(innerRandom+"00 0002 1301 01 00"), hx("0013 0000 0001 61 fd00 0005 04 0033 0010 fe0d 0001 01 00")...))
	f.Fuzz(func(t *testing.T, outer, encoded []byte) {
		raw := InnerClientHello(outer, encoded)
		if raw == nil {
			return
		}
		h, n, err := ParseHandshake(raw)
		if err != nil || n != len(raw) || h.Type != HandshakeTypeClientHello {
			t.Fatalf("%x: %v", raw, err)
		}
		inner, err := ParseClientHello(h.Body)
		if err != nil {
			return // extensions may be cut within
		}
		out, err := ParseClientHello(outer)
		if err != nil || !bytes.Equal(inner.SessionID, out.SessionID) || !bytes.Equal(inner.Random, encoded[2:34]) {
			t.Fatalf("%x is not made of %x and %x", raw, outer, encoded)
		}
	})
}
