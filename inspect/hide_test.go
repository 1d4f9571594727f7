package inspect

import (
	"strings"
	"testing"
	"time"

	"tlsmitm/inspect/redact"
	"tlsmitm/inspect/tlswire"
)

// hiding returns a dissector of two legs that have shaken hands, and what the legs'
// data show.
func hiding(t *testing.T, alpn string) (*Dissector, func(leg LegName, text string), map[LegName]*strings.Builder) {
	t.Helper()
	r, err := redact.New(redact.Default())
	if err != nil {
		t.Fatal(err)
	}
	at := time.Unix(0, 0)
	shown := map[LegName]*strings.Builder{LegClient: {}, LegServer: {}}
	d := newDissector(1, Meta{Mode: ModeIntercept}, at, -1, newMasterStore(1), func(e *Event) {
		if data, ok := e.Body.(*Data); ok {
			shown[e.Leg].Write(data.Bytes)
		}
	})
	d.hide(r)
	for leg := range shown {
		c := d.leg(leg)
		c.version, c.alpn, c.done = tlswire.VersionTLS13, alpn, true
	}
	feed := func(leg LegName, text string) {
		f := d.leg(leg).flow(true)
		f.began = true
		f.data(segment{n: len(text), at: at, row: d.rowFor(f.conv, f)}, []byte(text), len(text), 1, "")
		d.flushData()
	}
	return d, feed, shown
}

// TestLegsHideAlike: what both legs carry shows the same on both, however it is cut.
func TestLegsHideAlike(t *testing.T) {
	const head = "GET /?token=abcdefghijkl HTTP/1.1\r\nAuthorization: Bearer mnopqrstuvwxyz0123\r\n\r\n"
	_, feed, shown := hiding(t, "http/1.1")
	for range 3 {
		feed(LegClient, head[:20])
		feed(LegClient, head[20:])
		feed(LegServer, head[:5])
		feed(LegServer, head[5:70])
		feed(LegServer, head[70:])
	}
	client, server := shown[LegClient].String(), shown[LegServer].String()
	if client != server || len(client) != 3*len(head) {
		t.Errorf("the client's leg shows\n%q\nthe server's\n%q", client, server)
	}
	if !strings.Contains(client, "Authorization: Bearer ‹") || strings.Contains(client, "mnop") || strings.Contains(client, "abcd") {
		t.Errorf("it shows %q", client)
	}
}

// TestSecretsAfterALoss: what follows bytes that nobody saw may be the rest of a secret.
func TestSecretsAfterALoss(t *testing.T) {
	for alpn, before := range map[string]string{
		"http/1.1": "GET / HTTP/1.1\r\nX-Of: a",
		"h2":       "\x00\x00\x40\x00\x00\x00\x00\x00\x01" + `{"of":"a`,
	} {
		for _, lossy := range []LegName{LegClient, LegServer} {
			d, feed, shown := hiding(t, alpn)
			feed(LegClient, before)
			feed(LegServer, before)
			d.leg(lossy).flow(true).unseen(time.Unix(1, 0)) // where the name of a secret was
			feed(lossy, "mnopqrstuvwxyz0123")
			if got := shown[lossy].String(); strings.Contains(got, "mnop") {
				t.Errorf("%s: the %s leg shows %q", alpn, lossy, got)
			}
		}
	}
}
