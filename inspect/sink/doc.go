// Package sink writes events: as a table, in every detail or as lines for people,
// as JSON lines and as an NSS key log for programs.
//
//	f, err := sink.OpenJSON("events.jsonl")
//	// …
//	in := inspect.New(inspect.Options{Sinks: []inspect.Sink{
//		sink.NewTable(os.Stdout, sink.Style{Color: true}),
//		sink.NewJSONL(f, sink.JSONLOptions{}),
//	}})
//
// It decides nothing about the terminal: whether there is one, how wide it is and
// whether it wants colour are for the caller to say. The words are those of
// package explain.
//
// Promises: a secret goes to the key log alone; nothing that came from the
// network moves the cursor or recolours the screen; an error of writing is
// returned, and nothing is written twice; what a sink holds back of an open
// connection is bounded, is written within a second, and is dropped when the
// connection ends.
package sink
