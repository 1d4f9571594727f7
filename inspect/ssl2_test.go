package inspect

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// TestSSL2 reads a conversation of SSL 2.0 as far as it is in the clear
// (draft-hickman-netscape-ssl-00 appendix A). Nothing on this machine speaks it any
// more, so the bytes are made by hand.
func TestSSL2(t *testing.T) {
	hello := "\x80\x1c\x01\x00\x02\x00\x03\x00\x00\x00\x10\x07\x00\xc0" + strings.Repeat("c", 16)
	answer := "\x80\x1e\x04\x00\x00\x00\x02\x00\x00\x00\x03\x00\x10\x07\x00\xc0" + strings.Repeat("s", 16)
	key := "\x80\x0e\x02\x07\x00\xc0\x00\x00\x00\x02\x00\x02kkaa"
	sealed := "\x00\x08\x03" + "sealed\x00\x00" // with padding
	up, down := []byte(hello+key+sealed+sealed), []byte(answer+sealed)
	for _, n := range []int{1, 3, 1000} {
		rec := &recording{}
		rec.add(part{up: true, b: up[:len(hello)]})
		rec.add(part{b: down[:len(answer)]})
		rec.add(part{up: true, b: up[len(hello):]})
		rec.add(part{b: down[len(answer):]})
		events := rec.dissect(LegDirect, newMasterStore(1), pieces(n))
		if got, want := messages(events, PartyClient), []string{"Client Hello", "Client Master Key"}; !slices.Equal(got, want) {
			t.Errorf("in runs of %d: %q, not %q", n, got, want)
		}
		if got, want := messages(events, PartyServer), []string{"Server Hello"}; !slices.Equal(got, want) {
			t.Errorf("in runs of %d: %q, not %q", n, got, want)
		}
		closed := 0
		for _, e := range events {
			if d, ok := e.Body.(*Data); ok && d.Reason == reasonSSL2 {
				closed += d.Records
			}
			if line := e.AppendJSON(nil); e.Kind == KindTLSMessage && !bytes.Contains(line, []byte(`"ssl2":true`)) {
				t.Errorf("%s", line)
			}
		}
		if closed != 3 {
			t.Errorf("in runs of %d: %d closed records, not 3", n, closed)
		}
		checkAccounted(t, rec, events)
	}
}
