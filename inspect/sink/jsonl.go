package sink

import (
	"fmt"
	"io"
	"time"

	"tlsmitm/inspect"
)

// jsonBuffer is how much is gathered before it is written.
const jsonBuffer = 256 << 10

// JSONL is a sink that writes one JSON object a line, and no secrets.
// It is used from one goroutine.
type JSONL struct {
	out     io.WriteCloser
	encoder inspect.Encoder
	buf     []byte
}

// JSONLOptions are what more is written; the zero value is nothing more.
type JSONLOptions struct {
	RawFingerprints bool // beside each fingerprint of a hello the text of which it is a digest
}

// NewJSONL returns a sink that writes to out and closes it in the end.
func NewJSONL(out io.WriteCloser, o JSONLOptions) *JSONL {
	return &JSONL{out: out, encoder: inspect.Encoder{RawFingerprints: o.RawFingerprints}}
}

// Name implements inspect.Sink.
func (j *JSONL) Name() string { return "json" }

// Write implements inspect.Sink.
func (j *JSONL) Write(batch []*inspect.Event) error {
	for _, e := range batch {
		if e.Kind == inspect.KindSecret {
			continue
		}
		j.buf = append(j.encoder.Append(j.buf, e), '\n')
		if len(j.buf) >= jsonBuffer {
			if err := j.write(); err != nil {
				return err
			}
		}
	}
	return nil
}

// Flush implements inspect.Sink: whoever follows the file sees all there is.
func (j *JSONL) Flush(time.Time) (pending bool, err error) { return false, j.write() }

// Close implements inspect.Sink.
func (j *JSONL) Close() error {
	err := j.write()
	if cerr := j.out.Close(); err == nil && cerr != nil {
		err = fmt.Errorf("sink: json: %w", cerr)
	}
	return err
}

func (j *JSONL) write() error {
	if len(j.buf) == 0 {
		return nil
	}
	_, err := j.out.Write(j.buf)
	if cap(j.buf) > 4*jsonBuffer {
		j.buf = nil // one large event does not hold its memory for good
	}
	j.buf = j.buf[:0] // after an error too: it is told once, and nothing is written twice
	if err != nil {
		return fmt.Errorf("sink: json: %w", err)
	}
	return nil
}
