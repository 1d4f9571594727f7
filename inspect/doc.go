// Package inspect turns the bytes of TLS connections, and the secrets that open
// them, into events.
//
//	in := inspect.New(inspect.Options{Sinks: []inspect.Sink{table}})
//	s := in.Open(inspect.Meta{Client: "127.0.0.1:5000", Target: "example.com:443"})
//	leg := s.Leg(inspect.LegServer)
//	conn := tls.Client(leg.Tap(raw), &tls.Config{KeyLogWriter: leg.KeyLog()})
//	// … use conn; every message and all data that pass are now events …
//	s.Close(inspect.Outcome{Cause: inspect.CauseOK})
//	in.Close(ctx) // drains
//
// It opens no sockets, dials nothing, alters nothing and knows no proxy: it sees
// what a tap copied. What the data mean is read by package application.
//
// Promises: the events of a connection come in order; the same bytes cut
// anywhere give the same messages; every byte that was tapped is accounted for
// by the Wire of exactly one event; nothing is lost silently; input that cannot
// be read becomes an event and never an end of the stream; a bug in here ends
// the inspection of one connection and not its traffic.
package inspect
