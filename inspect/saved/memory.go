package saved

import (
	"tlsmitm/inspect"
	"tlsmitm/inspect/tlswire"
)

// maxRemembered bounds the connections that a Memory knows of: those whose end
// is missing would else add up.
const maxRemembered = 1 << 14

// Memory is what later events refer to of earlier ones: on each connection, what
// its client offered. It may go on over the files that one run was saved in.
type Memory struct {
	offers map[uint64]*tlswire.ClientHello
}

// complete adds to an event what it refers to, and remembers it.
func (m *Memory) complete(e *inspect.Event) {
	switch b := e.Body.(type) {
	case *inspect.RunStart:
		clear(m.offers) // connections are counted anew
	case *inspect.ConnClose:
		delete(m.offers, e.Conn)
	case *inspect.Message:
		if b.ClientHello == nil {
			return
		}
		switch e.Leg {
		case inspect.LegServer:
			b.Offered = m.offers[e.Conn]
		case inspect.LegClient:
			if m.offers == nil || len(m.offers) >= maxRemembered {
				m.offers = make(map[uint64]*tlswire.ClientHello)
			}
			m.offers[e.Conn] = b.ClientHello
		}
	}
}
