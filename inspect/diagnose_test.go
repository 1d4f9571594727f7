package inspect

import (
	"errors"
	"testing"
	"time"

	"tlsmitm/inspect/tlswire"
)

// TestDiagnose takes the ways in which real clients reject a certificate, as
// they were measured, and what the proxy reports of them.
func TestDiagnose(t *testing.T) {
	plainAlert := func(desc byte) []byte { return []byte{21, 3, 3, 0, 2, 2, desc} }
	tests := []struct {
		name       string
		outcome    Cause
		err        string
		alert      byte // from the client, in the clear; 0 for none
		rejectable bool // our certificate was sent
		done       bool // both finished
		data       bool // the client said something
		after      time.Duration
		code       Cause
		confidence Confidence
		cause      Cause // of conn.close
	}{
		{"OpenSSL, untrusted CA", CauseClientHandshakeFailed, "local error: tls: bad record MAC", 48, true, false, false, 0, CauseClientRejected, Certain, CauseClientRejected},
		{"Java, untrusted CA", CauseClientHandshakeFailed, "remote error", 46, true, false, false, 0, CauseClientRejected, Certain, CauseClientRejected},
		{"Node, TLS 1.3", CauseClientClosed, "EOF", 0, true, false, false, 0, CauseClientRejected, Probable, CauseClientClosed},
		{"wget", CauseOK, "", 0, true, true, false, time.Millisecond, CauseClientRejected, Probable, CauseOK},
		{"a page that loaded", CauseOK, "", 0, true, true, true, time.Millisecond, "", "", CauseOK},
		{"a connection opened ahead of need", CauseOK, "", 0, true, true, false, time.Minute, "", "", CauseOK},
		{"reset in the middle of its talk", CauseClientReset, "reset", 0, true, true, true, time.Minute, CauseClientReset, Certain, CauseClientReset},
		{"gone before our certificate", CauseClientClosed, "EOF", 0, false, false, false, 0, CauseClientClosed, Certain, CauseClientClosed},
		{"no version in common", CauseClientHandshakeFailed, "remote error", 70, false, false, false, 0, CauseClientHandshakeFailed, Certain, CauseClientHandshakeFailed},
		{"unreachable", CauseDialFailed, "connection refused", 0, false, false, false, 0, CauseDialFailed, Certain, CauseDialFailed},
		{"shutdown", CauseShutdown, "", 0, false, false, false, 0, "", "", CauseShutdown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var events []*Event
			at := time.Now()
			d := newDissector(1, Meta{Client: "127.0.0.1:9", Target: "example.com:443"}, at, 0, newMasterStore(1), func(e *Event) { events = append(events, e) })
			c := d.leg(LegClient)
			if c.rejectable = tt.rejectable; tt.done {
				c.done, c.doneAt = true, at
			}
			if tt.alert != 0 {
				c.flows[0].began, c.flows[1].began = true, true
				c.version = tlswire.VersionTLS13
				d.chunk(LegClient, true, at, plainAlert(tt.alert))
			}
			if tt.data {
				c.flow(true).total.Data = 1
			}
			o := Outcome{Cause: tt.outcome}
			if tt.err != "" {
				o.Err = errors.New(tt.err)
			}
			d.close(at.Add(tt.after), o, nil)
			var g *Diagnosis
			for _, e := range events {
				switch b := e.Body.(type) {
				case *Diagnosis:
					g = b
				case *ConnClose:
					if b.Cause != tt.cause {
						t.Errorf("conn.close has cause %s, not %s", b.Cause, tt.cause)
					}
				}
			}
			switch {
			case g == nil && tt.code != "":
				t.Fatalf("no diagnosis")
			case g == nil:
				return
			case g.Code != tt.code || g.Confidence != tt.confidence:
				t.Errorf("diagnosis %s, %s", g.Code, g.Confidence)
			case (g.Alert == nil) != (tt.alert == 0):
				t.Errorf("alert %v", g.Alert)
			}
		})
	}
}
