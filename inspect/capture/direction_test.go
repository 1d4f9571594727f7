package capture

import (
	"slices"
	"strings"
	"testing"
)

// TestWhoSaysMessages: which end is the client is told by handshake messages, where the
// beginning was not captured and the ports mislead.
func TestWhoSaysMessages(t *testing.T) {
	record := func(messages ...string) string {
		all := strings.Join(messages, "")
		return string(append([]byte{22, 3, 3}, byte(len(all)>>8), byte(len(all)))) + all
	}
	const certificate, none, verify, done = "\x0b\x00\x00\x09\x00\x00\x06\x00\x00\x03\x30\x01\x00", "\x0b\x00\x00\x03\x00\x00\x00", "\x0f\x00\x00\x04\x04\x01\x00\x00", "\x0e\x00\x00\x00"
	for name, c := range map[string]struct {
		up, down string
		first    bool // the client's part
	}{
		"a client's certificate, and its key exchange":              {record(certificate) + record("\x10\x00\x00\x02\x00\x00"), "x", true},
		"a client's certificate, and its proof in one record":       {record(certificate, verify), "x", true},
		"a client without a certificate":                            {record(none), "x", true},
		"a client's certificate, which the server's ticket follows": {record(certificate), record("\x04\x00\x00\x06\x00\x00\x00\x00\x00\x00"), true},
		"a server's certificate, and that it is done":               {"x", record(certificate) + record(done), false},
		"a server's certificate, which the client's proof follows":  {record(verify), record(certificate), false},
		"a server's request":                                        {"x", record("\x0d\x00\x00\x04\x01\x01\x00\x00"), false},
		"a client's encrypted Finished, which begins with zeros":    {record(strings.Repeat("\x00", 8) + strings.Repeat("\x0e", 32)), record(certificate, done), true},
	} {
		t.Run(name, func(t *testing.T) {
			k := newTalk("192.0.2.9:2000", "192.0.2.1:50001") // the ports mislead
			packets := [][]byte{k.up(c.up), k.down(c.down)}
			if !c.first {
				slices.Reverse(packets)
			}
			if s := listen(packets...).one(t); s.Client != k.client {
				t.Errorf("%+v", s.Opening)
			}
		})
	}
}
