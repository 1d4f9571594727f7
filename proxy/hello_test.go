package proxy

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"testing"

	"tlsmitm/inspect/tlswire"
)

// scan feeds b to a scanner in pieces of n bytes.
func scan(b []byte, n int) (firstBytes, *helloScan) {
	s := &helloScan{}
	for len(b) > 0 {
		piece := b[:min(n, len(b))]
		b = b[len(piece):]
		s.buf = append(s.buf, piece...)
		if what := s.next(); what != firstUndecided {
			return what, s
		}
	}
	return firstUndecided, s
}

// record wraps b in records of at most n bytes.
func record(b []byte, n int) []byte {
	var out []byte
	for len(b) > 0 {
		part := b[:min(n, len(b))]
		b = b[len(part):]
		out = append(out, byte(tlswire.ContentTypeHandshake), 3, 1)
		out = binary.BigEndian.AppendUint16(out, uint16(len(part)))
		out = append(out, part...)
	}
	return out
}

func TestHelloScan(t *testing.T) {
	hello := captureHello(t, &tls.Config{ServerName: "origin.example", NextProtos: []string{"h2"}})
	msg := hello[5:]
	huge := append([]byte{1, 1, 0, 1}, make([]byte, 1<<16+1)...)
	cut := bytes.Clone(msg)
	cut[3] -= 10
	for _, c := range []struct {
		name string
		b    []byte
		want firstBytes
	}{
		{"a hello", hello, firstHello},
		{"with more behind it", append(bytes.Clone(hello), "more"...), firstHello},
		{"one byte a record", record(msg, 1), firstHello},
		{"two records", record(msg, len(msg)-1), firstHello},
		{"empty records before it", append([]byte{22, 3, 1, 0, 0, 22, 3, 1, 0, 0}, hello...), firstHello},
		{"half a hello", hello[:len(hello)/2], firstUndecided},
		{"one byte", hello[:1], firstUndecided},
		{"nothing", nil, firstUndecided},
		{"HTTP", []byte("GET / HTTP/1.1\r\n"), firstOther},
		{"SSH", []byte("SSH-2.0-x\r\n"), firstOther},
		{"SSL 2.0", []byte{0x80, 46, 1, 0, 2}, firstOther},
		{"22 and no version", []byte{22, 9}, firstOther},
		{"a Server Hello", record([]byte{2, 0, 0, 1, 0}, 100), firstMalformed},
		{"an alert inside", append(record(msg[:20], 100), 21, 3, 1, 0, 2, 2, 40), firstMalformed},
		{"a record too long", []byte{22, 3, 1, 0xff, 0xff}, firstMalformed},
		{"a shorter length", record(cut, 1<<14), firstMalformed},
		{"a hello of 64 KiB and a byte", record(huge, 1<<14), firstTooLarge},
		{"nothing but empty records", bytes.Repeat([]byte{22, 3, 1, 0, 0}, maxSniff/5+1), firstTooLarge},
	} {
		for _, n := range []int{1, 7, 1 << 20} {
			what, s := scan(c.b, n)
			if what != c.want {
				t.Errorf("%s, in pieces of %d: %v (%v), want %v", c.name, n, what, s.err, c.want)
			}
			if what == firstHello && (s.hello == nil || s.hello.ServerName != "origin.example") {
				t.Errorf("%s: read as %+v", c.name, s.hello)
			}
			if (what == firstMalformed || what == firstTooLarge) && s.err == nil {
				t.Errorf("%s: no error says why", c.name)
			}
		}
	}
}

// The largest hello that is allowed is read.
func TestHelloScanLargest(t *testing.T) {
	hello := captureHello(t, &tls.Config{ServerName: "origin.example"})
	msg := bytes.Clone(hello[5:])
	// A padding extension (RFC 7685) fills it up.
	extensions := 4 + 2 + 32 + 1 + 32
	suites := int(binary.BigEndian.Uint16(msg[extensions:]))
	at := extensions + 2 + suites + 2
	pad := maxHello - (len(msg) - 4) - 4
	msg = append(msg, 0, 21)
	msg = binary.BigEndian.AppendUint16(msg, uint16(pad))
	msg = append(msg, make([]byte, pad)...)
	binary.BigEndian.PutUint16(msg[at:], uint16(len(msg)-at-2))
	msg[1], msg[2], msg[3] = byte((len(msg)-4)>>16), byte((len(msg)-4)>>8), byte(len(msg)-4)
	if what, s := scan(record(msg, 1<<14), 1000); what != firstHello {
		t.Errorf("%v: %v", what, s.err)
	}
}

func FuzzHelloScan(f *testing.F) {
	hello := captureHello(f, &tls.Config{ServerName: "origin.example"})
	f.Add(hello, uint16(1))
	f.Add(record(hello[5:], 3), uint16(10))
	f.Add([]byte("GET / HTTP/1.1"), uint16(3))
	f.Fuzz(func(t *testing.T, b []byte, n uint16) {
		whole, _ := scan(b, max(len(b), 1))
		pieces, s := scan(b, int(n)+1)
		if whole != pieces {
			t.Fatalf("%v at once, %v in pieces of %d", whole, pieces, n+1)
		}
		if !bytes.HasPrefix(b, s.buf) {
			t.Fatal("the scanner has altered what it looks at")
		}
	})
}
