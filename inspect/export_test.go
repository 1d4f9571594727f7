package inspect

import (
	"testing"
	"time"
)

// EverySetup returns the events of everything that crypto/tls can do, by name,
// with data cut after so many bytes; and OneOfEach one event of every other kind.
func EverySetup(t testing.TB, dataBytes int) map[string][]*Event {
	all := map[string][]*Event{}
	for _, s := range setups() {
		masters := newMasterStore(4)
		for range s.sessions {
			s.run(t).dissect(legOf(s), masters, whole)
		}
		var events []*Event
		at := time.Now()
		d := newDissector(7, Meta{Client: "127.0.0.1:5000", Target: "leaf.example:443", Via: ViaConnect, Mode: ModeIntercept}, at, dataBytes, masters,
			func(e *Event) { events = append(events, e) })
		d.handle(&item{kind: itemOpen}, nil)
		for _, p := range s.run(t).parts {
			kind := itemChunk
			if p.secret {
				kind = itemSecret
			}
			d.handle(&item{kind: kind, leg: legOf(s), up: p.up, at: at, b: p.b}, nil)
		}
		d.close(at.Add(time.Second), Outcome{Cause: CauseOK}, nil)
		all[s.name] = events
	}
	return all
}

var (
	OneOfEach      = oneOfEach
	ExchangeEvents = exchangeEvents
	Update         = update
)
