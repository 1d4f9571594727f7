package sink

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"tlsmitm/inspect"
)

// file is a file in memory.
type file struct {
	bytes.Buffer
	closed int
}

func (f *file) Close() error { f.closed++; return nil }

const secretLine = "CLIENT_RANDOM 00ff 11ee"

func withSecret(t *testing.T) []*inspect.Event {
	f := newFlow(t, 1, "example.com:443").handshake13()
	f.other(inspect.KindSecret, inspect.LegClient, &inspect.Secret{Line: secretLine})
	return f.close(inspect.CauseOK).events
}

func TestJSONLNeverWritesSecrets(t *testing.T) {
	out := new(file)
	sink := NewJSONL(out, JSONLOptions{})
	events := withSecret(t)
	if err := sink.Write(events); err != nil {
		t.Fatal(err)
	}
	if err := sink.Close(); err != nil || out.closed != 1 {
		t.Errorf("closed %d times: %v", out.closed, err)
	}
	if strings.Contains(out.String(), "00ff") || strings.Contains(out.String(), "secret") {
		t.Errorf("a secret was written: %s", out)
	}
	n := 0
	for s := range strings.Lines(out.String()) {
		n++
		if !json.Valid([]byte(s)) {
			t.Errorf("not JSON: %s", s)
		}
	}
	if n != len(events)-1 {
		t.Errorf("%d lines for %d events", n, len(events)-1)
	}
}

// TestJSONLIsLive: once the queue is empty, all is written.
func TestJSONLIsLive(t *testing.T) {
	out := new(file)
	sink := NewJSONL(out, JSONLOptions{})
	if err := sink.Write(withSecret(t)[:1]); err != nil {
		t.Fatal(err)
	}
	if pending, err := sink.Flush(time.Now()); pending || err != nil {
		t.Errorf("pending %v, %v", pending, err)
	}
	if !strings.HasSuffix(out.String(), "}\n") {
		t.Errorf("%q", out)
	}
}

// TestJSONLBuffers: many events are few writes, and what waits is bounded.
func TestJSONLBuffers(t *testing.T) {
	disk := &counted{}
	sink := NewJSONL(disk, JSONLOptions{})
	events := withSecret(t)
	for range 200 {
		if err := sink.Write(events); err != nil {
			t.Fatal(err)
		}
		if len(sink.buf) > jsonBuffer {
			t.Fatalf("%d bytes wait", len(sink.buf))
		}
	}
	if err := sink.Close(); err != nil {
		t.Fatal(err)
	}
	if disk.writes == 0 || disk.bytes/disk.writes < jsonBuffer/2 {
		t.Errorf("%d writes for %d bytes", disk.writes, disk.bytes)
	}
}

type counted struct{ writes, bytes int }

func (c *counted) Write(b []byte) (int, error) { c.writes++; c.bytes += len(b); return len(b), nil }
func (c *counted) Close() error                { return nil }

func TestFullDisk(t *testing.T) {
	for name, make := range map[string]func(*full) inspect.Sink{
		"json":    func(f *full) inspect.Sink { return NewJSONL(f, JSONLOptions{}) },
		"key log": func(f *full) inspect.Sink { return NewKeyLog(f) },
		"lines":   func(f *full) inspect.Sink { return NewLines(f, Style{}) },
		"table":   func(f *full) inspect.Sink { return NewTable(f, Style{}) },
	} {
		disk := new(full)
		sink := make(disk)
		err := sink.Write(withSecret(t))
		if err == nil {
			_, err = sink.Flush(time.Now())
		}
		if !errors.Is(err, errFull) || !strings.HasPrefix(err.Error(), "sink: "+name+": ") {
			t.Errorf("%s: %v", name, err)
		}
		if err := sink.Close(); err != nil {
			t.Errorf("%s: told twice: %v", name, err)
		}
		if disk.writes != 1 {
			t.Errorf("%s: written %d times", name, disk.writes)
		}
	}
}

func BenchmarkJSONL(b *testing.B) {
	f := newFlow(new(testing.T), 1, "example.com:443")
	f.row(inspect.LegClient, client).clientHello(versions13, share)
	f.row(inspect.LegClient, client).data(strings.Repeat("some text, ", 100), 1)
	sink := NewJSONL(&counted{}, JSONLOptions{})
	b.ReportAllocs()
	for b.Loop() {
		if err := sink.Write(f.events); err != nil {
			b.Fatal(err)
		}
	}
}
