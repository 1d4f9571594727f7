// Package capture reads packet captures, and has what they hold of TCP connections
// dissected.
//
//	in := inspect.New(inspect.Options{Sinks: []inspect.Sink{table}})
//	keys := inspect.NewKeyStore()
//	capture.Secrets(ctx, file, keys) // those that the capture itself holds
//	keys.Complete()
//	r := capture.NewReader(capture.Options{Inspector: in, Keys: keys})
//	file.Seek(0, io.SeekStart)
//	err := r.ReadFile(ctx, file)
//	r.Close()
//	in.Close(ctx)
//
// It reads pcap and pcapng, gzipped or not, down to the segments of TCP: an
// Assembler puts these into order and tells each connection's Stream of its bytes,
// and of the gaps that the capture has. It captures nothing itself, verifies no
// checksum, and looks at no protocol but TCP.
//
// Promises: the same capture gives the same events in the same order, however it is
// cut into reads; what is in a frame is never copied unless it has to wait; memory is
// bounded, whatever the capture holds; what cannot be read ends the reading with an
// error once all before it has been told, and what is missing is told of as such; a
// capture that is still being made is told of as it comes.
package capture
