package proxy

import (
	"context"
	"crypto/tls"
	"strings"
	"testing"

	"tlsmitm/inspect"
)

// TestBinder: a client that resumes shows that it has the key of the ticket that it
// was given on an earlier connection.
func TestBinder(t *testing.T) {
	p := origin(t, nil, "origin.example")
	sink := &memory{}
	in := inspect.New(inspect.Options{Sinks: []inspect.Sink{sink}})
	h := start(t, Config{}, Deps{Inspector: in})
	cache := tls.NewLRUClientSessionCache(4)
	for range 3 {
		conn := h.tls("origin.example:"+p, func(cfg *tls.Config) { cfg.ClientSessionCache = cache })
		exchange(t, conn, "hello")
		conn.Close()
		h.want(inspect.CauseOK)
	}
	if err := in.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	verified, logged := 0, 0
	for _, e := range sink.events {
		switch b := e.Body.(type) {
		case *inspect.Message:
			for _, proof := range b.Proof {
				if proof.Status == inspect.ProofFailed {
					t.Errorf("leg %s: %s: %+v", e.Leg, b.Name, proof)
				}
				if proof.What == inspect.ProofBinder && proof.Status == inspect.ProofVerified {
					verified++
				}
			}
		case *inspect.Secret:
			if strings.HasPrefix(b.Line, "PRE_SHARED_KEY ") {
				logged++
			}
		}
	}
	if verified != 2 || logged != 2 {
		t.Errorf("%d binders verified and %d keys logged, not 2", verified, logged)
	}
}
