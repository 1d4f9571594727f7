package sink

import (
	"fmt"
	"io"
	"time"

	"tlsmitm/inspect"
)

// KeyLog is a sink that writes the secrets of both legs in the NSS key log
// format, which protocol analysers read, and nothing else. It is used from one
// goroutine.
type KeyLog struct {
	out io.WriteCloser
	buf []byte
}

// NewKeyLog returns a sink that writes to out and closes it in the end.
// The file should be one of OpenPrivate.
func NewKeyLog(out io.WriteCloser) *KeyLog { return &KeyLog{out: out} }

// Name implements inspect.Sink.
func (k *KeyLog) Name() string { return "keylog" }

// Write implements inspect.Sink. Secrets are not held back: an analyser that
// follows the file needs them before the records that they open.
func (k *KeyLog) Write(batch []*inspect.Event) error {
	k.buf = k.buf[:0]
	for _, e := range batch {
		if s, ok := e.Body.(*inspect.Secret); ok && e.Kind == inspect.KindSecret {
			k.buf = append(k.buf, s.Text()...)
		}
	}
	if len(k.buf) == 0 {
		return nil
	}
	if _, err := k.out.Write(k.buf); err != nil {
		return fmt.Errorf("sink: key log: %w", err)
	}
	return nil
}

// Flush implements inspect.Sink.
func (k *KeyLog) Flush(time.Time) (pending bool, err error) { return false, nil }

// Close implements inspect.Sink.
func (k *KeyLog) Close() error {
	if err := k.out.Close(); err != nil {
		return fmt.Errorf("sink: key log: %w", err)
	}
	return nil
}
