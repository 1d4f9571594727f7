package tlswire

import (
	"bytes"
	"errors"
	"testing"
)

func TestParseRecord(t *testing.T) {
	b := []byte{22, 3, 1, 0, 3, 'a', 'b', 'c', 23}
	for n := range 8 {
		if rec, got, err := ParseRecord(b[:n]); got != 0 || err != nil || rec.Fragment != nil {
			t.Errorf("%d bytes: %v, %d, %v", n, rec, got, err)
		}
	}
	rec, n, err := ParseRecord(b)
	if err != nil || n != 8 || rec.Type != ContentTypeHandshake || rec.Version != VersionTLS10 ||
		string(rec.Fragment) != "abc" {
		t.Errorf("%v, %d, %v", rec, n, err)
	}
	if &rec.Fragment[0] != &b[5] {
		t.Error("the fragment does not alias the input")
	}
	if rec, n, err := ParseRecord([]byte{23, 3, 3, 0, 0}); err != nil || n != 5 || len(rec.Fragment) != 0 {
		t.Errorf("an empty record: %v, %d, %v", rec, n, err)
	}
	longest := append([]byte{23, 3, 3, MaxCiphertext >> 8, MaxCiphertext & 0xff}, make([]byte, MaxCiphertext)...)
	if _, n, err := ParseRecord(longest); err != nil || n != RecordHeaderLen+MaxCiphertext {
		t.Errorf("the longest record: %d, %v", n, err)
	}
}

// TestParseRecordRefuses holds that what is no record is told by its first bytes.
func TestParseRecordRefuses(t *testing.T) {
	for _, c := range []struct {
		b    []byte
		want RecordError
		text string
	}{
		{[]byte("GET / HTTP/1.1"), RecordError{"type", 'G'}, "tlswire: record type is 0x47"},
		{[]byte{19}, RecordError{"type", 19}, "tlswire: record type is 0x13"},
		{[]byte{25}, RecordError{"type", 25}, "tlswire: record type is 0x19"},
		{[]byte{0x80, 0x2e, 1, 3, 1}, RecordError{"type", 0x80}, "tlswire: record type is 0x80"},
		{[]byte{22, 2}, RecordError{"version", 2}, "tlswire: record version has major byte 2, not 3"},
		{[]byte{22, 3, 3, 0x48, 1}, RecordError{"length", 0x4801}, "tlswire: record length 18433 exceeds 18432"},
	} {
		_, n, err := ParseRecord(c.b)
		var got *RecordError
		if !errors.As(err, &got) || *got != c.want || n != 0 || err.Error() != c.text {
			t.Errorf("% x: %d, %v", c.b, n, err)
		}
	}
}

func FuzzParseRecord(f *testing.F) {
	seeds := 0
	for _, hello := range sampleHellos(f) {
		record := append([]byte{22, 3, 1, byte(len(hello) >> 8), byte(len(hello))}, hello...)
		f.Add(append(record, record...))
		seeds++
	}
	if seeds == 0 {
		f.Fatal("no seeds")
	}
	f.Add([]byte{23, 3, 3, 0, 0})
	f.Add([]byte{21, 3, 3, 0, 2, 2, 48})
	f.Fuzz(func(t *testing.T, b []byte) {
		rec, n, err := ParseRecord(b)
		if err != nil && n != 0 || n > len(b) || n > 0 && n != RecordHeaderLen+len(rec.Fragment) {
			t.Fatalf("%d of %d bytes, %v", n, len(b), err)
		}
		// However the bytes are cut, a prefix gives the same record, asks for
		// more, or, if there is none, tells the same fault.
		for cut := range min(len(b), n+RecordHeaderLen) {
			r, m, e := ParseRecord(b[:cut])
			switch {
			case m == 0 && e == nil:
			case e != nil && (err == nil || e.Error() != err.Error()):
				t.Fatalf("the first %d bytes: %v; all: %v", cut, e, err)
			case m != 0 && (m != n || r.Type != rec.Type || r.Version != rec.Version || !bytes.Equal(r.Fragment, rec.Fragment)):
				t.Fatalf("the first %d bytes: %v; all: %v", cut, r, rec)
			case m != 0 && cut < n:
				t.Fatalf("%d bytes read of %d", m, cut)
			}
		}
	})
}
