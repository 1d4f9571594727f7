package inspect

import (
	"bytes"
	"testing"
)

// An encoder writes the same, the first time and every other.
func TestEncoderWritesTheSame(t *testing.T) {
	var n Encoder
	certificates := 0
	for _, s := range setups() {
		if s.sessions != 0 {
			continue
		}
		events := s.run(t).dissect(legOf(s), newMasterStore(4), whole)
		for range 2 {
			for _, e := range events {
				if got, want := n.Append([]byte("x"), e), append([]byte("x"), e.AppendJSON(nil)...); !bytes.Equal(got, want) {
					t.Fatalf("%s: %s\nwant %s", s.name, got, want)
				}
			}
		}
		certificates = max(certificates, len(n.certificates))
	}
	if certificates == 0 {
		t.Error("no certificate was remembered")
	}
	for i := range 3000 {
		raw := append([]byte{11, 0, 8, 0}, bytes.Repeat([]byte{byte(i), byte(i >> 8)}, 1<<10)...)
		n.Append(nil, &Event{Kind: KindTLSMessage, Conn: 1, Body: &Message{ContentType: 22, HasType: true, Type: 11, Raw: raw}})
		if n.size > maxEncoded {
			t.Fatalf("%d bytes are held", n.size)
		}
	}
	if len(n.certificates) < 100 {
		t.Errorf("only %d are remembered", len(n.certificates))
	}
}
