// Package saved reads events back that were written as JSON lines, and makes of
// them what they were.
//
//	f, err := os.Open("events.jsonl")
//	// …
//	r := saved.NewReader("events.jsonl", f)
//	for {
//		e, err := r.Next()
//		var bad *saved.LineError
//		switch {
//		case err == io.EOF:
//			return
//		case errors.As(err, &bad):
//			log.Print(bad) // events.jsonl:12: not JSON: … — the next line may be read
//		case err != nil:
//			log.Fatal(err)
//		default:
//			table.Write([]*inspect.Event{e})
//		}
//	}
//
// It opens no files, follows none that grow (a pipe may be read as it comes), and
// believes nothing: what a line says of a message is read from the message's raw
// bytes, and not from its fields.
//
// Promises: writing an event that was read gives the line that it was read from,
// for every line that this program wrote; keys and kinds that are unknown do no
// harm, and an event of an unknown kind is written again as it was read; no
// input makes it panic, nor hold more than one line of MaxLine bytes and a bounded
// memory of open connections; a line that cannot be read costs that line alone.
package saved
