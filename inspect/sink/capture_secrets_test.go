package sink

import (
	"strings"
	"testing"
	"time"

	"tlsmitm/inspect"
	"tlsmitm/inspect/tlswire"
)

// TestCapturePutsSecretsFirst: packets that need secrets come after them, but do not
// wait for ever; and connections come out in the order of their times.
func TestCapturePutsSecretsFirst(t *testing.T) {
	const random = " aa11 "
	tls13 := []string{"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"}
	hello := new(tlswire.ServerHello)
	leg := inspect.LegServer
	begin := newTape(1, inspect.ViaConnect).sockets(leg, "10.0.0.2:2", "10.0.0.3:443").up(leg, "client hello").down(leg, "server hello and sealed")
	begin.add(leg, server, proxy, inspect.KindTLSMessage, &inspect.Message{ServerHello: hello})
	out := new(file)
	c := NewCapture(out)
	now := time.Now()
	write := func(events []*inspect.Event) {
		t.Helper()
		for _, e := range events {
			c.take(e, now)
		}
	}
	count := func(after time.Duration) int {
		t.Helper()
		pending, err := c.Flush(now.Add(after))
		if err != nil {
			t.Fatal(err)
		}
		n := len(readBlocks(t, out.Bytes()).packets)
		if pending != (len(c.held) > 0) {
			t.Errorf("pending is %v", pending)
		}
		return n
	}
	write(begin.events)
	if n := count(settleTime - 1); n != 0 {
		t.Errorf("%d packets were not given time to settle", n)
	}
	if n := count(secretsTime - 1); n != 0 {
		t.Errorf("%d packets came before their secrets", n)
	}
	late := newTape(2, inspect.ViaConnect).sockets(leg, "10.0.0.2:9", "10.0.0.3:443")
	late.at = begin.at.Add(-time.Second) // another connection's, but earlier
	write(late.up(leg, "before").events)
	var secrets []*inspect.Event
	for _, label := range tls13 {
		secrets = append(secrets, &inspect.Event{Conn: 1, Leg: leg, Kind: inspect.KindSecret, Body: &inspect.Secret{Line: label + random + "bb22"}})
	}
	write(secrets[:3])
	if n := count(secretsTime - 1); n != 4 { // those of the other connection
		t.Errorf("%d packets came before all secrets were there", n)
	}
	write(secrets[3:])
	if n := count(settleTime); n != 9 {
		t.Errorf("%d packets came after the secrets", n)
	}
	got := readBlocks(t, out.Bytes())
	if n := strings.Count(got.secrets, random); n != 4 || strings.Join(got.order, " ") != "section secrets secrets secrets server server server server secrets server server server server server" {
		t.Errorf("%d secrets, in the order %s", n, got.order)
	}
	// And without any.
	write(newTape(3, inspect.ViaConnect).sockets(leg, "10.0.0.2:3", "10.0.0.3:443").down(leg, "sealed").
		add(leg, server, proxy, inspect.KindTLSMessage, &inspect.Message{ServerHello: hello}).events)
	if n := count(secretsTime - 1); n != 9 {
		t.Errorf("%d packets did not wait", n-9)
	}
	if n := count(secretsTime); n != 13 {
		t.Errorf("%d packets wait for what will not come", 13-n)
	}
}

// secretsOf are a handshake's, as a key log tells them.
func secretsOf(leg inspect.LegName, labels ...string) (list []*inspect.Event) {
	for _, label := range labels {
		list = append(list, &inspect.Event{Conn: 1, Leg: leg, Kind: inspect.KindSecret, Body: &inspect.Secret{Line: label + " AA11 bb22"}})
	}
	return list
}

// TestCaptureWaitsForAllSecrets: that some of a handshake's secrets are there already, and
// open its beginning, does not let packets go: analysers want all of them before it ends.
func TestCaptureWaitsForAllSecrets(t *testing.T) {
	leg := inspect.LegDirect
	hello := &inspect.Message{ClientHello: &tlswire.ClientHello{Random: []byte{0xaa, 0x11}}}
	early := &inspect.Message{ClientHello: &tlswire.ClientHello{Random: []byte{0xaa, 0x11}, EarlyData: true}}
	other := &inspect.Message{ClientHello: &tlswire.ClientHello{Random: []byte{0xcc}}}
	inner := &inspect.Message{ClientHello: &tlswire.ClientHello{Random: []byte{0xdd}}, Inner: true}
	answer := &inspect.Message{ServerHello: new(tlswire.ServerHello)}
	sealed := &inspect.Message{Reason: "its secret did not come"}
	handshake := []string{"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET"}
	traffic := []string{"CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"}
	for name, c := range map[string]struct {
		said  []any // bodies, or the labels of secrets
		waits bool
	}{
		"nothing":                      {[]any{hello}, false},
		"a handshake":                  {[]any{hello, answer}, true},
		"its beginning opened":         {[]any{hello, answer, handshake, &inspect.Message{}, new(inspect.Established)}, true},
		"data of one end opened":       {[]any{hello, answer, handshake, traffic[:1], new(inspect.Data)}, true},
		"all secrets":                  {[]any{hello, answer, handshake, traffic}, false},
		"all secrets, before":          {[]any{hello, handshake, traffic, answer}, false},
		"a master secret":              {[]any{hello, answer, []string{"CLIENT_RANDOM"}}, false},
		"no secret, and nothing opens": {[]any{hello, answer, sealed}, false},
		"no secret, and data closed":   {[]any{hello, answer, &inspect.Data{Reason: "its secret did not come"}}, false},
		"no secret, and none needed":   {[]any{hello, answer, new(inspect.Established)}, false},
		"another handshake":            {[]any{hello, answer, handshake, traffic, other, answer}, true},
		"an inner hello":               {[]any{hello, answer, handshake, inner}, true},
		"an inner hello, all secrets":  {[]any{hello, answer, handshake, inner, traffic}, false},
		"early data":                   {[]any{early}, true},
		"early data, and its secret":   {[]any{early, []string{"CLIENT_EARLY_TRAFFIC_SECRET"}}, false},
		"early data, and the answer":   {[]any{early, []string{"CLIENT_EARLY_TRAFFIC_SECRET"}, answer}, true},
		"early data, without a secret": {[]any{early, &inspect.Data{Reason: "its secret did not come", Early: true}}, false},
	} {
		capture := NewCapture(new(file))
		for _, said := range c.said {
			events := []*inspect.Event{{Conn: 1, Leg: leg, Body: said}}
			if labels, ok := said.([]string); ok {
				events = secretsOf(leg, labels...)
			}
			for _, e := range events {
				capture.take(e, time.Now())
			}
		}
		if got := capture.conns[1].leg(leg).waits; got != c.waits {
			t.Errorf("%s: waits is %v", name, got)
		}
	}
}
