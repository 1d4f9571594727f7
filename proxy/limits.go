package proxy

import (
	"fmt"
	"time"
)

// Limits bound what a client, a server or a mistake can hold on to. A zero field
// means its default.
type Limits struct {
	Header        time.Duration // to read a request's head; 10 s
	Sniff         time.Duration // for the client's first bytes to say what they are; 10 s
	Dial          time.Duration // to resolve and reach a server; 10 s
	Handshake     time.Duration // for each of the two handshakes; 10 s
	Idle          time.Duration // without a byte in either direction; 10 min
	Connections   int           // of clients, at once; 10,000
	ShutdownGrace time.Duration // for transfers to end by themselves; 5 s
}

func (l Limits) withDefaults() (Limits, error) {
	for _, f := range []struct {
		name  string
		value *time.Duration
		def   time.Duration
	}{
		{"header", &l.Header, 10 * time.Second},
		{"sniff", &l.Sniff, 10 * time.Second},
		{"dial", &l.Dial, 10 * time.Second},
		{"handshake", &l.Handshake, 10 * time.Second},
		{"idle", &l.Idle, 10 * time.Minute},
		{"shutdown_grace", &l.ShutdownGrace, 5 * time.Second},
	} {
		if *f.value < 0 {
			return l, fmt.Errorf("proxy: limit %s is negative: %v", f.name, *f.value)
		}
		if *f.value == 0 {
			*f.value = f.def
		}
	}
	if l.Connections < 0 {
		return l, fmt.Errorf("proxy: limit connections is negative: %d", l.Connections)
	}
	if l.Connections == 0 {
		l.Connections = 10000
	}
	return l, nil
}
