package inspect

import (
	"strings"
	"testing"
)

// TestTicketsAreOfTheirVersion: a client may offer a ticket of TLS 1.2 under TLS 1.3, or the
// other way round. The secret that it stands for is not of the kind that is wanted.
func TestTicketsAreOfTheirVersion(t *testing.T) {
	s := setupNamed(t, "TLS 1.3 resumption")
	s.run(t) // the session that is taken up
	rec := s.run(t)
	var tickets [][]byte
	for _, e := range rec.dissect(LegDirect, newMasterStore(16), whole) {
		if m, ok := e.Body.(*Message); ok && m.ClientHello != nil {
			tickets = append(tickets, m.ClientHello.PSKIdentities...)
		}
	}
	if len(tickets) == 0 {
		t.Fatal("no ticket is offered")
	}
	masters := newMasterStore(16)
	for _, ticket := range tickets {
		masters.put(ticket, []byte(strings.Repeat("m", 48)))
	}
	for _, e := range rec.dissect(LegDirect, masters, whole) {
		if m, ok := e.Body.(*Message); ok && m.ClientHello != nil {
			for _, p := range m.Proof {
				if p.What == ProofBinder && p.Reason != reasonNoPSK {
					t.Errorf("the binder is %s, %q", p.Status, p.Reason)
				}
			}
		}
	}
	for _, ticket := range tickets {
		masters.putPSK(ticket, []byte(strings.Repeat("p", 32)))
		if got := string(masters.get(ticket)); got != strings.Repeat("m", 48) {
			t.Errorf("the master secret became %q", got)
		}
	}
}
