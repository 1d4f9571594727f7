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

// TestSpareConnection: a browser that talks over one connection has not rejected
// the certificate where it drops another unused; one that talked before has.
func TestSpareConnection(t *testing.T) {
	var accepted acceptances
	at := time.Now()
	open := func(opened time.Time) (*Dissector, *[]*Event) {
		events := new([]*Event)
		d := newDissector(1, Meta{Client: "127.0.0.1:9", Target: "example.com:443", UserAgent: "browser"}, opened, 0, newMasterStore(1), func(e *Event) { *events = append(*events, e) })
		d.accepted = &accepted
		c := d.leg(LegClient)
		c.rejectable, c.done, c.doneAt = true, true, opened
		return d, events
	}
	suspected := func(events []*Event) bool {
		for _, e := range events {
			if e.Kind == KindDiagnosis {
				return true
			}
		}
		return false
	}
	busy, _ := open(at)
	busy.leg(LegClient).flow(true).data(segment{n: 3, at: at, row: 1}, []byte("GET"), 3, 1, "")
	spare, told := open(at)
	spare.close(at.Add(time.Millisecond), Outcome{Cause: CauseOK}, nil)
	if suspected(*told) {
		t.Error("suspected while another connection talks")
	}
	overlapping, told := open(at.Add(time.Second))
	busy.close(at.Add(2*time.Second), Outcome{Cause: CauseOK}, nil)
	overlapping.leg(LegClient).doneAt = at.Add(2 * time.Second)
	overlapping.close(at.Add(2*time.Second), Outcome{Cause: CauseOK}, nil)
	if suspected(*told) {
		t.Error("suspected though another connection talked meanwhile")
	}
	later, told := open(at.Add(time.Minute))
	later.close(at.Add(time.Minute), Outcome{Cause: CauseOK}, nil)
	if !suspected(*told) {
		t.Error("not suspected though nothing has talked meanwhile")
	}
}

// TestDiagnoseOfTheOneLeg: what passes untouched has no leg of the client's to fail.
func TestDiagnoseOfTheOneLeg(t *testing.T) {
	var leg LegName
	at := time.Now()
	d := newDissector(1, Meta{Mode: ModeTunnel, Client: "127.0.0.1:9"}, at, 0, newMasterStore(1), func(e *Event) {
		if e.Kind == KindDiagnosis {
			leg = e.Leg
		}
	})
	d.leg(LegDirect)
	d.close(at, Outcome{Cause: CauseClientReset, Err: errors.New("reset")}, nil)
	if leg != LegDirect {
		t.Errorf("it failed on leg %q", leg)
	}
}
